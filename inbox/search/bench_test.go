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

var begin = time.Date(2024, 11, 21, 0, 0, 0, 0, time.UTC)

// said is how many messages of a conversation of ten are found by their words:
// the citizen's and a member's, and not the bot's. The conversation itself is
// found as well, by its code.
const said = 6

// perDay is how many conversations are begun a day: a million in two years.
const perDay = 1370

func begunAt(i int) time.Time {
	return begin.Add(time.Duration(i) * 24 * time.Hour / perDay)
}

// invented are conversations as they come, one after the other: messages of 8 to 39
// words of a vocabulary of 3,000, of which a few are in most messages and
// most in few, as in any language. Every fortieth belongs to a small department.
func invented(from, to int) (all []inbox.Indexed) {
	chance := rand.New(rand.NewPCG(1, uint64(from)))
	for i := from; i < to; i++ {
		department := kb.DepartmentID(fmt.Sprint("d", i%10))
		if i%40 == 0 {
			department = "small"
		}
		c := inbox.Indexed{
			Conversation: inbox.ConversationID(fmt.Sprintf("c%08d", i)), Departments: []kb.DepartmentID{department}, Stamp: "s", Whole: true,
		}
		at := begunAt(i)
		c.Documents = append(c.Documents, document("", at, []string{fmt.Sprintf("code%d", i), "khách", "=khách"}))
		for n := range said {
			terms := inventedTerms(chance, 8+(i+n)*7919%32)
			if n == 0 && i < 20 {
				terms = append(terms, "rare")
			}
			c.Documents = append(c.Documents, document(inbox.MessageID(fmt.Sprintf("m%08d", n)), at.Add(time.Duration(n)*time.Second), terms))
		}
		all = append(all, c)
	}
	return all
}

func document(m inbox.MessageID, at time.Time, terms []string) inbox.Document {
	for _, bits := range []uint{24, 27, 30, 33} { // inbox/searchspans.go
		terms = append(terms, fmt.Sprintf("#%d:%d", bits, at.UnixMilli()>>bits))
	}
	return inbox.Document{Message: m, At: at, Terms: terms}
}

func inventedTerms(chance *rand.Rand, words int) (terms []string) {
	seen := map[string]bool{}
	last := ""
	for range words {
		word := fmt.Sprint("w", int(3000*math.Pow(chance.Float64(), 3)))
		for _, t := range []string{word, "=" + word, "~" + last + "_" + word} {
			if !seen[t] {
				seen[t] = true
				terms = append(terms, t)
			}
		}
		last = word
	}
	return terms
}

// BenchmarkSearch measures one question to an index that grows, at 1,000 and 10,000
// conversations of ten messages, and with TONGDAI_LONG=1 on to 1,000,000, which
// take hours of one core to be read in.
func BenchmarkSearch(b *testing.B) {
	sizes := []int{1_000, 10_000}
	if os.Getenv("TONGDAI_LONG") != "" {
		sizes = append(sizes, 30_000, 100_000, 300_000, 1_000_000)
	}
	ix, err := search.Open(filepath.Join(b.TempDir(), "messages"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ix.Close() }) // it is thrown away
	last := 0
	for _, size := range sizes {
		read(b, ix, last, size)
		last = size
		b.Run(fmt.Sprint(size), func(b *testing.B) { searchtest.Bench(b, ix, begunAt(size)) })
	}
}

// read brings further conversations into an index, in batches as large as are of use.
func read(b *testing.B, ix *search.Index, from, to int) {
	const batch = 1000
	begun := time.Now()
	for i := from; i < to; i += batch {
		was, now := inbox.IndexState{Seq: inbox.Seq(i)}, inbox.IndexState{Seq: inbox.Seq(i + batch)}
		if err := ix.Put(b.Context(), was, now, invented(i, i+batch)); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%d conversations, %d documents: read in at %.0f documents a second", to, to*(said+1), float64((to-from)*(said+1))/time.Since(begun).Seconds())
}
