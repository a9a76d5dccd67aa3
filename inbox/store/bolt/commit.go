package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tongdai/inbox"
)

// One goroutine commits. While it waits for the disk, Updates gather in a
// line; it then takes them all into the next transaction, so that one flush
// serves many. A lone Update meets an idle committer and waits for nobody.
//
// Each function runs on its caller's goroutine, to which the committer hands
// the transaction: a panic, or a test's FailNow, stays with the caller.

// groupLimit bounds a group: one failing function makes the others run again.
const groupLimit = 256

// request is one Update in the line.
type request struct {
	fn    func(tx inbox.Writer) error
	taken atomic.Bool // by the committer, or by its caller who went away
	steps chan step   // what the caller is to do next
	ran   chan error  // what fn came to
	err   error       // of fn; read by the committer only
}

// step is either a transaction to run fn in, or the end.
type step struct {
	tx  *tx
	err error
}

// errLeft stands for a function that panicked or whose goroutine ended.
var errLeft = errors.New("store: the function did not return")

// Update runs fn in a transaction that it may share with others.
func (s *Store) Update(ctx context.Context, fn func(tx inbox.Writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{fn: fn, steps: make(chan step, 1), ran: make(chan error, 1)}
	if err := s.line.join(r); err != nil {
		return err
	}
	var next step
	select {
	case next = <-r.steps:
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		next = <-r.steps
	}
	for next.tx != nil {
		r.run(next.tx)
		next = <-r.steps
	}
	return next.err
}

// LineUp has nothing to do: functions run one after the other.
func (t *tx) LineUp(string) error { return nil }

func (r *request) run(t *tx) {
	err := errLeft
	defer func() { r.ran <- err }()
	err = t.store.guard(func() error { return r.fn(t) })
}

// line is where Updates wait for the committer.
type line struct {
	mu      sync.Mutex
	waiting []*request
	refusal error // why nobody may join now
	roused  bool  // the committer is wanted, although nobody waits
	ended   bool
	bell    chan struct{} // rung when somebody waits or the line is closed
}

func (l *line) join(r *request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal != nil {
		return l.refusal
	}
	l.waiting = append(l.waiting, r)
	l.ring()
	return nil
}

func (l *line) ring() {
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

// rouse has the committer look after the store although nobody waits.
func (l *line) rouse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.roused = true
	l.ring()
}

// take waits for the next group, which is empty when the committer was roused.
// ok is false once the line is closed and empty.
func (l *line) take() (group []*request, ok bool) {
	for {
		l.mu.Lock()
		n := min(len(l.waiting), groupLimit)
		taken, ended, roused := l.waiting[:n:n], l.ended, l.roused
		l.waiting, l.roused = l.waiting[n:], false
		l.mu.Unlock()
		for _, r := range taken {
			if r.taken.CompareAndSwap(false, true) {
				group = append(group, r)
			}
		}
		switch {
		case len(group) > 0:
			return group, true
		case n > 0:
			continue
		case ended:
			return nil, false
		case roused:
			return nil, true
		}
		<-l.bell
	}
}

// refuse turns everybody away who waits or comes, until admit.
func (l *line) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.refusal = err
	}
	for _, r := range l.waiting {
		if r.taken.CompareAndSwap(false, true) {
			r.steps <- step{err: err}
		}
	}
	l.waiting = nil
}

func (l *line) admit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.refusal = nil
	}
}

// refused is why nobody may join now, or nil.
func (l *line) refused() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusal
}

// close lets nobody in any more; who waits is still served.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended, l.refusal = true, errClosed
	l.ring()
}

func (l *line) closed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// commitAll is the committer. It ends when the store is closed.
func (s *Store) commitAll() {
	defer close(s.ended)
	for {
		group, ok := s.line.take()
		if !ok {
			return
		}
		err := s.commit(group)
		if err = cmp.Or(err, s.state.suspected()); err != nil {
			s.mend(err)
		}
	}
}

// commit runs a group in one transaction, or in several when a function fails
// after it wrote: then the others run again without it. Its error is a write
// or flush that failed, after which what is on disk is not known.
func (s *Store) commit(group []*request) error {
	members := group
	for {
		again, err := s.attempt(members)
		if err != nil {
			err = fmt.Errorf("%w: %w", inbox.ErrUnavailable, err)
			// Told only now: their answers may rest on what others of the group wrote.
			end(group, func(*request) error { return err })
			return err
		}
		if again == nil {
			end(group, func(r *request) error { return r.err })
			return nil
		}
		members = again
	}
}

func end(group []*request, result func(*request) error) {
	for _, r := range group {
		if r.err != errLeft {
			r.steps <- step{err: result(r)}
		}
	}
}

// attempt runs the members and commits. When one spoils the transaction it
// returns the others, to be run again.
func (s *Store) attempt(members []*request) (again []*request, err error) {
	if err := s.state.suspected(); err != nil {
		return nil, err
	}
	btx, err := s.db.Begin(true)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil { // bbolt has rolled back already, unless it panicked
			_ = s.guard(btx.Rollback)
		}
	}()
	b := &batch{store: s, trees: trees{tx: btx, told: s.damages}, conversations: make(map[inbox.ConversationID]inbox.Conversation)}
	defer b.release()
	for i, r := range members {
		t := &tx{trees: &b.trees, store: s, batch: b}
		r.steps <- step{tx: t}
		r.err = <-r.ran
		if r.err != nil && t.wrote {
			if err := btx.Rollback(); err != nil {
				return nil, err
			}
			return others(members, i), nil
		}
		if r.err == nil {
			b.wrote = b.wrote || t.wrote
			b.extended = append(b.extended, t.extended...)
		}
	}
	return nil, b.finish()
}

// others are the members without the i-th and without those who have gone.
func others(members []*request, spoiler int) []*request {
	rest := make([]*request, 0, len(members))
	for i, r := range members {
		if i != spoiler && r.err != errLeft {
			rest = append(rest, r)
		}
	}
	return rest
}

// batch is what the functions of one transaction did beside the file: it
// becomes true with the commit.
type batch struct {
	trees
	store         *Store
	conversations map[inbox.ConversationID]inbox.Conversation // as stored, for those read or written
	wrote         bool
	added         []item
	settled       []settlement
	extended      []extension
	pinned        []pinned
}

type settlement struct {
	kind      inbox.Work
	group     *group
	postponed *inbox.Task
}

type extension struct {
	group *group
	until time.Time
}

type pinned struct {
	kind  inbox.Work
	group *group
}

// enqueued reports whether a task with that id waits.
func (b *batch) enqueued(id string) bool {
	for _, it := range b.added {
		if it.task.ID == id {
			return true
		}
	}
	q := b.store.tasks
	q.mu.Lock()
	defer q.mu.Unlock()
	_, waits := q.ids[id]
	return waits
}

// finish commits and makes the effects true. A group that wrote nothing costs no flush.
func (b *batch) finish() error {
	if !b.wrote {
		b.apply()
		return b.tx.Rollback()
	}
	news := b.opened[events] != nil
	// gofail: var storeBeforeCommit string
	// return errors.New(storeBeforeCommit)
	if err := b.store.guard(b.tx.Commit); err != nil {
		return err
	}
	if told := b.store.options.wrote; told != nil {
		told(written{})
	}
	// gofail: var storeCommitted string
	// return errors.New(storeCommitted)
	b.apply()
	// gofail: var storeBeforeNews struct{}
	if news {
		b.store.news.Tell()
	}
	return nil
}

func (b *batch) apply() {
	q := b.store.tasks
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range b.extended {
		e.group.until = e.until
	}
	for _, it := range b.added {
		q.add(it)
	}
	for _, s := range b.settled {
		q.settle(s.kind, s.group, s.postponed)
	}
}

// release frees the tasks whose settling did not come true.
func (b *batch) release() {
	for _, p := range b.pinned {
		b.store.tasks.unpin(p.kind, p.group)
	}
}
