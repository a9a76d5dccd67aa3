package inbox

import (
	"context"
	"time"
)

// drainBatch of tasks are claimed at a time by Drain.
const drainBatch = 16

// Drain does everything that is due by the store's clock, including what that
// gives rise to, and returns when nothing is left. It is for programs that
// tell past days with a clock of their own; Run must not run beside it. The
// first task that fails ends it, and waits for its next claim.
func (h *Hub) Drain(ctx context.Context) error {
	kinds := []struct {
		kind Work
		ttl  time.Duration
		do   func(context.Context, Claim) error
	}{
		{Turns, h.cfg.TurnTimeout * 2, h.turn},
		{Deliveries, h.cfg.SendTimeout * 2, h.deliver},
		{Fetches, fetchClaim, h.fetch},
		{Closings, time.Minute, h.closeSilent},
		{Dues, time.Minute, h.due},
		{Alarms, alarmClaim, h.alarm},
	}
	for done := 1; done > 0; {
		done = 0
		for _, k := range kinds {
			claims, err := h.store.Claim(ctx, k.kind, drainBatch, k.ttl)
			if err != nil {
				return err
			}
			for _, c := range claims {
				if err := guarded(func() error { return k.do(ctx, c) }); err != nil {
					return err
				}
			}
			done += len(claims)
		}
	}
	return nil
}
