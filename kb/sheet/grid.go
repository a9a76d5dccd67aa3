package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// book is a file of any format once it is read: grids of text.
type book struct {
	grids []grid
	notes []Note
	lines int // kept, of all grids
	text  int // bytes, of all grids
}

// grid is one sheet: its lines with content that people see.
type grid struct {
	name      string
	lines     []line
	merged    map[int][]merge // by column from 0
	valueless map[place]bool  // formulas that no program has calculated
	hidden    []int           // numbers of lines with content that are hidden
	epoch1904 bool            // days are counted from 1904
}

// line is a row as it stands in the sheet.
type line struct {
	number int // from 1
	cells  []string
}

// place is a cell.
type place struct{ col, line int } // from 0, from 1

// merge is a vertical run of cells that were made one.
type merge struct {
	from, to int // lines from 1
	value    string
}

// refusal is why a file is not read at all, for people.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	tooManyRows  = refusal("có hơn 20.000 dòng; xin chia thành nhiều tệp.")
	tooMuchText  = refusal("có hơn 32 MB chữ; xin chia thành nhiều tệp.")
	tooManyCells = refusal("có quá nhiều cột; xin xóa các cột thừa bên phải, hoặc chia thành nhiều tệp.")
	tooManyTabs  = refusal("có hơn 200 trang tính; xin chia thành nhiều tệp.")
)

// maxCells of a sheet are kept while it is put together.
const maxCells = 2 << 20

// add keeps a line of g if something stands in it.
func (b *book) add(g *grid, number int, cells []string, hidden bool) error {
	cells = cells[:min(len(cells), maxColumns)]
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 {
		return nil
	}
	if b.lines++; b.lines > MaxRows {
		return tooManyRows
	}
	if hidden {
		g.hidden = append(g.hidden, number)
		return nil
	}
	for _, c := range cells {
		b.text += len(c)
	}
	if b.text > maxText {
		return tooMuchText
	}
	g.lines = append(g.lines, line{number, slices.Clone(cells)})
	return nil
}

// finish takes a grid whose lines are all there.
func (b *book) finish(g grid) error {
	for _, ms := range g.merged {
		slices.SortFunc(ms, func(a, b merge) int { return cmp.Compare(a.from, b.from) })
	}
	if len(g.hidden) > 0 {
		b.notes = append(b.notes, Note{Sheet: g.name, Message: fmt.Sprintf("bỏ qua %d dòng đang ẩn hoặc bị lọc (dòng %s).", len(g.hidden), ranges(g.hidden))})
	}
	if b.grids = append(b.grids, g); len(b.grids) > maxSheets {
		return tooManyTabs
	}
	return nil
}

func (b *book) skipped(sheet string) {
	b.notes = append(b.notes, Note{Sheet: sheet, Message: "trang đang ẩn, bỏ qua."})
}

// mergeDown notes cells made one from line from to line to.
func (g *grid) mergeDown(col, from, to int, value string) {
	if to <= from || col >= maxColumns {
		return
	}
	if g.merged == nil {
		g.merged = map[int][]merge{}
	}
	g.merged[col] = append(g.merged[col], merge{from, to, value})
}

// mergeAt finds the merged run that covers the cell.
func (g *grid) mergeAt(col, line int) (merge, bool) {
	ms := g.merged[col]
	i, _ := slices.BinarySearchFunc(ms, line, func(m merge, line int) int { return cmp.Compare(m.from, line+1) })
	if i > 0 && ms[i-1].to >= line {
		return ms[i-1], true
	}
	return merge{}, false
}

// at is the text of a cell; each cell of a merged run has its value.
func (g *grid) at(col int, l line) string {
	if m, ok := g.mergeAt(col, l.number); ok {
		return m.value
	}
	if col >= len(l.cells) {
		return ""
	}
	return l.cells[col]
}

// ranges writes numbers in ascending order briefly: "3, 5–9".
func ranges(numbers []int) string {
	const most = 6
	var b strings.Builder
	for i, pieces := 0, 0; i < len(numbers); pieces++ {
		if pieces == most {
			b.WriteString(", …")
			break
		}
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if pieces > 0 {
			b.WriteString(", ")
		}
		if fmt.Fprint(&b, numbers[i]); j > i {
			fmt.Fprintf(&b, "–%d", numbers[j])
		}
		i = j + 1
	}
	return b.String()
}

// cellName is what Excel calls a cell: "C7".
func cellName(col, line int) string {
	name, err := excelize.CoordinatesToCellName(col+1, line)
	if err != nil {
		return fmt.Sprintf("dòng %d", line) // beyond the last row that Excel has
	}
	return name
}

// markValueless notes a formula whose value is not in the file.
func (g *grid) markValueless(col, line int) {
	if g.valueless == nil {
		g.valueless = map[place]bool{}
	}
	g.valueless[place{col, line}] = true
}
