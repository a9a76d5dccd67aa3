package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

// callers are who asks, in the order of the table's columns.
var callers = []string{"nobody", "own", "other", "operator", "supervisor", "admin", "disabled", "expired"}

// caller logs somebody in.
func (r *rig) caller(who string) (token string) {
	r.Helper()
	m := inbox.Member{Login: who}
	switch who {
	case "nobody":
		return ""
	case "own":
		m.Role, m.Departments = inbox.Staff, []kb.DepartmentID{"so-y-te"}
	case "other":
		m.Role, m.Departments = inbox.Staff, []kb.DepartmentID{"so-xay-dung"}
	case "operator":
		m.Role = inbox.Operator
	case "supervisor":
		m.Role = inbox.Supervisor
	case "admin":
		m.Role = inbox.Admin
	case "disabled":
		m.Role, m.Disabled = inbox.Admin, true
	case "expired":
		m.Role = inbox.Admin
		r.clock.pass(-2 * time.Hour)
		defer r.clock.pass(2 * time.Hour)
	}
	return r.member(m)
}

// request is how an operation is asked for, about a matter of the department so-y-te.
type request func(r *rig, token string, m matter) *http.Request

func get(path string) request {
	return func(r *rig, token string, m matter) *http.Request {
		return r.ask(token, http.MethodGet, m.fill(path), "")
	}
}

func post(path, body string) request {
	return func(r *rig, token string, m matter) *http.Request {
		return r.ask(token, http.MethodPost, m.fill(path), body)
	}
}

func put(path, body string) request {
	return func(r *rig, token string, m matter) *http.Request {
		return r.ask(token, http.MethodPut, m.fill(path), body)
	}
}

func upload(path string, fields ...string) request {
	return func(r *rig, token string, m matter) *http.Request {
		return r.form(token, path, []byte("một tệp"), fields...)
	}
}

func (m matter) fill(path string) string {
	return strings.NewReplacer("{id}", string(m.ID), "{stuck}", string(m.stuck), "{file}", m.file, "{raw}", string(m.raw)).Replace(path)
}

// access is who may do what: a row is an operation of the document, with what
// each of the callers is answered. An operation without a row fails the test.
//
//	nobody own other operator supervisor admin disabled expired
const everybody = "200 200 200 200 200 200 200 200"
const members = "401 200 200 200 200 200 401 401"
const department = "401 200 404 200 200 200 401 401" // existence is a secret

var access = []struct {
	operation, wants string
	request          request
}{
	{"getSetup", everybody, get("/setup")},
	{"postSetup", "409 409 409 409 409 409 409 409", post("/setup", `{"code":"`+setupCode+`","login":"boss","name":"Sếp","password":"`+right+`"}`)},
	{"postSession", "401 401 401 401 401 401 401 401", post("/session", `{"login":"admin","password":"sai rồi"}`)},
	{"getSession", members, get("/session")},
	{"deleteSession", "401 204 204 204 204 204 401 401", func(r *rig, token string, _ matter) *http.Request {
		return r.ask(token, http.MethodDelete, "/session", "")
	}},
	{"putPassword", "401 204 204 204 204 204 401 401", put("/session/password", `{"old":"`+right+`","new":"bốn mùa hoa phượng nở"}`)},
	{"getDirectory", members, get("/directory")},
	{"getViews", members, get("/views")},
	{"listConversations", members, get("/conversations?view=open")},
	{"listConversations", "401 200 404 200 200 200 401 401", get("/conversations?view=open&department=so-y-te")},
	{"listConversations", "401 422 422 200 200 200 401 401", get("/conversations?view=channel&channel=zalo-1022")},
	{"searchMessages", members, get("/search?q=b%C3%AD%20m%E1%BA%ADt")},
	{"getConversation", department, get("/conversations/{id}")},
	{"listMessages", department, get("/conversations/{id}/messages")},
	{"listSuggestions", department, get("/conversations/{id}/suggestions")},
	{"takeConversation", department, post("/conversations/{id}/take", "")},
	{"assignConversation", department, post("/conversations/{id}/assign", `{"member":""}`)},
	{"transferConversation", department, post("/conversations/{id}/transfer", `{"department":"so-xay-dung","note":"nhờ giúp"}`)},
	{"putCategory", department, put("/conversations/{id}/category", `{"category":"y-te"}`)},
	{"putUrgent", department, put("/conversations/{id}/urgent", `{"urgent":true}`)},
	{"resolveConversation", department, post("/conversations/{id}/resolve", "")},
	{"reopenConversation", department, post("/conversations/{id}/reopen", "")},
	{"putRead", department, put("/conversations/{id}/read", `{"seq":1}`)},
	{"postReply", department, post("/conversations/{id}/replies", `{"text":"Dạ","key":"k1"}`)},
	{"postNote", department, post("/conversations/{id}/notes", `{"text":"ghi chú","key":"k2"}`)},
	{"retryDelivery", department, post("/messages/{stuck}/retry", "")},
	{"listStuck", "401 403 403 200 200 200 401 401", get("/stuck")},
	{"listQuarantine", "401 403 403 403 200 200 401 401", get("/quarantine")},
	{"settleQuarantine", "401 403 403 403 204 204 401 401", post("/quarantine/{raw}/dismiss", "")},
	{"settleQuarantine", "401 403 403 403 204 204 401 401", post("/quarantine/{raw}/replay", "")},
	{"listChannels", "401 403 403 403 200 200 401 401", get("/channels")},
	{"connectChannel", "401 403 403 403 403 200 401 401", post("/channels/oa/connect", "")},
	{"connectChannel", "401 403 403 403 403 409 401 401", post("/channels/zalo-1022/connect", "")},
	{"connectChannel", "401 403 403 403 403 404 401 401", post("/channels/none/connect", "")},
	{"reconcileChannel", "401 403 403 403 403 409 401 401", post("/channels/oa/reconcile", `{"since":"2026-11-20T00:00:00Z"}`)},
	{"reconcileChannel", "401 403 403 403 403 404 401 401", post("/channels/none/reconcile", `{"since":"2026-11-20T00:00:00Z"}`)},
	{"testChannel", "401 403 403 403 403 404 401 401", post("/channels/oa/test", `{"by":"conversation","id":"none"}`)},
	{"testChannel", "401 403 403 403 403 404 401 401", post("/channels/none/test", `{"by":"user","id":"u1"}`)},
	{"listAudit", "401 403 403 403 403 200 401 401", get("/audit")},
	{"listAudit", department, get("/audit?conversation={id}")},
	{"searchKnowledge", members, get("/knowledge/search?q=tiem")},
	{"listEntries", members, get("/knowledge/entries")},
	{"getEntry", "401 404 404 404 404 404 401 401", get("/knowledge/entries/none")},
	{"previewImport", "401 200 200 403 200 200 401 401", upload("/knowledge/imports/preview")},
	{"applyImport", "401 200 200 403 200 200 401 401", upload("/knowledge/imports", "revision", "0")},
	{"getLastImport", "401 200 200 403 200 200 401 401", get("/knowledge/imports/last")},
	{"undoImport", "401 404 404 403 404 404 401 401", post("/knowledge/imports/none/undo", `{"rest":false}`)},
	{"exportKnowledge", members, get("/knowledge/export?department=so-y-te")},
	{"uploadAttachment", members, upload("/attachments")},
	{"downloadAttachment", department, get("/conversations/{id}/attachments/{file}")},
	{"followEvents", members, get("/events")},
}

func TestAccess(t *testing.T) {
	rows := map[string]int{}
	for _, row := range access {
		rows[row.operation]++
		t.Run(fmt.Sprint(row.operation, rows[row.operation]), func(t *testing.T) {
			wants := strings.Fields(row.wants)
			if len(wants) != len(callers) {
				t.Fatalf("the row has %d columns, want %d", len(wants), len(callers))
			}
			r := start(t)
			r.member(inbox.Member{Login: "first", Role: inbox.Operator})
			for i, who := range callers {
				token, m := r.caller(who), r.matter("so-y-te")
				a := r.do(row.request(r, token, m))
				if strconv.Itoa(a.StatusCode) != wants[i] {
					r.Errorf("%s is answered %d %.200s, want %s", who, a.StatusCode, a.body, wants[i])
				}
				if r.checked != i+1 && row.operation != "followEvents" {
					r.Errorf("%d answers were held to the document, want %d", r.checked, i+1)
				}
				if a.StatusCode >= 400 && strings.Contains(string(a.body), "BÍ MẬT") {
					r.Errorf("%s reads in the refusal: %s", who, a.body)
				}
			}
		})
	}
	doc, _ := document()
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if rows[operation.OperationID] == 0 {
				t.Errorf("%s %s (%s) has no row in the table", method, path, operation.OperationID)
			}
			delete(rows, operation.OperationID)
		}
	}
	for operation := range rows {
		t.Errorf("the table has a row for %s, which the document does not know", operation)
	}
}

// What staff get in lists, counts and records holds nothing of another department.
func TestListsHoldNothingOfAnotherDepartment(t *testing.T) {
	r := start(t)
	doctor := r.doctor()
	own, theirs, desks := r.matter("so-y-te"), r.matter("so-xay-dung"), r.matter("")
	for _, path := range []string{
		"/conversations?view=all", "/conversations?view=open", "/conversations?view=unassigned", "/conversations?view=mine",
		"/conversations?view=urgent", "/conversations?view=bot", "/conversations?view=resolved", "/search?q=citizen", "/views", "/conversations/" + string(own.ID),
	} {
		a := r.do(r.ask(doctor, http.MethodGet, path, ""))
		r.want(a, http.StatusOK)
		for _, other := range []matter{theirs, desks} {
			for _, trace := range []string{string(other.ID), other.Code, other.ContactName, string(other.Remote)} {
				if strings.Contains(string(a.body), `"`+trace+`"`) {
					r.Errorf("%s tells of %s: %s", path, other.Code, a.body)
				}
			}
		}
	}
	a := r.do(r.ask(doctor, http.MethodGet, "/views", ""))
	if !strings.Contains(string(a.body), `"all":1`) || strings.Contains(string(a.body), "so-xay-dung") {
		r.Errorf("counted is %s", a.body)
	}
}

func TestUnknownPaths(t *testing.T) {
	r := start(t)
	r.want(r.do(r.ask("", http.MethodGet, "/nothing", "")), http.StatusUnauthorized)
	a := r.do(r.ask(r.operator(), http.MethodGet, "/nothing", ""))
	r.want(a, http.StatusNotFound)
	if a.problem(t).Code != "not_found" {
		r.Errorf("it is answered %s", a.body)
	}
}
