package inbox_test

import (
	"slices"
	"strings"
	"testing"

	"tongdai/inbox"
)

var greeting = inbox.ReadyAnswer{Title: "Lời chào", Shortcut: "/chao", Text: "Dạ, chào {ten_nguoi_dan}, phiếu {ma_phieu}. {gio_hen} {ma_phieu}", Scope: inbox.ForEverybody}

func (r *rig) titles(who inbox.Actor) (titles []string) {
	r.Helper()
	for _, k := range must[[]inbox.Kept[inbox.ReadyAnswer]](r)(r.hub.Answers(r.ctx(), who)) {
		titles = append(titles, k.Value.Title)
	}
	return titles
}

func TestReadyAnswersAreForEverybodyADepartmentOrOneself(t *testing.T) {
	idle(t, func(r *rig) {
		r.people()
		keep := must[inbox.Kept[inbox.ReadyAnswer]](r)
		k := keep(r.hub.KeepAnswer(r.ctx(), boss, "", 0, greeting))
		if k.Value.Shortcut != "chao" || !slices.Equal(k.Value.Places(), []string{"ten_nguoi_dan", "ma_phieu", "gio_hen"}) {
			r.Errorf("kept is %+v with the places %q", k.Value, k.Value.Places())
		}
		keep(r.hub.KeepAnswer(r.ctx(), doctor, "", 0, inbox.ReadyAnswer{Title: "Lịch tiêm", Text: "Mỗi sáng.", Scope: inbox.ForDepartment, Department: "so-y-te"}))
		keep(r.hub.KeepAnswer(r.ctx(), lan, "", 0, inbox.ReadyAnswer{Title: "Của Lan", Text: "Dạ.", Scope: inbox.ForOwner, Department: "so-y-te"}))
		for _, tt := range []struct {
			who  inbox.Actor
			want []string
		}{
			{lan, []string{"Của Lan", "Lịch tiêm", "Lời chào"}},
			{minh, []string{"Lịch tiêm", "Lời chào"}},
			{doctor, []string{"Lịch tiêm", "Lời chào"}},
			{roads, []string{"Lời chào"}},
		} {
			if got := r.titles(tt.who); !slices.Equal(got, tt.want) {
				r.Errorf("%s is offered %q, want %q", tt.who.Member.ID, got, tt.want)
			}
		}
		_, err := r.hub.Answers(r.ctx(), member("khach", inbox.Viewer))
		wantError(t, "reading by a viewer", err, inbox.ErrForbidden)
	})
}

func TestReadyAnswersAreKeptByThoseWhoMay(t *testing.T) {
	idle(t, func(r *rig) {
		r.people()
		_, err := r.hub.KeepAnswer(r.ctx(), lan, "", 0, greeting)
		wantInvalid(t, "an operator's answer for everybody", err, "scope")
		yte := inbox.ReadyAnswer{Title: "Lịch tiêm", Text: "Mỗi sáng.", Scope: inbox.ForDepartment, Department: "so-y-te"}
		_, err = r.hub.KeepAnswer(r.ctx(), roads, "", 0, yte)
		wantInvalid(t, "an answer for another's department", err, "scope")
		k := must[inbox.Kept[inbox.ReadyAnswer]](r)(r.hub.KeepAnswer(r.ctx(), doctor, "", 0, yte))
		wantError(t, "removing what one may use only", r.hub.DropAnswer(r.ctx(), lan, k.ID), inbox.ErrForbidden)
		wantError(t, "removing what one may not see", r.hub.DropAnswer(r.ctx(), roads, k.ID), inbox.ErrNotFound)
		changed := yte
		changed.Text = "Mỗi chiều."
		must[inbox.Kept[inbox.ReadyAnswer]](r)(r.hub.KeepAnswer(r.ctx(), boss, k.ID, k.Version, changed))
		_, err = r.hub.KeepAnswer(r.ctx(), doctor, k.ID, k.Version, yte)
		wantError(t, "changing an old version", err, inbox.ErrConflict)
		if err := r.hub.DropAnswer(r.ctx(), doctor, k.ID); err != nil {
			r.Fatal(err)
		}
		if got := r.titles(boss); len(got) != 0 {
			r.Errorf("left is %q", got)
		}
		var on []inbox.Action
		for _, a := range r.audits(inbox.AuditQuery{}) {
			on = append(on, a.Action)
		}
		if !slices.Equal(on, []inbox.Action{inbox.AnswerDropped, inbox.AnswerKept, inbox.AnswerKept}) {
			r.Errorf("on record is %q", on)
		}
	})
}

func TestWhatIsWrongWithAReadyAnswerIsSaid(t *testing.T) {
	idle(t, func(r *rig) {
		r.people()
		must[inbox.Kept[inbox.ReadyAnswer]](r)(r.hub.KeepAnswer(r.ctx(), boss, "", 0, greeting))
		for _, tt := range []struct {
			name, field string
			change      func(a *inbox.ReadyAnswer)
		}{
			{"no title", "title", func(a *inbox.ReadyAnswer) { a.Title = " " }},
			{"a long title", "title", func(a *inbox.ReadyAnswer) { a.Title = strings.Repeat("ạ", 121) }},
			{"no text", "text", func(a *inbox.ReadyAnswer) { a.Text = "\n" }},
			{"broken text", "text", func(a *inbox.ReadyAnswer) { a.Text = "a\xffb" }},
			{"an open brace", "text", func(a *inbox.ReadyAnswer) { a.Text = "Chào {ten" }},
			{"a place with marks", "text", func(a *inbox.ReadyAnswer) { a.Text = "Chào {tên}" }},
			{"a shortcut with a space", "shortcut", func(a *inbox.ReadyAnswer) { a.Shortcut = "xin chao" }},
			{"a shortcut that is taken", "shortcut", func(a *inbox.ReadyAnswer) { a.Title = "Chào nữa" }},
			{"an unknown scope", "scope", func(a *inbox.ReadyAnswer) { a.Scope = "world" }},
			{"an unknown department", "department", func(a *inbox.ReadyAnswer) { a.Scope, a.Department = inbox.ForDepartment, "so-la" }},
		} {
			a := greeting
			tt.change(&a)
			_, err := r.hub.KeepAnswer(r.ctx(), boss, "", 0, a)
			wantInvalid(t, tt.name, err, tt.field)
		}
	})
}
