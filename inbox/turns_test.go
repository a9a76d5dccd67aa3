package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/inbox"
)

func TestATurn(t *testing.T) {
	for _, tt := range []struct {
		name, said string
		thread     []string
		handler    inbox.Handler
		outcome    bot.Outcome
		reason     bot.Reason
		urgent     bool
	}{
		{"that is answered stays with the bot", "giờ làm việc",
			[]string{"citizen: giờ làm việc", "bot: Dạ: giờ làm việc"}, inbox.ByBot, bot.Answer, "", false},
		{"that is unclear is asked back", "mơ-hồ quá",
			[]string{"citizen: mơ-hồ quá", "bot: Ý anh/chị là?"}, inbox.ByBot, bot.Clarify, "", false},
		{"that asks for people goes to people, and the citizen is told", "người thật",
			[]string{"citizen: người thật", "bot: Cán bộ sẽ trả lời.", "system: conversation.handed_off"}, inbox.ByPeople, bot.HandOff, bot.Requested, false},
		{"that reports danger gets advice and goes to the top", "khó-thở",
			[]string{"citizen: khó-thở", "bot: Gọi 115 ngay.", "system: conversation.handed_off"}, inbox.ByPeople, bot.Urgent, bot.Danger, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				c := r.say(zalo, "u1", tt.said)
				r.wantThread(c.ID, tt.thread...)
				if c.Handler != tt.handler || c.Urgent != tt.urgent || c.NeedsPeople() != (tt.handler == inbox.ByPeople) {
					r.Errorf("handled by %s, urgent %t, waits for people %t", c.Handler, c.Urgent, c.NeedsPeople())
				}
				if c.Dialogue.Asked != tt.said || !c.Dialogue.Greeted {
					r.Errorf("the dialogue was not kept: %+v", c.Dialogue)
				}
				if (c.Handoff != nil) != (tt.handler == inbox.ByPeople) || c.Handoff != nil && (c.Handoff.Reason != tt.reason || c.Handoff.Asked != tt.said) {
					r.Errorf("people are told %+v", c.Handoff)
				}
				said, err := r.hub.Messages(r.ctx(), lan, c.ID, inbox.MessageQuery{Forward: true, Limit: 10})
				if err != nil {
					r.Fatal(err)
				}
				if turn := said[0].Turn; turn == nil || turn.Outcome != tt.outcome || turn.Reason != tt.reason || turn.Revision != 7 {
					r.Errorf("what it rested on is kept as %+v", turn)
				}
				out := r.outgoing(c.ID)[0]
				if !out.Automatic || out.Delivery.State != inbox.Sent || out.Remote != "remote-1" {
					r.Errorf("the reply is %+v", out)
				}
				if call := r.platform.called()[0]; call.Key != string(out.ID) || call.To != "u1" || !call.Automatic {
					r.Errorf("the platform got %+v", call)
				}
			})
		})
	}
}

func TestWhatIsInTheLogOfAChatIsSent(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(web, "v1", "xin chào")
		if out := r.outgoing(c.ID); len(out) != 1 || out[0].Delivery.State != inbox.Sent {
			r.Errorf("the answers are %+v", out)
		}
		if n := len(r.chat.called()); n != 0 {
			r.Errorf("Send was called %d times", n)
		}
	})
}

// What a turn stands on may be recalled rather than read: where another node has
// changed it meanwhile, the bot decides once more, on what is in the store.
func TestATurnDecidesAgainOnWhatHasMovedOn(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "xin chào")
		before := r.bot.decided
		r.bot.think(func(bot.Message) {
			r.bot.think(nil) // only the first
			r.write(func(tx inbox.Writer) error {
				now, err := tx.Conversation(c.ID)
				if err != nil {
					return err
				}
				now.Dialogue.Language = "en"
				_, err = tx.PutConversation(now)
				return err
			})
		})
		r.say(zalo, "u1", "còn gì nữa không")
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào", "citizen: còn gì nữa không", "bot: Dạ: còn gì nữa không")
		if r.bot.decided != before+2 {
			r.Errorf("the bot decided %d times on the second message, want 2", r.bot.decided-before)
		}
		if got := r.again(c.ID).Dialogue.Language; got != "en" {
			r.Errorf("what the other node wrote is gone: the language is %q", got)
		}
	})
}

// A worker that sleeps past its claim changes nothing when it wakes.
func TestATurnIsAppliedOnce(t *testing.T) {
	inTime(t, func(r *rig) {
		asleep := make(chan struct{})
		r.bot.think(func(bot.Message) {
			r.bot.think(nil) // only the first
			<-asleep
		})
		c := r.say(zalo, "u1", "xin chào")
		r.wantThread(c.ID, "citizen: xin chào")
		r.pass(2 * time.Minute) // the claim lapses, another worker takes the turn
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào")
		version := r.again(c.ID).Version
		close(asleep)
		r.pass(time.Hour)
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào")
		if now := r.again(c.ID).Version; now != version {
			r.Errorf("the late worker changed the conversation: version %d, was %d", now, version)
		}
		if r.bot.decided != 2 || len(r.platform.called()) != 1 {
			r.Errorf("decided %d times, sent %d times; want 2 and 1", r.bot.decided, len(r.platform.called()))
		}
	})
}

func TestATurnIsDoneAfterARestart(t *testing.T) {
	idle(t, func(r *rig) {
		c := r.say(zalo, "u1", "xin chào")
		if _, err := r.store.Claim(r.ctx(), inbox.Turns, 1, time.Hour); err != nil {
			r.Fatal(err)
		}
		r.close()
		r.open()
		r.start()
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào")
	})
}

func TestABotThatFailsThreeTimesLeavesItToPeople(t *testing.T) {
	for _, tt := range []struct {
		name string
		mute bool
		want []string
	}{
		{"and tells the citizen", false, []string{"citizen: hỏng rồi", "bot: Cán bộ sẽ trả lời anh/chị.", "system: conversation.handed_off"}},
		{"even when it cannot say so", true, []string{"citizen: hỏng rồi", "system: conversation.handed_off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.bot.mute = tt.mute
				c := r.say(zalo, "u1", "hỏng rồi")
				r.wantThread(c.ID, "citizen: hỏng rồi")
				r.pass(time.Minute)
				r.wantThread(c.ID, tt.want...)
				c = r.again(c.ID)
				if r.bot.decided != 3 || !c.NeedsPeople() || c.Handoff.Reason != bot.Broken {
					r.Errorf("decided %d times; handoff %+v", r.bot.decided, c.Handoff)
				}
			})
		})
	}
}

func TestASearchThatFailsIsTriedAgain(t *testing.T) {
	inTime(t, func(r *rig) {
		r.bot.searches(errors.New("the index is being rebuilt"))
		c := r.say(zalo, "u1", "xin chào")
		r.bot.searches(nil)
		r.pass(10 * time.Second)
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào")
	})
}

func TestTheBotIsSilentWhilePeopleHandle(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "người thật")
		c = r.say(zalo, "u1", "còn giờ làm việc?")
		r.wantThread(c.ID, "citizen: người thật", "bot: Cán bộ sẽ trả lời.", "system: conversation.handed_off", "citizen: còn giờ làm việc?")
		if c.Unread != 2 || c.LastText != "còn giờ làm việc?" {
			r.Errorf("unread %d, last %q", c.Unread, c.LastText)
		}
		if r.bot.decided != 1 {
			r.Errorf("the bot was asked %d times, want once", r.bot.decided)
		}
	})
}

func TestListsShowWhatWasAskedAndNotTheBotsCourtesies(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "tiêm ở đâu")
		if c.LastText != "tiêm ở đâu" || c.LastAuthor != inbox.Citizen || c.Unanswered {
			r.Errorf("the row says %q by %s, unanswered %t", c.LastText, c.LastAuthor, c.Unanswered)
		}
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Tại trạm y tế ạ", Key: "1"}); err != nil {
			r.Fatal(err)
		}
		if c = r.again(c.ID); c.LastText != "Tại trạm y tế ạ" || c.LastAuthor != inbox.ByMember {
			r.Errorf("the row says %q by %s", c.LastText, c.LastAuthor)
		}
	})
}

func TestDangerRisesWhilePeopleHandle(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "người thật")
		reply := inbox.NewReply{Text: "Dạ vâng", Key: "1"}
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, reply); err != nil {
			r.Fatal(err)
		}
		c = r.say(zalo, "u1", "khó-thở quá")
		if !c.Urgent || !c.NeedsPeople() || len(r.list(inbox.UrgentList)) != 1 {
			r.Errorf("urgent %t, waits %t, on the urgent list %d", c.Urgent, c.NeedsPeople(), len(r.list(inbox.UrgentList)))
		}
		thread := r.thread(c.ID)
		if got := thread[len(thread)-2:]; !slices.Equal(got, []string{"bot: Gọi 115 ngay.", "system: conversation.urgent"}) {
			r.Errorf("the thread ends with %q, want the advice and the alarm", got)
		}
		before := len(thread)
		r.say(zalo, "u1", "khó-thở lắm rồi") // people have it already: no second alarm, no second advice
		if thread = r.thread(c.ID); len(thread) != before+1 {
			r.Errorf("the second report adds %q", thread[before:])
		}
	})
}

func TestDangerIsSeenThoughThatMatterWasJustClosed(t *testing.T) {
	idle(t, func(r *rig) {
		c := r.say(zalo, "u1", "người thật")
		r.start()
		r.stop()
		r.say(zalo, "u1", "khó-thở quá")
		if _, err := r.hub.Resolve(r.ctx(), lan, c.ID); err != nil {
			r.Fatal(err)
		}
		r.start()
		if c = r.again(c.ID); c.Status != inbox.Open || !c.Urgent || !c.NeedsPeople() {
			r.Errorf("the matter is %s, urgent %t, waiting %t", c.Status, c.Urgent, c.NeedsPeople())
		}
	})
}

func TestWhoTakesWhileTheBotThinksIsNotAnsweredOver(t *testing.T) {
	inTime(t, func(r *rig) {
		thinking := make(chan struct{})
		r.bot.think(func(bot.Message) { <-thinking })
		c := r.say(zalo, "u1", "xin chào")
		if _, err := r.hub.Take(r.ctx(), lan, c.ID); err != nil {
			r.Fatal(err)
		}
		close(thinking)
		r.settle()
		r.wantThread(c.ID, "citizen: xin chào", "member: conversation.taken")
		if c = r.again(c.ID); !c.NeedsPeople() || c.Unread == 0 {
			r.Errorf("nobody sees that the citizen waits: %+v", c)
		}
	})
}

// A bot that hands off after somebody closed the matter must not leave the
// citizen waiting where nobody looks.
func TestAHandoffOpensWhatWasClosedMeanwhile(t *testing.T) {
	inTime(t, func(r *rig) {
		thinking := make(chan struct{})
		r.bot.think(func(bot.Message) { <-thinking })
		c := r.say(zalo, "u1", "người thật")
		if _, err := r.hub.Resolve(r.ctx(), lan, c.ID); err != nil {
			r.Fatal(err)
		}
		close(thinking)
		r.settle()
		if c = r.again(c.ID); c.Status != inbox.Open || !c.NeedsPeople() {
			r.Errorf("the matter is %s and waits %t", c.Status, c.NeedsPeople())
		}
	})
}

func TestTurnsOfOneConversationRunInOrder(t *testing.T) {
	idle(t, func(r *rig) {
		var batch []connectors.Inbound
		for i := range 20 {
			batch = append(batch, inbound("u1", fmt.Sprint(i), fmt.Sprint("câu-", i)))
		}
		if err := r.receive(zalo, batch...); err != nil {
			r.Fatal(err)
		}
		var running, most int
		var order []string
		r.bot.think(func(m bot.Message) {
			r.bot.mu.Lock()
			order = append(order, m.Text)
			running++
			most = max(most, running)
			r.bot.mu.Unlock()
			time.Sleep(time.Second) // of the bubble
			r.bot.mu.Lock()
			running--
			r.bot.mu.Unlock()
		})
		r.start()
		r.pass(time.Minute)
		if most != 1 || len(order) != 20 || !slices.IsSortedFunc(order, func(a, b string) int { return number(a) - number(b) }) {
			r.Errorf("%d at a time, in the order %q", most, order)
		}
		var sent []string
		for _, text := range r.platform.texts() {
			sent = append(sent, strings.TrimPrefix(text, "Dạ: "))
		}
		if !slices.Equal(sent, order) {
			r.Errorf("the answers left as %q", sent)
		}
	})
}

func number(text string) (n int) {
	fmt.Sscanf(text, "câu-%d", &n)
	return n
}

func TestConversationsRunInParallel(t *testing.T) {
	inTime(t, func(r *rig) {
		thinking := make(chan struct{})
		r.bot.think(func(m bot.Message) {
			if m.Text == "chậm" {
				<-thinking
			}
		})
		slow := r.say(zalo, "u1", "chậm")
		fast := r.say(zalo, "u2", "nhanh")
		r.wantThread(fast.ID, "citizen: nhanh", "bot: Dạ: nhanh")
		r.wantThread(slow.ID, "citizen: chậm")
		close(thinking)
		r.settle()
	})
}

func TestSilenceCloses(t *testing.T) {
	t.Run("what the bot handled", func(t *testing.T) {
		inTime(t, func(r *rig) {
			c := r.say(zalo, "u1", "xin chào")
			r.pass(11 * time.Hour)
			r.say(zalo, "u1", "hỏi thêm")
			r.pass(11 * time.Hour)
			if c = r.again(c.ID); c.Status != inbox.Open {
				r.Fatal("it was closed eleven hours after the last words")
			}
			r.pass(2 * time.Hour)
			if c = r.again(c.ID); c.Status != inbox.Resolved || c.ResolvedAt.IsZero() {
				r.Errorf("it is %s thirteen hours after the last words", c.Status)
			}
		})
	})
	t.Run("nothing that people handle", func(t *testing.T) {
		inTime(t, func(r *rig) {
			c := r.say(zalo, "u1", "người thật")
			r.pass(48 * time.Hour)
			if c = r.again(c.ID); c.Status != inbox.Open {
				r.Errorf("it is %s", c.Status)
			}
		})
	})
	t.Run("nothing that the bot has not answered yet", func(t *testing.T) {
		idle(t, func(r *rig) {
			c := r.say(zalo, "u1", "người thật")
			r.close()
			r.pass(13 * time.Hour) // the server stood still
			r.open()
			r.bot.think(func(bot.Message) { time.Sleep(time.Second) }) // closing is faster than answering
			r.start()
			r.pass(time.Minute)
			if c = r.again(c.ID); c.Status != inbox.Open || !c.NeedsPeople() {
				r.Errorf("it is %s and waits %t", c.Status, c.NeedsPeople())
			}
			r.wantThread(c.ID, "citizen: người thật", "bot: Cán bộ sẽ trả lời.", "system: conversation.handed_off")
		})
	})
}

// fetching is a channel that fetches, and breaks off.
type fetching struct {
	platform
	runs int
}

func (f *fetching) Run(ctx context.Context, _ connectors.Receiver) error {
	f.runs++
	switch f.runs {
	case 1:
		return errors.New("connection lost")
	case 2:
		panic("the platform answered nonsense")
	case 3:
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestAChannelThatBreaksOffBeginsAgainAndStopsNoOther(t *testing.T) {
	idle(t, func(r *rig) {
		f := &fetching{platform: platform{channel: connectors.Channel{ID: "mail", Kind: "email"}}}
		r.connect(f, r.platform)
		r.start()
		r.pass(10 * time.Minute)
		if f.runs != 4 {
			r.Errorf("it began %d times, want 4", f.runs)
		}
		c := r.say(zalo, "u1", "xin chào")
		r.wantThread(c.ID, "citizen: xin chào", "bot: Dạ: xin chào")
	})
}
