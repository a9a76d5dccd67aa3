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

// networkFactor is how much more a network may do than one of its addresses.
const networkFactor = 10

// limits is what one visitor, one address and its network may do.
type limits struct {
	visitors buckets
	places   places
}

func newLimits(perVisitor, perAddress int) limits {
	return limits{newBuckets(perVisitor), newPlaces(perAddress)}
}

// take counts one action. It returns how long to wait when it is too many.
func (l *limits) take(visitor connectors.RemoteID, address string, urgent bool, now time.Time) time.Duration {
	if wait := l.visitors.take(string(visitor), urgent, now); wait > 0 {
		return wait
	}
	return l.places.take(address, urgent, now)
}

// places is what one address and its network may do, whoever is there.
type places struct {
	addresses, networks buckets
}

func newPlaces(perAddress int) places {
	return places{newBuckets(perAddress), newBuckets(perAddress * networkFactor)}
}

func (p *places) take(address string, urgent bool, now time.Time) time.Duration {
	if wait := p.addresses.take(address, urgent, now); wait > 0 {
		return wait
	}
	return p.networks.take(edge.Neighbourhood(address), urgent, now)
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

// streams holds the open event streams. One more of the same visitor ends the
// visitor's oldest: after a change of network the dead one lingers, and it is
// the new one that somebody looks at.
type streams struct {
	perVisitor, perAddress int

	mu        sync.Mutex
	visitors  map[connectors.RemoteID][]*stream
	addresses map[string]int
	closed    bool
	running   sync.WaitGroup
}

// stream is an open event stream: it lives as long as ctx. Whoever opened it calls
// done once.
type stream struct {
	ctx     context.Context
	end     context.CancelFunc
	of      *streams
	visitor connectors.RemoteID
	address string
}

func newStreams(perVisitor, perAddress int) *streams {
	return &streams{
		perVisitor: perVisitor, perAddress: perAddress,
		visitors: map[connectors.RemoteID][]*stream{}, addresses: map[string]int{},
	}
}

// open admits one stream, until then at the latest.
func (s *streams) open(visitor connectors.RemoteID, address string, until time.Time) (*stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errStopping
	}
	if s.addresses[address] >= s.perAddress {
		return nil, tooMany(streamRetry)
	}
	opened := &stream{of: s, visitor: visitor, address: address}
	opened.ctx, opened.end = context.WithDeadline(context.Background(), until)
	list := append(s.visitors[visitor], opened)
	if len(list) > s.perVisitor {
		list[0].end()
		list = slices.Delete(list, 0, 1)
	}
	s.visitors[visitor] = list
	s.addresses[address]++
	s.running.Add(1)
	return opened, nil
}

// done ends the stream and counts it no more.
func (opened *stream) done() {
	opened.end()
	s := opened.of
	defer s.running.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(s.visitors[opened.visitor], func(other *stream) bool { return other == opened })
	if s.visitors[opened.visitor] = list; len(list) == 0 {
		delete(s.visitors, opened.visitor)
	}
	if s.addresses[opened.address]--; s.addresses[opened.address] == 0 {
		delete(s.addresses, opened.address)
	}
}

// close ends all streams, admits no more, and returns once they have ended.
func (s *streams) close() {
	s.mu.Lock()
	s.closed = true
	for _, list := range s.visitors {
		for _, open := range list {
			open.end()
		}
	}
	s.mu.Unlock()
	s.running.Wait()
}
