package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestCommittedWorkbooksAreWhatTheEntriesGive(t *testing.T) {
	entries, err := os.ReadFile("../entries.csv")
	if err != nil {
		t.Fatal(err)
	}
	want, err := build(entries)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Glob("../*.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range committed {
		name := filepath.Base(path)
		names = append(names, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want[name]) {
			t.Errorf("%s is stale; run: go run ./configs/demo/gen configs/demo", name)
		}
	}
	if have := slices.Sorted(maps.Keys(want)); !slices.Equal(names, have) {
		t.Errorf("files %v, want %v", names, have)
	}
}

func TestAWorkbookHoldsWhatTheCSVSays(t *testing.T) {
	workbooks, err := build([]byte("id,category,department,question,answer,variants\n" +
		"D1,An sinh xã hội,Sở Nội vụ,Hỏi gì?,Trả lời,Một?|Hai?\n"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(workbooks["so-noi-vu.xlsx"]))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(rows[0][0], "SỞ NỘI VỤ") {
		t.Errorf("title row %v", rows[0])
	}
	if got := strings.Join(rows[2], "|"); got != "Mã|Lĩnh vực|Câu hỏi|Cách hỏi khác|Trả lời|Đơn vị|Ngày xác nhận|Hiệu lực từ|Hiệu lực đến|Nguồn" {
		t.Errorf("header row %s", got)
	}
	want := "D1|An sinh xã hội|Hỏi gì?|Một?\nHai?|Trả lời|Sở Nội vụ|15/11/2021|||" + source
	if got := strings.Join(rows[3], "|"); got != want {
		t.Errorf("row %q, want %q", got, want)
	}
}
