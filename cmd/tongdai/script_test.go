package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"tongdai/inbox/store/postgres/localpg/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(withoutPlain{pgtest.Closing(m)}, map[string]func(){programName: main, nodeCommand: nodeMain})
}

// TestScript runs the commands as a person at a terminal does.
func TestScript(t *testing.T) {
	folder := filepath.Dir(programHere(t))
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", folder+string(filepath.ListSeparator)+env.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"workbook": workbook},
	})
}

// workbook writes an .xlsx from a text file of tab-separated cells:
// "workbook kb.xlsx kb.tsv".
func workbook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: workbook FILE.xlsx FILE.tsv")
	}
	book := excelize.NewFile()
	defer book.Close()
	for i, line := range strings.Split(strings.TrimSpace(ts.ReadFile(args[1])), "\n") {
		for j, value := range strings.Split(line, "\t") {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			ts.Check(err)
			ts.Check(book.SetCellStr("Sheet1", cell, value))
		}
	}
	ts.Check(book.SetSheetName("Sheet1", "Hỏi đáp"))
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(book.Write(out))
	ts.Check(out.Close())
}
