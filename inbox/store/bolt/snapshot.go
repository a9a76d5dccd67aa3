package bolt

import (
	"context"
	"fmt"
	"iter"
	"sync"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox/store/transfer"
)

// Snapshot reads everything that a store keeps as it was at one moment, while
// the store goes on working. What is overwritten or deleted meanwhile stays in
// the file until the snapshot is closed, so that it grows by as much.
type Snapshot struct {
	store *Store
	mu    sync.Mutex // one reader at a time: a bbolt transaction is not shared
	tx    *bolt.Tx
	mark  string
}

var _ transfer.Source = (*Snapshot)(nil)

// Snapshot takes down this moment. Who has it must close it soon: a store whose
// file failed waits for it before it mends itself.
func (s *Store) Snapshot(ctx context.Context) (*Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	shot := &Snapshot{store: s}
	err := s.read(func(*trees) (err error) {
		if shot.tx, err = s.db.Begin(false); err == nil { // one of its own: the read ends here
			shot.mark = markOf(&trees{tx: shot.tx})
		}
		return err
	})
	return shot, err
}

// Mark names the moment.
func (s *Snapshot) Mark(context.Context) (string, error) { return s.mark, nil }

// Items reads a kind. It ends with an error when the store must be mended.
func (s *Snapshot) Items(ctx context.Context, kind transfer.Kind, after []byte) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		n := 0
		err := s.store.guard(func() error {
			for it, err := range itemsOf(&trees{tx: s.tx, told: s.store.damages}, kind, after) {
				if n++; err == nil && n%snapshotLook == 1 {
					err = s.fine(ctx)
				}
				if err != nil {
					return err
				}
				if !yield(it, nil) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(transfer.Item{}, err)
		}
	}
}

// snapshotLook is how many items are read between looks at the store.
const snapshotLook = 512

func (s *Snapshot) fine(ctx context.Context) error {
	if err := s.store.Condition().Err; err != nil {
		return fmt.Errorf("the store must be mended first: %w", err)
	}
	return ctx.Err()
}

// Close lets go of the moment.
func (s *Snapshot) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tx.Rollback()
}
