// Package progress remembers which parts of a message have left, so that a
// second Send of the same Key repeats none of them.
//
// It lives as long as the process: after a crash the hub marks the message as
// one that may have been sent twice.
package progress

import (
	"slices"
	"sync"
	"time"

	"tongdai/connectors"
)

// Part is what a platform has taken in one call: a message, or an album, which is
// several.
type Part struct {
	ID   connectors.RemoteID
	More []connectors.RemoteID // of an album
	At   time.Time
}

// Receipt is the platform's word on all parts of a message; there is one at least.
func Receipt(parts []Part) connectors.Receipt {
	receipt := connectors.Receipt{Message: parts[0].ID, At: parts[0].At}
	for i, part := range parts {
		if i > 0 {
			receipt.More = append(receipt.More, part.ID)
		}
		receipt.More = append(receipt.More, part.More...)
	}
	return receipt
}

const (
	life = 6 * time.Hour // beyond the hub's longest pause between two attempts
	most = 10_000        // messages
)

// Record is the progress of one channel's messages.
type Record struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]entry
}

type entry struct {
	parts []Part
	at    time.Time
}

// New returns an empty Record.
func New(now func() time.Time) *Record { return &Record{now: now, all: map[string]entry{}} }

// Of returns the parts of the message that have left, in order.
func (r *Record) Of(key string) []Part {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all[key].parts)
}

// Put keeps the parts that have left.
func (r *Record) Put(key string, parts []Part) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if len(r.all) >= most { // a tenth at once, so that this is seldom
		for other, sent := range r.all {
			if now.Sub(sent.at) > life || len(r.all) > most-most/10 {
				delete(r.all, other)
			}
		}
	}
	r.all[key] = entry{slices.Clone(parts), now}
}
