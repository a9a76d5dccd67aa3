package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Alone runs do on one node at a time, until ctx ends or do returns by itself:
// this node does it while it holds the lease of that name, another one takes
// over when this one stops or breaks down. do must end soon after its context
// does: that is how it learns that it is alone no longer.
//
// The lease is renewed at a third of its time. When it is lost, or could not be
// renewed before it ran out, do's context ends at once, and the lease is tried
// for again. A panic of do becomes the error.
func (h *Hub) Alone(ctx context.Context, name string, do func(ctx context.Context) error) error {
	for ctx.Err() == nil {
		until, err := h.lease(ctx, name)
		if err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "a lease could not be asked for and is tried again", "lease", name, "err", err)
		}
		if until.IsZero() {
			pause(ctx, nil, h.cfg.LeaseTime/3)
			continue
		}
		if lost, err := h.holding(ctx, name, until, do); !lost {
			return err
		}
		h.log.WarnContext(ctx, "a lease was lost; another node may do its work now", "lease", name, "node", h.cfg.Node)
	}
	return nil
}

// lease takes or renews a lease and returns until when its work may go on, by
// this machine's clock; the zero time when another node has it. Time is counted
// from before the question, and a tenth is left for the work to come to its end, so
// that it is over when the store gives the lease to another.
func (h *Hub) lease(ctx context.Context, name string) (until time.Time, err error) {
	asked := time.Now()
	ok, err := h.store.Lease(ctx, name, h.holder, h.cfg.LeaseTime)
	if err != nil || !ok {
		return time.Time{}, err
	}
	return asked.Add(h.cfg.LeaseTime - h.cfg.LeaseTime/10), nil
}

var errLeaseLost = errors.New("inbox: another node may do this now")

// holding runs do while the lease is renewed. lost tells that do was stopped
// because this node is alone with it no longer.
func (h *Hub) holding(ctx context.Context, name string, until time.Time, do func(ctx context.Context) error) (lost bool, err error) {
	h.metrics.leases.WithLabelValues(name).Set(1)
	defer h.metrics.leases.WithLabelValues(name).Set(0)
	doing, end := context.WithCancelCause(ctx)
	defer end(nil)
	// A store that does not answer cannot hold this up: the clock alone ends it.
	lapse := time.AfterFunc(time.Until(until), func() { end(errLeaseLost) })
	defer lapse.Stop()
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		h.renew(doing, name, until, lapse, end)
	}()
	err = guarded(func() error { return do(doing) })
	if errors.Is(context.Cause(doing), errLeaseLost) {
		return true, nil
	}
	end(nil)
	<-renewed // or it would take back what is given back now
	h.release(ctx, name)
	if ctx.Err() != nil || err == nil {
		return false, nil
	}
	return false, fmt.Errorf("%s: %w", name, err)
}

// renew puts lapse off again and again, until ctx ends or the lease is lost.
func (h *Hub) renew(ctx context.Context, name string, until time.Time, lapse *time.Timer, end context.CancelCauseFunc) {
	for pause(ctx, nil, h.cfg.LeaseTime/3) {
		asking, cancel := context.WithDeadline(ctx, until)
		next, err := h.lease(asking, name)
		cancel()
		switch {
		case err != nil && ctx.Err() == nil:
			h.log.WarnContext(ctx, "a lease could not be renewed yet", "lease", name, "err", err)
		case err == nil && next.IsZero():
			end(errLeaseLost)
		case err == nil:
			until = next
			lapse.Reset(time.Until(until))
		}
	}
}

// releaseTime bounds how long an orderly stop waits for a store to hear of it.
const releaseTime = time.Second

// release gives a lease back, so that the next node need not wait for its end: a
// lease of no time has ended.
func (h *Hub) release(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if _, err := h.store.Lease(ctx, name, h.holder, 0); err != nil {
		h.log.DebugContext(ctx, "a lease was not given back and ends by itself", "lease", name, "err", err)
	}
}
