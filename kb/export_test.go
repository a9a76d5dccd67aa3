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

// Ranked gives the n best entries for a question.
func (ix *Index) Ranked(question string, n int) []Rated {
	return ix.ranked(question, n, func(s *snapshot, c *scratch, q *query) []int32 { return s.candidates(c, q, ix.Now()) })
}

// RankedOfAll does so comparing it with all entries there are.
func (ix *Index) RankedOfAll(question string, n int) []Rated {
	return ix.ranked(question, n, func(s *snapshot, _ *scratch, _ *query) []int32 { return s.answering(ix.Now()) })
}

func (ix *Index) ranked(question string, n int, candidates func(*snapshot, *scratch, *query) []int32) []Rated {
	s := ix.current.Load()
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	q := s.vocab.understand(question, c.words)
	if len(q.slots) == 0 {
		return nil
	}
	c.load(&q)
	defer c.unload()
	ranked := s.rank(c, candidates(s, c, &q))
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

// Ablations take one technique away each, and give back how to restore it.
func Ablations() []Ablation {
	lessThan := func(t technique) func() func() {
		return func() func() { off = t; return func() { off = 0 } }
	}
	weighing := func(change func()) func() func() {
		return func() func() { kept := ranking; change(); return func() { ranking = kept } }
	}
	return []Ablation{
		{"nothing", lessThan(0)},
		{"phrases for the same (both tables)", lessThan(phrases)},
		{"the thesaurus", lessThan(thesaurus)},
		{"the answer's text", weighing(func() { ranking.answer = 0 })},
		{"other wordings beside the best", weighing(func() { ranking.second = 0 })},
		{"share of the wording that is found", weighing(func() { ranking.covers = 0 })},
		{"neighbouring words", weighing(func() { ranking.pairs = 0 })},
		{"chat abbreviations", lessThan(abbreviations)},
		{"raw Telex and VNI", lessThan(keystrokes)},
		{"words run together", lessThan(splitting)},
		{"words that sound alike", weighing(func() { ranking.sound, ranking.soundLoose = 0, 0 })},
		{"slips of one letter", weighing(func() { ranking.slip = 0 })},
		{"diacritics as evidence", weighing(func() { ranking.unmarked, ranking.sameEar, ranking.otherMarks = 1, 1, 1 })},
		{"diacritics that may be missing", weighing(func() { ranking.unmarked, ranking.otherMarks = 0, 0 })},
		{"function words that weigh less", weighing(func() { ranking.weak = 1 })},
		{"the question within a story", weighing(func() { ranking.story = 1 })},
		{"greetings set aside", lessThan(courtesies)},
		{"what is asked for", weighing(func() { ranking.clash, ranking.beside = 1, 1 })},
	}
}

// Ablation is one technique taken away until the function it returns is called.
type Ablation struct {
	Name string
	Take func() (restore func())
}

// ReplaceBleve lets a test put an index in the place of another.
func (ix *Index) ReplaceBleve(fresh *Index) error { return ix.replaceBleve(fresh) }
