package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tongdai/inbox"
)

// operations calls do for every operation of the document that wants holds of,
// with a path that leads to m.
func operations(m matter, wants func(method string, op *openapi3.Operation) bool, do func(method, path string, op *openapi3.Operation)) {
	doc, _ := document()
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if wants(method, op) {
				do(method, strings.NewReplacer("{verdict}", "dismiss", "{attachment}", m.file, "{id}", string(m.ID)).Replace(path), op)
			}
		}
	}
}

func changes(method string, _ *openapi3.Operation) bool { return method != http.MethodGet }

func takesJSON(_ string, op *openapi3.Operation) bool {
	return op.RequestBody != nil && op.RequestBody.Value.Content["application/json"] != nil
}

func TestAnotherSiteChangesNothing(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	for _, headers := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://khac.example.vn"}},
		{"Origin": {"https://evil.example"}},
		{"Origin": {"null"}},
	} {
		operations(m, changes, func(method, path string, _ *openapi3.Operation) {
			q := r.ask(token, method, path, `{"urgent":true,"text":"x","key":"k","member":"","department":"","category":"","seq":0}`)
			for name, values := range headers {
				q.Header[name] = values
			}
			a := r.do(q)
			r.want(a, http.StatusForbidden)
		})
	}
	page := r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID), ""))
	if !strings.Contains(string(page.body), `"urgent":false`) || !strings.Contains(string(page.body), `"status":"open"`) {
		r.Errorf("it was changed: %s", page.body)
	}
	own := r.ask(token, http.MethodPut, "/conversations/"+string(m.ID)+"/urgent", `{"urgent":true}`)
	own.Header.Set("Sec-Fetch-Site", "same-origin")
	r.want(r.do(own), http.StatusOK)
}

func TestAMethodIsNotChangedByAHeader(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	q := r.ask(token, http.MethodGet, "/conversations/"+string(m.ID)+"/resolve?_method=POST", "")
	q.Header.Set("X-HTTP-Method-Override", http.MethodPost)
	r.want(r.do(q), http.StatusNotFound)
}

func TestOnlyJSONIsTaken(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/jsonp"} {
		operations(m, takesJSON, func(method, path string, _ *openapi3.Operation) {
			q := r.ask(token, method, path, `{"urgent":true}`)
			q.Header.Set("Content-Type", kind)
			r.want(r.do(q), http.StatusUnsupportedMediaType)
		})
	}
}

// empty is a body that says nothing, which some operations take.
const empty = `{}`

func needsSomething(op *openapi3.Operation) bool {
	return len(op.RequestBody.Value.Content["application/json"].Schema.Value.Required) > 0
}

func TestABodyThatIsNotAsDocumentedChangesNothing(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	before := r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID), "")).body
	for _, body := range []string{`{`, `{"urgent":`, `[]`, `null`, `"x"`, empty, " ", `{"urgent":"ja","seq":"1","member":7,"department":{},"category":[],"text":1,"key":2,"login":3,"password":[],"old":1,"code":1,"read":1,"title":1,"keys":2}`} {
		operations(m, takesJSON, func(method, path string, op *openapi3.Operation) {
			if body == empty && !needsSomething(op) {
				return
			}
			a := r.do(r.ask(token, method, path, body))
			if a.StatusCode != http.StatusBadRequest {
				r.Errorf("%s with %q = %d %s, want 400", op.OperationID, body, a.StatusCode, a.body)
				return
			}
			if p := a.problem(t); p.Code != "invalid" || body == empty && len(p.Fields) == 0 {
				r.Errorf("%s with %q is told %+v", op.OperationID, body, p)
			}
		})
	}
	operations(m, takesJSON, func(method, path string, op *openapi3.Operation) {
		if a := r.do(r.ask(token, method, path, "")); a.StatusCode != http.StatusBadRequest {
			r.Errorf("%s without a body = %d", op.OperationID, a.StatusCode)
		}
	})
	after := r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID), "")).body
	if !bytes.Equal(before, after) {
		r.Errorf("it was changed from %s to %s", before, after)
	}
}

func TestQueriesThatAreNotAsDocumented(t *testing.T) {
	r := start(t)
	token := r.operator()
	for _, path := range []string{
		"/conversations", "/conversations?view=secret", "/conversations?view=all&limit=0", "/conversations?view=all&limit=100000",
		"/conversations?view=all&limit=x", "/audit?before=-1", "/knowledge/search", "/knowledge/entries?status=odd",
	} {
		a := r.do(r.ask(token, http.MethodGet, path, ""))
		r.want(a, http.StatusBadRequest)
		a.problem(t)
	}
}

func TestAnEmptyTextInAQuerySaysNothing(t *testing.T) {
	r := start(t)
	token := r.operator()
	for _, path := range []string{
		"/conversations?view=all&department=&channel=&cursor=", "/knowledge/entries?q=&status=&department=&category=&after=", "/audit?member=&conversation=",
	} {
		a := r.do(r.ask(token, http.MethodGet, path, ""))
		if a.StatusCode == http.StatusBadRequest || a.StatusCode >= 500 {
			r.Errorf("%s = %d %s", path, a.StatusCode, a.body)
		}
	}
}

func TestTooLargeIsToldSo(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	large := `{"key":"k","text":"` + strings.Repeat("a", bodyLimit) + `"}`
	file := bytes.Repeat([]byte("a"), fileLimit+(80<<10))
	boss := r.member(inbox.Member{Login: "boss", Role: inbox.Supervisor})
	for _, q := range []*http.Request{
		r.ask(token, http.MethodPost, "/conversations/"+string(m.ID)+"/replies", large),
		r.ask("", http.MethodPost, "/session", large),
		r.form(token, "/attachments", file),
		r.form(boss, "/knowledge/imports/preview", file),
	} {
		a := r.do(q)
		r.want(a, http.StatusRequestEntityTooLarge)
		if a.problem(t).Code != "too_large" {
			r.Errorf("it is told %s", a.body)
		}
	}
}

func TestAnUploadWithoutAFile(t *testing.T) {
	r := start(t)
	q := r.ask(r.operator(), http.MethodPost, "/attachments", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n")
	q.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.want(r.do(q), http.StatusUnprocessableEntity)
}

func TestMessagesFromTheFirstOn(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	a := r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID)+"/messages?after=0&limit=1", ""))
	if !strings.Contains(string(a.body), `"seq":1,`) || !strings.Contains(string(a.body), `"more":true`) {
		r.Errorf("after 0 comes %s", a.body)
	}
	a = r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID)+"/messages?limit=1", ""))
	if !strings.Contains(string(a.body), `"seq":2,`) || !strings.Contains(string(a.body), `"more":true`) {
		r.Errorf("the newest is %s", a.body)
	}
	a = r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID)+"/messages?before=2", ""))
	if !strings.Contains(string(a.body), `"seq":1,`) || !strings.Contains(string(a.body), `"more":false`) {
		r.Errorf("before 2 comes %s", a.body)
	}
}

func TestAFileIsServedAsADownload(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	a := r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID)+"/attachments/"+m.file, ""))
	if !strings.HasPrefix(string(a.body), "tệp ") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		r.Errorf("it is %q with %v", a.body, a.Header)
	}
	other := r.matter("so-y-te")
	r.want(r.do(r.ask(token, http.MethodGet, "/conversations/"+string(m.ID)+"/attachments/"+other.file, "")), http.StatusNotFound)
}

// What goes wrong inside stays inside.
func TestErrorsTellNothingOfTheInside(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	for _, q := range []*http.Request{
		r.ask(token, http.MethodGet, "/conversations?view=all&cursor=%00%ff", ""),
		r.ask(token, http.MethodGet, "/conversations/..%2f..%2fetc", ""),
		r.ask(token, http.MethodGet, "/conversations/"+strings.Repeat("x", 5000), ""),
		r.ask(token, http.MethodPost, "/messages/x%00y/retry", ""),
		r.ask(token, http.MethodPost, "/conversations/"+string(m.ID)+"/take", "{broken"),
	} {
		r.tellsNothing(r.do(q))
	}
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/conversations?view=all", "/views", "/session"} {
		a := r.do(r.ask(token, http.MethodGet, path, ""))
		r.want(a, http.StatusServiceUnavailable)
		if a.Header.Get("Retry-After") == "" {
			r.Error("it is not told when to try again")
		}
		r.tellsNothing(a)
	}
}

func (r *rig) tellsNothing(a answer) {
	r.Helper()
	if a.StatusCode >= 500 && a.StatusCode != http.StatusServiceUnavailable {
		r.Errorf("%s %s = %d: bad input is not our own fault", a.Request.Method, a.Request.URL.Path, a.StatusCode)
	}
	if a.StatusCode >= 400 {
		a.problem(r)
	}
	for _, trace := range []string{"bolt", "store", "inbox", "goroutine", ".go:", "/tmp", "sql", "json:", "openapi"} {
		if a.StatusCode >= 400 && strings.Contains(strings.ToLower(string(a.body)), trace) {
			r.Errorf("the answer tells of %q: %s", trace, a.body)
		}
	}
}
