package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// Tasks are claimed in the database. head marks the first task of a group, so
// that nobody has to ask what stands before it; Enqueue and Finish keep it under
// the group's lock (check.go). A claim need not survive the database's crash:
// it is written without waiting for the disk, and its fence is a random number,
// so that no claim after a crash has the fence of one before.

func (s *Store) Claim(ctx context.Context, kind inbox.Work, n int, ttl time.Duration) (claims []inbox.Claim, err error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := s.patient(ctx)
	defer cancel()
	now := s.Now()
	until := now.Add(ttl)
	fence := rand.Int64()>>1 + 1 // never 0, which is that of a free task
	type place struct {
		number int64
		claim  inbox.Claim
	}
	var places []place
	var spoilt []int64
	var b pgx.Batch
	b.Queue("SELECT set_config('synchronous_commit', 'off', true)")
	b.Queue(`WITH due AS (
			SELECT number FROM task
			WHERE kind = $1 AND head AND due <= $2 AND until <= $2 AND NOT id = ANY($6::bytea[])
			ORDER BY urgent DESC, due, number LIMIT $3 FOR UPDATE SKIP LOCKED)
		UPDATE task SET fence = $4, until = $5 FROM due WHERE task.number = due.number
		RETURNING task.number, task.id, task.record`,
		[]byte(kind), nanos(now), n, fence, nanos(until), s.pinned.all()).Query(func(rows pgx.Rows) error {
		return scanAll(rows, func(rows pgx.Rows) error {
			var p place
			var id, value []byte
			if err := rows.Scan(&p.number, &id, &value); err != nil {
				return err
			}
			task, err := decode(s, "task", id, value, record.Tasks)
			if left(err) {
				spoilt = append(spoilt, p.number)
				return nil
			}
			p.claim = inbox.Claim{Task: task, Fence: uint64(fence), Until: until}
			places = append(places, p)
			return err
		})
	})
	if err := s.reading.SendBatch(ctx, &b).Close(); err != nil {
		return nil, unavailable(err)
	}
	if err := s.putAside(ctx, spoilt); err != nil {
		s.log.Warn("damaged tasks could not be put aside; it is tried again", "tasks", len(spoilt), "err", err)
	}
	slices.SortFunc(places, func(a, b place) int {
		if u := a.claim.Task.Urgent; u != b.claim.Task.Urgent {
			if u {
				return -1
			}
			return 1
		}
		return cmp.Or(a.claim.Task.Due.Compare(b.claim.Task.Due), cmp.Compare(a.number, b.number))
	})
	for _, p := range places {
		claims = append(claims, p.claim)
	}
	return claims, nil
}

// spoiltKind begins the kind of tasks that were put aside. Nobody claims such a kind.
const spoiltKind = "damaged "

// putAside takes tasks that cannot be read out of what is claimed, their records
// as they are: they wait for the backup they are restored from, and hold up no
// other of their group.
func (s *Store) putAside(ctx context.Context, numbers []int64) error {
	if len(numbers) == 0 {
		return nil
	}
	return pooled{s}.query(ctx, `WITH spoilt AS (SELECT number, kind, grp FROM task WHERE number = ANY($1::bigint[])),
			aside AS (
				UPDATE task SET kind = $2 || task.kind, head = false FROM spoilt WHERE task.number = spoilt.number)
		UPDATE task SET head = true FROM spoilt, LATERAL (
			SELECT number FROM task n WHERE n.kind = spoilt.kind AND n.grp = spoilt.grp AND n.number > spoilt.number ORDER BY n.number LIMIT 1) f
		WHERE task.number = f.number AND NOT task.head`, []any{numbers, []byte(spoiltKind)}, func(pgx.Rows) error { return nil })
}

// NextDue looks at the free tasks by their due times, and at those that are
// claimed, which are among the due ones, by the end of their claims.
func (s *Store) NextDue(ctx context.Context, kind inbox.Work) (due time.Time, err error) {
	if err := s.usable(ctx); err != nil {
		return time.Time{}, err
	}
	var next *int64
	err = pooled{s}.query(ctx, `SELECT min(at) FROM (
			(SELECT due AS at FROM task WHERE kind = $1 AND head AND urgent AND until <= $2 ORDER BY due LIMIT 1) UNION ALL
			(SELECT due FROM task WHERE kind = $1 AND head AND NOT urgent AND until <= $2 ORDER BY due LIMIT 1) UNION ALL
			(SELECT min(until) FROM task WHERE kind = $1 AND head AND urgent AND due <= $2 AND until > $2) UNION ALL
			(SELECT min(until) FROM task WHERE kind = $1 AND head AND NOT urgent AND due <= $2 AND until > $2)
		) next`, []any{[]byte(kind), nanos(s.Now())}, func(rows pgx.Rows) error { return rows.Scan(&next) })
	if err != nil || next == nil {
		return time.Time{}, err
	}
	return instant(*next), nil
}

func (t *tx) Enqueue(task inbox.Task) error {
	if task.ID == "" || task.Kind == "" {
		return fmt.Errorf("task: %w", errNoName)
	}
	waits := slices.ContainsFunc(t.added, func(a inbox.Task) bool { return a.ID == task.ID })
	if !waits && t.careful && !t.finishes(task.ID) {
		err := t.query("SELECT true FROM task WHERE id = $1", []any{[]byte(task.ID)}, func(rows pgx.Rows) error { return rows.Scan(&waits) })
		if err != nil {
			return err
		}
	}
	if waits {
		return fmt.Errorf("task %s waits already: %w", task.ID, inbox.ErrConflict)
	}
	t.granted, t.used = true, true
	t.added = append(t.added, task)
	return nil
}

func (t *tx) Finish(c inbox.Claim) error {
	_, err := t.settle(c)
	return err
}

func (t *tx) Postpone(c inbox.Claim, due time.Time) error {
	s, err := t.settle(c)
	if err != nil {
		return err
	}
	later := c.Task
	later.Due, later.Attempts = due, later.Attempts+1
	s.later = &later
	return nil
}

func (t *tx) Extend(c inbox.Claim, until time.Time) (inbox.Claim, error) {
	s, err := t.claimed(c)
	if err != nil {
		return c, err
	}
	s.until = &until
	c.Until = until
	return c, nil
}

// settle ends a claim, once.
func (t *tx) settle(c inbox.Claim) (*settling, error) {
	s, err := t.claimed(c)
	if err != nil {
		return nil, err
	}
	s.settled, s.executed = true, false
	return s, nil
}

// claimed takes a claim for granted; whether it still holds is checked before
// the commit, and while it is written nobody on this node takes the task.
func (t *tx) claimed(c inbox.Claim) (*settling, error) {
	stale := fmt.Errorf("task %s: %w", c.Task.ID, inbox.ErrStale)
	s := t.claims[c.Task.ID]
	switch {
	case c.Fence == 0:
		return nil, stale
	case s != nil && (s.settled || s.claim.Fence != c.Fence):
		return nil, stale
	case s != nil:
		s.executed = false
		return s, nil
	}
	if t.careful {
		var fence int64
		err := t.query("SELECT fence FROM task WHERE id = $1", []any{[]byte(c.Task.ID)}, func(rows pgx.Rows) error { return rows.Scan(&fence) })
		if err != nil {
			return nil, err
		}
		if uint64(fence) != c.Fence {
			return nil, stale
		}
	}
	t.granted, t.used = true, true
	t.store.pinned.take(c.Task.ID)
	s = &settling{claim: c}
	t.claims[c.Task.ID] = s
	return s, nil
}

// tasks writes what came of claims before what is new, so that a task may
// follow one of the same name.
func (w *written) tasks(wants []*wanted) {
	w.settled(wants)
	var ids, kinds, groups, values [][]byte
	var urgent, first []bool
	var due []int64
	seen := make(map[string]struct{})
	for _, want := range wants {
		for _, a := range want.added {
			value, err := record.Tasks.Encode(a)
			w.err = errors.Join(w.err, err)
			group := groupOf(a.Kind, a.Group)
			_, behind := seen[group]
			seen[group] = struct{}{}
			w.kinds[a.Kind] = struct{}{}
			ids, kinds, groups = append(ids, []byte(a.ID)), append(kinds, []byte(a.Kind)), append(groups, taskGroup(a))
			urgent, due, first, values = append(urgent, a.Urgent), append(due, nanos(a.Due)), append(first, !behind), append(values, value)
		}
	}
	if len(ids) > 0 {
		w.batch.Queue(`INSERT INTO task (id, kind, grp, urgent, due, head, record)
			SELECT id, kind, grp, urgent, due, first AND (
				SELECT o.number FROM task o WHERE o.kind = n.kind AND o.grp = n.grp ORDER BY o.number LIMIT 1) IS NULL, record
			FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::boolean[], $5::bigint[], $6::boolean[], $7::bytea[])
				WITH ORDINALITY AS n (id, kind, grp, urgent, due, first, record, ord) ORDER BY ord`,
			ids, kinds, groups, urgent, due, first, values)
	}
}

func taskGroup(t inbox.Task) []byte { return bounded([]byte(t.Group)) }

func (w *written) settled(wants []*wanted) {
	var finished, kinds, groups, postponed, values, extended [][]byte
	var due, until []int64
	for _, want := range wants {
		for _, id := range slices.Sorted(maps.Keys(want.claims)) {
			c := want.claims[id]
			switch {
			case c.executed:
			case c.settled && c.later == nil:
				finished = append(finished, []byte(id))
				kinds, groups = append(kinds, []byte(c.claim.Task.Kind)), append(groups, taskGroup(c.claim.Task))
				w.kinds[c.claim.Task.Kind] = struct{}{}
			case c.settled:
				value, err := record.Tasks.Encode(*c.later)
				w.err = errors.Join(w.err, err)
				postponed, due, values = append(postponed, []byte(id)), append(due, nanos(c.later.Due)), append(values, value)
				w.kinds[c.claim.Task.Kind] = struct{}{}
			default:
				extended, until = append(extended, []byte(id)), append(until, nanos(*c.until))
			}
		}
	}
	if len(extended) > 0 {
		w.batch.Queue("UPDATE task SET until = e.until FROM unnest($1::bytea[], $2::bigint[]) AS e (id, until) WHERE task.id = e.id", extended, until)
	}
	if len(postponed) > 0 {
		w.batch.Queue(`UPDATE task SET due = p.due, record = p.record, fence = 0, until = 0
			FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS p (id, due, record) WHERE task.id = p.id`, postponed, due, values)
	}
	if len(finished) > 0 {
		w.batch.Queue("DELETE FROM task WHERE id = ANY($1::bytea[])", finished)
		w.batch.Queue(`UPDATE task SET head = true FROM unnest($1::bytea[], $2::bytea[]) AS g (kind, grp), LATERAL (
				SELECT number FROM task n WHERE n.kind = g.kind AND n.grp = g.grp ORDER BY n.number LIMIT 1) f
			WHERE task.number = f.number AND NOT task.head`, kinds, groups)
	}
}

// pinned are the tasks that functions of this node are just settling. Nobody
// here claims them, even when their claim lapses meanwhile.
type pinned struct {
	mu  sync.Mutex
	ids map[string]int
}

func (p *pinned) take(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids == nil {
		p.ids = make(map[string]int)
	}
	p.ids[id]++
}

func (p *pinned) let(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids[id]--; p.ids[id] <= 0 {
		delete(p.ids, id)
	}
}

func (p *pinned) all() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([][]byte, 0, len(p.ids))
	for id := range p.ids {
		all = append(all, []byte(id))
	}
	return all
}

// bells wake who waits for tasks of a kind.
type bells struct {
	mu     sync.Mutex
	byKind map[inbox.Work]chan struct{}
}

// Wake returns the one channel of that kind: all callers share it.
func (s *Store) Wake(kind inbox.Work) <-chan struct{} { return s.bells.of(kind) }

func (b *bells) of(kind inbox.Work) chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byKind == nil {
		b.byKind = make(map[inbox.Work]chan struct{})
	}
	c := b.byKind[kind]
	if c == nil {
		c = make(chan struct{}, 1)
		b.byKind[kind] = c
	}
	return c
}

func (b *bells) ring(kind inbox.Work) {
	select {
	case b.of(kind) <- struct{}{}:
	default:
	}
}

func (b *bells) kinds() []inbox.Work {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.byKind))
}

// Lease gives a name to one holder at a time, by the database's clock.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (ok bool, err error) {
	if err := s.usable(ctx); err != nil {
		return false, err
	}
	now := s.Now()
	err = pooled{s}.query(ctx, `INSERT INTO lease VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE lease.holder = excluded.holder OR lease.until <= $4 RETURNING true`,
		[]any{[]byte(name), []byte(holder), nanos(now.Add(ttl)), nanos(now)},
		func(rows pgx.Rows) error { return rows.Scan(&ok) })
	return ok, err
}
