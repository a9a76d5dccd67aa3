//go:build linux

package kb_test

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tongdai/kb"
	"tongdai/kb/eval"
)

// BenchmarkSearch asks the development questions of knowledge bases made by
// recombining the development entries, which is close to a worst case: few words,
// each in very many entries. It reports processor time of the searching thread,
// which a busy machine does not change: a core does 1,000,000 / cpu-µs/op searches a
// second. 100,000 entries take long to make; ask for them with -large.
func BenchmarkSearch(b *testing.B) {
	sizes := []int{300, 10_000}
	if *large {
		sizes = append(sizes, 100_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("%d entries", n), func(b *testing.B) {
			ix := openIndex(b, recombined(b, n))
			questions := loadQuestions(b)
			for _, q := range questions { // as the hub is after its first minutes
				search(b, ix, q.Text)
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var took []time.Duration
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; b.Loop(); i++ {
				start := threadTime(b)
				search(b, ix, questions[i*37%len(questions)].Text)
				took = append(took, threadTime(b)-start)
			}
			report(b, took)
		})
	}
}

var large = flag.Bool("large", false, "benchmark with 100,000 entries as well")

func search(b *testing.B, ix *kb.Index, question string) {
	if _, err := ix.Search(b.Context(), question, 5); err != nil {
		b.Fatal(err)
	}
}

func report(b *testing.B, took []time.Duration) {
	var sum time.Duration
	for _, t := range took {
		sum += t
	}
	slices.Sort(took)
	micro := func(t time.Duration) float64 { return float64(t) / float64(time.Microsecond) }
	b.ReportMetric(micro(sum)/float64(len(took)), "cpu-µs/op")
	b.ReportMetric(micro(took[len(took)/2]), "p50-µs")
	b.ReportMetric(micro(took[len(took)*99/100]), "p99-µs")
}

// threadTime is the processor time of this thread so far.
func threadTime(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// BenchmarkSearchLongest asks with 100 kB of the words that cost most.
func BenchmarkSearchLongest(b *testing.B) {
	ix := openIndex(b, recombined(b, 300))
	for name, unit := range map[string]string{"joined": "ởđâutiêmvắcxin ", "abbreviations": "bn vs tt ", "known words": "tiem vac xin o dau, "} {
		message := strings.Repeat(unit, 100_000/len(unit))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := ix.Search(b.Context(), message, 5); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSuggest types into a knowledge base of 300 entries.
func BenchmarkSuggest(b *testing.B) {
	ix := openIndex(b, recombined(b, 300))
	for b.Loop() {
		if _, err := ix.Suggest(b.Context(), "tiem vac x", 8); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPut changes one entry of 10,000.
func BenchmarkPut(b *testing.B) {
	entries := recombined(b, 10_000)
	ix := openIndex(b, entries)
	b.ResetTimer()
	for i := range b.N {
		e := entries[i%len(entries)]
		e.Answer += " Cập nhật."
		if err := ix.Put(e); err != nil {
			b.Fatal(err)
		}
	}
}

// TestMemory tells what 10,000 entries take beside their own text; ask for it with
// -large.
func TestMemory(t *testing.T) {
	if !*large {
		t.Skip("makes 10,000 entries; ask for it with -large")
	}
	entries := recombined(t, 10_000)
	before := heap()
	ix := openIndex(t, entries)
	t.Logf("%d entries take %.0f MB", ix.Len(), float64(heap()-before)/(1<<20))
	runtime.KeepAlive(entries)
}

// heap is what is in use, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools kept goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func loadQuestions(tb testing.TB) []eval.Question {
	tb.Helper()
	questions, err := eval.LoadQuestions("testdata/queries.csv")
	if err != nil {
		tb.Fatal(err)
	}
	return questions
}

// recombined makes n entries of questions, wordings and answers of different entries.
func recombined(tb testing.TB, n int) []kb.Entry {
	tb.Helper()
	base, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		tb.Fatal(err)
	}
	entries := make([]kb.Entry, n)
	for i := range entries {
		round := i / len(base)
		// Each pair of questions comes once, up to the square of their number.
		a, b, c := base[i%len(base)], base[(i+7*round+round/22)%len(base)], base[(i*13+5)%len(base)]
		entries[i] = kb.Entry{
			ID: kb.EntryID(fmt.Sprintf("E%05d", i)), Question: a.Question + " " + b.Question, Variants: c.Variants, Answer: b.Answer,
			Status: kb.Published, Version: 1,
		}
		if i < len(base) {
			entries[i].Question = a.Question
		}
	}
	return entries
}
