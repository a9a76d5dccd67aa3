package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// hashing follows the OWASP password storage cheat sheet: 19 MiB, two passes.
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// ResetPassword gives a member a new password, opens a locked account and ends
// its sessions. The member must change the password at the next login.
func (h *Hub) ResetPassword(ctx context.Context, by Actor, login, password string) error {
	if !by.May(ManageMembers) {
		return ErrForbidden
	}
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
		if err := errors.Join(endSessions(tx, m.ID, keep), Invitations.Delete(tx, string(m.ID))); err != nil {
			return err
		}
		return h.auditMember(tx, by, PasswordSet, m.Login)
	})
}

// endSessions ends the sessions of a member but the one to keep, if any. What
// streams to them ends within seconds, as their pages look again.
func endSessions(tx Writer, of MemberID, keep string) error {
	sessions, err := tx.Sessions(of)
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
	return nil
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
