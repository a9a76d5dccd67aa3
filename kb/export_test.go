package kb

import (
	"context"
	"encoding/json"
)

// Features is the number of features of a hit.
const Features = features

// Ranked gives the best entries for a question with the features of each, leaving
// out those whose confidence is decided by a missing name.
func (ix *Index) Ranked(ctx context.Context, question string, n int) (ids []EntryID, rows [][Features]float64, err error) {
	s := ix.current.Load()
	q := s.vocab.understand(question)
	candidates, err := ix.candidates(ctx, s, &q)
	if err != nil {
		return nil, nil, err
	}
	c := s.scratch.Get().(*scratch)
	c.load(&q)
	defer c.unload()
	ranked := s.rank(c, candidates)
	for i := range min(n, len(ranked)) {
		if ranked[i].x.family >= 0 && !toldApart(ranked, i) {
			continue
		}
		ids = append(ids, ranked[i].x.entry.ID)
		rows = append(rows, featuresOf(&q, ranked, i))
	}
	return ids, rows, nil
}

// ModelFile writes a model as data/confidence.json has it.
func ModelFile(bias float64, weights [Features]float64) ([]byte, error) {
	m := model{Bias: bias, Weights: map[string]float64{}}
	for i, name := range featureNames {
		m.Weights[name] = weights[i]
	}
	return json.MarshalIndent(m, "", "  ")
}
