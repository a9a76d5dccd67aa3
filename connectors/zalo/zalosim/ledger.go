package zalosim

import (
	"slices"
	"time"

	"tongdai/connectors/simulator"
)

// Event is one webhook event and what came of it.
type Event struct {
	Number  int       `json:"number"` // in the order in which they happened
	Name    string    `json:"name"`
	OA      string    `json:"oa"`
	User    string    `json:"user"`
	Message string    `json:"message,omitempty"` // id
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at"`
	Body    []byte    `json:"-"`
	simulator.Delivery

	signature string
}

// Try is one delivery of an Event.
type Try = simulator.Try

// Call is one request of the hub and what it was answered.
type Call struct {
	At       time.Time `json:"at"`
	Endpoint Endpoint  `json:"endpoint"`
	OA       string    `json:"oa,omitempty"`
	User     string    `json:"user,omitempty"`
	Message  string    `json:"message,omitempty"` // id, when one was accepted
	Text     string    `json:"text,omitempty"`
	Kind     Kind      `json:"kind,omitempty"`
	Code     int       `json:"code"`           // the error inside the answer
	Status   int       `json:"status"`         // 0: cut off before an answer
	Cut      bool      `json:"cut,omitempty"`  // the caller did not get the whole answer
	Made     bool      `json:"made,omitempty"` // a fault made the answer up; nothing was done
}

// Ledger is everything that was sent and received, in order.
type Ledger struct {
	Events []Event `json:"events"`
	Calls  []Call  `json:"calls"`
	Tokens Tokens  `json:"tokens"`
	// Disabled: the platform gave the webhook up after the last resend failed.
	Disabled bool `json:"disabled"`
}

// Ledger returns a copy of what happened so far.
func (s *Sim) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Ledger{Calls: slices.Clone(s.calls), Tokens: s.tokens.count, Disabled: s.disabled}
	for _, e := range s.events {
		copied := *e
		copied.Tries = slices.Clone(e.Tries)
		l.Events = append(l.Events, copied)
	}
	return l
}

// Progress tells how many messages of the hub were accepted so far, when the last
// of them was, and how many events still wait for an acknowledgement.
func (s *Sim) Progress() (taken int, last time.Time, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.Message != "" {
			taken, last = taken+1, c.At
		}
	}
	return taken, last, simulator.Waiting(s.events)
}

// Sent returns the messages the hub sent to the citizen and the platform
// accepted, in order, whatever their sender was told.
func (l Ledger) Sent(oa, user string) []Call {
	var sent []Call
	for _, c := range l.Calls {
		if c.Message != "" && c.OA == oa && c.User == user {
			sent = append(sent, c)
		}
	}
	return sent
}

// Waiting counts the events that are neither acknowledged nor given up.
func (l Ledger) Waiting() int { return simulator.Waiting(l.Events) }
