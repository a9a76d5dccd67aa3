package sheet

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"tongdai/kb"
	"tongdai/kb/vi"
)

// Read understands the workbook data. name is the file's name, for messages. The
// rows are in the order of the file; those with problems are left out.
func Read(data []byte, name string) (rows []Row, problems []Problem) {
	if len(data) > MaxBytes {
		return nil, []Problem{{Message: fmt.Sprintf("Tệp %s lớn hơn %d MB; xin chia thành nhiều tệp.", name, MaxBytes>>20)}}
	}
	defer func() {
		// The reader has panicked on damaged files before; a stranger's file must not
		// stop the hub.
		if recover() != nil {
			rows, problems = nil, []Problem{unreadable(name)}
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, RawCellValue: true})
	if err != nil {
		return nil, []Problem{unreadable(name)}
	}
	r := reader{file: f}
	err = r.readSheets()
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, []Problem{unreadable(name)}
	}
	if len(r.rows) == 0 && len(r.problems) == 0 {
		r.problems = append(r.problems, Problem{Message: fmt.Sprintf("Tệp %s không có mục hỏi đáp nào: cần một dòng tiêu đề với các cột 'Câu hỏi' và 'Trả lời' trong %d dòng đầu.", name, headerRows)})
	}
	r.findRepeats()
	return r.rows, r.problems
}

func unreadable(name string) Problem {
	return Problem{Message: fmt.Sprintf("Không đọc được tệp %s; xin kiểm tra đây là tệp Excel .xlsx không đặt mật khẩu và không bị hỏng.", name)}
}

type reader struct {
	file     *excelize.File
	rows     []Row
	problems []Problem
	lines    int // with content, of all sheets
	epoch    bool
}

func (r *reader) readSheets() error {
	if props, err := r.file.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		r.epoch = *props.Date1904
	}
	for _, name := range r.file.GetSheetList() {
		if visible, err := r.file.GetSheetVisible(name); err == nil && !visible {
			continue // lists for drop-downs live there
		}
		t := table{reader: r, sheet: name}
		if err := t.read(); err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
		if r.lines > MaxRows {
			r.rows = nil
			r.problems = []Problem{{Sheet: name, Message: fmt.Sprintf("tệp có hơn %d dòng; xin chia thành nhiều tệp.", MaxRows)}}
			return nil
		}
	}
	return nil
}

// table is a sheet being read.
type table struct {
	*reader
	sheet   string
	columns []column
	merged  map[int][]merge // by column from 0
	crowded int             // rows before a header that look like a table
}

// merge is a vertical run of cells that were made one.
type merge struct {
	from, to int // lines from 1
	value    string
}

func (t *table) read() error {
	if err := t.readMerges(); err != nil {
		return err
	}
	lines, err := t.file.Rows(t.sheet)
	if err != nil {
		return err
	}
	defer lines.Close()
	for line := 1; line <= excelize.TotalRows && lines.Next(); line++ {
		cells, err := lines.Columns()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue
		}
		if t.lines++; t.lines > MaxRows {
			return nil
		}
		if t.columns == nil {
			t.look(line, cells)
			continue
		}
		t.row(line, cells)
	}
	if t.columns == nil && t.crowded >= 2 {
		t.problems = append(t.problems, Problem{Sheet: t.sheet, Message: fmt.Sprintf("không thấy dòng tiêu đề trong %d dòng đầu; cần ít nhất hai cột 'Câu hỏi' và 'Trả lời'.", headerRows)})
	}
	return lines.Error()
}

// readMerges notes the cells merged downwards: each of their rows has the value.
// Cells merged sideways keep it in the first column, where the library has it.
func (t *table) readMerges() error {
	merges, err := t.file.GetMergeCells(t.sheet)
	if err != nil {
		return err
	}
	t.merged = map[int][]merge{}
	for _, m := range merges {
		col, from, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			continue
		}
		_, to, err := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err != nil || to <= from {
			continue
		}
		t.merged[col-1] = append(t.merged[col-1], merge{from, to, m.GetCellValue()})
	}
	for _, ms := range t.merged {
		slices.SortFunc(ms, func(a, b merge) int { return cmp.Compare(a.from, b.from) })
	}
	return nil
}

// mergeAt finds the merged run that covers the cell.
func (t *table) mergeAt(col, line int) (merge, bool) {
	ms := t.merged[col]
	i, _ := slices.BinarySearchFunc(ms, line, func(m merge, line int) int { return cmp.Compare(m.from, line+1) })
	if i > 0 && ms[i-1].to >= line {
		return ms[i-1], true
	}
	return merge{}, false
}

// look takes the line as the header if it is one.
func (t *table) look(line int, cells []string) {
	if line > headerRows {
		t.crowded++
		return
	}
	columns, twice := header(cells)
	if columns == nil {
		if filled(cells) > 1 {
			t.crowded++
		}
		return
	}
	t.columns = columns
	for _, c := range twice {
		t.problems = append(t.problems, Problem{t.sheet, cellName(c.at, line), c.field, fmt.Sprintf("có hai cột cùng là '%s'; xin chỉ giữ một cột.", c.field.Title())})
	}
	for _, f := range missing(columns) {
		t.problems = append(t.problems, Problem{t.sheet, cellName(0, line), f, fmt.Sprintf("dòng tiêu đề thiếu cột '%s'.", f.Title())})
	}
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

func cellName(col, line int) string {
	name, err := excelize.CoordinatesToCellName(col+1, line)
	if err != nil {
		return fmt.Sprintf("dòng %d", line) // beyond the last column that Excel has
	}
	return name
}

// row reads one line under the header.
func (t *table) row(line int, cells []string) {
	row := Row{Sheet: t.sheet, Line: line, cells: map[Field]string{}}
	before := len(t.problems)
	empty := true
	for _, c := range t.columns {
		value := t.value(c, line, cells)
		if c.field != Variants || !row.has(Variants) {
			row.cells[c.field] = cellName(c.at, line)
		}
		if value != "" && c.field != Category && c.field != Department {
			empty = false
		}
		t.set(&row, c.field, value)
	}
	if t.continues(line) {
		last := &t.rows[len(t.rows)-1]
		last.Variants = append(last.Variants, row.Variants...)
		t.problems = t.problems[:before]
		return
	}
	if empty {
		t.problems = t.problems[:before]
		return
	}
	if len(missing(t.columns)) == 0 {
		t.problems = append(t.problems, check(&row)...)
	}
	if len(t.problems) == before {
		t.rows = append(t.rows, row)
	}
}

func (t *table) value(c column, line int, cells []string) string {
	if m, ok := t.mergeAt(c.at, line); ok {
		return clean(m.value)
	}
	if c.at >= len(cells) {
		return ""
	}
	return clean(cells[c.at])
}

// continues reports whether the line belongs to the row above: its question is the
// very same merged cell.
func (t *table) continues(line int) bool {
	if len(t.rows) == 0 || t.rows[len(t.rows)-1].Sheet != t.sheet {
		return false
	}
	for _, c := range t.columns {
		if c.field != Question {
			continue
		}
		m, ok := t.mergeAt(c.at, line)
		return ok && m.from <= t.rows[len(t.rows)-1].Line && t.rows[len(t.rows)-1].Line < line
	}
	return false
}

func (t *table) set(row *Row, field Field, value string) {
	switch field {
	case ID:
		row.ID = kb.EntryID(oneLine(value))
	case Question:
		row.Question = oneLine(value)
	case Variants:
		row.Variants = append(row.Variants, wordings(value)...)
	case Answer:
		row.Answer = value
	case Category:
		row.Category = oneLine(value)
	case Department:
		row.Department = oneLine(value)
	case Source:
		row.Source = value
	case ValidFrom:
		row.ValidFrom = t.date(row, field, value)
	case ValidUntil:
		row.ValidUntil = t.date(row, field, value)
	case ConfirmedOn:
		row.ConfirmedOn = t.date(row, field, value)
	case Status:
		status, ok := statusOf(value)
		if !ok {
			t.problems = append(t.problems, row.problem(field, "trạng thái '%s' không rõ; xin ghi: nháp, chờ duyệt, đã đăng hoặc ngừng dùng.", shorten(value)))
		}
		row.Status = status
	}
}

func statusOf(value string) (status kb.Status, ok bool) {
	switch vi.Fold(oneLine(value)) {
	case "":
		return "", true
	case "nhap", "draft", "ban nhap":
		return kb.Draft, true
	case "cho duyet", "review", "dang duyet":
		return kb.Review, true
	case "da dang", "published", "cong bo", "da cong bo", "da duyet", "xuat ban", "dang dung", "hoat dong":
		return kb.Published, true
	case "ngung dung", "ngung", "retired", "da go", "go", "het hieu luc", "khong dung":
		return kb.Retired, true
	}
	return "", false
}

func (t *table) date(row *Row, field Field, value string) time.Time {
	d, ok := parseDate(value, t.epoch)
	if !ok {
		t.problems = append(t.problems, row.problem(field, "'%s' không phải là ngày; xin ghi ngày/tháng/năm, ví dụ 31/12/2026.", shorten(value)))
	}
	return d
}

var dateLayouts = []string{"2/1/2006", "2-1-2006", "2.1.2006", "2006-1-2", "2006/1/2", "2/1/2006 15:04", "2/1/2006 15:04:05", "2006-1-2 15:04:05"}

// parseDate reads a date cell: a day number of Excel or a text. An empty cell is no date.
func parseDate(value string, epoch1904 bool) (time.Time, bool) {
	value = oneLine(value)
	if value == "" {
		return time.Time{}, true
	}
	if days, err := strconv.ParseFloat(value, 64); err == nil {
		if days < 1 || days > 2958465 { // 31/12/9999, the last day of Excel
			return time.Time{}, false
		}
		d, err := excelize.ExcelDateToTime(days, epoch1904)
		return day(d), err == nil && plausible(d)
	}
	for _, layout := range dateLayouts {
		if d, err := time.Parse(layout, value); err == nil {
			return day(d), plausible(d)
		}
	}
	return time.Time{}, false
}

func day(d time.Time) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, Zone)
}

// plausible keeps "5/6/21" and stray numbers from becoming dates.
func plausible(d time.Time) bool { return d.Year() >= 1945 && d.Year() < 2200 }

func shorten(text string) string {
	const most = 40
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// check finds what is wrong with a row by itself.
func check(row *Row) []Problem {
	var out []Problem
	bad := func(f Field, format string, args ...any) { out = append(out, row.problem(f, format, args...)) }
	switch n := utf8.RuneCountInString(row.Question); {
	case len(vi.Words(row.Question)) == 0:
		bad(Question, "thiếu câu hỏi.")
	case n > MaxQuestion:
		bad(Question, "câu hỏi dài %d ký tự, nhiều nhất là %d.", n, MaxQuestion)
	}
	switch n := utf8.RuneCountInString(row.Answer); {
	case row.Answer == "":
		bad(Answer, "thiếu câu trả lời.")
	case n > MaxAnswer:
		bad(Answer, "câu trả lời dài %d ký tự, nhiều nhất là %d.", n, MaxAnswer)
	}
	if len(row.Variants) > MaxVariants {
		bad(Variants, "có %d cách hỏi khác, nhiều nhất là %d.", len(row.Variants), MaxVariants)
	}
	for _, v := range row.Variants {
		if n := utf8.RuneCountInString(v); n > MaxQuestion {
			bad(Variants, "cách hỏi '%s' dài %d ký tự, nhiều nhất là %d.", shorten(v), n, MaxQuestion)
		}
	}
	if !goodID(string(row.ID)) {
		bad(ID, "mã '%s' không dùng được; chỉ dùng chữ, số và các dấu - _ . / (nhiều nhất 64 ký tự).", shorten(string(row.ID)))
	}
	if !row.ValidFrom.IsZero() && !row.ValidUntil.IsZero() && row.ValidUntil.Before(row.ValidFrom) {
		bad(ValidUntil, "hết hiệu lực (%s) trước khi có hiệu lực (%s).", row.ValidUntil.Format("02/01/2006"), row.ValidFrom.Format("02/01/2006"))
	}
	return out
}

// goodID accepts what can stand in an address and in a conversation; empty is good.
func goodID(id string) bool {
	const marks = "-_./"
	for _, r := range id {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("đĐ", r)
		if !letter && !strings.ContainsRune(marks, r) {
			return false
		}
	}
	return len(id) <= 64
}

// findRepeats names rows that claim the same id.
func (r *reader) findRepeats() {
	first := map[kb.EntryID]*Row{}
	for i := range r.rows {
		row := &r.rows[i]
		if row.ID == "" {
			continue
		}
		if other := first[row.ID]; other != nil {
			r.problems = append(r.problems, row.problem(ID, "mã '%s' đã dùng ở trang '%s', ô %s.", row.ID, other.Sheet, other.cells[ID]))
			continue
		}
		first[row.ID] = row
	}
}
