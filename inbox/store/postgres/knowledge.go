package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

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
	e, found, err := read(t, entries, string(id), record.Entries)
	if err == nil && !found {
		err = fmt.Errorf("entry %s: %w", id, kb.ErrNotFound)
	}
	return e, err
}

func (t *tx) Entries(after kb.EntryID, limit int) ([]kb.Entry, error) {
	if err := t.reread(entries); err != nil {
		return nil, err
	}
	return paged(t, entries, "SELECT id, xmin, record FROM entry WHERE id > $1 ORDER BY id", []any{[]byte(after)}, limit, record.Entries)
}

// KnowledgeRevision counts the writes of entries. Whoever reads it and writes
// an entry runs again when another has written one meanwhile.
func (t *tx) KnowledgeRevision() (uint64, error) {
	if t.wanted != nil && t.known != nil {
		return uint64(*t.known) + uint64(len(t.revised)), nil
	}
	var n int64
	err := t.query("SELECT n FROM counter WHERE name = 'knowledge'", nil, func(rows pgx.Rows) error { return rows.Scan(&n) })
	if err == nil && t.wanted != nil {
		t.known = &n
		return uint64(n) + uint64(len(t.revised)), nil
	}
	return uint64(n), err
}

func (t *tx) PutEntry(e kb.Entry) error {
	old, _, err := read(t, entries, string(e.ID), record.Entries)
	if err != nil {
		return err
	}
	if e.Version != old.Version+1 {
		return fmt.Errorf("entry %s: version %d does not follow %d: %w", e.ID, e.Version, old.Version, kb.ErrConflict)
	}
	if e.ID == "" {
		return errNoName
	}
	r := t.rows[rowID{entries, string(e.ID)}]
	if err := put(t, r, e, record.Entries); err != nil {
		return err
	}
	t.revised = append(t.revised, revised{id: []byte(e.ID), version: int64(e.Version), record: r.value})
	return nil
}

func (t *tx) EntryVersion(id kb.EntryID, version int) (e kb.Entry, err error) {
	if err := t.reread(entries); err != nil {
		return e, err
	}
	found := false
	err = t.query("SELECT record FROM entry_version WHERE id = $1 AND version = $2", []any{[]byte(id), int64(version)}, func(rows pgx.Rows) error {
		var value []byte
		if err := rows.Scan(&value); err != nil {
			return err
		}
		found = true
		e, err = decode(t.store, "entry_version", []byte(id), value, record.Entries)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("entry %s, version %d: %w", id, version, kb.ErrNotFound)
	}
	return e, err
}

func (t *tx) Import(id inbox.ImportID) (inbox.Import, error) {
	i, found, err := read(t, imports, string(id), record.Imports)
	if err == nil && !found {
		err = notFound("import", id)
	}
	return i, err
}

func (t *tx) Imports(limit int) ([]inbox.Import, error) {
	if err := t.reread(imports); err != nil {
		return nil, err
	}
	return paged(t, imports, "SELECT id, xmin, record FROM knowledge_import ORDER BY id DESC", nil, limit, record.Imports)
}

func (t *tx) PutImport(i inbox.Import) error {
	if _, _, err := read(t, imports, string(i.ID), record.Imports); err != nil {
		return err
	}
	if i.ID == "" {
		return errNoName
	}
	return put(t, t.rows[rowID{imports, string(i.ID)}], i, record.Imports)
}
