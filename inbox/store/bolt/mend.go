package bolt

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
)

// How long the store waits before it tries a file again that could not be written.
const (
	firstPause = 50 * time.Millisecond
	longPause  = 10 * time.Second
)

// mend is called by the committer after a write or flush that failed. It
// returns when the store has been reopened and written to, or is closing.
func (s *Store) mend(cause error) {
	s.options.Log.Error("the store cannot be written; nothing is acknowledged until it can", "path", s.path, "err", cause)
	s.line.refuse(fmt.Errorf("store %s: %w", s.path, cause))
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		timer := time.NewTimer(pause)
		select {
		case <-s.closing:
			timer.Stop()
			return
		case <-timer.C:
		}
		err := s.reopen()
		if err == nil {
			break
		}
		s.options.Log.Error("the store still cannot be written", "path", s.path, "err", err)
	}
	s.options.Log.Info("the store is written again", "path", s.path)
	s.line.admit()
	s.news.Tell() // the last commit may have succeeded after all
}

// reopen closes the file, opens it, and writes to it. A file that can only be
// read is kept open for reading.
func (s *Store) reopen() error {
	s.open.Lock()
	defer s.open.Unlock()
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			s.options.Log.Warn("the store's file did not close well", "path", s.path, "err", err)
		}
		s.db = nil
	}
	db, err := openFile(s.path, s.options)
	if err != nil {
		return err
	}
	if err := s.use(db); err != nil {
		_ = db.Close() // the reason why it is of no use is told instead
		return err
	}
	if err := prove(db); err != nil {
		return fmt.Errorf("%w: %w", inbox.ErrUnavailable, err)
	}
	return nil
}

// prove shows that the file can be written and flushed.
func prove(db *bolt.DB) error {
	return db.Update(func(tx *bolt.Tx) error {
		_, err := tx.Bucket(metaBucket).NextSequence()
		return err
	})
}
