package kb_test

import (
	"slices"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

// TestNoAnswerIsLostAmongTheCandidates compares what is found by comparing the message
// with a few candidates to what comparing it with every entry finds.
func TestNoAnswerIsLostAmongTheCandidates(t *testing.T) {
	for _, n := range []int{154, 2000} {
		ix := openIndex(t, recombined(t, n))
		questions := loadQuestions(t)
		if n > 154 { // comparing with all is what takes the time
			questions = slices.Collect(everyTenth(questions))
		}
		differing := 0
		for _, q := range questions {
			some, all := ix.Ranked(q.Text, 1), ix.RankedOfAll(q.Text, 1)
			switch {
			case len(some) != len(all):
				t.Errorf("%q: %d of the candidates, %d of all", q.Text, len(some), len(all))
			case len(all) > 0 && some[0].ID != all[0].ID:
				differing++
			}
		}
		t.Logf("%d entries: %d of %d questions have another first hit", n, differing, len(questions))
		if differing*100 > len(questions) {
			t.Errorf("%d entries: %d of %d questions have another first hit than all entries give", n, differing, len(questions))
		}
	}
}

func everyTenth(questions []eval.Question) func(func(eval.Question) bool) {
	return func(yield func(eval.Question) bool) {
		for i := 0; i < len(questions); i += 10 {
			if !yield(questions[i]) {
				return
			}
		}
	}
}

// TestAHistoryOfPublicationsLeavesNoTrace: an index that has seen entries come and go
// answers exactly as one that was made of what is left.
func TestAHistoryOfPublicationsLeavesNoTrace(t *testing.T) {
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	fresh, used := openIndex(t, entries), openIndex(t, nil)
	passing := kb.Entry{
		ID: "X", Question: "Xin cấp phù hiệu quadricopter zzyzx ở đâu?", Answer: "Ở phòng đăng kiểm.", Status: kb.Published, Version: 1,
	}
	if err := used.Put(passing); err != nil {
		t.Fatal(err)
	}
	for i := len(entries) - 1; i >= 0; i -= 7 {
		if err := used.Put(entries[max(0, i-6) : i+1]...); err != nil {
			t.Fatal(err)
		}
	}
	if err := used.Remove("X"); err != nil {
		t.Fatal(err)
	}
	questions := append(slices.Collect(everyTenth(loadQuestions(t))), eval.Question{Text: "phù hiệu quadricopter zzyzx, zzyzy"})
	for _, q := range questions {
		want, err := fresh.Search(t.Context(), q.Text, 10)
		if err != nil {
			t.Fatal(err)
		}
		got, err := used.Search(t.Context(), q.Text, 10)
		if err != nil {
			t.Fatal(err)
		}
		same := slices.EqualFunc(want, got, func(a, b kb.Hit) bool {
			return a.Entry.ID == b.Entry.ID && a.Confidence == b.Confidence && a.Family == b.Family && slices.Equal(a.Matched, b.Matched)
		})
		if !same {
			t.Errorf("%q: %d hits and %d of the index with a history, or others", q.Text, len(want), len(got))
		}
	}
}
