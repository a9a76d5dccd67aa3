package inbox_test

import (
	"context"
	"errors"
	"log/slog"
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
