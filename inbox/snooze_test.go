package inbox_test

import (
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
)

// noticesOf are what a member was told, oldest first.
func (r *rig) noticesOf(of inbox.Actor, kind inbox.NoticeKind) (out []inbox.Notice) {
	r.Helper()
	r.read(func(tx inbox.Reader) error {
		all, err := inbox.Notices.List(tx, inbox.PaperQuery{From: string(of.Member.ID) + "/", Until: string(of.Member.ID) + "0"})
		for _, k := range all {
			if k.Value.Kind == kind {
				out = append(out, k.Value)
			}
		}
		return err
	})
	return out
}

func (r *rig) snoozed(c inbox.Conversation, d time.Duration) inbox.Conversation {
	r.Helper()
	return must[inbox.Conversation](r)(r.hub.Snooze(r.ctx(), lan, c.ID, time.Now().Add(d)))
}

// in reports whether a matter stands in a list.
func (r *rig) in(list inbox.ListID, id inbox.ConversationID) bool {
	for _, c := range r.list(list) {
		if c.ID == id {
			return true
		}
	}
	return false
}

func TestASnoozedMatterLeavesTheDeskUntilItsTime(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.snoozed(r.handed("u1"), time.Hour)
		if r.in(inbox.OpenList, c.ID) || !r.in(inbox.SnoozedList, c.ID) {
			r.Error("it still waits in the list of what needs a person")
		}
		r.pass(59 * time.Minute)
		if r.again(c.ID).SnoozedUntil.IsZero() {
			r.Error("it woke too early")
		}
		r.pass(time.Minute + time.Second)
		if !r.again(c.ID).SnoozedUntil.IsZero() || !r.in(inbox.OpenList, c.ID) {
			r.Error("it has not come back")
		}
		if got := r.thread(c.ID); got[len(got)-1] != "system: conversation.woken" {
			r.Errorf("the thread ends with %q", got[len(got)-1])
		}
		if told := r.noticesOf(lan, inbox.NoticeWoken); len(told) != 1 || told[0].Code != c.Code {
			r.Errorf("who put it to sleep was told %+v", told)
		}
	})
}

func TestASnoozedMatterWakesWhenTheCitizenWrites(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.snoozed(r.handed("u1"), 24*time.Hour)
		r.say(zalo, "u1", "tôi hỏi thêm")
		after := r.again(c.ID)
		if !after.SnoozedUntil.IsZero() || !r.in(inbox.OpenList, c.ID) {
			r.Error("it sleeps on")
		}
		if len(r.noticesOf(lan, inbox.NoticeWoken)) != 1 {
			r.Error("who put it to sleep was not told")
		}
		r.pass(25 * time.Hour)
		if n := strings.Count(strings.Join(r.thread(c.ID), "\n"), "woken"); n != 1 || len(r.noticesOf(lan, inbox.NoticeWoken)) != 1 {
			r.Errorf("it woke %d times", n)
		}
	})
}

func TestALateStartWakesOnce(t *testing.T) {
	idle(t, func(r *rig) {
		r.people()
		r.start()
		c := r.snoozed(r.handed("u1"), time.Hour)
		r.snoozed(c, 2*time.Hour) // another time was chosen: both tasks are due by then
		r.stop()
		r.pass(48 * time.Hour)
		r.connect(r.platform, r.chat)
		r.start()
		r.settle()
		if n := strings.Count(strings.Join(r.thread(c.ID), "\n"), "woken"); n != 1 {
			r.Errorf("it woke %d times, want once", n)
		}
	})
}

func TestASleepThatIsReplacedByAnEarlierOneEndsThen(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.snoozed(r.handed("u1"), 72*time.Hour)
		r.snoozed(c, time.Hour)
		r.pass(time.Hour + time.Second)
		if !r.again(c.ID).SnoozedUntil.IsZero() {
			r.Error("the longer sleep held the shorter one up")
		}
	})
}

func TestWhatMovesSleepsNoLonger(t *testing.T) {
	for _, tt := range []struct {
		name string
		act  func(r *rig, id inbox.ConversationID) error
		wake bool
	}{
		{"woken by hand", func(r *rig, id inbox.ConversationID) error { _, err := r.hub.Wake(r.ctx(), lan, id); return err }, true},
		{"given to a department", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.Transfer(r.ctx(), lan, id, "so-y-te", "")
			return err
		}, true},
		{"given to another member", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.Assign(r.ctx(), lan, id, "minh")
			return err
		}, true},
		{"marked as urgent", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.SetUrgent(r.ctx(), lan, id, true)
			return err
		}, true},
		{"closed", func(r *rig, id inbox.ConversationID) error { _, err := r.hub.Resolve(r.ctx(), lan, id); return err }, true},
		{"a note leaves it asleep", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.AddNote(r.ctx(), lan, id, "chờ điện thoại", "n")
			return err
		}, false},
		{"an answer leaves it asleep", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.Reply(r.ctx(), lan, id, inbox.NewReply{Text: "Dạ", Key: "k"})
			return err
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.people()
				c := must[inbox.Conversation](r)(r.hub.Take(r.ctx(), lan, r.handed("u1").ID))
				r.snoozed(c, time.Hour)
				if err := tt.act(r, c.ID); err != nil {
					r.Fatal(err)
				}
				if woke := r.again(c.ID).SnoozedUntil.IsZero(); woke != tt.wake {
					r.Errorf("awake: %v, want %v", woke, tt.wake)
				}
			})
		})
	}
}

func TestWhatCannotBeSnoozed(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		now := time.Now()
		c := r.handed("u1")
		_, err := r.hub.Snooze(r.ctx(), lan, c.ID, now.Add(-time.Minute))
		wantInvalid(r, "a time that has passed", err, "until")
		_, err = r.hub.Snooze(r.ctx(), lan, c.ID, now.Add(100*24*time.Hour))
		wantInvalid(r, "a time in the far future", err, "until")
		_, err = r.hub.Snooze(r.ctx(), doctor, c.ID, now.Add(time.Hour))
		wantError(r, "another department's", err, inbox.ErrNotFound)

		urgent := r.say(zalo, "u2", "khó-thở quá")
		_, err = r.hub.Snooze(r.ctx(), lan, urgent.ID, now.Add(time.Hour))
		wantError(r, "an urgent one", err, inbox.ErrConflict)
		bots := r.say(zalo, "u3", "mấy giờ mở cửa")
		_, err = r.hub.Snooze(r.ctx(), lan, bots.ID, now.Add(time.Hour))
		wantError(r, "one that the bot answers", err, inbox.ErrConflict)

		r.write(func(tx inbox.Writer) error {
			c.PromisedBy = now.Add(2 * time.Hour)
			c.Version = r.again(c.ID).Version
			_, err := tx.PutConversation(c)
			return err
		})
		_, err = r.hub.Snooze(r.ctx(), lan, c.ID, now.Add(3*time.Hour))
		wantInvalid(r, "beyond what the citizen was promised", err, "until")
	})
}
