package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"tongdai/inbox"
)

// Group commit. What has been wanted while the committer was busy is written
// in one transaction: its price, a round trip or two, a few statements and a
// flush, is shared by all. Members of a group that touch the same row cannot
// both be right about it: the later runs again.

// groupLimit bounds a group, and with it how long its locks are held.
const groupLimit = 256

// request is one run of a function that waits to be committed.
type request struct {
	want   *wanted
	result chan result
}

// result of a request: overtaken on some names, or the end.
type result struct {
	overtaken []string
	doubled   bool // something that may stand only once is another's
	err       error
}

// commit waits for the group. A caller who goes away while the database is
// being written learns nothing about the outcome.
func (s *Store) commit(ctx context.Context, r *run, w *wanted) (overtaken bool, err error) {
	req := &request{want: w, result: make(chan result, 1)}
	if err := s.line.join(req); err != nil {
		return false, err
	}
	select {
	case res := <-req.result:
		if res.doubled {
			r.forget()
		}
		if len(res.overtaken) > 0 {
			r.waits = append(r.waits, res.overtaken...)
			return true, nil
		}
		if res.err == nil {
			r.giveBack(r.reused)
		}
		return false, res.err
	case <-ctx.Done():
		return false, fmt.Errorf("store: not committed in time: %w: %w", inbox.ErrUnavailable, ctx.Err())
	}
}

// line is where requests wait for the committer.
type line struct {
	mu      sync.Mutex
	waiting []*request
	closed  bool
	bell    chan struct{} // rung when somebody waits or the line is closed
}

func (l *line) join(r *request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
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

// take waits for the next group. ok is false once the line is closed and empty.
func (l *line) take() (group []*request, ok bool) {
	for {
		l.mu.Lock()
		n := min(len(l.waiting), groupLimit)
		group, l.waiting = l.waiting[:n:n], l.waiting[n:]
		closed := l.closed
		l.mu.Unlock()
		switch {
		case n > 0:
			return group, true
		case closed:
			return nil, false
		}
		<-l.bell
	}
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.ring()
}

// commitAll is the committer. It ends when the store is closed.
func (s *Store) commitAll() {
	for {
		group, ok := s.line.take()
		if !ok {
			return
		}
		s.commitGroup(group)
	}
}

// commitGroup commits who can be committed together and answers everybody. When
// the database refuses what the group wrote, each is tried alone, so that none
// suffers for another.
func (s *Store) commitGroup(group []*request) {
	members, rest := together(group)
	for _, r := range rest {
		r.result <- result{overtaken: r.want.touched()}
	}
	overtaken, err := s.write(members)
	s.heedRoom(err)
	if err != nil && len(members) > 1 && hasCode(err, uniqueViolation, serializationFailure, deadlockDetected) {
		for _, m := range members {
			s.commitGroup([]*request{m})
		}
		return
	}
	for _, m := range members {
		switch names := overtaken[m]; {
		case len(names) > 0:
			m.result <- result{overtaken: names}
		case err != nil && hasCode(err, uniqueViolation):
			m.result <- result{overtaken: m.want.touched(), doubled: true}
		case err != nil && hasCode(err, serializationFailure, deadlockDetected):
			m.result <- result{overtaken: m.want.touched()}
		default:
			m.result <- result{err: unavailable(err)}
		}
	}
}

// together picks the members of a group that touch nothing in common, first
// come, first served.
func together(group []*request) (members, rest []*request) {
	taken := make(map[string]struct{})
	for _, r := range group {
		names := r.want.touched()
		if among(taken, names) {
			rest = append(rest, r)
			continue
		}
		for _, n := range names {
			taken[n] = struct{}{}
		}
		members = append(members, r)
	}
	return members, rest
}

func among(taken map[string]struct{}, names []string) bool {
	for _, n := range names {
		if _, found := taken[n]; found {
			return true
		}
	}
	return false
}

// write writes a group in one transaction. overtaken tells who is not part of
// it, and on what; the error concerns all others.
func (s *Store) write(group []*request) (overtaken map[*request][]string, err error) {
	ctx, cancel := s.patient(context.Background())
	defer cancel()
	conn, err := s.writing.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	wants := make([]*wanted, len(group))
	for i, r := range group {
		wants[i] = r.want
	}
	lost, by, err := check(ctx, conn, wants, true)
	if err != nil {
		return nil, abandon(conn, err)
	}
	overtaken = make(map[*request][]string)
	var sound []*wanted
	for i, r := range group {
		if len(lost[i]) > 0 {
			overtaken[r] = lost[i]
			s.cache.forget(r.want)
			continue
		}
		sound = append(sound, r.want)
	}
	if len(sound) == 0 {
		_, err = conn.Exec(ctx, "rollback")
		return overtaken, abandon(conn, err)
	}
	written := flush(sound)
	if err := written.send(ctx, conn, true); err != nil {
		return overtaken, abandon(conn, err)
	}
	s.cache.committed(sound, by)
	s.told(written)
	return overtaken, nil
}

// abandon gives up a connection whose transaction failed: it is rolled back
// here or, when that is not possible either, by the server.
func abandon(conn *pgxpool.Conn, err error) error {
	if err == nil || conn.Conn().IsClosed() {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackIn)
	defer cancel()
	if _, failed := conn.Exec(ctx, "rollback"); failed != nil {
		err = errors.Join(err, failed, conn.Conn().Close(ctx))
	}
	return err
}
