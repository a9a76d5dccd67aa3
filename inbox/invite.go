package inbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
)

// inviteLasts is how long an invitation holds.
const inviteLasts = 72 * time.Hour

// Invitation lets a member set a password, once. What opens it is given to whoever
// invites, and never kept.
type Invitation struct {
	Hash   string    `json:"hash"` // SHA-256, hex
	By     MemberID  `json:"by,omitempty"`
	MadeAt time.Time `json:"made"`
	Ends   time.Time `json:"ends"`
}

// Invitations are kept under the member's id: a new one ends the one before.
const Invitations Shelf[Invitation] = "invitation"

// Invited is a member with what opens his invitation.
type Invited struct {
	Member Member
	Token  string // the end of the link; shown once
	Ends   time.Time
}

// errInvitation is said of whatever opens nothing, so that nobody learns which
// accounts there are.
var errInvitation = &Refusal{Kind: ErrNotFound, Message: "Liên kết này không còn dùng được. Anh/chị nhờ quản trị viên gửi liên kết mới."}

// AddInvited makes an account without a password, and its invitation.
func (h *Hub) AddInvited(ctx context.Context, by Actor, n NewMember) (Invited, error) {
	if !by.May(ManageMembers) {
		return Invited{}, ErrForbidden
	}
	n = n.tidy()
	if problems := h.problems(n); len(problems) > 0 {
		return Invited{}, problems
	}
	m, secret := h.memberOf(n), newToken()
	var out Invited
	err := h.store.Update(ctx, func(tx Writer) (err error) {
		if err := h.enlist(tx, by, m); err != nil {
			return err
		}
		out, err = h.invite(tx, by, m, secret)
		return err
	})
	return out, err
}

// Invite gives a member a fresh invitation. It ends the old password and all
// sessions: it is also how a forgotten password is replaced.
func (h *Hub) Invite(ctx context.Context, by Actor, id MemberID) (Invited, error) {
	if !by.May(ManageMembers) {
		return Invited{}, ErrForbidden
	}
	if id == by.Member.ID {
		return Invited{}, conflict("Anh/chị đổi mật khẩu của mình ở trang Đổi mật khẩu.")
	}
	var out Invited
	secret := newToken()
	err := h.store.Update(ctx, func(tx Writer) error {
		m, err := tx.Member(id)
		if err != nil {
			return err
		}
		if m.Disabled {
			return conflict("Tài khoản này đang khóa; hãy mở lại trước khi gửi lời mời.")
		}
		m.PasswordHash, m.MustChange, m.Failures, m.LockedUntil = "", false, 0, time.Time{}
		if err := errors.Join(tx.PutMember(m), endSessions(tx, m.ID, "")); err != nil {
			return err
		}
		out, err = h.invite(tx, by, m, secret)
		return err
	})
	return out, err
}

func (h *Hub) invite(tx Writer, by Actor, m Member, secret string) (Invited, error) {
	kept, err := Invitations.Get(tx, string(m.ID))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Invited{}, err
	}
	now := h.store.Now()
	kept.ID, kept.Value = string(m.ID), Invitation{Hash: tokenHash(secret), By: by.Member.ID, MadeAt: now, Ends: now.Add(inviteLasts)}
	if _, err := Invitations.Put(tx, kept); err != nil {
		return Invited{}, err
	}
	return Invited{Member: m, Token: string(m.ID) + "." + secret, Ends: kept.Value.Ends}, h.auditMember(tx, by, MemberInvited, m.Login)
}

// invited returns whom a token invites.
func (h *Hub) invited(tx Reader, token string) (Member, error) {
	id, secret, _ := strings.Cut(token, ".")
	kept, err := Invitations.Get(tx, id)
	if errors.Is(err, ErrNotFound) {
		return Member{}, errInvitation
	}
	if err != nil {
		return Member{}, err
	}
	right := subtle.ConstantTimeCompare([]byte(kept.Value.Hash), []byte(tokenHash(secret))) == 1
	if !right || !h.store.Now().Before(kept.Value.Ends) {
		return Member{}, errInvitation
	}
	m, err := tx.Member(MemberID(id))
	if err == nil && m.Disabled {
		err = errInvitation
	}
	return m, err
}

// SeeInvitation tells the invited as whom he is invited.
func (h *Hub) SeeInvitation(ctx context.Context, token string) (m Member, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		m, err = h.invited(tx, token)
		return err
	})
	return m, err
}

// AcceptInvitation sets the password of the invited and ends the invitation.
func (h *Hub) AcceptInvitation(ctx context.Context, token, password, address string) (Member, error) {
	m, err := h.SeeInvitation(ctx, token) // before the hashing, which costs
	if err != nil {
		return Member{}, err
	}
	if weak := weakness(password, m.Login); weak != "" {
		return Member{}, Invalid{{"password", weak}}
	}
	hash, err := argon2id.CreateHash(password, hashing)
	if err != nil {
		return Member{}, err
	}
	err = h.store.Update(ctx, func(tx Writer) error {
		if m, err = h.invited(tx, token); err != nil { // of two at once, one
			return err
		}
		m.PasswordHash, m.MustChange, m.Failures, m.LockedUntil = hash, false, 0, time.Time{}
		if err := errors.Join(tx.PutMember(m), Invitations.Delete(tx, string(m.ID)), endSessions(tx, m.ID, "")); err != nil {
			return err
		}
		return h.auditMember(tx, Actor{Member: m, Address: address}, MemberJoined, m.Login)
	})
	return m, err
}
