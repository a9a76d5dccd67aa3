package bolt

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
)

// Broken is a file whose structure is damaged: not some record, but what holds
// the records together. Nothing may be written to it any more.
type Broken struct{ Found string }

func (b *Broken) Error() string {
	return "tệp kho hỏng cấu trúc (" + b.Found + "). Đừng xóa tệp này: hãy dừng dịch vụ, cất tệp sang nơi khác, " +
		"rồi khôi phục bản sao lưu gần nhất bằng lệnh: tongdai restore; " +
		"lệnh tongdai verify cho biết những gì bị ảnh hưởng (docs/operate/storage.md)"
}

// Unwrap makes it a store that cannot be written now: platforms send again.
func (b *Broken) Unwrap() error { return inbox.ErrUnavailable }

func broken(format string, args ...any) error { return &Broken{fmt.Sprintf(format, args...)} }

// sound is deferred around what touches the pages of a file: it turns into an
// error what bbolt, or reading beyond the end of the file, panics with. Panics
// of anybody else go on. It makes the goroutine survive such reads from where it
// is deferred, so it is deferred before they are done.
func sound(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if !fault(p) && !inEngine() {
		panic(p)
	}
	*err = broken("%v", p)
}

// fault reports whether p stands for memory that cannot be read.
func fault(p any) bool {
	_, ok := p.(interface{ Addr() uintptr })
	return ok
}

// inEngine reports whether the panic that is being recovered arose in bbolt.
func inEngine() bool {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	for panicked := false; ; {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicked && !inRuntime {
			return strings.HasPrefix(frame.Function, "go.etcd.io/bbolt")
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return false
		}
	}
}

// guarded runs fn with faults made errors.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer sound(&err)
	return fn()
}

// view is db.View for a file that may be damaged.
func view(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
	return guarded(func() error { return db.View(fn) })
}

// guard is guarded, and lets the store take no more Updates once the structure
// was found damaged.
func (s *Store) guard(fn func() error) error {
	err := guarded(fn)
	if found, ok := errors.AsType[*Broken](err); ok && s != nil {
		if s.state.suspect(found) {
			s.options.Log.Error("the structure of the store's file is damaged", "path", s.path, "err", found.Found)
			s.line.refuse(fmt.Errorf("store %s: %w", s.path, found))
			s.line.rouse()
		}
	}
	return err
}

// state is what is known of the store as a whole.
type state struct {
	mu      sync.Mutex
	broken  *Broken   // its structure was found damaged, and it was not checked since
	cause   error     // why nothing can be written; nil: it can
	since   time.Time // of cause
	repairs int       // how often it had to be reopened
}

// suspect takes down that the structure is damaged; false: that was known.
func (s *state) suspect(found *Broken) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.broken != nil
	if !known {
		s.broken = found
	}
	return !known
}

func (s *state) suspected() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		return nil
	}
	return s.broken
}

func (s *state) fail(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.since = time.Now()
	}
	s.cause = cause
}

func (s *state) recover() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken, s.cause, s.since = nil, nil, time.Time{}
	s.repairs++
}

// Condition is how the store is.
type Condition struct {
	Err     error     // why nothing can be written; nil: it can
	Since   time.Time // of Err, by the machine's clock
	Repairs int       // how often it was reopened after a failed write
	Damaged int       // records found damaged since it was opened
}

// Condition tells how the store is.
func (s *Store) Condition() Condition {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return Condition{Err: s.state.cause, Since: s.state.since, Repairs: s.state.repairs, Damaged: s.damages.Count()}
}

// Damaged is how many records were found damaged since the store was opened.
func (s *Store) Damaged() int { return s.damages.Count() }

// numbered buckets count what is appended to them; no key may be greater than
// the count, or the next record would be written over an old one.
var counted = []bucket{events, audits}

func numbersHold(t *trees) error {
	for _, b := range counted {
		last, _ := t.tree(b).Cursor().Last()
		if last != nil && numberOf(last) > t.tree(b).Sequence() {
			return broken("bảng %q đếm đến %d nhưng có bản ghi số %d", b, t.tree(b).Sequence(), numberOf(last))
		}
	}
	return nil
}
