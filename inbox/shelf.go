package inbox

import (
	"encoding/json"
	"fmt"
)

// Shelf keeps small things of one type, each under an id: shifts of the roster,
// ready answers, promises. Few of them are read at a time, by id or in the
// order of their ids, so whoever wants another order makes ids that have it
// (see newID, which grows with time).
//
// What lies on a shelf is kept as JSON under the names of its tags: a tag is
// never given another meaning, and a field that is new is empty in what was
// kept before. The store frames and checksums the bytes like any record.
type Shelf[T any] string

// Kept is a thing on a Shelf.
type Kept[T any] struct {
	ID      string
	Version uint64 // grows by one with every write
	Value   T
}

// Paper is a thing on a shelf as the store has it.
type Paper struct {
	Shelf   string
	ID      string
	Version uint64
	Body    []byte
}

// PaperQuery asks for a part of a shelf in the order of ids. Zero fields do
// not narrow.
type PaperQuery struct {
	From     string // only ids from here on
	Until    string // only ids before
	Backward bool   // the greatest first
	Limit    int
}

// Get returns what is kept under an id; ErrNotFound.
func (s Shelf[T]) Get(tx Reader, id string) (Kept[T], error) {
	p, err := tx.Paper(string(s), id)
	if err != nil {
		return Kept[T]{}, err
	}
	return s.taken(p)
}

// List returns a part of the shelf.
func (s Shelf[T]) List(tx Reader, q PaperQuery) ([]Kept[T], error) {
	papers, err := tx.Papers(string(s), q)
	if err != nil {
		return nil, err
	}
	all := make([]Kept[T], len(papers))
	for i, p := range papers {
		if all[i], err = s.taken(p); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s Shelf[T]) taken(p Paper) (Kept[T], error) {
	k := Kept[T]{ID: p.ID, Version: p.Version}
	if err := json.Unmarshal(p.Body, &k.Value); err != nil {
		return k, fmt.Errorf("%s %s cannot be read: %w", s, p.ID, err)
	}
	return k, nil
}

// Put keeps k. k.Version must be the stored one (zero for what is new), else
// ErrConflict; it is raised by one in the result.
func (s Shelf[T]) Put(tx Writer, k Kept[T]) (Kept[T], error) {
	body, err := json.Marshal(k.Value)
	if err != nil {
		return k, fmt.Errorf("%s %s: %w", s, k.ID, err)
	}
	p, err := tx.PutPaper(Paper{Shelf: string(s), ID: k.ID, Version: k.Version, Body: body})
	k.Version = p.Version
	return k, err
}

// Delete takes away what is kept under an id, if anything is.
func (s Shelf[T]) Delete(tx Writer, id string) error { return tx.DeletePaper(string(s), id) }
