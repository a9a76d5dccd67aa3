package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tongdai/inbox"
	"tongdai/kb"
)

func newKBCheck(s *settings) *cobra.Command {
	var asJSON bool
	var department string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Ask the saved questions and see whether the bot does what is expected",
		Long: "Ask the questions that departments have saved (Kho hỏi đáp → Câu hỏi đã lưu) by the very code that\n" +
			"answers citizens. The command ends with 1 when one is not answered as expected.",
		Example: "  tongdai kb check\n  tongdai kb check --department so-y-te --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withKnowledge(cmd.Context(), "hãy bấm “Hỏi lại tất cả” ở trang Câu hỏi đã lưu", func(a *app) error {
				c, err := a.hub.CheckExpected(cmd.Context(), inbox.Console, kb.DepartmentID(department))
				if err != nil {
					return err
				}
				if err := printCheck(cmd.OutOrStdout(), c, asJSON); err != nil {
					return err
				}
				if c.Count[inbox.GradeRight] < len(c.Results) {
					return errTold
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	cmd.Flags().StringVar(&department, "department", "", "only the questions of this department, by its id")
	return cmd
}

type checkedJSON struct {
	Question   string  `json:"question"`
	Expected   string  `json:"expected"` // an entry; empty: people
	Department string  `json:"department"`
	Grade      string  `json:"grade"`
	Outcome    string  `json:"outcome"`
	Entry      string  `json:"entry"`
	Confidence float64 `json:"confidence"`
}

// gradeNames are the grades as people call them.
var gradeNames = map[inbox.Grade]string{
	inbox.GradeRight: "đúng", inbox.GradeAsked: "hỏi lại", inbox.GradeLeft: "bỏ lỡ", inbox.GradeWrong: "trả lời sai",
}

func printCheck(w io.Writer, c inbox.Check, asJSON bool) error {
	if asJSON {
		rows := make([]checkedJSON, len(c.Results))
		for i, r := range c.Results {
			rows[i] = checkedJSON{
				r.Value.Question, string(r.Value.Entry), string(r.Value.Department), string(r.Grade), string(r.Outcome), string(r.Entry), r.Confidence,
			}
		}
		return printJSON(w, rows)
	}
	var b strings.Builder
	for _, r := range c.Results {
		if r.Grade == inbox.GradeRight {
			continue
		}
		expected := string(r.Value.Entry)
		if expected == "" {
			expected = "chuyển cán bộ"
		}
		fmt.Fprintf(&b, "%-11s %s\n            cần %s; bot: %s %s (độ tin cậy %.2f)\n", gradeNames[r.Grade], r.Value.Question, expected, outcomeNames[r.Outcome], r.Entry, r.Confidence)
	}
	fmt.Fprintf(&b, "%d câu hỏi: %d đúng, %d hỏi lại, %d bỏ lỡ, %d trả lời sai (%v)\n", len(c.Results),
		c.Count[inbox.GradeRight], c.Count[inbox.GradeAsked], c.Count[inbox.GradeLeft], c.Count[inbox.GradeWrong], c.Took.Round(time.Millisecond))
	_, err := io.WriteString(w, b.String())
	return err
}
