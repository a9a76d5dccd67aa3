package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"tongdai/kb"
)

const (
	// feedBatch of events, at most, are brought into the index at a time, and
	// so are feedPage conversations of those it has not read yet.
	feedBatch = 4000
	feedPage  = 100
	// feedLinger is how long more events are waited for; found is what was said
	// so long ago. While many come, busyLinger: every write makes a segment of the
	// index, which has to be merged with others, and few large ones cost a
	// fraction of many small ones.
	feedLinger = 200 * time.Millisecond
	busyLinger = time.Second
	busyBatch  = 100
	// stampsKept of conversations are known without asking the index.
	stampsKept = 20_000
	// feedTries is how often in a row the index may fail before it is made anew.
	feedTries = 3
)

// keepIndex feeds the index of messages: each node its own, and one node the one
// that all of them search.
func (h *Hub) keepIndex(ctx context.Context) error {
	if h.index.Shared() {
		return h.Alone(ctx, "search", h.feedIndex)
	}
	return h.feedIndex(ctx)
}

// feedIndex keeps the index of messages up with the store until ctx ends. An
// index that keeps failing is emptied and read in again.
func (h *Hub) feedIndex(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; {
		f := &indexFeed{store: h.store, index: h.index, reached: &h.fed, stamps: map[ConversationID]string{}}
		if !h.index.Shared() {
			f.disk = h.disk
		}
		if !f.room(ctx) {
			return nil
		}
		begun := time.Now()
		err := guarded(func() error { return f.run(ctx) })
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrGone):
			h.log.InfoContext(ctx, "the index of messages has missed events and is read in again")
			err = h.index.Reset(ctx)
		case errors.Is(err, ErrStale):
			h.log.InfoContext(ctx, "somebody else has fed the index of messages; it is gone on from there")
		default:
			h.log.WarnContext(ctx, "the index of messages could not be fed and is tried again", "err", err)
			if time.Since(begun) > longestPause {
				failures = 0 // it had worked for long
			}
			if failures++; failures >= feedTries && !errors.Is(err, ErrUnavailable) {
				failures = 0
				err = h.index.Reset(ctx)
			}
		}
		if err != nil {
			pause(ctx, nil, time.Second)
		}
	}
	return nil
}

// indexFeed brings one index up to the store and keeps it there.
type indexFeed struct {
	store   Store
	index   MessageIndex
	state   IndexState
	disk    *Disk                     // that the index lies on; nil: none of ours
	reached *atomic.Uint64            // number of the last event that was dealt with
	stamps  map[ConversationID]string // of some conversations, as the index has them
	busy    bool                      // many events came last
}

// run follows the event log from where the index stands. What was there before
// is read in between, the newest first, so that the index never lags behind
// while it is made.
func (f *indexFeed) run(ctx context.Context) (err error) {
	if f.state, err = f.index.State(ctx); err != nil {
		return err
	}
	if f.state == (IndexState{}) {
		if err := f.begin(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.reached.Store(uint64(f.state.Seq))
	defer f.reached.Store(0)
	events := make(chan followed, feedBatch)
	go follow(ctx, f.store, f.state.Seq, events)
	for {
		batch, err := f.take(ctx, events)
		if err != nil {
			return err
		}
		if err := f.apply(ctx, batch); err != nil {
			return err
		}
		if n := len(batch); n > 0 {
			f.reached.Store(uint64(batch[n-1].Seq))
		}
		if f.state.Complete {
			continue
		}
		if err := f.readOlder(ctx); err != nil {
			return err
		}
	}
}

// begin notes from which event on the log is to be followed.
func (f *indexFeed) begin(ctx context.Context) error {
	var last Seq
	if err := f.store.View(ctx, func(tx Reader) (err error) {
		last, err = tx.LastEvent()
		return err
	}); err != nil {
		return err
	}
	return f.put(ctx, IndexState{Seq: last}, nil)
}

// room waits while the disk takes no files, or ctx ends: what is left there is for
// words, and the index can be made from those.
func (f *indexFeed) room(ctx context.Context) bool {
	for f.disk.Files() != nil {
		if !pause(ctx, nil, lookOften) {
			return false
		}
	}
	return ctx.Err() == nil
}

func (f *indexFeed) put(ctx context.Context, now IndexState, changes []Indexed) error {
	if !f.room(ctx) {
		return ctx.Err()
	}
	// gofail: var searchBeforePut string
	// return errors.New(searchBeforePut)
	if err := f.index.Put(ctx, f.state, now, changes); err != nil {
		return err
	}
	f.state = now
	for _, c := range changes {
		f.stamps[c.Conversation] = c.Stamp
	}
	return nil
}

// learnStamps asks the index how it knows conversations that were not heard of lately.
func (f *indexFeed) learnStamps(ctx context.Context, of []ConversationID) error {
	if len(f.stamps) > stampsKept {
		clear(f.stamps)
	}
	unknown := slices.DeleteFunc(slices.Clone(of), func(id ConversationID) bool { _, known := f.stamps[id]; return known })
	if len(unknown) == 0 {
		return nil
	}
	stamps, err := f.index.Stamps(ctx, unknown)
	maps.Copy(f.stamps, stamps)
	return err
}

type followed struct {
	Event
	err error
}

// follow hands on what Follow yields, until ctx ends or Follow does.
func follow(ctx context.Context, store Store, after Seq, to chan<- followed) {
	defer close(to)
	for e, err := range store.Follow(ctx, after) {
		select {
		case to <- followed{e, err}:
		case <-ctx.Done():
			return
		}
	}
}

// take returns events that have come. Where nothing else is to be done, it
// waits for one, and a moment for others.
func (f *indexFeed) take(ctx context.Context, from <-chan followed) (batch []Event, err error) {
	defer func() { f.busy = len(batch) >= busyBatch }()
	for len(batch) < feedBatch {
		var next followed
		var open bool
		if f.state.Complete && len(batch) == 0 {
			select {
			case next, open = <-from:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			pause(ctx, nil, f.linger())
		} else {
			select {
			case next, open = <-from:
			default:
				return batch, nil
			}
		}
		if !open { // ctx has ended, or the store is closed
			return nil, cmp.Or(ctx.Err(), ErrUnavailable)
		}
		if next.err != nil {
			return nil, next.err
		}
		batch = append(batch, next.Event)
	}
	return batch, nil
}

func (f *indexFeed) linger() time.Duration {
	if f.busy {
		return busyLinger
	}
	return feedLinger
}

// apply brings what the events concern into the index, as it is in the store
// by now. Events of nothing that is found are passed over without a write: the
// next write takes their numbers along.
func (f *indexFeed) apply(ctx context.Context, events []Event) error {
	touched := map[ConversationID][]MessageID{}
	var ids []ConversationID
	var said []MessageID
	for _, e := range events {
		if e.Conversation == "" {
			continue
		}
		messages, known := touched[e.Conversation]
		if !known {
			ids = append(ids, e.Conversation)
		}
		if e.Message != "" && !slices.Contains(messages, e.Message) {
			messages = append(messages, e.Message)
			said = append(said, e.Message)
		}
		touched[e.Conversation] = messages
	}
	if len(ids) == 0 {
		return nil
	}
	if err := f.learnStamps(ctx, ids); err != nil {
		return err
	}
	var changes []Indexed
	if err := f.store.View(ctx, func(tx Reader) error {
		changes = changes[:0]
		if err := tx.Prefetch(ids, said); err != nil {
			return err
		}
		for _, id := range ids {
			change, err := indexedOf(tx, id, f.stamps[id], touched[id])
			if err != nil {
				return err
			}
			if change.Whole || len(change.Documents) > 0 {
				changes = append(changes, change)
			}
		}
		return nil
	}); err != nil || len(changes) == 0 {
		return err
	}
	now := f.state
	now.Seq = events[len(events)-1].Seq
	return f.put(ctx, now, changes)
}

// indexedOf is what the index must be told of a conversation that it knows by
// stamp: the messages named, or everything where the stamp is not right.
func indexedOf(tx Reader, id ConversationID, stamp string, messages []MessageID) (Indexed, error) {
	c, err := tx.Conversation(id)
	if errors.Is(err, ErrNotFound) { // erased since
		return Indexed{Conversation: id, Whole: true}, nil
	}
	if err != nil {
		return Indexed{}, err
	}
	head, err := headFor(tx, c)
	if err != nil {
		return Indexed{}, err
	}
	change := Indexed{Conversation: id, Departments: findersOf(c), Stamp: stampOf(c, head)}
	if change.Stamp != stamp {
		return wholeOf(tx, c, change, head)
	}
	for _, m := range messages {
		m, err := tx.Message(m)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Indexed{}, err
		}
		if d, ok := documentOf(m, c); ok {
			change.Documents = append(change.Documents, d)
		}
	}
	return change, nil
}

func headFor(tx Reader, c Conversation) (string, error) {
	contact, err := tx.Contact(c.Contact)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("read the contact of %s: %w", c.ID, err)
	}
	return headOf(c, contact), nil
}

// findersOf are the departments whose staff see c.
func findersOf(c Conversation) []kb.DepartmentID {
	var all []kb.DepartmentID
	for _, d := range append([]kb.DepartmentID{c.Department}, c.Contributing...) {
		if d != "" && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// stampOf tells nothing of the person to who reads the index.
func stampOf(c Conversation, head string) string {
	told := string(c.Department)
	for _, d := range c.Contributing {
		told += "\x01" + string(d)
	}
	sum := sha256.Sum256([]byte(told + "\x00" + head))
	return hex.EncodeToString(sum[:12])
}

// wholeOf adds all that a conversation is found by.
func wholeOf(tx Reader, c Conversation, change Indexed, head string) (Indexed, error) {
	change.Whole = true
	change.Documents = []Document{documentAt("", c.CreatedAt, head)}
	q := MessageQuery{Forward: true, Limit: feedBatch}
	for {
		page, err := tx.Messages(c.ID, q)
		if err != nil {
			return change, err
		}
		for _, m := range page {
			if d, ok := documentOf(m, c); ok {
				change.Documents = append(change.Documents, d)
			}
			q.After = m.Seq
		}
		if len(page) < q.Limit {
			return change, nil
		}
	}
}

func documentOf(m Message, c Conversation) (d Document, says bool) {
	text := searchable(m, c)
	return documentAt(m.ID, m.ReceivedAt, text), text != ""
}

func documentAt(id MessageID, at time.Time, text string) Document {
	return Document{Message: id, At: at, Terms: append(searchTerms(text), spanTerms(at)...)}
}

// readOlder brings one page of what was there before into the index.
func (f *indexFeed) readOlder(ctx context.Context) error {
	var changes []Indexed
	now := f.state
	err := f.store.View(ctx, func(tx Reader) error {
		changes = changes[:0]
		page, next, err := tx.Conversations(ListQuery{Lists: []ListID{AllList}, After: f.state.Rest, Limit: feedPage})
		if err != nil {
			return err
		}
		for _, c := range page {
			change, err := indexedOf(tx, c.ID, "", nil)
			if err != nil {
				return err
			}
			changes = append(changes, change)
		}
		now.Rest, now.Complete = next, next == ""
		return nil
	})
	if err != nil {
		return err
	}
	return f.put(ctx, now, changes)
}
