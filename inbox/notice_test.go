package inbox_test

import (
	"testing"
	"time"

	"tongdai/inbox"
)

func (r *rig) told(who inbox.Actor) []inbox.Kept[inbox.Notice] {
	r.Helper()
	return must[[]inbox.Kept[inbox.Notice]](r)(r.hub.Notices(r.ctx(), who))
}

func TestWhoIsGivenAMatterByAnotherIsTold(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), lan, c.ID, "minh"))
		must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), minh, c.ID, ""))
		must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), minh, c.ID, "minh")) // one knows what one does oneself
		told := r.told(minh)
		if len(told) != 1 {
			r.Fatalf("told is %+v, want one notice", told)
		}
		n := told[0].Value
		if n.Kind != inbox.NoticeAssigned || n.Code != c.Code || n.From != "lan" || n.Text != "Cán bộ lan giao phiếu này cho anh/chị." || !n.ReadAt.IsZero() {
			r.Errorf("told is %+v", n)
		}
		if len(r.told(lan)) != 0 {
			r.Error("who gave it is told as well")
		}
	})
}

func TestWhoIsNamedInANoteIsTold(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handedTo("u1", "so-y-te")
		_, err := r.hub.AddNote(r.ctx(), lan, c.ID, "@Cán bộ roads xem giúp", "n1", "roads")
		wantInvalid(t, "naming one who may not see it", err, "mentions")
		if got := r.thread(c.ID); got[len(got)-1] == "member: @Cán bộ roads xem giúp" {
			r.Error("the refused note was kept")
		}
		for range 2 { // sent again, it is the same note
			if _, err := r.hub.AddNote(r.ctx(), lan, c.ID, "@Cán bộ doctor xem giúp", "n2", "doctor", "doctor", "lan"); err != nil {
				r.Fatal(err)
			}
		}
		if told := r.told(doctor); len(told) != 1 || told[0].Value.Kind != inbox.NoticeMentioned || told[0].Value.Conversation != c.ID {
			r.Errorf("told is %+v", told)
		}
		readers := must[[]inbox.Member](r)(r.hub.Readers(r.ctx(), lan, c.ID))
		for _, m := range readers {
			if m.ID == "roads" {
				r.Error("roads is offered though he may not see it")
			}
		}
		if len(readers) != 5 {
			r.Errorf("%d members may be named, want 5", len(readers))
		}
		_, err = r.hub.Readers(r.ctx(), roads, c.ID)
		wantError(t, "asking who reads what one may not see", err, inbox.ErrNotFound)
	})
}

func TestNoticesAreReadByTheirMemberAndForgottenAfterThirtyDays(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		first, second := r.handed("u1"), r.handed("u2")
		must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), lan, first.ID, "minh"))
		r.pass(20 * 24 * time.Hour)
		must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), lan, second.ID, "minh"))
		told := r.told(minh)
		if len(told) != 2 || told[0].Value.Code != second.Code {
			r.Fatalf("told is %+v, want the newest first", told)
		}
		if err := r.hub.ReadNotices(r.ctx(), lan, []string{told[0].ID}); err != nil {
			r.Fatal(err)
		}
		if err := r.hub.ReadNotices(r.ctx(), minh, []string{told[1].ID}); err != nil {
			r.Fatal(err)
		}
		if told = r.told(minh); !told[0].Value.ReadAt.IsZero() || told[1].Value.ReadAt.IsZero() {
			r.Errorf("after reading one: %+v", told)
		}
		if err := r.hub.ReadNotices(r.ctx(), minh, nil); err != nil {
			r.Fatal(err)
		}
		if told = r.told(minh); told[0].Value.ReadAt.IsZero() {
			r.Errorf("after reading all: %+v", told)
		}
		r.pass(11 * 24 * time.Hour)
		if told = r.told(minh); len(told) != 1 || told[0].Value.Code != second.Code {
			r.Errorf("after thirty days there are %+v", told)
		}
	})
}
