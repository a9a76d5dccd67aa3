package sheet_test

import (
	"fmt"
	"testing"

	"tongdai/kb"
	"tongdai/kb/kbtest"
	"tongdai/kb/sheet"
)

// mistaken makes a table of rows of which every other has a mistake of some kind.
func mistaken(rows int) [][]any {
	table := [][]any{{"Mã", "Câu hỏi", "Cách hỏi khác", "Trả lời", "Đơn vị", "Lĩnh vực", "Hiệu lực từ", "Hiệu lực đến", "Trạng thái"}}
	for i := range rows {
		row := []any{
			fmt.Sprint("E", i), fmt.Sprintf("Thủ tục số %d làm thế nào?", i), "Làm sao\nXin ở đâu; mất bao lâu", "Nộp hồ sơ tại bộ phận một cửa của xã, phường.",
			"Sở Y tế", "Tiêm chủng", "01/11/2026", "31/12/2027", "đã đăng",
		}
		switch i % 20 {
		case 1:
			row[1] = ""
		case 3:
			row[3] = nil
		case 5:
			row[0] = "E1 2"
		case 7:
			row[0] = "E2"
		case 9:
			row[4] = "Sở Thú"
		case 11:
			row[5] = "Bói toán"
		case 13:
			row[6] = "hôm qua"
		case 15:
			row[7] = "01/01/2020"
		case 17:
			row[8] = "chắc là đăng"
		case 19:
			row[0], row[1] = nil, "Thủ tục số 0 làm thế nào?"
		}
		table = append(table, row)
	}
	return table
}

// BenchmarkTwoThousandRowsWithEveryMistake reads a file and plans its import over
// as many entries.
func BenchmarkTwoThousandRowsWithEveryMistake(b *testing.B) {
	const rows = 2_000
	table := mistaken(rows)
	cells := map[string]any{}
	for i, row := range table {
		for j, value := range row {
			cells[fmt.Sprintf("%c%d", 'A'+j, i+1)] = value
		}
	}
	var entries []kb.Entry
	for i := range rows {
		entries = append(entries, entry(kb.EntryID(fmt.Sprint("E", i)), fmt.Sprintf("Thủ tục số %d làm thế nào?", i), "Nộp ở xã."))
	}
	store := kbtest.NewStore(entries...)
	for name, data := range map[string][]byte{
		"xlsx": workbook(b, map[string]map[string]any{"Sở Y tế": cells}),
		"xls":  oldBook{sheets: []oldSheet{{name: "Sở Y tế", rows: table}}}.file(),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c := sheet.Read(data, "a."+name)
				err := store.ViewEntries(b.Context(), func(tx kb.Reader) error {
					_, between, err := sheet.PlanImport(tx, c.Rows, options())
					if n := len(c.Problems) + len(between); n < rows/3 {
						b.Fatalf("%d problems", n)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
