package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

func TestWhatIsDeliveredAgainChangesNothing(t *testing.T) {
	for copies := 1; copies <= 5; copies++ {
		t.Run(fmt.Sprint(copies), func(t *testing.T) {
			inTime(t, func(r *rig) {
				in := inbound("u1", "k1", "xin chào")
				var all sync.WaitGroup
				for range copies {
					all.Go(func() {
						if err := r.receive(zalo, in); err != nil {
							r.Errorf("Receive of a copy = %v, want it acknowledged", err)
						}
					})
				}
				all.Wait()
				r.settle()
				if err := r.receive(zalo, in); err != nil { // hours later
					r.Errorf("Receive again = %v", err)
				}
				r.settle()
				r.wantThread(r.live(zalo, "u1").ID, "citizen: xin chào", "bot: Dạ: xin chào")
				if got := r.platform.texts(); len(got) != 1 {
					r.Errorf("the citizen got %q, want one answer", got)
				}
			})
		})
	}
}

func TestDifferentThingsUnderOneKeyAreAllKept(t *testing.T) {
	for _, tt := range []struct {
		name          string
		channel       connectors.ChannelID
		change        func(in *connectors.Inbound)
		conversations int
		flagged       bool
	}{
		{"other words", zalo, func(in *connectors.Inbound) { in.Content.Text = "khác" }, 1, true},
		{"another sender", zalo, func(in *connectors.Inbound) { in.From = "u2" }, 2, true},
		{"another channel", web, func(*connectors.Inbound) {}, 2, false},
		{"another kind of report", zalo, func(in *connectors.Inbound) { in.Kind = "postback" }, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			idle(t, func(r *rig) {
				first := inbound("u1", "k1", "một")
				second := first
				tt.change(&second)
				for range 3 { // and each of them is delivered again
					for _, err := range []error{r.receive(zalo, first), r.receive(tt.channel, second)} {
						if err != nil {
							r.Fatal(err)
						}
					}
				}
				var kept, flagged int
				all := r.list(inbox.AllList)
				for _, c := range all {
					for _, m := range r.messages(c.ID) {
						kept++
						if m.Clashes {
							flagged++
						}
					}
				}
				if kept != 2 || len(all) != tt.conversations || (flagged == 1) != tt.flagged {
					r.Errorf("%d messages in %d conversations, %d flagged; want 2 in %d, flagged %t", kept, len(all), flagged, tt.conversations, tt.flagged)
				}
			})
		})
	}
}

func TestTenFirstMessagesAtOnceAreOneMatter(t *testing.T) {
	idle(t, func(r *rig) {
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				if err := r.receive(zalo, inbound("album", fmt.Sprintf("photo-%d", i), fmt.Sprintf("ảnh %d", i))); err != nil {
					r.Errorf("Receive: %v", err)
				}
			})
		}
		all.Wait()
		c := r.live(zalo, "album")
		if n := len(r.thread(c.ID)); n != 10 {
			r.Errorf("%d messages, want 10", n)
		}
		if n := len(r.list(inbox.OfContact(c.Contact))); n != 1 {
			r.Errorf("the contact has %d conversations, want 1", n)
		}
		if n := len(r.list(inbox.AllList)); n != 1 {
			r.Errorf("%d conversations in all, want 1", n)
		}
		if !strings.HasPrefix(c.Code, "TH-") || !strings.HasPrefix(c.ContactName, "Khách ") {
			r.Errorf("code %q and name %q do not read like a code and a name", c.Code, c.ContactName)
		}
	})
}

func TestABatchIsKeptWholeAndInOrder(t *testing.T) {
	idle(t, func(r *rig) {
		var batch []connectors.Inbound
		for i := range 48 {
			batch = append(batch, inbound("u1", fmt.Sprint(i), fmt.Sprint("tin ", i)))
		}
		raw := connectors.Raw{Channel: zalo, ReceivedAt: time.Now(), Body: []byte("batch of 50"), Trouble: "no. 17 is broken, no. 30 unknown"}
		for range 3 {
			if err := r.hub.Receive(r.ctx(), raw, batch); err != nil {
				r.Fatal(err)
			}
		}
		said := r.thread(r.live(zalo, "u1").ID)
		if len(said) != 48 || said[0] != "citizen: tin 0" || said[47] != "citizen: tin 47" {
			r.Errorf("kept %d: %q", len(said), said)
		}
		waiting, err := r.hub.Quarantine(r.ctx(), boss)
		if err != nil || len(waiting) != 1 || string(waiting[0].Body) != "batch of 50" {
			r.Errorf("quarantine holds %v, %v; want the batch once", waiting, err)
		}
		for _, m := range r.messages(r.live(zalo, "u1").ID) {
			r.read(func(tx inbox.Reader) error {
				kept, err := tx.Raw(m.Raw)
				if err == nil && string(kept.Body) != "batch of 50" {
					r.Errorf("message %d leads to raw %q", m.Seq, kept.Body)
				}
				return err
			})
		}
	})
}

func TestAnUnknownChannelIsNotFound(t *testing.T) {
	idle(t, func(r *rig) {
		wantError(t, "Receive", r.receive("fax", inbound("u1", "k1", "xin chào")), inbox.ErrNotFound)
		if n := len(r.list(inbox.AllList)); n != 0 {
			r.Errorf("%d conversations were begun", n)
		}
	})
}

func TestTheQuarantine(t *testing.T) {
	trouble := func(body string) connectors.Raw {
		return connectors.Raw{Channel: zalo, ReceivedAt: time.Now(), Type: "application/json", Body: []byte(body), Trouble: "not JSON"}
	}
	waiting := func(r *rig) []inbox.QuarantinedRaw {
		r.Helper()
		all, err := r.hub.Quarantine(r.ctx(), boss)
		if err != nil {
			r.Fatal(err)
		}
		return all
	}
	put := func(r *rig, body string) inbox.RawID {
		r.Helper()
		if err := r.hub.Receive(r.ctx(), trouble(body), nil); err != nil {
			r.Fatalf("Receive of trouble = %v, want it acknowledged", err)
		}
		return waiting(r)[0].ID
	}

	t.Run("shows what was not understood, once", func(t *testing.T) {
		idle(t, func(r *rig) {
			put(r, "{broken")
			put(r, "{broken")
			put(r, "{other")
			all := waiting(r)
			if len(all) != 2 || string(all[0].Body) != "{other" || string(all[1].Body) != "{broken" || all[1].Trouble != "not JSON" {
				r.Errorf("it shows %+v, want both, newest first", all)
			}
		})
	})
	t.Run("keeps what is still not understood after a replay", func(t *testing.T) {
		idle(t, func(r *rig) {
			id := put(r, "{broken")
			r.platform.parse = func(connectors.Raw) ([]connectors.Inbound, error) { return nil, errors.New("unexpected end") }
			wantError(t, "Replay", r.hub.Replay(r.ctx(), boss, id), inbox.ErrConflict)
			if len(waiting(r)) != 1 {
				r.Error("it left the quarantine")
			}
		})
	})
	t.Run("gives up what a replay understands, once", func(t *testing.T) {
		idle(t, func(r *rig) {
			id := put(r, "{broken")
			r.platform.parse = func(raw connectors.Raw) ([]connectors.Inbound, error) {
				return []connectors.Inbound{inbound("u1", "k1", "từ "+string(raw.Body))}, nil
			}
			for range 2 {
				if err := r.hub.Replay(r.ctx(), boss, id); err != nil {
					r.Fatalf("Replay: %v", err)
				}
			}
			r.wantThread(r.live(zalo, "u1").ID, "citizen: từ {broken")
			if len(waiting(r)) != 0 {
				r.Error("it still waits")
			}
			if rows := r.audits(inbox.AuditQuery{Member: boss.Member.ID}); len(rows) == 0 || rows[0].Action != inbox.Replayed {
				r.Errorf("on record is %+v", rows)
			}
		})
	})
	t.Run("keeps the bytes of what was dismissed", func(t *testing.T) {
		idle(t, func(r *rig) {
			id := put(r, "{broken")
			if err := r.hub.Dismiss(r.ctx(), boss, id); err != nil {
				r.Fatal(err)
			}
			if len(waiting(r)) != 0 {
				r.Error("it still waits")
			}
			r.read(func(tx inbox.Reader) error {
				kept, err := tx.Raw(id)
				if err == nil && string(kept.Body) != "{broken" {
					r.Errorf("kept are %q", kept.Body)
				}
				return err
			})
			if rows := r.audits(inbox.AuditQuery{Member: boss.Member.ID}); len(rows) != 2 || rows[0].Action != inbox.Dismissed || rows[0].Target != string(id) || rows[1].Action != inbox.Looked {
				r.Errorf("on record is %+v", rows)
			}
		})
	})
	t.Run("does not take the bytes of a message that was understood", func(t *testing.T) {
		idle(t, func(r *rig) {
			c := r.say(zalo, "u1", "xin chào")
			id := r.messages(c.ID)[0].Raw
			wantError(t, "Dismiss", r.hub.Dismiss(r.ctx(), boss, id), inbox.ErrNotFound)
			wantError(t, "Replay", r.hub.Replay(r.ctx(), boss, id), inbox.ErrNotFound)
			wantError(t, "Dismiss of nothing", r.hub.Dismiss(r.ctx(), boss, "nothing"), inbox.ErrNotFound)
		})
	})
	t.Run("is settled by supervisors and admins only", func(t *testing.T) {
		idle(t, func(r *rig) {
			id := put(r, "{broken")
			for _, a := range []inbox.Actor{lan, doctor, {}} {
				_, err := r.hub.Quarantine(r.ctx(), a)
				wantError(t, "Quarantine", err, inbox.ErrForbidden)
				wantError(t, "Replay", r.hub.Replay(r.ctx(), a, id), inbox.ErrForbidden)
				wantError(t, "Dismiss", r.hub.Dismiss(r.ctx(), a, id), inbox.ErrForbidden)
			}
		})
	})
}

// refusing is a store whose transactions fail after the function has run.
type refusing struct {
	inbox.Store
	refuse bool
}

func (s *refusing) Update(ctx context.Context, fn func(tx inbox.Writer) error) error {
	return s.Store.Update(ctx, func(tx inbox.Writer) error {
		if err := fn(tx); err != nil || !s.refuse {
			return err
		}
		return inbox.ErrUnavailable
	})
}

func TestWhatCannotBeKeptIsNotAcknowledged(t *testing.T) {
	idle(t, func(r *rig) {
		full := &refusing{Store: r.store, refuse: true}
		r.use(full)
		wantError(t, "Receive", r.receive(zalo, inbound("u1", "k1", "xin chào")), inbox.ErrUnavailable)
		if n := len(r.list(inbox.AllList)); n != 0 {
			r.Errorf("%d conversations were kept", n)
		}
		full.refuse = false
		if err := r.receive(zalo, inbound("u1", "k1", "xin chào")); err != nil {
			r.Fatal(err)
		}
		r.wantThread(r.live(zalo, "u1").ID, "citizen: xin chào")
	})
}

func TestWhatComesLateSaysSo(t *testing.T) {
	inTime(t, func(r *rig) {
		said := func(key, text string) connectors.Inbound { return inbound("u1", key, text) }
		lost, shuffled := said("k1", "một"), said("k3", "ba")
		r.pass(12 * time.Hour)
		shuffled.SentAt = time.Now()
		r.pass(10 * time.Second)
		r.reports(said("k2", "hai"))
		r.reports(shuffled, lost)
		var marked []string
		for _, m := range r.messages(r.live(zalo, "u1").ID) {
			if m.Late {
				marked = append(marked, m.Content.Text)
				if m.SentAt.Equal(m.ReceivedAt) {
					r.Errorf("it has lost its own time %s", m.SentAt)
				}
			}
		}
		if !slices.Equal(marked, []string{"một"}) {
			r.Errorf("late are %q, want the one that was lost for half a day", marked)
		}
	})
}

// Zalo gives up after two seconds, and what it is answered later may be lost.
func TestAStoreThatDoesNotAnswerIsNotWaitedFor(t *testing.T) {
	idle(t, func(r *rig) {
		store := &hanging{Store: r.store}
		r.use(store)
		store.hangs.Store(true)
		began := time.Now()
		wantError(r, "Receive", r.receive(zalo, inbound("u1", "k1", "xin chào")), inbox.ErrUnavailable)
		if took := time.Since(began); took > 1500*time.Millisecond {
			r.Errorf("it took %s to say so", took)
		}
		left, cancel := context.WithCancel(r.ctx())
		cancel()
		err := r.hub.Receive(left, connectors.Raw{Channel: zalo}, []connectors.Inbound{inbound("u1", "k1", "xin chào")})
		if !errors.Is(err, context.Canceled) || errors.Is(err, inbox.ErrUnavailable) {
			r.Errorf("Receive for a caller who left = %v", err)
		}
		store.hangs.Store(false)
		if err := r.receive(zalo, inbound("u1", "k1", "xin chào")); err != nil {
			r.Fatal(err)
		}
		r.wantThread(r.live(zalo, "u1").ID, "citizen: xin chào")
	})
}

func TestTextIsKeptExactly(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"NUL", "trước\x00sau"},
		{"emoji of several code points", "👩‍👩‍👧‍👦🇻🇳"},
		{"one megabyte", strings.Repeat("ấ", 1<<20/3)},
		{"right-to-left override", "hoa\u202efdp.exe"},
		{"composed and decomposed", "ế e\u0302\u0301"},
		{"only spaces", "  \r\n\t "},
		{"nothing", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			idle(t, func(r *rig) {
				c := r.say(zalo, "u1", tt.text)
				r.stop()
				if got := r.messages(c.ID)[0].Content.Text; got != tt.text {
					r.Errorf("kept is %.60q (%d bytes), want %.60q (%d bytes)", got, len(got), tt.text, len(tt.text))
				}
				if n := len([]rune(r.again(c.ID).LastText)); n > 200 {
					r.Errorf("the lists show %d characters", n)
				}
			})
		})
	}
}

func TestBytesThatAreNoTextAreShownReplacedAndKeptRaw(t *testing.T) {
	idle(t, func(r *rig) {
		raw := connectors.Raw{Channel: zalo, ReceivedAt: time.Now(), Body: []byte("a\xff\xfeb")}
		if err := r.hub.Receive(r.ctx(), raw, []connectors.Inbound{inbound("u1", "k1", "a\xff\xfeb")}); err != nil {
			r.Fatal(err)
		}
		m := r.messages(r.live(zalo, "u1").ID)[0]
		if m.Content.Text != "a\ufffd\ufffdb" {
			r.Errorf("shown is %q", m.Content.Text)
		}
		r.read(func(tx inbox.Reader) error {
			kept, err := tx.Raw(m.Raw)
			if err == nil && string(kept.Body) != "a\xff\xfeb" {
				r.Errorf("kept are %q", kept.Body)
			}
			return err
		})
	})
}

func TestAfterClosingANewConversationBegins(t *testing.T) {
	inTime(t, func(r *rig) {
		first := r.say(zalo, "u1", "câu một")
		if _, err := r.hub.Resolve(r.ctx(), lan, first.ID); err != nil {
			r.Fatal(err)
		}
		second := r.say(zalo, "u1", "câu hai")
		if second.ID == first.ID || second.Code == first.Code || second.Contact != first.Contact {
			r.Errorf("second is %+v, first was %+v; want another matter of the same person", second, first)
		}
		if n := len(r.list(inbox.OfContact(first.Contact))); n != 2 {
			r.Errorf("the person has %d matters, want 2", n)
		}
	})
}

func TestThreadsOfOnePersonAreMattersOfTheirOwn(t *testing.T) {
	idle(t, func(r *rig) {
		a, b := inbound("u1", "k1", "thư một"), inbound("u1", "k2", "thư hai")
		a.Thread, b.Thread = "t1", "t2"
		if err := r.receive(zalo, a, b); err != nil {
			r.Fatal(err)
		}
		if n := len(r.list(inbox.Visits(zalo, "u1"))); n != 2 {
			r.Errorf("%d conversations, want 2", n)
		}
	})
}

func TestABotThatStumblesOverDangerKeepsNothingFromBeingKept(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "hỏng-cả rồi")
		if got := r.thread(c.ID); !slices.Contains(got, "citizen: hỏng-cả rồi") {
			r.Errorf("the thread reads %q", got)
		}
	})
}
