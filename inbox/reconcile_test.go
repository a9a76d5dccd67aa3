package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// chronicle is a platform that remembers what was said.
type chronicle struct {
	*platform
	mu    sync.Mutex
	said  []connectors.Inbound // in order, as the history tells it
	keeps time.Time            // the history tells nothing of before
	fail  func(n int) error    // calls are counted from 1
	asked int
}

// tell adds something to the history that the hub is not told.
func (p *chronicle) tell(kind connectors.InboundKind, user connectors.RemoteID, id, text string) connectors.Inbound {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := connectors.Inbound{
		Key: string(user) + "/" + id, Kind: kind, From: user, Message: connectors.RemoteID(id), SentAt: time.Now(),
		Content: content.Content{Text: text}, Recalled: true,
	}
	p.said = append(p.said, in)
	return in
}

func (p *chronicle) call() error {
	p.asked++
	if p.fail != nil {
		return p.fail(p.asked)
	}
	return nil
}

func (p *chronicle) Recent(_ context.Context, since time.Time) ([]connectors.Heard, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call(); err != nil {
		return nil, err
	}
	var all []connectors.Heard
	for _, in := range slices.Backward(p.said) {
		if !in.SentAt.Before(since) && !in.SentAt.Before(p.keeps) && !slices.ContainsFunc(all, func(h connectors.Heard) bool { return h.User == in.From }) {
			all = append(all, connectors.Heard{User: in.From, Message: in.Message, At: in.SentAt})
		}
	}
	return all, nil
}

func (p *chronicle) Recall(_ context.Context, user connectors.RemoteID, since time.Time) (connectors.Raw, []connectors.Inbound, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	raw := connectors.Raw{Channel: zalo, ReceivedAt: time.Now(), Type: "application/json"}
	if err := p.call(); err != nil {
		return raw, nil, err
	}
	var in []connectors.Inbound
	for _, one := range slices.Backward(p.said) {
		if one.From != user || one.SentAt.Before(p.keeps) {
			continue
		}
		in = append(in, one)
		if one.SentAt.Before(since) {
			break
		}
	}
	slices.Reverse(in)
	raw.Body = []byte(fmt.Sprint(in))
	return raw, in, nil
}

// remembering is a hub that does not work yet, with a platform that remembers.
func remembering(t *testing.T, test func(r *rig, p *chronicle)) {
	t.Helper()
	idle(t, func(r *rig) {
		p := &chronicle{platform: r.platform}
		r.connect(p, r.chat)
		test(r, p)
	})
}

// heard has the platform report by itself what is in its history, in other words.
func (r *rig) heard(in connectors.Inbound) {
	r.Helper()
	in.Recalled = false
	in.Content.Text = strings.TrimSuffix(in.Content.Text, " (như lịch sử kể)")
	if err := r.receive(zalo, in); err != nil {
		r.Fatal(err)
	}
	r.settle()
}

func (r *rig) reconcile(since time.Duration) inbox.Reconciled {
	r.Helper()
	done, err := r.hub.ReconcileChannel(r.ctx(), root, zalo, time.Now().Add(-since))
	if err != nil {
		r.Fatalf("ReconcileChannel = %v", err)
	}
	r.settle()
	return done
}

func TestWhatWasSaidWhileTheHubWasDownIsAskedFor(t *testing.T) {
	remembering(t, func(r *rig, p *chronicle) {
		r.start()
		r.heard(p.tell(connectors.Said, "u1", "1", "xin chào"))
		c := r.live(zalo, "u1")
		r.stop()
		r.pass(time.Hour)
		second := p.tell(connectors.Said, "u1", "2", "còn ai không")
		r.pass(2 * time.Hour)
		p.tell(connectors.Echo, "u1", "3", "em trả lời trên điện thoại")
		p.tell(connectors.Said, "u2", "4", "tôi hỏi lúc nửa đêm (như lịch sử kể)")
		r.pass(8 * time.Hour)
		r.connect(p, r.chat)
		r.start()
		r.pass(time.Minute)

		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "citizen: còn ai không", "member: em trả lời trên điện thoại")
		late := r.messages(c.ID)[2]
		if !late.Late || !late.SentAt.Equal(second.SentAt) {
			t.Errorf("what came late is %+v", late)
		}
		other := r.live(zalo, "u2")
		r.wantThread(other.ID, "citizen: tôi hỏi lúc nửa đêm (như lịch sử kể)", "bot: Dạ: tôi hỏi lúc nửa đêm (như lịch sử kể)")

		// The platform's own report comes after all, told in other words.
		r.heard(p.said[3])
		r.heard(p.said[1])
		if n := len(r.messages(other.ID)); n != 2 {
			t.Errorf("the late report made %d messages", n)
		}
		if n := len(r.messages(c.ID)); n != 4 {
			t.Errorf("the late report made %d messages", n)
		}
		if done := r.reconcile(24 * time.Hour); done.Filled != 0 || len(done.Gaps) != 0 || done.Problem != "" {
			t.Errorf("a second comparison came to %+v", done)
		}
	})
}

func TestAPlatformThatDoesNotCallIsNoticed(t *testing.T) {
	remembering(t, func(r *rig, p *chronicle) {
		r.start()
		r.heard(p.tell(connectors.Said, "u1", "1", "xin chào"))
		c := r.live(zalo, "u1")
		r.pass(10 * time.Minute)
		p.tell(connectors.Said, "u1", "2", "còn ai không") // and no webhook
		r.pass(6 * time.Minute)
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "citizen: còn ai không", "bot: Dạ: còn ai không")
		p.mu.Lock()
		before := p.asked
		p.mu.Unlock()
		r.pass(time.Hour)
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := p.asked - before; n < 10 || n > 14 {
			t.Errorf("in an hour in which nothing is missing the platform was asked %d times, want one question every 5 minutes", n)
		}
	})
}

func TestAnAccountsPastIsNotAnswered(t *testing.T) {
	remembering(t, func(r *rig, p *chronicle) {
		p.tell(connectors.Said, "u1", "1", "hỏi từ trước khi có tổng đài")
		r.pass(5 * time.Hour)
		r.start()
		r.pass(time.Hour)
		if found := r.list(inbox.OfChannel(zalo)); len(found) != 0 {
			t.Errorf("%d conversations were made of the past", len(found))
		}
		r.heard(p.tell(connectors.Said, "u2", "2", "xin chào"))
		r.pass(time.Hour)
		if found := r.list(inbox.OfChannel(zalo)); len(found) != 1 {
			t.Errorf("%d conversations, want that of who wrote", len(found))
		}
	})
}

func TestWhatAPlatformTellsNoMoreIsAGap(t *testing.T) {
	remembering(t, func(r *rig, p *chronicle) {
		r.start()
		first := p.tell(connectors.Said, "u1", "1", "xin chào")
		r.heard(first)
		r.stop()
		r.pass(30 * time.Hour)
		p.tell(connectors.Said, "u1", "2", "mất rồi")
		r.pass(30 * time.Hour)
		p.mu.Lock()
		p.keeps = time.Now()
		p.mu.Unlock()
		third := p.tell(connectors.Said, "u1", "3", "còn đây")
		r.connect(p, r.chat)
		r.start()
		r.pass(time.Hour)

		gaps := r.states(root)[0].Gaps
		if len(gaps) != 1 || !gaps[0].From.Equal(first.SentAt) || !gaps[0].To.Equal(third.SentAt) || !slices.Equal(gaps[0].People, []connectors.RemoteID{"u1"}) {
			t.Fatalf("the gaps are %+v, want one from %s to %s", gaps, first.SentAt, third.SentAt)
		}
		var waiting []inbox.Quarantined
		r.read(func(tx inbox.Reader) (err error) {
			waiting, err = tx.Quarantine(true, "", 10)
			return err
		})
		if len(waiting) != 1 || !strings.Contains(waiting[0].Trouble, "không còn cho xem tin của 1 người") {
			t.Fatalf("in the quarantine is %+v", waiting)
		}
		if err := r.hub.Dismiss(r.ctx(), boss, waiting[0].ID); err != nil {
			t.Fatal(err)
		}
		if gaps := r.states(root)[0].Gaps; len(gaps) != 0 {
			t.Errorf("after somebody dealt with it there are %+v", gaps)
		}
		if texts := r.thread(r.live(zalo, "u1").ID); !slices.Contains(texts, "citizen: còn đây") {
			t.Errorf("the thread reads %q", texts)
		}
	})
}

func TestAComparisonThatFails(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fail    func(n int) error
		filled  int
		problem string
	}{
		{"waits when the platform asks for it", func(n int) error {
			if n == 1 {
				return &connectors.Error{Kind: connectors.RateLimited, After: 50 * time.Second}
			}
			return nil
		}, 2, ""},
		{"tells why it ended", func(int) error {
			return &connectors.Error{Kind: connectors.Unauthorized, Reason: "Hãy kết nối lại OA."}
		}, 0, "Hãy kết nối lại OA."},
		{"keeps what it had by then", func(n int) error {
			if n > 2 {
				return fmt.Errorf("connection reset")
			}
			return nil
		}, 1, "Chưa đối chiếu hết; tổng đài sẽ tự làm tiếp."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			remembering(t, func(r *rig, p *chronicle) {
				p.tell(connectors.Said, "u1", "1", "một")
				r.pass(time.Second)
				p.tell(connectors.Said, "u2", "2", "hai")
				p.fail = tt.fail
				if done := r.reconcile(time.Hour); done.Filled != tt.filled || done.Problem != tt.problem {
					t.Errorf("it came to %+v", done)
				}
			})
		})
	}
}

func TestWhoMayCompareWhat(t *testing.T) {
	remembering(t, func(r *rig, p *chronicle) {
		day := time.Now().Add(-24 * time.Hour)
		for _, tt := range []struct {
			name    string
			who     inbox.Actor
			channel connectors.ChannelID
			want    error
		}{
			{"a supervisor", boss, zalo, inbox.ErrForbidden},
			{"an operator", lan, zalo, inbox.ErrForbidden},
			{"a channel there is none of", root, "zalo-9", inbox.ErrNotFound},
			{"a platform that remembers nothing", root, web, inbox.ErrConflict},
		} {
			_, err := r.hub.ReconcileChannel(r.ctx(), tt.who, tt.channel, day)
			wantError(t, tt.name, err, tt.want)
		}
		for _, since := range []time.Time{time.Now().Add(-31 * 24 * time.Hour), time.Now().Add(time.Hour)} {
			_, err := r.hub.ReconcileChannel(r.ctx(), root, zalo, since)
			wantInvalid(t, since.String(), err, "since")
		}
		if ok, err := r.store.Lease(r.ctx(), "history "+string(zalo), "another node", time.Minute); err != nil || !ok {
			t.Fatal(ok, err)
		}
		_, err := r.hub.ReconcileChannel(r.ctx(), root, zalo, day)
		wantError(t, "while another node compares", err, inbox.ErrConflict)
		r.pass(2 * time.Minute)
		r.reconcile(24 * time.Hour)
		rows := r.audits(inbox.AuditQuery{Member: root.Member.ID})
		if len(rows) != 2 || rows[0].Action != inbox.Reconciling || rows[0].Target != string(zalo) {
			t.Errorf("on record is %+v", rows)
		}
	})
}
