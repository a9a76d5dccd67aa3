package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// asking is inTime with a hub that asks citizens how a matter was handled.
func asking(t *testing.T, test func(r *rig)) {
	t.Helper()
	idle(t, func(r *rig) {
		hub, err := inbox.New(inbox.Parts{
			Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: names{},
			Connectors: []connectors.Connector{r.platform, r.chat}, Log: slog.New(slog.DiscardHandler),
		}, inbox.Config{AskRating: true, LeaseTime: r.lease})
		if err != nil {
			r.Fatal(err)
		}
		r.hub = hub
		r.start()
		test(r)
	})
}

// handled is a matter that lan answered and closed.
func (r *rig) handled(channel connectors.ChannelID, from connectors.RemoteID, text string) inbox.Conversation {
	r.Helper()
	c := r.say(channel, from, text)
	r.sent++
	if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ, xong rồi ạ.", Key: fmt.Sprint("r", r.sent), Resolve: true}); err != nil {
		r.Fatal(err)
	}
	r.settle()
	return r.again(c.ID)
}

// question is the message that asks for a rating, nil when none was said.
func (r *rig) question(id inbox.ConversationID) (asked []inbox.Message) {
	r.Helper()
	for _, m := range r.outgoing(id) {
		if len(m.Content.Choices) == 5 {
			asked = append(asked, m)
		}
	}
	return asked
}

func (r *rig) hears(channel connectors.ChannelID, in connectors.Inbound) {
	r.Helper()
	r.sent++
	in.Key = fmt.Sprint("o", r.sent)
	if err := r.receive(channel, in); err != nil {
		r.Fatal(err)
	}
	r.settle()
}

// alone wants c to be the only matter of the person, closed, and the bot not to have thought again.
func (r *rig) alone(c inbox.Conversation, decided int) {
	r.Helper()
	if visits := r.list(inbox.Visits(c.Channel, c.Remote)); len(visits) != 1 || visits[0].Status != inbox.Resolved {
		r.Errorf("the person has %d matters, the newest is %s; want one that stays closed", len(visits), visits[0].Status)
	}
	if r.bot.decided != decided {
		r.Error("the bot took the answer for a question")
	}
}

func TestACitizenIsAskedOnceHowAMatterWasHandledAndAnswersByPressOrNumber(t *testing.T) {
	for _, channel := range []connectors.ChannelID{web, zalo} {
		for name, answer := range map[string]func(asked inbox.Message) connectors.Inbound{
			"pressed": func(asked inbox.Message) connectors.Inbound {
				choice := asked.Content.Choices[3]
				in := inbound("u1", "", choice.Label)
				in.Pressed = choice.Value
				return in
			},
			"a number":              func(inbox.Message) connectors.Inbound { return inbound("u1", "", "4") },
			"a number with manners": func(inbox.Message) connectors.Inbound { return inbound("u1", "", "Dạ số 4 ạ") },
			"the words":             func(inbox.Message) connectors.Inbound { return inbound("u1", "", "hài lòng") },
		} {
			t.Run(string(channel)+" "+name, func(t *testing.T) {
				asking(t, func(r *rig) {
					c := r.handled(channel, "u1", "người ơi đèn hỏng")
					asked, decided := r.question(c.ID), r.bot.decided
					if len(asked) != 1 || !asked[0].Automatic || !strings.Contains(asked[0].Content.Text, c.Code) || c.Rating.AskedAt.IsZero() {
						r.Fatalf("asked %d times: %+v", len(asked), asked)
					}
					r.hears(channel, answer(asked[0]))
					got := r.again(c.ID)
					if got.Rating.Stars != 4 || got.Rating.At.IsZero() {
						r.Errorf("Rating = %+v, want four stars", got.Rating)
					}
					if got.LastText != c.LastText || got.Unread != 0 || !got.WaitingSince.IsZero() {
						r.Error("the lists show the rating in place of the matter")
					}
					thread := r.thread(c.ID)
					if last := thread[len(thread)-1]; !strings.HasPrefix(last, "bot: Dạ, cảm ơn") {
						r.Errorf("the thread ends with %q, want thanks", last)
					}
					r.hears(channel, inbound("u1", "", "Góp ý: trả lời hơi chậm"))
					if got := r.again(c.ID); got.Rating.Comment != "trả lời hơi chậm" || got.Rating.Stars != 4 {
						r.Errorf("Rating = %+v, want the comment", got.Rating)
					}
					r.alone(c, decided)
				})
			})
		}
	}
}

func TestWhatIsMoreThanANumberIsANewMatter(t *testing.T) {
	for _, text := range []string{"4 người nhà tôi bị sốt", "đường vẫn ngập", "khó-thở", "Góp ý: chậm", "Cảm ơn", "6", "0"} {
		t.Run(text, func(t *testing.T) {
			asking(t, func(r *rig) {
				c := r.handled(zalo, "u1", "người ơi đèn hỏng")
				r.hears(zalo, inbound("u1", "", text))
				if live := r.live(zalo, "u1"); live.ID == c.ID {
					r.Error("it went into the closed matter")
				}
				if got := r.again(c.ID); got.Rating.Stars != 0 || got.Rating.Comment != "" {
					r.Errorf("it was taken for %+v", got.Rating)
				}
			})
		})
	}
}

func TestAPictureWithANumberIsANewMatter(t *testing.T) {
	asking(t, func(r *rig) {
		r.handled(web, "u1", "người ơi đèn hỏng")
		in := inbound("u1", "", "5")
		in.Content.Attachments = []content.Attachment{{ID: "f1", Name: "anh.jpg"}}
		r.hears(web, in)
		r.live(web, "u1")
	})
}

func TestANumberAfterThreeDaysIsANewMatterAndAPressIsNot(t *testing.T) {
	asking(t, func(r *rig) {
		c := r.handled(web, "u1", "người ơi đèn hỏng")
		asked := r.question(c.ID)[0]
		r.pass(73 * time.Hour)
		in := inbound("u1", "", "Hài lòng")
		in.Pressed = asked.Content.Choices[3].Value
		r.hears(web, in)
		if got := r.again(c.ID); got.Rating.Stars != 4 {
			r.Errorf("Rating = %+v, want the press to count", got.Rating)
		}
		d := r.handled(web, "u2", "người ơi đèn hỏng")
		r.pass(73 * time.Hour)
		r.hears(web, inbound("u2", "", "5"))
		if live := r.live(web, "u2"); live.ID == d.ID {
			r.Error("the number went into the closed matter")
		}
	})
}

func TestNobodyElsePressesForTheCitizen(t *testing.T) {
	asking(t, func(r *rig) {
		c := r.handled(web, "u1", "người ơi đèn hỏng")
		in := inbound("u2", "", "Rất không hài lòng")
		in.Pressed = r.question(c.ID)[0].Content.Choices[0].Value
		r.hears(web, in)
		if got := r.again(c.ID); got.Rating.Stars != 0 {
			r.Errorf("another person rated the matter: %+v", got.Rating)
		}
	})
}

func TestTheSameRatingTwiceIsKeptOnce(t *testing.T) {
	asking(t, func(r *rig) {
		c := r.handled(web, "u1", "người ơi đèn hỏng")
		in := inbound("u1", "rate-1", "5")
		for range 2 {
			if err := r.receive(web, in); err != nil {
				r.Fatal(err)
			}
		}
		r.settle()
		n := 0
		for _, m := range r.messages(c.ID) {
			if m.Content.Text == "5" {
				n++
			}
		}
		if n != 1 {
			r.Errorf("the rating stands in the thread %d times", n)
		}
	})
}

func TestWhoIsNotAsked(t *testing.T) {
	close := func(r *rig, c inbox.Conversation) {
		r.Helper()
		if _, err := r.hub.Resolve(r.ctx(), lan, c.ID); err != nil {
			r.Fatal(err)
		}
		r.settle()
	}
	for name, matter := range map[string]func(r *rig) inbox.Conversation{
		"who was only answered by the bot": func(r *rig) inbox.Conversation {
			c := r.say(web, "u1", "đèn hỏng")
			close(r, c)
			return c
		},
		"who fell silent after the bot's answer": func(r *rig) inbox.Conversation {
			c := r.say(web, "u1", "đèn hỏng")
			r.pass(13 * time.Hour)
			return c
		},
		"who reported an emergency": func(r *rig) inbox.Conversation {
			return r.handled(web, "u1", "khó-thở quá")
		},
		"whose matter was put aside": func(r *rig) inbox.Conversation {
			c := r.say(web, "u1", "người ơi mua đất")
			if _, err := r.hub.Screen(r.ctx(), lan, c.ID, inbox.Screening{Ending: inbox.Spam}); err != nil {
				r.Fatal(err)
			}
			r.settle()
			return c
		},
		"whom the platform lets us write no more": func(r *rig) inbox.Conversation {
			r.platform.limits.ReplyWindow = 24 * time.Hour
			c := r.say(zalo, "u1", "người ơi đèn hỏng")
			if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Xong ạ.", Key: "k"}); err != nil {
				r.Fatal(err)
			}
			r.pass(25 * time.Hour)
			close(r, c)
			return c
		},
		"to whom writing would cost": func(r *rig) inbox.Conversation {
			r.platform.limits.ReplyWindow, r.platform.limits.FreeWindow = 7*24*time.Hour, 48*time.Hour
			c := r.say(zalo, "u1", "người ơi đèn hỏng")
			if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Xong ạ.", Key: "k"}); err != nil {
				r.Fatal(err)
			}
			r.pass(49 * time.Hour)
			close(r, c)
			return c
		},
		"who was asked before": func(r *rig) inbox.Conversation {
			c := r.handled(web, "u1", "người ơi đèn hỏng")
			if _, err := r.hub.Reopen(r.ctx(), lan, c.ID); err != nil {
				r.Fatal(err)
			}
			close(r, c)
			if n := len(r.question(c.ID)); n != 1 {
				r.Errorf("asked %d times in all", n)
			}
			return inbox.Conversation{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			asking(t, func(r *rig) {
				c := matter(r)
				if c.ID == "" {
					return
				}
				if asked := r.question(c.ID); len(asked) > 0 || !r.again(c.ID).Rating.AskedAt.IsZero() {
					r.Errorf("was asked: %+v", asked)
				}
				for _, m := range r.outgoing(c.ID) {
					if m.Delivery.State == inbox.Parked {
						r.Error("something waits for a person that nobody needs")
					}
				}
			})
		})
	}
}

func TestAHouseThatDoesNotAskTakesNumbersForWords(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handled(web, "u1", "người ơi đèn hỏng")
		if len(r.question(c.ID)) > 0 {
			r.Error("asked")
		}
		if live := r.say(web, "u1", "5"); live.ID == c.ID {
			r.Error("the number went into the closed matter")
		}
	})
}

func TestRatingOnTheTrackingPage(t *testing.T) {
	asking(t, func(r *rig) {
		c := r.handled(web, "u1", "người ơi đèn hỏng")
		wantInvalid(r, "no stars", r.hub.Rate(r.ctx(), c.ID, 0, ""), "stars")
		wantInvalid(r, "six stars", r.hub.Rate(r.ctx(), c.ID, 6, ""), "stars")
		wantInvalid(r, "a book", r.hub.Rate(r.ctx(), c.ID, 5, strings.Repeat("x", 2001)), "comment")
		for range 2 { // a double press
			if err := r.hub.Rate(context.WithoutCancel(r.ctx()), c.ID, 2, "chậm"); err != nil {
				r.Fatal(err)
			}
		}
		if got := r.again(c.ID).Rating; got.Stars != 2 || got.Comment != "chậm" {
			r.Errorf("Rating = %+v", got)
		}
		thread := r.thread(c.ID)
		if last := thread[len(thread)-1]; last != "citizen: conversation.rated" || strings.Count(strings.Join(thread, " "), "rated") != 1 {
			r.Errorf("the thread is %q, want the rating once", thread)
		}
		open := r.say(web, "u2", "người ơi đèn hỏng")
		wantError(r, "rating an open matter", r.hub.Rate(r.ctx(), open.ID, 5, ""), inbox.ErrConflict)
	})
}
