package postgres

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
)

// What other nodes do is heard of in two ways: by notifications, at once, and
// by asking now and then, in case that a notification was lost or the way to
// the database passes none on.
const (
	pollEvery   = 500 * time.Millisecond
	listenAgain = time.Second
)

// listen follows the notifications until the store is closed.
func (s *Store) listen() {
	for heard := false; s.closing.Err() == nil; {
		err := s.listenOnce(func() {
			if heard {
				s.log.Info("the database's notifications are heard again")
			}
			heard = false
		})
		if s.closing.Err() != nil {
			return
		}
		if !heard {
			s.log.Warn("the database's notifications are not heard; news of other nodes come a little later", "err", err)
			heard = true
		}
		s.wait(s.closing, listenAgain)
	}
}

func (s *Store) listenOnce(listening func()) error {
	config, err := pgx.ParseConfig(cmp.Or(s.options.ListenURL, s.options.URL))
	if err != nil {
		return err
	}
	config.RuntimeParams["application_name"] = "tongdai listening"
	ctx, cancel := s.patient(s.closing)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(ctx) // it was only listened on
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	listening()
	for {
		s.news.Tell() // also at first: something may have happened before we listened
		if _, err := conn.WaitForNotification(s.closing); err != nil {
			return err
		}
	}
}

// poll asks for what notifications may have missed: events, events that nobody
// has numbered, and tasks that are due and whose node may be gone.
func (s *Store) poll() {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
		s.news.Tell()
		if err := s.ask(); err != nil && s.closing.Err() == nil {
			s.log.Debug("the database was asked in vain", "err", err)
		}
	}
}

func (s *Store) ask() error {
	ctx, cancel := s.patient(s.closing)
	defer cancel()
	var b pgx.Batch
	b.Queue("SELECT EXISTS (SELECT 1 FROM event WHERE first IS NULL)").QueryRow(func(row pgx.Row) error {
		var left bool
		if err := row.Scan(&left); err != nil || !left {
			return err
		}
		select {
		case s.number <- struct{}{}:
		default:
		}
		return nil
	})
	now := nanos(s.Now())
	for _, kind := range s.bells.kinds() {
		b.Queue("SELECT EXISTS (SELECT 1 FROM task WHERE kind = $1 AND head AND due <= $2 AND until <= $2)", []byte(kind), now).
			QueryRow(func(row pgx.Row) error { return s.ringIf(kind, row) })
	}
	return s.reading.SendBatch(ctx, &b).Close()
}

func (s *Store) ringIf(kind inbox.Work, row pgx.Row) error {
	var due bool
	if err := row.Scan(&due); err != nil {
		return err
	}
	if due {
		s.bells.ring(kind)
	}
	return nil
}
