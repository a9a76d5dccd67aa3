package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"tongdai/inbox"
)

// run is one call of Update, over all the times that its function runs.
type run struct {
	store   *Store
	careful bool
	waits   []string // what it was overtaken on, or waits for before it reads
	release func()   // of waits

	given      []given // codes it has got; the first reused of them by this time
	reused     int
	holdsCodes bool
}

// overtakenLimit is how often a function may be overtaken before its caller is
// told that the store cannot be written. With each time it meets fewer others.
const overtakenLimit = 100

// Update runs fn and commits what it wrote, together with what others wrote.
func (s *Store) Update(ctx context.Context, fn func(tx inbox.Writer) error) error {
	r := &run{store: s}
	defer r.end()
	for n := range overtakenLimit {
		err := s.usable(ctx)
		if err == nil && n > 0 {
			err = r.prepare(ctx, n)
		}
		if err != nil && n > 0 {
			return unavailable(err) // the function has run, so it is not the caller's going alone
		}
		if err != nil {
			return err
		}
		overtaken, err := r.once(ctx, fn)
		if !overtaken {
			return err
		}
	}
	return fmt.Errorf("store: overtaken %d times: %w", overtakenLimit, inbox.ErrUnavailable)
}

// prepare lets the next run meet fewer others: those of this node line up, and
// after a few times it waits a little for those of other nodes.
func (r *run) prepare(ctx context.Context, n int) (err error) {
	r.careful = true
	if r.release != nil {
		r.release()
		r.release = nil
	}
	if r.release, _, err = r.store.keys.lock(ctx, r.waits); err != nil {
		return err
	}
	if n < 3 {
		return nil
	}
	select {
	case <-time.After(rand.N(min(time.Duration(n)*time.Millisecond, 50*time.Millisecond))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queueFor lets the functions of this node that change one conversation pass
// one after the other: each would otherwise read what the one before it is just
// changing, and run again. Only the first conversation is waited for, and not by
// a function that holds a transaction or the turn for codes, so that no two ever
// wait for each other; waited tells whether time has passed.
func (r *run) queueFor(t *tx, id inbox.ConversationID) (waited bool, err error) {
	if r.release != nil || t.wanted.direct != nil || r.holdsCodes {
		return false, nil
	}
	r.release, waited, err = r.store.keys.lock(t.ctx, []string{conversations.name + " " + string(id)})
	return waited, err
}

// once runs the function and lets its group commit.
func (r *run) once(ctx context.Context, fn func(tx inbox.Writer) error) (overtaken bool, err error) {
	w := newWanted()
	w.careful = r.careful
	t := &tx{ctx: ctx, store: r.store, db: pooled{r.store}, run: r, rows: make(map[rowID]*row), wanted: w}
	defer t.let()
	r.reused = 0
	err = r.call(t, fn)
	switch {
	case w.lost || errors.Is(err, errLost):
		return true, nil
	case err != nil && w.granted && !w.careful && !errors.Is(err, inbox.ErrUnavailable):
		return true, nil // perhaps it fails only because of what it took for granted
	case err != nil:
		return false, err
	case w.direct != nil:
		return w.direct.commit(t)
	case w.nothing() && len(w.guessed) > 0:
		return true, nil // nobody would check what it rests on
	case w.nothing() && w.used && !w.confirm:
		return false, nil
	case w.nothing() && !w.used && r.store.full.Load():
		return false, r.store.hasRoom(ctx)
	default:
		return r.store.commit(ctx, r, w)
	}
}

// call runs the function. The codes it took are its own once it has returned.
func (r *run) call(t *tx, fn func(tx inbox.Writer) error) (err error) {
	returned := false
	defer func() {
		if !returned || err != nil && (!t.granted || t.careful) && !t.lost {
			r.giveBack(0)
		}
		r.leaveCodes()
	}()
	err = fn(t)
	returned = true
	return err
}

// giveBack frees the codes from the n-th on.
func (r *run) giveBack(n int) {
	r.store.codes.giveBack(r.given[n:])
	r.given = r.given[:n]
}

// leaveCodes lets others of this node ask for codes.
func (r *run) leaveCodes() {
	if r.holdsCodes {
		r.store.codes.leave()
		r.holdsCodes = false
	}
}

// forget drops codes that others turned out to have.
func (r *run) forget() { r.given, r.reused = nil, 0 }

func (r *run) end() {
	if r.release != nil {
		r.release()
	}
}

// let ends what a run holds, however it ended.
func (t *tx) let() {
	for id := range t.claims {
		t.store.pinned.let(id)
	}
	if t.direct != nil {
		t.direct.end()
	}
}
