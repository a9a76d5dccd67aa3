package messenger

import (
	"slices"
	"sync"
	"time"

	"tongdai/connectors"
)

// sentPart is a message that Meta has taken.
type sentPart struct {
	id connectors.RemoteID
	at time.Time
}

const (
	progressLife = 6 * time.Hour // beyond the hub's longest pause between two attempts
	progressMost = 10_000        // messages
)

// progress remembers which parts of a message have left, so that a second Send
// of the same Key repeats none of them. It lives as long as the process: after
// a crash the hub marks the message as one that may have been sent twice.
type progress struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]sentParts
}

type sentParts struct {
	parts []sentPart
	at    time.Time
}

func newProgress(now func() time.Time) *progress {
	return &progress{now: now, all: map[string]sentParts{}}
}

func (p *progress) of(key string) []sentPart {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all[key].parts)
}

func (p *progress) put(key string, parts []sentPart) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if len(p.all) >= progressMost {
		for other, sent := range p.all {
			if now.Sub(sent.at) > progressLife || len(p.all) >= progressMost {
				delete(p.all, other)
			}
		}
	}
	p.all[key] = sentParts{slices.Clone(parts), now}
}
