package kb

// posting is one entry that has a word or speaks of a concept, and where.
type posting uint32

// Where an entry has it; the number of the entry stands above these bits.
const (
	inQuestion posting = 1 << iota // in a wording of its question
	inAnswer
	placeBits = iota
	anywhere  = inQuestion | inAnswer
)

func (p posting) entry() int32   { return int32(p >> placeBits) }
func (p posting) where() posting { return p & anywhere }

// postings tell of each word and of each concept which entries have it, in order of
// the entries. All lists lie in one run of memory: at 100,000 entries there are
// millions of them, which the garbage collector need not look through.
type postings struct {
	words, concepts postingLists
}

type postingLists struct {
	start []int32 // of the list of each number; the next one's is its end
	all   []posting
}

func (l *postingLists) of(number int) []posting { return l.all[l.start[number]:l.start[number+1]] }

// postingCounter collects the lists in two passes over the entries: count, then fill.
type postingCounter struct {
	lists postingLists
	last  []posting // by number: the last entry that was noted, with where
	fill  []int32   // by number: where the next posting goes; nil while counting
}

func newPostingCounter(numbers int) *postingCounter {
	return &postingCounter{lists: postingLists{start: make([]int32, numbers+1)}, last: make([]posting, numbers)}
}

// note says that the entry has the number there. Entries come in order.
func (p *postingCounter) note(number int, entry int32, where posting) {
	this := posting(entry+1)<<placeBits | where // from 1, so that 0 is no entry
	known := p.last[number]
	switch {
	case known>>placeBits != this>>placeBits:
		p.last[number] = this
		if p.fill == nil {
			p.lists.start[number+1]++
			return
		}
		p.lists.all[p.fill[number]] = posting(entry)<<placeBits | where
		p.fill[number]++
	case known&where == 0:
		p.last[number] |= where
		if p.fill != nil {
			p.lists.all[p.fill[number]-1] |= where
		}
	}
}

// counted turns from counting to filling.
func (p *postingCounter) counted() {
	for i := 1; i < len(p.lists.start); i++ {
		p.lists.start[i] += p.lists.start[i-1]
	}
	p.lists.all = make([]posting, p.lists.start[len(p.lists.start)-1])
	p.fill = append([]int32(nil), p.lists.start[:len(p.lists.start)-1]...)
	clear(p.last)
}

// post makes the postings of all entries.
func (s *snapshot) post() {
	words, groups := newPostingCounter(len(s.vocab.forms)), newPostingCounter(concepts)
	note := func(u *unit, entry int32, where posting) {
		for _, o := range u.words {
			if o.first {
				words.note(int(o.word), entry, where)
			}
		}
		for _, sp := range u.concepts {
			groups.note(sp.concept, entry, where)
		}
	}
	pass := func() {
		for i, x := range s.indexed {
			for k := range x.asked {
				note(&x.asked[k], int32(i), inQuestion)
			}
			note(&x.answer, int32(i), inAnswer)
		}
	}
	pass()
	words.counted()
	groups.counted()
	pass()
	s.postings = postings{words.lists, groups.lists}
}
