package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb/sheet"
)

// into reads an answer.
func (r *rig) into(a answer, v any) {
	r.Helper()
	if a.StatusCode != http.StatusOK {
		r.Fatalf("%s %s = %d %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		r.Fatal(err)
	}
}

func TestTheInvitedSetsAPasswordAndIsIn(t *testing.T) {
	r := start(t)
	admin := r.member(inbox.Member{Login: "chief", Role: inbox.Admin})
	var invited struct{ Link, Login string }
	r.into(r.do(r.ask(admin, http.MethodPost, "/members", `{"login":"Moi","name":"Người Mới","phone":"0912 345 678","role":"staff","departments":["so-y-te"]}`)), &invited)
	base, token, _ := strings.Cut(invited.Link, "/account/invitation#")
	if base != r.web.URL || invited.Login != "moi" || token == "" {
		r.Fatalf("invited is %+v", invited)
	}
	r.want(r.do(r.ask("", http.MethodPost, "/invitation", `{"token":"`+token+`","password":"ngắn"}`)), http.StatusUnprocessableEntity)
	a := r.do(r.ask("", http.MethodPost, "/invitation/look", `{"token":"`+token+`"}`))
	if !strings.Contains(string(a.body), "Người Mới") {
		r.Errorf("the invited sees %s", a.body)
	}
	a = r.do(r.ask("", http.MethodPost, "/invitation", `{"token":"`+token+`","password":"bốn mùa hoa phượng nở"}`))
	r.want(a, http.StatusOK)
	session := theCookie(t, a).Value
	a = r.do(r.ask(session, http.MethodGet, "/session", ""))
	if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), `"must_change_password":false`) {
		r.Errorf("the new member is %d %s", a.StatusCode, a.body)
	}
	r.want(r.do(r.ask("", http.MethodPost, "/invitation", `{"token":"`+token+`","password":"bốn mùa hoa phượng nở"}`)), http.StatusNotFound)
	a = r.do(r.ask(admin, http.MethodGet, "/members", ""))
	if strings.Contains(string(a.body), "argon2") || !strings.Contains(string(a.body), `"state":"active"`) {
		r.Errorf("listed is %s", a.body)
	}
	if strings.Contains(r.log.String(), token) {
		r.Error("the invitation is in the log")
	}
}

// Disabling is tried with the pace of the real server, whose streams look every
// four seconds: what is promised is five.
func TestWhoIsDisabledIsOutWithinSeconds(t *testing.T) {
	r := start(t)
	admin, token := r.member(inbox.Member{Login: "chief", Role: inbox.Admin}), r.operator()
	stream := r.follow(token, fromNow, 0)
	r.want(r.do(r.ask(admin, http.MethodPut, "/members/id-lan", `{"name":"Lan","role":"operator","departments":[],"disabled":true}`)), http.StatusNoContent)
	begun := time.Now()
	r.want(r.do(r.ask(token, http.MethodGet, "/session", "")), http.StatusUnauthorized)
	for range stream.events { // until it ends
	}
	if took := time.Since(begun); took > 5*time.Second {
		r.Errorf("the stream ended after %v", took)
	}
}

func TestATokenAtTheDoor(t *testing.T) {
	r := start(t)
	r.people.SetPace(time.Hour, 10*time.Millisecond)
	admin, m := r.member(inbox.Member{Login: "chief", Role: inbox.Admin}), r.matter(inCharge)
	var made struct {
		Secret string
		Token  struct{ ID string }
	}
	ends := r.clock.Now().Add(time.Hour).Format(time.RFC3339)
	r.into(r.do(r.ask(admin, http.MethodPost, "/tokens", `{"name":"Cổng","scope":["conversation.see","conversation.note"],"ends":"`+ends+`"}`)), &made)

	// From anywhere, with a cookie beside it that counts for nothing.
	q := r.ask(made.Secret, http.MethodPost, "/conversations/"+string(m.ID)+"/notes", `{"text":"từ cổng","key":"k"}`)
	q.Header.Set("Origin", "https://elsewhere.example")
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	q.AddCookie(&http.Cookie{Name: "tongdai", Value: admin})
	r.want(r.do(q), http.StatusOK)
	q = r.ask(made.Secret, http.MethodGet, "/audit", "")
	q.AddCookie(&http.Cookie{Name: "tongdai", Value: admin})
	r.want(r.do(q), http.StatusForbidden)
	q = r.ask("", http.MethodGet, "/session", "")
	q.AddCookie(&http.Cookie{Name: "tongdai", Value: admin})
	q.Header.Set("Authorization", "Bearer ")
	r.want(r.do(q), http.StatusUnauthorized)
	q = r.ask(made.Secret, http.MethodPost, "/conversations/"+string(m.ID)+"/notes", `{"text":"`+strings.Repeat("x", bodyLimit)+`"}`)
	r.want(r.do(q), http.StatusRequestEntityTooLarge)

	a := r.do(r.ask(admin, http.MethodGet, "/audit/search?code="+m.Code, ""))
	if !strings.Contains(string(a.body), "khóa API: Cổng") || !strings.Contains(string(a.body), "conversation.noted") {
		r.Errorf("on record is %s", a.body)
	}
	stream := r.follow(made.Secret, fromNow, 0)
	r.want(r.do(r.ask(admin, http.MethodDelete, "/tokens/"+made.Token.ID, "")), http.StatusNoContent)
	r.want(r.do(r.ask(made.Secret, http.MethodGet, "/conversations/"+string(m.ID), "")), http.StatusUnauthorized)
	for range stream.events { // until it ends
	}
	a = r.do(r.ask(admin, http.MethodGet, "/tokens", ""))
	if !strings.Contains(string(a.body), `"state":"revoked"`) || strings.Contains(string(a.body), hashOf(made.Secret)) || !strings.Contains(string(a.body), `"used_on"`) {
		r.Errorf("listed is %s", a.body)
	}
	for _, q := range []*http.Request{r.ask(made.Secret, http.MethodGet, "/views", ""), r.ask(bearer+"x_y", http.MethodGet, "/views", "")} {
		r.want(r.do(q), http.StatusUnauthorized)
	}
	if strings.Contains(r.log.String(), made.Secret) {
		r.Error("the token is in the log")
	}
}

func TestAFileOfAccountsOverTheDoor(t *testing.T) {
	r := start(t)
	admin := r.member(inbox.Member{Login: "chief", Role: inbox.Admin})
	var book bytes.Buffer
	if err := sheet.WritePlain(&book, "Cán bộ", nil, [][]string{
		{"Họ tên", "Tên đăng nhập", "Vai trò"}, {"Trần Thị Tư", "tu", "Giám sát"}, {"Lê Văn Năm", "nam", "Trực tổng đài"},
	}); err != nil {
		r.Fatal(err)
	}
	var plan struct {
		New, Invited []struct{ Name, Login, Link string }
		Sheet        []byte
	}
	r.into(r.do(r.form(admin, "/members/imports/preview", book.Bytes())), &plan)
	if len(plan.New) != 2 || len(plan.Invited) != 0 || len(plan.Sheet) != 0 {
		r.Errorf("previewed is %+v", plan)
	}
	r.into(r.do(r.form(admin, "/members/imports", book.Bytes())), &plan)
	if len(plan.Invited) != 2 || plan.Invited[1].Login != "nam" {
		r.Fatalf("applied is %+v", plan)
	}
	if cells := fmt.Sprint(sheet.ReadPlain(plan.Sheet, "x.xlsx").Grids); !strings.Contains(cells, plan.Invited[1].Link) {
		r.Errorf("the result is %s", cells)
	}
	a := r.do(r.form(admin, "/members/imports", []byte("PK không phải bảng")))
	if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), `"message"`) || strings.Contains(string(a.body), `"problems":[]`) {
		r.Errorf("a file that is none is answered %d %s", a.StatusCode, a.body)
	}
}
