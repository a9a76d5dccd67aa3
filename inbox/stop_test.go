package inbox_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/inbox"
)

// hanging is a store whose updates do not answer while it hangs; as a database
// behind a broken network, it gives up when its caller does.
type hanging struct {
	inbox.Store
	hangs atomic.Bool
}

func (s *hanging) Update(ctx context.Context, fn func(inbox.Writer) error) error {
	if s.hangs.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.Update(ctx, fn)
}

func TestAHubSaysSoonThatItsStoreDoesNotAnswer(t *testing.T) {
	idle(t, func(r *rig) {
		store := &hanging{Store: r.store}
		r.use(store)
		if err := r.hub.Ready(r.ctx()); err != nil {
			r.Errorf("Ready of a store that is well = %v", err)
		}
		store.hangs.Store(true)
		for range 3 {
			began := time.Now()
			wantError(r, "Ready", r.hub.Ready(r.ctx()), inbox.ErrUnavailable)
			if took := time.Since(began); took > time.Second {
				r.Errorf("it took %s to say so", took)
			}
		}
		store.hangs.Store(false)
		if err := r.hub.Ready(r.ctx()); err != nil {
			r.Errorf("Ready afterwards = %v", err)
		}
	})
}

func TestAnOrderlyStopFinishesWhatIsUnderWay(t *testing.T) {
	inTime(t, func(r *rig) {
		r.bot.think(func(bot.Message) { time.Sleep(10 * time.Second) })
		r.sent++
		if err := r.receive(zalo, inbound("u1", "k1", "xin chào")); err != nil {
			r.Fatal(err)
		}
		r.settle()
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 11*time.Second {
			r.Errorf("the stop took %s", took)
		}
		r.wantThread(r.live(zalo, "u1").ID, "citizen: xin chào", "bot: Dạ: xin chào")
	})
}

func TestAStopDoesNotWaitForAStoreThatHangs(t *testing.T) {
	idle(t, func(r *rig) {
		store := &hanging{Store: r.store}
		r.use(store)
		r.start()
		r.platform.answers(func(context.Context, int, connectors.Outbound) error {
			store.hangs.Store(true) // and the result can never be recorded
			return nil
		})
		r.sent++
		if err := r.receive(zalo, inbound("u1", "k1", "xin chào")); err != nil {
			r.Fatal(err)
		}
		r.settle()
		began := time.Now()
		r.stop()
		if took := time.Since(began); took < 30*time.Second || took > 40*time.Second {
			r.Errorf("the stop took %s, want a little more than a call of a platform may", took)
		}
		store.hangs.Store(false)
	})
}
