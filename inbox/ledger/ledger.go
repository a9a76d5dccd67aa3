// Package ledger keeps the books by which the hub is judged after it was
// killed, cut off and drowned: a Journal of what the simulators sent and were
// answered, and received and answered; and what the hub shows of it through its
// public API (Desk, Watcher). Evidence puts them side by side and tells
// everything in which they contradict each other, by the invariants that
// docs/robustness.md lists:
//
//	I1  what was acknowledged is there, with the same words
//	I2  nothing is there twice, and nothing that nobody said
//	I3  what was not acknowledged is absent or there once
//	I4  everybody is shown the same order, and it is that of saying
//	I5  what could not be understood is in the quarantine
//	I6  what was to leave has left, as often as it may, or is shown as failed
//	I7  who watches saw every event, once
//	I8  the bot answered each message at most once
//	I9  every answer of a member is on record
//
// The package knows no type of the hub and never looks into a store, so it
// cannot share their mistakes.
package ledger

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Item is one thing that a citizen said.
type Item struct {
	Channel string
	Person  string // as the platform knows them; no two in a channel share it
	Key     string // which the platform repeats when it sends the item again
	// Text is what is said, and by what it is found again: no other item of the
	// channel has the same. Of a Broken one it is the whole body.
	Text string
	// Broken: what was sent cannot be understood, and belongs in the quarantine.
	Broken bool
	// Round puts what one person says in order: items of a round were all
	// acknowledged before the next round began.
	Round int

	Sent  int // how often it was sent
	Acked int // how often that was acknowledged
}

// Call is one message that the hub handed to a platform.
type Call struct {
	Channel string
	To      string
	Key     string // the hub's, the same for a copy
	Text    string
	Taken   bool // the citizen has it: it was not refused
	Cut     bool // the hub was gone before it could be answered

	Node      string // which called, where it says so
	At, Ended time.Time
}

// Copies are the calls by which each message reached a platform, by the hub's
// key of the message.
func (j *Journal) Copies() map[string][]Call {
	j.mu.Lock()
	defer j.mu.Unlock()
	copies := map[string][]Call{}
	for _, c := range j.calls {
		if c.Taken {
			copies[c.Key] = append(copies[c.Key], c)
		}
	}
	return copies
}

// Reply is what a member answered to a citizen.
type Reply struct {
	Conversation string
	Key          string
	Text         string // no other reply has the same
	Sent         int
	Acked        bool
}

// Journal is what the simulators did. Its methods may be called at the same time.
type Journal struct {
	mu      sync.Mutex
	items   []*Item
	calls   []Call
	replies []*Reply
}

// Said enters what is about to be sent; Sent and Acked of it are kept by Answer.
func (j *Journal) Said(item Item) *Item {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := &item
	j.items = append(j.items, kept)
	return kept
}

// Answer enters that an item was sent once, and whether that was acknowledged.
func (j *Journal) Answer(item *Item, acked bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	item.Sent++
	if acked {
		item.Acked++
	}
}

// Called enters a message that the hub handed to a platform.
func (j *Journal) Called(c Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls = append(j.calls, c)
}

// Replied enters an answer that is about to be sent; see Reanswer.
func (j *Journal) Replied(r Reply) *Reply {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := &r
	j.replies = append(j.replies, kept)
	return kept
}

// Reanswer enters that a reply was sent once, and whether that was acknowledged.
func (j *Journal) Reanswer(r *Reply, acked bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r.Sent++
	r.Acked = r.Acked || acked
}

// Totals are figures of a journal.
type Totals struct {
	Items   int // acknowledged
	Resent  int // times that an item was sent after its first
	Calls   int // taken by platforms
	Replies int // acknowledged
}

// Totals counts what was done so far.
func (j *Journal) Totals() (n Totals) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, item := range j.items {
		if item.Acked > 0 {
			n.Items++
		}
		n.Resent += max(item.Sent-1, 0)
	}
	for _, c := range j.calls {
		if c.Taken {
			n.Calls++
		}
	}
	for _, r := range j.replies {
		if r.Acked {
			n.Replies++
		}
	}
	return n
}

// Items returns what was said, in the order of the first sending.
func (j *Journal) Items() []Item {
	j.mu.Lock()
	defer j.mu.Unlock()
	return values(j.items)
}

// Copy is the journal as it is now. A later change of j does not change it.
func (j *Journal) Copy() *Journal {
	items, calls, replies := j.snapshot()
	return &Journal{items: pointers(items), calls: calls, replies: pointers(replies)}
}

// AckedBy is what j has of what citizens and members said, of which as much
// counts as acknowledged as before has, an earlier Copy of j. By it a hub is
// judged that has come back from a moment between the two: what was acknowledged
// before must be there, what was said since may be.
func (j *Journal) AckedBy(before *Journal) *Journal {
	now, then := j.Copy(), before.Copy()
	for i, item := range now.items {
		item.Acked = 0
		if i < len(then.items) {
			item.Acked = then.items[i].Acked
		}
	}
	for i, reply := range now.replies {
		reply.Acked = i < len(then.replies) && then.replies[i].Acked
	}
	return now
}

// Entries are what was said as the journal has it, for a sender who sends some of
// it again and enters that by Answer.
func (j *Journal) Entries() []*Item {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.items)
}

func (j *Journal) snapshot() (items []Item, calls []Call, replies []Reply) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return values(j.items), slices.Clone(j.calls), values(j.replies)
}

func values[T any](from []*T) []T {
	out := make([]T, len(from))
	for i, v := range from {
		out[i] = *v
	}
	return out
}

func pointers[T any](to []T) []*T {
	out := make([]*T, len(to))
	for i := range to {
		out[i] = &to[i]
	}
	return out
}

// Keep writes everything that was weighed into a folder, a file of JSON for
// each book, so that a failure can be understood later.
func (e Evidence) Keep(folder string) error {
	items, calls, replies := e.Journal.snapshot()
	var errs []error
	for name, book := range map[string]any{
		"said": items, "calls": calls, "replies": replies,
		"shown": e.Shown, "visits": e.Visits, "watched": e.Watched,
	} {
		data, err := json.MarshalIndent(book, "", " ")
		errs = append(errs, err, os.WriteFile(filepath.Join(folder, name+".json"), data, 0o600))
	}
	return errors.Join(errs...)
}
