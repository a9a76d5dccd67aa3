package kb_test

import (
	"fmt"
	"strings"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

// BenchmarkSearch asks the development questions of knowledge bases made by
// recombining the development entries, which is close to a worst case: few words,
// each in very many entries.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{300, 10_000} {
		b.Run(fmt.Sprintf("%d entries", n), func(b *testing.B) {
			ix := openIndex(b, recombined(b, n))
			questions := loadQuestions(b)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if _, err := ix.Search(b.Context(), questions[i%len(questions)].Text, 5); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
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
		a, b, c := base[i%len(base)], base[(i/len(base)*7+i)%len(base)], base[(i*13+5)%len(base)]
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
