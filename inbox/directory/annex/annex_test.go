package annex_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tongdai/configs"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/annex"
	"tongdai/kb/sheet"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, configs.Zone)
	if err != nil {
		panic(err)
	}
	return t
}

// full is the shipped directory with everything that can be kept.
func full() directory.Data {
	d := configs.ShippedData().Directory.Data().Clone()
	yte := index(d.Departments, func(x directory.Department) bool { return x.ID == "so-y-te" })
	d.Departments[yte].Email = "syt@thanhhoa.gov.vn"
	d.Departments[yte].Contacts = []directory.Point{
		{Name: "Lê Thị Hoa", Title: "Chánh Văn phòng", Phone: "0237 385 2777", Email: "hoa@syt.example.vn"},
		{Name: "Trực ban Sở Y tế", Phone: "+84 912 000 111", Urgent: true},
	}
	ngaSon := index(d.Localities, func(x directory.Locality) bool { return x.ID == "xa-nga-son" })
	d.Localities[ngaSon].Hotline = "0237 387 2111"
	d.Localities[ngaSon].Contacts = []directory.Point{{Name: "=Ông Sơn", Title: "Phó Chủ tịch", Email: "son@ngason.example.vn", Urgent: true}}
	d.Rules = []directory.Rule{
		{Field: "suc-khoe", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"ubnd-xa-nga-son", "so-y-te"}, Contributing: []directory.DepartmentID{"cdc"}, ValidFrom: day("2026-07-01")},
		{Field: "suc-khoe", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"so-y-te"}, ValidUntil: day("2026-06-30")},
	}
	return d
}

func index[T any](s []T, is func(T) bool) int { return slices.IndexFunc(s, is) }

func written(t *testing.T, d directory.Data) []byte {
	t.Helper()
	var book bytes.Buffer
	if err := annex.Write(&book, d); err != nil {
		t.Fatal(err)
	}
	return book.Bytes()
}

func read(t *testing.T, file []byte, base directory.Data) annex.Reading {
	t.Helper()
	c := sheet.ReadPlain(file, "pl2.xlsx")
	if len(c.Problems) > 0 {
		t.Fatal(c.Problems)
	}
	return annex.Read("pl2.xlsx", c.Grids, base)
}

// edited changes cells of a written workbook.
func edited(t *testing.T, file []byte, edit func(*excelize.File)) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	edit(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func set(t *testing.T, f *excelize.File, sheet, cell, value string) {
	t.Helper()
	if err := f.SetCellStr(sheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

// cellOf finds the cell in a column of the row that has a value in another.
func cellOf(t *testing.T, f *excelize.File, sheetName, heading, value, column string) string {
	t.Helper()
	rows, err := f.GetRows(sheetName)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rows[0], heading)
	for i, row := range rows {
		if at >= 0 && at < len(row) && row[at] == value {
			return sheet.CellName(slices.Index(rows[0], column), i+1)
		}
	}
	t.Fatalf("no row of %s has %q", sheetName, value)
	return ""
}

func TestAnExportImportsAsNothingChanged(t *testing.T) {
	for name, data := range map[string]directory.Data{"the shipped directory": configs.ShippedData().Directory.Data(), "with everything filled": full()} {
		t.Run(name, func(t *testing.T) {
			r := read(t, written(t, data), data)
			if len(r.Problems) > 0 {
				t.Fatal(r.Problems)
			}
			if changes := directory.Compare(data, r.Data); len(changes) > 0 {
				t.Errorf("changes: %+v", changes)
			}
		})
	}
}

func TestAnExportFillsAnEmptyDirectoryWithTheSame(t *testing.T) {
	data := full()
	r := read(t, written(t, data), directory.Data{})
	if len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	if changes := directory.Compare(data, r.Data); len(changes) > 0 {
		t.Errorf("changes: %+v", changes)
	}
}

func TestASheetThatIsNotThereLeavesItsListAlone(t *testing.T) {
	data := full()
	file := edited(t, written(t, data), func(f *excelize.File) {
		for _, name := range []string{"Đơn vị", "Đầu mối", "Kế thừa", "Địa bàn", "Phân công"} {
			if err := f.DeleteSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		set(t, f, "Lĩnh vực", cellOf(t, f, "Lĩnh vực", "Người liên hệ", "Lê Thị Hoa", "Hotline"), "0237 385 9999")
	})
	r := read(t, file, data)
	// The first row of Sở Y tế says another number than its other rows.
	if len(r.Problems) == 0 || !strings.Contains(r.Problems[0].Message, "của cùng đơn vị") {
		t.Fatalf("rows of one unit that disagree: %v", r.Problems)
	}
	file = edited(t, file, func(f *excelize.File) {
		rows, err := f.GetRows("Lĩnh vực")
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if len(row) > 6 && row[5] == "Lê Thị Hoa" {
				set(t, f, "Lĩnh vực", sheet.CellName(6, i+1), "0237 385 9999")
			}
		}
	})
	r = read(t, file, data)
	if len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	changes := directory.Compare(data, r.Data)
	if len(changes) != 1 || changes[0].ID != "so-y-te" || changes[0].Fields[0].Key != "contacts" || !strings.Contains(changes[0].Fields[0].New, "0237 385 9999") {
		t.Errorf("changes: %+v", changes)
	}
	if !reflect.DeepEqual(full(), data) {
		t.Error("what was read from was changed")
	}
}

func TestWhatAFileChanges(t *testing.T) {
	data := full()
	file := edited(t, written(t, data), func(f *excelize.File) {
		set(t, f, "Đầu mối", "D2", "0237 999 888")
		set(t, f, "Phân công", "A4", "Thông tin chung")
		set(t, f, "Phân công", "B4", "phường Hạc Thành")
		set(t, f, "Phân công", "C4", "CDC; Sở Y tế")
		set(t, f, "Phân công", "E4", "1/1/2027")
	})
	file = edited(t, file, func(f *excelize.File) { // the sheet of fields must agree
		rows, _ := f.GetRows("Lĩnh vực")
		for i, row := range rows {
			if len(row) > 6 && row[5] == "Lê Thị Hoa" {
				set(t, f, "Lĩnh vực", sheet.CellName(6, i+1), "0237 999 888")
			}
		}
		rows, _ = f.GetRows("Địa bàn")
		set(t, f, "Địa bàn", sheet.CellName(1, len(rows)+1), "Xã Thử Nghiệm")
		set(t, f, "Địa bàn", sheet.CellName(6, len(rows)+1), "01/12/2026")
		rows, _ = f.GetRows("Đơn vị")
		if err := f.RemoveRow("Đơn vị", rowOf(rows, "vp-ubnd-tinh")); err != nil {
			t.Fatal(err)
		}
		rows, _ = f.GetRows("Lĩnh vực")
		if err := f.RemoveRow("Lĩnh vực", rowOf2(rows, "Văn phòng UBND tỉnh")); err != nil {
			t.Fatal(err)
		}
	})
	r := read(t, file, data)
	if len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	var got []string
	for _, c := range directory.Compare(data, r.Data) {
		got = append(got, c.How+" "+c.List+" "+c.ID)
	}
	want := []string{
		"changed departments so-y-te", "gone departments vp-ubnd-tinh", "changed fields thong-tin-chung",
		"new localities xa-thu-nghiem", "new rules thong-tin-chung/phuong-hac-thanh",
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes %q, want %q", got, want)
	}
}

func rowOf(rows [][]string, id string) int {
	return slices.IndexFunc(rows, func(row []string) bool { return row[0] == id }) + 1
}

func rowOf2(rows [][]string, unit string) int {
	return slices.IndexFunc(rows, func(row []string) bool { return len(row) > 4 && row[4] == unit }) + 1
}

func TestMistakesAreToldByCell(t *testing.T) {
	for _, tt := range []struct {
		name  string
		edit  func(*testing.T, *excelize.File)
		where string // sheet!cell; empty: the file
		text  string
	}{
		{"a unit that is not there", func(t *testing.T, f *excelize.File) { set(t, f, "Lĩnh vực", "E2", "Sở Vũ trụ") }, "Lĩnh vực!E2", "không có đơn vị 'Sở Vũ trụ'"},
		{"a role nobody knows", func(t *testing.T, f *excelize.File) { set(t, f, "Lĩnh vực", "D3", "giúp") }, "Lĩnh vực!D3", "Chủ trì, Phối hợp, Báo khẩn"},
		{"a date that is none", func(t *testing.T, f *excelize.File) { set(t, f, "Đơn vị", "J3", "mai") }, "Đơn vị!J3", "không phải là ngày"},
		{"a department that ends before it begins", func(t *testing.T, f *excelize.File) {
			set(t, f, "Đơn vị", "I3", "01/02/2026")
			set(t, f, "Đơn vị", "J3", "01/01/2026")
		}, "Đơn vị!J3", "trước ngày bắt đầu"},
		{"a phone number with words", func(t *testing.T, f *excelize.File) { set(t, f, "Đầu mối", "D3", "xem sau") }, "Đầu mối!D3", "số điện thoại"},
		{"neither yes nor no", func(t *testing.T, f *excelize.File) { set(t, f, "Đầu mối", "F2", "chắc có") }, "Đầu mối!F2", "xin ghi 'có'"},
		{"a kind that is none", func(t *testing.T, f *excelize.File) { set(t, f, "Địa bàn", "C2", "Quận") }, "Địa bàn!C2", "Phường"},
		{"an id twice", func(t *testing.T, f *excelize.File) { set(t, f, "Địa bàn", "A3", "tp-thanh-hoa") }, "Địa bàn!A3", "đã dùng ở ô A2"},
		{"a place of the matrix that is not there", func(t *testing.T, f *excelize.File) { set(t, f, "Phân công", "B2", "Xã Mây") }, "Phân công!B2", "không có địa bàn 'Xã Mây'"},
		{"two rules for one day", func(t *testing.T, f *excelize.File) { set(t, f, "Phân công", "E2", "01/01/2026") }, "Phân công!E2", "trùng thời gian"},
		{"another number than the sheet of contact points", func(t *testing.T, f *excelize.File) {
			set(t, f, "Lĩnh vực", cellOf(t, f, "Lĩnh vực", "Người liên hệ", "Lê Thị Hoa", "Hotline"), "0237 1")
		}, "Lĩnh vực!G3", "khác với trang 'Đầu mối'"},
		{"a header without a column", func(t *testing.T, f *excelize.File) { set(t, f, "Phân công", "C1", "Ghi chú") }, "Phân công!A1", "thiếu cột 'Chủ trì'"},
		{"a formula that failed", func(t *testing.T, f *excelize.File) { set(t, f, "Đơn vị", "F4", "#REF!") }, "Đơn vị!F4", "công thức báo lỗi"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := full()
			r := read(t, edited(t, written(t, data), func(f *excelize.File) { tt.edit(t, f) }), data)
			if len(r.Problems) != 1 {
				t.Fatalf("problems %v, want one", r.Problems)
			}
			p := r.Problems[0]
			if p.Sheet+"!"+p.Cell != tt.where || !strings.Contains(p.Message, tt.text) {
				t.Errorf("problem %q at %s!%s", p.Message, p.Sheet, p.Cell)
			}
		})
	}
}

func TestAFileOfSomethingElseIsRefused(t *testing.T) {
	f := excelize.NewFile()
	set(t, f, "Sheet1", "A1", "xin chào")
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	r := read(t, out.Bytes(), full())
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, "không có trang nào của danh mục") {
		t.Errorf("problems %v", r.Problems)
	}
}

func FuzzReadNeverPanics(f *testing.F) {
	f.Add("Lĩnh vực", "Mã lĩnh vực|Lĩnh vực|Vai trò|Đơn vị", "|Giao thông|Chủ trì|Sở Xây dựng")
	f.Add("Đầu mối", "Đơn vị|Người liên hệ|Điện thoại", "UBND xã Nga Sơn|A|1")
	f.Add("Phân công", "Lĩnh vực|Địa bàn|Chủ trì", "giao-thong|xa-nga-son|cdc;cdc")
	data := full()
	f.Fuzz(func(t *testing.T, name, header, line string) {
		annex.Read("f.xlsx", []sheet.Grid{{Name: name, Lines: []sheet.Line{
			{Number: 1, Cells: strings.Split(header, "|")}, {Number: 2, Cells: strings.Split(line, "|")},
		}}}, data)
	})
}
