package vi_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"tongdai/kb/vi"
)

// demoTexts are the questions and answers of the demo, one a text, or the
// questions as citizens type them.
func demoTexts(b *testing.B, file string, columns ...int) (texts []string, size int64) {
	b.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range rows[1:] {
		for _, c := range columns {
			texts = append(texts, row[c])
			size += int64(len(row[c]))
		}
	}
	return texts, size
}

func BenchmarkWordsAndFolds(b *testing.B) {
	for _, set := range []struct {
		name    string
		file    string
		columns []int
	}{
		{"entries", "../../configs/demo/entries.csv", []int{3, 4, 5}},
		{"questions", "../testdata/queries.csv", []int{0}},
	} {
		texts, size := demoTexts(b, set.file, set.columns...)
		ascii := strings.Split(vi.Fold(strings.Join(texts, "\n")), "\n")
		b.Run(set.name, func(b *testing.B) { wordsAndFolds(b, texts, size) })
		b.Run(set.name+" without marks", func(b *testing.B) {
			wordsAndFolds(b, ascii, int64(len(strings.Join(ascii, ""))))
		})
	}
}

func BenchmarkLegacy(b *testing.B) {
	texts, _ := demoTexts(b, "../../configs/demo/entries.csv", 4)
	unicode := strings.Join(texts, "\n")
	for name, text := range map[string]string{"Unicode": unicode, "ASCII": vi.Fold(unicode), "VNI": vi.VNIWindows.Encode(unicode)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				vi.Legacy(text)
			}
		})
	}
}

func BenchmarkRestore(b *testing.B) {
	words := vi.Texts("giay xac nhan cach ly lay o dau, nguoi lao dong mat viec can nhung giay to gi de duoc ho tro")
	b.ReportAllocs()
	for b.Loop() {
		vi.Restore(words)
	}
}

func wordsAndFolds(b *testing.B, texts []string, size int64) {
	b.SetBytes(size)
	b.ReportAllocs()
	began := processorTime(b)
	for b.Loop() {
		for _, t := range texts {
			for w := range vi.All(t) {
				vi.Fold(w.Text)
			}
		}
	}
	b.ReportMetric(float64(size)*float64(b.N)/1e6/(processorTime(b)-began).Seconds(), "MB/cpu-s")
}

// processorTime is what this process has used, which a busy machine does not change.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
