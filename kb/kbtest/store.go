// Package kbtest has a kb.Store in memory for tests.
package kbtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"tongdai/kb"
)

// Store keeps entries in memory, with the versions and conflicts of a real one. A
// function that fails leaves nothing behind.
type Store struct {
	mu       sync.Mutex
	entries  map[kb.EntryID]kb.Entry
	revision uint64
	Views    int // how often ViewEntries was called
}

var _ kb.Store = (*Store)(nil)

// NewStore makes a store that holds entries as their first versions.
func NewStore(entries ...kb.Entry) *Store {
	s := &Store{entries: map[kb.EntryID]kb.Entry{}}
	for _, e := range entries {
		e.Version = 1
		s.entries[e.ID] = e
		s.revision++
	}
	return s
}

// ViewEntries implements kb.Store.
func (s *Store) ViewEntries(_ context.Context, fn func(kb.Reader) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Views++
	return fn(&tx{s.entries, s.revision})
}

// UpdateEntries implements kb.Store.
func (s *Store) UpdateEntries(_ context.Context, fn func(kb.Writer) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &tx{maps.Clone(s.entries), s.revision}
	if err := fn(t); err != nil {
		return err
	}
	s.entries, s.revision = t.entries, t.revision
	return nil
}

type tx struct {
	entries  map[kb.EntryID]kb.Entry
	revision uint64
}

func (t *tx) Entry(id kb.EntryID) (kb.Entry, error) {
	e, ok := t.entries[id]
	if !ok {
		return kb.Entry{}, fmt.Errorf("%s: %w", id, kb.ErrNotFound)
	}
	return e, nil
}

func (t *tx) Entries(after kb.EntryID, limit int) ([]kb.Entry, error) {
	var page []kb.Entry
	for _, id := range slices.SortedFunc(maps.Keys(t.entries), cmp.Compare) {
		if id > after && len(page) < limit {
			page = append(page, t.entries[id])
		}
	}
	return page, nil
}

func (t *tx) KnowledgeRevision() (uint64, error) { return t.revision, nil }

func (t *tx) PutEntry(e kb.Entry) error {
	if e.Version != t.entries[e.ID].Version+1 {
		return fmt.Errorf("%s version %d: %w", e.ID, e.Version, kb.ErrConflict)
	}
	t.entries[e.ID] = e
	t.revision++
	return nil
}
