package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

func newKBAsk(s *settings) *cobra.Command {
	var asJSON bool
	var files []string
	cmd := &cobra.Command{
		Use:   "ask QUESTION",
		Short: "Ask as a citizen would, and see what the bot would do",
		Long: "Ask the published questions and answers as a citizen would in a new conversation, and see what the\n" +
			"bot would do. With --file it asks the Excel files instead, and does not touch the data folder.",
		Example: "  tongdai kb ask \"tiem mui 3 o dau\"\n  tongdai kb ask --file so-y-te.xlsx --json \"tiem mui 3 o dau\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer := func(asked asking) error {
				d, err := asked.ask(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return printDecision(cmd.OutOrStdout(), d, asJSON)
			}
			if len(files) > 0 {
				return s.askFiles(cmd, files, answer)
			}
			return s.withKnowledge(cmd.Context(), "hãy hỏi ở khung trò chuyện, hoặc hỏi tệp Excel bằng --file", func(a *app) error {
				return answer(asking{a.bot, a.index, a.house})
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON")
	cmd.Flags().StringArrayVar(&files, "file", nil, "Excel file to ask instead of the data folder; may be repeated")
	return cmd
}

// asking is what the hub asks with, without a hub.
type asking struct {
	bot       *bot.Bot
	knowledge *kb.Index
	house     house
}

// hitsWanted is how many entries the bot weighs, as in the hub.
const hitsWanted = 5

// ask evaluates text as the first message of a new conversation.
func (a asking) ask(ctx context.Context, text string) (bot.Decision, error) {
	said, e := bot.Message{Text: text}, a.evidence(time.Now())
	if need := a.bot.Need(bot.State{}, said); need.Query != "" {
		var err error
		if e.Hits, err = a.knowledge.Search(ctx, need.Query, hitsWanted); err != nil {
			return bot.Decision{}, err
		}
	}
	return a.bot.Decide(bot.State{}, said, e), nil
}

// evidence is what the hub knows at the beginning of a conversation, without hits.
func (a asking) evidence(now time.Time) bot.Evidence {
	staffed, opens := a.house.Staffed(now)
	return bot.Evidence{
		Now: now, Staffed: staffed, Opens: opens, InHours: a.house.InHours(now), Department: a.house.DepartmentName, Code: "…",
		Entries: map[kb.EntryID]kb.Entry{},
	}
}

// askFiles answers from Excel files through an index in memory.
func (s *settings) askFiles(cmd *cobra.Command, paths []string, answer func(asking) error) error {
	files, err := readWorkbooks(paths)
	if err != nil {
		return err
	}
	return s.askEntries(func(h house) ([]kb.Entry, error) {
		entries, report, err := entriesOf(files, h)
		if err != nil || len(report.Problems) == 0 {
			return entries, err
		}
		if err := report.print(cmd.ErrOrStderr(), false); err != nil {
			return nil, err
		}
		return nil, errTold
	}, answer)
}

// askEntries answers from entries that are in no store, with the bot as it is set.
func (s *settings) askEntries(read func(house) ([]kb.Entry, error), answer func(asking) error) (err error) {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	data, err := configs.LoadData(cfg)
	if err != nil {
		return fmt.Errorf("dữ liệu chưa dùng được:\n%w", err)
	}
	b, err := newBot(cfg, data)
	if err != nil {
		return err
	}
	asked := asking{bot: b, house: newHouse(data)}
	entries, err := read(asked.house)
	if err != nil {
		return err
	}
	if asked.knowledge, err = kb.OpenIndex(""); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, asked.knowledge.Close()) }()
	if err := asked.knowledge.Put(entries...); err != nil {
		return err
	}
	return answer(asked)
}

// entriesOf reads workbooks as an import into an empty knowledge base would.
// Whom an entry belongs to does not matter for asking, so unknown names pass.
func entriesOf(files []inbox.Workbook, h house) ([]kb.Entry, importReport, error) {
	var rows []sheet.Row
	var report importReport
	for _, f := range files {
		read := sheet.Read(f.Data, f.Name)
		rows = append(rows, read.Rows...)
		report.addProblems(read.Problems)
	}
	plan, problems, err := sheet.PlanImport(noEntries{}, rows, sheet.Options{
		ResolveDepartment: func(name string) (kb.DepartmentID, bool) {
			id, ok := h.DepartmentNamed(name)
			if !ok {
				id = kb.DepartmentID(name)
			}
			return id, true
		},
		ResolveCategory: func(name string) (kb.CategoryID, bool) {
			id, _ := h.CategoryNamed(name)
			return id, true
		},
	})
	report.addProblems(problems)
	return plan.New, report, err
}

// noEntries is a knowledge base that holds nothing yet.
type noEntries struct{}

func (noEntries) Entry(kb.EntryID) (kb.Entry, error) { return kb.Entry{}, kb.ErrNotFound }

func (noEntries) Entries(kb.EntryID, int) ([]kb.Entry, error) { return nil, nil }

func (noEntries) KnowledgeRevision() (uint64, error) { return 0, nil }

// outcomeNames are the outcomes as people call them.
var outcomeNames = map[bot.Outcome]string{
	bot.Answer: "Trả lời", bot.Clarify: "Hỏi lại", bot.HandOff: "Chuyển người trực", bot.Urgent: "Khẩn cấp", bot.Chat: "Chào hỏi",
}

func printDecision(w io.Writer, d bot.Decision, asJSON bool) error {
	if asJSON {
		return printJSON(w, decisionJSON(d))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s", outcomeNames[d.Outcome])
	if d.Entry != "" {
		fmt.Fprintf(&b, ": %s", d.Entry)
	}
	fmt.Fprintf(&b, " (độ tin cậy %.2f)\n", d.Confidence)
	for _, c := range d.Candidates {
		fmt.Fprintf(&b, "  %.2f  %-8s %s\n", c.Confidence, c.Entry, c.Question)
	}
	for _, r := range d.Replies {
		fmt.Fprintf(&b, "\n%s\n", r.Content.Text)
		for i, choice := range r.Content.Choices {
			fmt.Fprintf(&b, "  %d. %s\n", i+1, choice.Label)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type candidateJSON struct {
	Entry      string  `json:"entry"`
	Confidence float64 `json:"confidence"`
}

type outcomeJSON struct {
	Outcome    string          `json:"outcome"`
	Entry      string          `json:"entry"`
	Confidence float64         `json:"confidence"`
	Candidates []candidateJSON `json:"candidates"`
}

func decisionJSON(d bot.Decision) outcomeJSON {
	out := outcomeJSON{string(d.Outcome), string(d.Entry), d.Confidence, []candidateJSON{}}
	for _, c := range d.Candidates {
		out.Candidates = append(out.Candidates, candidateJSON{string(c.Entry), c.Confidence})
	}
	return out
}
