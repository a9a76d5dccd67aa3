package bolt

import (
	"bytes"
	"errors"
	"fmt"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Contact(id inbox.ContactID) (inbox.Contact, error) {
	c, found, err := read(t.trees, contacts, []byte(id), record.Contacts)
	if err == nil && !found {
		err = notFound("contact", id)
	}
	return c, err
}

func (t *tx) PutContact(c inbox.Contact) error {
	return write(t, contacts, []byte(c.ID), c, record.Contacts)
}

func identityKey(channel connectors.ChannelID, remote connectors.RemoteID) []byte {
	return record.Key(string(channel), string(remote))
}

func (t *tx) ContactOf(channel connectors.ChannelID, remote connectors.RemoteID) (inbox.Contact, error) {
	i, found, err := read(t.trees, identities, identityKey(channel, remote), record.Identities)
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

func (t *tx) PutIdentity(i inbox.Identity) error {
	key := identityKey(i.Channel, i.Remote)
	old, found, err := read(t.trees, identities, key, record.Identities)
	if err != nil && !left(err) {
		return err
	}
	if found && old.Contact != i.Contact && t.readable(old.Contact) {
		return fmt.Errorf("an identity on channel %s belongs to contact %s: %w", i.Channel, old.Contact, inbox.ErrConflict)
	}
	return write(t, identities, key, i, record.Identities)
}

// readable reports whether a contact can be told from others: an identity whose
// contact is damaged goes to a new one.
func (t *tx) readable(id inbox.ContactID) bool {
	_, err := t.Contact(id)
	return !left(err)
}

func (t *tx) Member(id inbox.MemberID) (inbox.Member, error) {
	m, found, err := read(t.trees, members, []byte(id), record.Members)
	if err == nil && !found {
		err = notFound("member", id)
	}
	return m, err
}

func (t *tx) MemberByLogin(login string) (inbox.Member, error) {
	var id []byte
	if login != "" {
		id = t.tree(membersByLogin).Get([]byte(login))
	}
	if id == nil {
		return inbox.Member{}, fmt.Errorf("member with that login: %w", inbox.ErrNotFound)
	}
	m, err := t.Member(inbox.MemberID(id))
	if errors.Is(err, inbox.ErrNotFound) || err == nil && m.Login != login {
		return inbox.Member{}, t.damaged(membersByLogin, []byte(login), errNoRecord)
	}
	return m, err
}

func (t *tx) Members() ([]inbox.Member, error) {
	var all []inbox.Member
	cursor := t.tree(membersByLogin).Cursor()
	for login, id := cursor.First(); login != nil; login, id = cursor.Next() {
		m, err := t.Member(inbox.MemberID(id))
		if errors.Is(err, inbox.ErrNotFound) {
			err = t.damaged(membersByLogin, login, errNoRecord)
		}
		if left(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("among the logins: %w", err)
		}
		all = append(all, m)
	}
	return all, nil
}

func (t *tx) PutMember(m inbox.Member) error {
	if m.ID == "" || m.Login == "" {
		return fmt.Errorf("member: %w", errNoName)
	}
	if owner := t.tree(membersByLogin).Get([]byte(m.Login)); owner != nil && inbox.MemberID(owner) != m.ID {
		return fmt.Errorf("another member has the login: %w", inbox.ErrConflict)
	}
	old, found, err := read(t.trees, members, []byte(m.ID), record.Members)
	if err != nil {
		return err
	}
	if found && old.Login != m.Login {
		if err := t.delete(membersByLogin, []byte(old.Login)); err != nil {
			return err
		}
	}
	if err := t.put(membersByLogin, []byte(m.Login), []byte(m.ID)); err != nil {
		return err
	}
	return write(t, members, []byte(m.ID), m, record.Members)
}

func (t *tx) Session(tokenHash string) (inbox.Session, error) {
	s, found, err := read(t.trees, sessions, []byte(tokenHash), record.Sessions)
	if err == nil && !found {
		err = fmt.Errorf("session: %w", inbox.ErrNotFound)
	}
	return s, err
}

func (t *tx) Sessions(of inbox.MemberID) ([]inbox.Session, error) {
	var found []inbox.Session
	prefix := prefixOf(string(of))
	cursor := t.tree(sessionsByMember).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = cursor.Next() {
		s, err := t.Session(string(key[len(prefix):]))
		if errors.Is(err, inbox.ErrNotFound) {
			err = t.damaged(sessionsByMember, key, errNoRecord)
		}
		if left(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("of member %s: %w", of, err)
		}
		found = append(found, s)
	}
	return found, nil
}

func (t *tx) PutSession(s inbox.Session) error {
	if err := t.DeleteSession(s.TokenHash); err != nil {
		return err
	}
	if err := t.put(sessionsByMember, textKey(string(s.Member), s.TokenHash), nil); err != nil {
		return err
	}
	return write(t, sessions, []byte(s.TokenHash), s, record.Sessions)
}

func (t *tx) DeleteSession(tokenHash string) error {
	old, found, err := read(t.trees, sessions, []byte(tokenHash), record.Sessions)
	if err != nil || !found {
		return err
	}
	if err := t.delete(sessionsByMember, textKey(string(old.Member), tokenHash)); err != nil {
		return err
	}
	return t.delete(sessions, []byte(tokenHash))
}

func (t *tx) Secret(name string) (inbox.Secret, error) {
	s, found, err := read(t.trees, secrets, []byte(name), record.Secrets)
	if err == nil && !found {
		err = notFound("secret", name)
	}
	return s, err
}

func (t *tx) PutSecret(s inbox.Secret) (inbox.Secret, error) {
	old, _, err := read(t.trees, secrets, []byte(s.Name), record.Secrets)
	if err != nil {
		return s, err
	}
	if s.Version != old.Version {
		return s, fmt.Errorf("secret %s: version %d is stored, not %d: %w", s.Name, old.Version, s.Version, inbox.ErrConflict)
	}
	s.Version++
	return s, write(t, secrets, []byte(s.Name), s, record.Secrets)
}
