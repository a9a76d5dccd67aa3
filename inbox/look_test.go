package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// Nothing of a conversation is there for the staff of another department.
func TestStaffSeeTheirDepartmentsOnly(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		r.platform.limits.AttachmentSize = 1000
		theirs := r.handedTo("u1", "so-xay-dung")
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), roads, theirs.ID, inbox.NewReply{Text: "Dạ", Key: "1",
			Attachments: []content.Attachment{{ID: "file", Name: "a.png", Size: 10}}}))
		own := r.handedTo("u2", "so-y-te")
		desks := r.handed("u3")
		ctx := r.ctx()

		for _, other := range []inbox.ConversationID{theirs.ID, desks.ID, "nothing"} {
			refused := map[string]error{}
			_, refused["Look"] = r.hub.Look(ctx, doctor, other)
			_, refused["Messages"] = r.hub.Messages(ctx, doctor, other, inbox.MessageQuery{Limit: 10})
			_, refused["Attachment"] = r.hub.Attachment(ctx, doctor, other, "file")
			_, refused["Question"] = r.hub.Question(ctx, doctor, other)
			_, refused["Audits"] = r.hub.Audits(ctx, doctor, inbox.AuditQuery{Conversation: other, Limit: 10})
			_, refused["Take"] = r.hub.Take(ctx, doctor, other)
			_, refused["Assign"] = r.hub.Assign(ctx, doctor, other, "doctor")
			_, refused["Transfer"] = r.hub.Transfer(ctx, doctor, other, "so-y-te", "")
			_, refused["File"] = r.hub.File(ctx, doctor, other, "y-te")
			_, refused["SetUrgent"] = r.hub.SetUrgent(ctx, doctor, other, true)
			_, refused["Resolve"] = r.hub.Resolve(ctx, doctor, other)
			_, refused["Reopen"] = r.hub.Reopen(ctx, doctor, other)
			_, refused["Reply"] = r.hub.Reply(ctx, doctor, other, inbox.NewReply{Text: "Dạ", Key: "9"})
			_, refused["AddNote"] = r.hub.AddNote(ctx, doctor, other, "x", "9")
			_, refused["MarkRead"] = r.hub.MarkRead(ctx, doctor, other, 1)
			for what, err := range refused {
				wantError(t, what, err, inbox.ErrNotFound)
			}
		}

		for _, view := range []inbox.ListID{inbox.AllList, inbox.OpenList, inbox.UnassignedList, inbox.UrgentList, inbox.BotList, inbox.ResolvedList, inbox.MineView} {
			page := must[inbox.Page](r)(r.hub.List(ctx, doctor, inbox.View{Name: view}, "", 50))
			for _, c := range page.Conversations {
				if c.ID != own.ID {
					r.Errorf("view %s shows %s of %q", view, c.Code, c.Department)
				}
			}
		}
		_, err := r.hub.List(ctx, doctor, inbox.View{Name: inbox.OpenList, Department: "so-xay-dung"}, "", 50)
		wantError(t, "List of another department", err, inbox.ErrNotFound)
		for _, c := range must[inbox.Page](r)(r.hub.List(ctx, doctor, inbox.View{Name: inbox.ChannelView, Channel: zalo}, "", 50)).Conversations {
			if c.ID != own.ID {
				r.Errorf("the channel's view shows %s of %q", c.Code, c.Department)
			}
		}
		_, err = r.hub.Audits(ctx, doctor, inbox.AuditQuery{Limit: 10})
		wantError(t, "Audits of all", err, inbox.ErrForbidden)

		counts := must[inbox.Counts](r)(r.hub.Count(ctx, doctor, []kb.DepartmentID{"so-y-te", "so-xay-dung"}))
		if counts.Views[inbox.OpenList] != 1 || counts.Views[inbox.AllList] != 1 || counts.Departments["so-xay-dung"] != 0 || counts.Departments["so-y-te"] != 1 || counts.Stuck != 0 {
			r.Errorf("counted is %+v", counts)
		}
		if all := must[inbox.Counts](r)(r.hub.Count(ctx, lan, []kb.DepartmentID{"so-y-te", "so-xay-dung"})); all.Views[inbox.AllList] != 3 || all.Departments["so-xay-dung"] != 1 {
			r.Errorf("an operator counts %+v", all)
		}
	})
}

func TestAMembersOwnListDoesNotOutliveHisRights(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handedTo("u1", "so-y-te")
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), doctor, c.ID))
		moved := member("doctor", inbox.Staff, "so-xay-dung")
		page := must[inbox.Page](r)(r.hub.List(r.ctx(), moved, inbox.View{Name: inbox.MineView}, "", 50))
		counts := must[inbox.Counts](r)(r.hub.Count(r.ctx(), moved, nil))
		if len(page.Conversations) != 0 || counts.Views[inbox.MineView] != 0 {
			r.Errorf("it shows %d and counts %d", len(page.Conversations), counts.Views[inbox.MineView])
		}
	})
}

func TestOtherMattersOfThePersonAreShownToWhoMaySeeThem(t *testing.T) {
	inTime(t, func(r *rig) {
		first := r.handedTo("u1", "so-xay-dung")
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, first.ID))
		second := r.handedTo("u1", "so-y-te")
		if o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), doctor, second.ID)); len(o.Earlier) != 0 {
			r.Errorf("staff see %d other matters", len(o.Earlier))
		}
		o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), lan, second.ID))
		if len(o.Earlier) != 1 || o.Earlier[0].ID != first.ID || !o.CanAnswer || o.Contact.ID != second.Contact {
			r.Errorf("an operator sees %+v", o)
		}
	})
}

func TestLooksAreOnRecordOnceInTenMinutes(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		looks := func() (n int) {
			for _, a := range r.actions(c.ID) {
				if a == inbox.Looked {
					n++
				}
			}
			return n
		}
		open := func(a inbox.Actor) {
			must[inbox.Opened](r)(r.hub.Look(r.ctx(), a, c.ID))
		}
		var all sync.WaitGroup
		for range 4 { // a page asks for everything at once
			all.Go(func() { open(lan) })
			all.Go(func() {
				must[[]inbox.Said](r)(r.hub.Messages(r.ctx(), lan, c.ID, inbox.MessageQuery{Limit: 10}))
			})
		}
		all.Wait()
		if n := looks(); n != 1 {
			r.Errorf("%d looks are on record, want 1", n)
		}
		for i := range 30 { // other acts in between push no look out of sight
			must[inbox.Message](r)(r.hub.AddNote(r.ctx(), lan, c.ID, "ghi chú", fmt.Sprint("n", i)))
		}
		r.pass(9 * time.Minute)
		open(lan)
		if n := looks(); n != 1 {
			r.Errorf("%d looks are on record after nine minutes, want 1", n)
		}
		open(minh)
		if n := looks(); n != 2 {
			r.Errorf("%d looks are on record of two members, want 2", n)
		}
		r.pass(2 * time.Minute)
		open(lan)
		if n := looks(); n != 3 {
			r.Errorf("%d looks are on record after eleven minutes, want 3", n)
		}
		for _, row := range r.audits(inbox.AuditQuery{Member: "lan", Conversation: c.ID}) {
			if row.Address != "10.0.0.7" || strings.Contains(row.Detail, "người thật") {
				r.Errorf("the row is %+v", row)
			}
		}
	})
}

func TestReadingTheMessagesAloneIsALook(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		must[[]inbox.Said](r)(r.hub.Messages(r.ctx(), lan, c.ID, inbox.MessageQuery{Limit: 10}))
		if got := r.actions(c.ID); !slices.Equal(got, []inbox.Action{inbox.Looked}) {
			r.Errorf("on record is %q", got)
		}
	})
}

func TestTheWindowRunsFromTheCitizensWords(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.limits.ReplyWindow = 48 * time.Hour
		said := time.Now()
		c := r.handed("u1")
		r.pass(5 * time.Hour)
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "1"}))
		o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), lan, c.ID))
		if want := said.Add(48 * time.Hour); o.ReplyUntil.Sub(want).Abs() > time.Second {
			r.Errorf("answers are taken until %v, want %v", o.ReplyUntil, want)
		}
	})
}

func TestTheOrderOfTheOpenList(t *testing.T) {
	inTime(t, func(r *rig) {
		var want []inbox.ConversationID
		answered := r.handed("answered")
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, answered.ID, inbox.NewReply{Text: "Dạ", Key: "1"}))
		r.pass(time.Minute)
		calmOld := r.handed("calm-old")
		r.pass(time.Minute)
		calmNew := r.handed("calm-new")
		r.pass(time.Minute)
		urgentOld := r.say(zalo, "urgent-old", "khó-thở")
		r.pass(time.Minute)
		urgentNew := r.say(zalo, "urgent-new", "khó-thở")
		want = append(want, urgentOld.ID, urgentNew.ID, calmOld.ID, calmNew.ID, answered.ID)
		r.say(zalo, "calm-old", "còn đó không?") // writing again does not lose one's place

		var got []inbox.ConversationID
		var cursor inbox.Cursor
		for {
			page := must[inbox.Page](r)(r.hub.List(r.ctx(), lan, inbox.View{Name: inbox.OpenList}, cursor, 2))
			for _, c := range page.Conversations {
				got = append(got, c.ID)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			r.Errorf("the open list reads %v, want %v", got, want)
		}
	})
}

func TestAnswersOfADepartmentAreSignedAsSuch(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handedTo("u1", "so-y-te")
		m := must[inbox.Message](r)(r.hub.Reply(r.ctx(), doctor, c.ID, inbox.NewReply{Text: "Dạ", Key: "1"}))
		if m.Author.Kind != inbox.ByDepartment || m.Author.Name != "Cán bộ doctor" {
			r.Errorf("it is signed %+v", m.Author)
		}
	})
}

func TestNobodyWithoutAnAccountSeesAnything(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		off := member("off", inbox.Admin)
		off.Member.Disabled = true
		for _, a := range []inbox.Actor{{}, off, member("odd", "janitor")} {
			_, err := r.hub.Look(r.ctx(), a, c.ID)
			wantError(t, "Look", err, inbox.ErrNotFound)
			_, err = r.hub.List(r.ctx(), a, inbox.View{Name: inbox.AllList}, "", 10)
			wantError(t, "List", err, inbox.ErrForbidden)
			_, err = r.hub.Count(r.ctx(), a, nil)
			wantError(t, "Count", err, inbox.ErrForbidden)
			_, err = r.hub.Reply(r.ctx(), a, c.ID, inbox.NewReply{Text: "x", Key: "1"})
			wantError(t, "Reply", err, inbox.ErrNotFound)
		}
	})
}

// tallyStore is a store that tells how often something was counted.
type tallyStore struct {
	inbox.Store
	reads atomic.Int64
}

func (s *tallyStore) View(ctx context.Context, fn func(inbox.Reader) error) error {
	return s.Store.View(ctx, func(tx inbox.Reader) error { return fn(tallyReader{tx, s}) })
}

type tallyReader struct {
	inbox.Reader
	store *tallyStore
}

func (r tallyReader) CountConversations(of []inbox.ListID, limit int) (int, error) {
	r.store.reads.Add(1)
	return r.Reader.CountConversations(of, limit)
}

// Two hundred desks count again whenever something has happened.
func TestDesksThatCountAfterTheSameEventReadItOnce(t *testing.T) {
	idle(t, func(r *rig) {
		s := &tallyStore{Store: r.store}
		r.use(s)
		r.start()
		r.people()
		units := []kb.DepartmentID{"so-y-te", "so-xay-dung"}
		open := func(who inbox.Actor) int {
			return must[inbox.Counts](r)(r.hub.Count(r.ctx(), who, units)).Views[inbox.OpenList]
		}
		r.handed("u1")
		s.reads.Store(0)
		if n := open(lan); n != 1 {
			t.Fatalf("%d are open", n)
		}
		one := s.reads.Swap(0)
		for range 50 {
			if n := open(boss); n != 1 {
				t.Fatalf("%d are open", n)
			}
		}
		if all := s.reads.Swap(0); all > one {
			t.Errorf("one desk reads %d times, and fifty more that count the same %d times", one, all)
		}
		r.handed("u2")
		for _, who := range []inbox.Actor{boss, lan} {
			if n := open(who); n != 2 {
				t.Errorf("after another handoff %d are open", n)
			}
		}
	})
}
