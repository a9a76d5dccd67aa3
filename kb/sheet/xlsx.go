package sheet

import (
	"bytes"
	"errors"
	"strings"

	"github.com/xuri/excelize/v2"
)

// openXLSX reads a workbook of today.
func openXLSX(data []byte) (_ *book, err error) {
	// Parts above the XML limit would go to files that nobody removes when the
	// process is stopped.
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped, RawCellValue: true,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := workbook{File: f, book: &book{}, merges: holds(f, "<mergeCell"), formulas: holds(f, "<f>", "<f ", "<f/")}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.epoch1904 = *props.Date1904
	}
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err == nil && !visible {
			w.book.skipped(name) // lists for drop-downs live there
			continue
		}
		if err := w.read(name); err != nil {
			return nil, err
		}
	}
	return w.book, nil
}

// holds reports whether a sheet of the workbook has any of the tags. Few have, and
// what is asked of the library for their sake takes the whole sheet into memory.
func holds(f *excelize.File, tags ...string) (found bool) {
	f.Pkg.Range(func(name, part any) bool {
		path, isName := name.(string)
		data, isData := part.([]byte)
		if isName && isData && strings.HasPrefix(path, "xl/worksheets/") {
			for _, tag := range tags {
				found = found || bytes.Contains(data, []byte(tag))
			}
		}
		return !found
	})
	return found
}

type workbook struct {
	*excelize.File
	book             *book
	merges, formulas bool // some sheet has them
	epoch1904        bool
}

func (w *workbook) read(sheet string) error {
	g := grid{name: sheet, epoch1904: w.epoch1904}
	if err := w.readLines(&g); err != nil {
		return err
	}
	if w.merges {
		if err := w.readMerges(&g); err != nil {
			return err
		}
	}
	if w.formulas {
		if err := w.readFormulas(&g); err != nil {
			return err
		}
	}
	return w.book.finish(g)
}

func (w *workbook) readLines(g *grid) (err error) {
	lines, err := w.Rows(g.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	for number := 1; number <= excelize.TotalRows && lines.Next(); number++ {
		cells, err := lines.Columns()
		if err != nil {
			return err
		}
		if err := w.book.add(g, number, cells, lines.GetRowOpts().Hidden); err != nil {
			return err
		}
	}
	return lines.Error()
}

// readMerges notes the cells merged downwards. Cells merged sideways keep their
// value in the first column, where it is read anyway.
func (w *workbook) readMerges(g *grid) error {
	merges, err := w.GetMergeCells(g.name)
	if err != nil {
		return err
	}
	for _, m := range merges {
		col, from, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			continue
		}
		if _, to, err := excelize.CellNameToCoordinates(m.GetEndAxis()); err == nil {
			g.mergeDown(col-1, from, to, m.GetCellValue())
		}
	}
	return nil
}

// readFormulas finds the formulas that have no value: a program wrote them, and no
// Excel has calculated them since.
func (w *workbook) readFormulas(g *grid) error {
	width := 0
	for _, l := range g.lines {
		width = max(width, len(l.cells))
	}
	for _, l := range g.lines {
		for col := range width {
			if col < len(l.cells) && l.cells[col] != "" {
				continue
			}
			formula, err := w.GetCellFormula(g.name, cellName(col, l.number))
			if err != nil {
				return err
			}
			if formula != "" {
				g.markValueless(col, l.number)
			}
		}
	}
	return nil
}
