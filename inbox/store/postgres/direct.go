package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// direct is a transaction of one function's own, for the few that ask questions
// of several rows after they wrote some. What was wanted so far is checked and
// written, and from then on the function reads what it wrote. Its locks are
// held until it ends.
type direct struct {
	store *Store
	conn  *pgxpool.Conn
	done  bool
	wrote *written // in sum
}

// rollbackIn is how long a connection may take to give up its transaction
// before it is closed.
const rollbackIn = time.Second

// goDirect writes what is wanted so far.
func (t *tx) goDirect() error {
	d := t.wanted.direct
	if d == nil {
		t.run.leaveCodes() // whoever has a connection may be waiting for a code
		conn, err := t.store.steps.Acquire(t.ctx)
		if err != nil {
			return unavailable(err)
		}
		d = &direct{store: t.store, conn: conn, wrote: &written{}}
		t.wanted.direct = d
		t.db = d
	}
	return d.write(t)
}

// write checks and writes what is wanted so far, without committing it.
func (d *direct) write(t *tx) error {
	ctx, cancel := d.store.patient(t.ctx)
	defer cancel()
	lost, _, err := check(ctx, d.conn, []*wanted{t.wanted}, !d.begun())
	d.wrote.begun = true
	if err != nil {
		return t.overtakenBy(err)
	}
	if len(lost[0]) > 0 {
		t.lost = true
		t.run.waits = append(t.run.waits, lost[0]...)
		d.store.cache.forget(t.wanted)
		return errLost
	}
	d.store.cache.old(t.wanted)
	part := flush([]*wanted{t.wanted})
	if err := part.send(ctx, d.conn, false); err != nil {
		return t.overtakenBy(err)
	}
	d.wrote.add(part)
	t.wanted.written()
	return nil
}

func (d *direct) begun() bool { return d.wrote.begun }

// overtakenBy lets the function run again when the database could not bring it
// into line with others.
func (t *tx) overtakenBy(err error) error {
	if hasCode(err, uniqueViolation, serializationFailure, deadlockDetected) {
		if hasCode(err, uniqueViolation) {
			t.run.forget()
		}
		t.lost = true
		t.run.waits = append(t.run.waits, t.touched()...)
		return errLost
	}
	t.store.heedRoom(err)
	return unavailable(err)
}

func (d *direct) query(ctx context.Context, sql string, args []any, scan func(pgx.Rows) error) error {
	ctx, cancel := d.store.patient(ctx)
	defer cancel()
	rows, err := d.conn.Query(ctx, sql, args...)
	if err == nil {
		err = scanAll(rows, scan)
	}
	return unavailable(err)
}

// commit ends the transaction with what is still wanted.
func (d *direct) commit(t *tx) (overtaken bool, err error) {
	if !t.nothing() {
		if err := d.write(t); err != nil {
			return t.lost, err
		}
	}
	ctx, cancel := d.store.patient(t.ctx)
	defer cancel()
	if err := commit(ctx, d.conn); err != nil {
		return false, unavailable(err)
	}
	d.done = true
	t.run.giveBack(t.run.reused)
	d.store.told(d.wrote)
	return false, nil
}

func (d *direct) end() {
	if !d.done && d.begun() {
		_ = abandon(d.conn, errLost) // told to nobody: the function has its own error
	}
	d.conn.Release()
}

// LineUp lets one function after the other pass that names the same.
func (t *tx) LineUp(name string) error {
	t.used = true
	t.names = append(t.names, name)
	return t.goDirect()
}
