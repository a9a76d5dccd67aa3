package webchat

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors"
	"tongdai/connectors/edge"
)

// urgentFactor is how much wider the limits are for words that sound urgent.
const urgentFactor = 10

// maxBuckets bounds the memory of each table of limits to about twice as many
// keys. Making a table forget takes that many addresses, or sessions, which
// are limited by address.
const maxBuckets = 20_000

// limits is what one visitor and what one address may do.
type limits struct {
	visitors, addresses buckets
}

func newLimits(perVisitor, perAddress int) limits {
	return limits{newBuckets(perVisitor), newBuckets(perAddress)}
}

// take counts one action. It returns how long to wait when it is too many.
func (l *limits) take(visitor connectors.RemoteID, address string, urgent bool, now time.Time) time.Duration {
	if wait := l.visitors.take(string(visitor), urgent, now); wait > 0 {
		return wait
	}
	return l.addresses.take(address, urgent, now)
}

// buckets is a token bucket for each key, filled perMinute, holding a minute's
// worth. It keeps two generations of keys and forgets the older when the newer
// is full.
type buckets struct {
	perMinute int
	mu        *sync.Mutex
	newer     map[string]*bucket
	older     map[string]*bucket
}

type bucket struct {
	usual, urgent *rate.Limiter
}

func newBuckets(perMinute int) buckets {
	return buckets{perMinute: perMinute, mu: new(sync.Mutex), newer: map[string]*bucket{}}
}

func (b *buckets) take(key string, urgent bool, now time.Time) time.Duration {
	found := b.find(key)
	wait := edge.Take(found.usual, now)
	if wait > 0 && urgent {
		wait = edge.Take(found.urgent, now)
	}
	return wait
}

func (b *buckets) find(key string) *bucket {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found := b.newer[key]; found != nil {
		return found
	}
	found := b.older[key]
	if found == nil {
		found = &bucket{usual: perMinute(b.perMinute), urgent: perMinute(b.perMinute * urgentFactor)}
	}
	if len(b.newer) >= maxBuckets {
		b.older, b.newer = b.newer, make(map[string]*bucket)
	}
	b.newer[key] = found
	return found
}

func perMinute(n int) *rate.Limiter { return rate.NewLimiter(rate.Limit(float64(n)/60), n) }

// streams counts the open event streams. One more of the same visitor ends the
// visitor's oldest: after a change of network the dead one lingers, and it is
// the new one that somebody looks at.
type streams struct {
	perVisitor, perAddress int

	mu        sync.Mutex
	visitors  map[connectors.RemoteID][]*stream
	addresses map[string]int
}

type stream struct {
	end context.CancelFunc
}

func newStreams(perVisitor, perAddress int) *streams {
	return &streams{
		perVisitor: perVisitor, perAddress: perAddress,
		visitors: map[connectors.RemoteID][]*stream{}, addresses: map[string]int{},
	}
}

// open admits one stream. The returned context ends with ctx, or when the
// stream has to give way; done is called once.
func (s *streams) open(ctx context.Context, visitor connectors.RemoteID, address string) (_ context.Context, done func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.addresses[address] >= s.perAddress {
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(ctx)
	opened := &stream{end: cancel}
	list := append(s.visitors[visitor], opened)
	if len(list) > s.perVisitor {
		list[0].end()
		list = slices.Delete(list, 0, 1)
	}
	s.visitors[visitor] = list
	s.addresses[address]++
	return ctx, func() { cancel(); s.close(visitor, address, opened) }, true
}

func (s *streams) close(visitor connectors.RemoteID, address string, closed *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(s.visitors[visitor], func(other *stream) bool { return other == closed })
	if s.visitors[visitor] = list; len(list) == 0 {
		delete(s.visitors, visitor)
	}
	if s.addresses[address]--; s.addresses[address] == 0 {
		delete(s.addresses, address)
	}
}
