package inbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// full is the small count of a test, or the full one where TONGDAI_LONG asks for it.
func full(small, all int) int {
	if os.Getenv("TONGDAI_LONG") != "" {
		return all
	}
	return small
}

// closable is a platform that takes nothing while it is down, and no more than
// so many a minute when it is up. It remembers what it took.
type closable struct {
	perMinute int

	mu     sync.Mutex
	down   bool
	calls  int // while it was down
	over   int // more than it allows, and called all the same
	minute time.Time
	used   int
	taken  []connectors.Outbound
}

func (p *closable) Channel() connectors.Channel {
	return connectors.Channel{ID: zalo, Kind: "zalo", Name: "Zalo"}
}

func (p *closable) Limits() connectors.Limits { return connectors.Limits{PerMinute: p.perMinute} }

func (p *closable) Send(_ context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		p.calls++
		return connectors.Receipt{}, fails(connectors.Retryable)
	}
	if now := time.Now().Truncate(time.Minute); !now.Equal(p.minute) {
		p.minute, p.used = now, 0
	}
	if p.used++; p.used > p.perMinute {
		p.over++
		return connectors.Receipt{}, &connectors.Error{Kind: connectors.RateLimited, After: time.Until(p.minute.Add(time.Minute))}
	}
	p.taken = append(p.taken, out)
	return connectors.Receipt{Message: connectors.RemoteID(fmt.Sprint("remote-", len(p.taken)))}, nil
}

func (p *closable) goes(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// OUT-07: a platform is down for six hours while answers queue. Memory stays
// level, the platform is not called for each of them again and again, and
// afterwards all leave within its limit and in order, but for those that were
// overtaken: a person is asked about them.
func TestAfterSixHoursDownAllLeaveInOrderButWhatWasOvertaken(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	citizens := full(90, 7000)
	p := &closable{perMinute: full(20, 1000)}
	idle(t, func(r *rig) {
		r.people()
		r.connect(p, r.chat)
		p.goes(true)
		r.start()
		name := func(i int) connectors.RemoteID { return connectors.RemoteID(fmt.Sprint("u", i)) }
		say := func(i int, text string) {
			r.sent++
			if err := r.receive(zalo, inbound(name(i), fmt.Sprint("key-", r.sent), text)); err != nil {
				r.Fatal(err)
			}
		}
		queued, overtaken, closed := 0, map[int]bool{}, map[int]inbox.ConversationID{}
		for i := range citizens { // one, or two in one breath
			say(i, "một")
			queued++
			if chance.IntN(4) == 0 {
				say(i, "hai")
				queued++
			}
			if i%100 == 99 {
				r.pass(time.Second)
			}
		}
		r.pass(time.Minute)
		level := heap()
		for hour := range 5 {
			r.pass(time.Hour)
			for range citizens / 25 {
				switch i := chance.IntN(citizens); {
				case overtaken[i] || closed[i] != "":
				case hour%2 == 0:
					say(i, "thế nào rồi")
					overtaken[i] = true
					queued++
				default:
					closed[i] = r.live(zalo, name(i)).ID
					if _, err := r.hub.Resolve(r.ctx(), lan, closed[i]); err != nil {
						r.Fatal(err)
					}
				}
			}
			r.settle()
		}
		r.pass(time.Hour - time.Minute)
		if len(overtaken) == 0 || len(closed) == 0 || p.calls == 0 || len(p.taken) != 0 {
			r.Fatalf("nothing to judge: %d overtaken, %d closed, %d calls of the platform that is down, %d taken", len(overtaken), len(closed), p.calls, len(p.taken))
		}
		grown := int64(heap()) - int64(level)
		r.Logf("%d queued, %d overtaken, %d closed; %d calls in six hours; memory moved by %d bytes a queued answer", queued, len(overtaken), len(closed), p.calls, grown/int64(queued))
		if grown > int64(queued)*1024+4<<20 {
			r.Errorf("memory grew by %d kB while the platform was down", grown>>10)
		}
		if most := 6*60*2 + 100; p.calls > most {
			r.Errorf("the platform was called %d times while it was down, want %d at most", p.calls, most)
		}

		p.goes(false)
		r.pass(inboxDrain(queued, p.perMinute))
		asked := r.wantOneOrAsked(citizens, name, overtaken, closed)
		if len(p.taken)+asked != queued {
			r.Errorf("%d left and %d are asked about, of %d", len(p.taken), asked, queued)
		}
		if p.over > queued {
			r.Errorf("%d calls were too many for %d messages", p.over, queued)
		}
		r.wantOrder(p.taken)
	})
}

// inboxDrain is how long n messages may take to leave once their platform is back.
func inboxDrain(n, perMinute int) time.Duration {
	return 30*time.Minute + 2*time.Duration(n/perMinute)*time.Minute
}

// heap is what is in use after the garbage is gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// wantOneOrAsked looks at every answer: it left, or was overtaken and is asked
// about with the reason. It returns how many are.
func (r *rig) wantOneOrAsked(citizens int, name func(int) connectors.RemoteID, overtaken map[int]bool, closed map[int]inbox.ConversationID) (asked int) {
	r.Helper()
	for i := range citizens {
		id := closed[i]
		if id == "" {
			id = r.live(zalo, name(i)).ID
		}
		out := r.outgoing(id)
		for n, m := range out {
			d := m.Delivery
			want := inbox.Sent
			if closed[i] != "" || overtaken[i] && n < len(out)-1 {
				want = inbox.Parked
				asked++
			}
			if d.State != want || (d.Reason == "") != (want == inbox.Sent) || d.Doubtful {
				r.Errorf("answer %d to citizen %d is %+v, want it %s", n, i, d, want)
			}
		}
	}
	return asked
}

// wantOrder holds what a platform took against the order within each
// conversation; ids grow with time.
func (r *rig) wantOrder(taken []connectors.Outbound) {
	r.Helper()
	last := map[connectors.RemoteID]string{}
	for _, out := range taken {
		if out.Key <= last[out.To] {
			r.Errorf("%s left after %s", out.Key, last[out.To])
		}
		last[out.To] = out.Key
	}
}

func TestWhatWasOvertakenLeavesWhenAPersonSendsItAgain(t *testing.T) {
	p := &closable{perMinute: 60, down: true}
	idle(t, func(r *rig) {
		r.connect(p, r.chat)
		r.start()
		for i := range 5 { // the channel is down, not one message wrong
			r.say(zalo, connectors.RemoteID(fmt.Sprint("other", i)), "xin chào")
		}
		c := r.say(zalo, "u1", "một")
		r.pass(2 * time.Hour)
		r.say(zalo, "u1", "hai")
		r.pass(2 * time.Hour)
		p.goes(false)
		r.pass(time.Hour)
		stuck, err := r.hub.Stuck(r.ctx(), lan)
		if err != nil || len(stuck) != 1 {
			r.Fatalf("%d answers are asked about (%v), want the one that was overtaken", len(stuck), err)
		}
		first := r.outgoing(c.ID)[0]
		if d := first.Delivery; d.State != inbox.Parked || d.Reason == "" {
			r.Errorf("the first answer is %+v", d)
		}
		if _, err := r.hub.RetryDelivery(r.ctx(), lan, first.ID); err != nil {
			r.Fatal(err)
		}
		r.settle()
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent {
			r.Errorf("what a person has sent again is %+v", d)
		}
	})
}

// Advice in danger is exempt: it is tried often, and leaves whatever was said since.
func TestAnUrgentAnswerOutlivesAnOutage(t *testing.T) {
	p := &closable{perMinute: 60, down: true}
	idle(t, func(r *rig) {
		r.connect(p, r.chat)
		r.start()
		for i := range 8 {
			r.say(zalo, connectors.RemoteID(fmt.Sprint("other", i)), "xin chào")
		}
		r.say(zalo, "ill", "khó-thở")
		r.pass(2 * time.Hour)
		r.say(zalo, "ill", "vẫn đau")
		r.pass(2 * time.Hour)
		p.goes(false)
		r.pass(time.Minute)
		if !slices.ContainsFunc(p.taken, func(out connectors.Outbound) bool { return out.Content.Text == "Gọi 115 ngay." }) {
			r.Error("the advice has not left a minute after the platform came back")
		}
	})
}
