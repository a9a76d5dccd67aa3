package inbox_test

import (
	"testing"
	"time"

	"tongdai/inbox"
)

// restored begins with a store that was made from a backup, in which an answer
// waits to go out.
func restored(t *testing.T, test func(r *rig, waiting inbox.Conversation)) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.say(zalo, "u1", "người ơi")
		r.stop()
		m := must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Key: "k", Text: "Dạ, mai ạ"}))
		if m.Delivery.State != inbox.Queued {
			t.Fatalf("the answer is %s", m.Delivery.State)
		}
		r.write(func(tx inbox.Writer) error {
			_, err := inbox.HoldShelf.Put(tx, inbox.Kept[inbox.Hold]{ID: inbox.HoldID, Value: inbox.Hold{BackupAt: time.Now()}})
			return err
		})
		r.pass(time.Second)
		r.connect(r.platform, r.chat)
		r.start()
		test(r, c)
	})
}

func TestAfterAReturnFromABackupNothingGoesOutUntilAPersonReleasesIt(t *testing.T) {
	restored(t, func(r *rig, c inbox.Conversation) {
		before := len(r.platform.called())
		r.pass(time.Hour)
		r.say(zalo, "u2", "xin chào")
		if n := len(r.platform.called()); n != before {
			t.Fatalf("%d messages went out while all is held", n-before)
		}
		if r.say(web, "w1", "xin chào"); len(r.outgoing(r.live(web, "w1").ID)) == 0 {
			t.Error("who reads the log itself, as the chat does, is answered all the same")
		}
		_, _, err := r.hub.Held(r.ctx(), lan)
		wantError(t, "an operator asking", err, inbox.ErrForbidden)
		wantError(t, "an operator releasing", r.hub.Release(r.ctx(), lan, false), inbox.ErrForbidden)
		if hold, held, err := r.hub.Held(r.ctx(), boss); !held || err != nil || hold.BackupAt.IsZero() {
			t.Errorf("nobody is told of when the backup is: %+v, %t, %v", hold, held, err)
		}
		if err := r.hub.Release(r.ctx(), boss, false); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Minute)
		if n := len(r.platform.called()) - before; n != 2 {
			t.Errorf("%d messages went out after the release, want the answer and the greeting", n)
		}
		wantError(t, "releasing twice", r.hub.Release(r.ctx(), boss, false), inbox.ErrNotFound)
	})
}

func TestWhatWaitedMayBeSetAsideForPeopleToDecide(t *testing.T) {
	restored(t, func(r *rig, c inbox.Conversation) {
		before := len(r.platform.called())
		if err := r.hub.Release(r.ctx(), root, true); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Minute)
		out := r.outgoing(c.ID)
		if d := out[len(out)-1].Delivery; d.State != inbox.Parked || len(r.platform.called()) != before {
			t.Errorf("what waited is %+v, %d went out", d, len(r.platform.called())-before)
		}
		if _, err := r.hub.RetryDelivery(r.ctx(), lan, out[len(out)-1].ID); err != nil {
			t.Fatal(err)
		}
		r.say(zalo, "u2", "xin chào")
		if n := len(r.platform.called()) - before; n != 2 {
			t.Errorf("%d messages went out, want the one that somebody sent again and the new one", n)
		}
		if _, held, err := r.hub.Held(r.ctx(), root); held || err != nil {
			t.Errorf("after the release it is held: %t, %v", held, err)
		}
	})
}
