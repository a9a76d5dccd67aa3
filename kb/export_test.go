package kb

import (
	"encoding/json"
	"slices"
)

// Features is the number of features of a hit.
const Features = features

// Rated is one of the best entries for a question.
type Rated struct {
	ID       EntryID
	Features [Features]float64
	Ruled    float64 // what rules leave of the regression's probability
}

// Ranked gives the n best entries for a question, compared with all there are.
func (ix *Index) Ranked(question string, n int) []Rated {
	s := ix.current.Load()
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	q := s.vocab.understand(question, c.words)
	if len(q.slots) == 0 {
		return nil
	}
	c.load(&q)
	defer c.unload()
	ranked := s.rank(c, s.candidates(c, &q, ix.Now()))
	var rated []Rated
	for i := range min(n, len(ranked)) {
		e := c.explain(ranked[i].x, s.vocab)
		rated = append(rated, Rated{ranked[i].x.entry.ID, featuresOf(&q, ranked, i, e), ruled(ranked, i, e)})
	}
	return rated
}

// Without is ix as if the entries did not exist, good for Ranked only.
func (ix *Index) Without(ids ...EntryID) *Index {
	bereft := &Index{Now: ix.Now}
	bereft.current.Store(ix.current.Load().without(ids))
	return bereft
}

func (s *snapshot) without(ids []EntryID) *snapshot {
	var left []Entry
	for _, x := range s.indexed {
		if !slices.Contains(ids, x.entry.ID) {
			left = append(left, x.entry)
		}
	}
	return newSnapshot(left, s, 0)
}

// ModelFile writes a model as data/confidence.json has it.
func ModelFile(bias float64, weights [Features]float64) ([]byte, error) {
	m := model{Bias: bias, Weights: map[string]float64{}}
	for i, name := range featureNames {
		m.Weights[name] = weights[i]
	}
	return json.MarshalIndent(m, "", "  ")
}
