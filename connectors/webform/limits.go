package webform

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors/edge"
)

const (
	// urgentFactor is how much wider the limits are for words that sound urgent,
	// and how far beyond them nothing is even read any more.
	urgentFactor = 10
	// maxAddresses bounds the memory of the limits to about twice as many addresses.
	maxAddresses = 20_000
)

// limits is a token bucket for each address, filled perHour, holding a quarter
// of an hour's worth. It keeps two generations of addresses and forgets the
// older when the newer is full.
type limits struct {
	perHour      int
	mu           *sync.Mutex
	newer, older map[string]*bucket
}

type bucket struct{ usual, urgent *rate.Limiter }

func newLimits(perHour int) limits {
	return limits{perHour: perHour, mu: new(sync.Mutex), newer: map[string]*bucket{}}
}

// take counts one form of an address. It returns how long to wait when it is
// too many.
func (l *limits) take(address string, urgent bool, now time.Time) time.Duration {
	found := l.find(edge.Network(address))
	if urgent {
		return edge.Take(found.urgent, now)
	}
	return edge.Take(found.usual, now)
}

func (l *limits) find(key string) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if found := l.newer[key]; found != nil {
		return found
	}
	found := l.older[key]
	if found == nil {
		found = &bucket{usual: perHour(l.perHour), urgent: perHour(l.perHour * urgentFactor)}
	}
	if len(l.newer) >= maxAddresses {
		l.older, l.newer = l.newer, make(map[string]*bucket)
	}
	l.newer[key] = found
	return found
}

func perHour(n int) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(n)/3600), max(n/4, 1))
}
