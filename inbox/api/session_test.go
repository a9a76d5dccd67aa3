package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tongdai/inbox"
)

func theCookie(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	cookies := a.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies came with %d %s, want 1", len(cookies), a.StatusCode, a.body)
	}
	return cookies[0]
}

func TestTheCookie(t *testing.T) {
	for _, tt := range []struct {
		name   string
		secure bool
		cookie string
	}{
		{"over TLS it is bound to the host", true, "__Host-tongdai"},
		{"on one's own machine it still works", false, "tongdai"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t)
			r.operator()
			over := func(q *http.Request) *http.Request {
				if tt.secure {
					q.Header.Set("X-Test-Secure", "yes")
				}
				return q
			}
			login := `{"login":"lan","password":"` + right + `"}`
			a := r.do(over(r.ask("", http.MethodPost, "/session", login)))
			r.want(a, http.StatusOK)
			c := theCookie(t, a)
			if c.Name != tt.cookie || !c.HttpOnly || c.Secure != tt.secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) < 40 {
				r.Errorf("it is %v", c)
			}
			if a.Header.Get("Cache-Control") != "no-store" || strings.Contains(string(a.body), c.Value) {
				r.Errorf("the answer may be kept, or tells the token: %v %s", a.Header, a.body)
			}
			with := func(method, path, name string) *http.Request {
				q := over(r.ask("", method, path, ""))
				q.AddCookie(&http.Cookie{Name: name, Value: c.Value})
				return q
			}
			other := map[string]string{"__Host-tongdai": "tongdai", "tongdai": "__Host-tongdai"}[tt.cookie]
			r.want(r.do(with(http.MethodGet, "/session", other)), http.StatusUnauthorized)
			r.want(r.do(with(http.MethodGet, "/session", c.Name)), http.StatusOK)

			second := theCookie(t, r.do(over(r.ask("", http.MethodPost, "/session", login))))
			if second.Value == c.Value {
				r.Error("two logins have one token")
			}
			out := r.do(with(http.MethodDelete, "/session", c.Name))
			if gone := theCookie(t, out); gone.Name != c.Name || gone.MaxAge >= 0 || gone.Value != "" {
				r.Errorf("logging out leaves %v", gone)
			}
			r.want(r.do(with(http.MethodGet, "/session", c.Name)), http.StatusUnauthorized)
		})
	}
}

func TestATokenThatSomebodyMadeUpIsNone(t *testing.T) {
	r := start(t)
	r.operator()
	fixed := r.ask("chosen-by-somebody-else", http.MethodPost, "/session", `{"login":"lan","password":"`+right+`"}`)
	if c := theCookie(t, r.do(fixed)); c.Value == "chosen-by-somebody-else" {
		r.Error("the token was fixed from outside")
	}
	r.want(r.do(r.ask("chosen-by-somebody-else", http.MethodGet, "/session", "")), http.StatusUnauthorized)
}

func TestGuessingFromOneAddressIsSlowed(t *testing.T) {
	r := start(t)
	r.operator()
	slowed := 0
	for i := range 40 {
		q := r.ask("", http.MethodPost, "/session", fmt.Sprintf(`{"login":"name-%d","password":"sai rồi"}`, i))
		q.Header.Set("X-Test-Address", "203.0.113.5")
		if a := r.do(q); a.StatusCode == http.StatusTooManyRequests {
			slowed++
			if a.problem(t).Code != "locked" {
				r.Errorf("it is told %s", a.body)
			}
		}
	}
	if slowed < 10 {
		r.Errorf("%d of 40 tries were refused", slowed)
	}
	r.want(r.do(r.ask("", http.MethodPost, "/session", `{"login":"lan","password":"`+right+`"}`)), http.StatusOK) // from elsewhere
}

func TestTheFirstAdministrator(t *testing.T) {
	r := start(t)
	needed := func() string { return string(r.do(r.ask("", http.MethodGet, "/setup", "")).body) }
	if !strings.Contains(needed(), "true") {
		r.Errorf("before it is told %s", needed())
	}
	ask := func(code, password string) answer {
		return r.do(r.ask("", http.MethodPost, "/setup", fmt.Sprintf(`{"code":%q,"login":"admin","name":"Quản trị","password":%q}`, code, password)))
	}
	a := ask("sai", right)
	r.want(a, http.StatusUnprocessableEntity)
	if p := a.problem(t); len(p.Fields) != 1 || p.Fields[0].Field != "code" {
		r.Errorf("a wrong code is told %+v", p)
	}
	a = ask(setupCode, "tongdai1022")
	r.want(a, http.StatusUnprocessableEntity)
	if p := a.problem(t); len(p.Fields) != 1 || p.Fields[0].Field != "password" {
		r.Errorf("a weak password is told %+v", p)
	}
	a = ask(setupCode, right)
	r.want(a, http.StatusOK)
	me := r.do(r.ask(theCookie(t, a).Value, http.MethodGet, "/session", ""))
	if !strings.Contains(string(me.body), `"role":"admin"`) {
		r.Errorf("logged in is %s", me.body)
	}
	if !strings.Contains(needed(), "false") {
		r.Errorf("afterwards it is told %s", needed())
	}
	r.want(ask(setupCode, right), http.StatusConflict)
}

func TestAPasswordGivenBySomebodyElseIsChangedFirst(t *testing.T) {
	r := start(t)
	token := r.member(inbox.Member{Login: "new", Role: inbox.Operator, MustChange: true})
	r.want(r.do(r.ask(token, http.MethodGet, "/session", "")), http.StatusOK)
	for _, path := range []string{"/views", "/conversations?view=all", "/directory", "/events"} {
		r.want(r.do(r.ask(token, http.MethodGet, path, "")), http.StatusForbidden)
	}
	r.want(r.do(r.ask(token, http.MethodPut, "/session/password", `{"old":"`+right+`","new":"bốn mùa hoa phượng nở"}`)), http.StatusNoContent)
	r.want(r.do(r.ask(token, http.MethodGet, "/views", "")), http.StatusOK)
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	r := start(t)
	here := r.operator()
	elsewhere := r.operator()
	r.want(r.do(r.ask(here, http.MethodPut, "/session/password", `{"old":"`+right+`","new":"bốn mùa hoa phượng nở"}`)), http.StatusNoContent)
	r.want(r.do(r.ask(here, http.MethodGet, "/session", "")), http.StatusOK)
	r.want(r.do(r.ask(elsewhere, http.MethodGet, "/session", "")), http.StatusUnauthorized)
}
