package kb

import "slices"

// ranking holds the weights of matching and ranking. They were found by random
// search on the development questions (docs/understanding.md tells how they are
// measured); only their proportions matter.
var ranking = struct {
	// How much a word in the entry counts for a word of the message.
	unmarked   float32 // alike, marks left out while typing
	sameEar    float32 // alike but for hỏi/ngã
	otherMarks float32 // alike without marks only
	sound      float32 // alike by ear, same tone
	soundLoose float32 // alike by ear, other tone
	slip       float32 // one letter off, and no word by itself
	synonym    float32 // another phrase for the same
	meant      float32 // from here on the word is taken as known

	weak    float32 // weight of a function word against others
	unknown float32 // weight of a word that no entry knows against the rarest known one

	// What a wording's likeness is made of.
	covered, covers, pairs float32
	// What an entry's score is made of, beside its best wording.
	answer, second, name float32
	clash                float32 // what is left of the score of an entry that tells something else than is asked
	beside               float32 // the same of one that tells something near to the place that is asked for
	story                float32 // weight of a word outside the question of a long message
}{
	unmarked: .84, sameEar: .98, otherMarks: .1, sound: .1, soundLoose: .16, slip: .5, synonym: .98, meant: .8,
	weak: .67, unknown: 1.26,
	covered: .38, covers: .09, pairs: .3,
	answer: .73, second: .19, name: .01, story: .2, clash: .9, beside: .91,
}

// scored is an entry with what ranking found out about it.
type scored struct {
	x        *indexed
	score    float32
	best     likeness // of its best wording
	answer   likeness
	named    float32 // the share of its name that the message has, by ear
	spelled  float32 // the same as spelled out
	clash    bool    // it tells something else than is asked
	evidence float32 // weight of the message's words found in the best wording or the answer
	telling  float32 // the same without function words
	words    int     // words found that are not function words
}

// likeness of a message and one wording, each part from 0 to 1.
type likeness struct {
	covered float32 // share of the message found in the wording
	covers  float32 // share of the wording found in the message
	pairs   float32 // share of the message's neighbouring words found side by side
}

func (l likeness) score() float32 {
	return ranking.covered*l.covered + ranking.covers*l.covers + ranking.pairs*l.pairs
}

// hit is one way a slot matches a word, chained per word.
type hit struct {
	slot     int16
	next     int32 // index of the next hit of the same word; -1: none
	strength float32
}

// scratch is the working memory of one search at a time, made for one vocabulary.
type scratch struct {
	words    wordMemory
	head     []int32   // by word: index of its first hit, -1 none
	strength []float32 // by word: its best hit
	hits     []hit
	touched  []wordID
	byGroup  [][]span // by concept: where the message speaks of it
	speaks   []bool   // by concept: whether it does
	groups   []int

	total, pairTotal       float32 // weight of all slots; of all neighbours
	slots                  []slot
	asks                   focus     // kinds that the message asks for
	wants                  focus     // kinds of entries that may answer the message
	cur, pair, both, times []float32 // by slot: best match in the wording; of it and its neighbour; in any text of the entry

	gains      []gain  // by entry
	byStrength []match // of one slot
	heavy      []int   // slots
	found      []int32 // entries to compare

	order       []place
	ranked, top []scored
}

func newScratch(words int) *scratch {
	c := &scratch{words: wordMemory{}, head: make([]int32, words), strength: make([]float32, words), byGroup: make([][]span, concepts), speaks: make([]bool, concepts)}
	for i := range c.head {
		c.head[i] = -1
	}
	return c
}

// load prepares the scratch for a query; unload must follow.
func (c *scratch) load(q *query) {
	n := len(q.slots)
	c.slots, c.asks, c.wants = q.slots, q.focus, q.focus.wants()
	c.cur, c.pair, c.both, c.times = grown(c.cur, n), grown(c.pair, n), grown(c.both, n), grown(c.times, n)
	c.total, c.pairTotal = 0, 0
	for i := range q.slots {
		s := &q.slots[i]
		c.total += s.weight
		if i > 0 {
			c.pairTotal += s.weight + q.slots[i-1].weight
		}
		for _, m := range s.matches {
			if c.head[m.word] < 0 {
				c.touched = append(c.touched, m.word)
			}
			c.hits = append(c.hits, hit{int16(i), c.head[m.word], m.strength})
			c.head[m.word] = int32(len(c.hits) - 1)
			c.strength[m.word] = max(c.strength[m.word], m.strength)
		}
	}
	for _, sp := range q.concepts {
		if len(c.byGroup[sp.concept]) == 0 {
			c.groups = append(c.groups, sp.concept)
		}
		c.speaks[sp.concept] = true
		c.byGroup[sp.concept] = append(c.byGroup[sp.concept], sp)
	}
}

func (c *scratch) unload() {
	for _, w := range c.touched {
		c.head[w], c.strength[w] = -1, 0
	}
	for _, g := range c.groups {
		c.speaks[g], c.byGroup[g] = false, c.byGroup[g][:0]
	}
	c.touched, c.hits, c.groups, c.slots = c.touched[:0], c.hits[:0], c.groups[:0], nil
}

func grown(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n, n+32)
	}
	return s[:n]
}

func grownTo(s []gain, n int) []gain {
	if cap(s) < n {
		return make([]gain, n)
	}
	return s[:n]
}

// strengthOf tells how surely the message has the word.
func (c *scratch) strengthOf(w wordID) float32 { return c.strength[w] }

// compare rates one wording against the loaded message in one pass over its words.
func (c *scratch) compare(u *unit, v *vocabulary) likeness {
	clear(c.cur)
	clear(c.pair)
	var found float32
	last := int32(-1) // hits of the word before
	for _, o := range u.words {
		h := c.head[o.word]
		for at := h; at >= 0; at = c.hits[at].next {
			k := &c.hits[at]
			c.cur[k.slot] = max(c.cur[k.slot], k.strength)
			if last >= 0 && k.slot > 0 {
				c.pairUp(k, last)
			}
		}
		if h >= 0 && o.first {
			found += v.weight[o.word] * c.strength[o.word]
		}
		last = h
	}
	found += c.compareConcepts(u, v)
	if found == 0 {
		return likeness{} // nothing in common: no slot was touched
	}
	return c.likeness(found, u.weight)
}

// pairUp notes that slot k and the one before it also stand side by side in the wording.
func (c *scratch) pairUp(k *hit, before int32) {
	for at := before; at >= 0; at = c.hits[at].next {
		if b := &c.hits[at]; b.slot == k.slot-1 {
			c.pair[k.slot] = max(c.pair[k.slot], min(k.strength, b.strength))
		}
	}
}

// compareConcepts lets phrases match that mean the same. It returns the weight of
// the wording's words that were found only so.
func (c *scratch) compareConcepts(u *unit, v *vocabulary) (found float32) {
	for _, there := range u.concepts {
		if !c.speaks[there.concept] {
			continue
		}
		for _, here := range c.byGroup[there.concept] {
			for i := here.from; i < here.to; i++ {
				c.cur[i] = max(c.cur[i], ranking.synonym)
			}
		}
		for _, o := range u.words[there.from:there.to] {
			if s := c.strength[o.word]; o.first && s < ranking.synonym {
				found += v.weight[o.word] * (ranking.synonym - s)
			}
		}
	}
	return found
}

func (c *scratch) likeness(found, weight float32) likeness {
	var l likeness
	var covered, paired float32
	for i := range c.slots {
		covered += c.slots[i].weight * c.cur[i]
		if i > 0 && c.pair[i] > 0 {
			paired += (c.slots[i].weight + c.slots[i-1].weight) * c.pair[i]
		}
	}
	if c.total > 0 {
		l.covered = covered / c.total
	}
	if weight > 0 {
		l.covers = min(1, found/weight)
	}
	if c.pairTotal > 0 {
		l.pairs = paired / c.pairTotal
	}
	return l
}

// alone rates a text that was just compared and that no question stands above, so
// that it is all there is to go by. It does as BM25: a word tells more in a short
// text, and again, less and less, when it is repeated.
func (c *scratch) alone(u *unit, plain likeness, v *vocabulary) likeness {
	const saturation = 1.2
	clear(c.times)
	for _, o := range u.words {
		for at := c.head[o.word]; at >= 0; at = c.hits[at].next {
			c.times[c.hits[at].slot]++
		}
	}
	long := saturation * float32(len(u.words)) / v.answerWords
	for i, n := range c.times {
		n = max(1, n)
		c.cur[i] *= n * (1 + saturation) / (n + long)
		c.pair[i] *= (1 + saturation) / (1 + long)
	}
	l := c.likeness(0, 0)
	l.covers = plain.covers
	return l
}

// score rates one entry against the loaded message.
func (c *scratch) score(x *indexed, v *vocabulary) scored {
	r := scored{x: x}
	var best, second float32
	clear(c.both)
	for i := range x.asked {
		l := c.compare(&x.asked[i], v)
		s := l.score()
		if s > best {
			best, second = s, best
			r.best = l
			copy(c.both, c.cur)
		} else {
			second = max(second, s)
		}
	}
	r.answer = c.compare(&x.answer, v)
	answer := r.answer
	if len(x.asked) == 0 {
		answer = c.alone(&x.answer, r.answer, v)
	}
	for i := range c.slots {
		slot, found := &c.slots[i], max(c.both[i], c.cur[i])
		r.evidence += slot.weight * found
		if slot.weak {
			continue
		}
		r.telling += slot.weight * found
		if found >= spoke {
			r.words++
		}
	}
	r.named, r.spelled = x.named(c)
	r.score = best + ranking.second*second + ranking.answer*answer.score()
	if x.family >= 0 {
		r.score += ranking.name * r.named
	}
	switch told := x.texts.focus; {
	case told.clashes(c.wants):
		r.clash = true
		r.score *= ranking.clash
	case told.besides(c.asks):
		r.score *= ranking.beside
	}
	return r
}

// rank gives the candidates that answer the loaded message best, best first. The
// result is the scratch's: it is good until the next rank.
func (s *snapshot) rank(c *scratch, candidates []int32) []scored {
	c.order, c.ranked = c.order[:0], c.ranked[:0]
	for _, at := range candidates {
		c.ranked = append(c.ranked, c.score(s.indexed[at], s.vocab))
		c.order = append(c.order, place{c.ranked[len(c.ranked)-1].score, int32(len(c.order))})
	}
	// Candidates come in order of ID, so that the number decides ties as the ID would.
	slices.SortFunc(c.order, before)
	c.top = c.top[:0]
	for _, p := range c.order {
		c.top = append(c.top, c.ranked[p.at])
	}
	return c.top
}

// place is a candidate while it is sorted.
type place struct {
	score float32
	at    int32
}
