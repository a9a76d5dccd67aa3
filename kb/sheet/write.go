package sheet

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"tongdai/kb"
)

// Names tell what fields and departments are called in a workbook. The names must
// resolve to the same ids at import.
type Names struct {
	Category   func(kb.CategoryID) string
	Department func(kb.DepartmentID) string
}

// department is what stands in the cell: what has no name is called by its id.
func (n Names) department(id kb.DepartmentID) string {
	return oneLine(cmp.Or(n.Department(id), string(id)))
}

func (n Names) category(id kb.CategoryID) string {
	return oneLine(cmp.Or(n.Category(id), string(id)))
}

var statusNames = map[kb.Status]string{
	kb.Draft: "nháp", kb.Review: "chờ duyệt", kb.Published: "đã đăng", kb.Retired: "ngừng dùng",
}

var widths = map[Field]float64{ID: 12, Question: 50, Variants: 50, Answer: 80, Category: 28, Department: 28, Source: 28}

// Write makes a workbook of entries, a sheet for each department in the order they
// come. Read and PlanImport find nothing changed in it. Every value is a text cell,
// so that "=…" and "+84…" are never formulas.
func Write(w io.Writer, entries []kb.Entry, names Names) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	sheets := newSheets(f)
	for _, e := range entries {
		if err := sheets.add(e, names); err != nil {
			return fmt.Errorf("write entry %s: %w", e.ID, err)
		}
	}
	if len(sheets.byDepartment) > 0 {
		if err := f.DeleteSheet(firstSheet); err != nil {
			return fmt.Errorf("write workbook: %w", err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// firstSheet is what the library begins a workbook with.
const firstSheet = "Sheet1"

type sheets struct {
	file         *excelize.File
	byDepartment map[kb.DepartmentID]*sheetOut
	used         map[string]bool
	wrap, bold   int
}

type sheetOut struct {
	name    string
	line    int
	further int // columns of other wordings beside the first
}

func newSheets(f *excelize.File) *sheets {
	return &sheets{file: f, byDepartment: map[kb.DepartmentID]*sheetOut{}, used: map[string]bool{strings.ToLower(firstSheet): true}}
}

func (s *sheets) add(e kb.Entry, names Names) error {
	out := s.byDepartment[e.Department]
	if out == nil {
		out = &sheetOut{name: s.free(names.department(e.Department)), line: 1}
		if err := s.begin(out); err != nil {
			return err
		}
		s.byDepartment[e.Department] = out
	}
	out.line++
	variants := variantCells(e.Variants)
	values := map[Field]string{
		ID: string(e.ID), Question: e.Question, Variants: variants[0], Answer: e.Answer,
		Category: names.category(e.Category), Department: names.department(e.Department), Source: e.Source,
		ValidFrom: formatDate(e.ValidFrom), ValidUntil: formatDate(e.ValidUntil), ConfirmedOn: formatDate(e.ConfirmedOn),
		Status: statusNames[e.Status],
	}
	for i, t := range titles {
		if err := s.file.SetCellStr(out.name, cellName(i, out.line), escape(values[t.field])); err != nil {
			return err
		}
	}
	for i, more := range variants[1:] {
		if err := s.variantColumn(out, i); err != nil {
			return err
		}
		if err := s.file.SetCellStr(out.name, cellName(len(titles)+i, out.line), escape(more)); err != nil {
			return err
		}
	}
	return s.file.SetCellStyle(out.name, cellName(0, out.line), cellName(len(titles)-1, out.line), s.wrap)
}

// variantColumn makes sure of the i-th further column of other wordings.
func (s *sheets) variantColumn(out *sheetOut, i int) error {
	if i < out.further {
		return nil
	}
	out.further = i + 1
	at := cellName(len(titles)+i, 1)
	if err := s.file.SetCellStr(out.name, at, fmt.Sprintf("%s %d", Variants.Title(), i+2)); err != nil {
		return err
	}
	return s.file.SetCellStyle(out.name, at, at, s.bold)
}

// escaped is how the format writes characters by number; a text that looks like it
// would be read as the character.
var escaped = regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`)

func escape(text string) string { return escaped.ReplaceAllString(text, "_x005F_$1") }

// Escape makes text fit for a text cell of a workbook.
func Escape(text string) string { return escape(text) }

// begin makes a sheet with its header, which stays in view.
func (s *sheets) begin(out *sheetOut) (err error) {
	if s.wrap == 0 {
		if s.wrap, err = s.file.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}); err != nil {
			return err
		}
		if s.bold, err = s.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
			return err
		}
	}
	if _, err := s.file.NewSheet(out.name); err != nil {
		return err
	}
	for i, t := range titles {
		if err := s.file.SetCellStr(out.name, cellName(i, 1), t.title); err != nil {
			return err
		}
		if width := widths[t.field]; width > 0 {
			column, err := excelize.ColumnNumberToName(i + 1)
			if err != nil {
				return err
			}
			if err := s.file.SetColWidth(out.name, column, column, width); err != nil {
				return err
			}
		}
	}
	if err := s.file.SetCellStyle(out.name, "A1", cellName(len(titles)-1, 1), s.bold); err != nil {
		return err
	}
	return s.file.SetPanes(out.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// free makes a sheet name that Excel accepts and that is not taken.
func (s *sheets) free(name string) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, name), " '")
	if name == "" {
		name = "Hỏi đáp"
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" (%d)", n)
		}
		candidate := truncate(name, excelize.MaxSheetNameLength-len(suffix)) + suffix
		if !s.used[strings.ToLower(candidate)] {
			s.used[strings.ToLower(candidate)] = true
			return candidate
		}
	}
}

func truncate(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:runes]))
}

// fullCell is the most text that goes into one cell of wordings, in UTF-16 units;
// Excel takes 32,767.
const fullCell = 30_000

// variantCells are the cells that other wordings are written to: one, unless they
// do not fit. A lone wording with ";" is kept from being cut at it when read back.
func variantCells(variants []string) []string {
	cells, room := []string{""}, fullCell
	for _, v := range variants {
		size := len(utf16.Encode([]rune(v))) + 1
		last := &cells[len(cells)-1]
		if *last != "" && size > room {
			cells, room = append(cells, ""), fullCell
			last = &cells[len(cells)-1]
		}
		if *last != "" {
			*last += "\n"
		}
		*last += v
		room -= size
	}
	for i, c := range cells {
		if strings.Contains(c, ";") && !strings.ContainsAny(c, "\n|") {
			cells[i] = c + "\n|"
		}
	}
	return cells
}
