package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

type searchPage struct {
	Found []struct {
		Conversation struct{ ID, Code string }
		Message      struct {
			Seq    int
			Author string
			Note   bool
		}
		Snippet []struct {
			Text  string
			Match bool
		}
	}
	Next    int
	Partial bool
}

func (r *rig) search(token, q string) (page searchPage) {
	r.Helper()
	a := r.do(r.ask(token, http.MethodGet, "/search?q="+url.QueryEscape(q), ""))
	r.want(a, http.StatusOK)
	if err := json.Unmarshal(a.body, &page); err != nil {
		r.Fatal(err)
	}
	return page
}

// found searches until the index has come so far.
func (r *rig) found(token, q string, n int) searchPage {
	r.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		page := r.search(token, q)
		if len(page.Found) == n && !page.Partial {
			return page
		}
		if time.Now().After(deadline) {
			r.Fatalf("%q finds %d, want %d", q, len(page.Found), n)
		}
	}
}

func TestSearchGivesThePlaceInPieces(t *testing.T) {
	r := start(t)
	m := r.matter("so-y-te")
	page := r.found(r.operator(), "bi mat", 1)
	f := page.Found[0]
	if f.Conversation.Code != m.Code || f.Message.Seq != 1 || f.Message.Author != "citizen" || f.Message.Note {
		t.Errorf("found is %+v", f)
	}
	if len(f.Snippet) < 2 || f.Snippet[0].Text != "BÍ MẬT" || !f.Snippet[0].Match || f.Snippet[1].Match {
		t.Errorf("the snippet is %+v", f.Snippet)
	}
	if f := r.found(r.operator(), m.Code, 1).Found[0]; f.Message.Seq != 0 || f.Snippet[0].Text != m.Code {
		t.Errorf("by its code is found %+v", f)
	}
}

func TestSearchHoldsNothingOfAnotherDepartment(t *testing.T) {
	r := start(t)
	own, theirs := r.matter("so-y-te"), r.matter("so-xay-dung")
	boss := r.operator()
	r.found(boss, "bí mật", 2)
	doctor := r.doctor()
	if page := r.found(doctor, "bí mật", 1); page.Found[0].Conversation.ID != string(own.ID) {
		t.Errorf("staff find %+v", page)
	}
	if page := r.search(doctor, theirs.Code); len(page.Found) != 0 {
		t.Errorf("staff find %+v", page)
	}
}

func TestWordsLookedForStandInNoLog(t *testing.T) {
	r := start(t)
	r.matter("")
	token := r.member(inbox.Member{Login: "lan", Role: inbox.Operator, Departments: []kb.DepartmentID{}})
	r.found(token, "bí mật", 1)
	if strings.Contains(r.log.String(), "mật") || strings.Contains(r.log.String(), "bi_mat") {
		t.Errorf("the log says %s", r.log)
	}
	for q, status := range map[string]int{
		"": http.StatusBadRequest, "?!": http.StatusUnprocessableEntity,
		strings.Repeat("dài ", 100): http.StatusUnprocessableEntity, strings.Repeat("dài ", 1000): http.StatusBadRequest,
	} {
		a := r.do(r.ask(token, http.MethodGet, "/search?q="+url.QueryEscape(q), ""))
		r.want(a, status)
		a.problem(t)
	}
}
