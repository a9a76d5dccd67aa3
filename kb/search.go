package kb

import (
	"context"
	"time"
)

// Search finds the entries that answer the question at this time, best first, at
// most limit. Hits that have nothing to do with the question have a confidence
// near 0; an empty question has no hits.
func (ix *Index) Search(_ context.Context, question string, limit int) ([]Hit, error) {
	return ix.current.Load().search(question, limit, ix.Now()), nil
}

func (s *snapshot) search(question string, limit int, now time.Time) (hits []Hit) {
	s.weigh(question, now, func(c *scratch, q *query, ranked []scored) { hits = s.hits(c, q, ranked, limit) })
	return hits
}

// weigh ranks the entries for the question and hands them to then, unless the
// question is empty. What it hands over is good until then returns.
func (s *snapshot) weigh(question string, now time.Time, then func(c *scratch, q *query, ranked []scored)) {
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	q := s.vocab.understand(question, c.words)
	if len(q.slots) == 0 {
		return
	}
	c.load(&q)
	defer c.unload()
	then(c, &q, s.rank(c, s.candidates(c, &q, now)))
}

func (s *snapshot) answering(now time.Time) []int32 {
	all := make([]int32, 0, len(s.indexed))
	for i, x := range s.indexed {
		if x.entry.Answers(now) {
			all = append(all, int32(i))
		}
	}
	return all
}

// hits says of the best entries how sure they are and what spoke for them.
func (s *snapshot) hits(c *scratch, q *query, ranked []scored, limit int) []Hit {
	n := min(limit, len(ranked))
	if n <= 0 {
		return nil
	}
	hits := make([]Hit, 0, n)
	last := 1.0
	rival, share := int32(-1), 0.0 // the siblings next to the first hit, and what they take from it
	for i := range n {
		if ranked[i].evidence == 0 {
			break
		}
		e := c.explain(ranked[i].x, s.vocab)
		itself, family := confidence(q, ranked, i, e)
		if i == 0 {
			rival, share = rivals(q, ranked, e, itself)
		} else if ranked[i].x.family >= 0 && ranked[i].x.family == rival {
			family = max(family, share)
		}
		last = min(last, itself)
		hits = append(hits, Hit{Entry: ranked[i].x.entry, Confidence: last, Family: family, Matched: e.matched})
	}
	return hits
}
