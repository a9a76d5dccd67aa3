package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"tongdai/kb"
)

// NewMember is an account to be made. Without a password the member is invited
// to set one; see Invite.
type NewMember struct {
	Login, Name, Password string
	Phone, Email          string
	Role                  Role
	Departments           []kb.DepartmentID
	MustChange            bool
}

var (
	loginShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,63}$`)
	phoneShape = regexp.MustCompile(`^\+?[0-9][0-9 .()-]{5,18}[0-9]$`)
)

// nameLongest is how many characters a name may have.
const nameLongest = 100

// tidy brings what was typed into the form it is kept in.
func (n NewMember) tidy() NewMember {
	n.Login, n.Name = strings.ToLower(strings.TrimSpace(n.Login)), strings.Join(strings.Fields(n.Name), " ")
	n.Phone, n.Email = strings.TrimSpace(n.Phone), strings.ToLower(strings.TrimSpace(n.Email))
	if n.Email == "" && strings.Contains(n.Login, "@") {
		n.Email = n.Login
	}
	slices.Sort(n.Departments)
	n.Departments = slices.Compact(n.Departments)
	return n
}

// problems are all that is wrong with an account, its password left aside.
func (h *Hub) problems(n NewMember) (p Invalid) {
	if !loginShape.MatchString(n.Login) {
		p = append(p, Problem{"login", "Tên đăng nhập gồm 2–64 chữ thường không dấu, chữ số và các dấu . _ @ -."})
	}
	if n.Name == "" || len([]rune(n.Name)) > nameLongest {
		p = append(p, Problem{"name", fmt.Sprintf("Hãy nhập họ tên, không quá %d ký tự.", nameLongest)})
	}
	if n.Phone != "" && !phoneShape.MatchString(n.Phone) {
		p = append(p, Problem{"phone", "Số điện thoại chưa đúng; ví dụ: 0912 345 678."})
	}
	if n.Email != "" {
		if a, err := mail.ParseAddress(n.Email); err != nil || a.Address != n.Email {
			p = append(p, Problem{"email", "Địa chỉ e-mail chưa đúng; ví dụ: lan@thanhhoa.gov.vn."})
		}
	}
	return append(p, h.placeProblems(n.Role, n.Departments)...)
}

// placeProblems are what is wrong with a role and the departments that go with it.
func (h *Hub) placeProblems(role Role, departments []kb.DepartmentID) (p Invalid) {
	if !slices.Contains(Roles, role) {
		p = append(p, Problem{"role", fmt.Sprintf("Vai trò %q không có; chọn một trong %v.", role, Roles)})
	}
	if role == Staff && len(departments) == 0 {
		p = append(p, Problem{"departments", "Cán bộ đơn vị phải thuộc ít nhất một đơn vị."})
	}
	for _, d := range departments {
		if h.directory.DepartmentName(d) == "" {
			p = append(p, Problem{"departments", fmt.Sprintf("Không có đơn vị %q trong danh mục.", d)})
		}
	}
	return p
}

// AddMember makes an account with a password.
func (h *Hub) AddMember(ctx context.Context, by Actor, n NewMember) (Member, error) {
	if !by.May(ManageMembers) {
		return Member{}, ErrForbidden
	}
	return h.addMember(ctx, by, n, func(Writer) error { return nil })
}

// AddFirstAdmin makes the first administrator; it fails with ErrConflict once
// there is any member.
func (h *Hub) AddFirstAdmin(ctx context.Context, address string, n NewMember) (Member, error) {
	n.Role = Admin
	return h.addMember(ctx, Actor{Address: address}, n, func(tx Writer) error {
		members, err := tx.Members()
		if err != nil || len(members) > 0 {
			return cmp.Or(err, ErrConflict)
		}
		// Two nodes may be asked at the same moment, when neither sees the other's member.
		known, _, err := tx.Remember(Key{Kind: "installation", Value: "first administrator"}, [32]byte{})
		if known {
			err = ErrConflict
		}
		return err
	})
}

func (h *Hub) addMember(ctx context.Context, by Actor, n NewMember, allowed func(Writer) error) (Member, error) {
	n = n.tidy()
	problems := h.problems(n)
	if weak := weakness(n.Password, n.Login); weak != "" {
		problems = append(problems, Problem{"password", weak})
	}
	if len(problems) > 0 {
		return Member{}, problems
	}
	hash, err := argon2id.CreateHash(n.Password, hashing)
	if err != nil {
		return Member{}, err
	}
	m := h.memberOf(n)
	m.PasswordHash = hash
	err = h.store.Update(ctx, func(tx Writer) error {
		if err := allowed(tx); err != nil {
			return err
		}
		return h.enlist(tx, by, m)
	})
	return m, err
}

// memberOf is the account as it is kept, without a password.
func (h *Hub) memberOf(n NewMember) Member {
	return Member{
		ID: MemberID(newID()), Login: n.Login, Name: n.Name, Phone: n.Phone, Email: n.Email, Role: n.Role,
		Departments: n.Departments, MustChange: n.MustChange, CreatedAt: h.store.Now(),
	}
}

// enlist keeps a new account, unless another has its login.
func (h *Hub) enlist(tx Writer, by Actor, m Member) error {
	_, err := tx.MemberByLogin(m.Login)
	if err == nil {
		return Invalid{{"login", fmt.Sprintf("Tên đăng nhập %q đã có người dùng.", m.Login)}}
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := tx.PutMember(m); err != nil {
		return err
	}
	return h.auditMember(tx, by, MemberAdded, m.Login)
}

func (h *Hub) auditMember(tx Writer, by Actor, action Action, login string) error {
	return h.auditMemberAs(tx, by, action, login, "")
}

func (h *Hub) auditMemberAs(tx Writer, by Actor, action Action, login, detail string) error {
	return tx.AppendAudit(Audit{At: h.store.Now(), Member: by.Member.ID, Action: action, Target: login, Address: by.Address, Detail: detail})
}

// Members lists all accounts by login.
func (h *Hub) Members(ctx context.Context) ([]Member, error) {
	var out []Member
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out, err = tx.Members()
		return err
	})
	return out, err
}

// Account is a member as administrators see him.
type Account struct {
	Member
	Sessions int       // browsers he is logged in with
	LastSeen time.Time // the last act in any of them; zero: in none
	Taken    int       // open conversations he has, none counted beyond CountLimit
	Factor   bool      // he has a second factor
	Invited  time.Time // until when his invitation holds; zero: he has none
}

// Accounts lists all accounts by login.
func (h *Hub) Accounts(ctx context.Context, actor Actor) ([]Account, error) {
	if !actor.May(ManageMembers) {
		return nil, ErrForbidden
	}
	var out []Account
	err := h.store.View(ctx, func(tx Reader) error {
		members, err := tx.Members()
		if err != nil {
			return err
		}
		out = make([]Account, 0, len(members))
		for _, m := range members {
			a, err := h.account(tx, m)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

func (h *Hub) account(tx Reader, m Member) (Account, error) {
	a := Account{Member: m}
	sessions, err := tx.Sessions(m.ID)
	if err != nil {
		return a, err
	}
	for _, s := range sessions {
		if !h.over(s, h.store.Now()) {
			a.Sessions++
			if s.ActedAt.After(a.LastSeen) {
				a.LastSeen = s.ActedAt
			}
		}
	}
	if a.Taken, err = tx.CountConversations([]ListID{OfMember(m.ID)}, CountLimit); err != nil {
		return a, err
	}
	factor, err := factorOf(tx, m.ID)
	if err != nil {
		return a, err
	}
	a.Factor = factor.Value.asked()
	invited, err := Invitations.Get(tx, string(m.ID))
	if err == nil {
		a.Invited = invited.Value.Ends
	} else if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return a, err
}
