package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"tongdai/inbox"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

// importAll applies workbooks that are known to be faultless; any problem is an error.
func (a *app) importAll(ctx context.Context, files []inbox.Workbook) error {
	report, err := importFiles(ctx, a.hub, files, importOrder{apply: true})
	if err == nil && !report.Applied {
		err = fmt.Errorf("the import was refused: %v", report.Problems)
	}
	return err
}

// importOrder is what is to be done with files.
type importOrder struct {
	apply  bool
	retire bool // what they do not have
}

// importFiles previews the files, and applies them when asked and faultless.
func importFiles(ctx context.Context, hub *inbox.Hub, files []inbox.Workbook, order importOrder) (importReport, error) {
	r := newImportReport()
	p, err := hub.PreviewImport(ctx, keeper, files...)
	if err == nil && order.apply && len(p.Problems) == 0 {
		p, err = hub.ApplyImport(ctx, keeper, inbox.ImportTerms{Revision: p.Revision, Retire: order.retire}, files...)
		r.Applied = err == nil && len(p.Problems) == 0
	}
	if err != nil {
		return r, err
	}
	r.Import, r.Retired = string(p.Import), r.Applied && order.retire
	r.addProblems(p.Problems)
	for _, n := range p.Notes {
		r.Notes = append(r.Notes, importNote{n.File, n.Sheet, n.Message, n.String()})
	}
	if len(r.Problems) == 0 {
		r.setPlan(p.Plan)
	}
	return r, nil
}

// importReport is what an import says, as --json prints it.
type importReport struct {
	Applied   bool            `json:"applied"`
	Import    string          `json:"import,omitempty"` // what was applied
	Retired   bool            `json:"retired"`          // the missing ones were retired
	Problems  []importProblem `json:"problems"`
	Notes     []importNote    `json:"notes"`
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

type importNote struct {
	File    string `json:"file"`
	Sheet   string `json:"sheet,omitempty"`
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
	return importReport{Problems: []importProblem{}, Notes: []importNote{}, New: []importEntry{}, Changed: []importEntry{}, Missing: []importEntry{}}
}

func (r *importReport) addProblems(problems []sheet.Problem) {
	for _, p := range problems {
		r.Problems = append(r.Problems, importProblem{p.File, p.Sheet, p.Cell, p.Message, p.String()})
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
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "%s: %s\n", n.File, n.text)
	}
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
	case r.Import != "":
		fmt.Fprintf(&b, "Đã nhập vào kho hỏi đáp. Muốn lấy lại như trước: tongdai kb undo\n")
	case len(r.New)+len(r.Changed) == 0:
		fmt.Fprintf(&b, "Không có gì để thay đổi.\n")
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
	left := "Đang có trong kho nhưng không có trong tệp, giữ nguyên"
	if r.Retired {
		left = "Không có trong tệp, đã ngừng dùng"
	}
	list(left, r.Missing)
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

// undoReport is what became of an import that was to be taken back, as --json prints it.
type undoReport struct {
	Undone   bool          `json:"undone"`
	Import   string        `json:"import"`
	Files    []string      `json:"files"`
	At       string        `json:"at"`
	By       string        `json:"by"`
	Restored int           `json:"restored"`
	Retired  int           `json:"retired"`
	Changed  []importEntry `json:"changed"` // since by others, and left
}

func undoLast(ctx context.Context, hub *inbox.Hub, rest bool) (r undoReport, err error) {
	last, err := hub.LastImport(ctx, keeper)
	if errors.Is(err, inbox.ErrNotFound) {
		return r, errors.New("không có lần nhập nào để hoàn tác")
	}
	if err != nil {
		return r, err
	}
	u, err := hub.UndoImport(ctx, keeper, last.ID, rest)
	if err != nil {
		return r, err
	}
	r = undoReport{
		Undone: u.Done, Import: string(last.ID), Files: last.Files, At: last.At.In(sheet.Zone).Format("15:04 02/01/2006"), By: last.By,
		Restored: u.Restored, Retired: u.Retired, Changed: entriesChanged(u.Changed),
	}
	return r, nil
}

func entriesChanged(entries []kb.Entry) []importEntry {
	out := []importEntry{}
	for _, e := range entries {
		out = append(out, importEntry{Entry: string(e.ID), Question: e.Question})
	}
	return out
}

func (r undoReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Lần nhập %s lúc %s, người nhập: %s.\n", strings.Join(r.Files, ", "), r.At, r.By)
	if len(r.Changed) > 0 {
		fmt.Fprintf(&b, "Đã được sửa sau lần nhập, giữ nguyên (%d):\n", len(r.Changed))
		for _, e := range r.Changed {
			fmt.Fprintf(&b, "  %s  %s\n", e.Entry, e.Question)
		}
	}
	if r.Undone {
		fmt.Fprintf(&b, "Đã hoàn tác: %d mục trở lại như trước, %d mục mới ngừng dùng.\n", r.Restored, r.Retired)
	} else {
		fmt.Fprintf(&b, "Chưa hoàn tác gì. Để hoàn tác các mục còn lại, chạy lại với --rest.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
