package inbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"tongdai/kb"
)

// Limits on guessing: after so many wrong passwords in a row the account takes
// none for lockFor. The address is slowed down besides, by the web's edge.
const (
	failuresAllowed = 10
	lockFor         = 15 * time.Minute
)

// ErrLogin is given for a wrong password and an unknown name alike, so that
// nobody learns which names exist.
var ErrLogin = errors.New("tên đăng nhập hoặc mật khẩu không đúng")

// ErrLocked: too many wrong passwords; the account opens again by itself.
var ErrLocked = errors.New("tài khoản tạm khóa vì nhập sai nhiều lần, hãy thử lại sau 15 phút")

// NewMember is an account to be made.
type NewMember struct {
	Login, Name, Password string
	Role                  Role
	Departments           []kb.DepartmentID
	MustChange            bool
}

// hashing follows the OWASP password storage cheat sheet: 19 MiB, two passes.
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

var loginShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,63}$`)

func (h *Hub) checkMember(n NewMember) error {
	var p Invalid
	if !loginShape.MatchString(n.Login) {
		p = append(p, Problem{"login", "Tên đăng nhập gồm 2–64 chữ thường không dấu, chữ số và các dấu . _ @ -."})
	}
	if strings.TrimSpace(n.Name) == "" {
		p = append(p, Problem{"name", "Hãy nhập họ tên."})
	}
	if !slices.Contains(Roles, n.Role) {
		p = append(p, Problem{"role", fmt.Sprintf("Vai trò %q không có; chọn một trong %v.", n.Role, Roles)})
	}
	if n.Role == Staff && len(n.Departments) == 0 {
		p = append(p, Problem{"departments", "Cán bộ đơn vị phải thuộc ít nhất một đơn vị."})
	}
	for _, d := range n.Departments {
		if h.directory.DepartmentName(d) == "" {
			p = append(p, Problem{"departments", fmt.Sprintf("Không có đơn vị %q trong danh mục.", d)})
		}
	}
	if weak := weakness(n.Password, n.Login); weak != "" {
		p = append(p, Problem{"password", weak})
	}
	if len(p) > 0 {
		return p
	}
	return nil
}

// AddMember makes an account.
func (h *Hub) AddMember(ctx context.Context, by Actor, n NewMember) (Member, error) {
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
	n.Login = strings.ToLower(strings.TrimSpace(n.Login))
	if err := h.checkMember(n); err != nil {
		return Member{}, err
	}
	hash, err := argon2id.CreateHash(n.Password, hashing)
	if err != nil {
		return Member{}, err
	}
	m := Member{
		ID: MemberID(newID()), Login: n.Login, Name: strings.TrimSpace(n.Name), Role: n.Role,
		Departments: n.Departments, PasswordHash: hash, MustChange: n.MustChange, CreatedAt: h.store.Now(),
	}
	err = h.store.Update(ctx, func(tx Writer) error {
		if err := allowed(tx); err != nil {
			return err
		}
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
	})
	return m, err
}

func (h *Hub) auditMember(tx Writer, by Actor, action Action, login string) error {
	return tx.AppendAudit(Audit{At: h.store.Now(), Member: by.Member.ID, Action: action, Target: login, Address: by.Address})
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

// ResetPassword gives a member a new password, opens a locked account and ends
// its sessions. The member must change the password at the next login.
func (h *Hub) ResetPassword(ctx context.Context, by Actor, login, password string) error {
	login = strings.ToLower(strings.TrimSpace(login))
	if weak := weakness(password, login); weak != "" {
		return Invalid{{"password", weak}}
	}
	return h.setPassword(ctx, by, login, password, "", true)
}

// ChangePassword changes a member's own password and ends all sessions but the
// one it is done in.
func (h *Hub) ChangePassword(ctx context.Context, by Actor, keep, old, password string) error {
	if weak := weakness(password, by.Member.Login); weak != "" {
		return Invalid{{"new", weak}}
	}
	ok, err := argon2id.ComparePasswordAndHash(old, by.Member.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return Invalid{{"old", "Mật khẩu hiện tại không đúng."}}
	}
	if password == old {
		return Invalid{{"new", "Mật khẩu mới phải khác mật khẩu hiện tại."}}
	}
	return h.setPassword(ctx, by, by.Member.Login, password, tokenHash(keep), false)
}

func (h *Hub) setPassword(ctx context.Context, by Actor, login, password, keep string, mustChange bool) error {
	hash, err := argon2id.CreateHash(password, hashing)
	if err != nil {
		return err
	}
	return h.store.Update(ctx, func(tx Writer) error {
		m, err := tx.MemberByLogin(login)
		if errors.Is(err, ErrNotFound) {
			return Invalid{{"login", fmt.Sprintf("Không có tài khoản %q.", login)}}
		}
		if err != nil {
			return err
		}
		m.PasswordHash, m.MustChange, m.Failures, m.LockedUntil = hash, mustChange, 0, time.Time{}
		if err := tx.PutMember(m); err != nil {
			return err
		}
		sessions, err := tx.Sessions(m.ID)
		if err != nil {
			return err
		}
		for _, s := range sessions {
			if s.TokenHash == keep {
				continue
			}
			if err := tx.DeleteSession(s.TokenHash); err != nil {
				return err
			}
		}
		return h.auditMember(tx, by, PasswordSet, m.Login)
	})
}

// decoyHash makes an unknown name cost as much time as a known one.
var decoyHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(rand.Text(), hashing)
	if err != nil {
		panic(err) // only without a source of random numbers
	}
	return hash
})

// Login checks a password and begins a session. The token is given once and
// never kept. Errors are ErrLogin and ErrLocked.
func (h *Hub) Login(ctx context.Context, login, password, address, agent string) (Member, string, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	m, err := h.countTry(ctx, login)
	known := err == nil
	if errors.Is(err, ErrNotFound) {
		m.PasswordHash = decoyHash()
	} else if err != nil {
		return Member{}, "", err
	}
	right, err := argon2id.ComparePasswordAndHash(password, m.PasswordHash)
	if err != nil {
		return Member{}, "", err
	}
	if !known || m.Disabled || !right {
		if !known {
			login = "" // what was typed may be a password in the wrong field
		}
		return Member{}, "", errors.Join(ErrLogin, h.store.Update(ctx, func(tx Writer) error {
			return h.auditMember(tx, Actor{Address: address}, LoginRefused, login)
		}))
	}
	return h.begin(ctx, m, address, agent)
}

// countTry finds the member of a login and counts a try before its password is
// looked at, so that many tries at the same moment are no more than the lock
// allows. A right password takes the count back. An unknown login, which is
// ErrNotFound, is counted and locked alike, so that the lock does not tell
// which names exist.
func (h *Hub) countTry(ctx context.Context, login string) (m Member, err error) {
	now := h.store.Now()
	err = h.store.Update(ctx, func(tx Writer) (err error) {
		if m, err = tx.MemberByLogin(login); err != nil {
			return err
		}
		if now.Before(m.LockedUntil) {
			return ErrLocked
		}
		if m.Failures++; m.Failures >= failuresAllowed {
			m.Failures, m.LockedUntil = 0, now.Add(lockFor)
		}
		return tx.PutMember(m)
	})
	if errors.Is(err, ErrNotFound) && !h.strangers.try(login, now) {
		return m, ErrLocked
	}
	return m, err
}

// strangers counts tries of logins that do not exist. It is kept in memory and
// forgotten when it has grown large: it hides which names exist, nothing more.
// Its zero value is ready.
type strangers struct {
	mu    sync.Mutex
	tries map[string]stranger
}

type stranger struct {
	failures    int
	lockedUntil time.Time
}

// strangersKept is how many unknown logins are remembered at a time.
const strangersKept = 10_000

// try counts a try, and reports false while the login is locked.
func (s *strangers) try(login string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tries == nil || len(s.tries) >= strangersKept {
		s.tries = map[string]stranger{}
	}
	key := tokenHash(login) // of one size, whatever was typed
	one := s.tries[key]
	if now.Before(one.lockedUntil) {
		return false
	}
	if one.failures++; one.failures >= failuresAllowed {
		one = stranger{lockedUntil: now.Add(lockFor)}
	}
	s.tries[key] = one
	return true
}

// begin starts a session for a member who has just proved who he is. What was
// proved must still hold: the account may have been closed, or have got another
// password, in the meantime.
func (h *Hub) begin(ctx context.Context, m Member, address, agent string) (Member, string, error) {
	token := newToken()
	err := h.store.Update(ctx, func(tx Writer) error {
		now := h.store.Now()
		current, err := tx.Member(m.ID)
		if err != nil {
			return err
		}
		if current.Disabled || current.PasswordHash != m.PasswordHash {
			return ErrLogin
		}
		current.Failures, current.LockedUntil = 0, time.Time{}
		if err := tx.PutMember(current); err != nil {
			return err
		}
		m = current
		if err := h.forgetSessions(tx, m.ID, now); err != nil {
			return err
		}
		if err := tx.PutSession(Session{
			TokenHash: tokenHash(token), Member: m.ID, CreatedAt: now, ActedAt: now, Address: address, Agent: agent,
		}); err != nil {
			return err
		}
		return h.auditMember(tx, Actor{Member: m, Address: address}, LoggedIn, m.Login)
	})
	if err != nil {
		return Member{}, "", err
	}
	return m, token, nil
}

// forgetSessions deletes the sessions of a member that have ended by themselves.
func (h *Hub) forgetSessions(tx Writer, of MemberID, now time.Time) error {
	sessions, err := tx.Sessions(of)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if !h.over(s, now) {
			continue
		}
		if err := tx.DeleteSession(s.TokenHash); err != nil {
			return err
		}
	}
	return nil
}

// over reports whether a session has ended by itself.
func (h *Hub) over(s Session, now time.Time) bool {
	return now.Sub(s.CreatedAt) > h.cfg.SessionMax || now.Sub(s.ActedAt) > h.cfg.SessionIdle
}

// BeginSession logs in the first administrator, who has just set his password.
func (h *Hub) BeginSession(ctx context.Context, m Member, address, agent string) (string, error) {
	_, token, err := h.begin(ctx, m, address, agent)
	return token, err
}

// actEvery is how precisely the last act of a session is kept.
const actEvery = time.Minute

// Authenticate returns who holds a session token. acts tells whether a person
// did something, which keeps the session from falling idle.
func (h *Hub) Authenticate(ctx context.Context, token string, acts bool) (Member, error) {
	var m Member
	var s Session
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if s, err = tx.Session(tokenHash(token)); err != nil {
			return err
		}
		m, err = tx.Member(s.Member)
		return err
	})
	now := h.store.Now()
	switch {
	case err != nil:
		return Member{}, err
	case m.Disabled, h.over(s, now):
		return Member{}, ErrNotFound
	case !acts || now.Sub(s.ActedAt) < actEvery:
		return m, nil
	}
	err = h.store.Update(ctx, func(tx Writer) error {
		current, err := tx.Session(s.TokenHash)
		if err != nil {
			return err
		}
		current.ActedAt = now
		return tx.PutSession(current)
	})
	return m, err
}

// Logout ends a session.
func (h *Hub) Logout(ctx context.Context, by Actor, token string) error {
	return h.store.Update(ctx, func(tx Writer) error {
		if err := tx.DeleteSession(tokenHash(token)); err != nil {
			return err
		}
		return h.auditMember(tx, by, LoggedOut, by.Member.Login)
	})
}

// newToken returns 256 random bits for a cookie.
func newToken() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Passwords: the lengths follow OWASP ASVS 5.0.0, 6.2.1 and 6.2.9.
const (
	passwordShortest = 12
	passwordLongest  = 128
)

// guessable are the words of this product that people put into passwords.
var guessable = []string{"1022", "thanhhoa", "tongdai", "matkhau", "password", "123456", "qwerty", "abcdef", "iloveyou", "vietnam"}

// weakness tells what is wrong with a password, or "".
func weakness(password, login string) string {
	n := utf8.RuneCountInString(password)
	switch {
	case n < passwordShortest:
		return fmt.Sprintf("Mật khẩu cần ít nhất %d ký tự.", passwordShortest)
	case n > passwordLongest:
		return fmt.Sprintf("Mật khẩu dài nhất %d ký tự.", passwordLongest)
	}
	rest := strings.ToLower(password)
	for _, word := range append(guessable, login) {
		if word != "" {
			rest = strings.ReplaceAll(rest, word, "")
		}
	}
	// What is left once the guessable words are gone must be a password's worth.
	if distinct(rest) < 5 || utf8.RuneCountInString(rest) < passwordShortest-4 {
		return "Mật khẩu này dễ đoán; hãy dùng một câu dài của riêng anh/chị."
	}
	return ""
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
