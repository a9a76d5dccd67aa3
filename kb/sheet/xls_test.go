package sheet_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/kb/sheet"
)

var update = flag.Bool("update", false, "write the .xls files of testdata anew")

// oldTable has all that an old workbook of a department may hold.
var oldTable = oldBook{sheets: []oldSheet{
	{
		name: "Sở Y tế",
		rows: [][]any{
			{"BỘ CÂU HỎI ĐÁP VỀ TIÊM CHỦNG"},
			nil,
			{"Mã", "Câu hỏi", "Cách hỏi khác", "Trả lời", "Hiệu lực từ", "Nguồn"},
			{"Y1", "Tiêm ở đâu?", "Chích ở đâu\nĐiểm tiêm nào gần", "Ở trạm y tế xã.", 46331.0, "Công văn 12"},
			{"Y2", "Gọi số nào?", nil, 1022, "05/11/2026", calculated{"Công văn 13"}},
			{"Y3", "Dòng này đang ẩn?", nil, "Đúng vậy.", nil, nil},
			{"Y4", "Mất bao nhiêu tiền?", "Giá tiêm thế nào", "Không mất tiền.", calculated{46331.0}, nil},
			{nil, nil, "Tốn bao nhiêu tiền"},
		},
		hide:   []int{5},
		merges: [][4]int{{0, 0, 0, 5}, {6, 7, 1, 1}, {6, 7, 3, 3}},
	},
	{name: "Danh mục", hidden: true, rows: [][]any{{"Câu hỏi", "Trả lời"}, {"ẩn", "ẩn"}}},
}}

func TestOldWorkbooksAreRead(t *testing.T) {
	date := time.Date(2026, 11, 5, 0, 0, 0, 0, sheet.Zone)
	want := describe([]sheet.Row{
		{ID: "Y1", Question: "Tiêm ở đâu?", Variants: []string{"Chích ở đâu", "Điểm tiêm nào gần"}, Answer: "Ở trạm y tế xã.", ValidFrom: date, Source: "Công văn 12"},
		{ID: "Y2", Question: "Gọi số nào?", Answer: "1022", ValidFrom: date, Source: "Công văn 13"},
		{ID: "Y4", Question: "Mất bao nhiêu tiền?", Variants: []string{"Giá tiêm thế nào", "Tốn bao nhiêu tiền"}, Answer: "Không mất tiền.", ValidFrom: date},
	})
	table1904 := oldTable
	table1904.sheets = []oldSheet{oldTable.sheets[0], oldTable.sheets[1]}
	table1904.epoch1904 = true
	split := oldTable
	split.split = 11
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"from a file", kept(t, "so-y-te.xls", oldTable.file())},
		{"with texts that run over into other records", split.file()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := sheet.Read(tt.data, "so-y-te.xls")
			if len(c.Problems) > 0 {
				t.Fatalf("problems: %v", c.Problems)
			}
			if got := describe(c.Rows); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if got := notesOf(c); got != "Trang 'Sở Y tế': bỏ qua 1 dòng đang ẩn hoặc bị lọc (dòng 6).\nTrang 'Danh mục': trang đang ẩn, bỏ qua." {
				t.Errorf("notes:\n%s", got)
			}
		})
	}
	c := sheet.Read(table1904.file(), "a.xls")
	if len(c.Rows) != 3 || !c.Rows[0].ValidFrom.Equal(date.AddDate(4, 0, 1)) {
		t.Errorf("days counted from 1904: %+v, problems %v", c.Rows, c.Problems)
	}
}

func TestFormulasOfOldWorkbooksThatShowNothingAreNamed(t *testing.T) {
	b := oldBook{sheets: []oldSheet{{name: "A", rows: [][]any{
		{"Câu hỏi", "Trả lời"},
		{"Tiêm ở đâu?", calculated{nil}},
		{"Mấy giờ?", calculated{oldError(0x17)}},
	}}}}
	_, problems := read(b.file(), "a.xls")
	if len(problems) != 2 || !strings.HasPrefix(problems[0].String(), "Trang 'A', ô B2: công thức chưa có kết quả") ||
		!strings.HasPrefix(problems[1].String(), "Trang 'A', ô B3: công thức báo lỗi #REF!") {
		t.Errorf("problems: %v", problems)
	}
}

func TestOldWorkbooksThatCannotBeReadAreRefused(t *testing.T) {
	whole := oldTable.file()
	locked := oldTable
	locked.password = true
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut off in its texts", whole[:1200], "không đọc được"},
		{"cut off in its last sector", whole[:len(whole)-512], "không đọc được"},
		{"only the head", whole[:512], "không đọc được"},
		{"with a password", locked.file(), "đặt mật khẩu"},
		{"a new workbook with a password", compound("EncryptedPackage", whole), "đặt mật khẩu"},
		{"a letter of Word", compound("WordDocument", whole), "thật ra là tệp Word"},
		{"of Excel 95", compound("Book", whole), "Excel 95"},
		{"no workbook at all", compound("Contents", whole), "không đọc được"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, problems := read(tt.data, "a.xls")
			if len(rows) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Message, tt.want) {
				t.Errorf("%d rows, problems %v, want one with %q", len(rows), problems, tt.want)
			}
		})
	}
}

// KB-02: whatever becomes of an old workbook on the way, reading it ends soon and
// without a panic.
func TestMutatedOldWorkbooksEnd(t *testing.T) {
	whole := oldTable.file()
	mutants := 2_000
	if os.Getenv("TONGDAI_LONG") != "" {
		mutants = 10_000
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range mutants {
		data := bytes.Clone(whole)
		for range 1 + random.IntN(8) {
			data[random.IntN(len(data))] = byte(random.Uint32())
		}
		if random.IntN(4) == 0 {
			data = data[:random.IntN(len(data))]
		}
		begun := time.Now()
		c := sheet.Read(data, "a.xls")
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("mutant %d took %v", i, took)
		}
		if len(c.Rows)+len(c.Problems) == 0 {
			t.Errorf("mutant %d: neither rows nor problems", i)
		}
	}
}

func FuzzReadXLS(f *testing.F) {
	f.Add(oldTable.file())
	f.Add(oldBook{sheets: oldTable.sheets, split: 11}.file())
	f.Fuzz(func(t *testing.T, data []byte) {
		if c := sheet.Read(data, "f.xls"); len(c.Rows)+len(c.Problems) == 0 {
			t.Error("neither rows nor problems")
		}
	})
}

// kept returns the file of testdata, which -update writes anew.
func kept(t *testing.T, name string, made []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func notesOf(c sheet.Content) string {
	var lines []string
	for _, n := range c.Notes {
		lines = append(lines, n.String())
	}
	return strings.Join(lines, "\n")
}
