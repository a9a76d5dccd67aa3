package inbox

import (
	"context"
	"errors"
	"time"
)

// BackedUp tells of the newest backup of every day, whichever node made it.
type BackedUp struct {
	At time.Time `json:"at"` // when it was begun
}

// BackedUpShelf keeps the one BackedUp, under BackedUpID.
const (
	BackedUpShelf Shelf[BackedUp] = "backed-up"
	BackedUpID    string          = "daily"
)

// NoteBackup keeps when the newest backup was begun, for all nodes.
func (h *Hub) NoteBackup(ctx context.Context, at time.Time) error {
	return h.store.Update(ctx, func(tx Writer) error {
		kept, err := BackedUpShelf.Get(tx, BackedUpID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		kept.ID, kept.Value.At = BackedUpID, at
		_, err = BackedUpShelf.Put(tx, kept)
		return err
	})
}

// LastBackup is when the newest backup that was noted was begun; zero: none was.
func (h *Hub) LastBackup(ctx context.Context) (at time.Time, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		kept, err := BackedUpShelf.Get(tx, BackedUpID)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		at = kept.Value.At
		return err
	})
	return at, err
}
