package inbox_test

import (
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// replies lets lan answer, and returns what became of it.
func (r *rig) replies(id inbox.ConversationID, key string) inbox.Delivery {
	r.Helper()
	m, err := r.hub.Reply(r.ctx(), lan, id, inbox.NewReply{Text: "Dạ, em gửi anh/chị " + key, Key: key})
	if err != nil {
		r.Fatal(err)
	}
	r.settle()
	for _, out := range r.outgoing(id) {
		if out.ID == m.ID {
			return out.Delivery
		}
	}
	r.Fatalf("the reply %s is gone", key)
	return inbox.Delivery{}
}

// OUT-05: after the platform's window a reply is parked with the reason, and
// the platform is not asked.
func TestAReplyAfterTheWindowIsParkedAndNotSent(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.limits.ReplyWindow = 7 * 24 * time.Hour
		c := r.say(zalo, "u1", "người thật")
		r.pass(7*24*time.Hour - time.Minute)
		if d := r.replies(c.ID, "1"); d.State != inbox.Sent {
			r.Errorf("a minute before the end it is %+v", d)
		}
		r.pass(2 * time.Minute)
		calls := len(r.platform.called())
		d := r.replies(c.ID, "2")
		if d.State != inbox.Parked || !strings.Contains(d.Reason, "7 ngày") || d.Attempts != 0 || d.Doubtful {
			r.Errorf("after the end it is %+v", d)
		}
		if n := len(r.platform.called()); n != calls {
			r.Errorf("the platform was called %d times more", n-calls)
		}
		stuck, err := r.hub.Stuck(r.ctx(), lan)
		if err != nil || len(stuck) != 1 {
			r.Fatalf("%d messages wait for a person, %v", len(stuck), err)
		}

		r.say(zalo, "u1", "tôi vẫn chờ")
		if _, err := r.hub.RetryDelivery(r.ctx(), lan, stuck[0].ID); err != nil {
			r.Fatal(err)
		}
		r.settle()
		if d := r.outgoing(c.ID)[len(r.outgoing(c.ID))-1].Delivery; d.State != inbox.Sent {
			r.Errorf("after the citizen wrote again and somebody pressed the button it is %+v", d)
		}
	})
}

// A word in another matter, following the account, and sharing one's address
// open the window as much as a word in this one.
func TestWhateverTheCitizenDoesOpensTheWindow(t *testing.T) {
	for name, does := range map[string]func(r *rig){
		"follows": func(r *rig) {
			in := inbound("u1", "follow", "")
			in.Kind = connectors.Followed
			if err := r.receive(zalo, in); err != nil {
				r.Fatal(err)
			}
		},
		"shares": func(r *rig) {
			in := inbound("u1", "share", "")
			in.Kind, in.Profile = connectors.Shared, connectors.Profile{Name: "Trần Thị Mẫu"}
			if err := r.receive(zalo, in); err != nil {
				r.Fatal(err)
			}
		},
		"writes": func(r *rig) { r.say(zalo, "u1", "còn nữa ạ") },
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.platform.limits.ReplyWindow = 48 * time.Hour
				c := r.say(zalo, "u1", "người thật")
				r.pass(47 * time.Hour)
				does(r)
				r.pass(47 * time.Hour)
				if d := r.replies(c.ID, "1"); d.State != inbox.Sent {
					r.Errorf("it is %+v", d)
				}
			})
		})
	}
}

// The bot writes only what is free; people may write on.
func TestTheBotWritesOnlyWhatIsFree(t *testing.T) {
	idle(t, func(r *rig) {
		r.platform.limits = connectors.Limits{ReplyWindow: 7 * 24 * time.Hour, FreeWindow: 48 * time.Hour}
		r.connect(r.platform, r.chat)
		answered := r.say(zalo, "u1", "xin chào")
		urgent := r.say(zalo, "u2", "khó-thở lắm")
		asks := r.say(zalo, "u3", "người thật")
		r.pass(49 * time.Hour) // nothing works, as in a long outage
		r.start()
		d := r.outgoing(answered.ID)[0].Delivery
		if d.State != inbox.Parked || !strings.Contains(d.Reason, "48 giờ") {
			r.Errorf("the bot's answer after the free window is %+v", d)
		}
		if d := r.outgoing(urgent.ID)[0].Delivery; d.State != inbox.Sent {
			r.Errorf("advice in danger is %+v", d)
		}
		if d := r.replies(asks.ID, "1"); d.State != inbox.Sent {
			r.Errorf("a person's answer is %+v", d)
		}
	})
}

func TestTheBotCountsFreeReplies(t *testing.T) {
	idle(t, func(r *rig) {
		r.platform.limits.FreeReplies = 1
		r.connect(r.platform, r.chat)
		c := r.say(zalo, "u1", "một")
		r.say(zalo, "u1", "hai")
		r.start()
		out := r.outgoing(c.ID)
		if len(out) != 2 || out[0].Delivery.State != inbox.Sent {
			r.Fatalf("the answers are %+v", out)
		}
		if d := out[1].Delivery; d.State != inbox.Parked || !strings.Contains(d.Reason, "1 tin miễn phí") {
			r.Errorf("the second answer after the citizen's last word is %+v", d)
		}
		r.say(zalo, "u1", "ba")
		if d := r.outgoing(c.ID)[2].Delivery; d.State != inbox.Sent {
			r.Errorf("after the citizen's next word it is %+v", d)
		}
	})
}
