// Package sheet carries entries in and out of the tables that departments write them in.
//
// An import has three steps. [Read] understands a file: an Excel workbook, new
// (.xlsx) or old (.xls), or a text table (.csv), with a header somewhere in the first
// rows of each sheet, in Vietnamese or English, then one entry a row. It names every
// problem at once, by file, sheet and cell, so that a file is corrected in one go,
// and tells what it passed over or changed on the way. [PlanImport] compares the rows
// with the entries in the store and tells what would change. [Apply] does exactly
// that in one transaction, or nothing when somebody changed an entry since. [Write]
// makes a workbook that imports unchanged.
//
// Every format first becomes the same thing, a few grids of text cells (grid.go),
// which one reader then understands (table.go). What is inside a file, and not what
// it is called, decides how it is read (kind.go).
//
// A file comes from a stranger. Read bounds rows, cells and text, and turns the
// panics of the libraries below into a refusal, but it cannot bound the time and the
// memory that they take: whoever reads for a server does so in a process of its own.
//
// Names of fields and departments are resolved by functions of the caller: this
// package does not know who they are. Messages are for the people who import, in
// Vietnamese.
package sheet

import (
	"fmt"
	"time"

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

	maxUnzipped = 100 << 20 // bytes of all parts of an .xlsx
	maxText     = 32 << 20  // bytes of text of all cells that are read
	maxColumns  = 256       // those beyond are not looked at
	maxSheets   = 200
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

// Content is what a file says. It can be carried as JSON.
type Content struct {
	Rows     []Row // in the order of the file; those with problems are left out
	Problems []Problem
	Notes    []Note
	Grids    []Grid `json:",omitempty"` // of ReadPlain, in place of Rows
}

// Note tells what was passed over or changed while reading: nothing to correct,
// but to be known before anything is applied.
type Note struct {
	File    string
	Sheet   string // empty: the file as a whole
	Message string // Vietnamese
}

// String is the note as people read it.
func (n Note) String() string {
	if n.Sheet == "" {
		return n.Message
	}
	return fmt.Sprintf("Trang '%s': %s", n.Sheet, n.Message)
}

// Problem is a mistake in a file, and where.
type Problem struct {
	File    string // empty: not in a file, but between a file and the entries
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

// Row is one entry as a file has it: cleaned, but names not yet resolved.
type Row struct {
	File, Sheet                        string
	Line                               int // of the sheet, from 1
	ID                                 kb.EntryID
	Question, Answer                   string
	Variants                           []string
	Category, Department               string // as written
	Source                             string
	ValidFrom, ValidUntil, ConfirmedOn time.Time // midnight in Zone; zero: empty
	Status                             kb.Status // empty: not given

	Cells map[Field]string // where the value of each column stands that the sheet has: "C7"
}

// has reports whether the row's sheet has the column at all; what it does not have
// is left as the store has it.
func (r *Row) has(f Field) bool { return r.Cells[f] != "" }

func (r *Row) problem(f Field, format string, args ...any) Problem {
	cell := r.Cells[f]
	if cell == "" {
		cell = fmt.Sprintf("A%d", r.Line)
	}
	return Problem{File: r.File, Sheet: r.Sheet, Cell: cell, Field: f, Message: fmt.Sprintf(format, args...)}
}

// at tells where the row's field stands, seen from a row of perhaps another file.
func (r *Row) at(f Field, from *Row) string {
	where := fmt.Sprintf("trang '%s', ô %s", r.Sheet, r.Cells[f])
	if r.File != from.File {
		return fmt.Sprintf("tệp %s, %s", r.File, where)
	}
	return where
}
