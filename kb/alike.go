package kb

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// alikeEnough is the share of their weight that two questions have in common from
// which they ask the same.
const alikeEnough = 0.7

// Alike gathers questions that ask the same in nearly the same words, read as a search
// reads them: marks left out, abbreviations, slips and phrases for the same do not part
// them. Each group has the places of its questions in the order given; the first stands
// for the group, and groups come in the order of their first. The same questions and
// entries give the same groups on every node.
func (ix *Index) Alike(questions []string) [][]int {
	s := ix.current.Load()
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	g := grouping{having: map[string][]int{}, seen: map[int]bool{}}
	for i, text := range questions {
		q := s.vocab.understand(text, c.words)
		g.add(i, s.vocab.tokens(&q))
	}
	return g.groups
}

// token is a word or a concept that a question speaks of.
type token struct {
	text   string
	weight float32
}

// tokens is what a question speaks of, each thing once, without function words
// unless there is nothing else.
func (v *vocabulary) tokens(q *query) []token {
	names := make([]string, len(q.slots))
	for i := range q.slots {
		names[i] = v.canonical(&q.slots[i])
	}
	for _, sp := range q.concepts {
		for i := sp.from; i < sp.to; i++ {
			names[i] = conceptToken(sp.concept)
		}
	}
	var out []token
	for _, weakToo := range []bool{false, true} {
		for i, name := range names {
			s := &q.slots[i]
			if s.weak && !weakToo || slices.ContainsFunc(out, func(t token) bool { return t.text == name }) {
				continue
			}
			out = append(out, token{name, s.weight})
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

func conceptToken(concept int) string { return "\x00" + strconv.Itoa(concept) }

// canonical is the folded word that a slot is taken for.
func (v *vocabulary) canonical(s *slot) string {
	best, strength := s.forms[0].Folded, float32(0)
	for _, m := range s.matches {
		folded := v.forms[m.word].Folded
		if m.strength < spoke || m.strength < strength || m.strength == strength && strings.Compare(folded, best) >= 0 {
			continue
		}
		best, strength = folded, m.strength
	}
	return best
}

// grouping puts each question to the group whose first one it is most alike.
type grouping struct {
	groups [][]int
	firsts []asked
	having map[string][]int // groups whose first question has the token
	seen   map[int]bool
}

// asked is the tokens of a question, by their text.
type asked struct {
	tokens []token
	sum    float32
}

func (g *grouping) add(question int, tokens []token) {
	q := asked{tokens: tokens}
	for _, t := range tokens {
		q.sum += t.weight
	}
	slices.SortFunc(q.tokens, func(a, b token) int { return strings.Compare(a.text, b.text) })
	best, most := -1, float32(0)
	for _, at := range g.near(q) {
		if likeness := q.alike(g.firsts[at]); likeness >= alikeEnough && likeness > most {
			best, most = at, likeness
		}
	}
	if best >= 0 {
		g.groups[best] = append(g.groups[best], question)
		return
	}
	for _, t := range tokens {
		g.having[t.text] = append(g.having[t.text], len(g.groups))
	}
	g.groups, g.firsts = append(g.groups, []int{question}), append(g.firsts, q)
}

// near gives, in order, the groups that may be alike enough. Tokens that few groups
// have are looked up first; what shares only the rest of them cannot be.
func (g *grouping) near(q asked) (groups []int) {
	byRarity := slices.Clone(q.tokens)
	slices.SortStableFunc(byRarity, func(a, b token) int { return cmp.Compare(len(g.having[a.text]), len(g.having[b.text])) })
	clear(g.seen)
	rest := q.sum
	for _, t := range byRarity {
		if 2*rest/(q.sum+rest) < alikeEnough {
			break
		}
		for _, at := range g.having[t.text] {
			if !g.seen[at] {
				g.seen[at] = true
				groups = append(groups, at)
			}
		}
		rest -= t.weight
	}
	slices.Sort(groups)
	return groups
}

// alike is the share of the weight of both that they have in common.
func (q asked) alike(other asked) float32 {
	var shared float32
	for i, k := 0, 0; i < len(q.tokens) && k < len(other.tokens); {
		switch strings.Compare(q.tokens[i].text, other.tokens[k].text) {
		case -1:
			i++
		case 1:
			k++
		default:
			shared += q.tokens[i].weight + other.tokens[k].weight
			i, k = i+1, k+1
		}
	}
	if q.sum+other.sum == 0 {
		return 0
	}
	return shared / (q.sum + other.sum)
}
