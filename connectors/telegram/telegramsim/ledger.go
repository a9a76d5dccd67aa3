package telegramsim

import (
	"slices"
	"time"
)

// Call is one call of the hub and what it was answered.
type Call struct {
	At          time.Time `json:"at"`
	Method      string    `json:"method"`
	Chat        int64     `json:"chat,omitempty"`
	Messages    []int64   `json:"messages,omitempty"` // ids, when some were made
	Text        string    `json:"text,omitempty"`
	Kind        Kind      `json:"kind,omitempty"`
	Code        int       `json:"code,omitempty"` // of a refusal
	Description string    `json:"description,omitempty"`
	Answered    bool      `json:"answered,omitempty"` // it stood in the answer of a webhook
	Cut         bool      `json:"cut,omitempty"`      // the caller did not get the whole answer
	Made        bool      `json:"made,omitempty"`     // a fault made the answer up; nothing was done
}

// Ledger is everything that was sent and received, in order.
type Ledger struct {
	Updates []Update `json:"updates"`
	Calls   []Call   `json:"calls"`
}

// Ledger returns a copy of what happened so far.
func (s *Sim) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Ledger{Calls: slices.Clone(s.calls)}
	for _, u := range s.updates {
		copied := *u
		copied.Tries = slices.Clone(u.Tries)
		l.Updates = append(l.Updates, copied)
	}
	return l
}

// Progress tells how many messages of the hub were accepted so far, when the last
// of them was, and how many updates still wait to be taken.
func (s *Sim) Progress() (taken int, last time.Time, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken, s.last, len(s.pending)
}

// Waiting counts the updates that still wait to be taken.
func (s *Sim) Waiting() int {
	_, _, waiting := s.Progress()
	return waiting
}

// CallsOf are the calls of a method, in order.
func (l Ledger) CallsOf(method string) (all []Call) {
	for _, c := range l.Calls {
		if c.Method == method {
			all = append(all, c)
		}
	}
	return all
}
