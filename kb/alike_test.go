package kb_test

import (
	"fmt"
	"reflect"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

func TestQuestionsThatAskTheSameAreGathered(t *testing.T) {
	ix := openIndex(t, smallBase())
	questions := []string{
		"mất điện thì gọi ai",
		"làm hộ chiếu ở đâu",
		"mat dien goi ai vay",
		"ddawng kys tieem vawsc xin ở đâu",
		"làm hộ chiếu chỗ nào vậy",
		"đki tiêm vx ở đâu",
		"ạ",
		"",
	}
	want := [][]int{{0, 2}, {1, 4}, {3, 5}, {6}, {7}}
	if got := ix.Alike(questions); !reflect.DeepEqual(got, want) {
		t.Errorf("groups are %v, want %v", got, want)
	}
}

// TestAlikeOnQuestionsOfCitizens holds the grouping to questions whose entries are
// known: what is gathered shall belong together.
func TestAlikeOnQuestionsOfCitizens(t *testing.T) {
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := eval.LoadQuestions("testdata/queries.csv")
	if err != nil {
		t.Fatal(err)
	}
	ix := openIndex(t, entries)
	var questions []string
	var wants []kb.EntryID
	for _, q := range asked {
		if len(q.Right) == 1 {
			questions, wants = append(questions, q.Text), append(wants, q.Right[0])
		}
	}
	groups := ix.Alike(questions)
	together, right := 0, 0
	for _, g := range groups {
		for i := range g {
			for j := range i {
				together++
				if wants[g[i]] == wants[g[j]] {
					right++
				}
			}
		}
	}
	t.Logf("%d questions in %d groups; %d pairs, %.3f of them for one entry", len(questions), len(groups), together, float64(right)/float64(together))
	if float64(right) < 0.9*float64(together) || together < 500 {
		t.Errorf("of %d pairs that were gathered, %d are for one entry", together, right)
	}
}

func BenchmarkAlike(b *testing.B) {
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		b.Fatal(err)
	}
	asked, err := eval.LoadQuestions("testdata/queries.csv")
	if err != nil {
		b.Fatal(err)
	}
	ix := openIndex(b, entries)
	questions := make([]string, 10_000)
	for i := range questions {
		questions[i] = asked[i%len(asked)].Text + fmt.Sprintf(" thôn %d", i/len(asked))
	}
	for b.Loop() {
		ix.Alike(questions)
	}
}
