package main

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/messenger/messengersim"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
)

// platformClock is the time on a simulated platform.
type platformClock struct{ behind atomic.Int64 }

func (c *platformClock) now() time.Time { return time.Now().Add(-time.Duration(c.behind.Load())) }

// sentBy is what a telephone of a platform shows that its owner wrote.
type sentBy struct {
	id, text string
	at       time.Time
}

// IN-07: nobody can be reached for 11 hours and 50 minutes; the platform sends
// again all that citizens said meanwhile, in two copies and in disorder. All of it is
// kept once, with the times of saying: nothing honest is too old.
func TestWhatIsSentAgainForTwelveHoursIsKeptWithItsTimes(t *testing.T) {
	t.Run("zalo", func(t *testing.T) {
		clock := &platformClock{}
		h := overZalo(t, zalosim.Config{Now: clock.now}, nil)
		h.connect(simulatedZalo, h.oa)
		h.twelveHours(clock, simulatedZalo, standstill{
			citizen: func(name string) string { return h.sim.Citizen(h.oa, name) },
			say:     func(user, text string) { h.sim.Say(h.oa, user, text) },
			down: func(down bool) {
				h.sim.SetUnruly(zalosim.Unruly{Copies: 2, Shuffle: 20 * time.Millisecond})
				h.sim.SetWebhook(map[bool]string{true: nobodyThere, false: hookOf(h.url)}[down])
			},
			waiting: func() int { return h.sim.Ledger().Waiting() },
			written: func(user string) (all []sentBy) {
				for _, e := range h.sim.Ledger().Events {
					if e.User == user && e.Name == "user_send_text" {
						all = append(all, sentBy{e.Message, e.Text, e.At})
					}
				}
				return all
			},
		})
	})
	t.Run("messenger", func(t *testing.T) {
		clock := &platformClock{}
		h := overFacebook(t, messengersim.Config{Now: clock.now}, nil)
		hook := h.facebook.Webhook()
		h.twelveHours(clock, simulatedPage, standstill{
			citizen: func(name string) string { return h.facebook.Citizen(h.page, name) },
			say:     func(user, text string) { h.facebook.Say(h.page, user, text) },
			down: func(down bool) {
				h.facebook.SetUnruly(messengersim.Unruly{Copies: 2, Shuffle: 20 * time.Millisecond})
				h.facebook.SetWebhook(map[bool]string{true: nobodyThere, false: hook}[down])
			},
			waiting: func() int { return h.facebook.Ledger().Waiting() },
			written: func(user string) (all []sentBy) {
				for _, m := range h.facebook.Messages(h.page, user) {
					if m.FromUser {
						all = append(all, sentBy{m.ID, m.Text, m.At})
					}
				}
				return all
			},
		})
	})
}

// nobodyThere is an address at which nobody listens.
const nobodyThere = "http://127.0.0.1:1/"

// standstill is what the test does to a platform.
type standstill struct {
	citizen func(name string) string
	say     func(user, text string)
	down    func(down bool)
	waiting func() int // for an acknowledgement
	written func(user string) []sentBy
}

func (h *zaloHub) twelveHours(clock *platformClock, channel connectors.ChannelID, o standstill) {
	h.Helper()
	const lasts, people, each = 11*time.Hour + 50*time.Minute, 6, 10
	begun := time.Now()
	o.down(true)
	var users []string
	for i := range people {
		users = append(users, o.citizen(fmt.Sprintf("Người dân %d", i)))
	}
	for n := range each {
		for _, user := range users {
			clock.behind.Store(int64(lasts) * int64(each-n) / each)
			o.say(user, fmt.Sprintf("câu %d trong lúc tổng đài ngừng", n))
		}
	}
	clock.behind.Store(0)
	if n := o.waiting(); n < people*each {
		h.Fatalf("%d events wait for an acknowledgement, want %d: the outage was none", n, people*each)
	}
	o.down(false)
	h.until("everything is acknowledged", func() bool { return o.waiting() == 0 })
	for _, user := range users {
		_, said := h.matter(channel, user)
		var kept []sentBy
		inbox.InShownOrder(said)
		for _, m := range said {
			if m.Direction == inbox.In {
				kept = append(kept, sentBy{string(m.Remote), m.Content.Text, m.SentAt})
				if m.ReceivedAt.Before(begun) {
					h.Errorf("it is said to have arrived at %s", m.ReceivedAt)
				}
			}
		}
		written := o.written(user)
		if !slices.EqualFunc(kept, written, func(a, b sentBy) bool {
			return a.id == b.id && a.text == b.text && a.at.Sub(b.at).Abs() < time.Second
		}) {
			h.Errorf("of %s is kept\n%v\nwant\n%v", user, kept, written)
		}
		if oldest := time.Since(kept[0].at); oldest < lasts-time.Minute {
			h.Errorf("the first words are said to be %s old", oldest)
		}
	}
}
