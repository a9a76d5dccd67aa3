package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Room is how much room the volume has that the data folder is on, in bytes.
type Room struct {
	Total, Free uint64
}

// Used is the used part of the volume, in percent, rounded down.
func (r Room) Used() int {
	if r.Total == 0 {
		return 0
	}
	return int((r.Total - min(r.Free, r.Total)) * 100 / r.Total)
}

// RoomRules say what is done as the volume fills. Percents are of its use.
type RoomRules struct {
	WarnAt     int    // from here those who look after the installation are warned
	AlarmAt    int    // from here they are alarmed
	FilesUntil int    // from here no attachments are taken
	Reserve    uint64 // bytes; with less left no words are taken either, but urgent ones
}

// RoomLevel is how far the volume has filled. Each has the consequences of those
// before it.
type RoomLevel int

// The levels.
const (
	RoomEnough  RoomLevel = iota
	RoomLow               // warning
	RoomShort             // alarm
	RoomNoFiles           // attachments are refused
	RoomNoWords           // messages are refused, so that platforms send again; reading goes on
)

func (r RoomRules) level(room Room) RoomLevel {
	used := room.Used()
	switch {
	case room.Free < r.Reserve:
		return RoomNoWords
	case used >= r.FilesUntil:
		return RoomNoFiles
	case used >= r.AlarmAt:
		return RoomShort
	case used >= r.WarnAt:
		return RoomLow
	}
	return RoomEnough
}

// ErrNoRoom: there is too little room on the disk to take this. It is an ErrUnavailable.
var ErrNoRoom = fmt.Errorf("%w: too little room is left on the disk", ErrUnavailable)

// Disk watches the volume of the data folder. What has become too little stops
// what can best be done without first: files, then words, and the records of
// what is done already last. All of it goes on by itself when there is room.
type Disk struct {
	ask   func() (Room, error)
	rules RoomRules
	log   *slog.Logger

	mu    sync.Mutex
	room  Room
	level RoomLevel
}

// NewDisk returns a Disk that has looked once. ask tells how much room there is.
func NewDisk(ask func() (Room, error), rules RoomRules, log *slog.Logger) *Disk {
	d := &Disk{ask: ask, rules: rules, log: log}
	d.look(context.Background())
	return d
}

// How often the volume is looked at, the second when it fills.
const (
	lookEvery = 10 * time.Second
	lookOften = time.Second
)

// Watch looks until ctx ends.
func (d *Disk) Watch(ctx context.Context) error {
	for {
		every := lookEvery
		if _, level := d.State(); level >= RoomShort {
			every = lookOften
		}
		if !pause(ctx, nil, every) {
			return nil
		}
		d.look(ctx)
	}
}

func (d *Disk) look(ctx context.Context) {
	room, err := d.ask()
	if err != nil {
		d.log.WarnContext(ctx, "nobody can tell how much room the disk has", "err", err)
		return
	}
	level := d.rules.level(room)
	d.mu.Lock()
	before := d.level
	d.room, d.level = room, level
	d.mu.Unlock()
	if level == before {
		return
	}
	severity := slog.LevelInfo
	switch {
	case level >= RoomShort:
		severity = slog.LevelError
	case level == RoomLow:
		severity = slog.LevelWarn
	}
	d.log.Log(ctx, severity, roomTold[level], "used_percent", room.Used(), "free_bytes", room.Free)
}

var roomTold = [...]string{
	RoomEnough:  "the disk has enough room again",
	RoomLow:     "the disk is filling",
	RoomShort:   "the disk is nearly full",
	RoomNoFiles: "the disk is so full that attachments are refused",
	RoomNoWords: "the disk is so full that messages are refused",
}

// State is how much room there was at the last look. A nil Disk has enough.
func (d *Disk) State() (Room, RoomLevel) {
	if d == nil {
		return Room{}, RoomEnough
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.room, d.level
}

// Files is ErrNoRoom while no attachments are taken.
func (d *Disk) Files() error { return d.until(RoomNoFiles) }

// Words is ErrNoRoom while no messages are taken.
func (d *Disk) Words() error { return d.until(RoomNoWords) }

func (d *Disk) until(refused RoomLevel) error {
	if _, level := d.State(); level >= refused {
		return ErrNoRoom
	}
	return nil
}
