package inbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// knowing is a platform that tells who people are.
type knowing struct {
	*platform
	profile func(user connectors.RemoteID) (connectors.Profile, error)
}

func (k *knowing) Profile(_ context.Context, user connectors.RemoteID) (connectors.Profile, error) {
	return k.profile(user)
}

func (r *rig) test(to inbox.TestTo) inbox.Tested {
	r.Helper()
	tested, err := r.hub.SendTest(r.ctx(), root, zalo, to)
	if err != nil {
		r.Fatalf("SendTest = %v", err)
	}
	return tested
}

func TestATestMessageGoesTheWayOfAnswers(t *testing.T) {
	inTime(t, func(r *rig) {
		before := r.say(zalo, "u1", "xin chào")
		sent := len(r.platform.called())
		tested := r.test(inbox.TestTo{Conversation: before.ID})
		if tested.Delivery.State != inbox.Sent || tested.Code != before.Code {
			t.Errorf("the test came to %+v", tested)
		}
		calls := r.platform.called()
		if len(calls) != sent+1 || calls[sent].To != "u1" || !strings.Contains(calls[sent].Content.Text, "tin thử") || calls[sent].Automatic {
			t.Fatalf("the platform was asked to send %+v", calls[sent:])
		}
		r.settle()
		after := r.again(before.ID)
		if after.Handler != inbox.ByBot || after.Unanswered != before.Unanswered || after.LastText != before.LastText || after.Assignee != "" {
			t.Errorf("the test changed the conversation from %+v to %+v", before, after)
		}
		last := r.messages(before.ID)[after.LastSeq-1]
		if last.ID != tested.Message || last.Author.Member != root.Member.ID {
			t.Errorf("last in the thread is %+v", last)
		}
		r.say(zalo, "u1", "còn đó không")
		r.wantThread(before.ID, "citizen: xin chào", "bot: Dạ: xin chào", "member: "+last.Content.Text, "citizen: còn đó không", "bot: Dạ: còn đó không")
		rows := r.audits(inbox.AuditQuery{Member: root.Member.ID})
		if len(rows) != 1 || rows[0].Action != inbox.Testing || rows[0].Target != string(zalo) || rows[0].Conversation != before.ID || rows[0].Address == "" {
			t.Errorf("on record is %+v", rows)
		}
	})
}

func TestATestMessageTellsThePlatformsReason(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		want   inbox.DeliveryState
		reason string
	}{
		{"refused for good", &connectors.Error{Kind: connectors.Permanent, Reason: "Zalo không hỗ trợ loại tin này."}, inbox.Failed, "không hỗ trợ"},
		{"the person has blocked us", &connectors.Error{Kind: connectors.WindowClosed, Reason: "Người dân đã chặn tin của OA."}, inbox.Parked, "đã chặn"},
		{"without credentials", &connectors.Error{Kind: connectors.Unauthorized, Reason: "Hãy kết nối lại OA."}, inbox.Queued, "kết nối lại"},
		{"out of order", errors.New("connection reset"), inbox.Queued, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				c := r.say(zalo, "u1", "xin chào")
				r.platform.answers(func(context.Context, int, connectors.Outbound) error { return tt.err })
				tested := r.test(inbox.TestTo{Conversation: c.ID})
				if tested.Delivery.State != tt.want || !strings.Contains(tested.Delivery.Reason, tt.reason) || tested.Message == "" {
					t.Errorf("told is %+v", tested)
				}
			})
		})
	}
}

func TestATestMessageIsNotWaitedForForEver(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "xin chào")
		r.platform.answers(func(ctx context.Context, _ int, _ connectors.Outbound) error {
			<-ctx.Done()
			return ctx.Err()
		})
		begun := time.Now()
		tested := r.test(inbox.TestTo{Conversation: c.ID})
		if waited := time.Since(begun); waited > 21*time.Second || tested.Delivery.State != inbox.Sending {
			t.Errorf("after %s it came to %+v", waited, tested)
		}
	})
}

func TestATestMessageKeepsToTheWindow(t *testing.T) {
	idle(t, func(r *rig) {
		r.platform.limits.ReplyWindow = 7 * 24 * time.Hour
		r.start()
		c := r.say(zalo, "u1", "xin chào")
		sent := len(r.platform.called())
		r.pass(8 * 24 * time.Hour)
		tested := r.test(inbox.TestTo{Conversation: c.ID})
		if tested.Message != "" || tested.Delivery.State != inbox.Parked || !strings.Contains(tested.Delivery.Reason, "7 ngày") {
			t.Errorf("told is %+v", tested)
		}
		if n := len(r.platform.called()); n != sent {
			t.Errorf("the platform was asked %d times more", n-sent)
		}
	})
}

func TestATestMessageToAnIDOfThePlatform(t *testing.T) {
	idle(t, func(r *rig) {
		k := &knowing{platform: r.platform, profile: func(user connectors.RemoteID) (connectors.Profile, error) {
			if user == "u9" {
				return connectors.Profile{Name: "Lê Văn Chín"}, nil
			}
			return connectors.Profile{}, &connectors.Error{Kind: connectors.WindowClosed, Reason: "Người này chưa từng nhắn cho OA."}
		}}
		r.connect(k, r.chat)
		r.start()

		tested := r.test(inbox.TestTo{Remote: "mistyped"})
		if tested.Message != "" || tested.Delivery.State != inbox.Failed || tested.Delivery.Reason != "Người này chưa từng nhắn cho OA." {
			t.Errorf("a mistyped id came to %+v", tested)
		}
		if found := r.list(inbox.OfChannel(zalo)); len(found) != 0 {
			t.Errorf("a mistyped id made %d conversations", len(found))
		}
		tested = r.test(inbox.TestTo{Remote: " u9 "})
		if tested.Delivery.State != inbox.Sent || r.again(tested.Conversation).ContactName != "Lê Văn Chín" {
			t.Errorf("a good id came to %+v", tested)
		}
		if again := r.test(inbox.TestTo{Remote: "u9"}); again.Conversation != tested.Conversation {
			t.Errorf("a second test began another conversation")
		}
	})
}

func TestWhoMayTestWhat(t *testing.T) {
	inTime(t, func(r *rig) {
		here, chat := r.say(zalo, "u1", "xin chào"), r.say(web, "v1", "xin chào")
		for _, tt := range []struct {
			name    string
			who     inbox.Actor
			channel connectors.ChannelID
			to      inbox.TestTo
			want    error
		}{
			{"a supervisor", boss, zalo, inbox.TestTo{Conversation: here.ID}, inbox.ErrForbidden},
			{"an operator", lan, zalo, inbox.TestTo{Conversation: here.ID}, inbox.ErrForbidden},
			{"a channel there is none of", root, "zalo-9", inbox.TestTo{Conversation: here.ID}, inbox.ErrNotFound},
			{"a chat that follows the log", root, web, inbox.TestTo{Conversation: chat.ID}, inbox.ErrConflict},
			{"a conversation of another channel", root, zalo, inbox.TestTo{Conversation: chat.ID}, inbox.ErrNotFound},
			{"a conversation there is none of", root, zalo, inbox.TestTo{Conversation: "none"}, inbox.ErrNotFound},
		} {
			_, err := r.hub.SendTest(r.ctx(), tt.who, tt.channel, tt.to)
			wantError(t, tt.name, err, tt.want)
		}
		for name, to := range map[string]inbox.TestTo{"nobody": {Remote: " "}, "two": {Conversation: here.ID, Remote: "u1"}} {
			_, err := r.hub.SendTest(r.ctx(), root, zalo, to)
			wantInvalid(t, name, err, "id")
		}
	})
}
