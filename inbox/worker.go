package inbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// work claims tasks of one kind and runs do for each, at most parallel at a
// time, until ctx ends. A task whose do fails is claimed again after a while,
// so do writes its result with Finish or Postpone in its own transaction.
func (h *Hub) work(ctx context.Context, kind Work, parallel int, ttl time.Duration, do func(context.Context, Claim) error) error {
	slots := make(chan struct{}, parallel)
	hands := hands{next: make(chan func())}
	defer hands.rest()
	wake := h.store.Wake(kind)
	for {
		select { // at least one slot is free before anything is claimed
		case slots <- struct{}{}:
			<-slots
		case <-ctx.Done():
			return nil
		}
		free := parallel - len(slots)
		claims, err := h.store.Claim(ctx, kind, free, ttl)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			h.log.WarnContext(ctx, "work could not be claimed", "kind", kind, "err", err)
			if !pause(ctx, wake, time.Second) {
				return nil
			}
			continue
		}
		for _, c := range claims {
			slots <- struct{}{}
			hands.give(func() {
				defer func() { <-slots }()
				h.attempt(ctx, c, do)
			})
		}
		if len(claims) == free {
			continue
		}
		select {
		case <-wake: // more has come meanwhile: no need to ask when
			continue
		default:
		}
		if !pause(ctx, wake, h.untilDue(ctx, kind)) {
			return nil
		}
	}
}

// hands are goroutines that stay to do the next work: each has a stack that has
// grown to what the work takes, which a new one would have to grow again.
type hands struct {
	running sync.WaitGroup
	next    chan func()
}

// give lets an idle hand do it, or a new one. Who gives sees to it that they
// do not become too many.
func (h *hands) give(do func()) {
	select {
	case h.next <- do:
	default:
		h.running.Go(func() {
			for ok := true; ok; do, ok = <-h.next {
				do()
			}
		})
	}
}

// rest lets all go, and waits for those at work.
func (h *hands) rest() {
	close(h.next)
	h.running.Wait()
}

// longestPause is the net under a wake-up that got lost.
const longestPause = time.Minute

func (h *Hub) untilDue(ctx context.Context, kind Work) time.Duration {
	due, err := h.store.NextDue(ctx, kind)
	if err != nil {
		return time.Second
	}
	if due.IsZero() {
		return longestPause
	}
	return min(max(due.Sub(h.store.Now()), time.Millisecond), longestPause)
}

// pause waits for d or a wake-up; false when ctx ended.
func pause(ctx context.Context, wake <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-timer.C:
	}
	return true
}

// attempt runs one claim; whatever goes wrong is logged once and tried again.
func (h *Hub) attempt(ctx context.Context, c Claim, do func(context.Context, Claim) error) {
	ctx, done := graceful(ctx, h.cfg.Grace)
	defer done()
	err := guarded(func() error { return do(ctx, c) })
	// gofail: var workDone struct{}
	if err == nil || errors.Is(err, ErrStale) {
		return
	}
	if errors.Is(err, ErrDamaged) && c.Task.Attempts+1 >= damagedAfter {
		h.log.ErrorContext(ctx, "work meets damage and is left to people", "kind", c.Task.Kind, "ref", c.Task.Ref, "err", err)
		if err = h.parked(ctx, c); err == nil || errors.Is(err, ErrStale) {
			return
		}
	}
	h.log.ErrorContext(ctx, "work failed and is tried again",
		"kind", c.Task.Kind, "ref", c.Task.Ref, "attempt", c.Task.Attempts, "err", err)
	err = h.store.Update(ctx, func(tx Writer) error {
		return tx.Postpone(c, h.store.Now().Add(backoff(c.Task.Attempts)))
	})
	if err != nil && !errors.Is(err, ErrStale) {
		h.log.ErrorContext(ctx, "work could not be postponed; it is claimed again when its claim lapses",
			"kind", c.Task.Kind, "ref", c.Task.Ref, "err", err)
	}
}

// graceful returns a context that ends only some time after ctx does: an orderly
// stop lets an attempt end, as its transaction is worth finishing, but a store that
// does not answer holds up no stop.
func graceful(ctx context.Context, grace time.Duration) (_ context.Context, done func()) {
	longer, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		late := time.AfterFunc(grace, end)
		context.AfterFunc(longer, func() { late.Stop() })
	})
	return longer, func() {
		stop()
		end()
	}
}

// guarded turns a panic into an error, so that one message cannot stop the hub.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}
