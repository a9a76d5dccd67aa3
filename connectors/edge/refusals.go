package edge

import (
	"sync"
	"time"
)

const (
	// refusalsTold is the least time between two lines in the log about them.
	refusalsTold = time.Minute
	// refusalsRecent is how long they count as recent.
	refusalsRecent = 10 * time.Minute
)

// Refusals count what was refused at a platform's door for its signature, since
// the last that was genuine. One wrong secret in the configuration refuses
// everything that citizens write, and nothing else would tell. The zero Refusals
// are ready for use.
type Refusals struct {
	mu      sync.Mutex
	refused int // since the last genuine one
	told    int // of them, in the log
	last    time.Time
	logged  time.Time
}

// Add counts one and returns how many are to be told in the log now.
func (r *Refusals) Add(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused++
	r.last = now
	if now.Sub(r.logged) < refusalsTold {
		return 0
	}
	n := r.refused - r.told
	r.told, r.logged = r.refused, now
	return n
}

// Genuine ends the count.
func (r *Refusals) Genuine() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused, r.told = 0, 0
}

// Recent is how many there are that people should be told of; 0: none.
func (r *Refusals) Recent(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.last) > refusalsRecent {
		return 0
	}
	return r.refused
}
