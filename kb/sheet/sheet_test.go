package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"tongdai/kb"
	"tongdai/kb/kbtest"
	"tongdai/kb/sheet"
)

func TestReadUnderstandsWorkbooksAsDepartmentsWriteThem(t *testing.T) {
	date := time.Date(2026, 11, 5, 0, 0, 0, 0, sheet.Zone)
	for _, tt := range []struct {
		name  string
		cells map[string]any
		want  []sheet.Row
	}{
		{
			"a title and remarks stand above the header",
			map[string]any{"A1": "BỘ CÂU HỎI CỦA SỞ Y TẾ", "A2": "(kèm theo công văn)", "B5": "Câu hỏi", "C5": "Trả lời", "A5": "STT", "A6": 1, "B6": "Tiêm ở đâu?", "C6": "Ở trạm y tế."},
			[]sheet.Row{{Question: "Tiêm ở đâu?", Answer: "Ở trạm y tế."}},
		},
		{
			"headings are English, or without marks, or go on after the name",
			map[string]any{"A1": "ID", "B1": "cau hoi cua nguoi dan", "C1": "Answer", "D1": "Lĩnh vực (theo Phụ lục 2)", "A2": "Y-01", "B2": "Tiêm ở đâu?", "C2": "Ở trạm.", "D2": "Tiêm chủng"},
			[]sheet.Row{{ID: "Y-01", Question: "Tiêm ở đâu?", Answer: "Ở trạm.", Category: "Tiêm chủng"}},
		},
		{
			"several wordings stand in a cell, with bullets or semicolons, and in several columns",
			map[string]any{
				"A1": "Câu hỏi", "B1": "Trả lời", "C1": "Cách hỏi khác 1", "D1": "Cách hỏi khác 2",
				"A2": "Tiêm ở đâu?", "B2": "Ở trạm.", "C2": "- Chích chỗ nào\n- Điểm tiêm gần nhất", "D2": "Nơi tiêm | Chỗ tiêm",
				"A3": "Mấy giờ mở cửa?", "B3": "7 giờ.", "C3": "Giờ mở cửa; Khi nào mở cửa", "D3": "Giờ giấc; sáng",
			},
			[]sheet.Row{
				{Question: "Tiêm ở đâu?", Answer: "Ở trạm.", Variants: []string{"Chích chỗ nào", "Điểm tiêm gần nhất", "Nơi tiêm", "Chỗ tiêm"}},
				{Question: "Mấy giờ mở cửa?", Answer: "7 giờ.", Variants: []string{"Giờ mở cửa", "Khi nào mở cửa", "Giờ giấc; sáng"}},
			},
		},
		{
			"dates are dates or texts",
			map[string]any{"A1": "Câu hỏi", "B1": "Trả lời", "C1": "Hiệu lực từ", "D1": "Hiệu lực đến", "E1": "Ngày xác nhận",
				"A2": "Tiêm ở đâu?", "B2": "Ở trạm.", "C2": time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC), "D2": "05/11/2026", "E2": "5-11-2026"},
			[]sheet.Row{{Question: "Tiêm ở đâu?", Answer: "Ở trạm.", ValidFrom: date, ValidUntil: date, ConfirmedOn: date}},
		},
		{
			"decomposed Unicode becomes composed and empty rows are skipped",
			map[string]any{"A1": norm.NFD.String("Câu hỏi"), "B1": norm.NFD.String("Trả lời"), "A4": norm.NFD.String("Tiêm ở đâu?"), "B4": "Ở trạm.\r\nDòng hai. "},
			[]sheet.Row{{Question: "Tiêm ở đâu?", Answer: "Ở trạm.\nDòng hai."}},
		},
		{
			"numbers are ids as they are written",
			map[string]any{"A1": "Mã", "B1": "Câu hỏi", "C1": "Trả lời", "A2": 101, "B2": "Gọi số nào?", "C2": 1022},
			[]sheet.Row{{ID: "101", Question: "Gọi số nào?", Answer: "1022"}},
		},
		{
			"a text that begins like a formula stays a text",
			map[string]any{"A1": "Câu hỏi", "B1": "Trả lời", "A2": "Bấm số nào?", "B2": "+84 237 1022"},
			[]sheet.Row{{Question: "Bấm số nào?", Answer: "+84 237 1022"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, problems := read(workbook(t, map[string]map[string]any{"Sở Y tế": tt.cells}), "a.xlsx")
			if len(problems) > 0 {
				t.Fatalf("problems: %v", problems)
			}
			if got, want := describe(rows), describe(tt.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestReadFollowsMergedCells(t *testing.T) {
	f := excelize.NewFile()
	set(t, f, "Sheet1", map[string]any{
		"A1": "Bộ câu hỏi", "A2": "Lĩnh vực", "B2": "Câu hỏi", "C2": "Trả lời", "D2": "Cách hỏi khác",
		"A3": "Y tế", "B3": "Tiêm ở đâu?", "C3": "Ở trạm.", "D3": "Chích ở đâu",
		"D4": "Chỗ nào tiêm", "B5": "Mấy giờ tiêm?", "C5": "7 giờ.",
	})
	for _, m := range [][2]string{{"A1", "D1"}, {"A3", "A5"}, {"B3", "B4"}, {"C3", "C4"}} {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	rows, problems := read(save(t, f), "a.xlsx")
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	want := describe([]sheet.Row{
		{Category: "Y tế", Question: "Tiêm ở đâu?", Answer: "Ở trạm.", Variants: []string{"Chích ở đâu", "Chỗ nào tiêm"}},
		{Category: "Y tế", Question: "Mấy giờ tiêm?", Answer: "7 giờ."},
	})
	if got := describe(rows); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestReadNamesEveryProblemAtOnce(t *testing.T) {
	data := workbook(t, map[string]map[string]any{
		"Sở Y tế": {
			"A3": "Mã", "B3": "Câu hỏi", "C3": "Trả lời", "D3": "Hiệu lực từ", "E3": "Hiệu lực đến",
			"A4": "Y1", "B4": "Tiêm ở đâu?", "C4": "Ở trạm.",
			"A5": "Y2", "C5": "Có.",
			"A6": "Y3", "B6": "Mất tiền không?",
			"A7": "Y1", "B7": "Mấy giờ?", "C7": "7 giờ.",
			"A8": "Y 4", "B8": "Ai tiêm?", "C8": "Y tá.", "D8": "hôm qua",
			"A9": "Y5", "B9": "Bao lâu?", "C9": "Một giờ.", "D9": "02/01/2026", "E9": "01/01/2026",
		},
		"Công an tỉnh": {"A1": "Câu hỏi", "B1": "Ghi chú", "C1": "Nguồn", "A2": "Làm căn cước?", "B2": "x"},
		"Không tên":    {"A1": "một", "B1": "hai", "A2": "ba", "B2": "bốn"},
	})
	_, problems := read(data, "a.xlsx")
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	for _, want := range []string{
		"Trang 'Sở Y tế', ô B5: thiếu câu hỏi.",
		"Trang 'Sở Y tế', ô C6: thiếu câu trả lời.",
		"Trang 'Sở Y tế', ô A7: mã 'Y1' đã dùng ở trang 'Sở Y tế', ô A4.",
		"Trang 'Sở Y tế', ô A8: mã 'Y 4' không dùng được",
		"Trang 'Sở Y tế', ô D8: 'hôm qua' không phải là ngày",
		"Trang 'Sở Y tế', ô E9: hết hiệu lực (01/01/2026) trước khi có hiệu lực (02/01/2026).",
		"Trang 'Công an tỉnh', ô A1: dòng tiêu đề thiếu cột 'Trả lời'.",
		"Trang 'Không tên': không thấy dòng tiêu đề",
	} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("no problem %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if len(got) != 8 {
		t.Errorf("%d problems, want 8:\n%s", len(got), strings.Join(got, "\n"))
	}
}

func TestReadRefusesWhatIsTooBigOrNoWorkbook(t *testing.T) {
	many := map[string]any{"A1": "Câu hỏi", "B1": "Trả lời"}
	for i := 2; i <= sheet.MaxRows+2; i++ {
		many[fmt.Sprintf("A%d", i)] = "x"
	}
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"more than 20 MB", make([]byte, sheet.MaxBytes+1), "lớn hơn 20 MB"},
		{"more than 20,000 rows", workbook(t, map[string]map[string]any{"A": many}), "hơn 20.000 dòng"},
		{"no workbook", []byte("câu hỏi,trả lời"), "Tệp a.xlsx là tệp chữ"},
		{"an empty workbook", workbook(t, map[string]map[string]any{"A": {}}), "không có mục hỏi đáp nào"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, problems := read(tt.data, "a.xlsx")
			if len(rows) != 0 || len(problems) != 1 || !strings.Contains(problems[0].String(), tt.want) {
				t.Errorf("got %d rows, problems %v, want one with %q", len(rows), problems, tt.want)
			}
		})
	}
}

func TestPlanTellsWhatWouldChange(t *testing.T) {
	store := kbtest.NewStore(
		entry("Y1", "Tiêm ở đâu?", "Ở trạm."),
		entry("Y2", "Mấy giờ?", "7 giờ."),
		entry("Y3", "Ai tiêm?", "Y tá."),
		kb.Entry{ID: "C1", Question: "Làm căn cước?", Answer: "Có.", Department: "congan", Status: kb.Published},
	)
	rows, problems := read(workbook(t, map[string]map[string]any{"Sở Y tế": {
		"A1": "Mã", "B1": "Câu hỏi", "C1": "Trả lời",
		"A2": "Y1", "B2": "Tiêm ở đâu?", "C2": "Ở trạm.",
		"A3": "Y2", "B3": "Mấy giờ?", "C3": "8 giờ.",
		"B4": "Có mất tiền không?", "C4": "Không.",
	}}), "a.xlsx")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	plan := planOf(t, store, rows, options())
	if len(plan.New) != 1 || plan.New[0].Question != "Có mất tiền không?" || plan.New[0].Department != "yte" || plan.New[0].Status != kb.Published {
		t.Errorf("new: %+v", plan.New)
	}
	if len(plan.Changed) != 1 || len(plan.Changed[0].Fields) != 1 || plan.Changed[0].Fields[0] != (sheet.FieldChange{Field: sheet.Answer, Old: "7 giờ.", New: "8 giờ."}) {
		t.Errorf("changed: %+v", plan.Changed)
	}
	if !slices.Equal(plan.Unchanged, []kb.EntryID{"Y1"}) {
		t.Errorf("unchanged: %v", plan.Unchanged)
	}
	if len(plan.Missing) != 1 || plan.Missing[0].ID != "Y3" {
		t.Errorf("missing: %+v, want Y3 alone: C1 belongs to a department that the file does not speak of", plan.Missing)
	}

	now := time.Date(2026, 11, 21, 8, 0, 0, 0, sheet.Zone)
	if err := sheet.Apply(t.Context(), store, plan, "lan", now); err != nil {
		t.Fatal(err)
	}
	again := planOf(t, store, rows, options())
	if len(again.New)+len(again.Changed) > 0 || len(again.Unchanged) != 3 {
		t.Errorf("the same file once more: %+v", again)
	}
	if err := sheet.Apply(t.Context(), store, plan, "lan", now); !errors.Is(err, kb.ErrConflict) {
		t.Errorf("a stale plan gives %v, want ErrConflict", err)
	}
}

func TestApplyRetiresMissingEntriesOnlyWhenAsked(t *testing.T) {
	store := kbtest.NewStore(entry("Y1", "Tiêm ở đâu?", "Ở trạm."), entry("Y2", "Mấy giờ?", "7 giờ."))
	rows := []sheet.Row{{Sheet: "Sở Y tế", Line: 2, ID: "Y1", Question: "Tiêm ở đâu?", Answer: "Ở trạm."}}
	opts := options()
	opts.RetireMissing = true
	if err := sheet.Apply(t.Context(), store, planOf(t, store, rows, opts), "lan", time.Now()); err != nil {
		t.Fatal(err)
	}
	err := store.ViewEntries(t.Context(), func(tx kb.Reader) error {
		e, err := tx.Entry("Y2")
		if e.Status != kb.Retired || e.UpdatedBy != "lan" {
			t.Errorf("Y2 is %s by %q, want retired by lan", e.Status, e.UpdatedBy)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlanNamesUnknownNamesAndRepeatedQuestions(t *testing.T) {
	rows, problems := read(workbook(t, map[string]map[string]any{"Trang 1": {
		"A1": "Câu hỏi", "B1": "Trả lời", "C1": "Đơn vị", "D1": "Lĩnh vực",
		"A2": "Tiêm ở đâu?", "B2": "Ở trạm.", "C2": "Sở Y tế",
		"A3": "tiêm ở  đâu", "B3": "Ở trạm.", "C3": "Sở Y tế",
		"A4": "Mấy giờ?", "B4": "7 giờ.", "C4": "Sở Thú", "D4": "Bói toán",
		"A5": "Ai tiêm?", "B5": "Y tá.",
	}}), "a.xlsx")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	err := kbtest.NewStore().ViewEntries(t.Context(), func(tx kb.Reader) (err error) {
		_, problems, err = sheet.PlanImport(tx, rows, options())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	want := []string{
		"Trang 'Trang 1', ô A3: trùng với câu hỏi ở trang 'Trang 1', ô A2.",
		"Trang 'Trang 1', ô C4: không có đơn vị 'Sở Thú'.",
		"Trang 'Trang 1', ô D4: không có lĩnh vực 'Bói toán'.",
		"Trang 'Trang 1', ô C5: thiếu đơn vị phụ trách.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatWriteWritesImportsUnchanged(t *testing.T) {
	full := entry("Y1", "=Tiêm ở đâu?", "- Ở trạm;\n- @nhà: +84 237 1022 <b>&amp;</b>")
	full.Variants = []string{"Chích ở đâu; ngày nào đi", "-x+y=z"}
	full.Category, full.Source = "tiem-chung", "Công văn 12/SYT_x0041_"
	full.ValidFrom = time.Date(2026, 1, 2, 0, 0, 0, 0, sheet.Zone)
	full.ValidUntil = time.Date(2027, 1, 2, 0, 0, 0, 0, sheet.Zone)
	lone := entry("Y2", "Mấy giờ?", "7 giờ.")
	lone.Variants = []string{"giờ mở cửa; ngày mở cửa"}
	lone.Status = kb.Draft
	entries := []kb.Entry{full, lone, {ID: "C1", Question: "Làm căn cước?", Answer: "Có.", Department: "congan", Status: kb.Retired}}
	var file bytes.Buffer
	if err := sheet.Write(&file, entries, names()); err != nil {
		t.Fatal(err)
	}
	rows, problems := read(file.Bytes(), "a.xlsx")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	plan := planOf(t, kbtest.NewStore(entries...), rows, options())
	if len(plan.Unchanged) != 3 || len(plan.New)+len(plan.Changed) > 0 {
		t.Errorf("plan is %+v, want all three unchanged", plan)
	}
	f, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	if formula, err := f.GetCellFormula("Sở Y tế", "B2"); err != nil || formula != "" {
		t.Errorf("the question became formula %q (%v)", formula, err)
	}
}

// FuzzRead: any bytes give rows or problems, never a panic, and what is read has a
// question and an answer.
func FuzzRead(f *testing.F) {
	f.Add(workbook(f, map[string]map[string]any{"A": {"A1": "Câu hỏi", "B1": "Trả lời", "C1": "Hiệu lực từ", "A2": "Gì?", "B2": "Đó.", "C2": "31/12/2026"}}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, problems := read(data, "f.xlsx")
		if len(rows)+len(problems) == 0 {
			t.Error("neither rows nor problems")
		}
		for _, r := range rows {
			if r.Question == "" || r.Answer == "" {
				t.Errorf("row %d has question %q and answer %q", r.Line, r.Question, r.Answer)
			}
		}
	})
}

func entry(id kb.EntryID, question, answer string) kb.Entry {
	return kb.Entry{ID: id, Question: question, Answer: answer, Department: "yte", Status: kb.Published}
}

var departments = map[string]kb.DepartmentID{"Sở Y tế": "yte", "Công an tỉnh": "congan"}

func options() sheet.Options {
	return sheet.Options{
		ResolveDepartment: func(name string) (kb.DepartmentID, bool) { id, ok := departments[name]; return id, ok },
		ResolveCategory: func(name string) (kb.CategoryID, bool) {
			return "tiem-chung", name == "Tiêm chủng"
		},
	}
}

func names() sheet.Names {
	return sheet.Names{
		Category: func(id kb.CategoryID) string {
			if id == "tiem-chung" {
				return "Tiêm chủng"
			}
			return ""
		},
		Department: func(id kb.DepartmentID) string {
			for name, d := range departments {
				if d == id {
					return name
				}
			}
			return ""
		},
	}
}

func planOf(t *testing.T, store kb.Store, rows []sheet.Row, opts sheet.Options) (plan sheet.Plan) {
	t.Helper()
	var problems []sheet.Problem
	err := store.ViewEntries(t.Context(), func(tx kb.Reader) (err error) {
		plan, problems, err = sheet.PlanImport(tx, rows, opts)
		return err
	})
	if err != nil || len(problems) > 0 {
		t.Fatalf("plan: %v, problems %v", err, problems)
	}
	return plan
}

func workbook(tb testing.TB, sheets map[string]map[string]any) []byte {
	tb.Helper()
	f := excelize.NewFile()
	for name, cells := range sheets {
		if _, err := f.NewSheet(name); err != nil {
			tb.Fatal(err)
		}
		set(tb, f, name, cells)
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		tb.Fatal(err)
	}
	return save(tb, f)
}

func set(tb testing.TB, f *excelize.File, name string, cells map[string]any) {
	tb.Helper()
	for cell, value := range cells {
		if err := f.SetCellValue(name, cell, value); err != nil {
			tb.Fatal(err)
		}
	}
}

func save(tb testing.TB, f *excelize.File) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func describe(rows []sheet.Row) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%q %q %q %q %q %q %q %v %v %v %q\n", r.ID, r.Question, r.Answer, r.Variants, r.Category, r.Department, r.Source, r.ValidFrom, r.ValidUntil, r.ConfirmedOn, r.Status)
	}
	return b.String()
}

// read is Read of a file whose notes do not matter.
func read(data []byte, name string) ([]sheet.Row, []sheet.Problem) {
	c := sheet.Read(data, name)
	return c.Rows, c.Problems
}
