package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// gathered is an incident that these people report.
func (r *rig) gathered(people ...string) (inbox.IncidentID, []inbox.Conversation) {
	r.Helper()
	var all []inbox.Conversation
	var id inbox.IncidentID
	for _, who := range people {
		c := r.handed(connectors.RemoteID(who))
		if id == "" {
			c = must[inbox.Conversation](r)(r.hub.OpenIncident(r.ctx(), lan, c.ID, "  Mất nước\tphường Hạc Thành "))
			id = c.Incident
		} else {
			c = must[inbox.Conversation](r)(r.hub.JoinIncidentByCode(r.ctx(), lan, id, " "+strings.ToLower(c.Code)+" "))
		}
		all = append(all, c)
	}
	r.settle()
	return id, all
}

func (r *rig) outcomes(reached []inbox.Reached) map[string]inbox.ReachState {
	out := map[string]inbox.ReachState{}
	for _, one := range reached {
		out[one.Code] = one.State
		if (one.Trouble != "") != (one.State == inbox.Unreached) {
			r.Errorf("%s is %s with trouble %q", one.Code, one.State, one.Trouble)
		}
	}
	return out
}

func TestReportsOfOneIncidentStandTogether(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		id, all := r.gathered("u1", "u2", "u3")
		g := must[inbox.Gathering](r)(r.hub.Incident(r.ctx(), minh, id))
		if g.Value.Title != "Mất nước phường Hạc Thành" || len(g.Reports) != 3 || g.Hidden != 0 || !g.CanChange {
			r.Errorf("it is %+v with %d reports", g.Value, len(g.Reports))
		}
		thread := r.messages(all[1].ID)
		if change := thread[len(thread)-1].Change; change == nil || change.Action != inbox.Gathered || change.To != g.Value.Title {
			r.Errorf("the report ends with %+v", change)
		}
		must[inbox.Conversation](r)(r.hub.LeaveIncident(r.ctx(), lan, all[1].ID))
		if rows := must[[]inbox.IncidentInList](r)(r.hub.ListIncidents(r.ctx(), lan, false)); len(rows) != 1 || rows[0].Reports != 2 || rows[0].Open != 2 {
			r.Errorf("the list shows %+v", rows)
		}
	})
}

func TestAnIncidentThatIsClosedTakesNoMoreReports(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		id, all := r.gathered("u1")
		other := r.handed("u2")
		must[inbox.Kept[inbox.Incident]](r)(r.hub.PutIncident(r.ctx(), lan, id, inbox.IncidentChange{Closed: true}))
		_, err := r.hub.JoinIncident(r.ctx(), lan, other.ID, id)
		wantError(r, "joining a closed one", err, inbox.ErrConflict)
		if rows := must[[]inbox.IncidentInList](r)(r.hub.ListIncidents(r.ctx(), lan, false)); len(rows) != 0 {
			r.Error("a closed one stands among the open ones")
		}
		if rows := must[[]inbox.IncidentInList](r)(r.hub.ListIncidents(r.ctx(), lan, true)); len(rows) != 1 {
			r.Error("a closed one is not found among all")
		}
		kept := must[inbox.Kept[inbox.Incident]](r)(r.hub.PutIncident(r.ctx(), lan, id, inbox.IncidentChange{Title: "Mất nước cả phường"}))
		if kept.Value.Title != "Mất nước cả phường" || !kept.Value.ClosedAt.IsZero() {
			r.Errorf("it is %+v", kept.Value)
		}
		_, err = r.hub.OpenIncident(r.ctx(), lan, all[0].ID, "Việc khác")
		wantError(r, "a report of another incident", err, inbox.ErrConflict)
		_, err = r.hub.OpenIncident(r.ctx(), lan, other.ID, "  ")
		wantInvalid(r, "no title", err, "title")
		_, err = r.hub.OpenIncident(r.ctx(), lan, other.ID, strings.Repeat("ế", 121))
		wantInvalid(r, "a long title", err, "title")
		_, err = r.hub.JoinIncidentByCode(r.ctx(), lan, id, "TH-1")
		wantInvalid(r, "a code of nobody", err, "code")
	})
}

func TestFiveReportsAreAnsweredAtOnceAndOnlyOnce(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		id, all := r.gathered("u1", "u2", "u3", "u4", "u5")
		answer := inbox.GatheredAnswer{Text: "Dạ, 15 giờ có nước lại ạ.", Key: "k", Resolve: true}
		for range 2 { // the second is a retry of the first, whose answer got lost
			states := r.outcomes(must[[]inbox.Reached](r)(r.hub.AnswerIncident(r.ctx(), lan, id, answer)))
			r.settle()
			for _, c := range all {
				if states[c.Code] != inbox.ReachedNow {
					r.Errorf("%s is %q", c.Code, states[c.Code])
				}
				if n := strings.Count(strings.Join(r.thread(c.ID), "\n"), answer.Text); n != 1 {
					r.Errorf("%s was answered %d times", c.Code, n)
				}
				if r.again(c.ID).Status != inbox.Resolved {
					r.Errorf("%s is still open", c.Code)
				}
			}
		}
		var sent []connectors.RemoteID
		for _, call := range r.platform.called() {
			if call.Content.Text == answer.Text {
				sent = append(sent, call.To)
			}
		}
		slices.Sort(sent)
		if fmt.Sprint(sent) != "[u1 u2 u3 u4 u5]" {
			r.Errorf("it was sent to %v", sent)
		}
	})
}

func TestWhatCannotBeAnsweredIsNamedAndHoldsUpNoOther(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		r.platform.limits = connectors.Limits{ReplyWindow: 48 * time.Hour, TextLength: 100}
		id, all := r.gathered("u1", "u2", "u3")
		closed := must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, all[1].ID))
		r.pass(49 * time.Hour) // the platform takes no answers to u1 any more
		r.say(zalo, "u3", "vẫn chưa có nước")
		fresh := r.say(web, "w1", "người thật")
		must[inbox.Conversation](r)(r.hub.JoinIncident(r.ctx(), lan, fresh.ID, id))

		answer := inbox.GatheredAnswer{Text: "Dạ, 15 giờ có nước lại ạ.", Key: "k"}
		states := r.outcomes(must[[]inbox.Reached](r)(r.hub.AnswerIncident(r.ctx(), lan, id, answer)))
		want := map[string]inbox.ReachState{all[0].Code: inbox.Unreached, all[2].Code: inbox.ReachedNow, fresh.Code: inbox.ReachedNow}
		if fmt.Sprint(states) != fmt.Sprint(want) {
			r.Errorf("it came to %v, want %v; %s is closed", states, want, closed.Code)
		}

		long := inbox.GatheredAnswer{Text: strings.Repeat("nước ", 30), Key: "k2"}
		states = r.outcomes(must[[]inbox.Reached](r)(r.hub.AnswerIncident(r.ctx(), lan, id, long)))
		if states[all[2].Code] != inbox.Unreached || states[fresh.Code] != inbox.ReachedNow {
			r.Errorf("a text that one channel cannot carry came to %v", states)
		}
		_, err := r.hub.AnswerIncident(r.ctx(), lan, id, inbox.GatheredAnswer{Key: "k3"})
		wantInvalid(r, "no text", err, "text")
	})
}

func TestStaffSeeAndAnswerOnlyTheirReports(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		id, all := r.gathered("u1", "u2")
		must[inbox.Conversation](r)(r.hub.Transfer(r.ctx(), lan, all[0].ID, "so-y-te", ""))
		g := must[inbox.Gathering](r)(r.hub.Incident(r.ctx(), doctor, id))
		if len(g.Reports) != 1 || g.Reports[0].Code != all[0].Code || g.Hidden != 1 || g.CanChange {
			r.Errorf("staff see %d reports, %d hidden", len(g.Reports), g.Hidden)
		}
		states := r.outcomes(must[[]inbox.Reached](r)(r.hub.AnswerIncident(r.ctx(), doctor, id, inbox.GatheredAnswer{Text: "Dạ", Key: "k"})))
		if len(states) != 1 || states[all[0].Code] != inbox.ReachedNow {
			r.Errorf("it came to %v", states)
		}
		_, err := r.hub.Incident(r.ctx(), roads, id)
		wantError(r, "who sees no report", err, inbox.ErrNotFound)
		_, err = r.hub.AnswerIncident(r.ctx(), roads, id, inbox.GatheredAnswer{Text: "Dạ", Key: "k"})
		wantError(r, "answering by who sees none", err, inbox.ErrNotFound)
		_, err = r.hub.PutIncident(r.ctx(), doctor, id, inbox.IncidentChange{Closed: true})
		wantError(r, "closing what another began", err, inbox.ErrForbidden)
		if rows := must[[]inbox.IncidentInList](r)(r.hub.ListIncidents(r.ctx(), roads, true)); len(rows) != 0 {
			r.Errorf("who sees no report is shown %+v", rows)
		}
	})
}

func TestAnAnswerThatRunsOutOfTimeGoesOnWithTheSameKey(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		id, all := r.gathered("u1", "u2")
		answer := inbox.GatheredAnswer{Text: "Dạ", Key: "k"}
		hung, cancel := context.WithCancel(r.ctx())
		cancel()
		if _, err := r.hub.AnswerIncident(hung, lan, id, answer); err == nil {
			r.Log("read before it was cancelled")
		}
		states := r.outcomes(must[[]inbox.Reached](r)(r.hub.AnswerIncident(r.ctx(), lan, id, answer)))
		for _, c := range all {
			if states[c.Code] != inbox.ReachedNow || strings.Count(strings.Join(r.thread(c.ID), "\n"), "member: Dạ") != 1 {
				r.Errorf("%s is %q: %q", c.Code, states[c.Code], r.thread(c.ID))
			}
		}
	})
}

func TestMattersThatSayTheSameAreOffered(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		first := r.say(zalo, "u1", "người ơi khu tôi mất nước từ sáng")
		c := must[inbox.Conversation](r)(r.hub.OpenIncident(r.ctx(), lan, first.ID, "Mất nước phường Hạc Thành"))
		same := r.say(zalo, "u2", "người ơi phường Hạc Thành bị mất nước rồi")
		unmarked := r.say(zalo, "u3", "người ơi nha toi mat nuoc tu sang")
		r.say(zalo, "u4", "người ơi làm thẻ căn cước ở đâu")
		done := r.say(zalo, "u5", "người ơi mất nước cả khu")
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, done.ID))
		r.settle()
		var codes []string
		for _, offer := range must[[]inbox.Conversation](r)(r.hub.SimilarTo(r.ctx(), lan, c.Incident)) {
			codes = append(codes, offer.Code)
		}
		slices.Sort(codes)
		if want := []string{same.Code, unmarked.Code}; !slices.Equal(codes, want) {
			r.Errorf("offered are %v, want %v", codes, want)
		}
	})
}
