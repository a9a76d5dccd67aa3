package bolt

import (
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
)

// How long the store waits before it tries a file again that could not be
// written, and one whose structure is damaged: that will hardly mend itself, and
// looking costs reading the file.
const (
	firstPause  = 50 * time.Millisecond
	longPause   = 10 * time.Second
	brokenPause = 5 * time.Minute
)

// mend is called by the committer after a write or flush that failed, or when
// the structure was found damaged. It returns when the store has been reopened,
// checked and written to, or is closing.
func (s *Store) mend(cause error) {
	s.options.Log.Error("the store cannot be written; nothing is acknowledged until it can", "path", s.path, "err", cause)
	s.state.fail(cause)
	s.line.refuse(fmt.Errorf("store %s: %w", s.path, cause))
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		if _, hopeless := errors.AsType[*Broken](cause); hopeless && pause > firstPause {
			pause = brokenPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-s.closing:
			timer.Stop()
			return
		case <-timer.C:
		}
		if cause = s.reopen(); cause == nil {
			break
		}
		s.state.fail(cause)
		s.options.Log.Error("the store still cannot be written", "path", s.path, "err", cause)
	}
	s.state.recover()
	s.options.Log.Info("the store is written again", "path", s.path)
	s.line.admit()
	s.news.Tell() // the last commit may have succeeded after all
}

// reopen closes the file, opens it, checks it, and writes to it. A file that can
// only be read is kept open for reading.
//
// After a flush that failed the kernel may hold pages that it takes for written
// and that never reached the disk. They are thrown away while nobody has the
// file open, so that what is read and built upon from here is what the disk has.
func (s *Store) reopen() error {
	s.open.Lock()
	defer s.open.Unlock()
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			s.options.Log.Warn("the store's file did not close well", "path", s.path, "err", err)
		}
		s.db = nil
	}
	if err := dropCache(s.path); err != nil {
		s.options.Log.Warn("what the kernel holds of the store's file could not be let go", "path", s.path, "err", err)
	}
	db, err := openFile(s.path, s.options)
	if err != nil {
		return err
	}
	if err := s.use(db); err != nil {
		_ = db.Close() // the reason why it is of no use is told instead
		return err
	}
	if err := checkStructure(s.path, checkAtMending); err != nil {
		return err
	}
	if err := guarded(func() error { return prove(db) }); err != nil {
		return fmt.Errorf("%w: %w", inbox.ErrUnavailable, err)
	}
	return nil
}

// Up to which size, in bytes, all pages of a file are checked: when the store is
// opened, and before a file is written again to which a write has failed. Of
// what is larger all pages but the leaves are, which hold the records and are
// about one in a hundred; a leaf is found damaged when it is read, or by tongdai
// verify. Else the hub would be away for as long as reading the file takes.
const (
	checkAtStart   = 64 << 20
	checkAtMending = 1 << 30
)

// checkStructure reports what is wrong with the pages of a file.
func checkStructure(path string, atMost int64) error {
	p, err := readPages(path)
	if err != nil {
		return err
	}
	defer p.close() // nothing was written
	p.bare = int64(p.meta.high)*p.size > atMost
	found, err := p.check(context.Background(), nil)
	if err == nil && len(found) > 0 {
		err = broken("%s", found[0])
	}
	return err
}

// prove shows that the file can be written and flushed.
func prove(db *bolt.DB) error {
	return db.Update(func(tx *bolt.Tx) error {
		_, err := tx.Bucket(metaBucket).NextSequence()
		return err
	})
}
