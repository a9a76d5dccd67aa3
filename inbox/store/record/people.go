package record

import (
	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb"
)

// Codecs of people: those who write, and those who answer.
var (
	Contacts   = codec(keepContact, contact.domain)
	Identities = codec(keepIdentity, identity.domain)
	Members    = codec(keepMember, member.domain)
	Sessions   = codec(keepSession, session.domain)
	Secrets    = codec(keepSecret, secret.domain)
)

type contact struct {
	ID         inbox.ContactID  `json:"id"`
	Name       string           `json:"name,omitempty"`
	NamedBy    inbox.AuthorKind `json:"by,omitempty"`
	Phone      string           `json:"phone,omitempty"`
	Email      string           `json:"email,omitempty"`
	Language   string           `json:"lang,omitempty"`
	CreatedAt  stamp            `json:"at,omitempty"`
	ProfileDue stamp            `json:"ask,omitempty"`
	Merged     inbox.ContactID  `json:"same,omitempty"`
}

func keepContact(c inbox.Contact) contact {
	return contact{
		ID: c.ID, Name: c.Name, NamedBy: c.NamedBy, Phone: c.Phone, Email: c.Email, Language: c.Language,
		CreatedAt: keepTime(c.CreatedAt), ProfileDue: keepTime(c.ProfileDue), Merged: c.Merged,
	}
}

func (s contact) domain() inbox.Contact {
	return inbox.Contact{
		ID: s.ID, Name: s.Name, NamedBy: s.NamedBy, Phone: s.Phone, Email: s.Email, Language: s.Language,
		CreatedAt: s.CreatedAt.time(), ProfileDue: s.ProfileDue.time(), Merged: s.Merged,
	}
}

type identity struct {
	Channel connectors.ChannelID `json:"chan"`
	Remote  connectors.RemoteID  `json:"rem"`
	Contact inbox.ContactID      `json:"contact"`
}

func keepIdentity(i inbox.Identity) identity { return identity(i) }

func (s identity) domain() inbox.Identity { return inbox.Identity(s) }

type member struct {
	ID           inbox.MemberID    `json:"id"`
	Login        string            `json:"login"`
	Name         string            `json:"name,omitempty"`
	Role         inbox.Role        `json:"role,omitempty"`
	Departments  []kb.DepartmentID `json:"deps,omitempty"`
	PasswordHash string            `json:"pass,omitempty"`
	Phone        string            `json:"phone,omitempty"`
	Email        string            `json:"mail,omitempty"`
	Disabled     bool              `json:"off,omitempty"`
	MustChange   bool              `json:"must,omitempty"`
	Failures     int               `json:"fails,omitempty"`
	LockedUntil  stamp             `json:"locked,omitempty"`
	CreatedAt    stamp             `json:"at,omitempty"`
}

func keepMember(m inbox.Member) member {
	return member{
		ID: m.ID, Login: m.Login, Name: m.Name, Role: m.Role, Departments: m.Departments, Phone: m.Phone, Email: m.Email,
		PasswordHash: m.PasswordHash, Disabled: m.Disabled, MustChange: m.MustChange, Failures: m.Failures,
		LockedUntil: keepTime(m.LockedUntil), CreatedAt: keepTime(m.CreatedAt),
	}
}

func (s member) domain() inbox.Member {
	return inbox.Member{
		ID: s.ID, Login: s.Login, Name: s.Name, Role: s.Role, Departments: s.Departments, Phone: s.Phone, Email: s.Email,
		PasswordHash: s.PasswordHash, Disabled: s.Disabled, MustChange: s.MustChange, Failures: s.Failures,
		LockedUntil: s.LockedUntil.time(), CreatedAt: s.CreatedAt.time(),
	}
}

type session struct {
	TokenHash string         `json:"hash"`
	Member    inbox.MemberID `json:"mem"`
	CreatedAt stamp          `json:"at,omitempty"`
	ActedAt   stamp          `json:"acted,omitempty"`
	ProvedAt  stamp          `json:"proved,omitempty"`
	Address   string         `json:"addr,omitempty"`
	Agent     string         `json:"agent,omitempty"`
}

func keepSession(v inbox.Session) session {
	return session{
		TokenHash: v.TokenHash, Member: v.Member, CreatedAt: keepTime(v.CreatedAt),
		ActedAt: keepTime(v.ActedAt), ProvedAt: keepTime(v.ProvedAt), Address: v.Address, Agent: v.Agent,
	}
}

func (s session) domain() inbox.Session {
	return inbox.Session{
		TokenHash: s.TokenHash, Member: s.Member, CreatedAt: s.CreatedAt.time(),
		ActedAt: s.ActedAt.time(), ProvedAt: s.ProvedAt.time(), Address: s.Address, Agent: s.Agent,
	}
}

type secret struct {
	Name    string `json:"name"`
	Sealed  []byte `json:"sealed,omitempty"`
	Version uint64 `json:"v"`
	SavedAt stamp  `json:"at,omitempty"`
}

func keepSecret(v inbox.Secret) secret {
	return secret{Name: v.Name, Sealed: v.Sealed, Version: v.Version, SavedAt: keepTime(v.SavedAt)}
}

func (s secret) domain() inbox.Secret {
	return inbox.Secret{Name: s.Name, Sealed: s.Sealed, Version: s.Version, SavedAt: s.SavedAt.time()}
}
