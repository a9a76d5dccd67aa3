package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/inbox/store/transfer"
	"tongdai/kb"
)

// ReadOnly is a store that somebody looks at who must leave no trace: nothing is
// written, no file is made, no schema is raised. While it is open nobody else can
// open the store.
type ReadOnly struct {
	store *Store
	lock  *os.File // nil: nobody has ever had the store open
}

var _ inbox.Store = (*ReadOnly)(nil)

// ErrOlder: the store has an older schema, which the hub raises at its next start.
var ErrOlder = errors.New("store of an older schema")

// Schema is the schema of the stores that this program writes.
func Schema() int { return len(migrations) }

// OpenToRead opens the store at path for a look. Its errors are transfer.ErrMissing,
// transfer.ErrInUse (which names the process), ErrOlder, and those of Open.
func OpenToRead(path string) (*ReadOnly, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open store %s: %w", path, transfer.ErrMissing)
	}
	lock, err := share(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	r := &ReadOnly{lock: lock, store: &Store{
		path: path, options: Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		line: line{bell: make(chan struct{}, 1)}, tasks: newQueue(1), damages: record.NewDamages(slog.New(slog.DiscardHandler)), known: newKnown(),
	}}
	if err := r.open(); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, errors.Join(err, r.Close()))
	}
	return r, nil
}

// share keeps others from opening the store, as far as anybody has before.
func share(path string) (*os.File, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w: %w", transfer.ErrInUse, inUse(path))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (r *ReadOnly) open() error {
	if err := wholeFile(r.store.path); err != nil {
		return err
	}
	if err := checkStructure(r.store.path, checkAtStart); err != nil {
		return err
	}
	var db *bolt.DB
	err := guarded(func() (err error) {
		db, err = bolt.Open(r.store.path, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second, NoStatistics: true})
		return err
	})
	if err != nil {
		return err
	}
	r.store.db = db
	schema, err := schemaOf(db)
	switch {
	case err != nil:
		return err
	case schema < Schema():
		return fmt.Errorf("%w: %d, this program writes %d", ErrOlder, schema, Schema())
	case schema > Schema():
		return fmt.Errorf("kho do bản mới hơn của chương trình ghi (lược đồ %d, bản này biết đến %d); hãy chạy bản mới hơn", schema, Schema())
	}
	return r.store.use(db)
}

// Damaged is how many records were found damaged by what was read.
func (r *ReadOnly) Damaged() int { return r.store.Condition().Damaged }

// Close ends the look.
func (r *ReadOnly) Close() error {
	var errs []error
	if r.store.db != nil {
		errs = append(errs, r.store.db.Close())
		r.store.db = nil
	}
	if r.lock != nil {
		errs = append(errs, r.lock.Close())
		r.lock = nil
	}
	return errors.Join(errs...)
}

// View, ViewEntries, NextDue and Now are the store's.
func (r *ReadOnly) View(ctx context.Context, fn func(tx inbox.Reader) error) error {
	return r.store.View(ctx, fn)
}

// ViewEntries reads the knowledge base.
func (r *ReadOnly) ViewEntries(ctx context.Context, fn func(tx kb.Reader) error) error {
	return r.store.ViewEntries(ctx, fn)
}

// NextDue tells when work waits.
func (r *ReadOnly) NextDue(ctx context.Context, kind inbox.Work) (time.Time, error) {
	return r.store.NextDue(ctx, kind)
}

// Now is the store's clock.
func (r *ReadOnly) Now() time.Time { return r.store.Now() }

var errReadOnly = fmt.Errorf("the store was opened for a look only: %w", inbox.ErrUnavailable)

// Update refuses.
func (r *ReadOnly) Update(context.Context, func(inbox.Writer) error) error { return errReadOnly }

// UpdateEntries refuses.
func (r *ReadOnly) UpdateEntries(context.Context, func(kb.Writer) error) error { return errReadOnly }

// Claim refuses.
func (r *ReadOnly) Claim(context.Context, inbox.Work, int, time.Duration) ([]inbox.Claim, error) {
	return nil, errReadOnly
}

// Lease refuses.
func (r *ReadOnly) Lease(context.Context, string, string, time.Duration) (bool, error) {
	return false, errReadOnly
}

// Wake returns a channel on which nothing is ever told.
func (r *ReadOnly) Wake(inbox.Work) <-chan struct{} { return nil }

// Follow refuses.
func (r *ReadOnly) Follow(context.Context, inbox.Seq) iter.Seq2[inbox.Event, error] {
	return func(yield func(inbox.Event, error) bool) { yield(inbox.Event{}, errReadOnly) }
}
