package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
	"tongdai/kb/sheet"
)

// keeper is who imports on the command line: somebody with the data folder.
var keeper = inbox.Actor{Member: inbox.Member{ID: "console", Role: inbox.Admin}, Address: "console"}

func newKB(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "kb", Short: "Import questions and answers, and ask them"}
	cmd.AddCommand(newKBImport(s), newKBAsk(s))
	return cmd
}

// withKnowledge opens the data folder for one command, and says what to do
// instead while the hub works on it.
func (s *settings) withKnowledge(ctx context.Context, instead string, do func(a *app) error) error {
	err := s.withHub(ctx, do)
	if errors.Is(err, bolt.ErrInUse) {
		return fmt.Errorf("tổng đài đang chạy trên thư mục dữ liệu này; %s", instead)
	}
	return err
}

func newKBImport(s *settings) *cobra.Command {
	var apply, asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Check Excel files and say what they would change; with --apply, change it",
		Long: "Read Excel files (.xlsx) of questions and answers and say every mistake by sheet and cell, and what\n" +
			"would change. With --apply all files are applied together, in one transaction. With a mistake in any\n" +
			"of them nothing is applied and the command ends with 1.",
		Example: "  tongdai kb import so-y-te.xlsx so-noi-vu.xlsx\n  tongdai kb import so-y-te.xlsx --apply",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := readWorkbooks(args)
			if err != nil {
				return err
			}
			return s.withKnowledge(cmd.Context(), "hãy nhập ở trang Kho hỏi đáp", func(a *app) error {
				r, err := importFiles(cmd.Context(), a.hub, files, apply)
				if err != nil {
					return err
				}
				if err := r.print(cmd.OutOrStdout(), asJSON); err != nil {
					return err
				}
				if len(r.Problems) > 0 {
					return errTold
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "apply the changes")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func readWorkbooks(paths []string) ([]inbox.Workbook, error) {
	var files []inbox.Workbook
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("không đọc được tệp: %w", err)
		}
		files = append(files, inbox.Workbook{Name: filepath.Base(path), Data: data})
	}
	return files, nil
}

// importFiles previews the files, and applies them when asked and faultless.
func importFiles(ctx context.Context, hub *inbox.Hub, files []inbox.Workbook, apply bool) (importReport, error) {
	r := newImportReport()
	for _, f := range files { // one by one first: only so is it known whose mistake it is
		p, err := hub.PreviewImport(ctx, keeper, f)
		if err != nil {
			return r, err
		}
		r.addProblems(f.Name, p.Problems)
	}
	if len(r.Problems) > 0 {
		return r, nil
	}
	p, err := hub.PreviewImport(ctx, keeper, files...)
	if err == nil && apply && len(p.Problems) == 0 {
		p, err = hub.ApplyImport(ctx, keeper, p.Revision, files...)
		r.Applied = err == nil && len(p.Problems) == 0
	}
	if err != nil {
		return r, err
	}
	r.addProblems("", p.Problems) // between files
	r.setPlan(p.Plan)
	return r, nil
}

// importReport is what an import says, as --json prints it.
type importReport struct {
	Applied   bool            `json:"applied"`
	Problems  []importProblem `json:"problems"`
	New       []importEntry   `json:"new"`
	Changed   []importEntry   `json:"changed"`
	Missing   []importEntry   `json:"missing"`
	Unchanged int             `json:"unchanged"`
}

type importProblem struct {
	File    string `json:"file,omitempty"`
	Sheet   string `json:"sheet,omitempty"`
	Cell    string `json:"cell,omitempty"`
	Message string `json:"message"`
	text    string
}

type importEntry struct {
	Entry    string        `json:"entry"`
	Question string        `json:"question"`
	Fields   []importField `json:"fields,omitempty"`
}

type importField struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// newImportReport has lists that JSON shows as lists even when nothing is in them.
func newImportReport() importReport {
	return importReport{Problems: []importProblem{}, New: []importEntry{}, Changed: []importEntry{}, Missing: []importEntry{}}
}

func (r *importReport) addProblems(file string, problems []sheet.Problem) {
	for _, p := range problems {
		r.Problems = append(r.Problems, importProblem{file, p.Sheet, p.Cell, p.Message, p.String()})
	}
}

func (r *importReport) setPlan(p sheet.Plan) {
	r.Unchanged = len(p.Unchanged)
	for _, e := range p.New {
		r.New = append(r.New, importEntry{Entry: string(e.ID), Question: e.Question})
	}
	for _, e := range p.Missing {
		r.Missing = append(r.Missing, importEntry{Entry: string(e.ID), Question: e.Question})
	}
	for _, c := range p.Changed {
		e := importEntry{Entry: string(c.After.ID), Question: c.After.Question}
		for _, f := range c.Fields {
			e.Fields = append(e.Fields, importField{f.Field.Title(), f.Old, f.New})
		}
		r.Changed = append(r.Changed, e)
	}
}

func (r *importReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	var b strings.Builder
	for i, p := range r.Problems {
		if p.File != "" && (i == 0 || r.Problems[i-1].File != p.File) {
			fmt.Fprintf(&b, "%s:\n", p.File)
		}
		fmt.Fprintf(&b, "  %s\n", p.text)
	}
	if n := len(r.Problems); n > 0 {
		fmt.Fprintf(&b, "Có %d chỗ cần sửa. Chưa thay đổi gì; hãy sửa tệp rồi nhập lại.\n", n)
		_, err := io.WriteString(w, b.String())
		return err
	}
	r.printChanges(&b)
	switch {
	case len(r.New)+len(r.Changed) == 0:
		fmt.Fprintf(&b, "Không có gì để thay đổi.\n")
	case r.Applied:
		fmt.Fprintf(&b, "Đã nhập vào kho hỏi đáp.\n")
	default:
		fmt.Fprintf(&b, "Chưa thay đổi gì. Để nhập vào kho hỏi đáp, chạy lại với --apply.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *importReport) printChanges(b *strings.Builder) {
	list := func(title string, entries []importEntry) {
		if len(entries) == 0 {
			return
		}
		fmt.Fprintf(b, "%s (%d):\n", title, len(entries))
		for _, e := range entries {
			fmt.Fprintf(b, "  %s  %s\n", e.Entry, e.Question)
			for _, f := range e.Fields {
				fmt.Fprintf(b, "    %s: %s → %s\n", f.Field, short(f.Old), short(f.New))
			}
		}
	}
	list("Mục mới", r.New)
	list("Mục thay đổi", r.Changed)
	list("Đang có trong kho nhưng không có trong tệp, giữ nguyên", r.Missing)
	fmt.Fprintf(b, "Không đổi: %d mục.\n", r.Unchanged)
}

// short is a field's value on one line.
func short(value string) string {
	const most = 60
	value = strings.Join(strings.Fields(value), " ")
	if runes := []rune(value); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	if value == "" {
		return "(trống)"
	}
	return value
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
