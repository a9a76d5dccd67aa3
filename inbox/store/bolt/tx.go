package bolt

import (
	"errors"
	"fmt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/kb"
)

// tx is what one function of View or Update sees. Functions of one group share
// the trees and what their predecessors wrote.
type tx struct {
	*trees
	store    *Store      // nil while a file is filled that no store has opened
	batch    *batch      // nil in View
	wrote    bool        // this function changed the file
	extended []extension // claims to be held longer once this is committed
}

var (
	_ inbox.Writer = (*tx)(nil)
	_ kb.Writer    = (*tx)(nil)
)

// errNoName refuses what has no id; it could never be read again.
var errNoName = errors.New("store: an id is empty")

func notFound(what string, id any) error {
	return fmt.Errorf("%s %v: %w", what, id, inbox.ErrNotFound)
}

// Prefetch has nothing to do: every question is answered from memory.
func (t *tx) Prefetch([]inbox.ConversationID, []inbox.MessageID) error { return nil }

func (t *tx) put(b bucket, key, value []byte) error {
	if len(key) == 0 {
		return fmt.Errorf("%s: %w", b, errNoName)
	}
	t.wrote = true
	t.tell(written{b, key, value, false})
	if err := t.tree(b).Put(key, value); err != nil {
		return fmt.Errorf("store: write to %q: %w", b, err)
	}
	return nil
}

func (t *tx) delete(b bucket, key []byte) error {
	if len(key) == 0 {
		return nil
	}
	t.wrote = true
	t.tell(written{b, key, nil, true})
	if err := t.tree(b).Delete(key); err != nil {
		return fmt.Errorf("store: delete from %q: %w", b, err)
	}
	return nil
}

// written is one write of a transaction.
type written struct {
	bucket     bucket
	key, value []byte
	deleted    bool
}

func (t *tx) tell(w written) {
	if t.store != nil && t.store.options.wrote != nil {
		t.store.options.wrote(w)
	}
}

// next numbers what is appended to b, from 1 and without gaps.
func (t *tx) next(b bucket) (uint64, error) {
	t.wrote = true
	n, err := t.tree(b).NextSequence()
	if err != nil {
		return 0, fmt.Errorf("store: number in %q: %w", b, err)
	}
	return n, nil
}

// write encodes d and puts it.
func write[D any](t *tx, b bucket, key []byte, d D, codec record.Codec[D]) error {
	value, err := codec.Encode(d)
	if err != nil {
		return err
	}
	return t.bind(b, key, value)
}

// bind puts a record, which becomes the store's, bound to its place.
func (t *tx) bind(b bucket, key, framed []byte) error {
	record.Bind(framed, placeOf(b, key))
	return t.put(b, key, framed)
}
