package bolt

import (
	"context"
	"fmt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/kb"
)

// ViewEntries is View for those who know only entries.
func (s *Store) ViewEntries(ctx context.Context, fn func(tx kb.Reader) error) error {
	return s.View(ctx, func(tx inbox.Reader) error { return fn(tx) })
}

// UpdateEntries is Update for those who know only entries.
func (s *Store) UpdateEntries(ctx context.Context, fn func(tx kb.Writer) error) error {
	return s.Update(ctx, func(tx inbox.Writer) error { return fn(tx) })
}

func (t *tx) Entry(id kb.EntryID) (kb.Entry, error) {
	e, found, err := read(t.trees, entries, []byte(id), record.Entries)
	if err == nil && !found {
		err = fmt.Errorf("entry %s: %w", id, kb.ErrNotFound)
	}
	return e, err
}

func (t *tx) Entries(after kb.EntryID, limit int) ([]kb.Entry, error) {
	var found []kb.Entry
	cursor := t.tree(entries).Cursor()
	for id, value := cursor.Seek([]byte(after)); id != nil && (limit <= 0 || len(found) < limit); id, value = cursor.Next() {
		if kb.EntryID(id) == after {
			continue
		}
		e, err := decode(t.trees, entries, id, value, record.Entries)
		if left(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	return found, nil
}

func (t *tx) KnowledgeRevision() (uint64, error) { return t.tree(entries).Sequence(), nil }

func (t *tx) PutEntry(e kb.Entry) error {
	old, _, err := read(t.trees, entries, []byte(e.ID), record.Entries)
	if err != nil {
		return err
	}
	if e.Version != old.Version+1 {
		return fmt.Errorf("entry %s: version %d does not follow %d: %w", e.ID, e.Version, old.Version, kb.ErrConflict)
	}
	if _, err := t.next(entries); err != nil {
		return err
	}
	if err := write(t, entries, []byte(e.ID), e, record.Entries); err != nil {
		return err
	}
	return write(t, entryVersions, appendNumber(prefixOf(string(e.ID)), uint64(e.Version)), e, record.Entries)
}

func (t *tx) EntryVersion(id kb.EntryID, version int) (kb.Entry, error) {
	e, found, err := read(t.trees, entryVersions, appendNumber(prefixOf(string(id)), uint64(version)), record.Entries)
	if err == nil && !found {
		err = fmt.Errorf("entry %s, version %d: %w", id, version, kb.ErrNotFound)
	}
	return e, err
}

func (t *tx) Import(id inbox.ImportID) (inbox.Import, error) {
	i, found, err := read(t.trees, imports, []byte(id), record.Imports)
	if err == nil && !found {
		err = fmt.Errorf("import %s: %w", id, inbox.ErrNotFound)
	}
	return i, err
}

func (t *tx) Imports(limit int) (found []inbox.Import, err error) {
	cursor := t.tree(imports).Cursor()
	for id, value := cursor.Last(); id != nil && (limit <= 0 || len(found) < limit); id, value = cursor.Prev() {
		i, err := decode(t.trees, imports, id, value, record.Imports)
		if left(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, i)
	}
	return found, nil
}

func (t *tx) PutImport(i inbox.Import) error {
	return write(t, imports, []byte(i.ID), i, record.Imports)
}
