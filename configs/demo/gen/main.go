// Command gen writes the demo knowledge base: one .xlsx per department, laid
// out as departments send such files, from entries.csv.
//
// Run it in the root of the module:
//
//	go run ./configs/demo/gen configs/demo
//
// The same entries.csv always gives the same bytes; a test keeps the committed
// files up to date. Answers are test content written after public guidance of
// autumn 2021 under the department names of that time, and every sheet says so.
package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tongdai/kb/vi"
)

// confirmed is the day every answer counts as confirmed: the time its guidance
// was in force. valid_from and valid_until stay empty.
var confirmed = time.Date(2021, time.November, 15, 0, 0, 0, 0, time.UTC)

const source = "Nội dung thử nghiệm, viết theo hướng dẫn công khai mùa thu 2021"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER, the folder that holds entries.csv")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	entries, err := os.ReadFile(filepath.Join(folder, "entries.csv"))
	if err != nil {
		return err
	}
	workbooks, err := build(entries)
	if err != nil {
		return err
	}
	for name, data := range workbooks {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// entry is one row of entries.csv.
type entry struct{ id, field, department, question, answer, variants string }

// build makes each department's workbook, by file name.
func build(entries []byte) (map[string][]byte, error) {
	departments, byDepartment, err := read(entries)
	if err != nil {
		return nil, err
	}
	workbooks := map[string][]byte{}
	for _, department := range departments {
		data, err := workbook(department, byDepartment[department])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", department, err)
		}
		workbooks[fileName(department)] = data
	}
	return workbooks, nil
}

func read(data []byte) (departments []string, byDepartment map[string][]entry, err error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	byDepartment = map[string][]entry{}
	for _, row := range rows[1:] {
		e := entry{row[0], row[1], row[2], row[3], row[4], row[5]}
		if byDepartment[e.department] == nil {
			departments = append(departments, e.department)
		}
		byDepartment[e.department] = append(byDepartment[e.department], e)
	}
	return departments, byDepartment, nil
}

// fileName is so-y-te.xlsx for Sở Y tế.
func fileName(department string) string {
	return strings.Join(vi.Texts(vi.Fold(department)), "-") + ".xlsx"
}

const (
	sheet     = "Hỏi đáp"
	headerRow = 3
)

var columns = []struct {
	title string
	width float64
}{
	{"Mã", 9}, {"Lĩnh vực", 24}, {"Câu hỏi", 42}, {"Cách hỏi khác", 38}, {"Trả lời", 76}, {"Đơn vị", 24},
	{"Ngày xác nhận", 15}, {"Hiệu lực từ", 13}, {"Hiệu lực đến", 13}, {"Nguồn", 32},
}

func workbook(department string, entries []entry) ([]byte, error) {
	w := writer{file: excelize.NewFile()}
	defer w.file.Close()
	w.do(w.file.SetSheetName("Sheet1", sheet))
	w.heading(department)
	for i, e := range entries {
		w.row(headerRow+1+i, e)
	}
	w.layout(headerRow + len(entries))
	if w.err != nil {
		return nil, w.err
	}
	var out bytes.Buffer
	if err := w.file.Write(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// writer fills one sheet and keeps the first error.
type writer struct {
	file *excelize.File
	err  error
}

func (w *writer) do(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) set(column, row int, value any, style *excelize.Style) {
	cell, err := excelize.CoordinatesToCellName(column, row)
	w.do(err)
	w.do(w.file.SetCellValue(sheet, cell, value))
	id, err := w.file.NewStyle(style)
	w.do(err)
	w.do(w.file.SetCellStyle(sheet, cell, cell, id))
}

func (w *writer) heading(department string) {
	w.set(1, 1, "BỘ CÂU HỎI VÀ TRẢ LỜI – "+strings.ToUpper(department), titleStyle)
	w.set(1, 2, "Tổng đài 1022 tỉnh Thanh Hóa. "+source+".", noteStyle)
	for i, c := range columns {
		w.set(i+1, headerRow, c.title, headerStyle)
	}
}

func (w *writer) row(row int, e entry) {
	values := []any{
		e.id, e.field, e.question, strings.ReplaceAll(e.variants, "|", "\n"), e.answer, e.department,
		confirmed, nil, nil, source,
	}
	for i, value := range values {
		style := textStyle
		if 6 <= i && i <= 8 {
			style = dateStyle
		}
		w.set(i+1, row, value, style)
	}
}

// layout makes the sheet readable on screen and on paper.
func (w *writer) layout(lastRow int) {
	for i, c := range columns {
		name, err := excelize.ColumnNumberToName(i + 1)
		w.do(err)
		w.do(w.file.SetColWidth(sheet, name, name, c.width))
	}
	last, err := excelize.CoordinatesToCellName(len(columns), lastRow)
	w.do(err)
	w.do(w.file.MergeCell(sheet, "A1", "J1"))
	w.do(w.file.MergeCell(sheet, "A2", "J2"))
	w.do(w.file.SetRowHeight(sheet, 1, 26))
	w.do(w.file.SetRowHeight(sheet, headerRow, 22))
	w.do(w.file.SetPanes(sheet, &excelize.Panes{
		Freeze: true, YSplit: headerRow, TopLeftCell: "A4", ActivePane: "bottomLeft",
	}))
	w.do(w.file.AutoFilter(sheet, "A3:"+last, nil))
	landscape, fit, a4 := "landscape", 1, 9
	pages := 0
	w.do(w.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{
		Orientation: &landscape, Size: &a4, FitToWidth: &fit, FitToHeight: &pages,
	}))
	fitToPage := true
	w.do(w.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fitToPage}))
	w.do(w.file.SetDocProps(&excelize.DocProperties{
		Creator: "Tổng đài 1022 tỉnh Thanh Hóa", Title: "Bộ câu hỏi và trả lời", Language: "vi-VN",
		Created: confirmed.Format(time.RFC3339), Modified: confirmed.Format(time.RFC3339),
	}))
}

const font = "Times New Roman" // the face of Vietnamese official documents

var (
	titleStyle  = &excelize.Style{Font: &excelize.Font{Family: font, Size: 15, Bold: true, Color: "0F5E5A"}, Alignment: &excelize.Alignment{Vertical: "center"}}
	noteStyle   = &excelize.Style{Font: &excelize.Font{Family: font, Size: 11, Italic: true, Color: "555555"}}
	headerStyle = &excelize.Style{
		Font: &excelize.Font{Family: font, Size: 12, Bold: true, Color: "FFFFFF"}, Border: border,
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0F766E"}},
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	}
	textStyle = &excelize.Style{
		Font: &excelize.Font{Family: font, Size: 12}, Border: border,
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: true},
	}
	dateStyle = &excelize.Style{
		Font: &excelize.Font{Family: font, Size: 12}, Border: border, CustomNumFmt: &dateFormat,
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "top"},
	}
	dateFormat = "dd/mm/yyyy"
	border     = []excelize.Border{
		{Type: "left", Color: "BFBFBF", Style: 1}, {Type: "right", Color: "BFBFBF", Style: 1},
		{Type: "top", Color: "BFBFBF", Style: 1}, {Type: "bottom", Color: "BFBFBF", Style: 1},
	}
)
