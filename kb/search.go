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
	ranked := s.rank(&q, candidates)
	return s.hits(&q, ranked, limit), nil
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
	return found, nil
}

// candidateTerms asks for the heaviest words of the message, their neighbourhoods,
// and what they are called otherwise.
func (s *snapshot) candidateTerms(q *query) []blevequery.Query {
	telling := make([]int, 0, len(q.slots))
	for i := range q.slots {
		if len(q.slots[i].matches) > 0 {
			telling = append(telling, i)
		}
	}
	slices.SortStableFunc(telling, func(a, b int) int { return cmp.Compare(q.slots[b].weight, q.slots[a].weight) })
	telling = telling[:min(len(telling), candidateSlots)]
	var terms []blevequery.Query
	add := func(field, term string, boost float32) {
		t := bleve.NewTermQuery(term)
		t.SetField(field)
		t.SetBoost(float64(boost))
		terms = append(terms, t)
	}
	for _, i := range telling {
		matches := slices.SortedStableFunc(slices.Values(q.slots[i].matches), func(a, b match) int { return cmp.Compare(b.strength, a.strength) })
		for _, m := range matches[:min(len(matches), slotTerms)] {
			add(fieldText, s.vocab.forms[m.word].Text, m.strength)
		}
		if i+1 < len(q.slots) {
			add(fieldPairs, vi.Pair(q.slots[i].forms[0].Folded, q.slots[i+1].forms[0].Folded), 1)
		}
	}
	for n, sp := range q.concepts {
		if n < candidateSlots && slices.ContainsFunc(telling, func(i int) bool { return i >= sp.from && i < sp.to }) {
			add(fieldConcept, conceptTerm(sp.concept), 1)
		}
	}
	return terms
}

// hits says of the best entries how sure they are and what spoke for them.
func (s *snapshot) hits(q *query, ranked []scored, limit int) []Hit {
	n := min(limit, len(ranked))
	if n <= 0 {
		return nil
	}
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	c.load(q)
	defer c.unload()
	hits := make([]Hit, 0, n)
	last := 1.0
	for i := range n {
		if ranked[i].evidence == 0 {
			break
		}
		last = min(last, confidence(q, ranked, i))
		hits = append(hits, Hit{Entry: ranked[i].x.entry, Confidence: last, Matched: c.matched(ranked[i].x, s.vocab)})
	}
	return hits
}

// spoke is the least strength with which a word is shown as matched.
const spoke = 0.4

// matched lists the telling words of the message that the entry has, as typed.
func (c *scratch) matched(x *indexed, v *vocabulary) []string {
	found := make([]bool, len(c.slots))
	look := func(u *unit) {
		c.compare(u, v)
		for i, s := range c.cur {
			found[i] = found[i] || s >= spoke
		}
	}
	for i := range x.asked {
		look(&x.asked[i])
	}
	look(&x.answer)
	var words []string
	for i, s := range c.slots {
		if found[i] && !s.weak && !slices.Contains(words, s.typed) {
			words = append(words, s.typed)
		}
	}
	return words
}
