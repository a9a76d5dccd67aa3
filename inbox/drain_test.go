package inbox_test

import (
	"errors"
	"testing"
	"time"

	"tongdai/inbox"
)

func TestDrainDoesWhatIsDueAndNoMore(t *testing.T) {
	idle(t, func(r *rig) {
		drain := func() {
			r.Helper()
			if err := r.hub.Drain(r.ctx()); err != nil {
				r.Fatal(err)
			}
		}
		c := r.say(zalo, "u1", "xin chào")
		r.wantThread(c.ID, "citizen: xin chào")
		drain()
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào")
		if state := r.outgoing(c.ID)[0].Delivery.State; state != inbox.Sent {
			r.Errorf("what the turn gave rise to is %q, want it sent", state)
		}
		if c = r.again(c.ID); c.Status != inbox.Open {
			r.Error("it was closed before its time")
		}
		r.pass(13 * time.Hour)
		drain()
		if c = r.again(c.ID); c.Status != inbox.Resolved {
			r.Error("it was not closed after a long silence")
		}
	})
}

func TestDrainEndsWithTheFirstFailure(t *testing.T) {
	idle(t, func(r *rig) {
		broken := errors.New("the index is being rebuilt")
		r.bot.searchErr = broken
		r.say(zalo, "u1", "xin chào")
		wantError(t, "Drain", r.hub.Drain(r.ctx()), broken)
	})
}
