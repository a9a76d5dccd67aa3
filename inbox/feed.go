package inbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sort"
	"sync"
	"time"

	"tongdai/connectors"
)

// Happening is an event as it is watched: with the conversation as it was when the
// follower passed it on. A later event of the same conversation carries a
// later version.
type Happening struct {
	Event
	Row Conversation // the zero value for events of no conversation
	Msg uint64       // Seq of the message concerned
}

// recent is how many happenings are kept in memory for watchers who return
// after a short break; older ones are read from the store.
const recent = 4096

// Feed follows the store's event log once for this node and fans it out to
// everybody who watches: desks, which see whole happenings and resume by
// number, and visitors, who are only told that there is something to read.
type Feed struct {
	store Store
	log   *slog.Logger

	mu       sync.Mutex
	ring     []Happening // the newest, in order of Seq
	last     Seq         // of the newest passed on
	started  chan struct{}
	once     sync.Once
	moved    chan struct{} // closed and replaced when the ring grows
	visitors map[visitor]map[chan struct{}]struct{}
}

type visitor struct {
	channel connectors.ChannelID
	remote  connectors.RemoteID
}

func newFeed(store Store, log *slog.Logger) *Feed {
	return &Feed{
		store: store, log: log,
		started: make(chan struct{}), moved: make(chan struct{}),
		visitors: map[visitor]map[chan struct{}]struct{}{},
	}
}

// run follows until ctx ends; a broken store is followed again from where it broke.
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
		pause(ctx, nil, time.Second)
	}
	return nil
}

func (f *Feed) begin(ctx context.Context) error {
	select {
	case <-f.started:
		return nil
	default:
	}
	return f.store.View(ctx, func(tx Reader) error {
		last, err := tx.LastEvent()
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.last = last
		f.mu.Unlock()
		f.once.Do(func() { close(f.started) })
		return nil
	})
}

func (f *Feed) follow(ctx context.Context) error {
	f.mu.Lock()
	after := f.last
	f.mu.Unlock()
	for e, err := range f.store.Follow(ctx, after) {
		if err != nil {
			return err
		}
		h, err := f.happening(ctx, e)
		if err != nil {
			return err
		}
		f.pass(h)
	}
	return nil
}

func (f *Feed) happening(ctx context.Context, e Event) (Happening, error) {
	h := Happening{Event: e}
	if e.Conversation == "" {
		return h, nil
	}
	err := f.store.View(ctx, func(tx Reader) error {
		var err error
		if h.Row, err = tx.Conversation(e.Conversation); err != nil || e.Message == "" {
			return err
		}
		m, err := tx.Message(e.Message)
		h.Msg = m.Seq
		return err
	})
	if errors.Is(err, ErrNotFound) { // erased since
		return Happening{Event: e}, nil
	}
	return h, err
}

func (f *Feed) pass(h Happening) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ring) == 2*recent { // moved down rarely, so that passing one on stays cheap
		f.ring = append(f.ring[:0], f.ring[recent:]...)
	}
	f.ring = append(f.ring, h)
	f.last = h.Seq
	close(f.moved)
	f.moved = make(chan struct{})
	if !h.Public {
		return
	}
	for told := range f.visitors[visitor{h.Channel, h.Remote}] {
		select {
		case told <- struct{}{}:
		default: // it has not read the last word yet
		}
	}
}

// since returns the happenings after a number that are still in memory, a
// channel that closes when there are more, and false when some are not.
func (f *Feed) since(after Seq) ([]Happening, <-chan struct{}, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after >= f.last {
		return nil, f.moved, true
	}
	if len(f.ring) == 0 || f.ring[0].Seq > after+1 {
		return nil, nil, false
	}
	i := sort.Search(len(f.ring), func(i int) bool { return f.ring[i].Seq > after })
	return append([]Happening(nil), f.ring[i:]...), f.moved, true
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
		select {
		case <-f.started:
		case <-ctx.Done():
			return
		}
		for ctx.Err() == nil {
			batch, more, ok := f.since(after)
			if !ok {
				var err error
				if batch, err = f.older(ctx, after); err != nil {
					yield(Happening{}, err)
					return
				}
			}
			for _, h := range batch {
				if !yield(h, nil) {
					return
				}
				after = h.Seq
			}
			if len(batch) > 0 {
				continue
			}
			select {
			case <-ctx.Done():
			case <-more:
			}
		}
	}
}

// olderBatch is how many happenings are read from the store at a time.
const olderBatch = 500

func (f *Feed) older(ctx context.Context, after Seq) ([]Happening, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.mu.Lock()
	last := f.last
	f.mu.Unlock()
	var batch []Happening
	for e, err := range f.store.Follow(ctx, after) {
		if err != nil {
			return nil, err
		}
		h, err := f.happening(ctx, e)
		if err != nil {
			return nil, err
		}
		batch = append(batch, h)
		if len(batch) == olderBatch || e.Seq >= last {
			break
		}
	}
	return batch, ctx.Err()
}

// WatchVisitor returns a channel that receives after something that the
// visitor may read was committed. One receive may stand for many messages.
func (f *Feed) WatchVisitor(channel connectors.ChannelID, remote connectors.RemoteID) (told <-chan struct{}, stop func()) {
	key, c := visitor{channel, remote}, make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.visitors[key] == nil {
		f.visitors[key] = map[chan struct{}]struct{}{}
	}
	f.visitors[key][c] = struct{}{}
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.visitors[key], c)
		if len(f.visitors[key]) == 0 {
			delete(f.visitors, key)
		}
	}
}
