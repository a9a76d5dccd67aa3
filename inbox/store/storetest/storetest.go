// Package storetest holds what every inbox.Store promises, as tests. A store's
// own test is one call of Run with a Harness that opens a fresh, empty store.
//
// The suite knows nothing of how a store works: whatever it asks, it asks
// through inbox.Store; only to damage a record it asks the Harness. What only one
// store does (its files, its locks) is tested beside that store.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// Harness opens the stores under test.
type Harness struct {
	// Open opens a fresh, empty store that measures by now. The test closes it;
	// Close may be called again by a cleanup.
	Open func(t *testing.T, now func() time.Time) inbox.Store
	// Reopen closes s and opens what it kept, as the next process would.
	Reopen func(t *testing.T, s inbox.Store, now func() time.Time) inbox.Store
	// Spoil flips a bit of a record where it lies, behind the back of s.
	Spoil func(t *testing.T, s inbox.Store, what Spoilt)
	// Briefly leaves out lists and records, which are tried on the same store
	// elsewhere, and keeps to what depends on connections.
	Briefly bool
}

// Run holds a store to the contract.
func Run(t *testing.T, h Harness) {
	for _, group := range []struct {
		name  string
		tests []test
		brief bool
	}{
		{"transactions", transactionTests, true},
		{"conversations", conversationTests, false},
		{"messages", messageTests, false},
		{"tasks", taskTests, true},
		{"events", eventTests, true},
		{"people", peopleTests, false},
		{"records", recordTests, false},
		{"knowledge", knowledgeTests, false},
		{"papers", paperTests, false},
		{"damage", damageTests, false},
	} {
		if h.Briefly && !group.brief {
			continue
		}
		t.Run(group.name, func(t *testing.T) {
			for _, tt := range group.tests {
				t.Run(tt.name, func(t *testing.T) { tt.run(start(t, h)) })
			}
		})
	}
}

type test struct {
	name string
	run  func(b *bench)
}

// bench is a store with its clock, and the test that it is under.
type bench struct {
	*testing.T
	inbox.Store
	harness Harness
	clock   *clock
}

// morning is when every test begins.
var morning = time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)

func start(t *testing.T, h Harness) *bench {
	t.Helper()
	c := &clock{now: morning}
	b := &bench{T: t, harness: h, clock: c, Store: h.Open(t, c.Now)}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// Context is the test's; it settles which of the two embedded ones is meant.
func (b *bench) ctx() context.Context { return b.T.Context() }

// reopen goes on with what was kept.
func (b *bench) reopen() {
	b.Helper()
	b.Store = b.harness.Reopen(b.T, b.Store, b.clock.Now)
}

// write runs fn in an Update that must succeed.
func (b *bench) write(fn func(tx inbox.Writer) error) {
	b.Helper()
	if err := b.Update(b.ctx(), fn); err != nil {
		b.Fatalf("Update: %v", err)
	}
}

// read runs fn in a View that must succeed.
func (b *bench) read(fn func(tx inbox.Reader) error) {
	b.Helper()
	if err := b.View(b.ctx(), fn); err != nil {
		b.Fatalf("View: %v", err)
	}
}

// refused runs fn in an Update that must fail with want.
func (b *bench) refused(want error, fn func(tx inbox.Writer) error) {
	b.Helper()
	if err := b.Update(b.ctx(), fn); !errors.Is(err, want) {
		b.Errorf("Update = %v, want %v", err, want)
	}
}

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// inParallel runs fn n times at once and waits for all.
func inParallel(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

// somebody is a conversation as Receive would begin it.
func somebody(id inbox.ConversationID) inbox.Conversation {
	return inbox.Conversation{
		ID: id, Code: "TH-" + string(id), Contact: inbox.ContactID("contact-" + id), Channel: "web",
		Remote: connectors.RemoteID("visitor-" + id), Status: inbox.Open, Handler: inbox.ByBot,
		CreatedAt: morning, LastAt: morning,
	}
}

// begin writes a new conversation.
func (b *bench) begin(c inbox.Conversation) inbox.Conversation {
	b.Helper()
	b.write(func(tx inbox.Writer) (err error) {
		c.Version = 0
		c, err = tx.PutConversation(c)
		return err
	})
	return c
}

// ids names what was found, for comparing.
func ids[T any](all []T, id func(T) string) string {
	var names []string
	for _, one := range all {
		names = append(names, id(one))
	}
	return fmt.Sprint(names)
}

func conversationID(c inbox.Conversation) string { return string(c.ID) }

func messageID(m inbox.Message) string { return string(m.ID) }

// equal compares what a user would see.
func equal[T comparable](b *bench, what string, got, want T) {
	b.Helper()
	if got != want {
		b.Errorf("%s: got %v, want %v", what, got, want)
	}
}
