package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func messageKey(c inbox.ConversationID, seq uint64) []byte {
	return appendNumber(prefixOf(string(c)), seq)
}

func (t *tx) Message(id inbox.MessageID) (inbox.Message, error) {
	m, found, err := t.storedMessage(id)
	if err == nil && !found {
		err = notFound("message", id)
	}
	return m, err
}

func (t *tx) storedMessage(id inbox.MessageID) (inbox.Message, bool, error) {
	if id == "" {
		return inbox.Message{}, false, nil
	}
	key := t.tree(messagesByID).Get([]byte(id))
	if key == nil {
		return inbox.Message{}, false, nil
	}
	m, found, err := read(t.trees, messages, key, record.Messages)
	if err == nil && (!found || m.ID != id) {
		err = t.damaged(messagesByID, []byte(id), errNoRecord)
	}
	return m, found, err
}

func (t *tx) Messages(id inbox.ConversationID, q inbox.MessageQuery) ([]inbox.Message, error) {
	cursor := t.tree(messages).Cursor()
	prefix := prefixOf(string(id))
	if q.Forward {
		if q.After == math.MaxUint64 {
			return nil, nil
		}
		key, value := cursor.Seek(appendNumber(bytes.Clone(prefix), q.After+1))
		return t.collectMessages(id, key, value, cursor.Next, q.Limit)
	}
	before := q.Before
	if before == 0 {
		before = math.MaxUint64
	}
	key, value := seekBefore(cursor, appendNumber(bytes.Clone(prefix), before))
	newest, err := t.collectMessages(id, key, value, cursor.Prev, q.Limit)
	slices.Reverse(newest)
	return newest, err
}

// seekBefore finds the last key smaller than limit.
func seekBefore(c *bolt.Cursor, limit []byte) (key, value []byte) {
	if key, _ := c.Seek(limit); key == nil {
		return c.Last()
	}
	return c.Prev()
}

func (t *tx) collectMessages(of inbox.ConversationID, key, value []byte, step func() ([]byte, []byte), limit int) ([]inbox.Message, error) {
	var found []inbox.Message
	prefix := prefixOf(string(of))
	for ; key != nil && bytes.HasPrefix(key, prefix) && (limit <= 0 || len(found) < limit); key, value = step() {
		m, err := decode(t.trees, messages, key, value, record.Messages)
		if left(err) {
			m, err = inbox.DamagedMessage(of, numberOf(key)), nil
		}
		if err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, nil
}

func (t *tx) AppendMessage(m inbox.Message) (inbox.Message, error) {
	if m.ID == "" || m.Conversation == "" {
		return m, fmt.Errorf("message: %w", errNoName)
	}
	if t.tree(messagesByID).Get([]byte(m.ID)) != nil {
		return m, fmt.Errorf("message %s is there already: %w", m.ID, inbox.ErrConflict)
	}
	prefix := prefixOf(string(m.Conversation))
	m.Seq = 1
	last, _ := seekBefore(t.tree(messages).Cursor(), appendNumber(bytes.Clone(prefix), math.MaxUint64))
	if bytes.HasPrefix(last, prefix) {
		m.Seq = numberOf(last) + 1
	}
	key := appendNumber(prefix, m.Seq)
	if err := t.put(messagesByID, []byte(m.ID), key); err != nil {
		return m, err
	}
	return m, t.writeMessage(key, m)
}

func (t *tx) PutMessage(m inbox.Message) error {
	if m.ID == "" {
		return notFound("message", "(empty)")
	}
	stands := t.tree(messagesByID).Get([]byte(m.ID))
	if stands == nil {
		return notFound("message", m.ID)
	}
	key := messageKey(m.Conversation, m.Seq)
	if !bytes.Equal(stands, key) {
		return fmt.Errorf("message %s keeps its conversation and number: %w", m.ID, inbox.ErrConflict)
	}
	if !stuck(m) {
		if err := t.delete(stuckMessages, []byte(m.ID)); err != nil {
			return err
		}
	}
	return t.writeMessage(key, m)
}

// stuck reports whether m waits for a person to see to its delivery.
func stuck(m inbox.Message) bool {
	return m.Delivery.State == inbox.Parked || m.Delivery.State == inbox.Failed
}

func (t *tx) writeMessage(key []byte, m inbox.Message) error {
	if err := write(t, messages, key, m, record.Messages); err != nil {
		return err
	}
	for _, a := range m.Content.Attachments {
		if a.ID == "" {
			continue
		}
		if err := t.put(attachments, textKey(a.ID, string(m.ID)), nil); err != nil {
			return err
		}
	}
	if stuck(m) {
		return t.put(stuckMessages, []byte(m.ID), nil)
	}
	return nil
}

func (t *tx) AttachmentUsed(file string) (bool, error) {
	prefix := prefixOf(file)
	key, _ := t.tree(attachments).Cursor().Seek(prefix)
	return bytes.HasPrefix(key, prefix), nil
}

func (t *tx) Stuck(after inbox.MessageID, limit int) ([]inbox.Message, error) {
	var stuck []inbox.Message
	cursor := t.tree(stuckMessages).Cursor()
	for id, _ := cursor.Seek([]byte(after)); id != nil && (limit <= 0 || len(stuck) < limit); id, _ = cursor.Next() {
		if inbox.MessageID(id) == after {
			continue
		}
		m, err := t.Message(inbox.MessageID(id))
		if errors.Is(err, inbox.ErrNotFound) {
			err = t.damaged(stuckMessages, id, errNoRecord)
		}
		if left(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("among the undelivered: %w", err)
		}
		stuck = append(stuck, m)
	}
	return stuck, nil
}

func (t *tx) Turn(id inbox.MessageID) (inbox.Turn, error) {
	turn, found, err := read(t.trees, turns, []byte(id), record.Turns)
	if err == nil && !found {
		err = notFound("turn of message", id)
	}
	return turn, err
}

func (t *tx) PutTurn(turn inbox.Turn) error {
	return write(t, turns, []byte(turn.Message), turn, record.Turns)
}
