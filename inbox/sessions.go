package inbox

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/alexedwards/argon2id"
)

// SessionSeen is a session as people see it.
type SessionSeen struct {
	ID        string // names it; it is no token, and opens nothing
	CreatedAt time.Time
	ActedAt   time.Time
	Address   string
	Agent     string // of the browser
	Current   bool   // it is the one that asks
}

// sessionID names a session by a part of its token's hash.
func sessionID(s Session) string { return s.TokenHash[:min(len(s.TokenHash), 24)] }

// mayEnd reports whether by may look at the sessions of a member and end them.
func (a Actor) mayEnd(of MemberID) bool {
	if of == a.Member.ID {
		return a.grant == nil && a.May(KeepAccount)
	}
	return a.May(ManageMembers)
}

// Sessions lists where a member is logged in, the last used first: one's own, or
// as an administrator anybody's. token is that of the session that asks.
func (h *Hub) Sessions(ctx context.Context, by Actor, of MemberID, token string) ([]SessionSeen, error) {
	if !by.mayEnd(of) {
		return nil, ErrForbidden
	}
	var out []SessionSeen
	err := h.store.View(ctx, func(tx Reader) error {
		if _, err := tx.Member(of); err != nil {
			return err
		}
		all, err := tx.Sessions(of)
		out = nil
		for _, s := range all {
			if h.over(s, h.store.Now()) {
				continue
			}
			out = append(out, SessionSeen{
				ID: sessionID(s), CreatedAt: s.CreatedAt, ActedAt: s.ActedAt, Address: s.Address, Agent: s.Agent,
				Current: token != "" && s.TokenHash == tokenHash(token),
			})
		}
		return err
	})
	slices.SortFunc(out, func(a, b SessionSeen) int { return cmp.Or(b.ActedAt.Compare(a.ActedAt), cmp.Compare(a.ID, b.ID)) })
	return out, err
}

// EndSession ends one session of a member. What streams to it ends within seconds.
func (h *Hub) EndSession(ctx context.Context, by Actor, of MemberID, id string) error {
	return h.endWhich(ctx, by, of, func(s Session) bool { return sessionID(s) == id }, true)
}

// EndSessions ends all sessions of a member but the one of token.
func (h *Hub) EndSessions(ctx context.Context, by Actor, of MemberID, token string) error {
	return h.endWhich(ctx, by, of, func(s Session) bool { return s.TokenHash != tokenHash(token) }, false)
}

func (h *Hub) endWhich(ctx context.Context, by Actor, of MemberID, which func(Session) bool, must bool) error {
	if !by.mayEnd(of) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		m, err := tx.Member(of)
		if err != nil {
			return err
		}
		all, err := tx.Sessions(of)
		if err != nil {
			return err
		}
		ended := slices.DeleteFunc(all, func(s Session) bool { return !which(s) })
		for _, s := range ended {
			if err := tx.DeleteSession(s.TokenHash); err != nil {
				return err
			}
		}
		switch {
		case len(ended) == 0 && must:
			return ErrNotFound
		case len(ended) == 0:
			return nil
		}
		return h.auditMember(tx, by, SessionsEnded, m.Login)
	})
}

// provedFor is how long a password that was given counts for what needs a fresh one.
const provedFor = 10 * time.Minute

// ProvedLately reports whether the member has given the password in that session a
// short while ago, so that whoever finds an open browser changes no rights with it.
func (h *Hub) ProvedLately(ctx context.Context, token string) (lately bool, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		s, err := tx.Session(tokenHash(token))
		lately = h.store.Now().Sub(s.ProvedAt) < provedFor
		return err
	})
	return lately, err
}

// Prove takes the member's password again. Wrong ones count as at the login.
func (h *Hub) Prove(ctx context.Context, by Actor, token, password string) error {
	if by.grant != nil || !by.May(KeepAccount) {
		return ErrForbidden
	}
	m, err := h.countTry(ctx, by.Member.Login)
	if err != nil {
		return err
	}
	right, err := argon2id.ComparePasswordAndHash(password, m.PasswordHash)
	if err != nil {
		return err
	}
	if !right {
		return Invalid{{"password", "Mật khẩu không đúng."}}
	}
	return h.store.Update(ctx, func(tx Writer) error {
		current, err := tx.Member(m.ID)
		if err != nil {
			return err
		}
		s, err := tx.Session(tokenHash(token))
		if err != nil {
			return err
		}
		current.Failures, current.LockedUntil = 0, time.Time{}
		s.ProvedAt = h.store.Now()
		if err := tx.PutMember(current); err != nil {
			return err
		}
		return tx.PutSession(s)
	})
}
