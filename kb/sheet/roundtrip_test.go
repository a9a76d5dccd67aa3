package sheet_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"tongdai/kb"
	"tongdai/kb/kbtest"
	"tongdai/kb/sheet"
)

// drawText gives texts with all that has ever gone wrong in a cell.
func drawText(t *rapid.T, label string) string {
	piece := rapid.OneOf(
		rapid.StringMatching(`[a-zA-ZăâđêôơưếộữỳẠ0-9 ]{1,12}`),
		rapid.SampledFrom([]string{
			"=1+1", "+84 237 1022", "-", "@nhà", "\t", "\n", "\r\n", ";", "|", ",", "\"", "'", "=HYPERLINK(\"http://x\")",
			"_x0041_", "<b>&amp;</b>", "  ", "1. ", "- ", "a) ", "•", "\u00a0", "😀", "＝", "\u200b", "\ufeff", "#REF!x", "e\u0302\u0301", "2026",
		}),
	)
	return strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, label), "")
}

func drawDate(t *rapid.T, label string) time.Time {
	days := rapid.IntRange(0, 40_000).Draw(t, label)
	if days == 0 {
		return time.Time{}
	}
	return time.Date(1990, 1, days, 0, 0, 0, 0, sheet.Zone)
}

func drawEntry(t *rapid.T, i int) kb.Entry {
	e := kb.Entry{
		ID: kb.EntryID(fmt.Sprint("E", i)), Question: "Câu số " + fmt.Sprint(i) + drawText(t, "question"), Answer: "Đáp: " + drawText(t, "answer"),
		Category:    rapid.SampledFrom([]kb.CategoryID{"", "tiem-chung", "nobody-knows"}).Draw(t, "category"),
		Department:  rapid.SampledFrom([]kb.DepartmentID{"yte", "congan", "ended"}).Draw(t, "department"),
		ConfirmedOn: drawDate(t, "confirmed"), ValidFrom: drawDate(t, "from"),
		Status: rapid.SampledFrom([]kb.Status{kb.Draft, kb.Review, kb.Published, kb.Retired}).Draw(t, "status"),
	}
	if rapid.Bool().Draw(t, "sourced") {
		e.Source = drawText(t, "source")
	}
	if until := drawDate(t, "until"); !until.Before(e.ValidFrom) {
		e.ValidUntil = until
	}
	for range rapid.IntRange(0, 4).Draw(t, "variants") {
		e.Variants = append(e.Variants, drawText(t, "variant"))
	}
	return e
}

func TestWhateverIsExportedImportsUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []kb.Entry
		for i := range rapid.IntRange(1, 6).Draw(t, "entries") {
			entries = append(entries, drawEntry(t, i))
		}
		unchanged(t, entries)
	})
}

// KB-05: what spreadsheets run, or have run, when a cell begins with it, in every field
// that a person can fill: a workbook has it as text, and it imports as it was.
func TestWhatASpreadsheetCouldRunIsExportedAsText(t *testing.T) {
	var begins []string
	for _, sign := range []string{"=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "\"=", "'=", ";=", ",=", "|=", " ="} {
		begins = append(begins, sign+"1+1")
	}
	begins = append(begins,
		`=HYPERLINK("https://example.org/"&A1,"bấm vào đây")`, `=cmd|' /C calc'!A0`, `+cmd|' /C calc'!A0`, `@SUM(1+1)*cmd|' /C calc'!A0`,
		`=DDE("cmd";"/C calc";"x")`, `=WEBSERVICE("https://example.org")`, `=IMPORTXML("https://example.org";"//a")`, `{=1+1}`,
		`https://example.org/a?b=1`, `[đọc](https://example.org)`, "một\n=1+1\n+2",
	)
	var entries []kb.Entry
	for i, text := range begins {
		e := entry(kb.EntryID(fmt.Sprint("E", i)), fmt.Sprint("Câu số ", i, ": ", text), "Đáp: "+text)
		e.Variants, e.Source = []string{fmt.Sprint("cách ", i, " ", text)}, "Theo "+text
		bare := entry(kb.EntryID(fmt.Sprint("B", i)), text+fmt.Sprint(" câu ", i), text)
		bare.Variants, bare.Source = []string{text + fmt.Sprint(" hay ", i)}, text
		entries = append(entries, e, bare)
	}
	unchanged(t, entries)

	var file bytes.Buffer
	if err := sheet.Write(&file, entries, names()); err != nil {
		t.Fatal(err)
	}
	parts, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts.File {
		for _, runs := range []string{"externalLink", "connections", "ddeLink", "vbaProject", "queryTable"} {
			if strings.Contains(part.Name, runs) {
				t.Errorf("the workbook holds %s, which a spreadsheet asks about or runs", part.Name)
			}
		}
	}
}

func TestManyLongWordingsAreExportedInSeveralColumns(t *testing.T) {
	e := entry("Y1", "Tiêm ở đâu?", "Ở trạm.")
	for i := range sheet.MaxVariants {
		e.Variants = append(e.Variants, fmt.Sprint("cách hỏi số ", i, " ", strings.Repeat("dài ", 240)))
	}
	unchanged(t, []kb.Entry{e})
}

type fataler interface{ Fatalf(string, ...any) }

// unchanged exports entries and imports them over themselves.
func unchanged(t fataler, entries []kb.Entry) {
	var file bytes.Buffer
	if err := sheet.Write(&file, entries, names()); err != nil {
		t.Fatalf("Write = %v", err)
	}
	noFormulas(t, file.Bytes())
	c := sheet.Read(file.Bytes(), "a.xlsx")
	if len(c.Problems) > 0 {
		t.Fatalf("problems: %v", c.Problems)
	}
	opts := options()
	opts.Names = names()
	err := kbtest.NewStore(entries...).ViewEntries(context.Background(), func(tx kb.Reader) error {
		plan, problems, err := sheet.PlanImport(tx, c.Rows, opts)
		if len(problems) > 0 || len(plan.New)+len(plan.Changed)+len(plan.Missing) > 0 || len(plan.Unchanged) != len(entries) {
			t.Fatalf("plan %+v\nproblems %v", plan, problems)
		}
		return err
	})
	if err != nil {
		t.Fatalf("PlanImport = %v", err)
	}
}

// noFormulas makes sure that Excel runs nothing of what was exported.
func noFormulas(t fataler, data []byte) {
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	f.Pkg.Range(func(name, part any) bool {
		if data, ok := part.([]byte); ok && strings.HasPrefix(name.(string), "xl/worksheets/") && (bytes.Contains(data, []byte("<f>")) || bytes.Contains(data, []byte("<hyperlink"))) {
			t.Fatalf("%s holds a formula or a link", name)
		}
		return true
	})
	if err := f.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}
