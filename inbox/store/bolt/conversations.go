package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Conversation(id inbox.ConversationID) (inbox.Conversation, error) {
	c, found, err := t.readConversation(id)
	if err == nil && !found {
		err = notFound("conversation", id)
	}
	if err == nil && t.batch != nil {
		t.batch.conversations[id] = c
	}
	return c, err
}

func (t *tx) ConversationByCode(code string) (inbox.Conversation, error) {
	if code == "" {
		return inbox.Conversation{}, notFound("conversation code", "(empty)")
	}
	id := t.tree(conversationsByCode).Get([]byte(code))
	if id == nil {
		return inbox.Conversation{}, notFound("conversation code", code)
	}
	c, err := t.Conversation(inbox.ConversationID(id))
	if errors.Is(err, inbox.ErrNotFound) || err == nil && c.Code != code {
		return inbox.Conversation{}, t.damaged(conversationsByCode, []byte(code), errNoRecord)
	}
	return c, err
}

func (t *tx) PutConversation(c inbox.Conversation) (inbox.Conversation, error) {
	old, found, err := t.stored(c.ID)
	if err != nil {
		return c, err
	}
	if c.Version != old.Version {
		return c, fmt.Errorf("conversation %s: version %d is stored, not %d: %w", c.ID, old.Version, c.Version, inbox.ErrConflict)
	}
	if err := t.putCode(old.Code, c); err != nil {
		return c, err
	}
	c.Version++
	kept := record.Conversations.AsKept(c)
	var stood []inbox.Placement
	if found {
		stood = inbox.Placements(old)
	}
	if err := t.place(c.ID, stood, inbox.Placements(kept)); err != nil {
		return c, err
	}
	framed, err := record.Conversations.Encode(c)
	if err != nil {
		return c, err
	}
	if err := t.bind(conversations, []byte(c.ID), framed); err != nil {
		return c, err
	}
	t.batch.conversations[c.ID] = kept
	t.store.known.wrote(kept, framed)
	return c, nil
}

func (t *tx) readConversation(id inbox.ConversationID) (inbox.Conversation, bool, error) {
	key := []byte(id)
	if len(key) == 0 {
		return inbox.Conversation{}, false, nil
	}
	framed := t.tree(conversations).Get(key)
	if framed == nil {
		return inbox.Conversation{}, false, nil
	}
	if t.store != nil {
		if c, ok := t.store.known.read(id, framed); ok {
			return c, true, nil
		}
	}
	c, err := decode(t.trees, conversations, key, framed, record.Conversations)
	return c, err == nil, err
}

// stored returns what is on record of a conversation, from this group's own
// reads where there was one: most writes follow a read.
func (t *tx) stored(id inbox.ConversationID) (inbox.Conversation, bool, error) {
	if c, ok := t.batch.conversations[id]; ok {
		return c, true, nil
	}
	return t.readConversation(id)
}

func (t *tx) putCode(old string, c inbox.Conversation) error {
	if c.Code == old {
		return nil
	}
	if c.Code != "" {
		if owner := t.tree(conversationsByCode).Get([]byte(c.Code)); owner != nil {
			return fmt.Errorf("conversation code %s belongs to another: %w", c.Code, inbox.ErrConflict)
		}
		if err := t.put(conversationsByCode, []byte(c.Code), []byte(c.ID)); err != nil {
			return err
		}
	}
	return t.delete(conversationsByCode, []byte(old))
}

// place moves a conversation from the rows where it stood to where it stands.
// Rows that stay are not touched.
func (t *tx) place(id inbox.ConversationID, stood, stands []inbox.Placement) error {
	for _, p := range stood {
		if !slices.Contains(stands, p) {
			if err := t.delete(lists, rowKey(p, id)); err != nil {
				return err
			}
		}
	}
	for _, p := range stands {
		if slices.Contains(stood, p) {
			continue
		}
		if p.Alone {
			if taken, err := t.occupied(p.List); err != nil {
				return err
			} else if taken {
				return fmt.Errorf("conversation %s would not stand alone in %q: %w", id, p.List, inbox.ErrConflict)
			}
		}
		if err := t.put(lists, rowKey(p, id), nil); err != nil {
			return err
		}
	}
	return nil
}

// occupied reports whether a conversation stands in l. A row whose conversation
// cannot be read, or does not stand there, is taken away: damage must not keep
// somebody from beginning a new matter.
func (t *tx) occupied(l inbox.ListID) (bool, error) {
	prefix := listPrefix(l)
	for {
		key, _ := t.tree(lists).Cursor().Seek(prefix)
		if !bytes.HasPrefix(key, prefix) {
			return false, nil
		}
		taken, err := t.standsBy(l, key[len(prefix):])
		if taken || err != nil {
			return taken, err
		}
		if err := t.delete(lists, bytes.Clone(key)); err != nil {
			return false, err
		}
	}
}

// standsBy reports whether the conversation of a row stands where the row says.
func (t *tx) standsBy(l inbox.ListID, row []byte) (bool, error) {
	rank, rest, ok := cutText(row)
	if !ok {
		return false, nil
	}
	c, found, err := t.stored(inbox.ConversationID(rest))
	if left(err) {
		return false, nil
	}
	at := func(p inbox.Placement) bool { return p.List == l && p.Rank == rank }
	return found && slices.ContainsFunc(inbox.Placements(c), at), err
}

func rowKey(p inbox.Placement, id inbox.ConversationID) []byte {
	return append(appendText(listPrefix(p.List), p.Rank), id...)
}

// listPrefix is what the keys of a list's rows have in common. Lists bear names
// of any length: platforms' ids are parts of some.
func listPrefix(l inbox.ListID) []byte { return prefixOf(string(record.Bounded([]byte(l)))) }

func (t *tx) Conversations(q inbox.ListQuery) ([]inbox.Conversation, inbox.Cursor, error) {
	rows, err := t.rows(q.Lists, q.After)
	if err != nil {
		return nil, "", err
	}
	var page []inbox.Conversation
	var end inbox.Cursor
	for rows.next() {
		rank, id, ok := rows.row()
		if !ok {
			_ = t.damaged(lists, rows.last, errNoRecord) // told, and left out
			continue
		}
		c, err := t.Conversation(id)
		if errors.Is(err, inbox.ErrNotFound) {
			err = t.damaged(lists, rows.last, errNoRecord)
		}
		if left(err) {
			continue
		}
		if err != nil {
			return nil, "", fmt.Errorf("in the lists: %w", err)
		}
		if len(q.Lists) > 1 && rank != firstRank(c, q.Lists) {
			continue // was given, at its better place
		}
		if q.Limit > 0 && len(page) == q.Limit {
			return page, end, nil
		}
		page = append(page, c)
		end = record.Cursor(rank, id)
	}
	return page, "", nil
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

func (t *tx) CountConversations(of []inbox.ListID, limit int) (int, error) {
	rows, err := t.rows(of, "")
	if err != nil {
		return 0, err
	}
	seen := make(map[string]struct{})
	n := 0
	for (limit <= 0 || n < limit) && rows.next() {
		if len(of) == 1 {
			n++
			continue
		}
		if _, id, ok := rows.row(); ok {
			seen[string(id)] = struct{}{}
		}
		n = len(seen)
	}
	return n, nil
}

// rows walks several lists merged by rank, then id. A conversation with the
// same rank in two of them is met once.
type rows struct {
	heads []rowsHead
	last  []byte // rank and id of the row met last
}

type rowsHead struct {
	cursor *bolt.Cursor
	prefix []byte // of the list
	rest   []byte // rank and id of the next row; nil at the end
}

func (t *tx) rows(of []inbox.ListID, after inbox.Cursor) (*rows, error) {
	var from []byte
	if after != "" {
		rank, id, err := record.ParseCursor(after)
		if err != nil {
			return nil, err
		}
		from = textKey(rank, string(id))
	}
	r := &rows{last: from}
	for _, l := range of {
		prefix := listPrefix(l)
		head := rowsHead{cursor: t.tree(lists).Cursor(), prefix: prefix}
		key, _ := head.cursor.Seek(append(prefix[:len(prefix):len(prefix)], from...))
		head.set(key)
		r.heads = append(r.heads, head)
	}
	return r, nil
}

func (h *rowsHead) set(key []byte) {
	h.rest = nil
	if key != nil && bytes.HasPrefix(key, h.prefix) {
		h.rest = key[len(h.prefix):]
	}
}

// next moves to the following row.
func (r *rows) next() bool {
	for {
		var first *rowsHead
		for i := range r.heads {
			if h := &r.heads[i]; h.rest != nil && (first == nil || bytes.Compare(h.rest, first.rest) < 0) {
				first = h
			}
		}
		if first == nil {
			return false
		}
		met := bytes.Equal(first.rest, r.last)
		r.last = first.rest
		key, _ := first.cursor.Next()
		first.set(key)
		if !met {
			return true
		}
	}
}

func (r *rows) row() (rank string, id inbox.ConversationID, ok bool) {
	rank, rest, ok := cutText(r.last)
	return rank, inbox.ConversationID(rest), ok
}
