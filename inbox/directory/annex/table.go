package annex

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb/sheet"
)

// table is a sheet of a file that is known to be one of ours.
type table struct {
	*layout
	grid   sheet.Grid
	at     map[string]int // column from 0, by key
	rows   []sheet.Line   // under the header
	broken bool           // it cannot be read; told already
}

// row is one line of a table.
type row struct {
	*table
	sheet.Line
}

// headerLines is within how many lines of the top a header is looked for: titles
// and the name of the province often stand above it.
const headerLines = 12

// tables finds the sheets of a file. Those that are none of ours are noted.
func (r *reader) tables(grids []sheet.Grid) {
	for _, g := range grids {
		l := layoutOf(g.Name)
		switch {
		case l == nil:
			r.Notes = append(r.Notes, sheet.Note{File: r.file, Sheet: g.Name, Message: "không phải trang của danh mục, bỏ qua."})
		case r.of[l] != nil:
			r.blame(sheet.Problem{Sheet: g.Name, Message: fmt.Sprintf("là trang '%s' thứ hai trong tệp; xin chỉ giữ một trang.", l.name)})
		default:
			r.of[l] = r.open(l, g)
		}
	}
	if len(r.of) == 0 {
		r.blame(sheet.Problem{Message: fmt.Sprintf("Tệp %s không có trang nào của danh mục; cần ít nhất một trang tên là %s.", r.file, layoutNames())})
	}
}

func layoutOf(name string) *layout {
	for _, l := range layouts {
		if isCalled(fold(name), l.name, l.also) {
			return l
		}
	}
	return nil
}

func layoutNames() string {
	names := make([]string, len(layouts))
	for i, l := range layouts {
		names[i] = "'" + l.name + "'"
	}
	return strings.Join(names[:len(names)-1], ", ") + " hoặc " + names[len(names)-1]
}

// open finds the header of a sheet.
func (r *reader) open(l *layout, g sheet.Grid) *table {
	t := &table{layout: l, grid: g}
	for i, line := range g.Lines {
		if i >= headerLines {
			break
		}
		at := l.header(line)
		if len(at) < 2 {
			continue
		}
		t.at, t.rows = at, g.Lines[i+1:]
		for _, key := range l.required {
			if _, ok := at[key]; !ok {
				t.broken = true
				r.blame(sheet.Problem{Sheet: g.Name, Cell: sheet.CellName(0, line.Number), Message: fmt.Sprintf("dòng tiêu đề thiếu cột '%s'.", l.title(key))})
			}
		}
		return t
	}
	t.broken = true
	r.blame(sheet.Problem{Sheet: g.Name, Message: fmt.Sprintf("không thấy dòng tiêu đề trong %d dòng đầu; cần các cột %s.", headerLines, l.wanted())})
	return t
}

// header reads a line as the header: its columns by key. A heading that opens two
// columns opens the one that is not open yet.
func (l *layout) header(line sheet.Line) map[string]int {
	at := map[string]int{}
	for i, cell := range line.Cells {
		text, _, _ := strings.Cut(cell, "(")
		for _, exact := range []bool{true, false} { // "Hotline" before what is also called so
			if j := slices.IndexFunc(l.columns, func(c column) bool {
				_, open := at[c.key]
				also := ""
				if !exact {
					also = c.also
				}
				return !open && isCalled(fold(text), c.title, also)
			}); j >= 0 {
				at[l.columns[j].key] = i
				break
			}
		}
	}
	return at
}

func (l *layout) title(key string) string {
	for _, c := range l.columns {
		if c.key == key {
			return c.title
		}
	}
	return key
}

func (l *layout) wanted() string {
	titles := make([]string, len(l.required))
	for i, key := range l.required {
		titles[i] = "'" + l.title(key) + "'"
	}
	return strings.Join(titles, ", ")
}

// each gives the rows that say anything.
func (t *table) each(do func(row)) {
	if t == nil || t.broken {
		return
	}
	for _, line := range t.rows {
		r := row{t, line}
		for _, i := range t.at {
			if line.At(i) != "" {
				do(r)
				break
			}
		}
	}
}

// there reports whether the file has this sheet, in a shape that can be read.
func (t *table) there() bool { return t != nil && !t.broken }

// has reports whether the sheet has the column at all.
func (r row) has(key string) bool {
	_, ok := r.at[key]
	return ok
}

// lines is the text of a cell; one is it on one line.
func (r row) lines(key string) string {
	i, ok := r.at[key]
	if !ok {
		return ""
	}
	return r.At(i)
}

func (r row) one(key string) string { return strings.Join(strings.Fields(r.lines(key)), " ") }

// list is what stands in a cell one a line, or between semicolons.
func (r row) list(key string) []string {
	var out []string
	for _, piece := range strings.FieldsFunc(r.lines(key), func(c rune) bool { return c == '\n' || c == ';' }) {
		if piece = strings.Join(strings.Fields(piece), " "); piece != "" {
			out = append(out, piece)
		}
	}
	return out
}

// cell names where a value stands; what has no column is looked for at the first.
func (r row) cell(key string) string { return sheet.CellName(r.at[key], r.Number) }

// bad tells a mistake in a cell.
func (r *reader) bad(at row, key, format string, args ...any) {
	r.blame(sheet.Problem{Sheet: at.grid.Name, Cell: at.cell(key), Message: fmt.Sprintf(format, args...)})
}

func (r *reader) blame(p sheet.Problem) {
	p.File = r.file
	r.Problems = append(r.Problems, p)
}

// day reads a date cell, if the sheet has the column.
func (r *reader) day(at row, key string, into *time.Time) {
	if !at.has(key) {
		return
	}
	d, ok := at.grid.Day(at.one(key))
	if !ok {
		r.bad(at, key, "'%s' không phải là ngày; xin ghi ngày/tháng/năm, ví dụ 31/12/2026.", at.one(key))
	}
	*into = d
}

// text sets a value of one line, if the sheet has the column.
func (at row) text(key string, into *string) {
	if at.has(key) {
		*into = at.one(key)
	}
}

// all sets a list, if the sheet has the column.
func (at row) all(key string, into *[]string) {
	if at.has(key) {
		*into = at.list(key)
	}
}

// choice reads a word of a list; an empty cell leaves what there is.
func choice[T ~string](r *reader, at row, key string, words map[T]string, into *T) {
	text := fold(at.one(key))
	if text == "" {
		return
	}
	var known []string
	for value, title := range words {
		if text == fold(title) || text == string(value) {
			*into = value
			return
		}
		known = append(known, title)
	}
	slices.Sort(known)
	r.bad(at, key, "'%s' không dùng được; xin ghi một trong: %s.", at.one(key), strings.Join(known, ", "))
}
