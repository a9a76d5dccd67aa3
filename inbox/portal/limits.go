package portal

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors/edge"
)

// How many look-ups an hour may be tried by one address, behind which a whole
// village may sit, and for one code, from wherever. A private link is not
// limited: it cannot be guessed.
const (
	looksPerHour   = 60
	guessesPerHour = 20
	// maxKeys bounds the memory of each table to about twice as many keys.
	maxKeys = 20_000
)

// limits is a token bucket for each key, filled perHour, holding a quarter of
// an hour's worth. It keeps two generations of keys and forgets the older when
// the newer is full. Every node counts for itself.
type limits struct {
	perHour      int
	mu           *sync.Mutex
	newer, older map[string]*rate.Limiter
}

func newLimits(perHour int) limits {
	return limits{perHour: perHour, mu: new(sync.Mutex), newer: map[string]*rate.Limiter{}}
}

// take counts one try. It returns how long to wait when it is too many.
func (l *limits) take(key string, now time.Time) time.Duration {
	return edge.Take(l.find(key), now)
}

func (l *limits) find(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if found := l.newer[key]; found != nil {
		return found
	}
	found := l.older[key]
	if found == nil {
		found = rate.NewLimiter(rate.Limit(float64(l.perHour)/3600), max(l.perHour/4, 1))
	}
	if len(l.newer) >= maxKeys {
		l.older, l.newer = l.newer, make(map[string]*rate.Limiter)
	}
	l.newer[key] = found
	return found
}

// forget counts as if nothing with key had been tried.
func (l *limits) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.newer, key)
	delete(l.older, key)
}
