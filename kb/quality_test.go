package kb_test

import (
	"strings"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

func TestQuality(t *testing.T) {
	outcomes := measure(t, "testdata/kb.csv", "testdata/queries.csv")
	var table strings.Builder
	if err := eval.Print(&table, outcomes); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
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
