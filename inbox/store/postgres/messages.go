package postgres

import (
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// Message reads a message, and in the same question its conversation, which
// whoever asks wants to know next.
func (t *tx) Message(id inbox.MessageID) (inbox.Message, error) {
	if !t.knows(messages, string(id)) {
		err := t.loadWith(messages, string(id), conversations, `SELECT m.xmin, m.record, c.id, c.xmin, c.record
			FROM message m LEFT JOIN conversation c ON c.id = m.conversation WHERE m.id = $1`)
		if err != nil {
			return inbox.Message{}, err
		}
	}
	m, found, err := read(t, messages, string(id), record.Messages)
	if err == nil && !found {
		err = notFound("message", id)
	}
	return m, err
}

func (t *tx) Messages(id inbox.ConversationID, q inbox.MessageQuery) ([]inbox.Message, error) {
	if err := t.reread(messages); err != nil {
		return nil, err
	}
	if q.Forward {
		return t.thread(id, "SELECT id, xmin, seq, record FROM message WHERE conversation = $1 AND seq > $2 ORDER BY seq LIMIT $3",
			sequence(q.After), q.Limit)
	}
	before := q.Before
	if before == 0 {
		before = math.MaxInt64
	}
	newest, err := t.thread(id, "SELECT id, xmin, seq, record FROM message WHERE conversation = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
		sequence(before), q.Limit)
	slices.Reverse(newest)
	return newest, err
}

// thread reads messages of a conversation. A placeholder stands where one is damaged.
func (t *tx) thread(of inbox.ConversationID, sql string, from int64, limit int) (found []inbox.Message, err error) {
	err = t.query(sql, []any{[]byte(of), from, limited(limit)}, func(rows pgx.Rows) error {
		var id, value []byte
		var rev uint32
		var seq int64
		if err := rows.Scan(&id, &rev, &seq, &value); err != nil {
			return err
		}
		m, err := decode(t.store, messages.name, id, t.brought(messages, id, rev, value).value, record.Messages)
		if left(err) {
			m, err = inbox.DamagedMessage(of, uint64(seq)), nil
		}
		found = append(found, m)
		return err
	})
	return found, err
}

// sequence is a number as the database keeps it; numbers beyond were never given.
func sequence(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

func (t *tx) AppendMessage(m inbox.Message) (inbox.Message, error) {
	if m.ID == "" || m.Conversation == "" {
		return m, fmt.Errorf("message: %w", errNoName)
	}
	r, err := t.newMessage(m.ID)
	if err != nil {
		return m, err
	}
	last, err := t.lastSeq(m.Conversation)
	if err != nil {
		return m, err
	}
	last.now++
	m.Seq = uint64(last.now)
	return m, t.writeMessage(r, m)
}

// newMessage is where a message goes that is not there yet. Its id was just
// made, so looking whether it is new is left to the check before the commit.
func (t *tx) newMessage(id inbox.MessageID) (*row, error) {
	r := t.rows[rowID{messages, string(id)}]
	if r == nil && !t.careful {
		return t.fresh(messages, string(id)), nil
	}
	if r == nil {
		var err error
		if r, err = t.load(messages, string(id)); err != nil {
			return nil, err
		}
	}
	if r.value != nil {
		return nil, fmt.Errorf("message %s is there already: %w", id, inbox.ErrConflict)
	}
	return r, nil
}

// lastSeq is the number of a conversation's last message. Its own record tells
// it mostly; whether it is so is checked before the commit.
func (t *tx) lastSeq(id inbox.ConversationID) (*lastSeq, error) {
	if n := t.counts[id]; n != nil {
		return n, nil
	}
	n := &lastSeq{}
	t.counts[id] = n
	if m := t.matters[id]; m != nil && !t.careful {
		t.granted = true
		n.was = sequence(m.now.LastSeq)
	} else if r := t.rows[rowID{conversations, string(id)}]; (r == nil || r.value == nil) && !t.careful {
		t.granted = true // a conversation that nobody looked for begins, and has none
	} else {
		err := t.query("SELECT coalesce(max(seq), 0) FROM message WHERE conversation = $1", []any{[]byte(id)},
			func(rows pgx.Rows) error { return rows.Scan(&n.was) })
		if err != nil {
			return nil, err
		}
	}
	n.now = n.was
	return n, nil
}

func (t *tx) PutMessage(m inbox.Message) error {
	stands, err := t.Message(m.ID)
	if err != nil {
		return err
	}
	if stands.Conversation != m.Conversation || stands.Seq != m.Seq {
		return fmt.Errorf("message %s keeps its conversation and number: %w", m.ID, inbox.ErrConflict)
	}
	return t.writeMessage(t.rows[rowID{messages, string(m.ID)}], m)
}

func (t *tx) writeMessage(r *row, m inbox.Message) error {
	for _, a := range m.Content.Attachments {
		if a.ID != "" {
			t.files = append(t.files, use{file: []byte(a.ID), message: []byte(m.ID)})
		}
	}
	stuck := m.Delivery.State == inbox.Parked || m.Delivery.State == inbox.Failed
	return put(t, r, m, record.Messages, []byte(m.Conversation), sequence(m.Seq), stuck)
}

func (t *tx) AttachmentUsed(file string) (used bool, err error) {
	if err := t.reread(messages); err != nil {
		return false, err
	}
	err = t.query("SELECT EXISTS (SELECT 1 FROM attachment WHERE file = $1)", []any{[]byte(file)},
		func(rows pgx.Rows) error { return rows.Scan(&used) })
	return used, err
}

func (t *tx) Stuck(after inbox.MessageID, limit int) ([]inbox.Message, error) {
	if err := t.reread(messages); err != nil {
		return nil, err
	}
	return paged(t, messages, "SELECT id, xmin, record FROM message WHERE stuck AND id > $1 ORDER BY id", []any{[]byte(after)}, limit, record.Messages)
}

func (t *tx) Turn(id inbox.MessageID) (inbox.Turn, error) {
	turn, found, err := read(t, turns, string(id), record.Turns)
	if err == nil && !found {
		err = notFound("turn of message", id)
	}
	return turn, err
}

func (t *tx) PutTurn(turn inbox.Turn) error {
	return put(t, t.blind(turns, string(turn.Message)), turn, record.Turns)
}
