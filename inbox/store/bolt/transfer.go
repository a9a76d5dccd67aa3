package bolt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/inbox/store/transfer"
)

// Source reads everything that a file keeps, while no process works on it.
type Source struct {
	reading
	lock *lock
}

var (
	_ transfer.Source = (*Source)(nil)
	_ transfer.Target = (*Target)(nil)
)

// OpenSource opens the store at path for reading; an older schema is brought up
// to date, as Open does. Its errors are transfer.ErrMissing, transfer.ErrInUse
// and those of Open.
func OpenSource(path string) (*Source, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open store %s: %w", path, transfer.ErrMissing)
	}
	lock, err := acquireOffline(path)
	if err != nil {
		return nil, err
	}
	db, err := openFile(path, Options{})
	if err == nil {
		if err = guarded(func() error { return migrate(db, path, migrations, slog.New(slog.DiscardHandler)) }); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		lock.release()
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return &Source{reading{db}, lock}, nil
}

func acquireOffline(path string) (*lock, error) {
	l, err := acquire(path + ".lock")
	if errors.Is(err, ErrInUse) {
		err = fmt.Errorf("%w: %w", transfer.ErrInUse, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return l, nil
}

// Mark tells by the number of the last transaction: every change has one.
func (s *Source) Mark(context.Context) (mark string, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		mark = markOf(&trees{tx: tx})
		return nil
	})
	return mark, err
}

func markOf(t *trees) string {
	return fmt.Sprintf("bolt %d, events %d, audits %d, knowledge %d", t.tx.ID(),
		t.tree(events).Sequence(), t.tree(audits).Sequence(), t.tree(entries).Sequence())
}

// Close lets others open the store.
func (s *Source) Close() error {
	err := s.db.Close()
	s.lock.release()
	return err
}

// reading reads a file's items.
type reading struct{ db *bolt.DB }

// Items reads a kind in one transaction.
func (r reading) Items(ctx context.Context, kind transfer.Kind, after []byte) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		tx, err := r.db.Begin(false)
		if err != nil {
			yield(transfer.Item{}, err)
			return
		}
		defer func() { _ = tx.Rollback() }() // the end of reading cannot fail
		for it, err := range itemsOf(&trees{tx: tx}, kind, after) {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

// bucketsOf are the kinds whose items are a bucket's keys and values.
var bucketsOf = map[transfer.Kind]bucket{
	transfer.Contacts: contacts, transfer.Identities: identities, transfer.Conversations: conversations,
	transfer.Turns: turns, transfer.Raws: raws, transfer.Quarantine: quarantine, transfer.Remembered: rememberedKeys,
	transfer.Members: members, transfer.Sessions: sessions, transfer.Secrets: secrets,
	transfer.Imports: imports, transfer.Papers: papers,
}

func itemsOf(t *trees, kind transfer.Kind, after []byte) iter.Seq2[transfer.Item, error] {
	if b, plain := bucketsOf[kind]; plain {
		return itemsIn(t, b, after, func(key, value []byte) (transfer.Item, error) { return loosened(b, key, key, value) })
	}
	switch kind {
	case transfer.Messages:
		return itemsIn(t, messages, numberedFrom(after), numbered(messages))
	case transfer.Entries:
		return itemsIn(t, entryVersions, numberedFrom(after), numbered(entryVersions))
	case transfer.Audits:
		return itemsIn(t, audits, after, func(key, value []byte) (transfer.Item, error) {
			it, err := loosened(audits, key, key, value)
			if err != nil {
				return it, err
			}
			return transfer.NumberedAudit(numberOf(key), it.Value)
		})
	case transfer.Events:
		return itemsIn(t, events, after, func(key, value []byte) (transfer.Item, error) {
			it, err := loosened(events, key, key, value)
			if err != nil {
				return it, err
			}
			return transfer.NumberedEvent(numberOf(key), it.Value)
		})
	case transfer.Tasks:
		return sorted(after, func() ([]transfer.Item, error) { return taskItems(t) })
	case transfer.Codes:
		return sorted(after, func() ([]transfer.Item, error) { return codeItems(t) })
	case transfer.Counters:
		return sorted(after, func() ([]transfer.Item, error) { return counterItems(t), nil })
	}
	return func(yield func(transfer.Item, error) bool) {
		yield(transfer.Item{}, fmt.Errorf("store: the kind %q is not known", kind))
	}
}

// itemsIn walks a bucket from behind a key.
func itemsIn(t *trees, b bucket, after []byte, item func(key, value []byte) (transfer.Item, error)) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		cursor := t.tree(b).Cursor()
		key, value := cursor.Seek(after)
		if len(after) > 0 && bytes.Equal(key, after) {
			key, value = cursor.Next()
		}
		for ; key != nil; key, value = cursor.Next() {
			it, err := item(key, value)
			if err != nil {
				err = t.damaged(b, key, err)
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

// loosened is the item of a record that leaves its place.
func loosened(b bucket, at, key, value []byte) (transfer.Item, error) {
	framed, err := record.Loosen(value, placeOf(b, at))
	return transfer.Item{Key: key, Value: framed}, err
}

// numbered turns the key of a text and a number.
func numbered(b bucket) func(key, value []byte) (transfer.Item, error) {
	return func(key, value []byte) (transfer.Item, error) {
		text, number, ok := cutText(key)
		if !ok || len(number) != 8 {
			return transfer.Item{}, record.ErrDamaged
		}
		return loosened(b, key, append([]byte(text), number...), value)
	}
}

// numberedFrom is the inverse of numbered.
func numberedFrom(after []byte) []byte {
	text, n, ok := transfer.Split(after)
	if !ok {
		return nil
	}
	return appendNumber(prefixOf(text), n)
}

// sorted yields the few items of a kind that lie in another order.
func sorted(after []byte, read func() ([]transfer.Item, error)) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		all, err := read()
		if err != nil {
			yield(transfer.Item{}, err)
			return
		}
		slices.SortFunc(all, func(a, b transfer.Item) int { return bytes.Compare(a.Key, b.Key) })
		for _, it := range all {
			if bytes.Compare(it.Key, after) > 0 && !yield(it, nil) {
				return
			}
		}
	}
}

func taskItems(t *trees) (all []transfer.Item, err error) {
	err = t.tree(tasks).ForEach(func(key, value []byte) error {
		it, err := loosened(tasks, key, numberKey(numberOf(key)), value)
		if err != nil {
			return t.damaged(tasks, key, err)
		}
		all = append(all, it)
		return nil
	})
	return all, err
}

func codeItems(t *trees) (all []transfer.Item, err error) {
	err = t.tree(codeCounts).ForEach(func(key, value []byte) error {
		prefix, day, ok := cutText(key)
		if !ok {
			return t.damaged(codeCounts, key, record.ErrDamaged)
		}
		number, err := t.unseal(codeCounts, key, value)
		if err != nil {
			return err
		}
		all = append(all, transfer.Item{Key: record.Key(prefix, string(day)), Value: bytes.Clone(number)})
		return nil
	})
	return all, err
}

func counterItems(t *trees) []transfer.Item {
	return []transfer.Item{
		{Key: []byte(transfer.KnowledgeRevision), Value: numberKey(t.tree(entries).Sequence())},
		{Key: []byte(transfer.LastEvent), Value: numberKey(t.tree(events).Sequence())},
	}
}

// Target makes a store of what another one keeps, in a file beside the place
// where it will be.
type Target struct {
	reading // db is nil until Begin
	path    string
	making  string
	lock    *lock
}

// OpenTarget prepares for making the store at path. Its error is transfer.ErrInUse,
// or what keeps the folder from being written.
func OpenTarget(path string) (*Target, error) {
	lock, err := acquireOffline(path)
	if err != nil {
		return nil, err
	}
	return &Target{path: path, making: path + ".moving", lock: lock}, nil
}

// movedKey is where a file keeps how far it has come. It stays there when all is
// done, and tells then where the store came from.
var movedKey = []byte("moved")

var movedPlace = record.Table(string(metaBucket)).Under(movedKey)

// moved is what stands under movedKey.
type moved struct {
	Mark     string
	Progress map[transfer.Kind]transfer.Progress
}

func (t *Target) State(context.Context) (state transfer.State, err error) {
	if state.Occupied, err = occupied(t.path); err != nil || state.Occupied {
		return state, err
	}
	if t.db == nil {
		if _, err := os.Stat(t.making); errors.Is(err, fs.ErrNotExist) {
			return state, nil
		}
		if err := t.open(); err != nil {
			return state, err
		}
	}
	m, err := t.moved()
	return transfer.State{Begun: m.Mark != "", Mark: m.Mark}, err
}

// occupied tells whether a store at path keeps anything.
func occupied(path string) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	db, err := openFile(path, Options{})
	if err != nil {
		return false, fmt.Errorf("open store %s: %w", path, err)
	}
	found := false
	err = view(db, func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			if bytes.Equal(name, metaBucket) {
				return nil
			}
			key, _ := b.Cursor().First()
			found = found || key != nil || b.Sequence() > 0
			return nil
		})
	})
	return found, errors.Join(err, db.Close())
}

func (t *Target) open() error {
	db, err := openFile(t.making, Options{})
	if err == nil {
		if err = migrate(db, t.making, migrations, slog.New(slog.DiscardHandler)); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("open the unfinished store %s: %w", t.making, err)
	}
	t.db = db
	return nil
}

func (t *Target) moved() (m moved, err error) {
	err = t.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(metaBucket).Get(movedKey)
		if b == nil {
			return nil
		}
		payload, err := record.UnsealAt(b, movedPlace)
		if err != nil {
			return err
		}
		return json.Unmarshal(payload, &m)
	})
	return m, err
}

func (m moved) put(tx *bolt.Tx) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	framed := record.Seal(b)
	record.Bind(framed, movedPlace)
	return tx.Bucket(metaBucket).Put(movedKey, framed)
}

func (t *Target) Begin(_ context.Context, mark string) error {
	if t.db == nil {
		if err := create(t.making, Options{migrations: migrations}); err != nil {
			return err
		}
		if err := t.open(); err != nil {
			return err
		}
	}
	m, err := t.moved()
	switch {
	case err != nil:
		return err
	case m.Mark == mark:
		return nil
	case m.Mark != "":
		return transfer.ErrOther
	}
	return t.db.Update(moved{Mark: mark}.put)
}

func (t *Target) Progress(_ context.Context, kind transfer.Kind) (transfer.Progress, error) {
	m, err := t.moved()
	return m.Progress[kind], err
}

func (t *Target) Write(_ context.Context, kind transfer.Kind, items []transfer.Item) error {
	m, err := t.moved()
	if err != nil {
		return err
	}
	if m.Progress == nil {
		m.Progress = make(map[transfer.Kind]transfer.Progress)
	}
	m.Progress[kind] = transfer.Progress{After: items[len(items)-1].Key, Items: m.Progress[kind].Items + int64(len(items))}
	return t.db.Update(func(btx *bolt.Tx) error {
		b := &batch{trees: trees{tx: btx}, conversations: make(map[inbox.ConversationID]inbox.Conversation)}
		w := &tx{trees: &b.trees, batch: b}
		for _, it := range items {
			if err := w.carry(kind, it); err != nil {
				return fmt.Errorf("%x: %w", it.Key, err)
			}
		}
		return m.put(btx)
	})
}

// carry writes an item and the rows of the indexes that belong to it. Where the
// store's own writers make those rows, they do it here as well, and the item's
// own bytes are put in the place of theirs.
func (t *tx) carry(kind transfer.Kind, it transfer.Item) error {
	if b, plain := bucketsOf[kind]; plain {
		if err := t.index(kind, it); err != nil {
			return err
		}
		return t.carryRecord(b, it.Key, it.Value)
	}
	text, n, ok := transfer.Split(it.Key)
	if !ok && kind != transfer.Codes && kind != transfer.Counters {
		return record.ErrDamaged
	}
	switch kind {
	case transfer.Messages:
		return t.carryMessage(appendNumber(prefixOf(text), n), it.Value)
	case transfer.Entries:
		if err := t.carryRecord(entries, []byte(text), it.Value); err != nil {
			return err
		}
		return t.carryRecord(entryVersions, appendNumber(prefixOf(text), n), it.Value)
	case transfer.Audits:
		return t.carryAudit(n, it.Value)
	case transfer.Events:
		return t.carryRecord(events, it.Key, it.Value)
	case transfer.Tasks:
		task, err := record.Tasks.Decode(it.Value)
		if err != nil {
			return err
		}
		return errors.Join(t.carryRecord(tasks, taskKey(task, n), it.Value), t.raise(tasks, n))
	case transfer.Codes:
		parts, ok := record.KeyParts(it.Key)
		if !ok || len(parts) != 2 {
			return record.ErrDamaged
		}
		return t.bind(codeCounts, textKey(parts...), record.Seal(it.Value))
	case transfer.Counters:
		return t.carryCounter(string(it.Key), numberOf(it.Value))
	}
	return fmt.Errorf("store: the kind %q is not known", kind)
}

// index writes what is found by other ways than the key.
func (t *tx) index(kind transfer.Kind, it transfer.Item) error {
	switch kind {
	case transfer.Conversations:
		c, err := record.Conversations.Decode(it.Value)
		if err != nil {
			return err
		}
		return cmp.Or(t.putCode("", c), t.place(c.ID, nil, inbox.Placements(c)))
	case transfer.Quarantine:
		return decodedTo(it, record.Quarantined, t.PutQuarantined)
	case transfer.Members:
		return decodedTo(it, record.Members, t.PutMember)
	case transfer.Sessions:
		return decodedTo(it, record.Sessions, t.PutSession)
	}
	return nil
}

func decodedTo[D any](it transfer.Item, codec record.Codec[D], put func(D) error) error {
	d, err := codec.Decode(it.Value)
	if err != nil {
		return err
	}
	return put(d)
}

func (t *tx) carryMessage(key, value []byte) error {
	m, err := record.Messages.Decode(value)
	if err != nil {
		return err
	}
	if err := t.put(messagesByID, []byte(m.ID), key); err != nil {
		return err
	}
	if err := t.writeMessage(key, m); err != nil {
		return err
	}
	return t.carryRecord(messages, key, value)
}

func (t *tx) carryAudit(n uint64, value []byte) error {
	a, err := record.Audits.Decode(value)
	if err != nil {
		return err
	}
	// AppendAudit gives the number that follows the last one.
	if err := t.tree(audits).SetSequence(n - 1); err != nil {
		return err
	}
	if err := t.AppendAudit(a); err != nil {
		return err
	}
	return t.carryRecord(audits, numberKey(n), value)
}

// carryRecord puts an item's own bytes, bound to their new place.
func (t *tx) carryRecord(b bucket, key, framed []byte) error {
	return t.bind(b, key, bytes.Clone(framed))
}

func (t *tx) carryCounter(name string, n uint64) error {
	switch name {
	case transfer.KnowledgeRevision:
		return t.tree(entries).SetSequence(n)
	case transfer.LastEvent:
		return t.tree(events).SetSequence(n)
	}
	return fmt.Errorf("store: the counter %q is not known", name)
}

// raise lets the next number of a bucket be greater than n.
func (t *tx) raise(b bucket, n uint64) error {
	return t.tree(b).SetSequence(max(n, t.tree(b).Sequence()))
}

// Settle renames the file to the place of the store.
func (t *Target) Settle(context.Context) error {
	if taken, err := occupied(t.path); err != nil || taken {
		return cmp.Or(err, transfer.ErrOccupied)
	}
	db := t.db
	t.db = nil
	if err := db.Close(); err != nil {
		return err
	}
	if err := flush(t.making); err != nil {
		return err
	}
	if err := os.Rename(t.making, t.path); err != nil {
		return err
	}
	return flush(filepath.Dir(t.path))
}

func (t *Target) Discard(context.Context) error {
	if t.db != nil {
		db := t.db
		t.db = nil
		if err := db.Close(); err != nil {
			return err
		}
	}
	if err := os.Remove(t.making); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return flush(filepath.Dir(t.making))
}

// Close lets others open the store.
func (t *Target) Close() (err error) {
	if t.db != nil {
		err = t.db.Close()
	}
	t.lock.release()
	return err
}
