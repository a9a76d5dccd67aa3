package sheet

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"tongdai/kb"
)

// Read understands the file data, whatever it is called. name is the file's name,
// for messages and, where the format has no sheets, for the sheet.
func Read(data []byte, name string) (c Content) {
	defer func() {
		// The libraries below have panicked on damaged files before; a stranger's file
		// must not stop the hub.
		if recover() != nil {
			c = refused(name, errors.New("panic"))
		}
	}()
	b, err := open(data, name)
	if err != nil {
		return refused(name, err)
	}
	b.fixLegacy()
	r := reader{Content: Content{Notes: b.notes}}
	for i := range b.grids {
		t := table{reader: &r, grid: &b.grids[i]}
		t.read()
	}
	if len(r.Rows) == 0 && len(r.Problems) == 0 {
		return Refused(name, fmt.Sprintf("không có mục hỏi đáp nào: cần một dòng tiêu đề với các cột 'Câu hỏi' và 'Trả lời' trong %d dòng đầu.", headerRows), r.Notes...)
	}
	for i := range r.Rows {
		r.Rows[i].File = name
	}
	r.findRepeats()
	for i := range r.Problems {
		r.Problems[i].File = name
	}
	for i := range r.Notes {
		r.Notes[i].File = name
	}
	Sort(r.Problems)
	return r.Content
}

// Sort orders problems as people go through the files: sheet by sheet as they are
// named first, row by row, and from left to right.
func Sort(problems []Problem) {
	type tab struct{ file, sheet string }
	order := map[tab]int{}
	for _, p := range problems {
		if t := (tab{p.File, p.Sheet}); order[t] == 0 {
			order[t] = len(order) + 1
		}
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		rowA, colA := a.coordinates()
		rowB, colB := b.coordinates()
		return cmp.Or(cmp.Compare(order[tab{a.File, a.Sheet}], order[tab{b.File, b.Sheet}]), cmp.Compare(rowA, rowB), cmp.Compare(colA, colB))
	})
}

// coordinates are zero for a problem of the sheet as a whole.
func (p Problem) coordinates() (row, col int) {
	col, row, err := excelize.CellNameToCoordinates(p.Cell)
	if err != nil {
		return 0, 0
	}
	return row, col
}

// Refused is what a file says that is not read at all. why goes on after the name:
// "đặt mật khẩu; xin bỏ mật khẩu rồi gửi lại."
func Refused(name, why string, notes ...Note) Content {
	for i := range notes {
		notes[i].File = name
	}
	return Content{Problems: []Problem{{File: name, Message: fmt.Sprintf("Tệp %s %s", name, why)}}, Notes: notes}
}

func refused(name string, err error) Content {
	if why, ok := errors.AsType[refusal](err); ok {
		return Refused(name, string(why))
	}
	return Refused(name, "không đọc được; xin kiểm tra đây là tệp .xlsx, .xls hoặc .csv không đặt mật khẩu và không bị hỏng.")
}

// reader gathers what the tables of a file say.
type reader struct{ Content }

// table is a sheet being read.
type table struct {
	*reader
	*grid
	columns []column
	header  int // line of the header; 0: not found yet
	crowded int // rows before a header that look like a table
}

func (t *table) read() {
	for _, l := range t.lines {
		switch {
		case t.header == 0:
			t.look(l)
		case t.opensAgain(l):
		default:
			t.row(l)
		}
	}
	if t.header == 0 && t.crowded >= 2 {
		t.blame(Problem{Message: fmt.Sprintf("không thấy dòng tiêu đề trong %d dòng đầu; cần ít nhất hai cột 'Câu hỏi' và 'Trả lời'.", headerRows)})
	}
}

func (t *table) blame(p Problem) {
	p.Sheet = t.name
	t.Problems = append(t.Problems, p)
}

// look takes the line as the header if it is one.
func (t *table) look(l line) {
	if l.number > headerRows {
		t.crowded++
		return
	}
	columns, twice := header(l.cells)
	if columns == nil {
		if filled(l.cells) > 1 {
			t.crowded++
		}
		return
	}
	t.columns, t.header = columns, l.number
	for _, c := range twice {
		t.blame(Problem{Cell: cellName(c.at, l.number), Field: c.field, Message: fmt.Sprintf("có hai cột cùng là '%s'; xin chỉ giữ một cột.", c.field.Title())})
	}
	for _, f := range missing(columns) {
		t.blame(Problem{Cell: cellName(0, l.number), Field: f, Message: fmt.Sprintf("dòng tiêu đề thiếu cột '%s'.", f.Title())})
	}
}

// opensAgain reports whether the line is a header too: the second line of one
// ("Hiệu lực" over "từ ngày" and "đến ngày"), or the header repeated further down,
// for print or for another table, whose columns count from there on.
func (t *table) opensAgain(l line) bool {
	var below []column
	for at := range max(len(l.cells), t.width()) {
		text := clean(t.at(at, l))
		if text == "" {
			continue
		}
		field, exact, ok := heading(text)
		if !ok || !exact {
			return false
		}
		below = append(below, column{field, at})
	}
	has := func(f Field) bool {
		return slices.ContainsFunc(below, func(c column) bool { return c.field == f })
	}
	if has(Question) && has(Answer) && l.number > t.header+1 {
		t.columns, t.header = below, l.number
		return true
	}
	if l.number != t.header+1 || len(below) == 0 {
		return false
	}
	for _, c := range below {
		if !slices.ContainsFunc(t.columns, func(o column) bool { return o.field == c.field || o.at == c.at }) {
			t.columns = append(t.columns, c)
		}
	}
	return true
}

// width is how many columns from the left the header opens.
func (t *table) width() int {
	if len(t.columns) == 0 {
		return 0
	}
	return slices.MaxFunc(t.columns, func(a, b column) int { return cmp.Compare(a.at, b.at) }).at + 1
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// row reads one line under the header.
func (t *table) row(l line) {
	row := Row{Sheet: t.name, Line: l.number, Cells: map[Field]string{}}
	before := len(t.Problems)
	empty := true
	for _, c := range t.columns {
		value := clean(t.at(c.at, l))
		if c.field != Variants || !row.has(Variants) {
			row.Cells[c.field] = cellName(c.at, l.number)
		}
		if value != "" && c.field != Category && c.field != Department {
			empty = false
		}
		if t.calculated(&row, c, value) {
			t.set(&row, c.field, value)
		} else {
			empty = false
		}
	}
	if t.continues(l.number) {
		last := &t.Rows[len(t.Rows)-1]
		last.Variants = append(last.Variants, row.Variants...)
		t.Problems = t.Problems[:before]
		return
	}
	if empty {
		t.Problems = t.Problems[:before]
		return
	}
	if len(missing(t.columns)) == 0 {
		blamed := t.Problems[before:]
		for _, p := range check(&row) {
			if !slices.ContainsFunc(blamed, func(b Problem) bool { return b.Cell == p.Cell }) {
				t.Problems = append(t.Problems, p)
			}
		}
	}
	if len(t.Problems) == before {
		t.Rows = append(t.Rows, row)
	}
}

// spreadsheetErrors are what a formula shows that could not be calculated.
var spreadsheetErrors = []string{"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}

// calculated names a formula that has no value, or an error for one.
func (t *table) calculated(row *Row, c column, value string) bool {
	if value == "" && t.valueless[place{c.at, row.Line}] {
		t.Problems = append(t.Problems, row.problem(c.field, "công thức chưa có kết quả; xin mở tệp bằng Excel, lưu lại, hoặc gõ thẳng giá trị."))
		return false
	}
	if slices.Contains(spreadsheetErrors, value) {
		t.Problems = append(t.Problems, row.problem(c.field, "công thức báo lỗi %s; xin sửa hoặc gõ thẳng giá trị.", value))
		return false
	}
	return true
}

// continues reports whether the line belongs to the row above: its question is the
// very same merged cell.
func (t *table) continues(line int) bool {
	if len(t.Rows) == 0 || t.Rows[len(t.Rows)-1].Sheet != t.name {
		return false
	}
	above := t.Rows[len(t.Rows)-1].Line
	for _, c := range t.columns {
		if c.field != Question {
			continue
		}
		m, ok := t.mergeAt(c.at, line)
		return ok && m.from <= above && above < line
	}
	return false
}

// findRepeats names rows that claim the same id.
func (r *reader) findRepeats() {
	first := map[kb.EntryID]*Row{}
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.ID == "" {
			continue
		}
		if other := first[row.ID]; other != nil {
			r.Problems = append(r.Problems, row.problem(ID, "mã '%s' đã dùng ở %s.", row.ID, other.at(ID, row)))
			continue
		}
		first[row.ID] = row
	}
}
