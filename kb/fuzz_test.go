package kb_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tongdai/kb"
)

// FuzzSearch: whatever citizens send, a search ends, its confidences are
// probabilities that fall from hit to hit, and no entry comes twice.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"tiem vac xin o dau", "đki tiêm vx ở đâu z", "\xff\xfe", strings.Repeat("ởđâu", 50), "mat1 die9n65 ddd www 09xx", "bn bn bn bn"} {
		f.Add(s)
	}
	ix := openIndex(f, smallBase())
	f.Fuzz(func(t *testing.T, question string) {
		for _, search := range []func() ([]kb.Hit, error){
			func() ([]kb.Hit, error) { return ix.Search(t.Context(), question, 10) },
			func() ([]kb.Hit, error) { return ix.Suggest(t.Context(), question, 10) },
		} {
			hits, err := search()
			if err != nil {
				t.Fatal(err)
			}
			seen, last := map[kb.EntryID]bool{}, 1.0
			for _, h := range hits {
				if seen[h.Entry.ID] || h.Confidence < 0 || h.Confidence > last {
					t.Fatalf("%q: hit %s with confidence %f after %f", question, h.Entry.ID, h.Confidence, last)
				}
				seen[h.Entry.ID], last = true, h.Confidence
				for _, m := range h.Matched {
					if !utf8.ValidString(m) {
						t.Fatalf("matched %q is not UTF-8", m)
					}
				}
			}
		}
	})
}
