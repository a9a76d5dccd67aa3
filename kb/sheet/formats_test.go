package sheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"tongdai/kb/sheet"
)

// windows1258 writes a tone as a character of its own behind the letter.
func windows1258(t *testing.T, text string) []byte {
	t.Helper()
	var b strings.Builder
	for _, r := range text {
		letter, tone := "", ""
		for _, part := range norm.NFD.String(string(r)) {
			if strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", part) {
				tone = string(part)
			} else {
				letter += string(part)
			}
		}
		b.WriteString(norm.NFC.String(letter) + tone)
	}
	data, err := charmap.Windows1258.NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return []byte(data)
}

func utf16le(t *testing.T, bom unicode.BOMPolicy, text string) []byte {
	t.Helper()
	data, err := unicode.UTF16(unicode.LittleEndian, bom).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(data)
}

func TestTextTablesAreReadInAnyEncodingAndSeparator(t *testing.T) {
	const table = "Bộ câu hỏi;;\r\nMã;Câu hỏi;Trả lời\r\n\r\nY1;Tiêm ở đâu?;\"Ở trạm y tế;\r\nmang theo sổ.\"\r\n;;\r\nY2;Mấy giờ mở cửa?;\"Từ \"\"7 giờ\"\".\"\r\n"
	const want = `"Y1" "Tiêm ở đâu?" "Ở trạm y tế;\nmang theo sổ." A4 "Y2" "Mấy giờ mở cửa?" "Từ \"7 giờ\"." A6 `
	for _, tt := range []struct {
		name string
		data []byte
		note string
	}{
		{"UTF-8", []byte(table), "Đã đọc theo các cột cách nhau bằng dấu chấm phẩy."},
		{"UTF-8 with a mark, separator declared", []byte("\xEF\xBB\xBFsep=;\r\n" + strings.TrimPrefix(table, "Bộ câu hỏi;;\r\n")), "dấu chấm phẩy"},
		{"decomposed", []byte(norm.NFD.String(table)), "dấu chấm phẩy"},
		{"tabs", []byte(strings.NewReplacer("tế;", "tế;", ";", "\t").Replace(table)), "dấu tab"},
		{"commas", []byte(strings.NewReplacer("tế;", "tế;", ";", ",").Replace(table)), ""},
		{"UTF-16 with a mark, as Excel saves it", utf16le(t, unicode.UseBOM, strings.NewReplacer("tế;", "tế;", ";", "\t").Replace(table)), "bảng mã UTF-16"},
		{"UTF-16 without a mark", utf16le(t, unicode.IgnoreBOM, table), "bảng mã UTF-16"},
		{"windows-1258", windows1258(t, table), "windows-1258"},
		{"line ends of old Macs", []byte(strings.ReplaceAll(table, "\r\n", "\r")), "dấu chấm phẩy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := sheet.Read(tt.data, "so-y-te.csv")
			if len(c.Problems) > 0 {
				t.Fatalf("problems: %v", c.Problems)
			}
			var got strings.Builder
			for _, r := range c.Rows {
				fmt.Fprintf(&got, "%q %q %q %s ", r.ID, r.Question, r.Answer, r.Cells[sheet.ID])
			}
			if got.String() != want {
				t.Errorf("got  %s\nwant %s", got.String(), want)
			}
			if notes := notesOf(c); !strings.Contains(notes, tt.note) || tt.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
		})
	}
}

func TestFontsOfBeforeUnicodeAreChangedAndSaidSo(t *testing.T) {
	const want = `"" "Khi nào được cấp lại thẻ căn cước công dân bị mất?" "Trong vòng bảy ngày làm việc kể từ ngày nộp đủ hồ sơ." [] "" "" "" 0001-01-01 00:00:00 +0000 UTC 0001-01-01 00:00:00 +0000 UTC 0001-01-01 00:00:00 +0000 UTC ""` + "\n"
	tcvn3 := [2]string{"Khi nµo ®\u00adîc cÊp l¹i thÎ c¨n c\u00adíc c«ng d©n bÞ mÊt?", "Trong vßng b¶y ngµy lµm viÖc kÓ tõ ngµy nép ®ñ hå s¬."}
	vni := [2]string{"Khi naøo ñöôïc caáp laïi theû caên cöôùc coâng daân bò maát?", "Trong voøng baûy ngaøy laøm vieäc keå töø ngaøy noäp ñuû hoà sô."}
	tcvn3CSV, err := charmap.Windows1252.NewEncoder().String("C©u hái,Tr¶ lêi\n" + tcvn3[0] + "," + tcvn3[1] + "\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file string
		data       []byte
		note       string
	}{
		{"TCVN3 in a workbook", "a.xlsx", workbook(t, map[string]map[string]any{"A": {"A1": "C©u hái", "B1": "Tr¶ lêi", "A2": tcvn3[0], "B2": tcvn3[1]}}), "từ bảng mã TCVN3"},
		{"VNI in a workbook, under a header in Unicode", "a.xlsx", workbook(t, map[string]map[string]any{"A": {"A1": "Câu hỏi", "B1": "Trả lời", "A2": vni[0], "B2": vni[1]}}), "từ bảng mã VNI"},
		{"TCVN3 in an old workbook", "a.xls", oldBook{sheets: []oldSheet{{name: "A", rows: [][]any{{"C©u hái", "Tr¶ lêi"}, {tcvn3[0], tcvn3[1]}}}}}.file(), "từ bảng mã TCVN3"},
		{"TCVN3 in a text table", "a.csv", []byte(tcvn3CSV), "từ bảng mã TCVN3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := sheet.Read(tt.data, tt.file)
			if got := describe(c.Rows); got != want {
				t.Errorf("got %s\nproblems %v", got, c.Problems)
			}
			if !strings.Contains(notesOf(c), tt.note) {
				t.Errorf("notes %q, want %q", notesOf(c), tt.note)
			}
		})
	}
	c := sheet.Read(workbook(t, map[string]map[string]any{"A": {"A1": "Câu hỏi", "B1": "Trả lời", "A2": "Có ý kiến gì?", "B2": "Có, hãy báo thôn."}}), "a.xlsx")
	if len(c.Notes) > 0 || c.Rows[0].Question != "Có ý kiến gì?" {
		t.Errorf("plain Unicode was changed: %+v", c)
	}
}

func TestHiddenRowsAndSheetsArePassedOverAndSaidSo(t *testing.T) {
	f := excelize.NewFile()
	cells := map[string]any{"A1": "Câu hỏi", "B1": "Trả lời"}
	for i := 2; i <= 9; i++ {
		cells[fmt.Sprintf("A%d", i)], cells[fmt.Sprintf("B%d", i)] = fmt.Sprintf("Câu số %d?", i), "Vâng."
	}
	set(t, f, "Sheet1", cells)
	for _, row := range []int{3, 5, 6, 7} {
		if err := f.SetRowVisible("Sheet1", row, false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.NewSheet("Danh mục"); err != nil {
		t.Fatal(err)
	}
	set(t, f, "Danh mục", map[string]any{"A1": "Câu hỏi", "B1": "Trả lời", "A2": "Ẩn?", "B2": "Ẩn."})
	if err := f.SetSheetVisible("Danh mục", false); err != nil {
		t.Fatal(err)
	}
	c := sheet.Read(save(t, f), "a.xlsx")
	if len(c.Rows) != 4 || len(c.Problems) > 0 {
		t.Errorf("%d rows, problems %v, want four rows", len(c.Rows), c.Problems)
	}
	if got := notesOf(c); got != "Trang 'Sheet1': bỏ qua 4 dòng đang ẩn hoặc bị lọc (dòng 3, 5–7).\nTrang 'Danh mục': trang đang ẩn, bỏ qua." {
		t.Errorf("notes:\n%s", got)
	}
}

func TestFormulasCountByTheValueThatWasKept(t *testing.T) {
	f := excelize.NewFile()
	set(t, f, "Sheet1", map[string]any{
		"A1": "Câu hỏi", "B1": "Trả lời", "C1": "Hiệu lực từ",
		"A2": "Tiêm ở đâu?", "B2": "Ở trạm.", "A3": "Mấy giờ?", "B3": "x", "A4": "Ai tiêm?", "B4": "Y tá.", "C4": "#REF!",
	})
	for cell, formula := range map[string]string{"B2": `"Ở "&"trạm."`, "C2": "TODAY()"} {
		if err := f.SetCellFormula("Sheet1", cell, formula); err != nil {
			t.Fatal(err)
		}
	}
	data := save(t, f)
	// What the library writes has no values; an Excel would have kept this one.
	data = rezip(t, data, "xl/worksheets/sheet1.xml", func(xml string) string {
		return strings.Replace(xml, `</f></c><c r="C2"`, `</f><v>Ở trạm.</v></c><c r="C2"`, 1)
	})
	_, problems := read(data, "a.xlsx")
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	want := "Trang 'Sheet1', ô C2: công thức chưa có kết quả; xin mở tệp bằng Excel, lưu lại, hoặc gõ thẳng giá trị.\n" +
		"Trang 'Sheet1', ô C4: công thức báo lỗi #REF!; xin sửa hoặc gõ thẳng giá trị."
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestAHeaderMayHaveTwoLinesAndComeAgain(t *testing.T) {
	f := excelize.NewFile()
	set(t, f, "Sheet1", map[string]any{
		"A1": "Câu hỏi", "B1": "Trả lời", "C1": "Thời hạn", "C2": "Hiệu lực từ", "D2": "Hiệu lực đến",
		"A3": "Tiêm ở đâu?", "B3": "Ở trạm.", "C3": "01/11/2026", "D3": "05/11/2026",
		"A5": "II. Hộ tịch",
		"A6": "Trả lời", "B6": "Câu hỏi", "A7": "Tại xã.", "B7": "Khai sinh ở đâu?",
	})
	for _, m := range [][2]string{{"A1", "A2"}, {"B1", "B2"}, {"C1", "D1"}} {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	rows, problems := read(save(t, f), "a.xlsx")
	if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), "Trang 'Sheet1', ô B5: thiếu câu trả lời") {
		t.Errorf("problems %v, want the line of the chapter alone", problems)
	}
	if len(rows) != 2 || rows[0].ValidUntil.IsZero() || rows[1].Question != "Khai sinh ở đâu?" || rows[1].Answer != "Tại xã." {
		t.Errorf("rows:\n%s", describe(rows))
	}
}

func TestWhatIsNoTableIsRefusedWithWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"nothing", "a.xlsx", nil, "rỗng (0 byte)"},
		{"a letter of Word under another name", "a.xlsx", zipOf(t, map[string]string{"word/document.xml": "<w/>"}), "thật ra là tệp Word"},
		{"slides", "a.xlsx", zipOf(t, map[string]string{"ppt/presentation.xml": "<p/>"}), "thật ra là tệp PowerPoint"},
		{"an archive", "a.xlsx", zipOf(t, map[string]string{"a.xlsx": "x"}), "giải nén và gửi từng tệp"},
		{"a table of OpenDocument", "a.ods", zipOf(t, map[string]string{"content.xml": "<x/>"}), "OpenDocument"},
		{"a web page named as a table", "a.xls", []byte("<html><table><tr><td>Câu hỏi</td></tr></table></html>"), "thật ra là tệp trang web"},
		{"a text named as a workbook", "a.xls", []byte("Câu hỏi,Trả lời\nA?,B\n"), "đổi đuôi tệp thành .csv"},
		{"a PDF", "a.xlsx", []byte("%PDF-1.7"), "thật ra là tệp PDF"},
		{"noise", "a.xlsx", []byte{1, 2, 3, 0, 255}, "không đọc được"},
		{"a broken archive", "a.xlsx", []byte("PK\x03\x04broken"), "không đọc được"},
		{"a sheet of 1 GB in 1 MB", "a.xlsx", bomb(t), "khi giải nén lớn hơn 100 MB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, problems := read(tt.data, tt.file)
			if len(rows) != 0 || len(problems) != 1 || !strings.Contains(problems[0].String(), tt.want) || !strings.HasPrefix(problems[0].Message, "Tệp "+tt.file) {
				t.Errorf("got %d rows, problems %v, want one with %q", len(rows), problems, tt.want)
			}
		})
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("Câu hỏi;Trả lời\nGì?;\"Đó\nđây\"\n"))
	f.Add([]byte("sep=,\n\n\"Câu hỏi\",Trả lời\n\"a\"b\",c"))
	f.Add([]byte("\xFF\xFEC\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c := sheet.Read(data, "f.csv"); len(c.Rows)+len(c.Problems) == 0 {
			t.Error("neither rows nor problems")
		}
	})
}

func zipOf(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a workbook whose only sheet unpacks to 1 GB.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("xl/workbook.xml"); err != nil {
		t.Fatal(err)
	}
	w, err := z.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: 1 << 10, UncompressedSize64: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 1<<10)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rezip changes one part of an archive.
func rezip(t *testing.T, data []byte, part string, change func(string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = text.String()
	}
	parts[part] = change(parts[part])
	return zipOf(t, parts)
}
