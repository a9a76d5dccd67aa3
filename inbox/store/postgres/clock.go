package postgres

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// clock is the database's, so that nodes whose own clocks differ agree on what
// is due. Between two questions it is read from the monotonic clock of this
// machine, which does not jump when somebody sets the time.
type clock struct {
	injected func() time.Time
	asked    atomic.Pointer[told]
}

type told struct {
	there time.Time // the database's clock
	here  time.Time // with the monotonic clock, at the same moment
	trip  time.Duration
}

// How often the database is asked for its time, and when an answer that took
// long is trusted nevertheless.
const (
	askEvery = 10 * time.Second
	trustFor = time.Minute
)

func (c *clock) now() time.Time {
	if c.injected != nil {
		return c.injected()
	}
	r := c.asked.Load()
	return r.there.Add(time.Since(r.here)).UTC()
}

// set asks the database for its time. An answer that took long tells little,
// so it replaces a better one only when that has grown old.
func (c *clock) set(ctx context.Context, db *pgxpool.Pool) error {
	if c.injected != nil {
		return nil
	}
	begun := time.Now()
	var there time.Time
	if err := db.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&there); err != nil {
		return err
	}
	trip := time.Since(begun)
	if was := c.asked.Load(); was != nil && trip > 2*was.trip+time.Millisecond && time.Since(was.here) < trustFor {
		return nil
	}
	c.asked.Store(&told{there: there, here: begun.Add(trip / 2), trip: trip})
	return nil
}

func (c *clock) follow(ctx context.Context, db *pgxpool.Pool, log *slog.Logger) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := c.set(ctx, db); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "the database does not tell the time", "err", err)
			}
		}
	}
}

// Instants are kept as nanoseconds. What lies beyond the years that fit counts
// as the first or last of them; the zero time, which means "since ever", too.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(firstInstant):
		return firstInstant.UnixNano()
	case t.After(lastInstant):
		return lastInstant.UnixNano()
	}
	return t.UnixNano()
}

var (
	firstInstant = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	lastInstant  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

func instant(n int64) time.Time { return time.Unix(0, n).UTC() }
