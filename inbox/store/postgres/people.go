package postgres

import (
	"errors"
	"fmt"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Contact(id inbox.ContactID) (inbox.Contact, error) {
	c, found, err := read(t, contacts, string(id), record.Contacts)
	if err == nil && !found {
		err = notFound("contact", id)
	}
	return c, err
}

func (t *tx) PutContact(c inbox.Contact) error {
	return put(t, t.blind(contacts, string(c.ID)), c, record.Contacts)
}

func identityID(channel connectors.ChannelID, remote connectors.RemoteID) string {
	return string(joined(string(channel), string(remote)))
}

func (t *tx) ContactOf(channel connectors.ChannelID, remote connectors.RemoteID) (inbox.Contact, error) {
	i, found, err := t.identity(identityID(channel, remote))
	if left(err) || err == nil && !found {
		return inbox.Contact{}, notFound("identity on channel", channel)
	}
	if err != nil {
		return inbox.Contact{}, err
	}
	c, err := t.Contact(i.Contact)
	if left(err) {
		// Who they were is lost until it is restored; what they say now is not.
		err = notFound("identity on channel", channel)
	}
	return c, err
}

// identity reads an identity, and in the same question its contact, which
// whoever asks wants to know next.
func (t *tx) identity(id string) (i inbox.Identity, found bool, err error) {
	if !t.knows(identities, id) {
		err := t.loadWith(identities, id, contacts, `SELECT i.xmin, i.record, c.id, c.xmin, c.record
			FROM identity i LEFT JOIN contact c ON c.id = i.contact WHERE i.id = $1`)
		if err != nil {
			return i, false, err
		}
	}
	return read(t, identities, id, record.Identities)
}

func (t *tx) PutIdentity(i inbox.Identity) error {
	id := identityID(i.Channel, i.Remote)
	old, found, err := t.identity(id)
	if err != nil && !left(err) {
		return err
	}
	if found && old.Contact != i.Contact && t.readable(old.Contact) {
		return fmt.Errorf("an identity on channel %s belongs to contact %s: %w", i.Channel, old.Contact, inbox.ErrConflict)
	}
	return put(t, t.rows[rowID{identities, id}], i, record.Identities, []byte(i.Contact))
}

// readable reports whether a contact can be told from others: an identity whose
// contact is damaged goes to a new one.
func (t *tx) readable(id inbox.ContactID) bool {
	_, err := t.Contact(id)
	return !left(err)
}

func (t *tx) Member(id inbox.MemberID) (inbox.Member, error) {
	m, found, err := read(t, members, string(id), record.Members)
	if err == nil && !found {
		err = notFound("member", id)
	}
	return m, err
}

func (t *tx) MemberByLogin(login string) (inbox.Member, error) {
	if err := t.reread(members); err != nil {
		return inbox.Member{}, err
	}
	m, found, err := one(t, members, "SELECT id, xmin, record FROM member WHERE login = $1", []byte(login), record.Members)
	if err == nil && !found {
		err = fmt.Errorf("member with that login: %w", inbox.ErrNotFound)
	}
	return m, err
}

func (t *tx) Members() ([]inbox.Member, error) {
	if err := t.reread(members); err != nil {
		return nil, err
	}
	return paged(t, members, "SELECT id, xmin, record FROM member ORDER BY login", nil, 0, record.Members)
}

func (t *tx) PutMember(m inbox.Member) error {
	if m.ID == "" || m.Login == "" {
		return fmt.Errorf("member: %w", errNoName)
	}
	owner, err := t.MemberByLogin(m.Login)
	if err == nil && owner.ID != m.ID {
		return fmt.Errorf("another member has the login: %w", inbox.ErrConflict)
	}
	if err != nil && !errors.Is(err, inbox.ErrNotFound) {
		return err
	}
	r, err := t.load(members, string(m.ID))
	if err != nil {
		return err
	}
	return put(t, r, m, record.Members, []byte(m.Login))
}

func (t *tx) Session(tokenHash string) (inbox.Session, error) {
	s, found, err := read(t, sessions, tokenHash, record.Sessions)
	if err == nil && !found {
		err = fmt.Errorf("session: %w", inbox.ErrNotFound)
	}
	return s, err
}

func (t *tx) Sessions(of inbox.MemberID) ([]inbox.Session, error) {
	if err := t.reread(sessions); err != nil {
		return nil, err
	}
	return paged(t, sessions, "SELECT id, xmin, record FROM session WHERE member = $1 ORDER BY id", []any{[]byte(of)}, 0, record.Sessions)
}

func (t *tx) PutSession(s inbox.Session) error {
	r, err := t.load(sessions, s.TokenHash)
	if err != nil {
		return err
	}
	return put(t, r, s, record.Sessions, []byte(s.Member))
}

func (t *tx) DeleteSession(tokenHash string) error { return t.remove(sessions, tokenHash) }

func (t *tx) Secret(name string) (inbox.Secret, error) {
	s, found, err := read(t, secrets, name, record.Secrets)
	if err == nil && !found {
		err = notFound("secret", name)
	}
	return s, err
}

func (t *tx) PutSecret(s inbox.Secret) (inbox.Secret, error) {
	old, _, err := read(t, secrets, s.Name, record.Secrets)
	if err != nil {
		return s, err
	}
	if s.Version != old.Version {
		return s, fmt.Errorf("secret %s: version %d is stored, not %d: %w", s.Name, old.Version, s.Version, inbox.ErrConflict)
	}
	s.Version++
	return s, put(t, t.rows[rowID{secrets, s.Name}], s, record.Secrets)
}
