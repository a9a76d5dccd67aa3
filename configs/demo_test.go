package configs

import (
	"io/fs"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"tongdai/inbox/directory"
)

func TestTheDemoKnowledgeFitsTheDirectory(t *testing.T) {
	d := ShippedData().Directory
	files, err := fs.Glob(DemoKnowledge(), "*.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	entries, fields := 0, map[directory.FieldID]int{}
	for _, name := range files {
		for _, row := range demoRows(t, name) {
			entries++
			f, ok := d.FieldByName(row[1])
			if !ok {
				t.Errorf("%s %s: unknown field %q", name, row[0], row[1])
			}
			fields[f.ID]++
			for _, day := range []string{"2021-11-15 09:00", "2026-11-21 09:00"} {
				if _, ok := d.DepartmentByName(row[5], at(day)); !ok {
					t.Errorf("%s %s: nobody does the work of %q on %s", name, row[0], row[5], day)
				}
			}
		}
	}
	if entries < 120 || len(fields) != 10 {
		t.Errorf("%d entries over %d fields, want at least 120 over 10", entries, len(fields))
	}
}

func TestTheDepartmentOfAnEntryTakesPartInItsField(t *testing.T) {
	d := ShippedData().Directory
	files, _ := fs.Glob(DemoKnowledge(), "*.xlsx")
	then := at("2021-11-15 09:00")
	for _, name := range files {
		for _, row := range demoRows(t, name) {
			f, _ := d.FieldByName(row[1])
			dep, _ := d.DepartmentByName(row[5], then)
			lead, contributing := d.InCharge(f.ID, "", then)
			takesPart := slices.ContainsFunc(slices.Concat(lead, contributing), func(c directory.Department) bool { return c.ID == dep.ID })
			if !takesPart && !(dep.Kind == directory.District && f.ContributingLocality) {
				t.Errorf("%s answers %s in %s without a part in it", dep.ID, row[0], f.ID)
			}
		}
	}
}

// allDemoRows are the rows of every demo file.
func allDemoRows(t *testing.T) [][]string {
	t.Helper()
	files, err := fs.Glob(DemoKnowledge(), "*.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, name := range files {
		rows = append(rows, demoRows(t, name)...)
	}
	return rows
}

// demoRows are the rows below the header of a demo file.
func demoRows(t *testing.T, name string) [][]string {
	t.Helper()
	file, err := DemoKnowledge().Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	book, err := excelize.OpenReader(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) < 4 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	return rows[3:]
}
