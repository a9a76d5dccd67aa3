package edge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// most bounds the memory of Buckets to about twice as many keys. Making them
	// forget takes that many addresses, or sessions, which are limited by address.
	most = 20_000
	// networkFactor is how much more a neighbourhood may do than one of its addresses.
	networkFactor = 10
)

// Buckets are a token bucket for each key: an address, a session, a code. They
// keep two generations of keys and forget the older when the newer is full.
// Every node counts for itself.
type Buckets struct {
	limit rate.Limit
	burst int

	mu           sync.Mutex
	newer, older map[string]*rate.Limiter
}

// NewBuckets returns buckets that fill with n tokens in each per and hold burst,
// at least one.
func NewBuckets(n int, per time.Duration, burst int) *Buckets {
	return &Buckets{limit: rate.Limit(float64(n) / per.Seconds()), burst: max(burst, 1), newer: map[string]*rate.Limiter{}}
}

// Take takes a token of key's, or returns how long it takes until there is one.
func (b *Buckets) Take(key string, now time.Time) time.Duration { return Take(b.find(key), now) }

// Left is how many tokens there are in key's bucket.
func (b *Buckets) Left(key string, now time.Time) float64 { return b.find(key).TokensAt(now) }

// Forget counts as if nothing had been taken of key's bucket.
func (b *Buckets) Forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.newer, key)
	delete(b.older, key)
}

func (b *Buckets) find(key string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found := b.newer[key]; found != nil {
		return found
	}
	found := b.older[key]
	if found == nil {
		found = rate.NewLimiter(b.limit, b.burst)
	}
	if len(b.newer) >= most {
		b.older, b.newer = b.newer, make(map[string]*rate.Limiter)
	}
	b.newer[key] = found
	return found
}

// Places bound what one address does, and its neighbourhood, which may do ten
// times as much, whoever is there.
type Places struct{ addresses, networks *Buckets }

// NewPlaces returns places whose addresses have buckets as NewBuckets makes them.
func NewPlaces(n int, per time.Duration, burst int) Places {
	burst = max(burst, 1)
	return Places{NewBuckets(n, per, burst), NewBuckets(n*networkFactor, per, burst*networkFactor)}
}

// Take takes a token of an address as callers have it, and of its neighbourhood,
// or returns how long it takes until there are both.
func (p Places) Take(address string, now time.Time) time.Duration {
	network := Network(address)
	if wait := p.addresses.Take(network, now); wait > 0 {
		return wait
	}
	return p.networks.Take(Neighbourhood(network), now)
}

// Left is how much is left in the bucket of an address, or of its neighbourhood where
// that is less: whether there is a token, and as a share of a full one.
func (p Places) Left(address string, now time.Time) (some bool, share float64) {
	network := Network(address)
	own, all := p.addresses.Left(network, now), p.networks.Left(Neighbourhood(network), now)
	return own >= 1 && all >= 1, max(min(own/float64(p.addresses.burst), all/float64(p.networks.burst)), 0)
}
