package inbox_test

import (
	"testing"
	"time"

	"tongdai/inbox"
)

func (r *rig) attend(who inbox.Actor, id inbox.ConversationID, doing inbox.Doing) []inbox.Attendant {
	r.Helper()
	others := must[[]inbox.Attendant](r)(r.hub.Attend(r.ctx(), who, id, doing))
	r.settle()
	return others
}

func TestTwoInOneConversationSeeEachOther(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		if others := r.attend(lan, c.ID, inbox.Here); len(others) != 0 {
			r.Errorf("alone, Lan sees %v", others)
		}
		alone := r.lastEvent()
		for range 3 {
			r.pass(inbox.PresenceBeat)
			r.attend(lan, c.ID, inbox.Here)
		}
		if r.lastEvent() != alone {
			r.Error("who works alone writes again and again")
		}
		if others := r.attend(minh, c.ID, inbox.Here); len(others) != 1 || others[0] != (inbox.Attendant{Member: "lan", Doing: inbox.Here}) {
			r.Errorf("Minh sees %v, want Lan", others)
		}
		r.attend(minh, c.ID, inbox.Writing)
		if others := r.attend(lan, c.ID, inbox.Here); len(others) != 1 || others[0].Doing != inbox.Writing {
			r.Errorf("Lan sees %v, want Minh writing", others)
		}
		r.attend(minh, c.ID, inbox.Gone)
		if others := r.attend(lan, c.ID, inbox.Here); len(others) != 0 {
			r.Errorf("after Minh left, Lan sees %v", others)
		}
		r.pass(inbox.PresenceLasts)
		if others := r.attend(minh, c.ID, inbox.Here); len(others) != 0 {
			r.Errorf("Minh sees %v, who fell silent", others)
		}
	})
}

func TestPresenceIsSeenOnEveryNode(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		first, stopFirst := r.hub, r.end
		r.connect(r.platform, r.chat) // another node over the same store
		r.start()
		other, stopOther := r.hub, r.end
		r.hub = first
		r.attend(lan, c.ID, inbox.Here)
		r.hub = other
		if others := r.attend(minh, c.ID, inbox.Here); len(others) != 1 || others[0].Member != "lan" {
			r.Errorf("on the other node Minh sees %v, want Lan", others)
		}
		stopOther()
		r.end = stopFirst
		r.hub = first
	})
}

func TestPresenceIsToldToThoseWhoMaySeeTheConversation(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handedTo("u1", "so-y-te")
		_, err := r.hub.Attend(r.ctx(), roads, c.ID, inbox.Here)
		wantError(t, "attending what one may not see", err, inbox.ErrNotFound)
		_, err = r.hub.Attend(r.ctx(), doctor, c.ID, "asleep")
		wantInvalid(t, "an unknown doing", err, "doing")
		r.attend(doctor, c.ID, inbox.Here)
		for h, err := range r.hub.Feed().Watch(r.ctx(), r.lastEvent()-1) {
			if err != nil {
				r.Fatal(err)
			}
			if h.Kind != inbox.MemberPresent || h.Member != "doctor" || h.Detail != "here" || h.At.After(time.Now()) {
				r.Errorf("what happened is %+v", h.Event)
			}
			if _, hearing := roads.Hear(h); hearing != inbox.HearsNothing {
				r.Errorf("another department hears %v of it", hearing)
			}
			break
		}
	})
}
