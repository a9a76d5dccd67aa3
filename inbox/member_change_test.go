package inbox_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb"
)

// as is how an account is, to change one thing of it.
func as(m inbox.Member) inbox.MemberChange {
	return inbox.MemberChange{Name: m.Name, Phone: m.Phone, Email: m.Email, Role: m.Role, Departments: m.Departments, Disabled: m.Disabled}
}

func TestWhatADisabledMemberHadTakenIsReleasedAtOnce(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		m := r.add("tu", inbox.Operator)
		token, err := r.login("tu", right)
		if err != nil {
			r.Fatal(err)
		}
		var taken []inbox.ConversationID
		for _, who := range []connectors.RemoteID{"a", "b", "c"} {
			c := r.handed(who)
			must[inbox.Conversation](r)(r.hub.Take(r.ctx(), inbox.Actor{Member: m}, c.ID))
			taken = append(taken, c.ID)
		}
		others := r.handed("d")
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), lan, others.ID))

		off := as(m)
		off.Disabled = true
		must[inbox.Member](r)(r.hub.ChangeMember(r.ctx(), root, m.ID, off))
		if _, err := r.hub.Authenticate(r.ctx(), token, true); !errors.Is(err, inbox.ErrNotFound) {
			r.Errorf("the session still holds: %v", err)
		}
		if _, err := r.login("tu", right); !errors.Is(err, inbox.ErrLogin) {
			r.Errorf("who is disabled logs in: %v", err)
		}
		for _, id := range taken {
			if c := r.again(id); c.Assignee != "" || c.Handler != inbox.ByPeople {
				r.Errorf("%s is still with %q", c.Code, c.Assignee)
			}
			if on := r.actions(id); on[len(on)-1] != inbox.Released {
				r.Errorf("on record is %v", on)
			}
			if said := r.thread(id); said[len(said)-1] != "member: conversation.assigned" {
				r.Errorf("the thread ends with %q", said[len(said)-1])
			}
		}
		if c := r.again(others.ID); c.Assignee != "lan" {
			r.Errorf("what another has taken was released: %+v", c)
		}
		r.read(func(tx inbox.Reader) error {
			notices, err := inbox.Notices.List(tx, inbox.PaperQuery{})
			if len(notices) != 1 || notices[0].Value.Member != boss.Member.ID || !strings.Contains(notices[0].Value.Text, "3 phiếu") {
				r.Errorf("told are %+v", notices)
			}
			return err
		})
	})
}

func TestWhoLeavesADepartmentKeepsOnlyWhatHeMayStillAnswer(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		m := must[inbox.Member](r)(r.hub.AddMember(r.ctx(), inbox.Console, inbox.NewMember{
			Login: "hai", Name: "Hai Nơi", Password: right, Role: inbox.Staff, Departments: []kb.DepartmentID{"so-y-te", "so-xay-dung"},
		}))
		health, works := r.handedTo("a", "so-y-te"), r.handedTo("b", "so-xay-dung")
		for _, c := range []inbox.Conversation{health, works} {
			must[inbox.Conversation](r)(r.hub.Take(r.ctx(), inbox.Actor{Member: m}, c.ID))
		}
		left := as(m)
		left.Departments = []kb.DepartmentID{"so-y-te"}
		must[inbox.Member](r)(r.hub.ChangeMember(r.ctx(), root, m.ID, left))
		if c := r.again(health.ID); c.Assignee != m.ID {
			r.Errorf("what he may still answer was released: %q", c.Assignee)
		}
		if c := r.again(works.ID); c.Assignee != "" || c.Department != "so-xay-dung" {
			r.Errorf("what he may not answer any more is with %q of %q", c.Assignee, c.Department)
		}
		rows := r.audits(inbox.AuditQuery{Member: "root", Limit: 1})
		if len(rows) == 0 || rows[0].Action != inbox.MemberChanged || rows[0].Target != "hai" || !strings.Contains(rows[0].Detail, "so-xay-dung") {
			r.Errorf("on record is %+v", rows)
		}
	})
}

func TestChangesOfAccountsAreRefusedWhole(t *testing.T) {
	idle(t, func(r *rig) {
		chief := r.add("chief", inbox.Admin)
		lan := r.add("lan", inbox.Operator)
		self := inbox.Actor{Member: chief}
		for _, tt := range []struct {
			what  string
			by    inbox.Actor
			of    inbox.Member
			field string
			edit  func(c *inbox.MemberChange)
		}{
			{"no name", self, lan, "name", func(c *inbox.MemberChange) { c.Name = "  " }},
			{"an unknown role", self, lan, "role", func(c *inbox.MemberChange) { c.Role = "janitor" }},
			{"staff of nothing", self, lan, "departments", func(c *inbox.MemberChange) { c.Role = inbox.Staff }},
			{"an unknown department", self, lan, "departments", func(c *inbox.MemberChange) { c.Departments = []kb.DepartmentID{"none"} }},
			{"no phone number", self, lan, "phone", func(c *inbox.MemberChange) { c.Phone = "gọi tôi" }},
			{"no address", self, lan, "email", func(c *inbox.MemberChange) { c.Email = "lan@" }},
			{"oneself disabled", self, chief, "disabled", func(c *inbox.MemberChange) { c.Disabled = true }},
			{"oneself no administrator", self, chief, "role", func(c *inbox.MemberChange) { c.Role = inbox.Viewer }},
			{"the last administrator disabled", inbox.Console, chief, "disabled", func(c *inbox.MemberChange) { c.Disabled = true }},
		} {
			c := as(tt.of)
			tt.edit(&c)
			_, err := r.hub.ChangeMember(r.ctx(), tt.by, tt.of.ID, c)
			wantInvalid(t, tt.what, err, tt.field)
		}
		for _, role := range []inbox.Role{inbox.Supervisor, inbox.Operator, inbox.Staff, inbox.Viewer} {
			by := member("x", role, "so-y-te")
			_, errChange := r.hub.ChangeMember(r.ctx(), by, lan.ID, as(lan))
			_, errAdd := r.hub.AddMember(r.ctx(), by, inbox.NewMember{Login: "new", Name: "New", Password: right, Role: inbox.Viewer})
			_, errInvite := r.hub.Invite(r.ctx(), by, lan.ID)
			_, errToken := r.hub.TokenList(r.ctx(), by)
			for _, err := range []error{errChange, errAdd, errInvite, errToken, r.hub.ResetPassword(r.ctx(), by, "lan", right)} {
				wantError(t, "an act on accounts by a "+string(role), err, inbox.ErrForbidden)
			}
		}
		r.read(func(tx inbox.Reader) error {
			kept, err := tx.Members()
			if len(kept) != 2 || kept[1].Name != lan.Name || kept[1].Role != inbox.Operator || kept[0].Disabled {
				r.Errorf("kept is %+v", kept)
			}
			return err
		})
	})
}

func TestOneAdministratorAlwaysStays(t *testing.T) {
	idle(t, func(r *rig) {
		one, two := r.add("one", inbox.Admin), r.add("two", inbox.Admin)
		var all sync.WaitGroup
		results := make([]error, 2)
		for i, pair := range [][2]inbox.Member{{one, two}, {two, one}} {
			all.Go(func() {
				change := as(pair[1])
				change.Disabled = true
				_, results[i] = r.hub.ChangeMember(r.ctx(), inbox.Actor{Member: pair[0]}, pair[1].ID, change)
			})
		}
		all.Wait()
		if (results[0] == nil) == (results[1] == nil) {
			r.Errorf("two who disable each other get %v", results)
		}
	})
}

func TestAnInvitationLetsInOnceAndForThreeDays(t *testing.T) {
	idle(t, func(r *rig) {
		invited := must[inbox.Invited](r)(r.hub.AddInvited(r.ctx(), root, inbox.NewMember{Login: "Moi@ThanhHoa.gov.vn", Name: " Người  Mới ", Role: inbox.Viewer}))
		if m := invited.Member; m.Login != "moi@thanhhoa.gov.vn" || m.Email != m.Login || m.Name != "Người Mới" {
			r.Errorf("kept is %+v", m)
		}
		for _, password := range []string{"", right} {
			if _, err := r.login("moi@thanhhoa.gov.vn", password); !errors.Is(err, inbox.ErrLogin) {
				r.Errorf("who has not come yet logs in with %q: %v", password, err)
			}
		}
		r.read(func(tx inbox.Reader) error {
			kept, err := inbox.Invitations.Get(tx, string(invited.Member.ID))
			if strings.Contains(invited.Token, kept.Value.Hash) || len(kept.Value.Hash) != 64 {
				r.Errorf("kept is %+v", kept)
			}
			return err
		})
		id, _, _ := strings.Cut(invited.Token, ".")
		for _, wrong := range []string{"", ".", id, id + ".", id + ".AAAA", "none.x", invited.Token + "x"} {
			_, err := r.hub.AcceptInvitation(r.ctx(), wrong, right, "10.0.0.1")
			wantError(t, "AcceptInvitation("+wrong+")", err, inbox.ErrNotFound)
		}
		_, err := r.hub.AcceptInvitation(r.ctx(), invited.Token, "ngắn", "10.0.0.1")
		wantInvalid(t, "a weak password", err, "password")
		if m := must[inbox.Member](r)(r.hub.SeeInvitation(r.ctx(), invited.Token)); m.ID != invited.Member.ID {
			r.Errorf("invited is %+v", m)
		}
		must[inbox.Member](r)(r.hub.AcceptInvitation(r.ctx(), invited.Token, right, "10.0.0.1"))
		if _, err := r.login("moi@thanhhoa.gov.vn", right); err != nil {
			r.Error(err)
		}
		_, err = r.hub.AcceptInvitation(r.ctx(), invited.Token, right, "10.0.0.1")
		wantError(t, "a second time", err, inbox.ErrNotFound)

		// Invited anew, as who has forgotten the password: the old one is gone, and so is an older invitation.
		session, _ := r.login("moi@thanhhoa.gov.vn", right)
		first := must[inbox.Invited](r)(r.hub.Invite(r.ctx(), root, invited.Member.ID))
		second := must[inbox.Invited](r)(r.hub.Invite(r.ctx(), root, invited.Member.ID))
		_, errLogin := r.login("moi@thanhhoa.gov.vn", right)
		wantError(t, "the old password", errLogin, inbox.ErrLogin)
		_, errSession := r.hub.Authenticate(r.ctx(), session, true)
		wantError(t, "the old session", errSession, inbox.ErrNotFound)
		_, errFirst := r.hub.SeeInvitation(r.ctx(), first.Token)
		wantError(t, "an older invitation", errFirst, inbox.ErrNotFound)
		r.pass(71 * time.Hour)
		must[inbox.Member](r)(r.hub.SeeInvitation(r.ctx(), second.Token))
		r.pass(time.Hour)
		_, errLate := r.hub.SeeInvitation(r.ctx(), second.Token)
		wantError(t, "after 72 hours", errLate, inbox.ErrNotFound)
	})
}
