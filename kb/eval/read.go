package eval

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"tongdai/kb"
)

// Problem is one mistake in a file, for whoever corrects it. Line and Column count
// from 1, Column in bytes as editors and compilers do; 0 when the whole file is meant.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"` // Vietnamese
}

// Error says where and what.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Columns of the two files. Others may stand beside them.
var (
	entryColumns    = []string{"id", "category", "department", "question", "answer", "variants"}
	questionColumns = []string{"query", "expected_id", "noise_kind", "expect", "level", "base"}
)

// table reads one file and gathers its problems.
type table struct {
	name     string
	csv      *csv.Reader
	column   map[string]int
	row      []string
	width    int // of the header
	problems []Problem
}

// ReadEntries reads a knowledge base: columns id, category, department, question,
// answer and variants (separated by "|"). Every entry is published. An entry needs
// an id of its own, and a question or an answer. All problems are told at once.
func ReadEntries(r io.Reader, name string) ([]kb.Entry, []Problem) {
	t := newTable(r, name, entryColumns)
	var entries []kb.Entry
	known := map[string]int{}
	for t.next() {
		id := strings.TrimSpace(t.cell("id"))
		switch first, twice := known[id]; {
		case id == "":
			t.report("id", "mục hỏi đáp không có mã (cột id)")
		case twice:
			t.report("id", fmt.Sprintf("mã %q đã có ở dòng %d", id, first))
		case strings.Contains(id, "|"):
			t.report("id", fmt.Sprintf("mã %q có dấu |, là dấu ngăn các mã", id))
		default:
			known[id] = t.line("id")
		}
		if strings.TrimSpace(t.cell("question")+t.cell("answer")) == "" {
			t.report("question", fmt.Sprintf("mục %q không có câu hỏi lẫn câu trả lời", id))
		}
		entries = append(entries, kb.Entry{
			ID: kb.EntryID(id), Question: t.cell("question"), Answer: t.cell("answer"), Variants: list(t.cell("variants")),
			Category: kb.CategoryID(t.cell("category")), Department: kb.DepartmentID(t.cell("department")),
			Status: kb.Published, Version: 1,
		})
	}
	if len(t.problems) == 0 && len(entries) == 0 {
		t.problems = append(t.problems, Problem{File: name, Message: "không có mục hỏi đáp nào"})
	}
	return entries, t.problems
}

// ReadQuestions reads questions: columns query, expected_id (separated by "|"),
// noise_kind, expect, level and base. Every expected id must be one of entries,
// unless entries is nil. All problems are told at once.
func ReadQuestions(r io.Reader, name string, entries []kb.Entry) ([]Question, []Problem) {
	t := newTable(r, name, questionColumns)
	known := map[kb.EntryID]bool{}
	for _, e := range entries {
		known[e.ID] = true
	}
	var questions []Question
	for t.next() {
		q := Question{
			Text: t.cell("query"), Noise: t.cell("noise_kind"), Expect: t.cell("expect"),
			Level: t.cell("level"), Base: t.cell("base"),
		}
		for _, id := range list(t.cell("expected_id")) {
			if entries != nil && !known[kb.EntryID(id)] {
				t.report("expected_id", fmt.Sprintf("mã %q không có trong kho hỏi đáp", id))
			}
			q.Right = append(q.Right, kb.EntryID(id))
		}
		if strings.TrimSpace(q.Text) == "" {
			t.report("query", "câu hỏi trống")
		}
		switch {
		case !slices.Contains([]string{FAQ, Handoff, Urgent}, q.Expect):
			t.report("expect", fmt.Sprintf("%q không phải là %s, %s hay %s", q.Expect, FAQ, Handoff, Urgent))
		case q.Expect == FAQ && len(q.Right) == 0:
			t.report("expected_id", "câu hỏi có câu trả lời (faq) mà không ghi mã nào")
		}
		questions = append(questions, q)
	}
	if len(t.problems) == 0 && len(questions) == 0 {
		t.problems = append(t.problems, Problem{File: name, Message: "không có câu hỏi nào"})
	}
	return questions, t.problems
}

const byteOrderMark = "\uFEFF"

func newTable(r io.Reader, name string, columns []string) *table {
	text := bufio.NewReader(r)
	if mark, err := text.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark { // as Excel writes it
		text.Discard(len(mark))
	}
	t := &table{name: name, csv: csv.NewReader(text), column: map[string]int{}}
	t.csv.FieldsPerRecord = -1 // counted here, so that one short line does not hide the rest
	header, err := t.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		t.problems = append(t.problems, Problem{File: name, Message: "tệp trống, không có dòng tiêu đề"})
		return t
	case err != nil:
		t.syntax(err)
		return t
	}
	for i, cell := range header {
		cell = strings.ToLower(strings.TrimSpace(cell))
		if _, twice := t.column[cell]; twice && cell != "" {
			line, column := t.csv.FieldPos(i)
			t.problems = append(t.problems, Problem{name, line, column, fmt.Sprintf("cột %q có hai lần", cell)})
		}
		t.column[cell] = i
	}
	for _, c := range columns {
		if _, ok := t.column[c]; !ok {
			t.problems = append(t.problems, Problem{name, 1, 1, fmt.Sprintf("thiếu cột %q", c)})
		}
	}
	if len(t.problems) > 0 { // every line below would be told wrong
		return t
	}
	t.row, t.width = header, len(header)
	return t
}

// next reads the next line that has the header's number of cells.
func (t *table) next() bool {
	if t.row == nil {
		return false
	}
	for {
		row, err := t.csv.Read()
		switch {
		case errors.Is(err, io.EOF):
			return false
		case err != nil:
			t.syntax(err)
			return false // where the next line begins is not known
		}
		t.row = row
		if len(row) != t.width {
			line, _ := t.csv.FieldPos(0)
			t.problems = append(t.problems, Problem{t.name, line, 1, fmt.Sprintf("có %d ô, dòng tiêu đề có %d", len(row), t.width)})
			continue
		}
		for i, cell := range row {
			if !utf8.ValidString(cell) {
				line, column := t.csv.FieldPos(i)
				t.problems = append(t.problems, Problem{t.name, line, column, "chữ không phải UTF-8"})
			}
		}
		return true
	}
}

func (t *table) syntax(err error) {
	p := Problem{File: t.name, Message: "không đọc được: " + err.Error()}
	if at := (*csv.ParseError)(nil); errors.As(err, &at) {
		p.Line, p.Column = at.Line, max(1, at.Column)
		switch {
		case errors.Is(err, csv.ErrBareQuote):
			p.Message = `dấu " đứng giữa ô; ô có dấu " phải đặt trong "…" và viết dấu ấy hai lần`
		case errors.Is(err, csv.ErrQuote):
			p.Message = `ô mở bằng dấu " mà không đóng, hoặc có chữ sau dấu " đóng`
		}
	}
	t.problems = append(t.problems, p)
}

func (t *table) cell(column string) string { return t.row[t.column[column]] }

func (t *table) line(column string) int {
	line, _ := t.csv.FieldPos(t.column[column])
	return line
}

func (t *table) report(column, message string) {
	line, at := t.csv.FieldPos(t.column[column])
	t.problems = append(t.problems, Problem{t.name, line, at, message})
}

// list takes a cell apart. Empty parts are left out: "A||B" means two.
func list(cell string) []string {
	var parts []string
	for part := range strings.SplitSeq(cell, "|") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// LoadEntries reads a knowledge base from a file as ReadEntries does. The error
// joins all problems.
func LoadEntries(path string) ([]kb.Entry, error) {
	return load(path, ReadEntries)
}

// LoadQuestions reads questions from a file as ReadQuestions does, for whichever
// knowledge base. The error joins all problems.
func LoadQuestions(path string) ([]Question, error) {
	return load(path, func(r io.Reader, name string) ([]Question, []Problem) { return ReadQuestions(r, name, nil) })
}

func load[T any](path string, read func(io.Reader, string) ([]T, []Problem)) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, problems := read(f, path)
	var errs []error
	for _, p := range problems {
		errs = append(errs, p)
	}
	return rows, errors.Join(errs...)
}
