// Package transfer carries everything that a store keeps into another one, or
// into files that anybody can read.
//
// A store is seen as a few kinds of items (kinds.go). An item is a key, which
// is its place in the order of its kind, and the bytes that are kept under it:
// mostly a record of package record, the same in every store. What a store can
// work out by itself, the rows of its lists and its other indexes, is no item.
//
// Each store implements Source, which reads the items in order, and Target,
// which writes them as they are, without raising versions or numbers. Move
// (move.go) copies from one to the other while nobody works on either, can be
// broken off at any moment and goes on where it was, compares both sides item
// by item, and only then puts the target into its place. Export (export.go)
// writes a store into open files.
package transfer

import (
	"context"
	"errors"
	"iter"
)

// Source reads a store while nobody works on it.
type Source interface {
	// Items yields the items of a kind in their order, those after the key given,
	// or all. What is yielded stays valid until the iteration ends; its error is
	// the last thing that it yields.
	Items(ctx context.Context, kind Kind, after []byte) iter.Seq2[Item, error]
	// Mark tells one state of the store from others, as far as it can be told
	// without reading everything. From here on the Source reads this state.
	// ErrInUse when somebody works on the store.
	Mark(ctx context.Context) (string, error)
	Close() error
}

// Target is a store in the making. It is built aside, so that nobody takes a
// half of a store for a whole one, and keeps by itself how far it has come.
type Target interface {
	// Items reads back what has been written.
	Items(ctx context.Context, kind Kind, after []byte) iter.Seq2[Item, error]
	// State tells what is there. ErrInUse when somebody works on the store.
	State(ctx context.Context) (State, error)
	// Begin makes ready for the items of the store with that mark, or goes on
	// with them.
	Begin(ctx context.Context, mark string) error
	// Progress is how far a kind has come.
	Progress(ctx context.Context, kind Kind) (Progress, error)
	// Write keeps items, which follow those written before, together with the
	// progress that they make: all or nothing.
	Write(ctx context.Context, kind Kind, items []Item) error
	// Settle puts the store into its place, whole. It takes the place of an empty
	// store, never of one that holds something: ErrOccupied.
	Settle(ctx context.Context) error
	// Discard removes what was begun and not settled.
	Discard(ctx context.Context) error
	Close() error
}

// State is what a target's place holds.
type State struct {
	Occupied bool   // a store that somebody has used
	Begun    bool   // a store in the making
	Mark     string // of the source that the one in the making comes from
}

// Progress is how far a kind has been written.
type Progress struct {
	After []byte // the last item's key; empty: none
	Items int64
}

// What keeps a store from being carried. The errors that wrap these say which
// store, and by whom it is used.
var (
	// ErrInUse: the hub, or a command, works on the store.
	ErrInUse = errors.New("the store is in use")
	// ErrMissing: there is no store.
	ErrMissing = errors.New("there is no store")
	// ErrOccupied: the target holds something that no broken-off Move has left.
	ErrOccupied = errors.New("the target is not empty")
	// ErrOther: what was begun in the target comes from another store, or from an
	// earlier state of this one.
	ErrOther = errors.New("the target was begun from another state of a store")
	// ErrChanged: the source was worked on meanwhile.
	ErrChanged = errors.New("the source was changed meanwhile")
	// ErrDiffers: source and target do not hold the same.
	ErrDiffers = errors.New("source and target differ")
	// ErrBroken: an item is not what was once written.
	ErrBroken = errors.New("an item is damaged")
)
