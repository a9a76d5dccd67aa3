package kb_test

import (
	"flag"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

var ablation = flag.Bool("ablation", false, "measure what each technique brings")

// TestAblation prints what each technique brings by doing without it: in points, how
// much less often the right entry comes first. It takes a minute; ask for it:
//
//	go test ./kb -run TestAblation -v -ablation
func TestAblation(t *testing.T) {
	if !*ablation {
		t.Skip("takes a minute; ask for it with -ablation")
	}
	type figures struct{ all, near, far, auroc, everyday float64 }
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	everyday, err := eval.LoadQuestions("testdata/everyday.csv")
	if err != nil {
		t.Fatal(err)
	}
	of := func() figures {
		ix := openIndex(t, entries)
		main, other := ask(t, ix, loadQuestions(t)), ask(t, ix, everyday)
		level := func(level string) float64 {
			return eval.RankingOf(main, func(q eval.Question) bool { return q.Level == level }).Recall1
		}
		return figures{
			eval.RankingOf(main, eval.All).Recall1, level("near"), level("far"), eval.AUROC(main),
			eval.RankingOf(other, eval.All).Recall1,
		}
	}
	var whole figures
	for i, a := range kb.Ablations() {
		restore := a.Take()
		f := of()
		restore()
		if i == 0 {
			whole = f
			t.Logf("| with everything | %.3f | %.3f | %.3f | %.3f | %.3f |", f.all, f.near, f.far, f.auroc, f.everyday)
			continue
		}
		points := func(of func(figures) float64) float64 { return 100 * (of(f) - of(whole)) }
		t.Logf("| %s | %+.1f | %+.1f | %+.1f | %+.1f | %+.1f |", a.Name,
			points(func(f figures) float64 { return f.all }), points(func(f figures) float64 { return f.near }),
			points(func(f figures) float64 { return f.far }), points(func(f figures) float64 { return f.auroc }),
			points(func(f figures) float64 { return f.everyday }))
		if i > 0 && f.all > whole.all+0.01 {
			t.Errorf("without %s %.3f come first, with it %.3f", a.Name, f.all, whole.all)
		}
	}
}

func ask(t *testing.T, ix *kb.Index, questions []eval.Question) []eval.Outcome {
	t.Helper()
	outcomes, err := eval.Run(t.Context(), ix, questions)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}
