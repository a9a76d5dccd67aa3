package vi

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// Speller finds the words of a vocabulary that a mistyped word was meant for. Its
// zero value knows no word. It may be used by many goroutines once all are added.
type Speller struct {
	words  []Form
	byFold map[string][]int
	byGap  map[string][]string // folded words, by themselves with one letter left out
	sounds map[string][]int
}

// NewSpeller makes a Speller of normalised words, as from Words.
func NewSpeller(vocabulary iter.Seq[string]) *Speller {
	s := &Speller{byFold: map[string][]int{}, byGap: map[string][]string{}, sounds: map[string][]int{}}
	known := map[string]bool{}
	for w := range vocabulary {
		if !known[w] {
			known[w] = true
			s.add(FormOf(w))
		}
	}
	return s
}

func (s *Speller) add(f Form) {
	id := len(s.words)
	s.words = append(s.words, f)
	if s.byFold[f.Folded] == nil {
		for gap := range Gaps(f.Folded) {
			s.byGap[gap] = append(s.byGap[gap], f.Folded)
		}
	}
	s.byFold[f.Folded] = append(s.byFold[f.Folded], id)
	sound := Sound(f.Folded)
	s.sounds[sound] = append(s.sounds[sound], id)
}

// Slip is how a typed word differs from the word it may be meant for, in the order
// of how readily it happens.
type Slip uint8

const (
	Exact      Slip = iota // it is the word
	Unmarked               // marks are left out: "tiem" for "tiêm"
	OtherMarks             // marks are others: "tiếm" for "tiêm"
	ByEar                  // it sounds the same in some region: "xông" for "sông"
	Finger                 // one letter too many, missing, wrong, or two swapped: "tiemm", "tỉem"
)

// Repair is a word of the vocabulary that a typed word may stand for.
type Repair struct {
	Word string
	Slip Slip
}

// Repairs gives the words that typed may be meant for, the likeliest first. Words
// of one or two letters have too many neighbours, and words of more than twenty too
// few: no slips of the finger are looked for in either.
func (s *Speller) Repairs(typed string) []Repair {
	f := FormOf(typed)
	var out []Repair
	at := map[int]bool{}
	add := func(ids []int, slip func(Form) Slip) {
		for _, id := range ids {
			if !at[id] {
				at[id] = true
				out = append(out, Repair{s.words[id].Text, slip(s.words[id])})
			}
		}
	}
	add(s.byFold[f.Folded], func(w Form) Slip {
		switch {
		case w.Text == f.Text:
			return Exact
		case Agrees(f.Text, w.Text):
			return Unmarked
		}
		return OtherMarks
	})
	add(s.sounds[Sound(f.Folded)], func(Form) Slip { return ByEar })
	if len(f.Folded) > 2 {
		for gap := range Gaps(f.Folded) {
			for _, near := range s.byGap[gap] {
				if OneSlip(f.Folded, near) {
					add(s.byFold[near], func(Form) Slip { return Finger })
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Repair) int {
		return cmp.Or(cmp.Compare(a.Slip, b.Slip), strings.Compare(a.Word, b.Word))
	})
	return out
}

// longestSlip bounds the neighbourhood of one word.
const longestSlip = 20

// Gaps gives a folded word and the word with each one letter left out: two words
// one slip of the finger apart have one of these in common. It gives none of a word
// of more than twenty bytes, which has too many.
func Gaps(folded string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if len(folded) > longestSlip || !yield(folded) {
			return
		}
		starts := runeStarts(folded)
		for i := 0; i+1 < len(starts); i++ {
			if !yield(folded[:starts[i]] + folded[starts[i+1]:]) {
				return
			}
		}
	}
}

// OneSlip tells words that are one slip of the finger apart, a letter too many,
// missing, wrong, or two swapped, from others that share a gap.
func OneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	j := 0
	for j < len(x)-i && x[len(x)-1-j] == y[len(y)-1-j] {
		j++
	}
	restX, restY := x[i:len(x)-j], y[i:len(y)-j]
	switch {
	case len(restY) == 1 && len(restX) <= 1:
		return true
	case len(restX) == 2 && len(restY) == 2:
		return restX[0] == restY[1] && restX[1] == restY[0]
	}
	return false
}
