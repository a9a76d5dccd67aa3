package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

// caller is who asks: somebody the policy knows, or nobody.
type caller struct {
	name   string
	actor  inbox.Actor // as the policy sees him; none: whoever has no session
	bearer bool        // a program with an API token
	log    func(r *rig, m inbox.Member) (token string)
}

// The departments of a matter under test, and one that has nothing to do with it.
const (
	inCharge kb.DepartmentID = "so-y-te"
	asked    kb.DepartmentID = "so-tai-chinh"
	stranger kb.DepartmentID = "so-xay-dung"
)

// callers are everybody who may come to the door.
var callers = []caller{
	{name: "nobody", log: func(*rig, inbox.Member) string { return "" }},
	{name: "expired session", log: func(r *rig, m inbox.Member) string {
		r.clock.Pass(-2 * time.Hour)
		defer r.clock.Pass(2 * time.Hour)
		m.Role = inbox.Admin
		return r.member(m)
	}},
	{name: "disabled member", log: func(r *rig, m inbox.Member) string {
		m.Role, m.Disabled = inbox.Admin, true
		return r.member(m)
	}},
	role("admin", inbox.Admin),
	role("supervisor", inbox.Supervisor),
	role("operator", inbox.Operator),
	role("viewer", inbox.Viewer),
	role("staff in charge", inbox.Staff, inCharge),
	role("staff asked to contribute", inbox.Staff, asked),
	role("staff of another department", inbox.Staff, stranger),
	// Programs, with tokens that an administrator made.
	{name: "token without scope", bearer: true, log: program(nil)},
	{name: "token for everything", bearer: true, actor: inbox.Actor{Member: inbox.Member{ID: "policy", Role: inbox.Admin}},
		log: program(everything())},
	{name: "token for everything of another department", bearer: true,
		actor: inbox.Actor{Member: inbox.Member{ID: "policy", Role: inbox.Staff, Departments: []kb.DepartmentID{stranger}}},
		log:   program(everything(), stranger)},
}

// program is let in by a token of an administrator.
func program(scope []inbox.Operation, within ...kb.DepartmentID) func(r *rig, m inbox.Member) string {
	return func(r *rig, m inbox.Member) string {
		m.Role, m.Departments = inbox.Admin, nil
		r.member(m)
		r.made++
		id, secret := fmt.Sprint("t", r.made), fmt.Sprint("secret-", r.made)
		r.write(func(tx inbox.Writer) error {
			_, err := inbox.Tokens.Put(tx, inbox.Kept[inbox.Token]{ID: id, Value: inbox.Token{
				Name: "Cổng", Hash: hashOf(secret), Scope: scope, Departments: within, By: inbox.MemberID("id-" + m.Login),
				Ends: r.clock.Now().Add(time.Hour),
			}})
			return err
		})
		return bearer + id + "_" + secret
	}
}

// bearer is how API tokens begin.
const bearer = "tongdai_"

func everything() (all []inbox.Operation) {
	for _, g := range inbox.GrantableOperations() {
		all = append(all, g.Operation)
	}
	return all
}

func role(name string, role inbox.Role, departments ...kb.DepartmentID) caller {
	m := inbox.Member{ID: "policy", Role: role, Departments: departments}
	return caller{name: name, actor: inbox.Actor{Member: m}, log: (*rig).member}
}

// enter lets the caller in under a login that is his name's.
func (who caller) enter(r *rig) (token string) {
	m := who.actor.Member
	m.Login = strings.ReplaceAll(who.name, " ", "-")
	return who.log(r, m)
}

func (who caller) inside() bool { return who.actor.Member.ID != "" || who.bearer }

// may asks the policy. What is a person's own, no program has.
func (who caller) may(op inbox.Operation) bool {
	return who.actor.May(op) && (!who.bearer || op != inbox.KeepAccount)
}

// expected is the status that a caller must get who asks about a matter.
type expected func(who caller, c inbox.Conversation) int

// free is open to whoever comes.
func free(status int) expected { return func(caller, inbox.Conversation) int { return status } }

// may is open to whom the policy allows op at all.
func may(op inbox.Operation, ok int) expected {
	return func(who caller, _ inbox.Conversation) int {
		switch {
		case !who.inside():
			return http.StatusUnauthorized
		case who.may(op):
			return ok
		default:
			return http.StatusForbidden
		}
	}
}

// with is open to whom the policy allows op with the matter. To whom it may not
// even be shown, it does not exist.
func with(op inbox.Operation, ok int) expected {
	return func(who caller, c inbox.Conversation) int {
		switch {
		case !who.inside():
			return http.StatusUnauthorized
		case !who.actor.MayWith(inbox.SeeConversation, c):
			return http.StatusNotFound
		case who.actor.MayWith(op, c):
			return ok
		default:
			return http.StatusForbidden
		}
	}
}

// byHand is for members alone: no program has it, whatever its token says.
func byHand(wants expected) expected {
	return func(who caller, c inbox.Conversation) int {
		if who.bearer {
			return http.StatusForbidden
		}
		return wants(who, c)
	}
}

// forDepartment is open to whom the policy allows op with what is the matter's
// department's; the others are answered otherwise.
func forDepartment(op inbox.Operation, ok, otherwise int) expected {
	return func(who caller, c inbox.Conversation) int {
		switch status := may(op, ok)(who, c); {
		case status == ok && !who.actor.MayFor(op, c.Department):
			return otherwise
		default:
			return status
		}
	}
}

// whole is open to whom the policy allows op whichever department is concerned;
// who has it for some departments is answered otherwise.
func whole(op inbox.Operation, ok, otherwise int) expected {
	return func(who caller, c inbox.Conversation) int {
		switch status := may(op, ok)(who, c); {
		case status == ok && !who.actor.MayEverywhere(op):
			return otherwise
		default:
			return status
		}
	}
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
		return r.ask(token, http.MethodPost, m.fill(path), m.fill(body))
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
	return strings.NewReplacer("{id}", string(m.ID), "{stuck}", string(m.stuck), "{file}", m.file, "{code}", m.Code, "{incident}", string(m.Incident), "{contact}", string(m.Contact), "{raw}", string(m.raw), "{entry}", string(m.entry)).Replace(path)
}

// hidden is what no answer may tell the actor of the matter, whatever was asked:
// not in a list, a count, an error or a hit.
func (m matter) hidden(actor inbox.Actor) (traces []string) {
	if !actor.MayWith(inbox.SeePersonal, m.Conversation) {
		traces = append(traces, phone, mail)
	}
	if !actor.MayWith(inbox.SeeConversation, m.Conversation) {
		traces = append(traces, m.Code, m.ContactName, string(m.Remote), "BÍ MẬT", m.file, string(m.Contact))
	}
	return traces
}

// TestAccess tries every operation of the document as everybody.
func TestAccess(t *testing.T) {
	rows := map[string]int{}
	for _, row := range access {
		rows[row.operation]++
		t.Run(fmt.Sprint(row.operation, rows[row.operation]), func(t *testing.T) {
			r := start(t)
			r.member(inbox.Member{Login: "first", Role: inbox.Operator})
			for i, who := range callers {
				token, m := who.enter(r), r.matter(inCharge, asked)
				a := r.do(row.request(r, token, m))
				if want := row.wants(who, m.Conversation); a.StatusCode != want {
					r.Errorf("%s is answered %d %.200s, want %d", who.name, a.StatusCode, a.body, want)
				}
				if r.checked != i+1 && row.operation != "followEvents" {
					r.Errorf("%d answers were held to the document, want %d", r.checked, i+1)
				}
				for _, trace := range m.hidden(who.actor) {
					if strings.Contains(string(a.body), trace) {
						r.Errorf("%s reads %q in %d %s", who.name, trace, a.StatusCode, a.body)
					}
				}
			}
		})
	}
	doc, _ := document()
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if rows[operation.OperationID] == 0 {
				t.Errorf("%s %s (%s) has no row in the table of inbox/api/rights_test.go: say there which operation of the policy "+
					"(inbox/policy.go) it needs, with which relation to the matter, and how it is asked for", method, path, operation.OperationID)
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
