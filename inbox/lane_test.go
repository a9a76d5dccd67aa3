package inbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

const zaloToo connectors.ChannelID = "zalo-2"

// twoPlatforms adds a second channel that is sent to, whose calls hang.
func twoPlatforms(r *rig) *platform {
	hanging := &platform{channel: connectors.Channel{ID: zaloToo, Kind: "zalo", Name: "Zalo 2"}}
	hanging.answers(func(ctx context.Context, _ int, _ connectors.Outbound) error {
		<-ctx.Done()
		return &connectors.Error{Kind: connectors.Retryable, Err: ctx.Err()}
	})
	r.connect(r.platform, hanging, r.chat)
	return hanging
}

// CAP-07: a platform that takes half a minute for each call, with more waiting
// for it than may be under way, holds up no other channel.
func TestAChannelThatHangsHoldsUpNoOther(t *testing.T) {
	idle(t, func(r *rig) {
		hanging := twoPlatforms(r)
		r.start()
		for i := range 80 {
			r.say(zaloToo, connectors.RemoteID(fmt.Sprint("u", i)), "xin chào")
		}
		for i := range 20 {
			r.pass(7 * time.Second)
			c := r.say(zalo, connectors.RemoteID(fmt.Sprint("u", i)), "xin chào")
			if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent {
				r.Errorf("citizen %d of the other channel is not answered at once: %+v", i, d)
			}
		}
		if n := len(hanging.called()); n < 8+2 || n > 8*3 {
			r.Errorf("the channel that hangs was called %d times in over two minutes, want it looked at now and then", n)
		}
		hanging.answers(nil)
		r.pass(time.Hour)
		for i := range 80 {
			c := r.live(zaloToo, connectors.RemoteID(fmt.Sprint("u", i)))
			if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent {
				r.Fatalf("once it answers again, citizen %d has %+v", i, d)
			}
		}
	})
}

func TestAnUrgentMessageDoesNotQueueBehindAHundred(t *testing.T) {
	idle(t, func(r *rig) {
		hanging := twoPlatforms(r)
		hanging.answers(func(context.Context, int, connectors.Outbound) error {
			time.Sleep(4 * time.Second) // of the bubble
			return nil
		})
		r.start()
		for i := range 100 {
			r.say(zaloToo, connectors.RemoteID(fmt.Sprint("u", i)), "xin chào")
		}
		c := r.say(zaloToo, "ill", "khó-thở")
		r.pass(10 * time.Second)
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent {
			r.Errorf("the advice has not left after ten seconds: %+v", d)
		}
	})
}

// What a platform found too many comes back at the pace that it takes.
func TestTooManyReturnOneAfterTheOther(t *testing.T) {
	idle(t, func(r *rig) {
		const perMinute, citizens = 60, 120
		r.platform.limits.PerMinute = perMinute
		r.connect(r.platform, r.chat)
		var mu sync.Mutex
		var minute time.Time
		taken := 0
		r.platform.answers(func(context.Context, int, connectors.Outbound) error {
			mu.Lock()
			defer mu.Unlock()
			if now := time.Now().Truncate(time.Minute); !now.Equal(minute) {
				minute, taken = now, 0
			}
			if taken++; taken > perMinute {
				return &connectors.Error{Kind: connectors.RateLimited, After: time.Until(minute.Add(time.Minute))}
			}
			return nil
		})
		for i := range citizens {
			r.say(zalo, connectors.RemoteID(fmt.Sprint("u", i)), "xin chào")
		}
		r.start()
		r.pass(5 * time.Minute)
		for i := range citizens {
			c := r.live(zalo, connectors.RemoteID(fmt.Sprint("u", i)))
			if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent || d.Attempts != 1 {
				r.Fatalf("citizen %d has %+v", i, d)
			}
		}
		if n := len(r.platform.called()); n > 2*citizens {
			r.Errorf("%d calls for %d messages: what was too many came back together", n, citizens)
		}
	})
}
