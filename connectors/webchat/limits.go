package webchat

import (
	"context"
	"slices"
	"sync"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/edge"
)

// urgentFactor is how much wider the limits are for words that sound urgent.
const urgentFactor = 10

// limits is what one visitor, one address and its network may do in a minute.
type limits struct {
	visitors *edge.Buckets
	places   edge.Places
}

func newLimits(perVisitor, perAddress int) limits {
	return limits{perMinute(perVisitor), edge.NewPlaces(perAddress, time.Minute, perAddress)}
}

func perMinute(n int) *edge.Buckets { return edge.NewBuckets(n, time.Minute, n) }

// take counts one action. It returns how long to wait when it is too many.
func (l *limits) take(visitor connectors.RemoteID, address string, now time.Time) time.Duration {
	if wait := l.visitors.Take(string(visitor), now); wait > 0 {
		return wait
	}
	return l.places.Take(address, now)
}

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
