package bolt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// followBatch is how many events a follower reads in one transaction.
const followBatch = 256

func (t *tx) AppendEvent(e inbox.Event) error {
	n, err := t.next(events)
	if err != nil {
		return err
	}
	e.Seq = inbox.Seq(n)
	return write(t, events, numberKey(n), e, record.Events)
}

func (t *tx) LastEvent() (inbox.Seq, error) { return inbox.Seq(t.tree(events).Sequence()), nil }

func (t *tx) TrimEvents(before time.Time) error {
	old, err := t.eventsBefore(before)
	for _, key := range old {
		err = cmp.Or(err, t.delete(events, key))
	}
	return err
}

// eventsBefore are the keys of events up to the last that is older. One that is
// damaged goes with those around it.
func (t *tx) eventsBefore(before time.Time) (old [][]byte, err error) {
	n := 0
	cursor := t.tree(events).Cursor()
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		e, err := decode(t.trees, events, key, value, record.Events)
		if err != nil && !left(err) {
			return nil, err
		}
		if err == nil && !e.At.Before(before) {
			break
		}
		old = append(old, bytes.Clone(key))
		if err == nil {
			n = len(old)
		}
	}
	return old[:n], nil
}

// eventsAfter reads what follows a number. A number that was never given, or
// whose successor has been trimmed or is damaged, is ErrGone: the follower must
// read anew.
func (t *trees) eventsAfter(after inbox.Seq) ([]inbox.Event, error) {
	tree := t.tree(events)
	last := inbox.Seq(tree.Sequence())
	if after == last {
		return nil, nil
	}
	if after > last {
		return nil, fmt.Errorf("event %d was never given, the last is %d: %w", after, last, inbox.ErrGone)
	}
	cursor := tree.Cursor()
	first, _ := cursor.First()
	if first == nil || uint64(after)+1 < numberOf(first) {
		return nil, fmt.Errorf("events after %d: %w", after, inbox.ErrGone)
	}
	batch := make([]inbox.Event, 0, min(uint64(last-after), followBatch))
	for key, value := cursor.Seek(numberKey(uint64(after) + 1)); key != nil && len(batch) < followBatch; key, value = cursor.Next() {
		e, err := decode(t, events, key, value, record.Events)
		switch {
		case left(err) && len(batch) == 0:
			return nil, fmt.Errorf("events after %d: %w: %w", after, inbox.ErrGone, err)
		case left(err):
			return batch, nil
		case err != nil:
			return nil, err
		}
		batch = append(batch, e)
	}
	return batch, nil
}

// Follow yields committed events in order, and waits for the next without
// polling. It waits as well while the store is being reopened, and ends with
// ErrUnavailable when the store is closed.
func (s *Store) Follow(ctx context.Context, after inbox.Seq) iter.Seq2[inbox.Event, error] {
	return func(yield func(inbox.Event, error) bool) {
		for ctx.Err() == nil {
			news := s.news.Next() // before reading, so that no commit falls between
			batch, err := s.readEvents(after)
			if err != nil && (!errors.Is(err, inbox.ErrUnavailable) || s.line.closed()) {
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

func (s *Store) readEvents(after inbox.Seq) (batch []inbox.Event, err error) {
	err = s.read(func(t *trees) error {
		batch, err = t.eventsAfter(after)
		return err
	})
	return batch, err
}
