package kb

import (
	"cmp"
	"slices"
	"time"
)

// Of few entries few need to be compared with the message word by word; of many more,
// for the words of more entries are alike.
const (
	leastCandidates = 40
	mostCandidates  = 160
	entriesPerPlace = 10
	// A question rarely has more words than these that matter, heaviest first. It
	// keeps long stories from reading half of all postings.
	candidateSlots = 24
)

// wanted is how many of that many entries are compared with the message.
func wanted(entries int) int {
	return max(leastCandidates, min(mostCandidates, entries/entriesPerPlace))
}

// gain is what an entry has gathered so far.
type gain struct {
	score float32
	slot  int16 // the last slot that added to it, from 1
	seen  uint8 // where that slot was found
}

// candidates are the entries that may answer the message best, in order of their
// numbers: those that have most of its weight, in a wording or in the answer.
func (s *snapshot) candidates(c *scratch, q *query, now time.Time) []int32 {
	c.gains = grownTo(c.gains, len(s.indexed))
	clear(c.gains)
	for n, i := range c.heaviest(q) {
		c.gather(s, q, i, int16(n+1))
	}
	return s.leading(c, now)
}

// gather adds what slot i is worth to every entry that has it. An entry that has
// it in several ways counts the surest only.
func (c *scratch) gather(s *snapshot, q *query, i int, stamp int16) {
	slot := &q.slots[i]
	for _, sp := range q.concepts {
		if sp.from <= i && i < sp.to {
			c.add(s.postings.concepts.of(sp.concept), slot.weight*ranking.synonym, stamp)
		}
	}
	c.byStrength = append(c.byStrength[:0], slot.matches...)
	slices.SortStableFunc(c.byStrength, func(a, b match) int { return cmp.Compare(b.strength, a.strength) })
	for _, m := range c.byStrength {
		c.add(s.postings.words.of(int(m.word)), slot.weight*m.strength, stamp)
	}
}

// add gives every entry of the list what a word is worth there.
func (c *scratch) add(list []posting, worth float32, stamp int16) {
	worths := [anywhere + 1]float32{inQuestion: worth, inAnswer: worth * ranking.answer, anywhere: worth * (1 + ranking.answer)}
	gains := c.gains
	for _, p := range list {
		g := &gains[p.entry()]
		where := uint8(p.where())
		if g.slot != stamp {
			g.slot, g.seen = stamp, 0
		}
		g.score += worths[where&^g.seen]
		g.seen |= where
	}
}

// heaviest gives the slots that matter most and match anything, heaviest first.
func (c *scratch) heaviest(q *query) []int {
	c.heavy = c.heavy[:0]
	for i := range q.slots {
		if len(q.slots[i].matches) > 0 {
			c.heavy = append(c.heavy, i)
		}
	}
	slices.SortStableFunc(c.heavy, func(a, b int) int { return cmp.Compare(q.slots[b].weight, q.slots[a].weight) })
	return c.heavy[:min(len(c.heavy), candidateSlots)]
}

// leading gives the entries with the most, in order of their numbers. Of equals the
// first ones are taken. How much is enough is counted first, so that only the few
// that have it are looked at closely.
func (s *snapshot) leading(c *scratch, now time.Time) []int32 {
	n := wanted(len(s.indexed))
	c.order = c.order[:0]
	for enough := c.enough(n); ; enough = nothing {
		for at := range c.gains {
			if score := c.gains[at].score; score > enough && s.indexed[at].entry.Answers(now) {
				c.order = append(c.order, place{score, int32(at)})
			}
		}
		if len(c.order) >= n || enough == nothing {
			break
		}
		c.order = c.order[:0] // too many of them do not answer now
	}
	slices.SortFunc(c.order, before)
	c.found = c.found[:0]
	for _, p := range c.order[:min(len(c.order), n)] {
		c.found = append(c.found, p.at)
	}
	slices.Sort(c.found)
	return c.found
}

// nothing is less than any gain that was made.
const nothing = 0

// steps between no gain and the most there is.
const steps = 256

// enough gives a gain that at least n entries surpass, and not many more; nothing
// where fewer have any.
func (c *scratch) enough(n int) float32 {
	most := c.total * (1 + ranking.answer)
	if most <= 0 {
		return nothing
	}
	var having [steps + 1]int32
	scale := steps / most
	for at := range c.gains {
		having[min(steps, int(c.gains[at].score*scale))]++
	}
	for step, sum := steps, 0; step > 0; step-- {
		if sum += int(having[step]); sum >= n {
			return max(nothing, (float32(step)-0.5)/scale)
		}
	}
	return nothing
}

func before(a, b place) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.at, b.at)) }
