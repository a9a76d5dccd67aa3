package inbox_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tongdai/inbox"
)

var usualRules = inbox.RoomRules{WarnAt: 80, AlarmAt: 90, FilesUntil: 95, Reserve: 10}

func TestAsTheDiskFillsFilesAreRefusedBeforeWords(t *testing.T) {
	for _, tt := range []struct {
		name         string
		free         uint64
		want         inbox.RoomLevel
		files, words bool // are taken
	}{
		{"room for long", 500, inbox.RoomEnough, true, true},
		{"just below the warning", 201, inbox.RoomEnough, true, true},
		{"a fifth is left", 200, inbox.RoomLow, true, true},
		{"a tenth is left", 100, inbox.RoomShort, true, true},
		{"a twentieth is left", 50, inbox.RoomNoFiles, false, true},
		{"the reserve is left", 10, inbox.RoomNoFiles, false, true},
		{"the reserve is touched", 9, inbox.RoomNoWords, false, false},
		{"nothing is left", 0, inbox.RoomNoWords, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ask := func() (inbox.Room, error) { return inbox.Room{Total: 1000, Free: tt.free}, nil }
			d := inbox.NewDisk(ask, usualRules, slog.New(slog.DiscardHandler))
			if _, level := d.State(); level != tt.want || d.Files() == nil != tt.files || d.Words() == nil != tt.words {
				t.Errorf("level %d (want %d), files %v, words %v", level, tt.want, d.Files(), d.Words())
			}
			if err := d.Words(); err != nil && !errors.Is(err, inbox.ErrUnavailable) {
				t.Errorf("a refusal is %v, want an ErrUnavailable", err)
			}
		})
	}
}

func TestAllGoesOnByItselfWhenThereIsRoomAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var free atomic.Uint64
		d := inbox.NewDisk(func() (inbox.Room, error) { return inbox.Room{Total: 1000, Free: free.Load()}, nil }, usualRules, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = d.Watch(ctx) }()
		if d.Words() == nil {
			t.Error("words are taken on a full disk")
		}
		free.Store(900)
		<-time.After(2 * time.Second)
		synctest.Wait()
		if err := errors.Join(d.Words(), d.Files()); err != nil {
			t.Errorf("two seconds after there is room: %v", err)
		}
		stop()
	})
}

func TestADiskThatCannotBeAskedRefusesNothing(t *testing.T) {
	d := inbox.NewDisk(func() (inbox.Room, error) { return inbox.Room{}, errors.New("no such thing") }, usualRules, slog.New(slog.DiscardHandler))
	if err := errors.Join(d.Words(), d.Files()); err != nil {
		t.Error(err)
	}
}

// countedIndex is an index of messages that keeps how much it was told, and nothing else.
type countedIndex struct {
	mu    sync.Mutex
	state inbox.IndexState
	told  int // conversations
}

func (c *countedIndex) State(context.Context) (inbox.IndexState, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, nil
}

func (c *countedIndex) Reset(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = inbox.IndexState{}
	return nil
}

func (c *countedIndex) Put(_ context.Context, _, now inbox.IndexState, changes []inbox.Indexed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state, c.told = now, c.told+len(changes)
	return nil
}

func (c *countedIndex) Stamps(context.Context, []inbox.ConversationID) (map[inbox.ConversationID]string, error) {
	return nil, nil
}

func (c *countedIndex) Newest(context.Context, inbox.IndexQuery) ([]inbox.IndexHit, error) {
	return nil, nil
}

func (*countedIndex) Shared() bool { return false }
func (*countedIndex) Close() error { return nil }

// heard is how many conversations it was told of by now.
func (c *countedIndex) heard() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told
}

func TestTheLastRoomIsForWordsAndNotForWhatIsMadeFromThem(t *testing.T) {
	idle(t, func(r *rig) {
		var free atomic.Uint64
		free.Store(500)
		index := &countedIndex{}
		r.index = index
		r.disk = inbox.NewDisk(func() (inbox.Room, error) { return inbox.Room{Total: 1000, Free: free.Load()}, nil }, usualRules, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		go func() { _ = r.disk.Watch(ctx) }()
		r.connect(r.platform, r.chat)
		r.start()
		r.say(zalo, "an", "tiêm mũi 3 ở đâu")
		r.pass(time.Minute)
		if index.heard() == 0 {
			t.Fatal("with room the index hears nothing")
		}
		free.Store(40) // files are refused
		r.pass(time.Minute)
		before := index.heard()
		r.say(zalo, "bình", "tiêm mũi 4 ở đâu")
		r.pass(time.Hour)
		if got := index.heard(); got != before {
			t.Errorf("with little room the index is told of %d conversations more", got-before)
		}
		free.Store(500)
		r.pass(time.Minute)
		if index.heard() == before {
			t.Error("with room again the index does not hear what was said meanwhile")
		}
	})
}
