package inbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb/sheet"
)

// dutyTold are the texts of notices of one kind that a member has got, in order.
func (r *rig) dutyTold(a inbox.Actor, kind inbox.NoticeKind) (out []string) {
	r.Helper()
	r.read(func(tx inbox.Reader) error {
		out = nil
		all, err := inbox.Notices.List(tx, inbox.PaperQuery{From: string(a.Member.ID) + "/", Until: string(a.Member.ID) + "0"})
		for _, n := range all {
			if n.Value.Kind == kind {
				out = append(out, n.Value.Text)
			}
		}
		return err
	})
	return out
}

// until lets the clock go on to a time.
func (r *rig) until(at time.Time) {
	r.Helper()
	if d := time.Until(at); d > 0 {
		r.pass(d)
	}
}

// withPeople is an open matter that a member has taken and whose citizen waits.
func (r *rig) withPeople(from string, taken inbox.Actor) inbox.Conversation {
	r.Helper()
	c := r.say(zalo, connectors.RemoteID("citizen "+from), "người "+from)
	c, err := r.hub.Take(r.ctx(), taken, c.ID)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// rewrite writes a conversation as something else would have made it.
func (r *rig) rewrite(c inbox.Conversation, change func(c *inbox.Conversation)) {
	r.Helper()
	r.write(func(tx inbox.Writer) error {
		now, err := tx.Conversation(c.ID)
		if err != nil {
			return err
		}
		change(&now)
		_, err = tx.PutConversation(now)
		return err
	})
}

func (r *rig) assignees(matters ...inbox.Conversation) (out []string) {
	for _, c := range matters {
		out = append(out, string(r.again(c.ID).Assignee))
	}
	return out
}

func TestAGapIsToldAtSevenDaysTwoDaysAndTwelveHours(t *testing.T) {
	onDuty(t, func(r *rig) {
		full := inbox.RosterPlan{How: inbox.ByRotation, Rotation: inbox.Rotation{
			From: today, Until: "2000-01-30", Teams: [][]inbox.MemberID{{"lan", "minh"}, {"hang", "tuan"}},
		}}
		r.plan(full)
		r.rosters(in(today, "day", lan, minh))
		roster, err := r.hub.Roster(r.ctx(), boss, "2000-01-10", "2000-01-10")
		if err != nil {
			t.Fatal(err)
		}
		r.plan(inbox.RosterPlan{How: inbox.ByHand, Remove: []string{roster.Slots[1].People[0].ID}})
		r.start()
		wantWords(t, "nine days ahead", r.dutyTold(boss, inbox.NoticeRoster))
		gaps, err := r.hub.Gaps(r.ctx(), lan)
		if err != nil || len(gaps) != 1 || gaps[0].Short() != 1 {
			t.Fatalf("the gaps are %v, %v", gaps, err)
		}
		night := "Ca đêm 10/01 (17:00–07:00) thiếu 1 người."
		later := func(at time.Time) { // nobody works until shortly before
			t.Helper()
			r.stop()
			r.until(at.Add(-5 * time.Minute))
			r.start()
			r.until(at)
		}
		later(at(3, 17, 2))
		wantWords(t, "a week ahead", r.dutyTold(boss, inbox.NoticeRoster), night)
		later(at(8, 16, 58))
		wantWords(t, "nothing more for five days", r.dutyTold(boss, inbox.NoticeRoster), night)
		r.until(at(8, 17, 2))
		wantWords(t, "two days ahead", r.dutyTold(boss, inbox.NoticeRoster), night, night)
		later(at(10, 5, 2))
		wantWords(t, "twelve hours ahead", r.dutyTold(root, inbox.NoticeRoster), night, night, night)
		later(at(10, 16, 0))
		wantWords(t, "no more", r.dutyTold(boss, inbox.NoticeRoster), night, night, night)
		wantWords(t, "operators are not told", r.dutyTold(lan, inbox.NoticeRoster))
	})
}

func TestAGapThatIsFilledAndOpensAgainIsToldAgain(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "day", lan, minh), in(today, "night", hang, tuan), in(tomorrow, "day", lan))
		r.start()
		first := r.dutyTold(boss, inbox.NoticeRoster)
		wantWords(t, "all gaps of the week in one", first, "ca thiếu người; sớm nhất: Ca ngày 02/01 (07:00–17:00) thiếu 1 người.")
		filled := r.rosters(in(tomorrow, "day", minh))
		r.pass(2 * time.Minute)
		if _, err := r.hub.UndoRoster(r.ctx(), boss, filled.Change, false); err != nil {
			t.Fatal(err)
		}
		r.pass(2 * time.Minute)
		wantWords(t, "again", r.dutyTold(boss, inbox.NoticeRoster), "sớm nhất", "Ca ngày 02/01 (07:00–17:00) thiếu 1 người.")
	})
}

func TestALeaveOpensAGap(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in("2000-01-05", "day", lan, minh))
		before, err := r.hub.Gaps(r.ctx(), boss)
		if err != nil {
			t.Fatal(err)
		}
		leave, err := r.hub.AddLeave(r.ctx(), boss, "minh", "2000-01-04", "2000-01-06", "ốm")
		if err != nil {
			t.Fatal(err)
		}
		roster, err := r.hub.Roster(r.ctx(), boss, "2000-01-05", "2000-01-05")
		if err != nil || roster.Slots[0].Short() != 1 || roster.Slots[0].People[1].Problem != "đang nghỉ phép" {
			t.Errorf("the slot is %+v, %v", roster.Slots[0], err)
		}
		after, err := r.hub.Gaps(r.ctx(), boss)
		if err != nil || len(after) != len(before)+1 {
			t.Errorf("%d gaps, want one more than %d: %v", len(after), len(before), err)
		}
		if err := r.hub.RemoveLeave(r.ctx(), boss, leave.ID); err != nil {
			t.Fatal(err)
		}
		if after, err = r.hub.Gaps(r.ctx(), boss); err != nil || len(after) != len(before) {
			t.Errorf("%d gaps, want %d: %v", len(after), len(before), err)
		}
	})
}

func TestTwoNodesAndALateStartTellAGapOnce(t *testing.T) {
	onDuty(t, func(r *rig) {
		full := inbox.RosterPlan{How: inbox.ByRotation, Rotation: inbox.Rotation{
			From: today, Until: "2000-01-30", Teams: [][]inbox.MemberID{{"lan", "minh"}, {"hang", "tuan"}},
		}}
		r.plan(full)
		r.rosters(in(today, "day", lan, minh))
		r.plan(inbox.RosterPlan{How: inbox.ByHand, Remove: []string{"20000110T1000.night.hang"}})
		// Nobody works until a day before the gap: two warnings were due meanwhile.
		r.until(at(9, 17, 0))
		r.start()
		first := r.end
		r.hub = r.dutyHub()
		r.start()
		second := r.end
		r.end = func() { first(); second() }
		r.pass(3 * time.Minute)
		night := "Ca đêm 10/01 (17:00–07:00) thiếu 1 người."
		wantWords(t, "told once", r.dutyTold(boss, inbox.NoticeRoster), night)
		r.until(at(10, 5, 2))
		wantWords(t, "and once more twelve hours ahead", r.dutyTold(boss, inbox.NoticeRoster), night, night)
	})
}

func TestWithoutARosterNothingIsMissing(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.start()
		r.pass(time.Hour)
		wantWords(t, "warnings", r.dutyTold(boss, inbox.NoticeRoster))
		m, err := r.hub.Manning(r.ctx())
		if err != nil || m.Kept {
			t.Errorf("Manning = %+v, %v; want that none is kept", m, err)
		}
		if now, err := r.hub.DutyNow(r.ctx(), lan); err != nil || now.Kept || len(now.There) > 0 || now.Short > 0 {
			t.Errorf("DutyNow = %+v, %v", now, err)
		}
	})
}

func TestHandingOverLeavesANoteAndGivesBackWhatCannotWait(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "day", lan, minh), in(today, "night", hang), in(tomorrow, "night", lan))
		r.start()
		if err := r.hub.TakeDuty(r.ctx(), lan, nil); err != nil {
			t.Fatal(err)
		}
		waiting, urgent, answered := r.withPeople("một", lan), r.withPeople("hai", lan), r.withPeople("ba", lan)
		soon, later, asleep, minhs := r.withPeople("bốn", lan), r.withPeople("năm", lan), r.withPeople("sáu", lan), r.withPeople("bảy", minh)
		calm := func(c *inbox.Conversation) { c.WaitingSince = time.Time{} }
		r.rewrite(answered, calm)
		r.rewrite(urgent, func(c *inbox.Conversation) { calm(c); c.Urgent = true })
		r.rewrite(soon, func(c *inbox.Conversation) { calm(c); c.PromisedBy = at(2, 9, 0) })
		r.rewrite(later, func(c *inbox.Conversation) { calm(c); c.PromisedBy = at(4, 9, 0) })
		r.rewrite(asleep, func(c *inbox.Conversation) { c.SnoozedUntil = at(4, 8, 0) })
		r.until(at(1, 16, 50))

		draft, err := r.hub.DraftHandover(r.ctx(), lan)
		if err != nil {
			t.Fatal(err)
		}
		want := inbox.HandoverCounts{Urgent: 1, Promised: 2, Own: 6}
		if draft.Counts != want || len(draft.Matters) != 3 || draft.Matters[0].Code != urgent.Code || draft.Matters[0].List != inbox.UrgentList {
			t.Errorf("the draft is %+v", draft)
		}
		over, err := r.hub.HandOver(r.ctx(), lan, "  Bác Tư gọi lại lúc 18 giờ.  ")
		if err != nil || over.Value.Note != "Bác Tư gọi lại lúc 18 giờ." || over.Value.Counts != want {
			t.Fatalf("HandOver = %+v, %v", over, err)
		}
		wantLines(t, "who has them now", r.assignees(waiting, urgent, answered, soon, later, asleep, minhs), "", "", "lan", "", "lan", "lan", "minh")
		wantWords(t, "the thread", r.thread(waiting.ID)[len(r.thread(waiting.ID))-1:], "system: conversation.released")
		wantWords(t, "who is there is told", r.dutyTold(minh, inbox.NoticeReturned), "Phiếu khẩn "+urgent.Code+" của Cán bộ lan", "Cán bộ lan hết ca: 2 phiếu")
		wantWords(t, "who left is not", r.dutyTold(lan, inbox.NoticeReturned))
		r.there(time.Now(), minh)
		_, err = r.hub.HandOver(r.ctx(), lan, "")
		wantError(t, "handing over twice", err, inbox.ErrConflict)

		// The night comes, reads and takes over.
		now, err := r.hub.DutyNow(r.ctx(), hang)
		if err != nil || len(now.Unread) != 1 || now.Unread[0].ID != over.ID || now.Mine == nil || now.Mine.Value.Regime != "night" {
			t.Fatalf("DutyNow = %+v, %v", now, err)
		}
		if err := r.hub.TakeDuty(r.ctx(), hang, []string{over.ID}); err != nil {
			t.Fatal(err)
		}
		r.there(time.Now(), minh, hang)
		if now, err = r.hub.DutyNow(r.ctx(), hang); err != nil || len(now.Unread) != 0 || now.Me == nil || now.Me.Post == nil {
			t.Errorf("DutyNow after reading = %+v, %v", now, err)
		}
		notes, err := r.hub.Handovers(r.ctx(), boss, 10)
		if err != nil || len(notes) != 1 || len(notes[0].Value.Read) != 1 || notes[0].Value.Read[0].Member != "hang" {
			t.Errorf("the notes are %+v, %v", notes, err)
		}
		var acts []inbox.Action
		for _, a := range r.audits(inbox.AuditQuery{Member: "lan"}) {
			if strings.HasPrefix(string(a.Action), "duty.") {
				acts = append(acts, a.Action)
			}
		}
		if !slices.Equal(acts, []inbox.Action{inbox.DutyHandedOver, inbox.DutyTaken}) {
			t.Errorf("on record: %v", acts)
		}
	})
}

func TestAShiftThatEndsGivesBackUrgentOnesAtOnceAndTheRestAfterAQuarter(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "day", lan, minh, hang), in(today, "night", minh))
		r.start()
		mine, urgent, stays := r.withPeople("một", lan), r.withPeople("hai", lan), r.withPeople("ba", minh)
		prolonged := r.withPeople("bốn", hang)
		r.rewrite(urgent, func(c *inbox.Conversation) { c.Urgent = true })
		r.until(at(1, 16, 55))
		if err := r.hub.StayOnDuty(r.ctx(), hang, at(1, 18, 0)); err != nil {
			t.Fatal(err)
		}
		wantInvalid(t, "staying for less than the shift", r.hub.StayOnDuty(r.ctx(), minh, at(1, 16, 58)), "until")
		wantInvalid(t, "staying for a day", r.hub.StayOnDuty(r.ctx(), hang, at(2, 18, 0)), "until")
		r.until(at(1, 17, 2))
		wantLines(t, "at the end", r.assignees(mine, urgent, stays, prolonged), "lan", "", "minh", "hang")
		wantWords(t, "urgent ones are told", r.dutyTold(minh, inbox.NoticeReturned), "Phiếu khẩn "+urgent.Code)
		r.until(at(1, 17, 17))
		wantLines(t, "a quarter later", r.assignees(mine, urgent, stays, prolonged), "", "", "minh", "hang")
		r.there(time.Now(), minh, hang)
		r.until(at(1, 18, 17))
		wantLines(t, "after staying on", r.assignees(stays, prolonged), "minh", "")
		r.until(at(2, 7, 17))
		wantLines(t, "after the night", r.assignees(stays), "")
		wantWords(t, "while nobody is there supervisors are told", r.dutyTold(boss, inbox.NoticeReturned), "Cán bộ minh hết ca")
	})
}

func TestWhoOnlyForgotToSayThatHeStaysKeepsHisWork(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "day", lan))
		r.start()
		c := r.withPeople("một", lan)
		r.until(at(1, 17, 5))
		if err := r.hub.StayOnDuty(r.ctx(), lan, at(1, 19, 0)); err != nil {
			t.Fatal(err)
		}
		r.until(at(1, 18, 59))
		wantLines(t, "staying", r.assignees(c), "lan")
		r.until(at(1, 19, 17))
		wantLines(t, "gone", r.assignees(c), "")
	})
}

func TestALateStartGivesBackOnce(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "day", lan), in("2000-01-05", "day", minh))
		r.start()
		c := r.withPeople("một", lan)
		r.stop()
		r.until(at(5, 9, 0))
		r.hub = r.dutyHub()
		r.start()
		wantLines(t, "days later", r.assignees(c), "")
		wantWords(t, "told once", r.dutyTold(minh, inbox.NoticeReturned), "Cán bộ lan hết ca: 1 phiếu")
		r.pass(time.Hour)
		wantWords(t, "and no more", r.dutyTold(minh, inbox.NoticeReturned), "Cán bộ lan hết ca: 1 phiếu")
	})
}

func TestManyMattersAreGivenBackPageByPage(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "day", lan, minh))
		r.start()
		var all []inbox.Conversation
		for i := range 60 {
			all = append(all, r.withPeople(strings.Repeat("i", i+1), lan))
		}
		if _, err := r.hub.HandOver(r.ctx(), lan, ""); err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if who := r.again(c.ID).Assignee; who != "" {
				t.Fatalf("%s is still with %s", c.Code, who)
			}
		}
		wantWords(t, "told by pages", r.dutyTold(minh, inbox.NoticeReturned), "25 phiếu", "25 phiếu", "10 phiếu")
	})
}

func TestTheRosterSaysWhenPeopleAreThere(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "night", lan), in(tomorrow, "night", minh), in(tomorrow, "day", hang))
		wants := func(when time.Time, staffed bool, opens time.Time) {
			t.Helper()
			m, err := r.hub.Manning(r.ctx())
			if err != nil || !m.Kept {
				t.Fatalf("Manning = %+v, %v", m, err)
			}
			now, from := m.Staffed(when)
			if now != staffed || !from.Equal(opens) {
				t.Errorf("at %s: %v from %s; want %v from %s", when.In(sheet.Zone).Format("02/01 15:04"), now, from.In(sheet.Zone), staffed, opens)
			}
		}
		wants(at(1, 8, 0), false, at(1, 17, 0))
		wants(at(1, 17, 0), true, at(1, 17, 0))
		wants(at(2, 7, 0), true, at(2, 7, 0))
		wants(at(3, 6, 59), true, at(3, 6, 59))
		wants(at(3, 7, 0), false, time.Time{})
		if err := r.hub.TakeDuty(r.ctx(), tuan, nil); err != nil {
			t.Fatal(err)
		}
		wants(at(1, 8, 0), true, at(1, 8, 0)) // outside of the roster, for twelve hours at most
		if _, err := r.hub.AddLeave(r.ctx(), boss, "hang", tomorrow, tomorrow, ""); err != nil {
			t.Fatal(err)
		}
		wants(at(2, 8, 0), false, at(2, 17, 0))
		r.until(at(12, 8, 0))
		m, err := r.hub.Manning(r.ctx())
		if err != nil || m.Kept {
			t.Errorf("a roster that ended more than a week ago is kept: %+v, %v", m, err)
		}
	})
}
