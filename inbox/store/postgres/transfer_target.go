package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/inbox/store/transfer"
)

// Target makes a store of what another one keeps. Its tables are made in a
// schema of their own, in which no node looks for them, and brought to the place
// of the store when all is done.
type Target struct {
	reading
	url  string
	home string // the schema that nodes use
}

// makingSchema is where the tables are made; two tables there tell how far.
const makingSchema = "tongdai_moving"

const makeProgress = `CREATE TABLE IF NOT EXISTS moved_from (mark text NOT NULL);
	CREATE TABLE IF NOT EXISTS moved_progress (kind text PRIMARY KEY, after bytea NOT NULL, items bigint NOT NULL)`

// OpenTarget connects to the database at url, past any pooler in transaction
// mode. Its errors are transfer.ErrInUse, also while another transfer goes to the
// same database, and what keeps the database from being reached.
func OpenTarget(ctx context.Context, url string) (*Target, error) {
	conn, _, err := connectAlone(ctx, url)
	if err != nil {
		return nil, err
	}
	t := &Target{reading: reading{conn}, url: url}
	err = conn.QueryRow(ctx, "SELECT current_schema()").Scan(&t.home)
	if err == nil {
		err = t.alone(ctx)
	}
	if err == nil {
		err = t.idle(ctx)
	}
	if err == nil {
		_, err = conn.Exec(ctx, fmt.Sprintf("SET search_path = %s", makingSchema))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), t.Close())
	}
	return t, nil
}

// ending is how long a transfer that was killed may still be seen: the database
// goes on with its last statement.
const ending = 30 * time.Second

// alone keeps other transfers from the database until the connection ends.
func (t *Target) alone(ctx context.Context) error {
	return eventually(ctx, ending, func() (done bool, err error) {
		err = t.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockNumber("transfer")).Scan(&done)
		return done, err
	}, func() error { return fmt.Errorf("%w by another transfer", transfer.ErrInUse) })
}

// originals are the tables whose rows make a store one that somebody has used.
// The rest is made of them, or begins with rows of its own.
var originals = []string{"conversation", "message", "turn", "contact", "identity", "raw", "quarantine", "remembered",
	"member", "session", "secret", "knowledge_import", "paper", "audit", "entry", "entry_version", "task", "event"}

func (t *Target) State(ctx context.Context) (state transfer.State, err error) {
	if err := t.idle(ctx); err != nil {
		return state, err
	}
	if state.Occupied, err = t.occupied(ctx); err != nil || state.Occupied {
		return state, err
	}
	if begun, err := t.has(ctx, "moved_from"); err != nil || !begun {
		return state, err
	}
	err = t.conn.QueryRow(ctx, "SELECT mark FROM moved_from").Scan(&state.Mark)
	if errors.Is(err, pgx.ErrNoRows) {
		return state, nil
	}
	state.Begun = err == nil
	return state, err
}

// occupied tells whether the nodes' schema keeps anything.
func (t *Target) occupied(ctx context.Context) (occupied bool, err error) {
	tables, err := t.tablesOf(ctx, t.home)
	if err != nil {
		return false, err
	}
	for _, name := range originals {
		if occupied || !slices.Contains(tables, name) {
			continue
		}
		sql := "SELECT EXISTS (SELECT FROM " + pgx.Identifier{t.home, name}.Sanitize() + ")"
		if err := t.conn.QueryRow(ctx, sql).Scan(&occupied); err != nil {
			return false, err
		}
	}
	if occupied || !slices.Contains(tables, "counter") {
		return occupied, nil
	}
	err = t.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+pgx.Identifier{t.home, "counter"}.Sanitize()+" WHERE n > 0)").Scan(&occupied)
	return occupied, err
}

func (t *Target) tablesOf(ctx context.Context, schema string) ([]string, error) {
	rows, err := t.conn.Query(ctx, "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1", schema)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (t *Target) Begin(ctx context.Context, mark string) error {
	if _, err := t.conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+makingSchema); err != nil {
		return err
	}
	config, err := pgx.ParseConfig(t.url)
	if err != nil {
		return err
	}
	config.RuntimeParams["application_name"] = transferring
	config.RuntimeParams["search_path"] = makingSchema
	if err := migrate(ctx, config, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	if _, err := t.conn.Exec(ctx, makeProgress); err != nil {
		return err
	}
	var found string
	err = t.conn.QueryRow(ctx, "SELECT mark FROM moved_from").Scan(&found)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		_, err = t.conn.Exec(ctx, "INSERT INTO moved_from VALUES ($1)", mark)
	case err == nil && found != mark:
		err = transfer.ErrOther
	}
	return err
}

func (t *Target) Progress(ctx context.Context, kind transfer.Kind) (p transfer.Progress, err error) {
	err = t.conn.QueryRow(ctx, "SELECT after, items FROM moved_progress WHERE kind = $1", string(kind)).Scan(&p.After, &p.Items)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return p, err
}

func (t *Target) Write(ctx context.Context, kind transfer.Kind, items []transfer.Item) error {
	var b pgx.Batch
	if err := carry(&b, kind, items); err != nil {
		return err
	}
	b.Queue(`INSERT INTO moved_progress VALUES ($1, $2, $3)
		ON CONFLICT (kind) DO UPDATE SET after = excluded.after, items = moved_progress.items + excluded.items`,
		string(kind), items[len(items)-1].Key, int64(len(items)))
	return pgx.BeginFunc(ctx, t.conn, func(tx pgx.Tx) error { return tx.SendBatch(ctx, &b).Close() })
}

// carry makes the statements that write items, and what is found by other ways
// than their keys.
func carry(b *pgx.Batch, kind transfer.Kind, items []transfer.Item) error {
	if tb := recordTables[kind]; tb != nil {
		return carryRecords(b, tb, kind, items)
	}
	switch kind {
	case transfer.Messages:
		return carryMessages(b, items)
	case transfer.Remembered:
		keys, sums := columnsOf(items)
		b.Queue("INSERT INTO remembered SELECT * FROM unnest($1::bytea[], $2::bytea[])", keys, sums)
		return nil
	case transfer.Entries:
		return carryEntries(b, items)
	case transfer.Audits:
		return carryAudits(b, items)
	case transfer.Tasks:
		return carryTasks(b, items)
	case transfer.Events:
		return carryEvents(b, items)
	case transfer.Codes, transfer.Counters:
		return carryCounters(b, kind, items)
	}
	return fmt.Errorf("store: the kind %q is not known", kind)
}

func columnsOf(items []transfer.Item) (keys, values [][]byte) {
	for _, it := range items {
		keys, values = append(keys, it.Key), append(values, it.Value)
	}
	return keys, values
}

// columnsBetween are the columns between id and record of a kind's rows.
var columnsBetween = map[transfer.Kind]func(value []byte) ([]any, error){
	transfer.Conversations: with(record.Conversations, func(c inbox.Conversation) []any { return []any{optional(c.Code)} }),
	transfer.Identities:    with(record.Identities, func(i inbox.Identity) []any { return []any{[]byte(i.Contact)} }),
	transfer.Quarantine:    with(record.Quarantined, func(q inbox.Quarantined) []any { return []any{q.Settled.IsZero()} }),
	transfer.Members:       with(record.Members, func(m inbox.Member) []any { return []any{[]byte(m.Login)} }),
	transfer.Sessions:      with(record.Sessions, func(s inbox.Session) []any { return []any{[]byte(s.Member)} }),
}

func with[D any](codec record.Codec[D], columns func(D) []any) func([]byte) ([]any, error) {
	return func(value []byte) ([]any, error) {
		d, err := codec.Decode(value)
		return columns(d), err
	}
}

func carryRecords(b *pgx.Batch, tb *table, kind transfer.Kind, items []transfer.Item) error {
	rows := make([]*row, len(items))
	var come movements
	for i, it := range items {
		rows[i] = &row{rowID: rowID{tb, string(it.Key)}, value: it.Value}
		if columns := columnsBetween[kind]; columns != nil {
			var err error
			if rows[i].between, err = columns(it.Value); err != nil {
				return err
			}
		}
		if kind == transfer.Conversations {
			c, err := record.Conversations.Decode(it.Value)
			if err != nil {
				return err
			}
			for _, p := range inbox.Placements(c) {
				come.add(p, c.ID, "")
			}
		}
	}
	b.Queue(tb.upsert, tb.columns(rows)...)
	if come.some() {
		b.Queue("INSERT INTO placement SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])", come.lists, come.ranks, come.ids)
	}
	return nil
}

func carryMessages(b *pgx.Batch, items []transfer.Item) error {
	rows := make([]*row, len(items))
	var files, carriers [][]byte
	for i, it := range items {
		m, err := record.Messages.Decode(it.Value)
		if err != nil {
			return err
		}
		stuck := m.Delivery.State == inbox.Parked || m.Delivery.State == inbox.Failed
		rows[i] = &row{
			rowID: rowID{messages, string(m.ID)}, value: it.Value,
			between: []any{[]byte(m.Conversation), sequence(m.Seq), stuck},
		}
		for _, a := range m.Content.Attachments {
			if a.ID != "" {
				files, carriers = append(files, []byte(a.ID)), append(carriers, []byte(m.ID))
			}
		}
	}
	b.Queue(messages.upsert, messages.columns(rows)...)
	if len(files) > 0 {
		b.Queue("INSERT INTO attachment SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING", files, carriers)
	}
	return nil
}

func carryEntries(b *pgx.Batch, items []transfer.Item) error {
	newest, err := transfer.Newest(items)
	if err != nil {
		return err
	}
	rows := make([]*row, len(newest))
	for i, it := range newest {
		rows[i] = &row{rowID: rowID{entries, string(it.Key)}, value: it.Value}
	}
	b.Queue(entries.upsert, entries.columns(rows)...)
	var ids, values [][]byte
	var versions []int64
	for _, it := range items {
		id, version, _ := transfer.Split(it.Key)
		ids, versions, values = append(ids, []byte(id)), append(versions, sequence(version)), append(values, it.Value)
	}
	b.Queue("INSERT INTO entry_version SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])", ids, versions, values)
	return nil
}

func carryAudits(b *pgx.Batch, items []transfer.Item) error {
	var numbers []int64
	var conversations, members, values [][]byte
	for _, it := range items {
		a, err := record.Audits.Decode(it.Value)
		if err != nil {
			return err
		}
		numbers, values = append(numbers, sequence(a.Seq)), append(values, it.Value)
		conversations, members = append(conversations, optional(string(a.Conversation))), append(members, optional(string(a.Member)))
	}
	b.Queue(`INSERT INTO audit (seq, conversation, member, record) OVERRIDING SYSTEM VALUE
		SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[])`, numbers, conversations, members, values)
	return nil
}

// carryTasks writes tasks of which none is yet the first of its group; see Settle.
func carryTasks(b *pgx.Batch, items []transfer.Item) error {
	var numbers, due []int64
	var ids, kinds, groups, values [][]byte
	var urgent []bool
	for _, it := range items {
		t, err := record.Tasks.Decode(it.Value)
		if err != nil {
			return err
		}
		_, n, _ := transfer.Split(it.Key)
		numbers, ids, kinds = append(numbers, sequence(n)), append(ids, []byte(t.ID)), append(kinds, []byte(t.Kind))
		groups, urgent, due = append(groups, taskGroup(t)), append(urgent, t.Urgent), append(due, nanos(t.Due))
		values = append(values, it.Value)
	}
	b.Queue(`INSERT INTO task (number, id, kind, grp, urgent, due, head, record) OVERRIDING SYSTEM VALUE
		SELECT number, id, kind, grp, urgent, due, false, record
		FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::boolean[], $6::bigint[], $7::bytea[])
			AS t (number, id, kind, grp, urgent, due, record)`, numbers, ids, kinds, groups, urgent, due, values)
	return nil
}

// carryEvents writes each event as a row of its own, so that it is forgotten
// when its own time has come.
func carryEvents(b *pgx.Batch, items []transfer.Item) error {
	var numbers, latest []int64
	var values [][]byte
	for _, it := range items {
		e, err := record.Events.Decode(it.Value)
		if err != nil {
			return err
		}
		numbers, latest, values = append(numbers, sequence(uint64(e.Seq))), append(latest, nanos(e.At)), append(values, it.Value)
	}
	b.Queue(`INSERT INTO event (ord, first, latest, records) OVERRIDING SYSTEM VALUE
		SELECT number, number, latest, ARRAY[record] FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS e (number, latest, record)`,
		numbers, latest, values)
	return nil
}

func carryCounters(b *pgx.Batch, kind transfer.Kind, items []transfer.Item) error {
	for _, it := range items {
		name, known := []byte(nil), true
		switch {
		case kind == transfer.Codes:
			name = codeName(it.Key)
			known = len(name) > 0
		case string(it.Key) == transfer.KnowledgeRevision:
			name = []byte("knowledge")
		case string(it.Key) == transfer.LastEvent:
			name = []byte("events")
		default:
			known = false
		}
		_, n, ok := transfer.Split(it.Value)
		if !known || !ok {
			return fmt.Errorf("store: the counter %q is not known", it.Key)
		}
		b.Queue("INSERT INTO counter VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = excluded.n", name, sequence(n))
	}
	return nil
}

// goOn lets the numbers that the database gives follow those that were carried.
const goOn = `
	SELECT setval(pg_get_serial_sequence('audit', 'seq'), coalesce(max(seq), 0) + 1, false) FROM audit;
	SELECT setval(pg_get_serial_sequence('task', 'number'), coalesce(max(number), 0) + 1, false) FROM task;
	SELECT setval(pg_get_serial_sequence('event', 'ord'), greatest(coalesce(max(ord), 0), (SELECT n FROM counter WHERE name = 'events')) + 1, false) FROM event;
	UPDATE task SET head = true WHERE NOT head AND NOT EXISTS (
		SELECT FROM task o WHERE o.kind = task.kind AND o.grp = task.grp AND o.number < task.number)`

// Settle moves the tables to where nodes look for them, in one transaction, and
// tells the database how large they are.
func (t *Target) Settle(ctx context.Context) error {
	if err := t.idle(ctx); err != nil {
		return err
	}
	made, err := t.tablesOf(ctx, makingSchema)
	if err != nil {
		return err
	}
	made = slices.DeleteFunc(made, func(name string) bool { return name == "moved_from" || name == "moved_progress" })
	err = pgx.BeginFunc(ctx, t.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, goOn); err != nil {
			return err
		}
		if err := t.clear(ctx, tx, made); err != nil {
			return err
		}
		for _, name := range made {
			sql := fmt.Sprintf("ALTER TABLE %s SET SCHEMA %s", pgx.Identifier{makingSchema, name}.Sanitize(), pgx.Identifier{t.home}.Sanitize())
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, fmt.Sprintf("DROP TABLE moved_from, moved_progress; DROP SCHEMA %s", makingSchema))
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range made {
		if _, err := t.conn.Exec(ctx, "ANALYZE "+pgx.Identifier{t.home, name}.Sanitize()); err != nil {
			return fmt.Errorf("the store is in its place and whole, but ANALYZE failed, which the database does by itself later: %w", err)
		}
	}
	return nil
}

// clear removes an empty store from the place where the new one goes. Its tables
// are locked first: it stays empty.
func (t *Target) clear(ctx context.Context, tx pgx.Tx, made []string) error {
	there, err := t.tablesOf(ctx, t.home)
	if err != nil {
		return err
	}
	there = slices.DeleteFunc(there, func(name string) bool { return !slices.Contains(made, name) })
	for _, name := range there {
		if _, err := tx.Exec(ctx, "LOCK TABLE "+pgx.Identifier{t.home, name}.Sanitize()); err != nil {
			return err
		}
	}
	if occupied, err := t.occupied(ctx); err != nil || occupied {
		return cmp.Or(err, transfer.ErrOccupied)
	}
	for _, name := range there {
		if _, err := tx.Exec(ctx, "DROP TABLE "+pgx.Identifier{t.home, name}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

func (t *Target) Discard(ctx context.Context) error {
	_, err := t.conn.Exec(ctx, fmt.Sprintf("DROP SCHEMA IF EXISTS %s CASCADE", makingSchema))
	return err
}
