package kb

import (
	"hash/maphash"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// Entries that ask the same about different places ("Đường dây nóng của huyện Hà
// Trung là số nào?") are siblings: their questions differ in one run of words, the
// name. A question answers to one of them only when it names it. Nothing here knows
// places; any name that tells otherwise equal questions apart is treated alike.

const (
	longestName  = 5  // words: "thành phố Hồ Chí Minh"
	sharedAtMost = 3  // a name's word in more than 1/3 of the family ("huyện") names nobody
	sharedFrame  = 4  // words that siblings have in common at least
	longestFrame = 30 // words of a question; longer ones are no pattern with a name in it

	namedEnough   = 0.6  // of a name heard
	spelledEnough = 0.62 // of it spelled out
	spelledBetter = 0.35 // than another name that was heard as well
)

// frame is a question with a run of words taken out.
type frame struct{ before, after uint64 }

type gap struct {
	entry    int32
	from, to int
}

var frameSeed = maphash.MakeSeed()

// findSiblings puts entries whose questions share a frame into one family. An entry
// that fits several goes where the most are, then where the name is shortest.
func (s *snapshot) findSiblings() {
	once := newOnceOnly(len(s.indexed))
	s.eachFrame(func(f frame, g gap) { once.note(f, g.entry) })
	frames := map[frame][]gap{}
	s.eachFrame(func(f frame, g gap) {
		if once.again(f) {
			frames[f] = append(frames[f], g)
		}
	})
	best := make([]struct {
		gap
		frame frame
		size  int
	}, len(s.indexed))
	for f, gaps := range frames {
		size := distinctEntries(gaps)
		if size < 2 {
			continue
		}
		for _, g := range gaps {
			b := &best[g.entry]
			shorter := g.to-g.from < b.to-b.from
			if size > b.size || size == b.size && (shorter || g.to-g.from == b.to-b.from && g.from < b.from) {
				b.gap, b.frame, b.size = g, f, size
			}
		}
	}
	families := map[frame][]gap{}
	for i := range best {
		if best[i].size > 1 {
			families[best[i].frame] = append(families[best[i].frame], best[i].gap)
		}
	}
	number := int32(0)
	for _, members := range families {
		if len(members) > 1 {
			s.join(members, number)
			number++
		}
	}
}

// eachFrame yields the frames of every entry's question.
func (s *snapshot) eachFrame(found func(frame, gap)) {
	var before, after [longestFrame + 1]uint64
	for i, x := range s.indexed {
		if len(x.asked) == 0 || len(x.asked[0].words) > longestFrame {
			continue
		}
		words := x.asked[0].words
		n := len(words)
		for k := range n {
			before[k+1] = mix(before[k], words[k].word)
			after[k+1] = mix(after[k], words[n-1-k].word)
		}
		for from := range n {
			for to := from + 1; to <= min(n, from+longestName) && n-(to-from) >= sharedFrame; to++ {
				found(frame{before[from], after[n-to]}, gap{int32(i), from, to})
			}
		}
	}
}

// onceOnly tells the frames that only one entry has, which are nearly all of them,
// from others. Of those it takes some for shared; that costs time and does no harm.
type onceOnly struct {
	first []int32 // by a part of the frame's hash: number of the entry from 1; shared
}

const shared = -1

func newOnceOnly(entries int) onceOnly {
	const framesOfOne = 64 // of a question of fifteen words
	return onceOnly{make([]int32, 1<<bits.Len(uint(entries*framesOfOne)))}
}

func (o onceOnly) note(f frame, entry int32) {
	switch at := o.at(f); o.first[at] {
	case 0:
		o.first[at] = entry + 1
	case entry + 1:
	default:
		o.first[at] = shared
	}
}

func (o onceOnly) again(f frame) bool { return o.first[o.at(f)] == shared }

func (o onceOnly) at(f frame) uint64 {
	return (f.before ^ bits.RotateLeft64(f.after, 31)) & uint64(len(o.first)-1)
}

func mix(h uint64, w wordID) uint64 {
	return maphash.Comparable(frameSeed, struct {
		h uint64
		w wordID
	}{h, w})
}

// distinctEntries counts; the gaps of one entry stand together.
func distinctEntries(gaps []gap) int {
	n, last := 0, int32(-1)
	for _, g := range gaps {
		if g.entry != last {
			n, last = n+1, g.entry
		}
	}
	return n
}

// join notes for each member the words of its name and how well each tells it
// from the others.
func (s *snapshot) join(members []gap, family int32) {
	having := map[wordID]int{}
	for _, g := range members {
		for id := range s.nameOf(g) {
			having[id]++
		}
	}
	for _, g := range members {
		x := s.indexed[g.entry]
		x.family = family
		name, proper := s.namesOf(g, having)
		for _, id := range s.inOrder(name) { // sums of the same are the same to the last bit
			rare := float32(0)
			if len(members) <= sharedAtMost || having[id]*sharedAtMost <= len(members) {
				rare = float32(math.Log(1 + float64(len(members))/float64(having[id])))
			}
			if having[id] < len(members) && rare > 0 {
				x.name, x.rare = append(x.name, id), append(x.rare, rare)
				x.proper = append(x.proper, proper[id])
			}
		}
	}
}

// inOrder gives the words by their letters: their numbers depend on what was published
// before, and every node shall sum up alike.
func (s *snapshot) inOrder(words map[wordID]bool) []wordID {
	return slices.SortedFunc(maps.Keys(words), func(a, b wordID) int {
		return strings.Compare(s.vocab.forms[a].Text, s.vocab.forms[b].Text)
	})
}

// namesOf gives the name in the gap, and of it what is proper to it, without the words
// before that tell what kind of thing it is of. They are no part of the name when it is
// known without: "thành phố Sầm Sơn" is called "Sầm Sơn", and no other is. But "Thanh
// Hóa" may be the province as well, and each of its words is in other names.
func (s *snapshot) namesOf(g gap, having map[wordID]int) (name, proper map[wordID]bool) {
	words := s.indexed[g.entry].asked[0].words
	rest := g
	for rest.to-rest.from > 2 && having[words[rest.from].word] > 1 {
		rest.from++
	}
	proper = s.nameOf(rest)
	for id := range proper {
		if having[id] == 1 {
			return proper, proper
		}
	}
	return s.nameOf(g), proper
}

func (s *snapshot) nameOf(g gap) map[wordID]bool {
	name := map[wordID]bool{}
	for _, o := range s.indexed[g.entry].asked[0].words[g.from:g.to] {
		name[o.word] = true
	}
	return name
}

// named tells, from 0 to 1, how far the question has the name that tells x from its
// siblings, by ear at least, and how well it spells it. An entry without siblings
// needs no name.
func (x *indexed) named(c *scratch) (heard, spelled float32) {
	if x.family < 0 || len(x.name) == 0 {
		return 1, 1
	}
	var all, proper, heardProper float32
	for i, id := range x.name {
		s := c.strengthOf(id)
		spelled += s * x.rare[i]
		if s >= ranking.sound {
			s = 1
		}
		heard += s * x.rare[i]
		all += x.rare[i]
		if x.proper[i] {
			heardProper += s * x.rare[i]
			proper += x.rare[i]
		}
	}
	if proper > 0 { // "thành phố" alone names none
		heard = min(heard, all*heardProper/proper)
	}
	return heard / all, spelled / all
}

// toldApart reports whether the message names this one of the siblings and no other.
// Of two it may name by ear, the one that is spelled out is meant: in a long story some
// word sounds like every name.
func toldApart(ranked []scored, i int) bool {
	r := ranked[i]
	if r.named < namedEnough || r.spelled < spelledEnough {
		return false
	}
	for j, o := range ranked {
		if j != i && o.x.family == r.x.family && o.named >= r.named && o.spelled > r.spelled-spelledBetter {
			return false
		}
	}
	return true
}

// namesSibling reports whether the message names one sibling of this one, or itself.
func namesSibling(ranked []scored, i int) bool {
	for j, o := range ranked {
		if o.x.family == ranked[i].x.family && toldApart(ranked, j) {
			return true
		}
	}
	return false
}
