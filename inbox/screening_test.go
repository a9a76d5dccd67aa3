package inbox_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

func (r *rig) screened(id inbox.ConversationID, ending inbox.Ending) inbox.Conversation {
	r.Helper()
	return must[inbox.Conversation](r)(r.hub.Screen(r.ctx(), lan, id, inbox.Screening{Ending: ending}))
}

func (r *rig) endings() inbox.DayEndings {
	r.Helper()
	return must[inbox.DayEndings](r)(r.hub.Endings(r.ctx(), boss, time.Now().Add(-time.Hour), time.Now()))
}

func TestAScreenedMatterIsPutAsideCountedApartAndComesBack(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		sent := len(r.outgoing(c.ID))
		c = r.screened(c.ID, inbox.Spam)
		if c.Status != inbox.Resolved || c.Ending != inbox.Spam || !c.WaitingSince.IsZero() {
			r.Errorf("it left %+v", c)
		}
		if r.in(inbox.ResolvedList, c.ID) || !r.in(inbox.ScreenedList, c.ID) {
			r.Error("it stands among what was answered")
		}
		if len(r.outgoing(c.ID)) != sent {
			r.Error("the citizen was sent something")
		}
		if got := r.endings(); !maps.Equal(got, inbox.DayEndings{"spam": 1}) {
			r.Errorf("counted %v", got)
		}
		r.screened(c.ID, inbox.Spam)
		if got := r.endings(); got["spam"] != 1 {
			r.Errorf("twice the same is counted %v", got)
		}

		c = must[inbox.Conversation](r)(r.hub.Reopen(r.ctx(), lan, c.ID))
		if c.Status != inbox.Open || c.Ending != inbox.Ended || !r.in(inbox.OpenList, c.ID) || r.in(inbox.ScreenedList, c.ID) {
			r.Errorf("opened again it is %+v", c)
		}
		if got := r.endings(); len(got) != 0 {
			r.Errorf("what came back is counted %v", got)
		}
		r.screened(c.ID, inbox.Abuse)
		if got := r.endings(); !maps.Equal(got, inbox.DayEndings{"abuse": 1}) {
			r.Errorf("counted %v", got)
		}
	})
}

func TestWhatIsNotForUsIsToldWhy(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		_, err := r.hub.Screen(r.ctx(), lan, c.ID, inbox.Screening{Ending: inbox.NotOurs, Text: " "})
		wantInvalid(r, "without a reason", err, "text")
		why := inbox.Screening{Ending: inbox.NotOurs, Text: "Dạ, việc này thuộc tỉnh bạn ạ.", Key: "k1"}
		must[inbox.Conversation](r)(r.hub.Screen(r.ctx(), lan, c.ID, why))
		must[inbox.Conversation](r)(r.hub.Screen(r.ctx(), lan, c.ID, why)) // asked twice
		r.settle()
		if texts := r.platform.texts(); slices.Index(texts, why.Text) != len(texts)-1 {
			r.Errorf("the citizen got %q", texts)
		}
	})
}

func TestADuplicatePointsAtTheMatterThatGoesOn(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		first, second := r.handed("u1"), r.handed("u2")
		for name, of := range map[string]string{"no code": "", "a code of nobody": "TH-000000-0001", "its own code": second.Code} {
			_, err := r.hub.Screen(r.ctx(), lan, second.ID, inbox.Screening{Ending: inbox.Duplicate, Of: of})
			wantInvalid(r, name, err, "of")
		}
		if r.again(second.ID).Status != inbox.Open {
			r.Fatal("a refusal changed it")
		}
		must[inbox.Conversation](r)(r.hub.Screen(r.ctx(), lan, second.ID, inbox.Screening{Ending: inbox.Duplicate, Of: " " + first.Code + " "}))
		there := r.messages(first.ID)
		if change := there[len(there)-1].Change; change == nil || change.Action != inbox.Doubled || change.To != second.Code {
			r.Errorf("the other matter ends with %+v", change)
		}
		here := r.messages(second.ID)
		if change := here[len(here)-1].Change; change == nil || change.Action != inbox.Screened || change.From != first.Code || change.To != "duplicate" {
			r.Errorf("it ends with %+v", change)
		}

		hidden := r.handedTo("u3", "so-xay-dung")
		own := r.handedTo("u4", "so-y-te")
		_, err := r.hub.Screen(r.ctx(), doctor, own.ID, inbox.Screening{Ending: inbox.Duplicate, Of: hidden.Code})
		wantInvalid(r, "of a matter that the member may not see", err, "of")
	})
}

func TestUrgentOnesAreNeverScreened(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.say(zalo, "u1", "khó-thở quá")
		for _, ending := range []inbox.Ending{inbox.Spam, inbox.Abuse, inbox.NotOurs} {
			_, err := r.hub.Screen(r.ctx(), lan, c.ID, inbox.Screening{Ending: ending, Text: "Dạ", Key: "k"})
			wantError(r, string(ending), err, inbox.ErrConflict)
		}
		_, err := r.hub.Screen(r.ctx(), lan, c.ID, inbox.Screening{Ending: "other"})
		wantInvalid(r, "no ending of ours", err, "ending")
	})
}

func TestWhoWroteSpamIsHeardAgainAndTheDeskGetsAHint(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		for range 3 {
			c := r.handed("u1")
			if o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), lan, c.ID)); o.SpamBefore != 0 {
				r.Errorf("after fewer than three the desk is told %d", o.SpamBefore)
			}
			r.screened(c.ID, inbox.Spam)
			r.pass(time.Minute)
		}
		again := r.handed("u1")
		if !r.in(inbox.OpenList, again.ID) {
			r.Error("who was spam is not heard any more")
		}
		if o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), lan, again.ID)); o.SpamBefore != 3 {
			r.Errorf("the desk is told of %d, want 3", o.SpamBefore)
		}
		r.pass(31 * 24 * time.Hour)
		if o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), lan, again.ID)); o.SpamBefore != 0 {
			r.Error("it is held against somebody for longer than a month")
		}
	})
}

func TestAReferralOffersFirstWhoIsInChargeThere(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.say(zalo, "an", "người ở Hoằng Hóa hỏi")
		c = must[inbox.Conversation](r)(r.hub.File(r.ctx(), lan, c.ID, "y-te"))
		c = must[inbox.Conversation](r)(r.hub.Place(r.ctx(), lan, c.ID, "hoang-hoa"))
		c = must[inbox.Conversation](r)(r.hub.Contribute(r.ctx(), lan, c.ID, []kb.DepartmentID{"so-y-te"}, ""))
		var got []string
		for _, choice := range must[[]inbox.ReferralChoice](r)(r.hub.ReferralChoices(r.ctx(), lan, c.ID)) {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s%s", choice.Part, choice.Department, choice.Phone, choice.Email)))
		}
		want := []string{
			"in_charge so-xay-dung 0237000009", "in_charge so-xay-dung b@sxd.example",
			"asked_beside so-y-te 0237000001", "asked_beside so-y-te 0237000002", "elsewhere so-cong-an 0237000113",
		}
		if !slices.Equal(got, want) {
			t.Errorf("offered are %q, want %q", got, want)
		}
		c = must[inbox.Conversation](r)(r.hub.Refer(r.ctx(), lan, c.ID, inbox.Referral{Department: "so-xay-dung", Text: "Anh/chị gửi thư tới b@sxd.example ạ", Key: "k"}))
		if c.Ending != inbox.Referred {
			t.Errorf("an address to write to ended it as %q", c.Ending)
		}
	})
}

func TestAReferralGivesTheNumberAndIsCounted(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		for _, tt := range []struct {
			name, field string
			referral    inbox.Referral
		}{
			{"no department", "department", inbox.Referral{Text: "Anh/chị gọi 1022", Key: "k"}},
			{"an unknown department", "department", inbox.Referral{Department: "none", Text: "Anh/chị gọi 1022", Key: "k"}},
			{"no number", "text", inbox.Referral{Department: "so-y-te", Text: "Anh/chị gọi điện ạ", Key: "k"}},
			{"no key", "key", inbox.Referral{Department: "so-y-te", Text: "Anh/chị gọi 115"}},
		} {
			_, err := r.hub.Refer(r.ctx(), lan, c.ID, tt.referral)
			wantInvalid(r, tt.name, err, tt.field)
		}
		text := "Dạ, anh/chị vui lòng gọi Sở Y tế theo số 0237 3852 246 ạ."
		c = must[inbox.Conversation](r)(r.hub.Refer(r.ctx(), lan, c.ID, inbox.Referral{Department: "so-y-te", Text: text, Key: "k"}))
		r.settle()
		if c.Ending != inbox.Referred || c.Status != inbox.Resolved || !r.in(inbox.ResolvedList, c.ID) {
			r.Errorf("it left %+v", c)
		}
		if texts := r.platform.texts(); texts[len(texts)-1] != text {
			r.Errorf("the citizen got %q", texts)
		}
		if got := r.endings(); !maps.Equal(got, inbox.DayEndings{"referred/so-y-te": 1}) {
			r.Errorf("counted %v", got)
		}
		_, err := r.hub.Endings(r.ctx(), doctor, time.Now(), time.Now())
		wantError(r, "counts of the house for staff", err, inbox.ErrForbidden)
	})
}
