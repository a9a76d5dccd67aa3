package record

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// Damages are the damaged records that a store has met since it was opened. Each
// is told to the log once.
type Damages struct {
	log  *slog.Logger
	mu   sync.Mutex
	seen map[string]struct{}
}

// damagesKept is how many damaged records are told one by one. Where there are
// more, it is the place they lie in that is damaged.
const damagesKept = 1000

// NewDamages returns one that has met none, and tells log.
func NewDamages(log *slog.Logger) *Damages {
	return &Damages{log: log, seen: make(map[string]struct{})}
}

// Tell takes down what is met for the first time; nil does nothing. The key is
// logged in hexadecimal: it may hold somebody's address.
func (d *Damages) Tell(table string, key []byte, err error) {
	if d == nil {
		return
	}
	place := table + "\x00" + string(key)
	d.mu.Lock()
	_, known := d.seen[place]
	if known = known || len(d.seen) >= damagesKept; !known {
		d.seen[place] = struct{}{}
	}
	d.mu.Unlock()
	if !known {
		d.log.ErrorContext(context.Background(), "a record is damaged and is not used; tongdai verify tells what is hit, a backup restores it",
			"table", table, "key", fmt.Sprintf("%x", key), "err", err)
	}
}

// Count is how many were met.
func (d *Damages) Count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.seen)
}
