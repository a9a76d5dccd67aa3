package kb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2"
	blevequery "github.com/blevesearch/bleve/v2/search/query"

	"tongdai/kb/vi"
)

// Up to compareAll entries every one is compared with the message, which is the
// most accurate; above that Bleve picks the candidates.
const (
	compareAll    = 400
	maxCandidates = 80
	// A question of one wording rarely has more than these words that matter; rarer
	// ones first. It keeps long stories from reading half the index.
	candidateSlots = 8
	// slotTerms bounds what one word of the message may stand for.
	slotTerms = 8
)

// Search finds the entries that answer the question at this time, best first, at
// most limit. Hits that have nothing to do with the question have a confidence
// near 0; an empty question has no hits.
func (ix *Index) Search(ctx context.Context, question string, limit int) ([]Hit, error) {
	s := ix.current.Load()
	q := s.vocab.understand(question)
	candidates, err := ix.candidates(ctx, s, &q)
	if err != nil {
		return nil, err
	}
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	c.load(&q)
	defer c.unload()
	ranked := s.rank(c, candidates)
	return s.hits(c, &q, ranked, limit), nil
}

func (ix *Index) candidates(ctx context.Context, s *snapshot, q *query) ([]int32, error) {
	if len(q.slots) == 0 {
		return nil, nil
	}
	now := ix.Now()
	if len(s.indexed) <= compareAll {
		return s.answering(now), nil
	}
	found, err := ix.fetch(ctx, s, q)
	if err != nil {
		return nil, fmt.Errorf("kb: search: %w", err)
	}
	return slices.DeleteFunc(found, func(at int32) bool { return !s.indexed[at].entry.Answers(now) }), nil
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

// fetch asks Bleve for the entries whose wordings share the most telling words.
func (ix *Index) fetch(ctx context.Context, s *snapshot, q *query) ([]int32, error) {
	terms := s.candidateTerms(q)
	if len(terms) == 0 {
		return nil, nil
	}
	// Several documents belong to one entry: ask for more of them than entries.
	request := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(terms...), 3*maxCandidates, 0, false)
	result, err := ix.bleve.SearchInContext(ctx, request)
	if err != nil {
		return nil, err
	}
	var found []int32
	seen := map[int32]bool{}
	for _, doc := range result.Hits {
		at, ok := s.byID[entryOf(doc.ID)]
		if ok && !seen[at] && len(found) < maxCandidates {
			seen[at] = true
			found = append(found, at)
		}
	}
	slices.Sort(found)
	return found, nil
}

// candidateTerms asks for the heaviest words of the message, for the pairs they
// stand in, and for what they are called otherwise.
func (s *snapshot) candidateTerms(q *query) []blevequery.Query {
	var terms []blevequery.Query
	add := func(field, term string, boost float32) {
		t := bleve.NewTermQuery(term)
		t.SetField(field)
		t.SetBoost(float64(boost))
		terms = append(terms, t)
	}
	asked := map[int]bool{}
	for _, i := range heaviest(q, candidateSlots) {
		asked[i] = true
		for _, m := range likeliest(q.slots[i].matches) {
			add(fieldText, s.vocab.forms[m.word].Text, m.strength)
		}
		if i+1 < len(q.slots) {
			add(fieldPairs, vi.Pair(q.slots[i].forms[0].Folded, q.slots[i+1].forms[0].Folded), 1)
		}
	}
	added := map[int]bool{}
	for _, sp := range q.concepts {
		if asked[sp.from] && asked[sp.to-1] && !q.slots[sp.from].weak && !added[sp.concept] {
			added[sp.concept] = true
			add(fieldConcept, conceptTerm(sp.concept), 1)
		}
	}
	return terms
}

// heaviest gives the n weightiest slots that match anything; function words only
// where there is nothing else.
func heaviest(q *query, n int) []int {
	var strong, weak []int
	for i := range q.slots {
		switch {
		case len(q.slots[i].matches) == 0:
		case q.slots[i].weak:
			weak = append(weak, i)
		default:
			strong = append(strong, i)
		}
	}
	if len(strong) == 0 {
		strong = weak
	}
	slices.SortStableFunc(strong, func(a, b int) int { return cmp.Compare(q.slots[b].weight, q.slots[a].weight) })
	return strong[:min(len(strong), n)]
}

// likeliest gives what a slot is taken for, or, where that is unclear, the best guesses.
func likeliest(matches []match) []match {
	const guesses = 3
	best := slices.SortedStableFunc(slices.Values(matches), func(a, b match) int { return cmp.Compare(b.strength, a.strength) })
	n := 0
	for n < len(best) && n < slotTerms && best[n].strength >= ranking.meant {
		n++
	}
	if n == 0 {
		n = min(len(best), guesses)
	}
	return best[:n]
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
