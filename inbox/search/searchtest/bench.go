package searchtest

import (
	"fmt"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/storetest"
	"tongdai/kb"
)

// Bench asks an index of invented messages what members ask, as the hub does:
// in ever longer spans of time until 400 are found. The index holds messages of
// two years up to now, of words w0, in most of them, to w2999, in few; "rare" in
// twenty of them; every fortieth of the department "small".
func Bench(b *testing.B, index inbox.MessageIndex, now time.Time) {
	for _, q := range questions {
		b.Run(q.name, func(b *testing.B) {
			found := 0
			storetest.Slowest(b, func(int) (err error) {
				found, err = ask(b, index, now, q.departments, q.terms)
				return err
			})
			b.ReportMetric(float64(found), "found")
		})
	}
}

var questions = []struct {
	name        string
	departments []kb.DepartmentID
	terms       []inbox.Term
}{
	{"a word of most messages", nil, []inbox.Term{{Text: "w0"}}},
	{"five common words", nil, []inbox.Term{{Text: "w0"}, {Text: "w1"}, {Text: "w2"}, {Text: "w3"}, {Text: "w4"}}},
	{"two middling words", nil, []inbox.Term{{Text: "w500"}, {Text: "w600"}}},
	{"two common words side by side", nil, []inbox.Term{{Text: "~w1_w2"}}},
	{"a word of twenty messages", nil, []inbox.Term{{Text: "rare"}}},
	{"a common word and a beginning", nil, []inbox.Term{{Text: "w0"}, {Text: "w29", Prefix: true}}},
	{"a common word in a small department", []kb.DepartmentID{"small"}, []inbox.Term{{Text: "w0"}}},
	{"nothing", nil, []inbox.Term{{Text: "w0"}, {Text: "khongco"}}},
}

func ask(b *testing.B, index inbox.MessageIndex, now time.Time, departments []kb.DepartmentID, terms []inbox.Term) (int, error) {
	q := inbox.IndexQuery{Everywhere: departments == nil, Departments: departments, Limit: 400}
	for _, t := range terms {
		q.Groups = append(q.Groups, []inbox.Term{t})
	}
	all := q.Groups
	for _, bits := range []uint{24, 27, 30, 33} { // inbox/searchspans.go
		n := now.UnixMilli() >> bits
		q.Groups = append(all[:len(all):len(all)], []inbox.Term{{Text: spanOf(bits, n)}, {Text: spanOf(bits, n-1)}})
		if hits, err := index.Newest(b.Context(), q); err != nil || len(hits) >= q.Limit {
			return len(hits), err
		}
	}
	q.Groups = all
	hits, err := index.Newest(b.Context(), q)
	return len(hits), err
}

func spanOf(bits uint, n int64) string { return fmt.Sprintf("#%d:%d", bits, n) }
