package postgres

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/inbox/store/province"
	"tongdai/inbox/store/record"
	"tongdai/inbox/store/storetest"
)

// oneMessageEach is a province of n matters that were answered at once.
func oneMessageEach(n int) province.Province {
	return province.Province{Conversations: n, Messages: 1, End: time.Now()}
}

// settle writes a province the way the store keeps it, without going through it:
// COPY is many times as fast. Every thousandth message could not be delivered.
func settle(t testing.TB, url string, p province.Province) {
	t.Helper()
	if err := open(t, Options{URL: url}).Close(); err != nil { // it has made the schema
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	copyInto(t, conn, p, "conversation", []string{"id", "code", "record"}, func(i int, add func(...any)) {
		c := p.Conversation(i)
		add([]byte(c.ID), []byte(c.Code), encoded(t, c, record.Conversations))
	})
	copyInto(t, conn, p, "placement", []string{"list", "rank", "conversation"}, func(i int, add func(...any)) {
		c := p.Conversation(i)
		for _, at := range inbox.Placements(c) {
			add(listKey(at.List), []byte(at.Rank), []byte(c.ID))
		}
	})
	copyInto(t, conn, p, "message", []string{"id", "conversation", "seq", "stuck", "record"}, func(i int, add func(...any)) {
		for n := 1; n <= p.Size(i); n++ {
			m := p.Message(i, n)
			add([]byte(m.ID), []byte(m.Conversation), int64(m.Seq), i%1000 == 0, encoded(t, m, record.Messages))
		}
	})
	copyInto(t, conn, p, "audit", []string{"conversation", "member", "record"}, func(i int, add func(...any)) {
		a := inbox.Audit{Action: inbox.Looked, Conversation: province.ID(i), Member: province.Member(i)}
		add([]byte(a.Conversation), []byte(a.Member), encoded(t, a, record.Audits))
	})
	copyInto(t, conn, p, "task", []string{"id", "kind", "grp", "urgent", "due", "head", "record"}, func(i int, add func(...any)) {
		task := inbox.Task{ID: fmt.Sprint(i), Kind: inbox.Closings, Group: fmt.Sprint(i), Due: time.Now().Add(time.Hour)}
		add([]byte(task.ID), []byte(task.Kind), taskGroup(task), false, nanos(task.Due), true, encoded(t, task, record.Tasks))
	})
	if _, err := conn.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

func copyInto(t testing.TB, conn *pgx.Conn, p province.Province, table string, columns []string, rows func(i int, add func(...any))) {
	t.Helper()
	const batch = 50_000 // bounds what is held in memory
	for from := 0; from < p.Conversations; from += batch {
		var all [][]any
		for i := from; i < min(from+batch, p.Conversations); i++ {
			rows(i, func(row ...any) { all = append(all, row) })
		}
		if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{table}, columns, pgx.CopyFromRows(all)); err != nil {
			t.Fatal(err)
		}
	}
}

func encoded[D any](t testing.TB, d D, codec record.Codec[D]) []byte {
	t.Helper()
	b, err := codec.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// big are the tables that grow with the years.
var big = []string{"conversation", "placement", "message", "audit", "task", "remembered", "raw", "turn"}

// No page of the desk, nor the work behind it, reads a big table from end to
// end, whatever the planner thinks of how large it is.
func TestNothingIsReadFromEndToEnd(t *testing.T) {
	url, p := pgtest.Database(t), oneMessageEach(100_000)
	settle(t, url, p)
	before := scans(t, url)
	s := open(t, Options{URL: url})
	for n := range 8 { // also with the plans that are made for good after a few times
		for _, a := range storetest.DeskAsks {
			if err := s.View(t.Context(), func(tx inbox.Reader) error { return a.Ask(tx, p, n) }); err != nil {
				t.Fatalf("%s: %v", a.What, err)
			}
		}
		work(t, s)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	after := scans(t, url)
	for _, table := range big {
		if n := after[table] - before[table]; n != 0 {
			t.Errorf("%s was read from end to end %d times", table, n)
		}
	}
}

// work is a message that comes, is answered and closed.
func work(t *testing.T, s *Store) {
	t.Helper()
	id := inbox.MessageID(strconv.FormatInt(time.Now().UnixNano(), 36))
	err := s.Update(t.Context(), func(tx inbox.Writer) error {
		if _, _, err := tx.Remember(inbox.Key{Channel: "web", Value: string(id)}, [32]byte{1}); err != nil {
			return err
		}
		c, err := tx.Conversation("c000000010")
		if err != nil {
			return err
		}
		m, err := tx.AppendMessage(inbox.Message{ID: id, Conversation: c.ID})
		if err != nil {
			return err
		}
		c.LastSeq, c.LastAt = m.Seq, time.Now()
		if _, err := tx.PutConversation(c); err != nil {
			return err
		}
		return tx.Enqueue(inbox.Task{ID: string(id), Kind: inbox.Turns, Group: string(c.ID), Due: time.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.Claim(t.Context(), inbox.Turns, 1, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatalf("Claim = %v, %v", claims, err)
	}
	if _, err := s.NextDue(t.Context(), inbox.Closings); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(tx inbox.Writer) error { return tx.Finish(claims[0]) }); err != nil {
		t.Fatal(err)
	}
}

// scans counts how often each table was read from end to end. A connection
// reports its counts when it ends, a little later than its client.
func scans(t *testing.T, url string) map[string]int64 {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for others := 1; others > 0 && t.Context().Err() == nil; {
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.Query(t.Context(), "SELECT relname, seq_scan FROM pg_stat_user_tables")
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int64)
	var table string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&table, &n}, func() error { counts[table] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, table := range big {
		if _, found := counts[table]; !found {
			t.Fatalf("there is no table %q", table)
		}
	}
	return counts
}

// BenchmarkLists measures what the desk asks at growing sizes.
func BenchmarkLists(b *testing.B) {
	server := pgtest.OwnServer(b, localpg.Options{})
	storetest.BenchmarkLists(b, oneMessageEach(0), func(b *testing.B, p province.Province) inbox.Store {
		url := pgtest.DatabaseOn(b, server)
		settle(b, url, p)
		return open(b, Options{URL: url})
	})
}
