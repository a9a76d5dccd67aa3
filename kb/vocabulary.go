package kb

import (
	"maps"
	"math"
	"slices"
	"strings"

	"tongdai/kb/vi"
)

// wordID numbers the words of a vocabulary.
type wordID = int32

// vocabulary is the words of the indexed entries, and the ways to reach a word
// from what a citizen typed: as it stands, without marks, by ear, with one slip.
// It grows from snapshot to snapshot; words that no entry has any more keep their
// numbers, but are not there for anybody.
type vocabulary struct {
	forms       []vi.Form
	having      []int32   // entries that have the word; 0: none any more
	idf         []float32 // rarity among entries, 0.1 and up
	weight      []float32 // idf, less for function words
	rarest      float32   // idf of a word that no entry has
	answerWords float32   // of an answer on average
	byText      map[string]wordID
	byFold      map[string][]wordID
	bySound     map[string][]wordID
	byGap       map[string][]string // folded words by themselves with one letter left out
	sorted      []wordID            // by folded form, for prefixes
}

func newVocabulary() *vocabulary {
	return &vocabulary{byText: map[string]wordID{}, byFold: map[string][]wordID{}, bySound: map[string][]wordID{}, byGap: map[string][]string{}}
}

// next is a copy that new words can be added to while searches read v.
func (v *vocabulary) next() *vocabulary {
	return &vocabulary{
		forms:  slices.Clip(v.forms),
		byText: maps.Clone(v.byText), byFold: maps.Clone(v.byFold), bySound: maps.Clone(v.bySound), byGap: maps.Clone(v.byGap),
	}
}

// add numbers a normalised word.
func (v *vocabulary) add(f vi.Form) wordID {
	if id, ok := v.byText[f.Text]; ok {
		return id
	}
	id := wordID(len(v.forms))
	f.Text, f.Folded = strings.Clone(f.Text), strings.Clone(f.Folded)
	v.forms = append(v.forms, f)
	v.byText[f.Text] = id
	sound := vi.Sound(f.Folded)
	v.bySound[sound] = append(slices.Clip(v.bySound[sound]), id)
	if v.byFold[f.Folded] == nil {
		for gap := range vi.Gaps(f.Folded) {
			v.byGap[gap] = append(slices.Clip(v.byGap[gap]), f.Folded)
		}
	}
	v.byFold[f.Folded] = append(slices.Clip(v.byFold[f.Folded]), id)
	return id
}

// finish weighs the words once the number of entries that have each is known.
func (v *vocabulary) finish(entries int, having []int32) {
	n := float64(entries)
	v.having = having
	v.idf = make([]float32, len(v.forms))
	v.weight = make([]float32, len(v.forms))
	for id, df := range having {
		v.idf[id] = rarity(n, float64(df))
		v.weight[id] = v.idf[id]
		if vi.Weak(v.forms[id].Text) {
			v.weight[id] *= ranking.weak
		}
	}
	v.rarest = rarity(n, 0)
	v.sorted = make([]wordID, 0, len(v.forms))
	for id, df := range having {
		if df > 0 {
			v.sorted = append(v.sorted, wordID(id))
		}
	}
	slices.SortFunc(v.sorted, func(a, b wordID) int { return strings.Compare(v.forms[a].Folded, v.forms[b].Folded) })
}

func rarity(entries, having float64) float32 {
	return float32(max(0.1, math.Log(1+(entries-having+0.5)/(having+0.5))))
}

// knows reports whether an entry has the word as it was typed, marks left out or not.
func (v *vocabulary) knows(f vi.Form) bool {
	if id, ok := v.byText[f.Text]; ok && v.having[id] > 0 {
		return true
	}
	return f.Text == f.Folded && slices.ContainsFunc(v.byFold[f.Folded], func(id wordID) bool { return v.having[id] > 0 })
}

// match is a word of the vocabulary that a typed word may stand for.
type match struct {
	word     wordID
	strength float32 // 1: the very word
}

// matches finds the words that f may stand for, each once.
func (v *vocabulary) matches(f vi.Form) []match {
	var out []match
	for _, id := range v.byFold[f.Folded] {
		if v.having[id] > 0 {
			out = append(out, match{id, sameLetters(f, v.forms[id])})
		}
	}
	for _, id := range v.bySound[vi.Sound(f.Folded)] {
		if v.having[id] == 0 || v.forms[id].Folded == f.Folded {
			continue
		}
		s := ranking.sound
		if f.Text != f.Folded && !vi.SameTone(f.Text, v.forms[id].Text) {
			s = ranking.soundLoose
		}
		out = append(out, match{id, s})
	}
	return out
}

// sameLetters rates two words that are alike without their marks.
func sameLetters(typed, word vi.Form) float32 {
	switch {
	case typed.Text == word.Text:
		return 1
	case typed.Text == typed.Folded, word.Text == word.Folded, vi.Agrees(typed.Text, word.Text):
		return ranking.unmarked
	case vi.SameEar(typed.Text, word.Text):
		return ranking.sameEar
	}
	return ranking.otherMarks
}

// slips finds the words one slip of the finger away: a letter too many, missing,
// wrong, or two swapped. Short words have too many neighbours to say anything.
func (v *vocabulary) slips(folded string) []match {
	if len(folded) < 3 {
		return nil
	}
	seen := map[string]bool{}
	var out []match
	for gap := range vi.Gaps(folded) {
		for _, near := range v.byGap[gap] {
			if seen[near] || !vi.OneSlip(folded, near) {
				continue
			}
			seen[near] = true
			for _, id := range v.byFold[near] {
				if v.having[id] > 0 {
					out = append(out, match{id, ranking.slip})
				}
			}
		}
	}
	return out
}

// startingWith gives the words whose folded form begins with the folded prefix.
func (v *vocabulary) startingWith(prefix string) []wordID {
	from, _ := slices.BinarySearchFunc(v.sorted, prefix, func(id wordID, p string) int {
		return strings.Compare(v.forms[id].Folded, p)
	})
	to := from
	for to < len(v.sorted) && strings.HasPrefix(v.forms[v.sorted[to]].Folded, prefix) {
		to++
	}
	return v.sorted[from:to]
}
