package inbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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
		if got := must[[]inbox.Label](r)(r.hub.Labels(r.ctx(), lan)); fmt.Sprint(got) != "[{Chờ hồ sơ 2} {báo chí 1}]" {
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
		if got := must[[]inbox.Label](r)(r.hub.Labels(r.ctx(), doctor)); fmt.Sprint(got) != "[{chung 1}]" {
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
