package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/annex"
)

// book is the directory of every rig.
var book = directory.Data{
	Departments: []directory.Department{
		{ID: "thuong-truc", Name: "Bộ phận thường trực", Kind: directory.Desk, Hours: directory.Always},
		{ID: "so-y-te", Name: "Sở Y tế", Kind: directory.Province, Hours: directory.Office, Hotline: "1022"},
		{ID: "so-xay-dung", Name: "Sở Xây dựng", Kind: directory.Province, Hours: directory.Office},
	},
	Fields: []directory.Field{
		{ID: "y-te", Name: "Y tế", Lead: []directory.DepartmentID{"so-y-te"}},
		{ID: "xay-dung", Name: "Xây dựng", Lead: []directory.DepartmentID{"so-xay-dung"}},
	},
	Localities: []directory.Locality{{ID: "xa-nga-son", Name: "Xã Nga Sơn", Kind: directory.CommunePlace}},
}

func TestTheDirectoryIsChangedAndTakenBack(t *testing.T) {
	r := start(t)
	lead := r.member(inbox.Member{Login: "lead", Role: inbox.Supervisor})
	var read struct {
		Revision    int
		Departments []map[string]any
		Rules       []map[string]any
	}
	get := func() {
		t.Helper()
		read.Departments, read.Rules = nil, nil
		a := r.do(r.ask(lead, http.MethodGet, "/directory/book", ""))
		r.want(a, http.StatusOK)
		if err := json.Unmarshal(a.body, &read); err != nil {
			t.Fatal(err)
		}
	}
	get()
	if read.Revision != 1 || len(read.Departments) != 3 || read.Departments[1]["hotline"] != "1022" {
		t.Fatalf("the book is %+v", read)
	}
	edit := func(body string) answer { return r.do(r.ask(lead, http.MethodPost, "/directory/edits", body)) }

	a := edit(`{"revision":1,"what":"cell","cell":{"field":"y-te","locality":"xa-nga-son","rules":[
		{"lead":["ubnd-xa-nga-son"],"contributing":["so-y-te"],"valid_from":"2026-12-01","valid_until":""}]}}`)
	r.want(a, http.StatusOK)
	if !strings.Contains(string(a.body), `"id":"y-te/xa-nga-son"`) {
		t.Errorf("kept: %s", a.body)
	}
	a = edit(department(2, "", "Sở Du lịch", `{"name":"Ông Tư","title":"","phone":"12","email":"","urgent":true}`))
	r.want(a, http.StatusUnprocessableEntity) // too short a number
	if p := a.problem(t); len(p.Fields) != 1 || p.Fields[0].Field != "contacts.0.phone" {
		t.Errorf("problem %+v", p)
	}
	a = edit(department(2, "", "Sở Du lịch", `{"name":"Ông Tư","title":"","phone":"0237 385 1111","email":"","urgent":true}`))
	r.want(a, http.StatusOK)
	if !strings.Contains(string(a.body), `"id":"so-du-lich"`) {
		t.Errorf("new: %s", a.body)
	}
	get()
	if read.Revision != 3 || len(read.Departments) != 4 || len(read.Rules) != 1 || read.Rules[0]["valid_from"] != "2026-12-01" {
		t.Fatalf("the book is %+v", read)
	}

	a = edit(department(1, "so-y-te", "Sở Y tế", ""))
	r.want(a, http.StatusConflict)
	if !strings.Contains(string(a.body), "Cán bộ lead vừa sửa danh mục") {
		t.Errorf("overtaken: %s", a.body)
	}
	r.want(edit(department(3, "so-vu-tru", "Sở Vũ trụ", "")), http.StatusNotFound)
	a = edit(department(3, "so-y-te", "Sở Xây dựng", ""))
	r.want(a, http.StatusUnprocessableEntity)
	if !strings.Contains(string(a.body), "trùng tên gọi") && !strings.Contains(string(a.body), "Trùng tên gọi") {
		t.Errorf("a name twice: %s", a.body)
	}
	a = edit(strings.Replace(department(3, "so-y-te", "Sở Y tế", ""), `"valid_until":""`, `"valid_until":"2026-02-31"`, 1))
	r.want(a, http.StatusUnprocessableEntity)
	if p := a.problem(t); len(p.Fields) != 1 || p.Fields[0].Field != "valid_until" {
		t.Errorf("a day that is none: %+v", p)
	}

	a = r.do(r.ask(lead, http.MethodPost, "/directory/revisions/1/restore", `{"revision":3}`))
	r.want(a, http.StatusOK)
	get()
	if read.Revision != 4 || len(read.Departments) != 3 || len(read.Rules) != 0 {
		t.Errorf("taken back: %+v", read)
	}
	a = r.do(r.ask(lead, http.MethodGet, "/directory/revisions", ""))
	r.want(a, http.StatusOK)
	var history []struct {
		No               int
		By, What, Source string
		Changes          []struct{ List, ID, How string }
	}
	if err := json.Unmarshal(a.body, &history); err != nil || len(history) != 4 {
		t.Fatalf("history %s", a.body)
	}
	if h := history[0]; h.By != "Cán bộ lead" || h.What != "undone" || h.Source != "1" || len(h.Changes) != 2 || h.Changes[0].How != "gone" {
		t.Errorf("the newest: %+v", h)
	}
}

// department is an edit of a department with the contact points given.
func department(revision int, id, name, contacts string) string {
	text, err := json.Marshal(map[string]any{
		"id": id, "name": name, "short_name": "", "aliases": []string{}, "kind": "province", "hotline": "1022", "email": "", "hours": "office",
		"contacts": json.RawMessage("[" + contacts + "]"), "valid_from": "", "valid_until": "", "successors": []string{},
	})
	if err != nil {
		panic(err)
	}
	order, err := json.Marshal(map[string]any{"revision": revision, "what": "department", "department": json.RawMessage(text)})
	if err != nil {
		panic(err)
	}
	return string(order)
}

func TestTheDirectoryComesAsAWorkbook(t *testing.T) {
	r := start(t)
	lead := r.member(inbox.Member{Login: "lead", Role: inbox.Supervisor})
	a := r.do(r.ask(lead, http.MethodGet, "/directory/export", ""))
	r.want(a, http.StatusOK)
	var plan struct {
		Revision int
		Applied  bool
		Problems []struct{ Sheet, Cell, Message string }
		Changes  []struct{ ID string }
	}
	upload := func(file []byte, path string, fields ...string) {
		t.Helper()
		plan.Problems, plan.Changes = nil, nil
		a := r.do(r.form(lead, path, file, fields...))
		r.want(a, http.StatusOK)
		if err := json.Unmarshal(a.body, &plan); err != nil {
			t.Fatal(err)
		}
	}
	upload(a.body, "/directory/imports/preview")
	if len(plan.Problems)+len(plan.Changes) != 0 || plan.Revision != 1 {
		t.Errorf("an export would change: %+v", plan)
	}
	changed := book.Clone()
	changed.Departments[1].Hotline = "0237 385 1111"
	upload(written(t, changed), "/directory/imports", "revision", "1")
	if !plan.Applied || plan.Revision != 2 || len(plan.Changes) != 1 {
		t.Errorf("applied: %+v", plan)
	}
	changed.Departments[1].Hotline = "không có"
	upload(written(t, changed), "/directory/imports", "revision", "2")
	if plan.Applied || len(plan.Problems) == 0 || plan.Problems[0].Cell == "" {
		t.Errorf("with a mistake: %+v", plan)
	}
	r.want(r.do(r.form(lead, "/directory/imports", written(t, book))), http.StatusUnprocessableEntity)
	r.want(r.do(r.form(lead, "/directory/imports", written(t, book), "revision", "1")), http.StatusConflict)
}

func written(t *testing.T, data directory.Data) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := annex.Write(&file, data); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
