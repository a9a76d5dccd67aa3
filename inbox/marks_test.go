package inbox_test

import (
	"context"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// markOf is a Delivered or Seen of one message to u1.
func markOf(kind connectors.InboundKind, remote connectors.RemoteID) connectors.Inbound {
	return connectors.Inbound{Kind: kind, Key: string(kind) + string(remote), From: "u1", Message: remote, SentAt: time.Now()}
}

// upTo is a Delivered or Seen of all that was sent until now.
func upTo(kind connectors.InboundKind) connectors.Inbound {
	return connectors.Inbound{Kind: kind, Key: "until-now", From: "u1", UpTo: time.Now(), SentAt: time.Now()}
}

func TestAMessageMovesOnTowardsTheCitizen(t *testing.T) {
	for _, tt := range []struct {
		name   string
		during []connectors.Inbound // before the platform answered Send
		after  []connectors.Inbound
		want   inbox.DeliveryState
	}{
		{"delivered", nil, []connectors.Inbound{markOf(connectors.Delivered, "remote-1")}, inbox.Delivered},
		{"delivered, then seen", nil, []connectors.Inbound{markOf(connectors.Delivered, "remote-1"), markOf(connectors.Seen, "remote-1")}, inbox.Read},
		{"seen, then delivered: never back", nil, []connectors.Inbound{markOf(connectors.Seen, "remote-1"), markOf(connectors.Delivered, "remote-1")}, inbox.Read},
		{"delivered again and again", nil, []connectors.Inbound{markOf(connectors.Delivered, "remote-1"), markOf(connectors.Delivered, "remote-1")}, inbox.Delivered},
		{"delivered before Send returned", []connectors.Inbound{markOf(connectors.Delivered, "remote-1")}, nil, inbox.Delivered},
		{"seen before Send returned", []connectors.Inbound{markOf(connectors.Seen, "remote-1"), markOf(connectors.Delivered, "remote-1")}, nil, inbox.Read},
		{"another one seen before Send returned", []connectors.Inbound{markOf(connectors.Seen, "remote-9")}, nil, inbox.Sent},
		{"all delivered until now", nil, []connectors.Inbound{upTo(connectors.Delivered)}, inbox.Delivered},
		{"all seen until now", nil, []connectors.Inbound{upTo(connectors.Seen), upTo(connectors.Delivered)}, inbox.Read},
		{"an unknown message seen", nil, []connectors.Inbound{markOf(connectors.Seen, "remote-9")}, inbox.Sent},
		{"a mark that names nothing", nil, []connectors.Inbound{markOf(connectors.Seen, "")}, inbox.Sent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.platform.answers(func(context.Context, int, connectors.Outbound) error {
					for _, in := range tt.during {
						if err := r.receive(zalo, in); err != nil {
							return err
						}
					}
					return nil
				})
				c := r.say(zalo, "u1", "xin chào")
				for _, in := range tt.after {
					if !in.UpTo.IsZero() {
						in.UpTo = time.Now() // on the bubble's clock
					}
					r.reports(in)
				}
				out := r.outgoing(c.ID)
				if len(out) != 1 || out[0].Delivery.State != tt.want || len(out[0].Early) != 0 {
					t.Errorf("the messages of ours are %+v, want one that is %s", out, tt.want)
				}
				if got := len(r.messages(c.ID)); got != 2 {
					t.Errorf("the thread has %d messages, want 2", got)
				}
			})
		})
	}
}

func TestSeenUpToATimeLeavesLaterMessages(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "một")
		r.pass(time.Minute)
		seen := upTo(connectors.Seen)
		r.pass(time.Minute)
		r.say(zalo, "u1", "hai")
		r.reports(seen)
		out := r.outgoing(c.ID)
		if out[0].Delivery.State != inbox.Read || out[1].Delivery.State != inbox.Sent {
			t.Errorf("the messages are %s and %s, want read and sent", out[0].Delivery.State, out[1].Delivery.State)
		}
	})
}

func TestAMarkIsTold(t *testing.T) {
	inTime(t, func(r *rig) {
		r.say(zalo, "u1", "xin chào")
		after := r.hub.Feed().Last()
		r.reports(markOf(connectors.Seen, "remote-1"))
		ctx, cancel := context.WithCancel(r.ctx())
		defer cancel()
		for h, err := range r.hub.Feed().Watch(ctx, after) {
			if err != nil || h.Kind != inbox.MessageChanged || h.Msg != 2 {
				t.Errorf("told is %s of message %d, %v", h.Kind, h.Msg, err)
			}
			break
		}
	})
}

func TestFollowing(t *testing.T) {
	inTime(t, func(r *rig) {
		followed := connectors.Inbound{Kind: connectors.Followed, Key: "f1", From: "u1", SentAt: time.Now()}
		r.reports(followed)
		if got := r.list(inbox.AllList); len(got) != 0 {
			t.Errorf("who only follows has %d conversations", len(got))
		}
		c := r.say(zalo, "u1", "xin chào")
		left := connectors.Inbound{Kind: connectors.Unfollowed, Key: "f2", From: "u1", SentAt: time.Now()}
		again := connectors.Inbound{Kind: connectors.Followed, Key: "f3", From: "u1", SentAt: time.Now()}
		r.reports(left, left, again)
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "system: contact.unfollowed", "system: contact.followed")
		if got := r.again(c.ID); got.LastText != "xin chào" || got.Handler != inbox.ByBot {
			t.Errorf("the lists show %q, the conversation is with %s", got.LastText, got.Handler)
		}
	})
}

func TestSharedDetails(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "xin chào")
		shared := connectors.Inbound{
			Kind: connectors.Shared, Key: "s1", From: "u1", SentAt: time.Now(),
			Profile: connectors.Profile{Name: " Trần Thị Mẫu ", Phone: "84901234567", Address: "1 Lê Lợi, Thanh Hóa"},
			Content: content.Content{Form: []content.Field{{Name: "ward", Label: "Phường", Value: "Hạc Thành"}}},
		}
		r.reports(shared, shared)
		r.reports(connectors.Inbound{Kind: connectors.Shared, Key: "s2", From: "u1", Profile: connectors.Profile{Phone: "84907654321"}})
		var contact inbox.Contact
		r.read(func(tx inbox.Reader) (err error) {
			contact, err = tx.Contact(c.Contact)
			return err
		})
		if contact.Name != "Trần Thị Mẫu" || contact.Phone != "84907654321" {
			t.Errorf("the contact is %+v", contact)
		}
		if got := r.again(c.ID); got.ContactName != "Trần Thị Mẫu" {
			t.Errorf("the lists show %q", got.ContactName)
		}
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "system: contact.shared", "system: contact.shared")
		note := r.messages(c.ID)[2]
		if form := note.Content.Form; len(form) != 4 || form[2].Value != "1 Lê Lợi, Thanh Hóa" || note.Direction != inbox.Note || note.Raw == "" {
			t.Errorf("the note is %+v", note)
		}
	})
}

func TestDetailsSharedByAStrangerAreKept(t *testing.T) {
	inTime(t, func(r *rig) {
		r.reports(connectors.Inbound{Kind: connectors.Shared, Key: "s1", From: "u1", Profile: connectors.Profile{Name: "Trần Thị Mẫu"}})
		if got := r.list(inbox.AllList); len(got) != 0 {
			t.Errorf("%d conversations have begun", len(got))
		}
		if c := r.say(zalo, "u1", "xin chào"); c.ContactName != "Trần Thị Mẫu" {
			t.Errorf("the citizen is called %q", c.ContactName)
		}
	})
}
