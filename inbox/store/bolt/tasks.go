package bolt

import (
	"context"
	"fmt"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// Claim takes tasks in memory; see queue.
func (s *Store) Claim(ctx context.Context, kind inbox.Work, n int, ttl time.Duration) ([]inbox.Claim, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	now := s.Now()
	return s.tasks.claim(kind, n, now, now.Add(ttl)), nil
}

// NextDue tells when Claim may find something.
func (s *Store) NextDue(ctx context.Context, kind inbox.Work) (time.Time, error) {
	if err := s.usable(ctx); err != nil {
		return time.Time{}, err
	}
	return s.tasks.nextDue(kind), nil
}

// Wake returns the one channel of that kind: all callers share it.
func (s *Store) Wake(kind inbox.Work) <-chan struct{} { return s.tasks.wake(kind) }

// waitingTasks reads every task of the file, those of a group in their order.
// One that is damaged waits for the backup it is restored from; it keeps no
// other from being done.
func waitingTasks(t *trees) ([]item, error) {
	var all []item
	cursor := t.tree(tasks).Cursor()
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		task, err := decode(t, tasks, key, value, record.Tasks)
		if left(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, item{number: numberOf(key), task: task})
	}
	return all, nil
}

func taskKey(t inbox.Task, number uint64) []byte {
	return appendNumber(prefixOf(string(t.Kind), t.Group), number)
}

func (t *tx) Enqueue(task inbox.Task) error {
	if task.ID == "" || task.Kind == "" {
		return fmt.Errorf("task: %w", errNoName)
	}
	if t.batch.enqueued(task.ID) {
		return fmt.Errorf("task %s waits already: %w", task.ID, inbox.ErrConflict)
	}
	number, err := t.next(tasks)
	if err != nil {
		return err
	}
	if err := write(t, tasks, taskKey(task, number), task, record.Tasks); err != nil {
		return err
	}
	t.batch.added = append(t.batch.added, item{number: number, task: record.Tasks.AsKept(task)})
	return nil
}

func (t *tx) Finish(c inbox.Claim) error {
	return t.settle(c, nil)
}

func (t *tx) Postpone(c inbox.Claim, due time.Time) error {
	return t.settle(c, &due)
}

func (t *tx) settle(c inbox.Claim, due *time.Time) error {
	g, err := t.pin(c, true)
	if err != nil {
		return err
	}
	head := *g.head()
	key := taskKey(head.task, head.number)
	s := settlement{kind: c.Task.Kind, group: g}
	if due == nil {
		err = t.delete(tasks, key)
	} else {
		later := head.task
		later.Due, later.Attempts = *due, later.Attempts+1
		later = record.Tasks.AsKept(later)
		s.postponed = &later
		err = write(t, tasks, key, later, record.Tasks)
	}
	if err != nil {
		return err
	}
	t.batch.settled = append(t.batch.settled, s)
	return nil
}

func (t *tx) Extend(c inbox.Claim, until time.Time) (inbox.Claim, error) {
	g, err := t.pin(c, false)
	if err != nil {
		return c, err
	}
	t.extended = append(t.extended, extension{group: g, until: until})
	c.Until = until
	return c, nil
}

func (t *tx) pin(c inbox.Claim, settle bool) (*group, error) {
	g, err := t.store.tasks.pin(c, settle)
	if err != nil {
		return nil, err
	}
	t.batch.pinned = append(t.batch.pinned, pinned{kind: c.Task.Kind, group: g})
	return g, nil
}

// Lease keeps in memory who may do what: there is one process, and its end
// frees everything.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	if err := s.usable(ctx); err != nil {
		return false, err
	}
	s.leasing.Lock()
	defer s.leasing.Unlock()
	now := s.Now()
	if l, taken := s.leases[name]; taken && l.holder != holder && now.Before(l.until) {
		return false, nil
	}
	s.leases[name] = lease{holder: holder, until: now.Add(ttl)}
	return true, nil
}

type lease struct {
	holder string
	until  time.Time
}

// usable refuses what needs no disk while the store cannot be written: whoever
// took a task then could do it, and not record that it is done.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.line.refused()
}

var errClosed = fmt.Errorf("store: closed: %w", inbox.ErrUnavailable)
