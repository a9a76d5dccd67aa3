package inbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sort"
	"sync"
	"time"

	"tongdai/connectors"
)

// Happening is an event as it is watched: with the conversation as it was when
// somebody here first watched it, or later. A later event of the same
// conversation carries a later version or the same.
type Happening struct {
	Event
	Row  Conversation // the zero value for events of no conversation
	Msg  uint64       // Seq of the message concerned
	read bool         // Row and Msg are as the store has them
}

// recent is how many happenings are kept in memory for watchers who return
// after a short break; older ones are read from the store.
const recent = 4096

// Feed follows the store's event log once for this node and fans it out to
// everybody who watches: desks, which see whole happenings and resume by
// number, and visitors, who are only told that there is something to read.
//
// What an event says by itself is passed on as it comes. The rows belonging to
// it are read when somebody watches them, many events at a time, and once for
// all who watch on this node: where nobody does, following costs the store
// nothing but the log.
type Feed struct {
	store Store
	log   *slog.Logger

	mu       sync.Mutex
	ring     []*Happening // the newest, in order of Seq; what they point at never changes
	last     Seq          // of the newest passed on
	began    int          // how often the log was begun; another log has other numbers
	started  chan struct{}
	moved    chan struct{} // closed when the ring grows; nil while nobody waits
	visitors map[visitor]listeners
	own      map[visitor]listeners
	kinds    map[EventKind]listeners
	presence presence

	reading chan struct{} // holds one token: whoever takes it reads rows for all
}

type visitor struct {
	channel connectors.ChannelID
	remote  connectors.RemoteID
}

// listeners are told that there is something to read, not what.
type listeners map[chan struct{}]struct{}

func (l listeners) tell() {
	for told := range l {
		select {
		case told <- struct{}{}:
		default: // it has not read the last word yet
		}
	}
}

func newFeed(store Store, log *slog.Logger) *Feed {
	return &Feed{
		store: store, log: log, started: make(chan struct{}), reading: make(chan struct{}, 1),
		visitors: map[visitor]listeners{}, own: map[visitor]listeners{}, kinds: map[EventKind]listeners{},
	}
}

// run follows until ctx ends. A broken store is followed again from where it
// broke; one that is another since, as after a restored backup, from its end.
func (f *Feed) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := f.begin(ctx)
		if err == nil {
			err = f.follow(ctx)
		}
		if ctx.Err() != nil {
			return nil
		}
		f.log.WarnContext(ctx, "the event log could not be followed and is tried again", "err", err)
		if errors.Is(err, ErrGone) {
			f.forget()
		}
		pause(ctx, nil, time.Second)
	}
	return nil
}

// begin finds out from where to follow, once for each log.
func (f *Feed) begin(ctx context.Context) error {
	select {
	case <-f.started:
		return nil
	default:
	}
	var last Seq
	err := f.store.View(ctx, func(tx Reader) (err error) {
		last, err = tx.LastEvent()
		return err
	})
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = last
	f.began++
	close(f.started)
	// Nobody knows what happened before: all are told to look for themselves.
	for _, kind := range f.kinds {
		kind.tell()
	}
	for _, visitor := range f.visitors {
		visitor.tell()
	}
	return nil
}

// forget makes the feed begin anew.
func (f *Feed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring, f.last, f.started = nil, 0, make(chan struct{})
	f.wake()
}

func (f *Feed) follow(ctx context.Context) error {
	for e, err := range f.store.Follow(ctx, f.Last()) {
		if err != nil {
			return err
		}
		f.pass(e)
	}
	return nil
}

func (f *Feed) pass(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ring) == 2*recent { // moved down rarely, so that passing one on stays cheap
		n := copy(f.ring, f.ring[recent:])
		clear(f.ring[n:])
		f.ring = f.ring[:n]
	}
	f.ring = append(f.ring, &Happening{Event: e, read: e.Conversation == ""})
	f.last = e.Seq
	f.wake()
	f.kinds[e.Kind].tell()
	if e.Kind == MemberPresent {
		f.presence.hear(e.Conversation, e.Member, Doing(e.Detail), e.At)
	}
	switch v := (visitor{e.Channel, e.Remote}); {
	case e.Public && e.Own && e.Kind == MessageAdded:
		f.own[v].tell()
	case e.Public:
		f.visitors[v].tell()
	}
}

// wake wakes the watchers that wait. While they are at work, more comes in
// without waking anybody.
func (f *Feed) wake() {
	if f.moved != nil {
		close(f.moved)
		f.moved = nil
	}
}

// batchLimit is how many happenings a watcher is given, and rows are read for,
// at a time.
const batchLimit = 500

// since returns the next happenings after a number that are still in memory, a
// channel that closes when there are more, and false when some are not.
func (f *Feed) since(after Seq) ([]*Happening, <-chan struct{}, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after >= f.last {
		if f.moved == nil {
			f.moved = make(chan struct{})
		}
		return nil, f.moved, true
	}
	if len(f.ring) == 0 || f.ring[0].Seq > after+1 {
		return nil, nil, false
	}
	from := f.place(after)
	to := min(len(f.ring), from+batchLimit)
	return slices.Clone(f.ring[from:to]), nil, true
}

// place is where in the ring the first happening after a number stands.
func (f *Feed) place(after Seq) int {
	return sort.Search(len(f.ring), func(i int) bool { return f.ring[i].Seq > after })
}

// whole reads the rows that a batch from memory lacks, for this watcher and
// all others.
func (f *Feed) whole(ctx context.Context, batch []*Happening) ([]*Happening, error) {
	if lacksNothing(batch) {
		return batch, nil
	}
	select {
	case f.reading <- struct{}{}:
		defer func() { <-f.reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	batch = f.asKept(batch) // another watcher may have read them meanwhile
	if lacksNothing(batch) {
		return batch, nil
	}
	batch, err := f.fill(ctx, batch)
	if err == nil {
		f.keep(batch)
	}
	return batch, err
}

func lacksNothing(batch []*Happening) bool {
	return !slices.ContainsFunc(batch, func(h *Happening) bool { return !h.read })
}

// asKept gives a batch as it stands in memory now.
func (f *Feed) asKept(batch []*Happening) []*Happening {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.Clone(batch)
	for i, at := 0, f.place(batch[0].Seq-1); i < len(out) && at < len(f.ring); i++ {
		if f.ring[at].Event == out[i].Event {
			out[i] = f.ring[at]
			at++
		}
	}
	return out
}

// keep puts what was read in the place of what had not been.
func (f *Feed) keep(batch []*Happening) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.place(batch[0].Seq - 1)
	for _, h := range batch {
		if at < len(f.ring) && f.ring[at].Event == h.Event {
			f.ring[at] = h
			at++
		}
	}
}

// fill reads what a batch lacks in one go, each conversation once.
func (f *Feed) fill(ctx context.Context, batch []*Happening) (out []*Happening, err error) {
	err = f.store.View(ctx, func(tx Reader) error {
		out = slices.Clone(batch)
		if err := prefetch(tx, out); err != nil {
			return err
		}
		rows := map[ConversationID]Conversation{} // no row: erased since
		for i, h := range out {
			if h.read {
				continue
			}
			row, known := rows[h.Conversation]
			if !known {
				if row, err = tx.Conversation(h.Conversation); err != nil && !errors.Is(err, ErrNotFound) {
					return err
				}
				rows[h.Conversation] = row
			}
			if out[i], err = filled(tx, h.Event, row); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func prefetch(tx Reader, batch []*Happening) error {
	var ids []ConversationID
	var said []MessageID
	for _, h := range batch {
		if h.read {
			continue
		}
		ids = append(ids, h.Conversation)
		if h.Message != "" {
			said = append(said, h.Message)
		}
	}
	return tx.Prefetch(ids, said)
}

func filled(tx Reader, e Event, row Conversation) (*Happening, error) {
	h := &Happening{Event: e, Row: row, read: true}
	if e.Message == "" || row.ID == "" {
		return h, nil
	}
	m, err := tx.Message(e.Message)
	if errors.Is(err, ErrNotFound) {
		return &Happening{Event: e, read: true}, nil
	}
	h.Msg = m.Seq
	return h, err
}

// Last is the number of the newest event that was passed on.
func (f *Feed) Last() Seq {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// Kept returns ErrGone when events after a number are no longer kept, or when
// the number was never given: its holder has seen another log than ours, as
// after a restored backup.
func (f *Feed) Kept(ctx context.Context, after Seq) error {
	if _, _, ok := f.since(after); ok {
		return f.given(ctx, after)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, err := range f.store.Follow(ctx, after) {
		return err // the first one tells
	}
	return ctx.Err()
}

// given returns ErrGone for a number that no event has had yet.
func (f *Feed) given(ctx context.Context, n Seq) error {
	if n <= f.Last() {
		return nil
	}
	return f.store.View(ctx, func(tx Reader) error {
		last, err := tx.LastEvent()
		if err == nil && n > last {
			err = fmt.Errorf("event %d was never given, the last is %d: %w", n, last, ErrGone)
		}
		return err
	})
}

// Watch yields every happening after a number, as it comes, until ctx ends. It
// yields ErrGone when events after the number are no longer kept: the watcher
// must read everything afresh.
func (f *Feed) Watch(ctx context.Context, after Seq) iter.Seq2[Happening, error] {
	return func(yield func(Happening, error) bool) {
		log, ok := f.joined(ctx)
		for ok && ctx.Err() == nil {
			batch, more, err := f.next(ctx, log, after)
			if err != nil {
				if ctx.Err() == nil {
					yield(Happening{}, err)
				}
				return
			}
			for _, h := range batch {
				if !yield(*h, nil) {
					return
				}
				after = h.Seq
			}
			if more == nil {
				continue
			}
			select {
			case <-ctx.Done():
			case <-more:
			}
		}
	}
}

// joined waits until a log is followed, and tells which one.
func (f *Feed) joined(ctx context.Context) (log int, ok bool) {
	for {
		f.mu.Lock()
		started := f.started
		f.mu.Unlock()
		select {
		case <-started:
		case <-ctx.Done():
			return 0, false
		}
		f.mu.Lock()
		log, same := f.began, f.started == started
		f.mu.Unlock()
		if same {
			return log, true
		}
	}
}

// next returns the whole happenings that come after a number in that log, or a
// channel to wait on.
func (f *Feed) next(ctx context.Context, log int, after Seq) (batch []*Happening, more <-chan struct{}, err error) {
	batch, more, kept := f.since(after)
	if f.another(log) {
		return nil, nil, fmt.Errorf("event %d is of another log: %w", after, ErrGone)
	}
	switch {
	case !kept:
		batch, err = f.older(ctx, after)
		return batch, nil, err
	case len(batch) == 0:
		return nil, more, nil
	}
	for {
		whole, err := f.whole(ctx, batch)
		if err == nil || ctx.Err() != nil {
			return whole, nil, err
		}
		f.log.WarnContext(ctx, "what happened could not be read and is tried again", "err", err)
		pause(ctx, nil, time.Second)
	}
}

// another reports whether the log followed now is not the one meant.
func (f *Feed) another(log int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.started:
		return f.began != log
	default: // between two logs
		return true
	}
}

// older reads from the store what memory holds no more.
func (f *Feed) older(ctx context.Context, after Seq) ([]*Happening, error) {
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	last := f.Last()
	var batch []*Happening
	for e, err := range f.store.Follow(following, after) {
		if err != nil {
			return nil, err
		}
		batch = append(batch, &Happening{Event: e, read: e.Conversation == ""})
		if len(batch) == batchLimit || e.Seq >= last {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return f.fill(ctx, batch)
}

// WatchVisitor returns a channel that receives after something that the
// visitor may read was committed, and one for what the visitor said, which can
// wait, as who said it knows it. One receive may stand for many messages.
func (f *Feed) WatchVisitor(channel connectors.ChannelID, remote connectors.RemoteID) (told, own <-chan struct{}, stop func()) {
	heard, said := make(chan struct{}, 1), make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	v := visitor{channel, remote}
	stopHeard, stopSaid := listen(f, f.visitors, v, heard), listen(f, f.own, v, said)
	return heard, said, func() {
		stopHeard()
		stopSaid()
	}
}

// WatchKind returns a channel that receives after events of that kind were
// committed, here or on another node, and once when this node begins to follow:
// what happened before, nobody has told. One receive may stand for many events.
func (f *Feed) WatchKind(kind EventKind) (told <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	stop = listen(f, f.kinds, kind, c)
	select {
	case <-f.started:
		c <- struct{}{}
	default: // begin tells
	}
	return c, stop
}

// listen adds c to those who are told of key; f.mu is held.
func listen[K comparable](f *Feed, to map[K]listeners, key K, c chan struct{}) (stop func()) {
	if to[key] == nil {
		to[key] = listeners{}
	}
	to[key][c] = struct{}{}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(to[key], c)
		if len(to[key]) == 0 {
			delete(to, key)
		}
	}
}
