package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

func fails(kind connectors.Kind) error {
	return &connectors.Error{Kind: kind, Err: errors.New("the platform's words")}
}

// first makes the first n calls fail alike.
func first(n int, err error) func(context.Context, int, connectors.Outbound) error {
	return func(_ context.Context, call int, _ connectors.Outbound) error {
		if call <= n {
			return err
		}
		return nil
	}
}

// The answers a platform may give, and what becomes of the message (OUT-02).
func TestWhatBecomesOfAMessage(t *testing.T) {
	always := 1 << 30
	hang := func(ctx context.Context, n int, _ connectors.Outbound) error {
		if n > 1 {
			return nil
		}
		<-ctx.Done()
		return fmt.Errorf("post: %w", ctx.Err())
	}
	for _, tt := range []struct {
		name     string
		answer   func(context.Context, int, connectors.Outbound) error
		state    inbox.DeliveryState
		calls    int
		doubtful bool
		reason   string // a part of it
		stuck    bool
	}{
		{"it is taken at once", nil, inbox.Sent, 1, false, "", false},
		{"it is taken at the fourth attempt", first(3, fails(connectors.Retryable)), inbox.Sent, 4, false, "", false},
		{"an error without a kind is tried again", first(1, errors.New("EOF")), inbox.Sent, 2, false, "", false},
		{"it is never taken", first(always, fails(connectors.Retryable)), inbox.Parked, 8, false, "nhiều lần", true},
		{"it is refused for good", first(always, fails(connectors.Permanent)), inbox.Failed, 1, false, "từ chối", true},
		{"it is refused in the platform's words", first(always, &connectors.Error{Kind: connectors.Permanent, Reason: "Người dân đã chặn tài khoản."}),
			inbox.Failed, 1, false, "đã chặn", true},
		{"the window is closed", first(always, fails(connectors.WindowClosed)), inbox.Parked, 1, false, "quá thời hạn", true},
		{"the window closes while it is queued", func(_ context.Context, n int, _ connectors.Outbound) error {
			if n == 1 {
				return fails(connectors.Retryable)
			}
			return fails(connectors.WindowClosed)
		}, inbox.Parked, 2, false, "quá thời hạn", true},
		{"the credentials are renewed", first(2, fails(connectors.Unauthorized)), inbox.Sent, 3, false, "", false},
		{"we are too fast for it", first(20, &connectors.Error{Kind: connectors.RateLimited, After: time.Minute}), inbox.Sent, 21, false, "", false},
		{"nobody knows once", first(1, fails(connectors.Uncertain)), inbox.Sent, 2, true, "", false},
		{"nobody knows twice", first(always, fails(connectors.Uncertain)), inbox.Parked, 2, true, "hai lần", true},
		{"nobody knows, after an honest failure", func(_ context.Context, n int, _ connectors.Outbound) error {
			return []error{fails(connectors.Retryable), fails(connectors.Uncertain), nil}[n-1]
		}, inbox.Sent, 3, true, "", false},
		{"it does not answer in time", hang, inbox.Sent, 2, true, "", false},
		{"the connector panics after the call", func(_ context.Context, n int, _ connectors.Outbound) error {
			if n == 1 {
				panic("index out of range")
			}
			return nil
		}, inbox.Sent, 2, true, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.platform.answers(tt.answer)
				c := r.say(zalo, "u1", "xin chào")
				r.pass(24 * time.Hour)
				out := r.outgoing(c.ID)[0]
				d := out.Delivery
				if d.State != tt.state || d.Doubtful != tt.doubtful || len(r.platform.called()) != tt.calls {
					r.Errorf("it is %s, doubtful %t, after %d calls; want %s, %t, %d", d.State, d.Doubtful, len(r.platform.called()), tt.state, tt.doubtful, tt.calls)
				}
				if !strings.Contains(d.Reason, tt.reason) || tt.state == inbox.Sent && d.Reason != "" {
					r.Errorf("the reason is %q, want %q in it", d.Reason, tt.reason)
				}
				for _, call := range r.platform.called() {
					if call.Key != string(out.ID) {
						r.Errorf("an attempt has the key %q, want the message's", call.Key)
					}
				}
				stuck, err := r.hub.Stuck(r.ctx(), lan)
				if err != nil || (len(stuck) == 1) != tt.stuck {
					r.Errorf("%d messages wait for a person (%v), want %t", len(stuck), err, tt.stuck)
				}
				counts, err := r.hub.Count(r.ctx(), lan, nil)
				if err != nil || (counts.Stuck == 1) != tt.stuck {
					r.Errorf("%d are counted (%v)", counts.Stuck, err)
				}
			})
		})
	}
}

// TOK-02: what waits for a new consent waits as long as that takes, and leaves
// by itself, in order.
func TestWithoutCredentialsMessagesWaitForANewConsent(t *testing.T) {
	inTime(t, func(r *rig) {
		expired := true
		r.platform.answers(func(context.Context, int, connectors.Outbound) error {
			if expired {
				return &connectors.Error{Kind: connectors.Unauthorized, Reason: "Hãy kết nối lại OA."}
			}
			return nil
		})
		c := r.say(zalo, "u1", "một")
		r.say(zalo, "u1", "hai")
		r.pass(72 * time.Hour)
		out := r.outgoing(c.ID)
		if d := out[0].Delivery; d.State != inbox.Queued || d.Attempts != 0 || d.Doubtful || d.Reason != "Hãy kết nối lại OA." {
			r.Errorf("after three days it is %+v, want it queued with the reason and no attempt counted", d)
		}
		if stuck, err := r.hub.Stuck(r.ctx(), lan); err != nil || len(stuck) != 0 {
			r.Errorf("%d messages wait for a person (%v), want none: nobody can help with the message", len(stuck), err)
		}
		if n := len(r.platform.called()); n > 3*24*60 {
			r.Errorf("the platform was asked %d times in three days", n)
		}
		expired = false
		before := len(r.platform.called())
		r.pass(3 * time.Minute)
		for i, m := range r.outgoing(c.ID) {
			if d := m.Delivery; d.State != inbox.Sent || d.Reason != "" || d.Doubtful {
				r.Errorf("three minutes after the consent message %d is %+v", i+1, d)
			}
		}
		if got := r.platform.texts()[before:]; !slices.Equal(got, []string{"Dạ: một", "Dạ: hai"}) {
			r.Errorf("sent were %q", got)
		}
	})
}

func TestTheSpacingOfAttemptsGrows(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(first(1<<30, fails(connectors.Retryable)))
		r.say(zalo, "u1", "xin chào")
		r.pass(24 * time.Hour)
		calls := r.platform.called()
		want := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 2 * time.Hour}
		if len(calls) != len(want)+1 {
			r.Fatalf("%d calls, want %d", len(calls), len(want)+1)
		}
		for i, base := range want {
			if gap := calls[i+1].at.Sub(calls[i].at); gap < base || gap > base+base/5+time.Second {
				r.Errorf("%v passed before attempt %d, want %v and at most a fifth more", gap, i+2, base)
			}
		}
	})
}

func TestTheSpacingIsSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 50 {
		seen[inbox.Backoff(3)] = true
	}
	if len(seen) < 2 {
		t.Error("what failed together would return together")
	}
}

func TestTooFastWaitsAsLongAsThePlatformAsks(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(first(1, &connectors.Error{Kind: connectors.RateLimited, After: 7 * time.Minute}))
		c := r.say(zalo, "u1", "xin chào")
		r.pass(time.Hour)
		calls := r.platform.called()
		if gap := calls[1].at.Sub(calls[0].at); gap < 7*time.Minute || gap > 8*time.Minute {
			r.Errorf("the second attempt came after %v", gap)
		}
		if n := r.outgoing(c.ID)[0].Delivery.Attempts; n != 1 {
			r.Errorf("it counts %d attempts, want 1: being early costs none", n)
		}
	})
}

func TestAfterTheSecondCrashAPersonDecides(t *testing.T) {
	idle(t, func(r *rig) {
		calls := make(chan chan struct{}, 3)
		r.platform.answers(func(context.Context, int, connectors.Outbound) error {
			returns := make(chan struct{})
			calls <- returns
			<-returns
			return nil
		})
		r.start()
		c := r.say(zalo, "u1", "xin chào")
		for range 2 {
			returns := <-calls
			if err := r.store.Close(); err != nil { // the result cannot be written any more
				r.Fatal(err)
			}
			close(returns)
			r.stop()
			r.open()
			r.start()
		}
		d := r.outgoing(c.ID)[0].Delivery
		if d.State != inbox.Parked || !d.Doubtful || d.Reason == "" {
			r.Errorf("after the second crash it is %+v, want parked, doubtful, with a reason", d)
		}
		if n := len(r.platform.called()); n != 2 {
			r.Errorf("the platform was called %d times, want 2", n)
		}
	})
}

func TestACrashBetweenCallAndResultIsDoubtful(t *testing.T) {
	idle(t, func(r *rig) {
		inFlight := make(chan struct{})
		r.platform.answers(func(_ context.Context, n int, _ connectors.Outbound) error {
			if n == 1 {
				<-inFlight
			}
			return nil
		})
		r.start()
		c := r.say(zalo, "u1", "xin chào")
		if state := r.outgoing(c.ID)[0].Delivery.State; state != inbox.Sending {
			r.Errorf("while the platform is called it is %s", state)
		}
		if err := r.store.Close(); err != nil { // the result cannot be written any more
			r.Fatal(err)
		}
		close(inFlight)
		r.stop()
		r.open()
		r.start()
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent || !d.Doubtful {
			r.Errorf("after the restart it is %+v, want sent and doubtful", d)
		}
		if n := len(r.platform.called()); n != 2 {
			r.Errorf("the platform was called %d times, want 2", n)
		}
	})
}

func TestAFirstMessageThatFailsHoldsBackItsOwnConversationOnly(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(func(_ context.Context, _ int, out connectors.Outbound) error {
			if failed := slices.Index([]string{"Dạ: một"}, out.Content.Text); failed >= 0 && len(r.platform.called()) < 40 && countText(r.platform.texts(), "Dạ: một") <= 3 {
				return fails(connectors.Retryable)
			}
			return nil
		})
		slow := r.say(zalo, "u0", "một")
		for _, text := range []string{"hai", "ba", "bốn", "năm", "sáu"} {
			r.say(zalo, "u0", text)
		}
		for i := range 20 {
			c := r.say(zalo, connectors.RemoteID(fmt.Sprint("u", i+1)), "xin chào")
			if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent {
				r.Errorf("conversation %d waits: %+v", i, d)
			}
		}
		if r.outgoing(slow.ID)[1].Delivery.State != inbox.Queued {
			r.Error("the second message overtook the first")
		}
		r.pass(time.Hour)
		var sent []string
		for _, call := range r.platform.called() {
			if call.To == "u0" {
				sent = append(sent, strings.TrimPrefix(call.Content.Text, "Dạ: "))
			}
		}
		if want := "một một một một hai ba bốn năm sáu"; strings.Join(sent, " ") != want {
			r.Errorf("sent were %q, want %q", strings.Join(sent, " "), want)
		}
	})
}

func countText(texts []string, text string) (n int) {
	for _, t := range texts {
		if t == text {
			n++
		}
	}
	return n
}

func TestTheRetryButton(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(first(1, fails(connectors.Permanent)))
		c := r.say(zalo, "u1", "xin chào")
		id := r.outgoing(c.ID)[0].ID
		_, err := r.hub.RetryDelivery(r.ctx(), doctor, id)
		wantError(t, "RetryDelivery by another department", err, inbox.ErrNotFound)
		if _, err = r.hub.RetryDelivery(r.ctx(), lan, id); err != nil {
			r.Fatal(err)
		}
		r.settle()
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent || d.Reason != "" {
			r.Errorf("it is %+v", d)
		}
		_, err = r.hub.RetryDelivery(r.ctx(), lan, id)
		wantError(t, "RetryDelivery of what was sent", err, inbox.ErrConflict)
		_, err = r.hub.RetryDelivery(r.ctx(), lan, r.messages(c.ID)[0].ID)
		wantError(t, "RetryDelivery of what came in", err, inbox.ErrConflict)
		if rows := r.audits(inbox.AuditQuery{Member: lan.Member.ID}); len(rows) != 1 || rows[0].Action != inbox.Resent || rows[0].Target != string(id) {
			r.Errorf("on record is %+v", rows)
		}
		if stuck, _ := r.hub.Stuck(r.ctx(), lan); len(stuck) != 0 {
			r.Errorf("%d still wait for a person", len(stuck))
		}
	})
}

func TestReadingWhatIsStuckIsALook(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(first(1, fails(connectors.Permanent)))
		if _, err := r.hub.Stuck(r.ctx(), lan); err != nil {
			r.Fatal(err)
		}
		if rows := r.audits(inbox.AuditQuery{Member: lan.Member.ID}); len(rows) != 0 {
			r.Errorf("of looking at nothing there is on record %+v", rows)
		}
		r.say(zalo, "u1", "xin chào")
		for range 3 {
			if _, err := r.hub.Stuck(r.ctx(), lan); err != nil {
				r.Fatal(err)
			}
		}
		if rows := r.audits(inbox.AuditQuery{Member: lan.Member.ID}); len(rows) != 1 || rows[0].Action != inbox.Looked || rows[0].Target != "stuck" {
			r.Errorf("on record is %+v", rows)
		}
	})
}

func TestStuckIsNotForDepartments(t *testing.T) {
	idle(t, func(r *rig) {
		_, err := r.hub.Stuck(r.ctx(), doctor)
		wantError(t, "Stuck", err, inbox.ErrForbidden)
	})
}

func TestAChannelThatIsGoneFromTheConfigurationParks(t *testing.T) {
	idle(t, func(r *rig) {
		c := r.say(zalo, "u1", "người thật")
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "1"}); err != nil {
			r.Fatal(err)
		}
		r.connect(r.chat)
		r.start()
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Parked || !strings.Contains(d.Reason, "cấu hình") {
			r.Errorf("it is %+v", d)
		}
		_, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "2"})
		wantInvalid(t, "Reply", err, "text")
	})
}

func TestAnOrderlyStopLetsTheCallEnd(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(func(context.Context, int, connectors.Outbound) error {
			time.Sleep(10 * time.Second) // of the bubble
			return nil
		})
		c := r.say(zalo, "u1", "xin chào")
		r.stop()
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Sent || d.Doubtful {
			r.Errorf("after the stop it is %+v, want it sent", d)
		}
	})
}

func TestUrgentRepliesLeaveFirst(t *testing.T) {
	idle(t, func(r *rig) {
		for i := range 30 {
			r.say(zalo, connectors.RemoteID(fmt.Sprint("calm", i)), "người thật")
		}
		r.say(zalo, "ill", "khó-thở")
		r.platform.answers(func(context.Context, int, connectors.Outbound) error {
			time.Sleep(time.Second)
			return nil
		})
		r.start()
		r.pass(time.Minute)
		at := slices.Index(r.platform.texts(), "Gọi 115 ngay.")
		if at < 0 || at > 16 { // as many as may be under way when it comes
			r.Errorf("the advice left as number %d", at+1)
		}
	})
}

func TestWhatIsSentIsWhatWasSaid(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.limits.AttachmentSize = 1 << 20
		c := r.say(zalo, "u1", "người thật")
		file := content.Attachment{ID: "f1", Name: "mẫu đơn.pdf", Type: "application/pdf", Size: 1000}
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Mẫu đây ạ", Key: "1", Attachments: []content.Attachment{file}}); err != nil {
			r.Fatal(err)
		}
		r.settle()
		calls := r.platform.called()
		last := calls[len(calls)-1]
		if last.Content.Text != "Mẫu đây ạ" || len(last.Content.Attachments) != 1 || last.Content.Attachments[0] != file || last.Automatic {
			r.Errorf("the platform got %+v", last)
		}
	})
}
