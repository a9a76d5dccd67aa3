package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// echoOf is what the platform reports of a message it shows to u1.
func echoOf(remote connectors.RemoteID, text string) connectors.Inbound {
	return connectors.Inbound{
		Key: "echo-" + string(remote), Kind: connectors.Echo, From: "u1", Message: remote,
		SentAt: time.Now(), Content: content.Content{Text: text},
	}
}

func (r *rig) reports(in ...connectors.Inbound) {
	r.Helper()
	for _, one := range in {
		if err := r.receive(zalo, one); err != nil {
			r.Errorf("Receive(%s) = %v", one.Kind, err)
		}
	}
	r.settle()
}

// wantSent wants the one answer of a conversation sent, under the platform's id.
func (r *rig) wantSent(id inbox.ConversationID, remote connectors.RemoteID) {
	r.Helper()
	out := r.outgoing(id)
	if len(out) != 1 {
		r.Fatalf("the citizen has %d messages of ours, want 1: %q", len(out), r.thread(id))
	}
	if m := out[0]; m.Delivery.State != inbox.Sent || m.Remote != remote || m.Elsewhere || len(m.Early) != 0 {
		r.Errorf("the message is %s as %q (elsewhere: %v, early: %d), want sent as %q",
			m.Delivery.State, m.Remote, m.Elsewhere, len(m.Early), remote)
	}
}

// An echo of what we sent is no second message, whenever it comes (IN-04).
func TestAnEchoOfOurOwnIsNoSecondMessage(t *testing.T) {
	const answer = "Dạ: xin chào"
	uncertain := &connectors.Error{Kind: connectors.Uncertain, Err: errors.New("cut")}
	for _, tt := range []struct {
		name     string
		during   func(r *rig) error // in the platform's call
		after    func(r *rig)
		calls    int
		doubtful bool
		remote   connectors.RemoteID
	}{
		{"after the answer to Send", nil, func(r *rig) { r.reports(echoOf("remote-1", answer)) }, 1, false, "remote-1"},
		{"before the answer to Send", func(r *rig) error { return r.receive(zalo, echoOf("remote-1", answer)) }, nil, 1, false, "remote-1"},
		{"before, and again after", func(r *rig) error { return r.receive(zalo, echoOf("remote-1", answer)) },
			func(r *rig) { r.reports(echoOf("remote-1", answer)) }, 1, false, "remote-1"},
		{"with words that the platform has changed", func(r *rig) error { return r.receive(zalo, echoOf("remote-1", "[mẫu tin]")) }, nil, 1, false, "remote-1"},
		{"instead of the answer to Send", func(r *rig) error {
			return errors.Join(r.receive(zalo, echoOf("echoed", " Dạ:\n xin chào")), uncertain)
		}, nil, 1, false, "echoed"},
		{"after a Send whose outcome nobody knows", func(*rig) error { return uncertain },
			func(r *rig) { r.reports(echoOf("echoed", answer)) }, 1, false, "echoed"},
		{"by the key that we handed over", func(*rig) error { return uncertain }, func(r *rig) {
			in := echoOf("echoed", "<nội dung khác>")
			in.Sent = string(r.outgoing(r.live(zalo, "u1").ID)[0].ID)
			r.reports(in)
		}, 1, false, "echoed"},
		{"after a Send that seemed to fail", func(*rig) error { return fails(connectors.Retryable) },
			func(r *rig) { r.reports(echoOf("echoed", answer)) }, 1, false, "echoed"},
		{"after a second Send whose outcome nobody knows", func(*rig) error { return uncertain }, func(r *rig) {
			r.pass(time.Minute)
			r.reports(echoOf("echoed", answer))
		}, 2, true, "echoed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.platform.answers(func(context.Context, int, connectors.Outbound) error {
					if tt.during == nil {
						return nil
					}
					return tt.during(r)
				})
				c := r.say(zalo, "u1", "xin chào")
				if tt.after != nil {
					tt.after(r)
				}
				r.pass(24 * time.Hour)
				r.wantSent(c.ID, tt.remote)
				if got := len(r.platform.called()); got != tt.calls {
					t.Errorf("the platform was called %d times, want %d", got, tt.calls)
				}
				if got := r.outgoing(c.ID)[0].Delivery.Doubtful; got != tt.doubtful {
					t.Errorf("doubtful: %v, want %v", got, tt.doubtful)
				}
				if got := r.again(c.ID); got.Handler != inbox.ByBot {
					t.Error("the bot was silenced by its own echo")
				}
			})
		})
	}
}

// The echo and the answer to Send race each other, many times (IN-04).
func TestEchoesThatRaceTheAnswer(t *testing.T) {
	inTime(t, func(r *rig) {
		const rounds = 100
		var racing sync.WaitGroup
		r.platform.answers(func(_ context.Context, n int, out connectors.Outbound) error {
			racing.Go(func() {
				in := echoOf(connectors.RemoteID(fmt.Sprint("remote-", n)), out.Content.Text)
				in.From = out.To
				if err := r.receive(zalo, in); err != nil {
					r.Errorf("Receive = %v", err)
				}
			})
			return nil
		})
		for i := range rounds {
			r.say(zalo, connectors.RemoteID(fmt.Sprint("u", i)), "xin chào")
		}
		racing.Wait()
		r.settle()
		for i := range rounds {
			c := r.live(zalo, connectors.RemoteID(fmt.Sprint("u", i)))
			r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào")
		}
	})
}

func TestAnEchoBeforeACrashIsTheAnswerThatWasLost(t *testing.T) {
	idle(t, func(r *rig) {
		inFlight := make(chan struct{})
		r.platform.answers(func(_ context.Context, n int, out connectors.Outbound) error {
			err := r.receive(zalo, echoOf("echoed", out.Content.Text))
			<-inFlight
			return err
		})
		r.start()
		c := r.say(zalo, "u1", "xin chào")
		if m := r.outgoing(c.ID)[0]; m.Delivery.State != inbox.Sending || len(m.Early) != 1 {
			r.Errorf("while the platform is called it is %s with %d early reports", m.Delivery.State, len(m.Early))
		}
		if err := r.store.Close(); err != nil { // the result cannot be written any more
			r.Fatal(err)
		}
		close(inFlight)
		r.stop()
		r.open()
		r.start()
		r.pass(24 * time.Hour)
		r.wantSent(c.ID, "echoed")
		if got := len(r.platform.called()); got != 1 {
			t.Errorf("the platform was called %d times, want once", got)
		}
		if r.outgoing(c.ID)[0].Delivery.Doubtful {
			t.Error("it is in doubt, though the platform has shown it once")
		}
	})
}

// What was sent once more because nobody knew is on the platform twice. The echo
// of the first, which comes after all, is no answer of somebody else's.
func TestTheEchoOfACopyIsNobodysAnswer(t *testing.T) {
	for name, when := range map[string]string{"after the second was taken": "after", "while the second is being sent": "during", "while the next is being sent": "next"} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				first := echoOf("copy-1", "Dạ: xin chào")
				r.platform.answers(func(_ context.Context, n int, _ connectors.Outbound) error {
					switch {
					case n == 1:
						return fails(connectors.Uncertain)
					case n == 2 && when == "during", n == 3 && when == "next":
						return r.receive(zalo, first)
					}
					return nil
				})
				c := r.say(zalo, "u1", "xin chào")
				r.pass(time.Minute)
				if when == "after" {
					r.reports(first)
				}
				r.say(zalo, "u1", "còn nữa")
				r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "citizen: còn nữa", "bot: Dạ: còn nữa")
				m := r.outgoing(c.ID)[0]
				if m.Remote != "remote-2" || len(m.Parts) != 1 || m.Parts[0] != "copy-1" || !m.Delivery.Doubtful || m.Delivery.State != inbox.Sent {
					t.Errorf("the message is %+v", m)
				}
				if got := r.again(c.ID).Handler; got != inbox.ByBot {
					t.Errorf("the conversation is with %s", got)
				}
			})
		})
	}
}

// A message that was sent twice without a word waits for a person. Its echo, which
// comes while the next is being sent, says which of the two it is by its words.
func TestTheEchoOfAParkedMessageDoesNotWaitForTheNext(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(func(_ context.Context, n int, _ connectors.Outbound) error {
			switch n {
			case 1, 2:
				return fails(connectors.Uncertain)
			case 3:
				return r.receive(zalo, echoOf("copy-1", "Dạ: xin chào"))
			}
			return nil
		})
		c := r.say(zalo, "u1", "xin chào")
		r.pass(time.Minute)
		if state := r.outgoing(c.ID)[0].Delivery.State; state != inbox.Parked {
			t.Fatalf("after two tries without a word the message is %s", state)
		}
		r.say(zalo, "u1", "còn nữa")
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "citizen: còn nữa", "bot: Dạ: còn nữa")
		if m := r.outgoing(c.ID)[0]; m.Remote != "copy-1" || m.Delivery.State != inbox.Sent || !m.Delivery.Doubtful {
			t.Errorf("the message is %+v", m)
		}
		if got := r.again(c.ID).Handler; got != inbox.ByBot {
			t.Errorf("the conversation is with %s", got)
		}
	})
}

// The same where both say the same: which of the two it is by, the platform's word on
// the one that is being sent tells.
func TestTheEchoOfAParkedMessageIsKnownThoughTheNextSaysTheSame(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(func(_ context.Context, n int, _ connectors.Outbound) error {
			switch n {
			case 1, 2:
				return fails(connectors.Uncertain)
			case 3:
				return r.receive(zalo, echoOf("copy-1", "Dạ: xin chào"))
			}
			return nil
		})
		c := r.say(zalo, "u1", "xin chào")
		r.pass(time.Minute)
		r.say(zalo, "u1", "xin chào")
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "citizen: xin chào", "bot: Dạ: xin chào")
		out := r.outgoing(c.ID)
		if m := out[0]; m.Remote != "copy-1" || m.Delivery.State != inbox.Sent {
			t.Errorf("the first is %+v", m)
		}
		if m := out[1]; m.Remote == "copy-1" || m.Delivery.State != inbox.Sent {
			t.Errorf("the second is %+v", m)
		}
		if got := r.again(c.ID).Handler; got != inbox.ByBot {
			t.Errorf("the conversation is with %s", got)
		}
	})
}

// nameless is a platform that takes messages and names none.
type nameless struct{ *platform }

func (n nameless) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	_, err := n.platform.Send(ctx, out)
	return connectors.Receipt{At: time.Now()}, err
}

func TestAnEchoNamesWhatSendDidNot(t *testing.T) {
	for name, early := range map[string]bool{"before the answer to Send": true, "after it": false} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.stop()
				r.connect(nameless{r.platform}, r.chat)
				r.start()
				echo := func(text string) error { return r.receive(zalo, echoOf("echoed", text)) }
				if early {
					r.platform.answers(func(_ context.Context, _ int, out connectors.Outbound) error { return echo(out.Content.Text) })
				}
				c := r.say(zalo, "u1", "xin chào")
				if !early {
					if err := echo("Dạ: xin chào"); err != nil {
						t.Error(err)
					}
				}
				r.wantSent(c.ID, "echoed")
			})
		})
	}
}

func TestAnEchoOfALaterPartIsKnown(t *testing.T) {
	inTime(t, func(r *rig) {
		r.stop()
		r.connect(splitting{r.platform}, r.chat)
		r.start()
		c := r.say(zalo, "u1", "xin chào")
		r.reports(echoOf("part-2", "xin chào"), echoOf("remote-1", "Dạ:"))
		r.wantSent(c.ID, "remote-1")
		seen := connectors.Inbound{Kind: connectors.Seen, Key: "s", From: "u1", Message: "part-2", SentAt: time.Now()}
		r.reports(seen)
		if got := r.outgoing(c.ID)[0].Delivery.State; got != inbox.Read {
			t.Errorf("its second part has been seen, the message is %s", got)
		}
	})
}

// splitting is a platform that makes two messages of each.
type splitting struct{ *platform }

func (s splitting) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	receipt, err := s.platform.Send(ctx, out)
	receipt.More = []connectors.RemoteID{"part-2"}
	return receipt, err
}

func TestAnAnswerFromThePlatformsOwnApp(t *testing.T) {
	t.Run("it is shown, silences the bot and ends the waiting", func(t *testing.T) {
		inTime(t, func(r *rig) {
			c := r.say(zalo, "u1", "người ơi")
			if !c.NeedsPeople() {
				t.Fatal("nobody waits")
			}
			r.pass(time.Minute)
			in := echoOf("app-1", "1022 xin nghe")
			in.By = "admin-9"
			r.reports(in, in)
			r.say(zalo, "u1", "cảm ơn")
			r.wantThread(c.ID, "citizen: người ơi", "bot: Cán bộ sẽ trả lời.", "system: conversation.handed_off",
				"member: 1022 xin nghe", "citizen: cảm ơn")
			if got := r.platform.texts(); len(got) != 1 {
				t.Errorf("the platform was asked to send %q", got)
			}
			m := r.outgoing(c.ID)[1]
			if !m.Elsewhere || m.Remote != "app-1" || m.Author.Name == "" || m.Delivery.State != inbox.Sent || m.Raw == "" {
				t.Errorf("the answer is kept as %+v", m)
			}
		})
	})
	t.Run("the citizen waits no more", func(t *testing.T) {
		inTime(t, func(r *rig) {
			c := r.say(zalo, "u1", "người ơi")
			r.pass(time.Minute)
			r.reports(echoOf("app-1", "1022 xin nghe"))
			if c = r.again(c.ID); c.NeedsPeople() || c.Unread != 0 || c.Unanswered || c.LastText != "1022 xin nghe" {
				t.Errorf("the conversation is %+v", c)
			}
		})
	})
	t.Run("words of the citizen that came after it still wait", func(t *testing.T) {
		inTime(t, func(r *rig) {
			late := echoOf("app-1", "1022 xin nghe")
			r.pass(time.Minute)
			c := r.say(zalo, "u1", "người ơi")
			r.pass(time.Minute)
			r.say(zalo, "u1", "còn ai không?")
			waiting := r.again(c.ID).WaitingSince
			r.reports(late)
			if c = r.again(c.ID); !c.NeedsPeople() || c.Unread == 0 || !c.WaitingSince.Equal(waiting) {
				t.Errorf("the conversation is %+v", c)
			}
		})
	})
	t.Run("a closed matter stays closed", func(t *testing.T) {
		inTime(t, func(r *rig) {
			c := r.say(zalo, "u1", "xin chào")
			r.pass(25 * time.Hour)
			r.reports(echoOf("app-1", "Chúc anh/chị một ngày tốt lành"))
			if c = r.again(c.ID); c.Status != inbox.Resolved || len(r.list(inbox.AllList)) != 1 || len(r.outgoing(c.ID)) != 2 {
				t.Errorf("the conversation is %s among %d, with %q", c.Status, len(r.list(inbox.AllList)), r.thread(c.ID))
			}
		})
	})
	t.Run("to a person who never wrote it begins a matter that people see", func(t *testing.T) {
		inTime(t, func(r *rig) {
			r.reports(echoOf("app-1", "Trung tâm xin thông báo"))
			if c := r.live(zalo, "u1"); c.Handler != inbox.ByPeople || c.NeedsPeople() {
				t.Errorf("the conversation is %+v", c)
			}
		})
	})
	t.Run("while a message of ours is being sent", func(t *testing.T) {
		for name, outcome := range map[string]error{
			"and is taken": nil, "and is refused": fails(connectors.Permanent), "and nobody knows": fails(connectors.Uncertain),
		} {
			t.Run(name, func(t *testing.T) {
				inTime(t, func(r *rig) {
					r.platform.answers(func(_ context.Context, n int, _ connectors.Outbound) error {
						if n > 1 {
							return nil
						}
						return errors.Join(r.receive(zalo, echoOf("app-1", "1022 xin nghe")), outcome)
					})
					c := r.say(zalo, "u1", "xin chào")
					r.pass(time.Minute)
					r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "member: 1022 xin nghe")
					if got := r.again(c.ID).Handler; got != inbox.ByPeople {
						t.Errorf("the conversation is with %s", got)
					}
				})
			})
		}
	})
	t.Run("with the very words of ours, by a person whom the platform names", func(t *testing.T) {
		inTime(t, func(r *rig) {
			r.platform.answers(func(_ context.Context, n int, out connectors.Outbound) error {
				in := echoOf("app-1", out.Content.Text)
				in.By = "admin-9"
				return r.receive(zalo, in)
			})
			c := r.say(zalo, "u1", "xin chào")
			r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "member: Dạ: xin chào")
		})
	})
}

func TestWhatIsQuoted(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.say(zalo, "u1", "xin chào")
		in := inbound("u1", "k9", "ý này là sao?")
		in.Quotes = "remote-1"
		r.reports(in)
		messages := r.messages(c.ID)
		answered, asked := messages[1], messages[2]
		if asked.Quotes != answered.ID {
			t.Errorf("the citizen quotes %q, want the bot's answer %q", asked.Quotes, answered.ID)
		}
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Là thế này ạ", Key: "r1", Quotes: asked.ID}); err != nil {
			t.Fatal(err)
		}
		r.settle()
		calls := r.platform.called()
		if got := calls[len(calls)-1].Quotes; got != asked.Remote {
			t.Errorf("the platform is told to quote %q, want %q", got, asked.Remote)
		}
		_, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "a", Key: "r2", Quotes: "nobody's"})
		wantInvalid(t, "a quote of nothing", err, "quotes")
	})
}
