package inbox

import (
	"slices"
	"time"

	"tongdai/kb"
)

// Token lets a program act through the API: with the operations that its maker
// named, within what its maker may do himself. The token itself is shown once
// and never kept.
type Token struct {
	Name        string            `json:"name"`
	Hash        string            `json:"hash"` // SHA-256, hex
	Scope       []Operation       `json:"scope"`
	Departments []kb.DepartmentID `json:"deps,omitempty"` // only what is these departments'; none: no limit
	By          MemberID          `json:"by"`
	MadeAt      time.Time         `json:"made"`
	Ends        time.Time         `json:"ends"`
	RevokedAt   time.Time         `json:"revoked,omitzero"`
	UsedOn      string            `json:"used,omitempty"` // the last day in Vietnam, "2026-11-22"
}

// Tokens are all API tokens under their ids, the revoked ones too.
const Tokens Shelf[Token] = "token"

// grant is what a token allows of its maker's rights.
type grant struct {
	token  string // its id
	name   string
	scope  []Operation
	within bool // departments limit it: the actor's departments are those
}

// narrow is how far a right of the maker goes through the token. One that is
// limited to departments goes as far as their staff do: what staff may not do at
// all, it may not either.
func (g *grant) narrow(op Operation, r reach) reach {
	switch {
	case g == nil:
		return r
	case !slices.Contains(g.scope, op):
		return none
	case g.within:
		return min(r, rights[op][Staff])
	}
	return r
}

// grantable tells whether a token can be given op at all: what is a person's own,
// as his password is, no program gets.
func grantable(op Operation) bool {
	r := rights[op]
	return r != nil && r[Admin] > own
}
