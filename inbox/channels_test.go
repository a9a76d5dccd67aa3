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

// official is a platform that has all there is to look after: it checks, slowly
// if told so, and is connected by a consent.
type official struct {
	*platform
	slow  time.Duration
	after func() (string, error) // Authorize

	mu     sync.Mutex
	health connectors.Health
	asked  int
}

func (o *official) Check(context.Context) connectors.Health {
	o.mu.Lock()
	o.asked++
	health := o.health
	o.mu.Unlock()
	time.Sleep(o.slow)
	health.CheckedAt = time.Now()
	return health
}

func (o *official) Authorize(context.Context) (string, error) { return o.after() }

func (o *official) is(h connectors.Health) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.health = h
}

func (o *official) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

var (
	admin      = inbox.Actor{Member: inbox.Member{ID: "admin", Role: inbox.Admin}, Address: "10.0.0.1"}
	supervisor = inbox.Actor{Member: inbox.Member{ID: "lead", Role: inbox.Supervisor}}
)

// lookedAfter is a hub that does not work yet, with an official account and a chat.
func lookedAfter(t *testing.T, test func(r *rig, o *official)) {
	t.Helper()
	idle(t, func(r *rig) {
		o := &official{platform: r.platform, health: connectors.Health{OK: true}, after: func() (string, error) { return "https://platform.example/consent?state=s", nil }}
		r.connect(o, r.chat)
		test(r, o)
	})
}

func (r *rig) states(who inbox.Actor) []inbox.ChannelState {
	r.Helper()
	states, err := r.hub.ChannelStates(r.ctx(), who)
	if err != nil {
		r.Fatalf("ChannelStates = %v", err)
	}
	return states
}

func TestChannelStatesSayWhatAChannelIs(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		states := r.states(supervisor)
		if len(states) != 2 || states[0].ID != zalo || states[1].ID != web {
			t.Fatalf("the channels are %+v, want both in the order of the configuration", states)
		}
		oa, chat := states[0], states[1]
		if !oa.Checks || !oa.Connects || oa.Health == nil || !oa.Health.OK || oa.Name != "Zalo" {
			t.Errorf("the account is %+v", oa)
		}
		if chat.Checks || chat.Connects || chat.Health != nil || !chat.LastIn.IsZero() || !chat.LastOut.IsZero() {
			t.Errorf("a chat that can tell nothing and where nobody wrote is %+v", chat)
		}
	})
}

func TestChannelsAreAskedOnceAMinute(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		r.states(supervisor)
		o.is(connectors.Health{Problem: "Zalo không nhận quyền nữa."})
		r.pass(59 * time.Second)
		if s := r.states(admin)[0]; !s.Health.OK || o.times() != 1 {
			t.Errorf("within the minute it was asked %d times and tells %+v", o.times(), s.Health)
		}
		r.pass(time.Second)
		if s := r.states(admin)[0]; s.Health.OK || s.Health.Problem != "Zalo không nhận quyền nữa." || o.times() != 2 {
			t.Errorf("after it, it was asked %d times and tells %+v", o.times(), s.Health)
		}
	})
}

func TestWhatTheWatchingNodeKnowsIsNotAskedAgain(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		r.start()
		if s := r.states(admin)[0]; s.Health == nil || !s.Health.OK || o.times() != 1 {
			t.Errorf("asked %d times, told %+v", o.times(), s.Health)
		}
	})
}

func TestAChannelThatIsSlowToTellHoldsNobodyUp(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		o.slow = 20 * time.Second
		begun := time.Now()
		if s := r.states(admin)[0]; s.Health != nil {
			t.Errorf("what it has not told yet is %+v", s.Health)
		}
		if waited := time.Since(begun); waited > 5*time.Second {
			t.Errorf("the page waited %s", waited)
		}
		r.states(admin)
		r.pass(30 * time.Second)
		if s := r.states(admin)[0]; s.Health == nil || !s.Health.OK || o.times() != 1 {
			t.Errorf("later it was asked %d times and tells %+v", o.times(), s.Health)
		}
	})
}

func TestLastMessagesOfAChannel(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		r.start()
		first := time.Now()
		r.say(zalo, "u1", "xin chào") // answered
		r.settle()
		r.pass(time.Hour)
		o.answers(func(context.Context, int, connectors.Outbound) error {
			return &connectors.Error{Kind: connectors.Permanent, Reason: "Người dân đã chặn kênh."}
		})
		second := time.Now()
		r.say(zalo, "u2", "alo")
		r.settle()
		r.pass(time.Minute)
		s := r.states(admin)[0]
		if s.LastIn.Sub(second).Abs() > time.Second || s.LastOut.Sub(first).Abs() > time.Minute {
			t.Errorf("last in %s, want %s; last out %s, want %s", s.LastIn, second, s.LastOut, first)
		}
		if s.Failed != 1 || s.Parked != 0 {
			t.Errorf("failed %d, parked %d, want 1 and 0", s.Failed, s.Parked)
		}
		if chat := r.states(admin)[1]; chat.Failed != 0 || !chat.LastIn.IsZero() {
			t.Errorf("the other channel tells of it: %+v", chat)
		}
		r.pass(24 * time.Hour)
		if s := r.states(admin)[0]; s.Failed != 0 {
			t.Errorf("the next day %d are counted, want none of yesterday's", s.Failed)
		}
	})
}

func TestDeliveriesThatWaitAreCountedByTheDayHere(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		c := r.say(zalo, "u1", "xin chào")
		hanoi := time.FixedZone("ICT", 7*60*60)
		y, m, d := time.Now().In(hanoi).Date()
		midnight := time.Date(y, m, d+1, 0, 0, 0, 0, hanoi)
		r.pass(time.Until(midnight) - time.Hour)
		wait := func(id string, state inbox.DeliveryState, at time.Time) {
			r.write(func(tx inbox.Writer) error {
				_, err := tx.AppendMessage(inbox.Message{
					ID: inbox.MessageID(id), Conversation: c.ID, Direction: inbox.Out, Author: inbox.Author{Kind: inbox.Bot},
					SentAt: at, ReceivedAt: at, Delivery: inbox.Delivery{State: state, Reason: "x", At: at},
				})
				return err
			})
		}
		wait("m1", inbox.Parked, midnight.Add(-time.Minute))
		wait("m2", inbox.Parked, midnight)
		wait("m3", inbox.Parked, midnight.Add(time.Minute))
		wait("m4", inbox.Failed, midnight.Add(time.Minute))
		r.pass(2 * time.Hour)
		if s := r.states(admin)[0]; s.Parked != 2 || s.Failed != 1 {
			t.Errorf("parked %d, failed %d, want 2 and 1", s.Parked, s.Failed)
		}
	})
}

func TestConnecting(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		url, err := r.hub.ConnectChannel(r.ctx(), admin, zalo)
		if err != nil || url != "https://platform.example/consent?state=s" {
			t.Errorf("ConnectChannel = %q, %v", url, err)
		}
		rows := r.audits(inbox.AuditQuery{Limit: 10})
		if len(rows) != 1 || rows[0].Action != inbox.Connecting || rows[0].Target != string(zalo) || rows[0].Member != "admin" || rows[0].Address != "10.0.0.1" || rows[0].Detail != "" {
			t.Errorf("on record is %+v, want who asked for which channel, without the address", rows)
		}
		for name, tt := range map[string]struct {
			who     inbox.Actor
			channel connectors.ChannelID
			want    error
		}{
			"a supervisor may look and not connect": {supervisor, zalo, inbox.ErrForbidden},
			"a channel there is none of":            {admin, "zalo-9", inbox.ErrNotFound},
			"a channel without a consent":           {admin, web, inbox.ErrConflict},
		} {
			_, err := r.hub.ConnectChannel(r.ctx(), tt.who, tt.channel)
			wantError(t, name, err, tt.want)
		}
		o.after = func() (string, error) {
			return "", &connectors.Error{Kind: connectors.Retryable, Reason: "Kho bí mật chưa mở được."}
		}
		_, err = r.hub.ConnectChannel(r.ctx(), admin, zalo)
		var refusal *inbox.Refusal
		if !errors.As(err, &refusal) || refusal.Message != "Kho bí mật chưa mở được." {
			t.Errorf("a reason for people comes as %v", err)
		}
	})
}

func TestChannelsAreForWhoLooksAfterThem(t *testing.T) {
	lookedAfter(t, func(r *rig, o *official) {
		for _, who := range []inbox.Actor{member("lan", inbox.Operator), member("y-te", inbox.Staff, "so-y-te"), {}} {
			_, err := r.hub.ChannelStates(r.ctx(), who)
			wantError(t, string(who.Member.Role), err, inbox.ErrForbidden)
		}
		if o.times() != 0 {
			t.Errorf("who may not look had the channel asked %d times", o.times())
		}
	})
}
