package inbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/inbox"
)

const (
	right = "con mèo leo cây cau"
	wrong = "con mèo ngồi dưới đất"
)

func (r *rig) add(login string, role inbox.Role) inbox.Member {
	r.Helper()
	n := inbox.NewMember{Login: login, Name: "Nguyễn Văn A", Password: right, Role: role}
	if role == inbox.Staff {
		n.Departments = append(n.Departments, "so-y-te")
	}
	return must[inbox.Member](r)(r.hub.AddMember(r.ctx(), inbox.Console, n))
}

func (r *rig) login(login, password string) (string, error) {
	_, token, err := r.hub.Login(r.ctx(), inbox.Credentials{Login: login, Password: password}, "10.0.0.9", "a browser")
	return token, err
}

func TestLoggingIn(t *testing.T) {
	idle(t, func(r *rig) {
		r.add("lan", inbox.Operator)
		token, err := r.login("  LAN ", right)
		if err != nil || len(token) < 40 {
			r.Fatalf("Login = %q, %v", token, err)
		}
		if again, _ := r.login("lan", right); again == token {
			r.Error("two logins have one token")
		}
		m, err := r.hub.Authenticate(r.ctx(), token, true)
		if err != nil || m.Login != "lan" {
			r.Errorf("Authenticate = %+v, %v", m, err)
		}
		r.read(func(tx inbox.Reader) error {
			sessions, err := tx.Sessions(m.ID)
			for _, s := range sessions {
				if strings.Contains(s.TokenHash, token) || s.Address != "10.0.0.9" {
					r.Errorf("kept is %+v", s)
				}
			}
			return err
		})
		if err := r.hub.Logout(r.ctx(), inbox.Actor{Member: m}, token); err != nil {
			r.Fatal(err)
		}
		_, err = r.hub.Authenticate(r.ctx(), token, true)
		wantError(t, "Authenticate after logout", err, inbox.ErrNotFound)
		var acts []inbox.Action
		for _, row := range slices.Backward(r.audits(inbox.AuditQuery{})) {
			acts = append(acts, row.Action)
		}
		if want := []inbox.Action{inbox.MemberAdded, inbox.LoggedIn, inbox.LoggedIn, inbox.LoggedOut}; !slices.Equal(acts, want) {
			r.Errorf("on record is %q, want %q", acts, want)
		}
	})
}

func TestWrongAndUnknownAreTheSame(t *testing.T) {
	idle(t, func(r *rig) {
		r.add("lan", inbox.Operator)
		var answers [2][]error
		for range 12 {
			_, err := r.login("lan", wrong)
			answers[0] = append(answers[0], err)
			_, err = r.login("nobody", wrong)
			answers[1] = append(answers[1], err)
		}
		for i := range answers[0] {
			known, unknown := answers[0][i], answers[1][i]
			if known.Error() != unknown.Error() || errors.Is(known, inbox.ErrLocked) != errors.Is(unknown, inbox.ErrLocked) {
				r.Errorf("try %d: a known name is answered %q, an unknown one %q", i+1, known, unknown)
			}
		}
		for _, row := range r.audits(inbox.AuditQuery{}) {
			if row.Target == "nobody" {
				r.Error("what was typed as a name is on record: it may be a password")
			}
		}
	})
}

func TestTenWrongPasswordsLockForAWhile(t *testing.T) {
	idle(t, func(r *rig) {
		r.add("lan", inbox.Operator)
		for i := range 9 {
			if _, err := r.login("lan", wrong); !errors.Is(err, inbox.ErrLogin) {
				r.Fatalf("try %d = %v", i+1, err)
			}
		}
		if _, err := r.login("lan", right); err != nil { // and nine more are allowed again
			r.Fatalf("the right password after nine wrong ones = %v", err)
		}
		for range 10 {
			_, err := r.login("lan", wrong)
			wantError(t, "a wrong password", err, inbox.ErrLogin)
		}
		_, err := r.login("lan", right)
		wantError(t, "the right password after ten wrong ones", err, inbox.ErrLocked)
		r.pass(14 * time.Minute)
		_, err = r.login("lan", right)
		wantError(t, "the right password after 14 minutes", err, inbox.ErrLocked)
		r.pass(2 * time.Minute)
		if _, err := r.login("lan", right); err != nil {
			r.Errorf("the right password after 16 minutes = %v", err)
		}
	})
}

func TestGuessesAtTheSameMomentAreNoMoreThanTen(t *testing.T) {
	idle(t, func(r *rig) {
		r.add("lan", inbox.Operator)
		var mu sync.Mutex
		var checked int
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				if _, err := r.login("lan", wrong); errors.Is(err, inbox.ErrLogin) {
					mu.Lock()
					defer mu.Unlock()
					checked++
				}
			})
		}
		all.Wait()
		if checked > 10 {
			r.Errorf("%d passwords were looked at, want 10 at most", checked)
		}
	})
}

func TestADisabledAccountIsClosedAtOnce(t *testing.T) {
	idle(t, func(r *rig) {
		m := r.add("lan", inbox.Operator)
		token, err := r.login("lan", right)
		if err != nil {
			r.Fatal(err)
		}
		r.write(func(tx inbox.Writer) error {
			m.Disabled = true
			return tx.PutMember(m)
		})
		_, err = r.hub.Authenticate(r.ctx(), token, false)
		wantError(t, "Authenticate", err, inbox.ErrNotFound)
		_, err = r.login("lan", right)
		wantError(t, "Login", err, inbox.ErrLogin)
	})
}

func TestSessionsEnd(t *testing.T) {
	for _, tt := range []struct {
		name  string
		every time.Duration
		acts  bool
		lives time.Duration // at least
		ends  time.Duration // at most
	}{
		{"an hour after the last act", 90 * time.Minute, true, 0, 90 * time.Minute},
		{"though a page looks again and again", 10 * time.Minute, false, 50 * time.Minute, 70 * time.Minute},
		{"after twelve hours whatever one does", 30 * time.Minute, true, 12 * time.Hour, 12*time.Hour + 30*time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			idle(t, func(r *rig) {
				r.add("lan", inbox.Operator)
				token, err := r.login("lan", right)
				if err != nil {
					r.Fatal(err)
				}
				var lived time.Duration
				for lived < 24*time.Hour {
					r.pass(tt.every)
					if _, err := r.hub.Authenticate(r.ctx(), token, tt.acts); err != nil {
						wantError(t, "Authenticate", err, inbox.ErrNotFound)
						break
					}
					lived += tt.every
				}
				if lived < tt.lives || lived >= tt.ends {
					r.Errorf("it lived %v, want from %v to %v", lived, tt.lives, tt.ends)
				}
				if _, err := r.login("lan", right); err != nil {
					r.Fatal(err)
				}
				r.read(func(tx inbox.Reader) error {
					m, err := tx.MemberByLogin("lan")
					if err != nil {
						return err
					}
					if sessions, err := tx.Sessions(m.ID); err != nil || len(sessions) != 1 {
						r.Errorf("%d sessions are kept (%v), want the new one", len(sessions), err)
					}
					return nil
				})
			})
		})
	}
}

func TestChangingThePassword(t *testing.T) {
	idle(t, func(r *rig) {
		r.add("lan", inbox.Operator)
		here, _ := r.login("lan", right)
		elsewhere, _ := r.login("lan", right)
		m := must[inbox.Member](r)(r.hub.Authenticate(r.ctx(), here, true))
		by := inbox.Actor{Member: m}
		fresh := "bốn mùa hoa phượng nở"
		wantInvalid(t, "with a wrong old one", r.hub.ChangePassword(r.ctx(), by, here, wrong, fresh), "old")
		wantInvalid(t, "to a weak one", r.hub.ChangePassword(r.ctx(), by, here, right, "12345678"), "new")
		wantInvalid(t, "to the same one", r.hub.ChangePassword(r.ctx(), by, here, right, right), "new")
		if err := r.hub.ChangePassword(r.ctx(), by, here, right, fresh); err != nil {
			r.Fatal(err)
		}
		if _, err := r.hub.Authenticate(r.ctx(), here, true); err != nil {
			r.Errorf("the session it was done in ended: %v", err)
		}
		_, err := r.hub.Authenticate(r.ctx(), elsewhere, true)
		wantError(t, "the other session", err, inbox.ErrNotFound)
		_, err = r.login("lan", right)
		wantError(t, "the old password", err, inbox.ErrLogin)
		if _, err := r.login("lan", fresh); err != nil {
			r.Errorf("the new password = %v", err)
		}
	})
}

func TestResettingAPassword(t *testing.T) {
	idle(t, func(r *rig) {
		r.add("lan", inbox.Operator)
		token, _ := r.login("lan", right)
		for range 10 {
			_, _ = r.login("lan", wrong)
		}
		fresh := "bốn mùa hoa phượng nở"
		wantInvalid(t, "ResetPassword of nobody", r.hub.ResetPassword(r.ctx(), inbox.Console, "nobody", fresh), "login")
		wantInvalid(t, "ResetPassword to a weak one", r.hub.ResetPassword(r.ctx(), inbox.Console, "lan", "short"), "password")
		if err := r.hub.ResetPassword(r.ctx(), inbox.Console, "Lan", fresh); err != nil {
			r.Fatal(err)
		}
		_, err := r.hub.Authenticate(r.ctx(), token, false)
		wantError(t, "the session from before", err, inbox.ErrNotFound)
		m, _, err := r.hub.Login(r.ctx(), inbox.Credentials{Login: "lan", Password: fresh}, "", "")
		if err != nil || !m.MustChange {
			r.Errorf("Login = %+v, %v; want an open account that must change", m, err)
		}
	})
}

func TestTheFirstAdministratorIsMadeOnce(t *testing.T) {
	idle(t, func(r *rig) {
		var all sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for i := range 4 {
			all.Go(func() {
				_, err := r.hub.AddFirstAdmin(r.ctx(), "10.0.0.1", inbox.NewMember{Login: fmt.Sprint("admin", i), Name: "Quản trị", Password: right, Role: inbox.Staff})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else {
					wantError(t, "AddFirstAdmin", err, inbox.ErrConflict)
				}
			})
		}
		all.Wait()
		members := must[[]inbox.Member](r)(r.hub.Members(r.ctx()))
		if made != 1 || len(members) != 1 || members[0].Role != inbox.Admin {
			r.Errorf("%d were made: %+v", made, members)
		}
	})
}

func TestWhatAnAccountNeeds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(n *inbox.NewMember)
		field  string
	}{
		{"a login", func(n *inbox.NewMember) { n.Login = "" }, "login"},
		{"a login without diacritics", func(n *inbox.NewMember) { n.Login = "lân" }, "login"},
		{"a login nobody has", func(n *inbox.NewMember) { n.Login = "LAN" }, "login"},
		{"a name", func(n *inbox.NewMember) { n.Name = " " }, "name"},
		{"a role", func(n *inbox.NewMember) { n.Role = "king" }, "role"},
		{"a department for staff", func(n *inbox.NewMember) { n.Role = inbox.Staff }, "departments"},
		{"a department that is", func(n *inbox.NewMember) { n.Departments = append(n.Departments, "so-khong-co") }, "departments"},
		{"a password", func(n *inbox.NewMember) { n.Password = "" }, "password"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			idle(t, func(r *rig) {
				r.add("lan", inbox.Operator)
				n := inbox.NewMember{Login: "minh", Name: "Minh", Password: right, Role: inbox.Operator}
				tt.change(&n)
				_, err := r.hub.AddMember(r.ctx(), inbox.Console, n)
				wantInvalid(t, "AddMember", err, tt.field)
			})
		})
	}
}

func TestPasswords(t *testing.T) {
	for _, tt := range []struct {
		name, password string
		weak           bool
	}{
		{"a sentence", "con mèo leo cây cau", false},
		{"twelve mixed characters", "x7#Kq9!mZp2w", false},
		{"twelve characters with diacritics", "đườngxađấtkh", false},
		{"as long as allowed", strings.Repeat("mèo leo cây ", 10) + "hết rồi", false},
		{"eleven characters", "x7#Kq9!mZp2", true},
		{"longer than allowed", strings.Repeat("mèo leo cây ", 11), true},
		{"one character again and again", "aaaaaaaaaaaaaaaa", true},
		{"a few digits again and again", "112211221122", true},
		{"the hotline", "1022thanhhoa1022", true},
		{"the product and the year", "TongDai@2026", true},
		{"the word password", "Password12345", true},
		{"the login twice", "nguyenlannguyenlan", true},
		{"counting up", "123456123456", true},
		{"the keyboard's row", "qwertyqwerty1", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := inbox.Weakness(tt.password, "nguyenlan"); (got != "") != tt.weak {
				t.Errorf("Weakness(%q) = %q, want weak %t", tt.password, got, tt.weak)
			}
		})
	}
}
