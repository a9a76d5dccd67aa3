package inbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
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

// decoyHash makes an unknown name cost as much time as a known one.
var decoyHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(rand.Text(), hashing)
	if err != nil {
		panic(err) // only without a source of random numbers
	}
	return hash
})

// Credentials are what a member logs in with.
type Credentials struct {
	Login, Password string
	Code            string // of the second factor, or a recovery code; empty: not asked for yet
}

// Login checks a password and begins a session. The token is given once and
// never kept. Errors are ErrLogin and ErrLocked; and of who has a second factor
// ErrSecondFactor while there is no code, and ErrCode where it is wrong. Each call
// counts as a try until one is right.
func (h *Hub) Login(ctx context.Context, given Credentials, address, agent string) (Member, string, error) {
	login, password := strings.ToLower(strings.TrimSpace(given.Login)), given.Password
	m, err := h.countTry(ctx, login)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Member{}, "", err
	}
	known := err == nil
	open := known && m.PasswordHash != "" // else invited, and not come yet
	if !open {
		m.PasswordHash = decoyHash()
	}
	right, err := argon2id.ComparePasswordAndHash(password, m.PasswordHash)
	if err != nil {
		return Member{}, "", err
	}
	if !open || m.Disabled || !right {
		if !known {
			login = "" // what was typed may be a password in the wrong field
		}
		return Member{}, "", errors.Join(ErrLogin, h.store.Update(ctx, func(tx Writer) error {
			return h.auditMember(tx, Actor{Address: address}, LoginRefused, login)
		}))
	}
	count, err := h.pass(ctx, m.ID, given.Code)
	if errors.Is(err, ErrCode) {
		return Member{}, "", errors.Join(err, h.store.Update(ctx, func(tx Writer) error {
			return h.auditMemberAs(tx, Actor{Address: address}, LoginRefused, login, "second factor")
		}))
	}
	if err != nil {
		return Member{}, "", err
	}
	return h.begin(ctx, m, count, address, agent)
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
// password, in the meantime. count uses up the code of the second factor.
func (h *Hub) begin(ctx context.Context, m Member, count func(Writer) error, address, agent string) (Member, string, error) {
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
		if err := count(tx); err != nil {
			return err
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
			TokenHash: tokenHash(token), Member: m.ID, CreatedAt: now, ActedAt: now, ProvedAt: now, Address: address, Agent: agent,
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

// BeginSession logs in a member who has just set a password: the first
// administrator, or who was invited. ErrSecondFactor where that is not enough.
func (h *Hub) BeginSession(ctx context.Context, m Member, address, agent string) (string, error) {
	count, err := h.pass(ctx, m.ID, "")
	if err != nil {
		return "", err
	}
	_, token, err := h.begin(ctx, m, count, address, agent)
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
