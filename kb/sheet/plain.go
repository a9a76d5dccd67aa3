package sheet

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"
)

// Grid is one sheet of a file as text, for tables that hold something else than
// entries: a roster, who is in charge of what.
type Grid struct {
	Name      string
	Lines     []Line // those with content that people see
	Epoch1904 bool   `json:",omitempty"` // see Day
}

// Line is a row of a Grid. A cell merged downwards has its value in each line.
type Line struct {
	Number int // from 1
	Cells  []string
}

// At is the text of a cell, from 0; empty beyond the last one.
func (l Line) At(col int) string {
	if col >= len(l.Cells) {
		return ""
	}
	return l.Cells[col]
}

// Day reads a cell as a day: a number of Excel, or "23/11/2026". Zero: empty.
func (g Grid) Day(cell string) (day time.Time, ok bool) { return parseDate(cell, g.Epoch1904) }

// CellName is what Excel calls a cell; col counts from 0, line from 1.
func CellName(col, line int) string { return cellName(col, line) }

// ReadPlain understands the file data as text alone: Content.Grids. It refuses
// what Read refuses, and bounds the same.
func ReadPlain(data []byte, name string) (c Content) {
	defer func() {
		if recover() != nil { // as in Read
			c = refused(name, errors.New("panic"))
		}
	}()
	b, err := open(data, name)
	if err != nil {
		return refused(name, err)
	}
	b.fixLegacy()
	c.Notes = b.notes
	for i := range c.Notes {
		c.Notes[i].File = name
	}
	for i := range b.grids {
		c.Grids = append(c.Grids, b.grids[i].plain())
	}
	return c
}

func (g *grid) plain() Grid {
	width := 0
	for _, l := range g.lines {
		width = max(width, len(l.cells))
	}
	for col := range g.merged {
		width = max(width, col+1)
	}
	out := Grid{Name: g.name, Epoch1904: g.epoch1904}
	for _, l := range g.lines {
		cells := make([]string, width)
		for col := range cells {
			cells[col] = clean(g.at(col, l))
		}
		out.Lines = append(out.Lines, Line{Number: l.number, Cells: cells})
	}
	return out
}

// WritePlain makes a workbook of one sheet: a bold line of headings, then lines of
// text cells, each column as wide as told.
func WritePlain(w io.Writer, name string, widths []float64, lines [][]string) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := errors.Join(f.SetSheetName(firstSheet, name), plainColumns(f, name, widths)); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	for i, cells := range lines {
		for col, text := range cells {
			if err := f.SetCellStr(name, cellName(col, i+1), escape(text)); err != nil {
				return fmt.Errorf("write workbook: %w", err)
			}
		}
	}
	return errors.Join(plainStyle(f, name, lines), f.Write(w))
}

func plainColumns(f *excelize.File, name string, widths []float64) error {
	for col, width := range widths {
		letter, err := excelize.ColumnNumberToName(col + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(name, letter, letter, width); err != nil {
			return err
		}
	}
	return f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func plainStyle(f *excelize.File, name string, lines [][]string) error {
	if len(lines) == 0 || len(lines[0]) == 0 {
		return nil
	}
	wrap, errWrap := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	bold, errBold := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	last := len(lines[0]) - 1
	return errors.Join(errWrap, errBold,
		f.SetCellStyle(name, cellName(0, 1), cellName(last, len(lines)), wrap),
		f.SetCellStyle(name, cellName(0, 1), cellName(last, 1), bold))
}
