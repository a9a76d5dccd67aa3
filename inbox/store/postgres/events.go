package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// Events are written without a number: if a transaction took one before its
// commit, a follower could pass it by while it is still invisible; and if all
// took theirs from one row, they would wait for each other's flushes. So events
// are numbered after the commit. Any node may do it, one at a time: whoever
// holds the row of the count numbers everything that is visible to all, in the
// order of writing, and tells the others. A node does it after its own commits,
// and now and then for one that died before it could.

// channel of the notifications.
const channel = "tongdai_events"

// followBatch is how many rows of events a follower reads at a time.
const followBatch = 64

const trimEvents = `DELETE FROM event WHERE first < coalesce(
	(SELECT first FROM event WHERE first IS NOT NULL AND latest >= $1 ORDER BY first LIMIT 1),
	(SELECT n + 1 FROM counter WHERE name = 'events'))`

func (t *tx) AppendEvent(e inbox.Event) error {
	e.Seq = 0
	value, err := record.Events.Encode(e)
	if err != nil {
		return err
	}
	t.used = true
	t.events = append(t.events, value)
	t.latest = max(t.latest, nanos(e.At))
	return nil
}

func (t *tx) LastEvent() (inbox.Seq, error) {
	var n int64
	err := t.query("SELECT n FROM counter WHERE name = 'events'", nil, func(rows pgx.Rows) error { return rows.Scan(&n) })
	return inbox.Seq(n), err
}

// TrimEvents forgets numbered events only, so those that wait get theirs first.
func (t *tx) TrimEvents(before time.Time) error {
	if err := t.store.numberEvents(); err != nil {
		return unavailable(err)
	}
	n := nanos(before)
	t.used, t.trim = true, &n
	return nil
}

// numberAll numbers events whenever some were committed here or were left
// behind, until the store is closed.
func (s *Store) numberAll() {
	for {
		select {
		case <-s.closing.Done():
			return
		case <-s.number:
		}
		if err := s.numberEvents(); err != nil && s.closing.Err() == nil {
			s.log.Warn("events could not be numbered; it is tried again", "err", err)
		}
	}
}

// numberEvents numbers what is visible. The count is locked by a statement of
// its own: the next sees all that was committed before the lock was had.
func (s *Store) numberEvents() error {
	ctx, cancel := s.patient(s.closing)
	defer cancel()
	var b pgx.Batch
	b.Queue("SELECT n FROM counter WHERE name = 'events' FOR UPDATE")
	numbered := false
	b.Queue(`WITH fresh AS (
			SELECT ord, cardinality(records) AS size,
				sum(cardinality(records)) OVER (ORDER BY ord) - cardinality(records) AS before
			FROM event WHERE first IS NULL),
		given AS (
			UPDATE event SET first = counter.n + 1 + fresh.before FROM fresh, counter
			WHERE event.ord = fresh.ord AND counter.name = 'events' RETURNING fresh.size),
		counted AS (
			UPDATE counter SET n = n + (SELECT sum(size) FROM given)
			WHERE name = 'events' AND EXISTS (SELECT 1 FROM given) RETURNING n)
		SELECT pg_notify($1, '') IS NOT NULL FROM counted`, channel).Query(func(rows pgx.Rows) error {
		return scanAll(rows, func(rows pgx.Rows) error { return rows.Scan(&numbered) })
	})
	// gofail: var eventsBeforeNumbers struct{}
	err := s.writing.SendBatch(ctx, &b).Close()
	if err == nil && numbered {
		s.news.Tell()
	}
	return err
}

// eventsAfter reads what follows a number. A number that was never given, or
// whose successor has been trimmed or is damaged, is ErrGone: the follower must
// read anew.
func (s *Store) eventsAfter(ctx context.Context, after inbox.Seq) (found []inbox.Event, err error) {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	var last, first int64
	none := true
	var broken error // what the first damaged event after was found to be
	var b pgx.Batch
	b.Queue("SELECT n FROM counter WHERE name = 'events'").QueryRow(func(row pgx.Row) error { return row.Scan(&last) })
	b.Queue(`SELECT first, records FROM event
		WHERE first >= coalesce((SELECT first FROM event WHERE first <= $1 ORDER BY first DESC LIMIT 1), 0)
		ORDER BY first LIMIT $2`, sequence(uint64(after))+1, followBatch).Query(func(rows pgx.Rows) error {
		return scanAll(rows, func(rows pgx.Rows) error {
			var from int64
			var values [][]byte
			if err := rows.Scan(&from, &values); err != nil {
				return err
			}
			if none {
				first, none = from, false
			}
			for i, value := range values {
				n := inbox.Seq(from) + inbox.Seq(i)
				if n <= after || broken != nil {
					continue
				}
				e, err := decode(s, "event", strconv.AppendUint(nil, uint64(n), 10), value, record.Events)
				if err != nil {
					broken = err // what was found before it is told first
					continue
				}
				e.Seq = n
				found = append(found, e)
			}
			return nil
		})
	})
	if err := s.reading.SendBatch(ctx, &b).Close(); err != nil {
		return nil, unavailable(err)
	}
	if broken != nil && !left(broken) {
		return nil, broken
	}
	switch end := inbox.Seq(last); {
	case broken != nil && len(found) == 0:
		return nil, fmt.Errorf("events after %d: %w: %w", after, inbox.ErrGone, broken)
	case after > end:
		return nil, fmt.Errorf("event %d was never given, the last is %d: %w", after, end, inbox.ErrGone)
	case after < end && (none || inbox.Seq(first) > after+1):
		return nil, fmt.Errorf("events after %d: %w", after, inbox.ErrGone)
	}
	return found, nil
}

// followAgain is how long a follower waits for a database that does not answer.
const followAgain = 200 * time.Millisecond

// Follow yields numbered events in order, and waits for the next. It waits as
// well while the database cannot be reached, and ends with ErrUnavailable when
// the store is closed.
func (s *Store) Follow(ctx context.Context, after inbox.Seq) iter.Seq2[inbox.Event, error] {
	return func(yield func(inbox.Event, error) bool) {
		for ctx.Err() == nil {
			news := s.news.Next() // before reading, so that nothing falls between
			batch, err := s.eventsAfter(ctx, after)
			if errors.Is(err, inbox.ErrGone) && s.numberEvents() == nil {
				batch, err = s.eventsAfter(ctx, after) // perhaps its number was just about to be given
			}
			closed := s.closing.Err() != nil
			switch {
			case ctx.Err() != nil:
				return
			case closed:
				yield(inbox.Event{}, errClosed)
				return
			case errors.Is(err, inbox.ErrUnavailable):
				s.wait(ctx, followAgain)
				continue
			case err != nil:
				yield(inbox.Event{}, err)
				return
			}
			for _, e := range batch {
				if ctx.Err() != nil || !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			if len(batch) > 0 {
				continue
			}
			select {
			case <-news:
			case <-ctx.Done():
			}
		}
	}
}

// wait lets time pass until one of those who might be waiting has gone.
func (s *Store) wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-s.closing.Done():
	case <-time.After(d):
	}
}
