package email

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// bookmark is where we stand in a folder. A UID means something only together with
// the UIDVALIDITY under which it was given (RFC 9051, 2.3.1.1).
type bookmark struct {
	Validity uint32 `json:"validity"`
	// Last is the UID up to which everything has been taken.
	Last uint32 `json:"last"`
	// Done are what has been taken beyond Last, as ranges: letters that failed are
	// left behind, and some are taken before their turn.
	Done []span `json:"done,omitempty"`
	// Failed counts the tries of letters that failed.
	Failed map[uint32]int `json:"failed,omitempty"`
	// Since is when the folder was first looked at, or the day that was chosen then. Of
	// the letters up to Old, which lay there already when the counting began, older
	// ones stay outside; those that come later are taken whatever the server's clock.
	Since time.Time `json:"since"`
	Old   uint32    `json:"old,omitempty"`
}

type span [2]uint32

func (s span) holds(uid uint32) bool { return s[0] <= uid && uid <= s[1] }

func readBookmark(value []byte) (b bookmark, err error) {
	if err := json.Unmarshal(value, &b); err != nil {
		return b, fmt.Errorf("bookmark of the mailbox: %w", err)
	}
	return b, nil
}

// took reports whether the letter with that UID was taken.
func (b bookmark) took(uid uint32) bool {
	return uid <= b.Last || slices.ContainsFunc(b.Done, func(s span) bool { return s.holds(uid) })
}

// progress is a bookmark that moves. Several letters are taken at the same time:
// each carries the bookmark of all that is kept for sure, and of itself.
type progress struct {
	mu     sync.Mutex
	at     bookmark
	known  []uint32 // that the server has beyond at.Last, ascending
	done   []span   // places in known that have been taken
	places map[uint32]int
}

func newProgress(b bookmark) *progress { return &progress{at: b, places: map[uint32]int{}} }

// found adds UIDs that the server has, ascending and beyond all that are known.
func (p *progress) found(uids []uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, uid := range uids {
		if uid <= p.at.Last || len(p.known) > 0 && uid <= p.known[len(p.known)-1] {
			continue
		}
		p.places[uid] = len(p.known)
		p.known = append(p.known, uid)
		if p.at.took(uid) {
			p.done = with(p.done, uint32(len(p.known)-1))
		}
	}
}

// highest is the highest UID that is known or taken.
func (p *progress) highest() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) > 0 {
		return p.known[len(p.known)-1]
	}
	return p.at.Last
}

// left are the UIDs still to be taken, ascending.
func (p *progress) left() (all []uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := 0
	for _, s := range p.done {
		all = append(all, p.known[next:s[0]]...)
		next = int(s[1]) + 1
	}
	return append(all, p.known[next:]...)
}

// value is the bookmark as it will be once uid is taken; uid 0: as it is.
func (p *progress) value(uid uint32) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.encoded(uid)
}

func (p *progress) encoded(uid uint32) []byte {
	b, done := p.at, p.done
	if place, ok := p.places[uid]; ok {
		done = with(slices.Clone(done), uint32(place))
	}
	b.Done = nil
	for _, s := range done {
		if s[0] == 0 {
			b.Last = p.known[s[1]]
			continue
		}
		b.Done = append(b.Done, span{p.known[s[0]], p.known[s[1]]})
	}
	if b.Failed = maps.Clone(b.Failed); b.Failed != nil {
		delete(b.Failed, uid)
	}
	value, err := json.Marshal(b)
	if err != nil {
		panic(err) // of numbers and a time
	}
	return value
}

// take notes that uid has been kept, with its bookmark, or is no more.
func (p *progress) take(uid uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if place, ok := p.places[uid]; ok {
		p.done = with(p.done, uint32(place))
	}
	delete(p.at.Failed, uid)
}

// fail counts a try of uid that failed, and returns how many there were.
func (p *progress) fail(uid uint32) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at.Failed == nil {
		p.at.Failed = map[uint32]int{}
	}
	p.at.Failed[uid]++
	return p.at.Failed[uid]
}

// with adds n to spans, which are ascending and apart.
func with(spans []span, n uint32) []span {
	i, found := slices.BinarySearchFunc(spans, n, func(s span, n uint32) int {
		switch {
		case s.holds(n):
			return 0
		case s[0] > n:
			return 1
		}
		return -1
	})
	if found {
		return spans
	}
	joinsBefore := i > 0 && spans[i-1][1]+1 == n
	joinsAfter := i < len(spans) && spans[i][0] == n+1
	switch {
	case joinsBefore && joinsAfter:
		spans[i-1][1] = spans[i][1]
		return slices.Delete(spans, i, i+1)
	case joinsBefore:
		spans[i-1][1] = n
		return spans
	case joinsAfter:
		spans[i][0] = n
		return spans
	}
	return slices.Insert(spans, i, span{n, n})
}
