package inbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
)

// owed lists what was and is owed in a matter, the oldest first: clock, state,
// and "settled" where nothing is owed any more.
func (r *rig) owed(id inbox.ConversationID) (all []string) {
	r.Helper()
	found, err := r.hub.PromisesOf(r.ctx(), root, id)
	if err != nil {
		r.Fatal(err)
	}
	for _, k := range slices.Backward(found) {
		text := string(k.Value.Clock) + " " + string(k.Value.State)
		if !k.Value.SettledAt.IsZero() && k.Value.State == inbox.PromiseBroken {
			text += " settled"
		}
		all = append(all, text)
	}
	return all
}

func (r *rig) wantOwed(id inbox.ConversationID, want ...string) {
	r.Helper()
	if got := r.owed(id); !slices.Equal(got, want) {
		r.Errorf("owed is %q, want %q", got, want)
	}
}

func TestTheClocksOfAMatterFollowWhoHasIt(t *testing.T) {
	inProvince(t, func(r *rig) {
		began := time.Now()
		c := r.handed("an")
		r.wantOwed(c.ID, "pass_on open", "result open")
		if c = r.again(c.ID); c.Owed != inbox.PassOn || !c.Due.Equal(began.Add(time.Hour)) || !c.PromisedBy.IsZero() {
			t.Errorf("next is %s at %s", c.Owed, c.Due)
		}
		r.pass(10 * time.Minute)
		must[inbox.Conversation](r)(r.hub.Transfer(r.ctx(), lan, c.ID, "so-y-te", ""))
		r.wantOwed(c.ID, "pass_on kept", "result moot", "progress open", "result open")
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), doctor, c.ID))
		r.wantOwed(c.ID, "pass_on kept", "result moot", "progress kept", "result open")
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), doctor, c.ID, inbox.NewReply{Text: "Dạ, mai 8 giờ.", Key: "k"}))
		r.wantOwed(c.ID, "pass_on kept", "result moot", "progress kept", "result kept")
		if c = r.again(c.ID); !c.Due.IsZero() || c.Owed != "" {
			t.Errorf("after the answer %s is owed at %s", c.Owed, c.Due)
		}
		r.pass(time.Hour)
		r.say(zalo, "an", "còn phí thì sao?")
		r.wantOwed(c.ID, "pass_on kept", "result moot", "progress kept", "result kept", "result open")
	})
}

func TestUrgentMattersHaveLessTime(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.handed("an")
		must[inbox.Conversation](r)(r.hub.SetUrgent(r.ctx(), lan, c.ID, true))
		if c = r.again(c.ID); !c.Due.Equal(time.Now().Add(6 * time.Minute)) {
			t.Errorf("due %s, want in six minutes", c.Due)
		}
	})
}

func TestWhatFallsDueIsRemindedOfAndThenToldToThoseAbove(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.handedTo("an", "so-y-te") // progress in 4 h
		r.pass(3*time.Hour + time.Second)
		if told := r.toldTo(doctor); len(told) != 1 || !strings.Contains(told[0], c.Code+": đơn vị cần tiếp nhận trước ") {
			t.Errorf("the department heard %q", told)
		}
		if told := r.toldTo(boss); len(told) != 0 {
			t.Errorf("those above heard %q before it was due", told)
		}
		r.pass(time.Hour)
		if told := r.toldTo(boss); len(told) != 1 || !strings.Contains(told[0], "quá hạn") {
			t.Errorf("those above heard %q", told)
		}
		if c = r.again(c.ID); !c.Overdue || r.list(inbox.OverdueList)[0].ID != c.ID {
			t.Errorf("it is not listed as overdue")
		}
		if said := r.thread(c.ID); said[len(said)-1] != "system: promise.broken" {
			t.Errorf("the thread ends %q", said[len(said)-1])
		}
		r.pass(24 * time.Hour)
		if told := r.toldTo(boss); len(told) != 2 {
			t.Errorf("a day later those above had heard %d times, want 2", len(told))
		}
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), doctor, c.ID))
		r.wantOwed(c.ID, "pass_on kept", "result moot", "progress broken settled", "result open")
		if c = r.again(c.ID); c.Overdue {
			t.Error("it is overdue though what was late is done")
		}
		r.pass(10 * time.Hour)
		if told := r.toldTo(boss); len(told) != 2 {
			t.Errorf("those above hear of what is done: %q", told)
		}
	})
}

func TestWhatFellDueWhileNobodyRanIsToldOnceAtTheNextStart(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.handedTo("an", "so-y-te")
		r.stop()
		r.pass(5 * time.Hour)
		r.start()
		r.settle()
		if told := r.toldTo(doctor); len(told) != 1 || !strings.Contains(told[0], "quá hạn") {
			t.Errorf("the department heard %q, want that it is overdue, once", told)
		}
		r.stop()
		r.start()
		r.settle()
		if told := r.toldTo(doctor); len(told) != 1 {
			t.Errorf("after another start the department had heard %d times", len(told))
		}
		if !r.again(c.ID).Overdue {
			t.Error("it is not overdue")
		}
	})
}

func TestAPromiseIsToldToTheCitizenAndKeptOrBrokenOnRecord(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.handedTo("an", "so-y-te")
		friday := time.Now().Add(50 * time.Hour)
		n := inbox.NewPromise{Due: friday, Text: "Dạ, Sở Y tế sẽ trả lời anh/chị trước 17:00 thứ Sáu ạ.", Note: "hỏi CDC", Key: "p1"}
		c = must[inbox.Conversation](r)(r.hub.Promise(r.ctx(), doctor, c.ID, n))
		again := must[inbox.Conversation](r)(r.hub.Promise(r.ctx(), doctor, c.ID, n))
		if !c.PromisedBy.Equal(friday) || again.Version != c.Version {
			t.Errorf("promised by %s in version %d, said twice: %d", c.PromisedBy, c.Version, again.Version)
		}
		r.settle()
		if sent := r.platform.texts(); !slices.Contains(sent, n.Text) {
			t.Errorf("the citizen was told %q", sent)
		}
		r.wantOwed(c.ID, "pass_on kept", "result moot", "progress kept", "result moot", "result open")
		if got := r.list(inbox.PromisedList); len(got) != 1 {
			t.Errorf("%d matters are listed as promised", len(got))
		}
		_, err := r.hub.Resolve(r.ctx(), doctor, c.ID)
		wantError(t, "closing what is still owed", err, inbox.ErrConflict)

		must[inbox.Message](r)(r.hub.Reply(r.ctx(), doctor, c.ID, inbox.NewReply{Text: "Dạ, đang hỏi CDC ạ.", Key: "k1", Interim: true}))
		if r.again(c.ID).PromisedBy.IsZero() {
			t.Error("an answer that is not the last one kept the promise")
		}
		must[inbox.Conversation](r)(r.hub.Transfer(r.ctx(), doctor, c.ID, "so-xay-dung", ""))
		if c = r.again(c.ID); !c.PromisedBy.Equal(friday) {
			t.Errorf("after a transfer it is promised by %s", c.PromisedBy)
		}
		r.pass(51 * time.Hour)
		if !r.again(c.ID).Overdue {
			t.Error("the due time passed, and it is not overdue")
		}
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), roads, c.ID, inbox.NewReply{Text: "Dạ, xong rồi ạ.", Key: "k2", Resolve: true}))
		r.wantOwed(c.ID, "pass_on kept", "result moot", "progress kept", "result moot", "result broken settled")
		if c = r.again(c.ID); c.Status != inbox.Resolved || c.Overdue || !c.Due.IsZero() {
			t.Errorf("answered late it is %s, overdue %v, due %s", c.Status, c.Overdue, c.Due)
		}
	})
}

func TestAPromiseIsTakenBackOnlyWithAReason(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.handed("an")
		now := time.Now()
		for field, n := range map[string]inbox.NewPromise{
			"due":  {Due: now.Add(-time.Minute), Text: "Dạ", Key: "a"},
			"text": {Due: now.Add(time.Hour), Key: "b"},
		} {
			_, err := r.hub.Promise(r.ctx(), lan, c.ID, n)
			wantInvalid(t, "a promise", err, field)
		}
		must[inbox.Conversation](r)(r.hub.Promise(r.ctx(), lan, c.ID, inbox.NewPromise{Due: now.Add(30 * time.Hour), Text: "Dạ, mai ạ.", Key: "p"}))
		_, err := r.hub.WithdrawPromise(r.ctx(), lan, c.ID, "")
		wantInvalid(t, "taking back without a reason", err, "reason")
		c = must[inbox.Conversation](r)(r.hub.WithdrawPromise(r.ctx(), lan, c.ID, "Người dân đã tự tìm được."))
		if !c.PromisedBy.IsZero() {
			t.Errorf("it is still promised by %s", c.PromisedBy)
		}
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, c.ID))
	})
}
