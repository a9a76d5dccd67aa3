// Package postgres is the store for several nodes: PostgreSQL 15 or newer
// keeps everything, and any number of hubs work on it side by side.
//
// A View is one REPEATABLE READ transaction. An Update is optimistic: its
// function reads what is committed, without a transaction, and what it wants to
// write is only noted (tx.go). When it has returned, the node's committer takes
// it together with all others that wait, locks what they touch by name and in
// one order, sees whether what they rest on still holds, writes it all in a few
// statements for the whole group, and commits once (group.go, check.go,
// flush.go). Whose reads were overtaken runs again. So a flush serves many
// messages, no function that fails costs the others anything, and no node waits
// for a row while a function thinks.
//
// Records are those of inbox/store/record, the same bytes as in the embedded
// store. Events get their numbers after the commit (events.go). Tasks are
// claimed in the database (tasks.go), by its clock (clock.go).
package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tongdai/inbox"
	"tongdai/inbox/store/news"
	"tongdai/inbox/store/record"
)

// Options say where the database is.
type Options struct {
	// URL of the database: "postgres://user:password@host:5432/name", or any
	// connection string that libpq knows. The role owns the database.
	URL string
	// ListenURL reaches the database past a pooler in transaction mode, which
	// cannot pass notifications on. Empty: URL does.
	ListenURL string
	// Connections is how many the node opens at most; 0: 16, and never fewer than 5.
	Connections int
	// Patience is how long one statement may take before the database counts as
	// unreachable; 0: 10 s. Who cannot wait that long says so by a context.
	Patience time.Duration
	Now      func() time.Time // the clock of due times and claims; nil: the database's
	Log      *slog.Logger     // told when the database cannot be used, and when it can again; nil: nobody
}

// The parts of Options.Connections that are set apart, so that the many who
// read never keep the few waiting who write. One committer makes larger groups
// than two, and the database then does less for each message.
const (
	leastConnections = 5
	writers          = 2 // the committer, and the numberer of events
	steppers         = 2 // functions that write step by step (direct.go)
)

// Store is an inbox.Store over a database.
type Store struct {
	options Options
	log     *slog.Logger
	reading *pgxpool.Pool
	writing *pgxpool.Pool // for the committer and the numberer
	steps   *pgxpool.Pool // for functions that write step by step
	clock   clock

	line    line
	keys    keyLocks
	codes   *codes
	cache   cache
	pinned  pinned
	bells   bells
	news    news.News
	caveats atomic.Pointer[[]string]
	damages *record.Damages
	number  chan struct{} // rung when events were committed here
	full    atomic.Bool   // the database had no room, and nobody has found since that it has

	closing   context.Context // ends with Close
	close     context.CancelFunc
	running   sync.WaitGroup
	closeOnce sync.Once
}

var _ inbox.Store = (*Store)(nil)

// Open connects to the database, brings its schema up to date, and starts what
// works in the background until Close. Its error says what to do.
func Open(ctx context.Context, options Options) (_ *Store, err error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Connections == 0 {
		options.Connections = 16
	}
	options.Connections = max(options.Connections, leastConnections)
	if options.Patience == 0 {
		options.Patience = 10 * time.Second
	}
	s := &Store{
		options: options, log: options.Log, number: make(chan struct{}, 1),
		damages: record.NewDamages(options.Log),
		line:    line{bell: make(chan struct{}, 1)}, clock: clock{injected: options.Now}, codes: newCodes(),
	}
	if s.cache, err = newCache(); err != nil {
		return nil, err
	}
	s.closing, s.close = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			s.close()
			s.disconnect()
		}
	}()
	config, err := s.config()
	if err != nil {
		return nil, fmt.Errorf("store: the database's address is not understood: %w", err)
	}
	direct, err := pgx.ParseConfig(cmp.Or(options.ListenURL, options.URL))
	if err != nil {
		return nil, fmt.Errorf("store: the database's address is not understood: %w", err)
	}
	if err = migrate(ctx, direct, options.Log); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if s.reading, err = pool(ctx, config, options.Connections-writers-steppers); err != nil {
		return nil, err
	}
	// A new connection may lead to another server, a standby that was promoted: it
	// may give revisions once more that the one before it gave to what it has not.
	writing := config.Copy()
	writing.AfterConnect = func(context.Context, *pgx.Conn) error {
		s.cache.clear()
		return nil
	}
	if s.writing, err = pool(ctx, writing, writers); err != nil {
		return nil, err
	}
	if s.steps, err = pool(ctx, config, steppers); err != nil {
		return nil, err
	}
	if err = s.clock.set(ctx, s.reading); err != nil {
		return nil, fmt.Errorf("store: ask the database for the time: %w", err)
	}
	if err = s.readCaveats(ctx); err != nil {
		return nil, fmt.Errorf("store: read the database's settings: %w", err)
	}
	s.start()
	return s, nil
}

// config adds to the connection string what the store relies on.
func (s *Store) config() (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(s.options.URL)
	if err != nil {
		return nil, err
	}
	c := config.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "tongdai"
	}
	c.OnNotice = heed
	pooled := s.options.ListenURL != "" && s.options.ListenURL != s.options.URL
	if pooled && c.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		// The next statement may meet another server connection, which knows none
		// of our prepared statements.
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return config, nil
}

func pool(ctx context.Context, config *pgxpool.Config, connections int) (*pgxpool.Pool, error) {
	config = config.Copy()
	config.MaxConns = int32(connections)
	p, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("store: connect to the database: %w", err)
	}
	return p, nil
}

func (s *Store) start() {
	s.running.Go(s.commitAll)
	s.running.Go(s.numberAll)
	s.running.Go(s.listen)
	s.running.Go(s.poll)
	s.running.Go(s.watchCaveats)
	s.running.Go(func() { s.clock.follow(s.closing, s.reading, s.log) })
}

// Now is the database's clock, or the one that was given.
func (s *Store) Now() time.Time { return s.clock.now() }

// Close serves the Updates that have begun, then disconnects.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.line.close()
		s.close()
		s.news.Tell()
		s.running.Wait()
		s.disconnect()
	})
	return nil
}

func (s *Store) disconnect() {
	for _, p := range []*pgxpool.Pool{s.reading, s.writing, s.steps} {
		if p != nil {
			p.Close()
		}
	}
}

var errClosed = fmt.Errorf("store: closed: %w", inbox.ErrUnavailable)

// View runs fn in one REPEATABLE READ transaction. As it only reads, it runs
// again when its connection turns out to be lost: a restart of the database loses
// all that wait in the pool, and each of them is noticed only by using it.
func (s *Store) View(ctx context.Context, fn func(tx inbox.Reader) error) error {
	for left := s.reading.Config().MaxConns; ; left-- {
		t := &tx{ctx: ctx, store: s, rows: make(map[rowID]*row)}
		moment := &moment{store: s}
		t.db = moment
		err := moment.within(ctx, func() error { return fn(t) })
		if err != nil && moment.lost && left > 0 && ctx.Err() == nil {
			continue
		}
		return err
	}
}

// moment is a transaction that begins with its first read.
type moment struct {
	store *Store
	conn  *pgxpool.Conn
	lost  bool // the connection is
}

func (m *moment) within(ctx context.Context, fn func() error) error {
	if err := m.store.usable(ctx); err != nil {
		return err
	}
	defer m.end()
	return fn()
}

// query begins the transaction in the same round trip as the first read.
func (m *moment) query(ctx context.Context, sql string, args []any, scan func(pgx.Rows) error) error {
	ctx, cancel := m.store.patient(ctx)
	defer cancel()
	begun := m.conn != nil
	if !begun {
		conn, err := m.store.reading.Acquire(ctx)
		if err != nil {
			return m.failed(err)
		}
		m.conn = conn
	}
	var b pgx.Batch
	if !begun {
		b.Queue("begin isolation level repeatable read read only")
	}
	b.Queue(sql, args...)
	results := m.conn.SendBatch(ctx, &b)
	err := func() error {
		if !begun {
			if _, err := results.Exec(); err != nil {
				return err
			}
		}
		return each(results, scan)
	}()
	return m.failed(errors.Join(err, results.Close()))
}

func (m *moment) failed(err error) error {
	if err == nil {
		return nil
	}
	m.lost = m.lost || m.conn != nil && m.conn.Conn().IsClosed()
	return unavailable(err)
}

func (m *moment) end() {
	if m.conn == nil {
		return
	}
	ctx, cancel := m.store.patient(context.Background())
	defer cancel()
	if _, err := m.conn.Exec(ctx, "commit"); err != nil {
		_ = m.conn.Conn().Close(ctx) // a connection in an unknown state is of no use
	}
	m.conn.Release()
}

// querier is where a transaction reads.
type querier interface {
	// query runs one statement and scans its rows. Its error is told to the
	// function's caller as ErrUnavailable, unless scan made it.
	query(ctx context.Context, sql string, args []any, scan func(pgx.Rows) error) error
}

// pooled reads what is committed, each time on any connection.
type pooled struct{ store *Store }

func (p pooled) query(ctx context.Context, sql string, args []any, scan func(pgx.Rows) error) error {
	ctx, cancel := p.store.patient(ctx)
	defer cancel()
	for left := p.store.reading.Config().MaxConns; ; left-- {
		told, lost, err := p.once(ctx, sql, args, scan)
		if err != nil && lost && !told && left > 0 && ctx.Err() == nil {
			continue
		}
		return unavailable(err)
	}
}

// once also tells whether scan was told of a row, and whether the connection was lost.
func (p pooled) once(ctx context.Context, sql string, args []any, scan func(pgx.Rows) error) (told, lost bool, err error) {
	conn, err := p.store.reading.Acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, sql, args...)
	if err == nil {
		err = scanAll(rows, func(rows pgx.Rows) error {
			told = true
			return scan(rows)
		})
	}
	return told, conn.Conn().IsClosed(), err
}

func each(results pgx.BatchResults, scan func(pgx.Rows) error) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	return scanAll(rows, scan)
}

func scanAll(rows pgx.Rows, scan func(pgx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// patient bounds one statement.
func (s *Store) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.Patience)
}

// usable tells whether the store is open and its caller still there.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closing.Err() != nil {
		return errClosed
	}
	return nil
}

// unavailable marks what the database or the way to it did. Damaged records and
// errors that already have a kind keep theirs.
func unavailable(err error) error {
	if err == nil || errors.Is(err, inbox.ErrUnavailable) {
		return err
	}
	if _, damaged := errors.AsType[*Damage](err); damaged {
		return err
	}
	return fmt.Errorf("store: %w: %w", inbox.ErrUnavailable, err)
}

// SQLSTATE codes, from PostgreSQL's Appendix A.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

func hasCode(err error, codes ...string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if pg.Code == c {
			return true
		}
	}
	return false
}
