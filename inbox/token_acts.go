package inbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// tokenPrefix tells people, and programs that look for leaked secrets, what it is.
const tokenPrefix = "tongdai_"

// tokenLongest is how far away the end of a token may be.
const tokenLongest = 366 * 24 * time.Hour

// NewToken is a token to be made.
type NewToken struct {
	Name        string
	Scope       []Operation
	Departments []kb.DepartmentID
	Ends        time.Time
}

// Grantable is an operation that a token can be given, in words for people.
type Grantable struct {
	Operation Operation
	Title     string
}

// GrantableOperations are all operations that tokens can be given, in the order
// of the policy.
func GrantableOperations() []Grantable {
	var out []Grantable
	for _, r := range policy {
		if grantable(r.op) {
			out = append(out, Grantable{r.op, r.title})
		}
	}
	return out
}

// MakeToken makes a token and returns what is shown once and never kept.
func (h *Hub) MakeToken(ctx context.Context, by Actor, n NewToken) (Kept[Token], string, error) {
	if !by.May(ManageTokens) || by.grant != nil { // no token makes another
		return Kept[Token]{}, "", ErrForbidden
	}
	now, secret := h.store.Now(), newToken()
	n.Name = strings.Join(strings.Fields(n.Name), " ")
	if problems := h.tokenProblems(by, n, now); len(problems) > 0 {
		return Kept[Token]{}, "", problems
	}
	slices.Sort(n.Scope)
	made := Kept[Token]{ID: newID(), Value: Token{
		Name: n.Name, Hash: tokenHash(secret), Scope: slices.Compact(n.Scope), Departments: n.Departments,
		By: by.Member.ID, MadeAt: now, Ends: n.Ends,
	}}
	err := h.store.Update(ctx, func(tx Writer) error {
		if _, err := Tokens.Put(tx, made); err != nil {
			return err
		}
		return h.auditMemberAs(tx, by, TokenMade, n.Name, tokenDetail(made.Value))
	})
	return made, tokenPrefix + made.ID + "_" + secret, err
}

// tokenDetail says what a token may, for the record.
func tokenDetail(t Token) string {
	detail := "scope " + joined(t.Scope) + ", ends " + t.Ends.In(sheet.Zone).Format(time.DateOnly)
	if len(t.Departments) > 0 {
		detail += ", departments " + joined(t.Departments)
	}
	return detail
}

func (h *Hub) tokenProblems(by Actor, n NewToken, now time.Time) (p Invalid) {
	if n.Name == "" || len([]rune(n.Name)) > nameLongest {
		p = append(p, Problem{"name", fmt.Sprintf("Hãy đặt tên cho khóa, không quá %d ký tự; ví dụ: Cổng dịch vụ công.", nameLongest)})
	}
	if len(n.Scope) == 0 {
		p = append(p, Problem{"scope", "Hãy chọn ít nhất một việc mà khóa được làm."})
	}
	for _, op := range n.Scope {
		if !grantable(op) || !by.May(op) {
			p = append(p, Problem{"scope", fmt.Sprintf("Không giao được việc %q cho khóa API.", op)})
		}
	}
	for _, d := range n.Departments {
		if h.directory.DepartmentName(d) == "" {
			p = append(p, Problem{"departments", fmt.Sprintf("Không có đơn vị %q trong danh mục.", d)})
		}
	}
	if !n.Ends.After(now) || n.Ends.Sub(now) > tokenLongest {
		p = append(p, Problem{"ends", "Ngày hết hạn phải ở tương lai và trong vòng một năm."})
	}
	return p
}

// TokenList are all tokens, the newest first.
func (h *Hub) TokenList(ctx context.Context, actor Actor) ([]Kept[Token], error) {
	if !actor.May(ManageTokens) {
		return nil, ErrForbidden
	}
	var out []Kept[Token]
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out, err = Tokens.List(tx, PaperQuery{Backward: true})
		return err
	})
	return out, err
}

// RevokeToken ends a token at once. One that has ended already stays as it is.
func (h *Hub) RevokeToken(ctx context.Context, by Actor, id string) error {
	if !by.May(ManageTokens) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		kept, err := Tokens.Get(tx, id)
		if err != nil || !kept.Value.RevokedAt.IsZero() {
			return err
		}
		kept.Value.RevokedAt = h.store.Now()
		if _, err := Tokens.Put(tx, kept); err != nil {
			return err
		}
		return h.auditMember(tx, by, TokenRevoked, kept.Value.Name)
	})
}

// AuthenticateToken returns who acts with a token: its maker, as far as the token
// goes. ErrNotFound for what was never given, has ended or was revoked, and
// whose maker may not work any more.
func (h *Hub) AuthenticateToken(ctx context.Context, token string) (Actor, error) {
	id, secret, ok := strings.Cut(strings.TrimPrefix(token, tokenPrefix), "_")
	if !ok || !strings.HasPrefix(token, tokenPrefix) {
		return Actor{}, ErrNotFound
	}
	var kept Kept[Token]
	var maker Member
	if err := h.store.View(ctx, func(tx Reader) (err error) {
		if kept, err = Tokens.Get(tx, id); err != nil {
			return err
		}
		maker, err = tx.Member(kept.Value.By)
		return err
	}); err != nil {
		return Actor{}, err
	}
	t, now := kept.Value, h.store.Now()
	right := subtle.ConstantTimeCompare([]byte(t.Hash), []byte(tokenHash(secret))) == 1
	if !right || !t.RevokedAt.IsZero() || !now.Before(t.Ends) || maker.Disabled {
		return Actor{}, ErrNotFound
	}
	return Actor{Member: t.holder(maker), grant: &grant{token: id, name: t.Name, scope: t.Scope, within: len(t.Departments) > 0}}, h.noteUse(ctx, kept, now)
}

// holder is the maker as the token lets him appear: under its name, and in its
// departments.
func (t Token) holder(maker Member) Member {
	maker.Name, maker.MustChange = t.Name+" (khóa API)", false
	if len(t.Departments) == 0 {
		return maker
	}
	within := t.Departments
	if maker.Role == Staff {
		within = slices.DeleteFunc(slices.Clone(within), func(d kb.DepartmentID) bool { return !slices.Contains(maker.Departments, d) })
	}
	maker.Departments = within
	return maker
}

// noteUse keeps the day a token was last used on.
func (h *Hub) noteUse(ctx context.Context, kept Kept[Token], now time.Time) error {
	day := now.In(sheet.Zone).Format(time.DateOnly)
	if kept.Value.UsedOn == day {
		return nil
	}
	err := h.store.Update(ctx, func(tx Writer) error {
		current, err := Tokens.Get(tx, kept.ID)
		if err != nil || current.Value.UsedOn == day {
			return err
		}
		current.Value.UsedOn = day
		_, err = Tokens.Put(tx, current)
		return err
	})
	if errors.Is(err, ErrConflict) { // another of its requests was first
		return nil
	}
	return err
}

// From is a with the address a request came from. The record of what a program
// does names its token there.
func (a Actor) From(address string) Actor {
	a.Address = address
	if a.grant != nil {
		a.Address = strings.TrimSpace(address + tokenMark + a.grant.name)
	}
	return a
}

// tokenMark stands before the name of a token in the address of a record.
const tokenMark = " · khóa API: "

// by reports whether the act on record was done by the same hands: the member's
// own, or the same token's.
func (a Actor) by(row Audit) bool {
	_, name, program := strings.Cut(row.Address, tokenMark)
	return program == (a.grant != nil) && (!program || name == a.grant.name)
}
