package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox/store/record"
	"tongdai/inbox/store/transfer"
)

// Source reads everything that a database keeps, while no node works on it.
type Source struct{ reading }

var (
	_ transfer.Source = (*Source)(nil)
	_ transfer.Target = (*Target)(nil)
)

// transferring is what connections of Source and Target call themselves.
const transferring = "tongdai transfer"

// OpenSource connects to the database at url, past any pooler in transaction
// mode; an older schema is brought up to date, as Open does. Its errors are
// transfer.ErrMissing, transfer.ErrInUse, and what keeps the database from being
// reached.
func OpenSource(ctx context.Context, url string) (*Source, error) {
	conn, config, err := connectAlone(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &Source{reading{conn}}
	found, err := s.has(ctx, "schema_version")
	if err == nil && !found {
		err = transfer.ErrMissing
	}
	if err == nil {
		err = s.idle(ctx)
	}
	if err == nil {
		err = migrate(ctx, config, slog.New(slog.DiscardHandler))
	}
	if err == nil {
		err = numberLeft(ctx, conn)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), s.Close())
	}
	return s, nil
}

// Snapshot reads everything that a database keeps as it was at one moment, while
// nodes go on working.
type Snapshot struct {
	reading
	mark string
}

var _ transfer.Source = (*Snapshot)(nil)

// OpenSnapshot takes down this moment of the database at url, which must have
// the schema of this program.
func OpenSnapshot(ctx context.Context, url string) (*Snapshot, error) {
	conn, _, err := connectAlone(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{reading: reading{conn}}
	if s.mark, err = s.moment(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), s.Close())
	}
	return s, nil
}

// Mark names the moment.
func (s *Snapshot) Mark(context.Context) (string, error) { return s.mark, nil }

// connectAlone opens the one connection that a transfer works with.
func connectAlone(ctx context.Context, url string) (*pgx.Conn, *pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, fmt.Errorf("store: the database's address is not understood: %w", err)
	}
	config.RuntimeParams["application_name"] = transferring
	// Between two pages of one side the other side is written, for as long as it takes.
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, nil, fmt.Errorf("store: connect to the database: %w", err)
	}
	return conn, config, nil
}

// numberLeft numbers the events of nodes that died before they could.
func numberLeft(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var n int64
		if err := tx.QueryRow(ctx, "SELECT n FROM counter WHERE name = 'events' FOR UPDATE").Scan(&n); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `WITH fresh AS (
				SELECT ord, sum(cardinality(records)) OVER (ORDER BY ord) - cardinality(records) AS before
				FROM event WHERE first IS NULL),
			given AS (
				UPDATE event SET first = $1 + 1 + fresh.before FROM fresh WHERE event.ord = fresh.ord
				RETURNING cardinality(event.records) AS size)
			UPDATE counter SET n = n + (SELECT coalesce(sum(size), 0) FROM given) WHERE name = 'events'`, n)
		return err
	})
}

// Mark begins a new moment to read from. What tells two moments apart are the
// numbers that grow with what is done.
func (s *Source) Mark(ctx context.Context) (mark string, err error) {
	if err := s.idle(ctx); err != nil {
		return "", err
	}
	return s.moment(ctx)
}

// moment begins a transaction that sees the database as it is now.
func (r reading) moment(ctx context.Context) (mark string, err error) {
	for _, sql := range []string{"ROLLBACK", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"} {
		if _, err := r.conn.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	err = r.conn.QueryRow(ctx, `SELECT format('postgres %s, events %s, audits %s, knowledge %s, tasks %s, sessions %s, messages %s',
		(SELECT oid FROM pg_database WHERE datname = current_database()),
		(SELECT n FROM counter WHERE name = 'events'),
		(SELECT max(seq) FROM audit),
		(SELECT n FROM counter WHERE name = 'knowledge'),
		(SELECT max(number) FROM task),
		(SELECT count(*) FROM session),
		(SELECT encode(id, 'hex') FROM message ORDER BY id DESC LIMIT 1))`).Scan(&mark)
	return mark, err
}

// reading reads a database's items over one connection, one kind at a time.
type reading struct{ conn *pgx.Conn }

// has tells whether there is a table of that name in the store's schema.
func (r reading) has(ctx context.Context, table string) (found bool, err error) {
	err = r.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1)", table).Scan(&found)
	return found, err
}

// idle fails with transfer.ErrInUse while nodes or commands are connected. Those
// that have just gone may still be seen for a moment.
func (r reading) idle(ctx context.Context) error {
	var from []string
	return eventually(ctx, leaving, func() (done bool, err error) {
		from, err = r.connected(ctx)
		return len(from) == 0, err
	}, func() error {
		return fmt.Errorf("%w by nodes or commands on %s; stop them first (a pooler may keep their connections for a while: let it reconnect)",
			transfer.ErrInUse, strings.Join(from, ", "))
	})
}

// eventually looks again and again, until it is done or the time is over.
func eventually(ctx context.Context, limit time.Duration, look func() (done bool, err error), late func() error) error {
	for waited := time.Duration(0); ; waited += lookAgain {
		if done, err := look(); err != nil || done {
			return err
		}
		if waited >= limit {
			return late()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// How long those who leave may be seen, and how often is looked.
const (
	leaving   = 2 * time.Second
	lookAgain = 100 * time.Millisecond
)

// connected tells where nodes and commands are connected from. Each listens
// under a name of its own; those that a firewall keeps from listening are known
// by their pool.
func (r reading) connected(ctx context.Context) ([]string, error) {
	rows, err := r.conn.Query(ctx, `SELECT DISTINCT coalesce(host(client_addr), 'this machine') FROM pg_stat_activity
		WHERE datname = current_database() AND application_name IN ('tongdai', 'tongdai listening') ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (r reading) Close() error { return r.conn.Close(context.Background()) }

// transferPage is how many rows one statement reads. What is left of them when the
// reader stops is read in vain.
const transferPage = 2000

// Items reads a kind by pages, each row as it comes. After one that is damaged it
// goes on, if it is let.
func (r reading) Items(ctx context.Context, kind transfer.Kind, after []byte) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		for {
			n := 0
			for it, err := range r.page(ctx, kind, after) {
				if !yield(it, err) || err != nil && !left(err) {
					return
				}
				after, n = it.Key, n+1
			}
			if n < transferPage {
				return
			}
		}
	}
}

// listing is how a kind is read: its rows after a place, in order.
type listing struct {
	sql  string
	args []any
	item func(rows pgx.Rows) (transfer.Item, error) // of one row
}

// recordTables are the kinds whose items are the ids and records of a table.
var recordTables = map[transfer.Kind]*table{
	transfer.Contacts: contacts, transfer.Identities: identities, transfer.Conversations: conversations,
	transfer.Turns: turns, transfer.Raws: raws, transfer.Quarantine: quarantine,
	transfer.Members: members, transfer.Sessions: sessions, transfer.Secrets: secrets,
	transfer.Imports: imports, transfer.Papers: papers,
}

func listingOf(kind transfer.Kind, after []byte) (listing, error) {
	if after == nil {
		after = []byte{} // NULL comes after nothing
	}
	text, n, _ := transfer.Split(after)
	if tb := recordTables[kind]; tb != nil {
		return listing{"SELECT id, record FROM " + tb.name + " WHERE id > $1 ORDER BY id LIMIT $2", []any{after, transferPage}, asKept}, nil
	}
	switch kind {
	case transfer.Remembered:
		return listing{"SELECT key, sum FROM remembered WHERE key > $1 ORDER BY key LIMIT $2", []any{after, transferPage}, asKept}, nil
	case transfer.Messages:
		return listing{`SELECT conversation, seq, record FROM message WHERE (conversation, seq) > ($1, $2)
			ORDER BY conversation, seq LIMIT $3`, []any{[]byte(text), sequence(n), transferPage}, numbered}, nil
	case transfer.Entries:
		return listing{`SELECT id, version, record FROM entry_version WHERE (id, version) > ($1, $2)
			ORDER BY id, version LIMIT $3`, []any{[]byte(text), sequence(n), transferPage}, numbered}, nil
	case transfer.Audits:
		return listing{"SELECT seq, record FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2", []any{sequence(n), transferPage}, renumbered("audit", transfer.NumberedAudit)}, nil
	case transfer.Tasks:
		return listing{"SELECT ''::bytea, number, record FROM task WHERE number > $1 ORDER BY number LIMIT $2", []any{sequence(n), transferPage}, numbered}, nil
	case transfer.Events:
		return listing{`SELECT first + i - 1, records[i] FROM event, generate_subscripts(records, 1) AS i
			WHERE first + cardinality(records) > $1 + 1 AND first + i - 1 > $1
				AND first >= coalesce((SELECT first FROM event WHERE first <= $1 + 1 ORDER BY first DESC LIMIT 1), 0)
			ORDER BY first, i LIMIT $2`, []any{sequence(n), transferPage}, renumbered("event", transfer.NumberedEvent)}, nil
	case transfer.Codes:
		return listing{"SELECT name, n FROM counter WHERE name > $1 AND substring(name FOR 7) = 'k4:code' ORDER BY name LIMIT $2",
			[]any{codeName(after), transferPage}, code}, nil
	case transfer.Counters:
		return listing{`SELECT c.name, counter.n FROM (VALUES ('knowledge'::bytea, $2::bytea), ('events', $3)) AS c (kept, name)
			JOIN counter ON counter.name = c.kept WHERE c.name > $1 ORDER BY c.name`,
			[]any{after, []byte(transfer.KnowledgeRevision), []byte(transfer.LastEvent)}, counted}, nil
	}
	return listing{}, fmt.Errorf("store: the kind %q is not known", kind)
}

func (r reading) page(ctx context.Context, kind transfer.Kind, after []byte) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		l, err := listingOf(kind, after)
		if err != nil {
			yield(transfer.Item{}, err)
			return
		}
		rows, err := r.conn.Query(ctx, l.sql, l.args...)
		if err != nil {
			yield(transfer.Item{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			if it, err := l.item(rows); !yield(it, err) || err != nil && !left(err) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(transfer.Item{}, err)
		}
	}
}

func asKept(rows pgx.Rows) (it transfer.Item, err error) {
	err = rows.Scan(&it.Key, &it.Value)
	return it, err
}

func numbered(rows pgx.Rows) (transfer.Item, error) {
	var text, value []byte
	var n int64
	err := rows.Scan(&text, &n, &value)
	return transfer.Item{Key: transfer.Numbered(string(text), uint64(n)), Value: value}, err
}

func renumbered(table string, number func(uint64, []byte) (transfer.Item, error)) func(pgx.Rows) (transfer.Item, error) {
	return func(rows pgx.Rows) (transfer.Item, error) {
		var n int64
		var value []byte
		if err := rows.Scan(&n, &value); err != nil {
			return transfer.Item{}, err
		}
		it, err := number(uint64(n), value)
		if err != nil {
			it, err = transfer.Item{Key: transfer.Number(uint64(n))}, &Damage{Table: table, Key: strconv.AppendInt(nil, n, 10), Err: err}
		}
		return it, err
	}
}

func counted(rows pgx.Rows) (transfer.Item, error) {
	var name []byte
	var n int64
	err := rows.Scan(&name, &n)
	return transfer.Item{Key: name, Value: transfer.Number(uint64(n))}, err
}

// code reads the count of a day's codes; its name begins with a word of ours.
func code(rows pgx.Rows) (transfer.Item, error) {
	it, err := counted(rows)
	if err != nil {
		return it, err
	}
	parts, ok := record.KeyParts(it.Key)
	if !ok || len(parts) != 3 {
		return it, &Damage{Table: "counter", Key: it.Key, Err: record.ErrDamaged}
	}
	it.Key = record.Key(parts[1:]...)
	return it, nil
}

// codeName is the inverse of what code does to a name. Before the first code
// there is the name that all others follow.
func codeName(key []byte) []byte {
	parts, ok := record.KeyParts(key)
	if !ok || len(parts) != 2 {
		return []byte{}
	}
	return joined("code", parts[0], parts[1])
}
