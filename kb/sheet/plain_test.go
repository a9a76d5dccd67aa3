package sheet

import (
	"bytes"
	"testing"
	"time"
)

func TestAPlainTableIsReadAsItWasWritten(t *testing.T) {
	var book bytes.Buffer
	lines := [][]string{{"Ngày", "Ca ngày"}, {"23/11/2026", "Lê Thu Hà\nTrần Văn Minh"}, {"24/11/2026", "=1+1"}}
	if err := WritePlain(&book, "Lịch trực", []float64{12, 30}, lines); err != nil {
		t.Fatal(err)
	}
	c := ReadPlain(book.Bytes(), "lich.xlsx")
	if len(c.Problems) > 0 || len(c.Grids) != 1 || c.Grids[0].Name != "Lịch trực" {
		t.Fatalf("read %+v", c)
	}
	g := c.Grids[0]
	for i, want := range lines {
		for col, text := range want {
			if got := g.Lines[i].At(col); got != text {
				t.Errorf("%s reads %q, want %q", CellName(col, g.Lines[i].Number), got, text)
			}
		}
	}
	if got := g.Lines[0].At(9); got != "" {
		t.Errorf("beyond the last cell there is %q", got)
	}
	if day, ok := g.Day(g.Lines[1].At(0)); !ok || !day.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, Zone)) {
		t.Errorf("the day reads %v, %v", day, ok)
	}
	if day, ok := g.Day("46349"); !ok || !day.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, Zone)) {
		t.Errorf("Excel's number of the day reads %v, %v", day, ok)
	}
}

func TestAPlainFileThatIsNoTableIsRefusedInWords(t *testing.T) {
	if c := ReadPlain([]byte("PK\x03\x04 hỏng"), "lich.xlsx"); len(c.Grids) > 0 || len(c.Problems) != 1 || c.Problems[0].Message == "" {
		t.Errorf("read %+v", c)
	}
}
