package inbox

import (
	"time"

	"tongdai/kb"
)

// Role is what a Member may do in general; see policy.go.
type Role string

// The roles.
const (
	Admin      Role = "admin"
	Supervisor Role = "supervisor"
	Operator   Role = "operator"
	Staff      Role = "staff"  // of a department: sees only what is his department's
	Viewer     Role = "viewer" // reads and changes nothing
)

// Roles are all roles, from the widest rights to the narrowest.
var Roles = []Role{Admin, Supervisor, Operator, Staff, Viewer}

// Member is a person with an account.
type Member struct {
	ID           MemberID
	Login        string // lower case, unique
	Name         string
	Role         Role
	Departments  []kb.DepartmentID
	Phone        string // of the member, for colleagues; empty: not told
	Email        string
	PasswordHash string // argon2id, in its encoded form; empty: invited, and not come yet
	Disabled     bool
	MustChange   bool // the password was given by somebody else
	Failures     int  // wrong passwords since the last right one
	LockedUntil  time.Time
	CreatedAt    time.Time
}

// Session is a Member's login in one browser. The token itself is never kept.
type Session struct {
	TokenHash string // SHA-256, hex
	Member    MemberID
	CreatedAt time.Time
	ActedAt   time.Time // the last act of a person; live updates are none
	ProvedAt  time.Time // the password was last given
	Address   string
	Agent     string
}
