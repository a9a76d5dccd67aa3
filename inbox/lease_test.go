package inbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// poller is a platform that is fetched from. It counts who fetches now.
type poller struct {
	*platform
	counts *fetches
}

type fetches struct {
	mu        sync.Mutex
	now, most int
	begun     int
}

func (p poller) Run(ctx context.Context, _ connectors.Receiver) error {
	p.counts.add(1)
	<-ctx.Done()
	p.counts.add(-1)
	return nil
}

func (f *fetches) add(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now += n
	f.most = max(f.most, f.now)
	if n > 0 {
		f.begun++
	}
}

func (f *fetches) want(t testing.TB, when string, now, begun int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now != now || f.begun != begun || f.most > 1 {
		t.Errorf("%s: %d fetch now, %d began, at most %d at once; want %d, %d and never two", when, f.now, f.begun, f.most, now, begun)
	}
}

// leasing is a store whose leases can be made to fail, or never to answer.
type leasing struct {
	inbox.Store
	mu     sync.Mutex
	answer func(ctx context.Context) error // nil: the store's own
}

func (l *leasing) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	l.mu.Lock()
	answer := l.answer
	l.mu.Unlock()
	if answer != nil {
		return false, answer(ctx)
	}
	return l.Store.Lease(ctx, name, holder, ttl)
}

func (l *leasing) answers(answer func(ctx context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = answer
}

func hangs(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func refuses(context.Context) error { return inbox.ErrUnavailable }

func taken(context.Context) error { return nil }

// pair is two nodes over one store, with one channel to fetch from.
func pair(t *testing.T, test func(r *rig, stores [2]*leasing, stop [2]func(), f *fetches)) {
	idle(t, func(r *rig) {
		f := &fetches{}
		r.lease = 0
		shared := r.store
		var stores [2]*leasing
		var stop [2]func()
		for i := range stores {
			stores[i] = &leasing{Store: shared}
			r.store = stores[i]
			r.connect(poller{r.platform, f})
			r.start()
			stop[i] = r.end
		}
		r.store, r.end = shared, nil
		test(r, stores, stop, f)
	})
}

func TestOneNodeFetchesAndAnotherTakesOver(t *testing.T) {
	pair(t, func(r *rig, _ [2]*leasing, stop [2]func(), f *fetches) {
		f.want(r, "with two nodes", 1, 1)
		r.pass(time.Hour)
		f.want(r, "after an hour", 1, 1)
		stop[0]()
		f.want(r, "when the first has stopped", 0, 1)
		r.pass(6 * time.Second) // it gave the lease back, and the other asks every five seconds
		f.want(r, "soon after", 1, 2)
		stop[1]()
		f.want(r, "when both have stopped", 0, 2)
	})
}

func TestANodeThatCannotRenewStopsBeforeAnotherBegins(t *testing.T) {
	for name, answer := range map[string]func(context.Context) error{
		"the store refuses": refuses, "the store does not answer": hangs,
	} {
		t.Run(name, func(t *testing.T) {
			pair(t, func(r *rig, stores [2]*leasing, stop [2]func(), f *fetches) {
				stores[0].answers(answer)
				r.pass(13 * time.Second)
				f.want(r, "while the lease holds", 1, 1)
				r.pass(time.Second)
				f.want(r, "shortly before the lease's end", 0, 1)
				r.pass(6 * time.Second)
				f.want(r, "after the lease's time", 1, 2)
				stores[0].answers(nil)
				r.pass(time.Minute)
				f.want(r, "when the first is well again", 1, 2)
				stop[0]()
				f.want(r, "when the first has stopped", 1, 2)
				stop[1]()
			})
		})
	}
}

func TestALeaseThatOnlyStaggersGoesOn(t *testing.T) {
	pair(t, func(r *rig, stores [2]*leasing, stop [2]func(), f *fetches) {
		stores[0].answers(refuses)
		r.pass(8 * time.Second)
		stores[0].answers(nil)
		r.pass(time.Hour)
		f.want(r, "after a short trouble", 1, 1)
		stop[0]()
		stop[1]()
	})
}

func TestWhoeverIsToldThatAnotherHoldsItStopsAtOnce(t *testing.T) {
	pair(t, func(r *rig, stores [2]*leasing, stop [2]func(), f *fetches) {
		stores[0].answers(taken)
		r.pass(5 * time.Second) // until the next renewal
		f.want(r, "when the lease is another's", 0, 1)
		stop[0]()
		stop[1]()
	})
}

func TestWhatIsGivenBackIsFreeAtOnce(t *testing.T) {
	inTime(t, func(r *rig) {
		ctx, cancel := context.WithCancel(r.ctx())
		done := make(chan error, 1)
		go func() {
			done <- r.hub.Alone(ctx, "work", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		}()
		r.settle()
		lease := func() bool { return must[bool](r)(r.store.Lease(r.ctx(), "work", "another", time.Minute)) }
		if lease() {
			r.Error("two hold it")
		}
		cancel()
		if err := <-done; err != nil {
			r.Errorf("an orderly end = %v", err)
		}
		if !lease() {
			r.Error("it was not given back")
		}
	})
}

func TestWorkThatEndsByItselfSaysHow(t *testing.T) {
	broken := errors.New("the disk is full")
	for name, tt := range map[string]struct {
		do   func(context.Context) error
		want error
	}{
		"done":   {func(context.Context) error { return nil }, nil},
		"failed": {func(context.Context) error { return broken }, broken},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(r *rig) { wantError(r, "Alone", r.hub.Alone(r.ctx(), "work", tt.do), tt.want) })
		})
	}
	inTime(t, func(r *rig) {
		if err := r.hub.Alone(r.ctx(), "work", func(context.Context) error { panic("oops") }); err == nil {
			r.Error("a panic is lost")
		}
	})
}
