package postgres

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Conversation(id inbox.ConversationID) (inbox.Conversation, error) {
	c, found, err := t.conversation(id)
	if err == nil && !found {
		err = notFound("conversation", id)
	}
	return c, err
}

// conversation decodes a conversation once for each function.
func (t *tx) conversation(id inbox.ConversationID) (inbox.Conversation, bool, error) {
	if t.wanted != nil {
		if m := t.matters[id]; m != nil {
			return m.now, true, nil
		}
		waited, err := t.run.queueFor(t, id)
		if err != nil {
			return inbox.Conversation{}, false, err
		}
		if rid := (rowID{conversations, string(id)}); waited && t.rows[rid] != nil && !t.rows[rid].dirty {
			delete(t.rows, rid) // what was read before the wait is old
		}
	}
	c, found, err := read(t, conversations, string(id), record.Conversations)
	if found && t.wanted != nil {
		t.matters[id] = newMatter(c)
	}
	return c, found, err
}

// Prefetch brings rows by one question for each table.
func (t *tx) Prefetch(of []inbox.ConversationID, said []inbox.MessageID) error {
	if err := prefetch(t, conversations, of); err != nil {
		return err
	}
	var people []inbox.ContactID
	for _, id := range of {
		c, found, err := read(t, conversations, string(id), record.Conversations)
		if err != nil && !left(err) {
			return err
		}
		if found {
			people = append(people, c.Contact)
		}
	}
	return errors.Join(prefetch(t, contacts, people), prefetch(t, messages, said))
}

func prefetch[I ~string](t *tx, tb *table, of []I) error {
	var ids [][]byte
	for _, id := range of {
		if !t.knows(tb, string(id)) {
			ids = append(ids, []byte(id))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	err := t.query(tb.readMany, []any{ids}, func(rows pgx.Rows) error {
		var id, value []byte
		var rev uint32
		if err := rows.Scan(&id, &rev, &value); err != nil {
			return err
		}
		t.brought(tb, id, rev, value)
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids { // what is not there need not be asked for again
		t.keep(&row{rowID: rowID{tb, string(id)}, checked: true})
	}
	return nil
}

func (t *tx) ConversationByCode(code string) (inbox.Conversation, error) {
	if err := t.reread(conversations); err != nil {
		return inbox.Conversation{}, err
	}
	c, found, err := one(t, conversations, "SELECT id, xmin, record FROM conversation WHERE code = $1", []byte(code), record.Conversations)
	if err == nil && !found {
		err = notFound("conversation code", code)
	}
	return c, err
}

func (t *tx) PutConversation(c inbox.Conversation) (inbox.Conversation, error) {
	old, found, err := t.stored(c)
	if err != nil {
		return c, err
	}
	if c.Version != old.Version {
		return c, fmt.Errorf("conversation %s: version %d is stored, not %d: %w", c.ID, old.Version, c.Version, inbox.ErrConflict)
	}
	if err := t.ownCode(old, c); err != nil {
		return c, err
	}
	c.Version++
	kept := record.Conversations.AsKept(c)
	if !found {
		t.matters[c.ID] = &matter{}
	}
	m := t.matters[c.ID]
	if err := t.place(c.ID, m.stands, inbox.Placements(kept)); err != nil {
		return c, err
	}
	var code []byte // NULL when empty
	if c.Code != "" {
		code = []byte(c.Code)
	}
	if err := put(t, t.rows[rowID{conversations, string(c.ID)}], c, record.Conversations, code); err != nil {
		return c, err
	}
	m.now, m.stands, m.moved = kept, inbox.Placements(kept), true
	return c, nil
}

// stored returns what c is written over. A new one is taken for granted to be
// new: its id was just made.
func (t *tx) stored(c inbox.Conversation) (inbox.Conversation, bool, error) {
	if c.Version == 0 && !t.careful && t.rows[rowID{conversations, string(c.ID)}] == nil {
		t.fresh(conversations, string(c.ID))
	}
	return t.conversation(c.ID)
}

// ownCode refuses a code that another conversation has. Codes that NextCode
// gave are new, so the look is left to an index that refuses doubles, and to
// the careful run that follows.
func (t *tx) ownCode(old, c inbox.Conversation) error {
	if c.Code == old.Code || c.Code == "" {
		return nil
	}
	if !t.careful {
		t.granted = true
		return nil
	}
	owner, err := t.ConversationByCode(c.Code)
	switch {
	case errors.Is(err, inbox.ErrNotFound):
		return nil
	case err == nil && owner.ID != c.ID:
		return fmt.Errorf("conversation code %s belongs to another: %w", c.Code, inbox.ErrConflict)
	}
	return err
}

// place sees to it that c stands alone where it has to.
func (t *tx) place(id inbox.ConversationID, stood, stands []inbox.Placement) error {
	for _, p := range stood {
		if p.Alone && !slices.Contains(stands, p) && t.alone[string(listKey(p.List))] == id {
			delete(t.alone, string(listKey(p.List)))
		}
	}
	for _, p := range stands {
		if !p.Alone || slices.Contains(stood, p) {
			continue
		}
		if err := t.standAlone(p.List, id); err != nil {
			return err
		}
	}
	return nil
}

// standAlone refuses a second conversation in a list of one.
func (t *tx) standAlone(l inbox.ListID, id inbox.ConversationID) error {
	key := string(listKey(l))
	if other, taken := t.alone[key]; taken && other != id {
		return standsThere(l, other)
	}
	t.granted = true
	if t.careful {
		var there []byte
		err := t.query("SELECT conversation FROM placement WHERE list = $1 AND conversation <> $2 LIMIT 1", []any{[]byte(key), []byte(id)},
			func(rows pgx.Rows) error { return rows.Scan(&there) })
		if err != nil {
			return err
		}
		if there != nil && !t.takesOut(key, string(there)) {
			if stands, err := t.standsBy(l, inbox.ConversationID(there)); err != nil {
				return err
			} else if stands {
				return standsThere(l, inbox.ConversationID(there))
			}
			if err := t.store.takeAway(t.ctx, key, there); err != nil {
				return err
			}
		}
	}
	t.alone[key] = id
	return nil
}

// standsBy reports whether the conversation of a row can be read and stands where
// the row says.
func (t *tx) standsBy(l inbox.ListID, id inbox.ConversationID) (bool, error) {
	c, found, err := t.conversation(id)
	if left(err) {
		return false, nil
	}
	at := func(p inbox.Placement) bool { return p.List == l }
	return found && slices.ContainsFunc(inbox.Placements(c), at), err
}

func standsThere(l inbox.ListID, id inbox.ConversationID) error {
	return fmt.Errorf("conversation %s stands alone in a list: %w", id, inbox.ErrConflict)
}

// listed is a row of a list with the conversation that stands there.
type listed struct {
	rank, id []byte
	c        inbox.Conversation
	damaged  bool // c cannot be read
}

func (l listed) compare(o listed) int {
	return cmp.Or(bytes.Compare(l.rank, o.rank), bytes.Compare(l.id, o.id))
}

func (t *tx) Conversations(q inbox.ListQuery) ([]inbox.Conversation, inbox.Cursor, error) {
	if c, found, err := t.recallAlone(q); found || err != nil {
		return []inbox.Conversation{c}, "", err
	}
	page, end, err := t.page(q)
	if err != nil || t.wanted == nil || len(page) == 0 {
		return page, end, err
	}
	waited, err := t.run.queueFor(t, page[0].ID)
	if err != nil || !waited {
		return page, end, err
	}
	t.forget(page) // what was read before the wait is old
	return t.page(q)
}

// forget drops conversations that were only read.
func (t *tx) forget(page []inbox.Conversation) {
	for _, c := range page {
		if m := t.matters[c.ID]; m != nil && !m.moved {
			delete(t.matters, c.ID)
			delete(t.rows, rowID{conversations, string(c.ID)})
		}
	}
}

func (t *tx) page(q inbox.ListQuery) ([]inbox.Conversation, inbox.Cursor, error) {
	rank, id, err := startOf(q.After)
	if err != nil {
		return nil, "", err
	}
	if err := t.reread(conversations); err != nil {
		return nil, "", err
	}
	var page []inbox.Conversation
	for after := (listed{rank: []byte(rank), id: []byte(id)}); ; {
		rows, horizon, err := t.merged(q.Lists, after, q.Limit)
		if err != nil {
			return nil, "", err
		}
		for _, r := range rows {
			if r.damaged {
				continue // told, and left out
			}
			if len(q.Lists) > 1 && string(r.rank) != firstRank(r.c, q.Lists) {
				continue // was given, at its better place
			}
			if q.Limit > 0 && len(page) == q.Limit {
				last := page[len(page)-1]
				return page, record.Cursor(firstRank(last, q.Lists), last.ID), nil
			}
			page = append(page, r.c)
		}
		if horizon == nil {
			return page, "", nil
		}
		after = *horizon
	}
}

func startOf(after inbox.Cursor) (rank string, id inbox.ConversationID, err error) {
	if after == "" {
		return "", "", nil
	}
	return record.ParseCursor(after)
}

// merged reads the next rows of several lists in one order, without doubles.
// horizon is the row up to which that order is known to be complete; nil: to the end.
func (t *tx) merged(lists []inbox.ListID, after listed, limit int) (rows []listed, horizon *listed, err error) {
	take := 0 // all
	if limit > 0 {
		take = limit + 1
	}
	found, err := t.listed(lists, after, take)
	if err != nil {
		return nil, nil, err
	}
	for _, of := range found {
		if take > 0 && len(of) == take {
			if last := of[len(of)-1]; horizon == nil || last.compare(*horizon) < 0 {
				horizon = &last
			}
		}
		rows = append(rows, of...)
	}
	slices.SortFunc(rows, listed.compare)
	rows = slices.CompactFunc(rows, func(a, b listed) bool { return a.compare(b) == 0 })
	if horizon != nil {
		end, _ := slices.BinarySearchFunc(rows, *horizon, listed.compare)
		rows = rows[:end+1]
	}
	return rows, horizon, nil
}

// listed reads the next rows of each of several lists, by one question.
func (t *tx) listed(lists []inbox.ListID, after listed, limit int) (found [][]listed, err error) {
	keys := make([][]byte, len(lists))
	for i, l := range lists {
		keys[i] = listKey(l)
	}
	found = make([][]listed, len(lists))
	err = t.query(`SELECT l.place, p.rank, p.conversation, c.xmin, c.record
		FROM unnest($1::bytea[]) WITH ORDINALITY AS l (list, place), LATERAL (
			SELECT rank, conversation FROM placement
			WHERE list = l.list AND (rank, conversation) > ($2, $3) ORDER BY rank, conversation LIMIT $4
		) p LEFT JOIN conversation c ON c.id = p.conversation ORDER BY l.place, p.rank, p.conversation`,
		[]any{keys, after.rank, after.id, limited(limit)},
		func(rows pgx.Rows) error {
			var place int64
			var r listed
			var rev *uint32
			var value []byte
			if err := rows.Scan(&place, &r.rank, &r.id, &rev, &value); err != nil {
				return err
			}
			err := error(nil)
			if rev == nil {
				err = t.store.damaged("placement", r.id, errNoRecord)
			} else {
				r.c, err = t.broughtConversation(r.id, *rev, value)
			}
			if r.damaged = left(err); err != nil && !r.damaged {
				return err
			}
			found[place-1] = append(found[place-1], r)
			return nil
		})
	return found, err
}

func (t *tx) broughtConversation(id []byte, rev uint32, value []byte) (inbox.Conversation, error) {
	r := t.brought(conversations, id, rev, value)
	if t.wanted != nil {
		if m := t.matters[inbox.ConversationID(id)]; m != nil {
			return m.now, nil
		}
	}
	c, err := decode(t.store, conversations.name, id, r.value, record.Conversations)
	if err == nil && t.wanted != nil {
		t.matters[c.ID] = newMatter(c)
	}
	return c, err
}

// matter is a conversation as a function sees it.
type matter struct {
	now    inbox.Conversation
	stood  []inbox.Placement // in the database
	stands []inbox.Placement // now
	moved  bool
}

func newMatter(c inbox.Conversation) *matter {
	at := inbox.Placements(c)
	return &matter{now: c, stood: at, stands: at}
}

// firstRank is the best rank that c has in any of the lists.
func firstRank(c inbox.Conversation, of []inbox.ListID) string {
	first, found := "", false
	for _, p := range inbox.Placements(c) {
		if slices.Contains(of, p.List) && (!found || p.Rank < first) {
			first, found = p.Rank, true
		}
	}
	return first
}

func (t *tx) CountConversations(of []inbox.ListID, limit int) (n int, err error) {
	if err := t.reread(conversations); err != nil {
		return 0, err
	}
	keys := make([][]byte, len(of))
	for i, l := range of {
		keys[i] = listKey(l)
	}
	err = t.query(`SELECT count(*) FROM (
			SELECT DISTINCT p.conversation FROM unnest($1::bytea[]) AS l (list), LATERAL (
				SELECT conversation FROM placement WHERE list = l.list ORDER BY rank, conversation LIMIT $2
			) p LIMIT $2) counted`,
		[]any{keys, limited(limit)}, func(rows pgx.Rows) error { return rows.Scan(&n) })
	return n, err
}
