package main

import (
	"context"
	"sync/atomic"
	"time"

	"tongdai/configs"
	"tongdai/inbox"
)

// regimes are the shifts of the configuration as the hub takes them.
func regimes(duty configs.Duty) []inbox.Regime {
	var out []inbox.Regime
	for _, s := range duty.Shifts {
		r := inbox.Regime{ID: inbox.RegimeID(s.ID), Name: s.Name, From: s.Hours.From, Until: s.Hours.Until, Least: s.Least}
		for _, day := range s.Days {
			r.Days = append(r.Days, time.Weekday(day))
		}
		copy(r.ByLevel[:], s.AtLevel)
		out = append(out, r)
	}
	return out
}

// manning is when people are at the desk, as the roster was last read: every turn
// asks it, and none waits for the store.
type manning struct{ last atomic.Pointer[inbox.Manning] }

// manningEvery is how old what is known of the roster may be while nothing in it
// changes: accounts are closed, and days pass, without an event of the duty.
const manningEvery = 5 * time.Minute

// followDuty keeps what is known of the roster up to date until ctx ends.
func (a *app) followDuty(ctx context.Context) error {
	changed, stop := a.hub.Feed().WatchKind(inbox.DutyChanged)
	defer stop()
	for {
		wait := manningEvery
		m, err := a.hub.Manning(ctx)
		switch {
		case err == nil:
			a.house.manning.last.Store(&m)
		case ctx.Err() == nil:
			a.log.WarnContext(ctx, "the duty roster could not be read and is tried again", "err", err)
			wait = followAgain
		}
		again := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-again.C:
		}
		again.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}
