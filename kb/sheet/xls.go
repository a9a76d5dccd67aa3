package sheet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// The old .xls is a compound file (compound.go) that holds a stream of records. The readers of those records that exist for Go know nothing of merged
// cells, of hidden rows and of formulas without a value, and each is known to panic
// or to loop on some file. So the few records that matter are read here; every step
// consumes input, and nothing is sized by what the file claims.

const protected = refusal("đặt mật khẩu; xin bỏ mật khẩu rồi gửi lại.")

// openXLS reads a workbook of Excel 97 to 2003.
func openXLS(data []byte) (*book, error) {
	stream, err := workbookStream(data)
	if err != nil {
		return nil, err
	}
	x := xls{stream: stream, book: &book{}}
	if err := x.readGlobals(); err != nil {
		return nil, err
	}
	for _, s := range x.sheets {
		if s.hidden {
			x.book.skipped(s.name)
			continue
		}
		if err := x.readSheet(s); err != nil {
			return nil, err
		}
	}
	return x.book, nil
}

// workbookStream finds the workbook among the streams of a compound file.
func workbookStream(data []byte) ([]byte, error) {
	file, err := openCompound(data)
	if err != nil {
		return nil, err
	}
	for _, entry := range file.entries {
		switch entry.name {
		case "Workbook":
			return file.stream(entry)
		case "Book":
			return nil, refusal("do Excel 95 hoặc cũ hơn tạo ra; xin mở bằng Excel và lưu lại dạng .xlsx.")
		case "WordDocument":
			return nil, otherKind("Word")
		case "PowerPoint Document":
			return nil, otherKind("PowerPoint")
		case "EncryptedPackage":
			return nil, protected
		}
	}
	return nil, errDamagedXLS
}

type xls struct {
	stream    []byte
	book      *book
	sheets    []xlsSheet
	texts     []string // shared by the cells of all sheets
	epoch1904 bool
}

type xlsSheet struct {
	name   string
	begins int // in the stream
	hidden bool
}

// readGlobals reads what all sheets share.
func (x *xls) readGlobals() error {
	records := biffRecords{data: x.stream}
	first, ok := records.next()
	if !ok || first.kind != recBegin {
		return errDamagedXLS
	}
	for {
		r, ok := records.next()
		if !ok {
			return errDamagedXLS
		}
		switch r.kind {
		case recEOF:
			if len(x.sheets) == 0 {
				return errDamagedXLS
			}
			return nil
		case recEncrypted:
			return protected
		case rec1904:
			x.epoch1904 = len(r.body()) >= 2 && r.body()[0] == 1
		case recSheet:
			if err := x.addSheet(r); err != nil {
				return err
			}
		case recStrings:
			if err := x.readTexts(r); err != nil {
				return err
			}
		}
	}
}

func (x *xls) addSheet(r biffRecord) error {
	in := biffReader{parts: r.parts}
	s := xlsSheet{begins: in.number(4), hidden: in.number(1)&3 != 0}
	kind := in.number(1)
	s.name = in.text(1)
	if kind == 0 { // others are charts and macros
		x.sheets = append(x.sheets, s)
	}
	if len(x.sheets) > maxSheets {
		return tooManyTabs
	}
	return in.err
}

func (x *xls) readTexts(r biffRecord) error {
	in := biffReader{parts: slices.Clone(r.parts)}
	in.number(4) // how often they are used
	for n := in.number(4); n > 0 && in.err == nil; n-- {
		x.texts = append(x.texts, in.text(2))
	}
	return in.err
}

// xlsLine is a row being gathered.
type xlsLine struct {
	cells  []string
	hidden bool
}

// sheetReader gathers the rows of a sheet, which may come in any order.
type sheetReader struct {
	*xls
	grid  *grid
	lines map[int]*xlsLine // by number from 0
	merge [][4]int         // first and last row, first and last column
	text  int              // bytes kept
	cells int              // kept, empty ones as well
	// awaits is the cell of a formula whose text comes in the record behind it.
	awaits *place
}

func (x *xls) readSheet(s xlsSheet) error {
	g := grid{name: s.name, epoch1904: x.epoch1904}
	in := sheetReader{xls: x, grid: &g, lines: map[int]*xlsLine{}}
	records := biffRecords{data: x.stream, at: s.begins}
	if first, ok := records.next(); !ok || first.kind != recBegin {
		return errDamagedXLS
	}
	for depth := 1; depth > 0; {
		r, ok := records.next()
		if !ok {
			return errDamagedXLS
		}
		switch r.kind {
		case recBegin: // a chart within the sheet
			depth++
		case recEOF:
			depth--
		default:
			if depth == 1 {
				if err := in.record(r); err != nil {
					return err
				}
			}
		}
	}
	return in.finish()
}

func (in *sheetReader) record(r biffRecord) error {
	body := r.body()
	if r.kind == recMerged {
		in.merges(body)
		return nil
	}
	if r.kind == recString {
		return in.formulaText(r)
	}
	if len(body) < 6 {
		return nil
	}
	row, col := int(binary.LittleEndian.Uint16(body)), int(binary.LittleEndian.Uint16(body[2:]))
	value := body[6:]
	switch r.kind {
	case recRow:
		if len(body) >= 16 && body[12]&0x20 != 0 {
			in.line(row).hidden = true
		}
	case recSharedText:
		if len(value) >= 4 {
			if i := int(binary.LittleEndian.Uint32(value)); i < len(in.texts) {
				return in.set(row, col, in.texts[i])
			}
		}
		return errDamagedXLS
	case recLabel, recRString:
		text := biffReader{parts: slices.Clone(r.parts)}
		text.take(6)
		return errors.Join(in.set(row, col, text.text(2)), text.err)
	case recNumber:
		if len(value) >= 8 {
			return in.set(row, col, plainNumber(math.Float64frombits(binary.LittleEndian.Uint64(value))))
		}
	case recRK:
		if len(value) >= 4 {
			return in.set(row, col, plainNumber(rkNumber(binary.LittleEndian.Uint32(value))))
		}
	case recMulRK:
		return in.numbers(row, col, body[4:])
	case recBoolErr:
		if len(value) >= 2 {
			return in.set(row, col, boolOrError(value[0], value[1] != 0))
		}
	case recFormula:
		if len(value) >= 8 {
			return in.formula(row, col, value[:8])
		}
	}
	return nil
}

// numbers are neighbours in a row: a style and a number each, then the last column.
func (in *sheetReader) numbers(row, col int, pairs []byte) error {
	for ; len(pairs) >= 6+2; pairs, col = pairs[6:], col+1 {
		if err := in.set(row, col, plainNumber(rkNumber(binary.LittleEndian.Uint32(pairs[2:])))); err != nil {
			return err
		}
	}
	return nil
}

// formula keeps the value that a formula had when the file was saved; [MS-XLS] 2.5.133.
func (in *sheetReader) formula(row, col int, value []byte) error {
	if binary.LittleEndian.Uint16(value[6:]) != 0xFFFF {
		return in.set(row, col, plainNumber(math.Float64frombits(binary.LittleEndian.Uint64(value))))
	}
	switch value[0] {
	case 0:
		in.awaits = &place{col, row}
		return nil
	case 1, 2:
		return in.set(row, col, boolOrError(value[2], value[0] == 2))
	}
	in.grid.markValueless(col, row+1)
	return nil
}

func (in *sheetReader) formulaText(r biffRecord) error {
	if in.awaits == nil {
		return nil
	}
	text := biffReader{parts: slices.Clone(r.parts)}
	at := *in.awaits
	in.awaits = nil
	return errors.Join(in.set(at.line, at.col, text.text(2)), text.err)
}

func boolOrError(value byte, isError bool) string {
	if isError {
		names := map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
		if name := names[value]; name != "" {
			return name
		}
		return "#VALUE!"
	}
	return fmt.Sprint(value)
}

func (in *sheetReader) merges(body []byte) {
	for body = body[min(2, len(body)):]; len(body) >= 8; body = body[8:] {
		var m [4]int
		for i := range m {
			m[i] = int(binary.LittleEndian.Uint16(body[2*i:]))
		}
		in.merge = append(in.merge, m)
	}
}

func (in *sheetReader) line(row int) *xlsLine {
	l := in.lines[row]
	if l == nil {
		l = &xlsLine{}
		in.lines[row] = l
	}
	return l
}

func (in *sheetReader) set(row, col int, text string) error {
	if col >= maxColumns {
		return nil
	}
	l := in.line(row)
	for len(l.cells) <= col {
		l.cells = append(l.cells, "")
		in.cells++
	}
	if in.cells > maxCells {
		return tooManyCells
	}
	l.cells[col] = text
	if in.text += len(text); in.text > maxText {
		return tooMuchText
	}
	return nil
}

func (in *sheetReader) finish() error {
	rows := make([]int, 0, len(in.lines))
	for row := range in.lines {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	for _, row := range rows {
		l := in.lines[row]
		if err := in.book.add(in.grid, row+1, l.cells, l.hidden); err != nil {
			return err
		}
	}
	for _, m := range in.merge {
		value := ""
		if l := in.lines[m[0]]; l != nil && m[2] < len(l.cells) {
			value = l.cells[m[2]]
		}
		in.grid.mergeDown(m[2], m[0]+1, m[1]+1, value)
	}
	return in.book.finish(*in.grid)
}
