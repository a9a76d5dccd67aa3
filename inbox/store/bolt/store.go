// Package bolt is the embedded store: one file, one process, no other service.
//
// The file is a bbolt database. Its trees are named in buckets.go, their keys
// are built in keys.go, and what they hold is framed and checked by package
// record. Concurrent Updates share transactions and flushes (commit.go). Which
// tasks are claimed, who holds a lease and who waits for events is known in
// memory only: it need not outlive the one process that may open the file.
//
// A write or flush that fails leaves the outcome unknown, and bbolt itself
// would go on accepting commits after it. The store then refuses every Update
// until it has closed the file, opened it anew from the disk, checked it and
// written to it (mend.go). Reading goes on meanwhile.
//
// bbolt checks its first two pages only. Every record therefore bears a checksum
// over itself and its place; a damaged one is never given out (damage.go). What
// is wrong with the tree of pages makes bbolt panic or read beyond the file:
// that becomes an error, and the store takes no more Updates (sound.go). Verify
// reads everything and tells what is hit (verify.go, pages.go).
package bolt

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/news"
	"tongdai/inbox/store/record"
)

// Options are what may be chosen. The zero value works.
type Options struct {
	Now func() time.Time // the clock of due times and claims; nil: time.Now
	Log *slog.Logger     // told when the file cannot be written, and when it can again; nil: nobody

	openFile   func(string, int, os.FileMode) (*os.File, error) // for tests of failing disks
	migrations []migration                                      // for tests of migrations
	wrote      func(written)                                    // for benchmarks: told of every write, and with none of every commit
	checked    int64                                            // instead of checkAtStart, for tests of large files
}

// Store is an inbox.Store over one file.
type Store struct {
	path    string
	options Options
	lock    *lock
	damages *record.Damages
	known   known
	state   state

	open sync.RWMutex // held for writing while db is exchanged
	db   *bolt.DB     // nil while it cannot be opened

	line    line
	tasks   *queue
	news    news.News
	leasing sync.Mutex
	leases  map[string]lease

	closing   chan struct{} // closed by Close
	ended     chan struct{} // closed when the committer has ended
	closeOnce sync.Once
	closeErr  error
}

var _ inbox.Store = (*Store)(nil)

// Open opens the store at path, or creates it. Its error says what to do: when
// another process has it, when a newer program wrote it, or when it is damaged.
func Open(path string, options Options) (*Store, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.migrations == nil {
		options.migrations = migrations
	}
	lock, err := acquire(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s := &Store{
		path: path, options: options, lock: lock,
		line:    line{bell: make(chan struct{}, 1)},
		tasks:   newQueue(uint64(time.Now().UnixNano())), // a claim of an earlier process is never taken for one of ours
		leases:  make(map[string]lease),
		damages: record.NewDamages(options.Log),
		known:   newKnown(),
		closing: make(chan struct{}), ended: make(chan struct{}),
	}
	if err := s.start(); err != nil {
		lock.release()
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	go s.commitAll()
	return s, nil
}

func (s *Store) start() error {
	if err := create(s.path, s.options); err != nil {
		return err
	}
	if err := checkStructure(s.path, cmp.Or(s.options.checked, checkAtStart)); err != nil {
		return err
	}
	db, err := openFile(s.path, s.options)
	if err != nil {
		return err
	}
	err = guarded(func() error { return migrate(db, s.path, s.options.migrations, s.options.Log) })
	if err == nil {
		err = s.use(db)
	}
	if err != nil {
		_ = db.Close() // the reason why it is of no use is told instead
	}
	return err
}

// use makes db the store's.
func (s *Store) use(db *bolt.DB) error {
	var waiting []item
	err := view(db, func(btx *bolt.Tx) (err error) {
		t := &trees{tx: btx, told: s.damages}
		if err := numbersHold(t); err != nil {
			return err
		}
		waiting, err = waitingTasks(t)
		return err
	})
	if err != nil {
		return err
	}
	s.tasks.reset(waiting)
	s.db = db
	return nil
}

// View runs fn on what was last committed.
func (s *Store) View(ctx context.Context, fn func(tx inbox.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.read(func(t *trees) error { return fn(&tx{trees: t, store: s}) })
}

func (s *Store) read(fn func(t *trees) error) error {
	s.open.RLock()
	defer s.open.RUnlock()
	if s.db == nil {
		if s.line.closed() {
			return errClosed
		}
		return fmt.Errorf("store: the file cannot be opened: %w", inbox.ErrUnavailable)
	}
	btx, err := s.db.Begin(false)
	if err != nil {
		return fmt.Errorf("store: %w: %w", inbox.ErrUnavailable, err)
	}
	defer func() { _ = btx.Rollback() }() // the end of reading cannot fail
	return s.guard(func() error { return fn(&trees{tx: btx, told: s.damages}) })
}

// Now is the store's clock.
func (s *Store) Now() time.Time { return s.options.Now() }

// Close serves the Updates that have begun, then closes the file.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.line.close()
		close(s.closing)
		<-s.ended
		s.open.Lock()
		if s.db != nil {
			s.closeErr = s.db.Close()
			s.db = nil
		}
		s.open.Unlock()
		s.news.Tell()
		s.lock.release()
	})
	return s.closeErr
}
