package postgres

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tongdai/inbox"
)

// toldEvent is an event as a follower was told of it.
type toldEvent struct {
	Seq          inbox.Seq
	Kind         inbox.EventKind
	Conversation inbox.ConversationID
	Message      inbox.MessageID
}

// leg is what a follower was told from when it came until it left.
type leg struct {
	Follower int
	After    inbox.Seq // by which it resumed
	Events   []toldEvent
}

// entry is one thing that a writer wrote down.
type entry struct {
	Conversation inbox.ConversationID
	Message      inbox.MessageID
	Place        uint64 // in the conversation, from 1
	More         int    // events beside the one that tells of the message
	Failed       bool   // it must not be there
}

// books are what writers and followers did, from event Base to event Last.
type books struct {
	Base, Last inbox.Seq

	mu      sync.Mutex
	Entries []entry
	Legs    []leg
}

func (b *books) wrote(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Entries = append(b.Entries, e)
}

func (b *books) followed(l leg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Legs = append(b.Legs, l)
}

// problems weighs I7: each follower was told of every number once and in
// order, all were told the same, and what they were told is what was written,
// that of one conversation in the order of writing.
func (b *books) problems() (all []string) {
	bad := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	events := make(map[inbox.Seq]toldEvent)
	seen := make(map[int]map[inbox.Seq]bool) // by follower
	for _, l := range b.Legs {
		last := l.After
		for _, e := range l.Events {
			switch {
			case e.Seq > last+1:
				bad("follower %d, who resumed after %d, was told of %d after %d: what is between was skipped", l.Follower, l.After, e.Seq, last)
			case e.Seq <= last:
				bad("follower %d, who resumed after %d, was told of %d after %d: out of order, or twice", l.Follower, l.After, e.Seq, last)
			}
			last = e.Seq
			if first, known := events[e.Seq]; known && first != e {
				bad("event %d is %v for one follower and %v for another, or later", e.Seq, first, e)
			}
			events[e.Seq] = e
			if seen[l.Follower] == nil {
				seen[l.Follower] = make(map[inbox.Seq]bool)
			}
			seen[l.Follower][e.Seq] = true
		}
	}
	for _, follower := range slices.Sorted(maps.Keys(seen)) {
		for n := b.Base + 1; n <= b.Last; n++ {
			if !seen[follower][n] {
				bad("follower %d was never told of %d", follower, n)
			}
		}
	}
	return append(all, b.content(events)...)
}

// content compares what was told with what was written.
func (b *books) content(events map[inbox.Seq]toldEvent) (all []string) {
	bad := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	of := make(map[inbox.MessageID]entry)
	for _, e := range b.Entries {
		of[e.Message] = e
	}
	added, more := make(map[inbox.MessageID]int), make(map[inbox.MessageID]int)
	place := make(map[inbox.ConversationID]uint64)
	for _, n := range slices.Sorted(maps.Keys(events)) {
		e := events[n]
		written, known := of[e.Message]
		switch {
		case !known || written.Failed:
			bad("event %d tells of message %q, which nobody wrote", n, e.Message)
			continue
		case e.Kind != inbox.MessageAdded:
			more[e.Message]++
			continue
		}
		added[e.Message]++
		if written.Place <= place[e.Conversation] {
			bad("event %d tells of place %d in %s after place %d", n, written.Place, e.Conversation, place[e.Conversation])
		}
		place[e.Conversation] = written.Place
	}
	for _, e := range b.Entries {
		if !e.Failed && (added[e.Message] != 1 || more[e.Message] != e.More) {
			bad("message %s was written with 1 and %d events, and is told of by %d and %d", e.Message, e.More, added[e.Message], more[e.Message])
		}
	}
	return all
}

// keep writes the books where they outlive the test.
func (b *books) keep(t *testing.T) string {
	folder, err := os.MkdirTemp("", "tongdai-followers-")
	if err != nil {
		t.Error(err)
		return ""
	}
	data, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		t.Error(err)
	}
	path := filepath.Join(folder, "books.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Error(err)
	}
	return path
}

// The checker can fail: every way in which a log of events may be wrong.
func TestTheBooksOfFollowersShowEveryFault(t *testing.T) {
	event := func(n inbox.Seq, message inbox.MessageID) toldEvent {
		return toldEvent{n, inbox.MessageAdded, "c", message}
	}
	for _, tt := range []struct {
		name  string
		spoil func(b *books)
		want  string // empty: nothing is wrong
	}{
		{"nothing", func(*books) {}, ""},
		{"a number is skipped", func(b *books) { b.Legs[0].Events = slices.Delete(b.Legs[0].Events, 1, 2) }, "was skipped"},
		{"a number comes twice", func(b *books) { b.Legs[0].Events = slices.Insert(b.Legs[0].Events, 1, b.Legs[0].Events[0]) }, "or twice"},
		{"resuming begins one too far", func(b *books) { b.Legs[1].Events = b.Legs[1].Events[1:] }, "was skipped"},
		{"one never comes to the end", func(b *books) { b.Legs[1].Events = b.Legs[1].Events[:1] }, "never told of 6"},
		{"an event changes", func(b *books) { b.Legs[1].Events[0].Message = "m1" }, "or later"},
		{"an event is lost", func(b *books) { b.Entries = append(b.Entries, entry{"c", "m9", 9, 0, false}) }, "m9 was written"},
		{"an event is invented", func(b *books) { b.Entries = b.Entries[:2] }, "nobody wrote"},
		{"what failed is told", func(b *books) { b.Entries[0].Failed = true }, "nobody wrote"},
		{"a conversation goes backwards", func(b *books) { b.Entries[0].Place = 9 }, "after place 9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := []toldEvent{event(4, "m1"), event(5, "m2"), event(6, "m3")}
			b := &books{Base: 3, Last: 6, Entries: []entry{{"c", "m1", 1, 0, false}, {"c", "m2", 2, 0, false}, {"c", "m3", 3, 0, false}}}
			b.Legs = []leg{{0, 3, slices.Clone(all)}, {1, 4, slices.Clone(all[1:])}, {1, 3, slices.Clone(all[:2])}}
			tt.spoil(b)
			got := strings.Join(b.problems(), "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("the books tell %q, want %q", got, tt.want)
			}
		})
	}
}
