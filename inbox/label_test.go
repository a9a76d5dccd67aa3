package inbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tongdai/connectors"
	"tongdai/inbox"
)

func (r *rig) labelled(by inbox.Actor, id inbox.ConversationID, labels ...string) inbox.Conversation {
	r.Helper()
	return must[inbox.Conversation](r)(r.hub.SetLabels(r.ctx(), by, id, labels))
}

func TestALabelIsOneHoweverItIsSpelled(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		a, b := r.handed("u1"), r.handed("u2")
		r.labelled(lan, a.ID, "Chờ hồ sơ", "báo chí")
		c := r.labelled(minh, b.ID, "cho  HO SO", "cho ho so")
		if !slices.Equal(c.Labels, []string{"Chờ hồ sơ"}) {
			r.Errorf("it carries %q", c.Labels)
		}
		if got := must[[]inbox.Label](r)(r.hub.Labels(r.ctx(), lan)); fmt.Sprint(got) != "[{Chờ hồ sơ 2 } {báo chí 1 }]" {
			r.Errorf("in use are %v", got)
		}
		page := must[inbox.Page](r)(r.hub.List(r.ctx(), lan, inbox.View{Name: inbox.LabelView, Label: "Chờ hồ sơ"}, "", 10))
		if len(page.Conversations) != 2 {
			r.Errorf("the view of the label has %d rows", len(page.Conversations))
		}
	})
}

func TestALabelThatNothingCarriesIsForgotten(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		r.labelled(lan, c.ID, "Nhầm chính tã")
		r.labelled(lan, c.ID, "Nhầm chính tả")
		r.labelled(lan, c.ID)
		r.labelled(lan, c.ID, "nham chinh ta")
		if got := r.again(c.ID).Labels; !slices.Equal(got, []string{"nham chinh ta"}) {
			r.Errorf("it carries %q: an old spelling came back", got)
		}
	})
}

func TestStaffSeeLabelsOfTheirMattersAlone(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		r.labelled(lan, r.handedTo("u1", "so-y-te").ID, "chung")
		r.labelled(lan, r.handedTo("u2", "so-xay-dung").ID, "chung", "đường")
		if got := must[[]inbox.Label](r)(r.hub.Labels(r.ctx(), doctor)); fmt.Sprint(got) != "[{chung 1 }]" {
			r.Errorf("staff see %v", got)
		}
		page := must[inbox.Page](r)(r.hub.List(r.ctx(), doctor, inbox.View{Name: inbox.LabelView, Label: "chung"}, "", 10))
		if len(page.Conversations) != 1 || page.Conversations[0].Department != "so-y-te" {
			r.Errorf("the view has %d rows", len(page.Conversations))
		}
	})
}

func TestLabelsThatAreNone(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		many := strings.Fields("a b c d e f g h i k l")
		for name, labels := range map[string][]string{"no letters": {"!!"}, "empty": {" "}, "too long": {strings.Repeat("x", 41)}, "too many": many} {
			_, err := r.hub.SetLabels(r.ctx(), lan, c.ID, labels)
			wantInvalid(r, name, err, "labels")
		}
		if got := r.again(c.ID).Labels; len(got) != 0 {
			r.Errorf("a refusal left %q", got)
		}
	})
}

func (r *rig) inUse() string {
	r.Helper()
	return fmt.Sprint(must[[]inbox.Label](r)(r.hub.Labels(r.ctx(), boss)))
}

func TestLabelsAreKeptInOrderAndMattersKeepUp(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		var all []inbox.ConversationID
		for i := range 130 { // more than one transaction's worth
			c := r.handed(connectors.RemoteID(fmt.Sprintf("u%d", i)))
			r.labelled(lan, c.ID, "cho ho so")
			all = append(all, c.ID)
		}
		r.labelled(lan, all[0], "cho ho so", "báo chí")
		view := must[inbox.Kept[inbox.SavedView]](r)(r.hub.SaveView(r.ctx(), lan, "", inbox.SavedView{Name: "Hồ sơ", View: inbox.View{Name: inbox.LabelView, Label: "cho ho so"}}))
		change := func(c inbox.LabelChange) {
			r.Helper()
			if err := r.hub.ChangeLabel(r.ctx(), boss, c); err != nil {
				r.Error(err)
			}
		}
		change(inbox.LabelChange{Name: "cho ho so", NewName: "Chờ hồ sơ", Colour: "blue"}) // another spelling
		if got := r.inUse(); got != "[{Chờ hồ sơ 130 blue} {báo chí 1 }]" {
			r.Errorf("in use are %s", got)
		}
		change(inbox.LabelChange{Name: "cho ho so", NewName: "Thiếu giấy tờ", Colour: "blue"}) // another name, with its colour
		if got := r.inUse(); got != "[{Thiếu giấy tờ 130 blue} {báo chí 1 }]" {
			r.Errorf("in use are %s", got)
		}
		if got := must[[]inbox.Kept[inbox.SavedView]](r)(r.hub.SavedViews(r.ctx(), lan)); got[0].ID != view.ID || got[0].Value.View.Label != "Thiếu giấy tờ" {
			r.Errorf("the saved view shows %+v", got[0].Value.View)
		}
		err := r.hub.ChangeLabel(r.ctx(), boss, inbox.LabelChange{Name: "thiếu giấy tờ", NewName: "bao chi"})
		wantInvalid(t, "a name that another has", err, "new_name")
		change(inbox.LabelChange{Name: "thiếu giấy tờ", NewName: "bao chi", Merge: true})
		if got := r.inUse(); got != "[{báo chí 130 }]" {
			r.Errorf("in use are %s", got)
		}
		if got := r.again(all[0]).Labels; !slices.Equal(got, []string{"báo chí"}) {
			r.Errorf("what had both carries %q", got)
		}
		change(inbox.LabelChange{Name: "báo chí", Colour: "blue"})
		change(inbox.LabelChange{Name: "báo chí"})
		if err := r.hub.DropLabel(r.ctx(), boss, "báo chí"); err != nil {
			r.Error(err)
		}
		if got := r.inUse(); got != "[]" || len(r.again(all[129]).Labels) != 0 {
			r.Errorf("in use are %s", got)
		}
		wantError(t, "a label that nothing carries", r.hub.DropLabel(r.ctx(), boss, "báo chí"), inbox.ErrNotFound)
		wantInvalid(t, "a colour that says urgent", r.hub.ChangeLabel(r.ctx(), boss, inbox.LabelChange{Name: "x", Colour: "red"}), "colour")
		wantError(t, "an operator", r.hub.DropLabel(r.ctx(), lan, "báo chí"), inbox.ErrForbidden)
	})
}
