package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"tongdai/inbox"
)

// given does what must work, and reads what came back.
func given[T any](r *rig, token, method, path, body string) (out T) {
	r.Helper()
	a := r.do(r.ask(token, method, path, body))
	r.want(a, http.StatusOK)
	if err := json.Unmarshal(a.body, &out); err != nil {
		r.Fatal(err)
	}
	return out
}

type row struct {
	ID, Code, Ending string
	Contact          string `json:"contact_id"`
	SnoozedUntil     string `json:"snoozed_until"`
	Incident         string
	Labels           []string
	Placements       map[string]string
}

func TestSearchFindsWhateverBecameOfTheMatter(t *testing.T) {
	r := start(t)
	lan := r.operator()
	snoozed, spam, closed := r.matter(""), r.matter(""), r.matter("")
	asleep := given[row](r, lan, http.MethodPut, "/conversations/"+string(snoozed.ID)+"/snooze", `{"until":"2026-11-22T00:30:00Z"}`)
	aside := given[row](r, lan, http.MethodPost, "/conversations/"+string(spam.ID)+"/screen", `{"ending":"spam"}`)
	given[row](r, lan, http.MethodPost, "/conversations/"+string(closed.ID)+"/resolve", "")
	if asleep.SnoozedUntil != "2026-11-22T00:30:00Z" || asleep.Placements["snoozed"] == "" || aside.Ending != "spam" || aside.Placements["screened"] == "" {
		t.Errorf("the answers tell %+v and %+v", asleep, aside)
	}
	want := []string{snoozed.Code, spam.Code, closed.Code}
	slices.Sort(want)
	for _, typed := range []string{"bi mat", phone, "+84 " + phone[1:4] + "." + phone[4:]} {
		var codes []string
		for _, f := range r.found(lan, typed, 3).Found {
			codes = append(codes, f.Conversation.Code)
		}
		if slices.Sort(codes); !slices.Equal(codes, want) {
			t.Errorf("%q finds %v, want %v", typed, codes, want)
		}
	}
}

func TestSearchFindsIncidentsByTheirTitles(t *testing.T) {
	r := start(t)
	lan, m := r.operator(), r.matter("")
	given[row](r, lan, http.MethodDelete, "/conversations/"+string(m.ID)+"/incident", "")
	made := given[row](r, lan, http.MethodPut, "/conversations/"+string(m.ID)+"/incident", `{"title":"Vỡ ống nước Quảng Thành"}`)
	search := func(token string) []struct{ ID, Title string } {
		return given[struct{ Incidents []struct{ ID, Title string } }](r, token, http.MethodGet, "/search?q="+url.QueryEscape("vo ong nuoc"), "").Incidents
	}
	if found := search(lan); len(found) != 1 || found[0].ID != made.Incident || found[0].Title != "Vỡ ống nước Quảng Thành" {
		t.Errorf("found are %+v", found)
	}
	if found := search(r.doctor()); len(found) != 0 {
		t.Errorf("who sees no report finds %+v", found)
	}
}

func TestWhoHasTheSameNumberIsOffered(t *testing.T) {
	r := start(t)
	lan := r.operator()
	one, other := r.matter(""), r.matter("")
	r.found(lan, phone, 2)
	type contact struct{ ID string }
	for deadline := time.Now().Add(20 * time.Second); ; {
		alike := given[[]contact](r, lan, http.MethodGet, "/contacts/"+string(one.Contact)+"/alike", "")
		if len(alike) == 1 && alike[0].ID == string(other.Contact) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("offered are %+v", alike)
		}
	}
	type merge struct{ ID, State string }
	m := given[merge](r, lan, http.MethodPost, "/contacts/"+string(one.Contact)+"/merge", fmt.Sprintf(`{"contact":%q}`, other.Contact))
	person := given[struct {
		Contact contact
		Matters []row
		Merges  []merge
	}](r, lan, http.MethodGet, "/contacts/"+string(other.Contact), "")
	if person.Contact.ID != string(one.Contact) || len(person.Matters) != 2 || len(person.Merges) != 1 {
		t.Errorf("the old id opens %+v", person)
	}
	if m := given[merge](r, lan, http.MethodPost, "/merges/"+m.ID+"/undo", ""); m.State != string(inbox.MergeOff) {
		t.Errorf("undone it is %+v", m)
	}
}

func TestAPersonIsShownByPages(t *testing.T) {
	r := start(t)
	lan, m := r.operator(), r.matter("")
	for range 2 {
		given[row](r, lan, http.MethodPost, "/conversations/"+string(m.ID)+"/resolve", "")
		m = r.again(m)
	}
	type page struct {
		Matters []row
		Next    string
	}
	first := given[page](r, lan, http.MethodGet, "/contacts/"+string(m.Contact)+"?limit=2", "")
	second := given[page](r, lan, http.MethodGet, "/contacts/"+string(m.Contact)+"?limit=2&cursor="+url.QueryEscape(first.Next), "")
	if len(first.Matters) != 2 || len(second.Matters) != 1 || second.Next != "" {
		t.Errorf("the pages are %+v and %+v", first, second)
	}
}

// again is a further matter of the same person.
func (r *rig) again(m matter) matter {
	r.Helper()
	r.made++
	r.write(func(tx inbox.Writer) error {
		c := m.Conversation
		code, err := tx.NextCode("TH", r.clock.Now())
		c.ID, c.Code, c.Version = inbox.ConversationID(fmt.Sprint("again-", r.made)), code, 0
		if err == nil {
			c, err = tx.PutConversation(c)
		}
		m.Conversation = c
		return err
	})
	return m
}
