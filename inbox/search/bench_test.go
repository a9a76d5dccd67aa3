package search_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/search"
	"tongdai/inbox/search/searchtest"
	"tongdai/kb"
)

var end = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// invented are conversations of one message each, said over two years: 8 to 39
// words of a vocabulary of 3,000, of which a few are in most messages and most
// in few, as in any language. Every fortieth belongs to a small department.
func invented(from, to, of int) (all []inbox.Indexed) {
	chance := rand.New(rand.NewPCG(1, uint64(from)))
	for i := from; i < to; i++ {
		seen := map[string]bool{}
		last := ""
		for range 8 + i*7919%32 {
			word := fmt.Sprint("w", int(3000*math.Pow(chance.Float64(), 3)))
			seen[word], seen["="+word], seen["~"+last+"_"+word] = true, true, true
			last = word
		}
		if i%(of/20) == 0 {
			seen["rare"] = true
		}
		var terms []string
		for t := range seen {
			terms = append(terms, t)
		}
		department := kb.DepartmentID(fmt.Sprint("d", i%10))
		if i%40 == 0 {
			department = "small"
		}
		at := end.Add(-time.Duration(of-i) * (2 * 365 * 24 * time.Hour / time.Duration(of)))
		for _, bits := range []uint{24, 27, 30, 33} { // inbox/searchspans.go
			terms = append(terms, fmt.Sprintf("#%d:%d", bits, at.UnixMilli()>>bits))
		}
		all = append(all, inbox.Indexed{
			Conversation: inbox.ConversationID(fmt.Sprintf("c%08d", i)), Departments: []kb.DepartmentID{department}, Stamp: "s", Whole: true,
			Documents: []inbox.Document{{Message: "m", At: at, Terms: terms}},
		})
	}
	return all
}

// BenchmarkSearch measures one question to the index, at a million
// conversations with TONGDAI_LONG=1.
func BenchmarkSearch(b *testing.B) {
	sizes := []int{1_000, 100_000}
	if os.Getenv("TONGDAI_LONG") != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ix, err := search.Open(filepath.Join(b.TempDir(), "messages"))
			if err != nil {
				b.Fatal(err)
			}
			defer ix.Close()
			begun := time.Now()
			for from := 0; from < n; from += 1000 {
				was, now := inbox.IndexState{Seq: inbox.Seq(from)}, inbox.IndexState{Seq: inbox.Seq(from + 1000)}
				if err := ix.Put(b.Context(), was, now, invented(from, from+1000, n)); err != nil {
					b.Fatal(err)
				}
			}
			b.Logf("%d documents were read in at %.0f a second", n, float64(n)/time.Since(begun).Seconds())
			searchtest.Bench(b, ix, end)
		})
	}
}
