// Package sheet carries entries in and out of Excel workbooks as departments write them.
//
// An import has three steps. [Read] understands a workbook: a header somewhere in
// the first rows of each sheet, in Vietnamese or English, then one entry a row. It
// names every problem at once, by sheet and cell, so that a file is corrected in
// one go. [PlanImport] compares the rows with the entries in the store and tells what
// would change. [Apply] does exactly that in one transaction, or nothing when
// somebody changed an entry since. [Write] makes a workbook that imports unchanged.
//
// Names of fields and departments are resolved by functions of the caller: this
// package does not know who they are. Messages are for the people who import, in
// Vietnamese.
package sheet

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"tongdai/kb"
)

// Limits of a workbook. They are far above what a department writes by hand and
// keep a mistaken or malicious file from filling the memory.
const (
	MaxBytes    = 20 << 20
	MaxRows     = 20_000
	MaxQuestion = 1_000  // characters
	MaxAnswer   = 10_000 // characters
	MaxVariants = 100
	maxUnzipped = 300 << 20
)

// Zone is the time of Vietnam, which the dates of a workbook are in.
var Zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// Field is a column of the workbook.
type Field string

// The columns. Only Question and Answer must be there.
const (
	ID          Field = "id"
	Question    Field = "question"
	Variants    Field = "variants"
	Answer      Field = "answer"
	Category    Field = "category"
	Department  Field = "department"
	Source      Field = "source"
	ValidFrom   Field = "valid_from"
	ValidUntil  Field = "valid_until"
	ConfirmedOn Field = "confirmed_on"
	Status      Field = "status"
)

// titles are the column headings that Write writes and people are told of.
var titles = []struct {
	field Field
	title string
}{
	{ID, "Mã"}, {Question, "Câu hỏi"}, {Variants, "Cách hỏi khác"}, {Answer, "Trả lời"}, {Category, "Lĩnh vực"},
	{Department, "Đơn vị"}, {Source, "Nguồn"}, {ValidFrom, "Hiệu lực từ"}, {ValidUntil, "Hiệu lực đến"},
	{ConfirmedOn, "Ngày xác nhận"}, {Status, "Trạng thái"},
}

// Title is the Vietnamese heading of a column.
func (f Field) Title() string {
	for _, t := range titles {
		if t.field == f {
			return t.title
		}
	}
	return string(f)
}

// Problem is a mistake in a workbook, and where.
type Problem struct {
	Sheet   string // empty: the file as a whole
	Cell    string // "C7"; empty: the sheet as a whole
	Field   Field  // empty when no column is meant
	Message string // Vietnamese
}

// String is the problem as people read it: "Trang 'Sở Y tế', ô C7: thiếu câu trả lời".
func (p Problem) String() string {
	switch {
	case p.Sheet == "":
		return p.Message
	case p.Cell == "":
		return fmt.Sprintf("Trang '%s': %s", p.Sheet, p.Message)
	}
	return fmt.Sprintf("Trang '%s', ô %s: %s", p.Sheet, p.Cell, p.Message)
}

// Row is one entry as a workbook has it: cleaned, but names not yet resolved.
type Row struct {
	Sheet                              string
	Line                               int // of the sheet, from 1
	ID                                 kb.EntryID
	Question, Answer                   string
	Variants                           []string
	Category, Department               string // as written
	Source                             string
	ValidFrom, ValidUntil, ConfirmedOn time.Time // midnight in Zone; zero: empty
	Status                             kb.Status // empty: not given

	cells map[Field]string // the cell of each column the sheet has
}

// has reports whether the row's sheet has the column at all; what it does not have
// is left as the store has it.
func (r *Row) has(f Field) bool { return r.cells[f] != "" }

func (r *Row) problem(f Field, format string, args ...any) Problem {
	cell := r.cells[f]
	if cell == "" {
		cell = fmt.Sprintf("A%d", r.Line)
	}
	return Problem{Sheet: r.Sheet, Cell: cell, Field: f, Message: fmt.Sprintf(format, args...)}
}

// clean makes the text of a cell canonical: NFC, "\n" for line ends, no control
// characters, no space at line ends or around.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', r == '\u2028', r == '\u2029', r == '\v':
			return '\n'
		case r == '\u00a0':
			return ' '
		case unicode.IsControl(r) || r == '\ufeff' || r == '\ufffd' || r == '\ufffe' || r == '\uffff':
			return -1
		}
		return r
	}, norm.NFC.String(text))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return norm.NFC.String(strings.TrimSpace(strings.Join(lines, "\n")))
}

// oneLine is for texts that have no business breaking.
func oneLine(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// wordings cuts the cell of other wordings: at line breaks and "|", or, where there
// is neither, at ";" if every piece is a wording of two words or more.
func wordings(cell string) []string {
	pieces := strings.FieldsFunc(cell, func(r rune) bool { return r == '\n' || r == '|' })
	if !strings.ContainsAny(cell, "\n|") {
		if parts := strings.Split(cell, ";"); !slices.ContainsFunc(parts, tooShort) {
			pieces = parts
		}
	}
	var out []string
	for _, p := range pieces {
		if p = oneLine(withoutBullet(oneLine(p))); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func tooShort(wording string) bool { return len(strings.Fields(wording)) < 2 }

// withoutBullet drops "- ", "• ", "1. ", "a) " from the beginning of a line.
func withoutBullet(line string) string {
	mark, rest, ok := strings.Cut(line, " ")
	if !ok {
		return line
	}
	switch {
	case strings.Trim(mark, "-–—•*+·") == "":
		return withoutBullet(rest)
	case len(mark) <= 3 && len(mark) >= 2 && strings.ContainsRune(".)", rune(mark[len(mark)-1])) && isNumbering(mark[:len(mark)-1]):
		return withoutBullet(rest)
	}
	return line
}

func isNumbering(s string) bool {
	if len(s) == 1 && s[0] >= 'a' && s[0] <= 'z' {
		return true
	}
	return strings.Trim(s, "0123456789") == ""
}
