package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tongdai/inbox"
)

// parserOf starts the program that people run, without the race detector.
func parserOf(t *testing.T) *sheetParser {
	t.Helper()
	p, err := newSheetParser(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if raceDetector {
		p.program = withoutDetector(t)
	}
	return p
}

// bookOf makes a workbook whose sheet is this XML.
func bookOf(t *testing.T, sheet func(w *strings.Builder)) []byte {
	t.Helper()
	f := excelize.NewFile()
	if err := f.SetCellStr("Sheet1", "A1", "x"); err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if err := f.Write(&plain); err != nil {
		t.Fatal(err)
	}
	in, err := zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, part := range in.File {
		if part.Name != "xl/worksheets/sheet1.xml" {
			if err := z.Copy(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	var xml strings.Builder
	xml.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`)
	sheet(&xml)
	xml.WriteString(`</worksheet>`)
	if _, err := w.Write([]byte(xml.String())); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const goodTable = "Câu hỏi,Trả lời\nTiêm ở đâu?,Ở trạm.\n"

// KB-01, KB-02: what exhausts a reader is refused with the limit and what to do,
// and the next file is read.
func TestFilesThatExhaustAReaderAreRefusedAndTheHubGoesOn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only Linux limits the memory of the process that reads files")
	}
	header := `<row r="1"><c r="A1" t="inlineStr"><is><t>Câu hỏi</t></is></c><c r="B1" t="inlineStr"><is><t>Trả lời</t></is></c></row>`
	p := parserOf(t)
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"a million rows", bookOf(t, func(w *strings.Builder) {
			w.WriteString("<sheetData>" + header)
			for i := 2; i <= 1_000_000; i++ {
				fmt.Fprintf(w, `<row r="%d"><c r="A%d"><v>1</v></c></row>`, i, i)
			}
			w.WriteString("</sheetData>")
		}), "hơn 20.000 dòng"},
		{"19,000 rows to the last column", bookOf(t, func(w *strings.Builder) {
			w.WriteString("<sheetData>" + header)
			for i := 2; i <= 19_000; i++ { // with a merged cell, for which whole rows are taken into memory
				fmt.Fprintf(w, `<row r="%d"><c r="A%d"><v>1</v></c><c r="XFD%d"><v>1</v></c></row>`, i, i, i)
			}
			w.WriteString(`</sheetData><mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>`)
		}), "cần hơn"},
		{"a sheet of 60 MB of tags", bookOf(t, func(w *strings.Builder) {
			w.WriteString("<sheetData>" + header + `</sheetData><mergeCells>`)
			for w.Len() < 60<<20 {
				w.WriteString(`<mergeCell ref="A2:A3"/>`)
			}
			w.WriteString(`</mergeCells>`)
		}), "cần hơn 256 MB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := p.read(t.Context(), inbox.Workbook{Name: "a.xlsx", Data: tt.data})
			if err != nil || len(c.Rows) > 0 || len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Message, tt.want) {
				t.Errorf("%d rows, problems %v, %v; want one with %q", len(c.Rows), c.Problems, err, tt.want)
			}
			c, err = p.read(t.Context(), inbox.Workbook{Name: "b.csv", Data: []byte(goodTable)})
			if err != nil || len(c.Rows) != 1 {
				t.Errorf("the next file: %+v, %v", c, err)
			}
		})
	}
}

func TestAReaderThatTakesTooLongIsStopped(t *testing.T) {
	p := parserOf(t)
	p.time = time.Nanosecond
	c, err := p.read(t.Context(), inbox.Workbook{Name: "a.csv", Data: []byte(goodTable)})
	if err != nil || len(c.Problems) != 1 || c.Problems[0].Message != "Tệp a.csv "+tooLong {
		t.Errorf("%+v, %v", c, err)
	}
}

// The kernel kills a reader before the hub when there is no more memory; that is
// not the file's fault.
func TestAReaderThatIsKilledForWantOfMemoryIsNotBlamedOnItsFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only on Linux the reader offers itself to be killed first")
	}
	reader := exec.Command("sleep", "60")
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	if err := reader.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := parserOf(t).refusal(t.Context(), nil, nil, reader.Wait()); got != noMemory {
		t.Errorf("the file is refused because it %q", got)
	}
}

func TestAReaderEndsWithWhoeverAsked(t *testing.T) {
	p := parserOf(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := p.read(ctx, inbox.Workbook{Name: "a.csv", Data: []byte(goodTable)}); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAFileBeyondTheLimitIsRefused(t *testing.T) {
	c, err := parserOf(t).read(t.Context(), inbox.Workbook{Name: "a.xlsx", Data: make([]byte, 21<<20)})
	if err != nil || len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Message, "lớn hơn 20 MB") {
		t.Errorf("%+v, %v", c, err)
	}
}
