package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tongdai/bot"
	"tongdai/kb"
	"tongdai/kb/eval"
)

func newKBEval(s *settings) *cobra.Command {
	var asJSON bool
	var entries, questions, dump string
	cmd := &cobra.Command{
		Use:   "eval --kb kb.csv --queries queries.csv",
		Short: "Measure how well questions with known answers are answered",
		Long: "Ask every question of a file as a citizen would in a new conversation, of the entries of another file, by\n" +
			"the code and with the thresholds that answer citizens, and print how well they were answered. The data\n" +
			"folder is not touched.\n\n" +
			"Both files are CSV in UTF-8 with a header:\n" +
			"  entries    id, category, department, question, answer, variants (other wordings, separated by |)\n" +
			"  questions  query, expected_id (separated by |), noise_kind, expect (faq, handoff, urgent), level, base\n\n" +
			"--dump writes a row for each question, in their order: query, outcome, confidence, ranked. The outcome is\n" +
			"what the bot does: answer (with the first of ranked), clarify (asks back), handoff (people take over),\n" +
			"urgent (raises the alarm) or chat (a greeting is greeted). The confidence is that of the first id of\n" +
			"ranked, 0 to 1; ranked has up to ten ids, best first, separated by |.\n\n" +
			"Every mistake in the files is told with its line and column, and the command ends with 1.",
		Example: "  tongdai kb eval --kb kb.csv --queries queries.csv\n  tongdai kb eval --kb kb.csv --queries queries.csv --json --dump results.csv",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, q, problems, err := readEvalFiles(entries, questions)
			if err != nil {
				return err
			}
			if len(problems) > 0 {
				return tellProblems(cmd, problems, asJSON)
			}
			return s.evaluate(cmd, e, q, dump, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&entries, "kb", "", "CSV file of the entries")
	f.StringVar(&questions, "queries", "", "CSV file of the questions")
	f.StringVar(&dump, "dump", "", "write what came of each question to this CSV file")
	f.BoolVar(&asJSON, "json", false, "print the figures as JSON")
	for _, name := range []string{"kb", "queries"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag was made above
		}
	}
	return cmd
}

// readEvalFiles tells the problems of both files together.
func readEvalFiles(entriesPath, questionsPath string) ([]kb.Entry, []eval.Question, []eval.Problem, error) {
	entriesFile, err := os.Open(entriesPath)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("không đọc được tệp: %w", err)
	}
	defer entriesFile.Close()
	questionsFile, err := os.Open(questionsPath)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("không đọc được tệp: %w", err)
	}
	defer questionsFile.Close()
	entries, problems := eval.ReadEntries(bufio.NewReader(entriesFile), entriesPath)
	known := entries
	if len(problems) > 0 {
		known = nil // or every id would be told as unknown because of them
	}
	questions, more := eval.ReadQuestions(bufio.NewReader(questionsFile), questionsPath, known)
	return entries, questions, append(problems, more...), nil
}

func tellProblems(cmd *cobra.Command, problems []eval.Problem, asJSON bool) error {
	if asJSON {
		if err := printJSON(cmd.OutOrStdout(), map[string]any{"problems": problems}); err != nil {
			return err
		}
		return errTold
	}
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&b, p.Error())
	}
	fmt.Fprintf(&b, "Có %d chỗ cần sửa trong tệp; chưa đo được gì.\n", len(problems))
	if _, err := io.WriteString(cmd.ErrOrStderr(), b.String()); err != nil {
		return err
	}
	return errTold
}

// evaluate asks all questions and says what came of them.
func (s *settings) evaluate(cmd *cobra.Command, entries []kb.Entry, questions []eval.Question, dump string, asJSON bool) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	return s.askEntries(func(house) ([]kb.Entry, error) { return entries, nil }, func(asked asking) error {
		outcomes, speed, err := asked.all(cmd.Context(), questions)
		if err != nil {
			return err
		}
		if dump != "" {
			if err := dumpOutcomes(dump, outcomes); err != nil {
				return fmt.Errorf("không ghi được tệp kết quả: %w", err)
			}
		}
		report := eval.ReportOf(outcomes, len(entries), eitherEntries...)
		report.Shipped.Threshold = cfg.Bot.AnswerAt
		report.Speed = speed
		if asJSON {
			return printJSON(cmd.OutOrStdout(), report)
		}
		return report.Print(cmd.OutOrStdout())
	})
}

// eitherEntries are about mild symptoms after a vaccination and about a positive test
// at home: whoever asks for them may be answered or be taken for a report of danger.
var eitherEntries = []string{"D403", "D407"}

// hitsMeasured entries are ranked for the figures; the bot sees hitsWanted of them.
const hitsMeasured = 10

// all asks every question, first one after another for the outcomes and the time
// each takes, then together on all processors for how many there are in a second.
func (a asking) all(ctx context.Context, questions []eval.Question) ([]eval.Outcome, *eval.Speed, error) {
	outcomes := make([]eval.Outcome, len(questions))
	each := make([]time.Duration, len(questions))
	for i, q := range questions {
		start := time.Now()
		o, err := a.measure(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		each[i], outcomes[i] = time.Since(start), o
	}
	cores := runtime.GOMAXPROCS(0)
	var next atomic.Int64
	start := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for range cores {
		g.Go(func() error {
			for {
				i := next.Add(1) - 1
				if i >= int64(len(questions)) {
					return nil
				}
				if _, err := a.measure(ctx, questions[i]); err != nil {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	return outcomes, eval.SpeedOf(each, time.Since(start), cores), nil
}

// measure asks as ask does. It ranks ten entries where the bot looks at fewer, and
// for messages that the bot takes for something else than a question as well.
func (a asking) measure(ctx context.Context, q eval.Question) (eval.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return eval.Outcome{}, err
	}
	said := bot.Message{Text: q.Text}
	e := a.evidence(time.Now())
	need := a.bot.Need(bot.State{}, said)
	query := need.Query
	if query == "" {
		query = q.Text
	}
	hits, err := a.knowledge.Search(ctx, query, hitsMeasured)
	if err != nil {
		return eval.Outcome{}, err
	}
	if need.Query != "" {
		e.Hits = slices.Clone(hits[:min(len(hits), hitsWanted)])
	}
	d := a.bot.Decide(bot.State{}, said, e)
	return eval.Outcome{Question: q, Hits: hits, Said: eval.Said(d.Outcome)}, nil
}

// dumpOutcomes writes a row for each question. Text is written as it was read.
func dumpOutcomes(path string, outcomes []eval.Outcome) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	rows := [][]string{{"query", "outcome", "confidence", "ranked"}}
	for _, o := range outcomes {
		var ranked []string
		for _, h := range o.Hits {
			ranked = append(ranked, string(h.Entry.ID))
		}
		rows = append(rows, []string{o.Text, string(o.Said), strconv.FormatFloat(o.Confidence(), 'f', 6, 64), strings.Join(ranked, "|")})
	}
	return w.WriteAll(rows)
}
