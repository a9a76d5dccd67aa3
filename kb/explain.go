package kb

import (
	"math"
	"slices"
	"strings"
)

// spoke is the least strength with which a word is taken as matched.
const spoke = 0.4

// explained tells what a question and an entry have to do with each other: what of
// the question the entry speaks of and, more telling, what it does not. The missing
// words are no function words; those of a story around the question weigh little.
type explained struct {
	matched []string // telling words of the message that the entry has, as typed
	missed  float64  // share of the question's telling words that the entry lacks, by weight
	gap     float64  // the rarest lacking word, against one that no entry has
	gaps    float64  // how much is lacking in all, in words that no entry has
	numbers float64  // numbers and codes that the entry lacks
	other   bool     // the entry has another number where the question has one: "mũi 2" for "mũi 3"
}

// explain compares the loaded message with all that the entry says.
func (c *scratch) explain(x *indexed, v *vocabulary) explained {
	found, known := c.foundAnywhere(x, v)
	var e explained
	var total float64
	for i := range c.slots {
		s := &c.slots[i]
		if found[i] >= spoke && !s.empty && !slices.Contains(e.matched, s.typed) {
			e.matched = append(e.matched, s.typed)
		}
		if isNumber(s) && !s.story && !known[i] {
			e.numbers++
			e.other = e.other || c.otherNumber(i, x, v)
		}
		if s.weak {
			continue
		}
		weight := float64(s.weight)
		total += weight
		if found[i] < spoke {
			e.missed += weight
			e.gap = max(e.gap, weight)
		}
	}
	rarest := max(0.1, float64(v.rarest))
	e.gaps = math.Log1p(e.missed / rarest)
	e.gap /= rarest
	e.missed /= max(0.1, total)
	e.numbers = min(2, e.numbers)
	return e
}

// longestCode bounds what is a code like "F0", "5K" or "1022"; in longer words the
// digits are a slip.
const longestCode = 6

func isNumber(s *slot) bool {
	word := s.forms[0].Text
	return len(word) <= longestCode && hasDigit(word)
}

func hasDigit(word string) bool { return strings.ContainsAny(word, "0123456789") }

// otherNumber reports whether a wording has the word before the i-th one, a number,
// but then another number.
func (c *scratch) otherNumber(i int, x *indexed, v *vocabulary) bool {
	if i == 0 || isNumber(&c.slots[i-1]) {
		return false
	}
	for _, u := range x.asked {
		for k := 1; k < len(u.words); k++ {
			if hasDigit(v.forms[u.words[k].word].Text) && c.stands(i-1, u.words[k-1].word) {
				return true
			}
		}
	}
	return false
}

// stands reports whether the i-th slot is taken for the word.
func (c *scratch) stands(i int, w wordID) bool {
	for at := c.head[w]; at >= 0; at = c.hits[at].next {
		if k := &c.hits[at]; int(k.slot) == i && k.strength >= spoke {
			return true
		}
	}
	return false
}

// foundAnywhere tells of each slot how strongly any text of the entry has it, and
// whether the entry knows it as a number: in a wording, or in the answer beside the
// same word. An answer is full of numbers; "3 tuần" is no "mũi 3".
func (c *scratch) foundAnywhere(x *indexed, v *vocabulary) (found []float32, known []bool) {
	found, known = make([]float32, len(c.slots)), make([]bool, len(c.slots))
	for i := range x.asked {
		c.compare(&x.asked[i], v)
		for i, s := range c.cur {
			found[i] = max(found[i], s)
			known[i] = known[i] || s >= spoke
		}
	}
	c.compare(&x.answer, v)
	for i, s := range c.cur {
		found[i] = max(found[i], s)
		beside := c.pair[i] >= spoke || i+1 < len(c.pair) && c.pair[i+1] >= spoke
		known[i] = known[i] || s >= spoke && beside
	}
	return found, known
}
