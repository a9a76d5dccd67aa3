package kb_test

import (
	"strings"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

// TestQuality keeps the search from getting worse unnoticed. The floors stand a little
// under what was measured last; go test ./kb -run TestQuality -v prints the figures.
func TestQuality(t *testing.T) {
	outcomes := measure(t, "testdata/kb.csv", "testdata/queries.csv")
	var table strings.Builder
	if err := eval.ReportOf(outcomes, 0).Print(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	of := func(keep func(eval.Question) bool) eval.Ranking { return eval.RankingOf(outcomes, keep) }
	noise := func(kind string) func(eval.Question) bool {
		return func(q eval.Question) bool { return q.Noise == kind }
	}
	for _, tt := range []struct {
		name       string
		got, floor float64
	}{
		{"recall@1", of(eval.All).Recall1, 0.8},
		{"recall@3", of(eval.All).Recall3, 0.87},
		{"recall@1 of near questions", of(func(q eval.Question) bool { return q.Level == "near" }).Recall1, 0.955},
		{"recall@1 of questions that name a place", of(noise("place")).Recall1, 0.96},
		{"recall@1 in chat abbreviations", of(noise("teencode")).Recall1, 0.86},
		{"recall@1 in raw keystrokes", of(noise("telex_vni")).Recall1, 0.81},
		{"recall@1 of questions in other words", of(func(q eval.Question) bool { return q.Level == "far" }).Recall1, 0.42},
		{"what noise leaves of it", 1 - eval.NoiseOf(outcomes).Loss, 0.985},
		{"AUROC", eval.AUROC(outcomes), 0.915},
		{"coverage at 90 % precision", eval.CoverageAt(outcomes, 0.9).Coverage, 0.74},
		{"coverage at 95 % precision", eval.CoverageAt(outcomes, 0.95).Coverage, 0.69},
	} {
		if tt.got < tt.floor {
			t.Errorf("%s is %.3f, below %.3f", tt.name, tt.got, tt.floor)
		}
	}
}

func measure(t *testing.T, entriesFile, questionsFile string) []eval.Outcome {
	t.Helper()
	entries, err := eval.LoadEntries(entriesFile)
	if err != nil {
		t.Fatal(err)
	}
	questions, err := eval.LoadQuestions(questionsFile)
	if err != nil {
		t.Fatal(err)
	}
	ix := openIndex(t, entries)
	outcomes, err := eval.Run(t.Context(), ix, questions)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// openIndex gives an index in memory that holds entries.
func openIndex(t testing.TB, entries []kb.Entry) *kb.Index {
	t.Helper()
	ix, err := kb.OpenIndex("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ix.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := ix.Replace(entries); err != nil {
		t.Fatal(err)
	}
	return ix
}
