package postgres

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/inbox/store/record"
	"tongdai/kb"
)

// province is a database as it stands after some years, and what a desk asks of it.
type province struct {
	url  string
	size int
}

// settled writes n conversations, one message each, the way the store keeps
// them, without going through it.
func settled(t testing.TB, url string, n int) province {
	t.Helper()
	if err := open(t, Options{URL: url}).Close(); err != nil { // it has made the schema
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	p := province{url, n}
	p.copy(t, conn, "conversation", []string{"id", "code", "record"}, func(i int, add func(...any)) {
		c := p.conversation(i)
		add([]byte(c.ID), []byte(c.Code), encoded(t, c, record.Conversations))
	})
	p.copy(t, conn, "placement", []string{"list", "rank", "conversation"}, func(i int, add func(...any)) {
		c := p.conversation(i)
		for _, at := range inbox.Placements(c) {
			add(listKey(at.List), []byte(at.Rank), []byte(c.ID))
		}
	})
	p.copy(t, conn, "message", []string{"id", "conversation", "seq", "stuck", "record"}, func(i int, add func(...any)) {
		m := inbox.Message{ID: inbox.MessageID(fmt.Sprintf("m%09d", i)), Conversation: p.conversation(i).ID, Seq: 1}
		m.Content.Text = "Tiêm mũi 3 ở đâu? Tôi ở phường Lam Sơn, đã tiêm hai mũi."
		add([]byte(m.ID), []byte(m.Conversation), int64(1), i%1000 == 0, encoded(t, m, record.Messages))
	})
	p.copy(t, conn, "audit", []string{"conversation", "member", "record"}, func(i int, add func(...any)) {
		a := inbox.Audit{Action: inbox.Looked, Conversation: p.conversation(i).ID, Member: "m1"}
		add([]byte(a.Conversation), []byte(a.Member), encoded(t, a, record.Audits))
	})
	p.copy(t, conn, "task", []string{"id", "kind", "grp", "urgent", "due", "head", "record"}, func(i int, add func(...any)) {
		task := inbox.Task{ID: fmt.Sprint(i), Kind: inbox.Closings, Group: fmt.Sprint(i), Due: time.Now().Add(time.Hour)}
		add([]byte(task.ID), []byte(task.Kind), taskGroup(task), false, nanos(task.Due), true, encoded(t, task, record.Tasks))
	})
	if _, err := conn.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p province) conversation(i int) inbox.Conversation {
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
	c := inbox.Conversation{
		ID: inbox.ConversationID(fmt.Sprintf("c%09d", i)), Code: fmt.Sprintf("TH-200101-%09d", i),
		Contact: inbox.ContactID(fmt.Sprint("k", i%(p.size/4+1))), Channel: "web", Status: inbox.Resolved, Handler: inbox.ByPeople,
		Department: kb.DepartmentID(fmt.Sprint("d", i%20)), CreatedAt: at, LastAt: at, ResolvedAt: at, LastSeq: 1, Version: 1,
		ContactName: "Khách 1022", LastText: "Tiêm mũi 3 ở đâu?",
	}
	if i%10 == 0 { // still open, and half of those wait for people
		c.Status, c.Assignee = inbox.Open, inbox.MemberID(fmt.Sprint("m", i%50))
		if i%20 == 0 {
			c.WaitingSince = at
		}
	}
	return c
}

func (p province) copy(t testing.TB, conn *pgx.Conn, table string, columns []string, rows func(i int, add func(...any))) {
	t.Helper()
	const batch = 50_000 // bounds what is held in memory
	for from := 0; from < p.size; from += batch {
		var all [][]any
		for i := from; i < min(from+batch, p.size); i++ {
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

// deskAsks are what the pages of the desk ask of a store.
var deskAsks = []struct {
	what string
	ask  func(tx inbox.Reader, p province) error
}{
	{"the first page of all", firstPage(inbox.AllList)},
	{"the first page of those that wait", firstPage(inbox.OpenList)},
	{"the first page of a department's", firstPage(inbox.OfDepartment(inbox.OpenList, "d3"))},
	{"the first page of a member's", firstPage(inbox.OfMember("m30"))},
	{"the first page of a channel", firstPage(inbox.OfChannel("web"))},
	{"the first page of a list of none", firstPage(inbox.UrgentList)},
	{"the first page of three departments'", firstPage(inbox.OfDepartment(inbox.AllList, "d1"), inbox.OfDepartment(inbox.AllList, "d2"), inbox.OfDepartment(inbox.AllList, "d3"))},
	{"a page in the middle", func(tx inbox.Reader, p province) error {
		middle := p.conversation(p.size / 2)
		for _, at := range inbox.Placements(middle) {
			if at.List == inbox.AllList {
				_, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}, After: record.Cursor(at.Rank, middle.ID), Limit: 50})
				return err
			}
		}
		return nil
	}},
	{"a contact's conversations", firstPage(inbox.OfContact("k7"))},
	{"a count up to 100", func(tx inbox.Reader, _ province) error {
		_, err := tx.CountConversations([]inbox.ListID{inbox.OpenList}, 100)
		return err
	}},
	{"a count in three departments", func(tx inbox.Reader, _ province) error {
		_, err := tx.CountConversations([]inbox.ListID{inbox.OfDepartment(inbox.OpenList, "d1"), inbox.OfDepartment(inbox.OpenList, "d2"), inbox.OfDepartment(inbox.OpenList, "d3")}, 100)
		return err
	}},
	{"a conversation by its code", func(tx inbox.Reader, p province) error {
		_, err := tx.ConversationByCode(p.conversation(p.size / 3).Code)
		return err
	}},
	{"the messages of a conversation", func(tx inbox.Reader, p province) error {
		_, err := tx.Messages(p.conversation(p.size/3).ID, inbox.MessageQuery{Limit: 50})
		return err
	}},
	{"a message", func(tx inbox.Reader, p province) error {
		_, err := tx.Message(inbox.MessageID(fmt.Sprintf("m%09d", p.size/3)))
		return err
	}},
	{"what could not be delivered", func(tx inbox.Reader, _ province) error { _, err := tx.Stuck("", 50); return err }},
	{"what a member did", func(tx inbox.Reader, _ province) error {
		_, err := tx.Audits(inbox.AuditQuery{Member: "m1", Limit: 50})
		return err
	}},
	{"what was done to a conversation", func(tx inbox.Reader, p province) error {
		_, err := tx.Audits(inbox.AuditQuery{Conversation: p.conversation(p.size / 3).ID, Limit: 50})
		return err
	}},
	{"who did what at all", func(tx inbox.Reader, _ province) error { _, err := tx.Audits(inbox.AuditQuery{Limit: 50}); return err }},
}

func firstPage(lists ...inbox.ListID) func(tx inbox.Reader, p province) error {
	return func(tx inbox.Reader, _ province) error {
		_, _, err := tx.Conversations(inbox.ListQuery{Lists: lists, Limit: 50})
		return err
	}
}

// big are the tables that grow with the years.
var big = []string{"conversation", "placement", "message", "audit", "task", "remembered", "raw", "turn"}

// No page of the desk, nor the work behind it, reads a big table from end to
// end, whatever the planner thinks of how large it is.
func TestNothingIsReadFromEndToEnd(t *testing.T) {
	p := settled(t, pgtest.Database(t), 100_000)
	before := scans(t, p.url)
	s := open(t, Options{URL: p.url})
	for range 8 { // also with the plans that are made for good after a few times
		for _, a := range deskAsks {
			if err := s.View(t.Context(), func(tx inbox.Reader) error { return a.ask(tx, p) }); err != nil {
				t.Fatalf("%s: %v", a.what, err)
			}
		}
		work(t, s)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	after := scans(t, p.url)
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

// BenchmarkLists measures the desk's deskAsks at growing sizes: 1,000 and
// 100,000 conversations, and with TONGDAI_LONG=1 also 1,000,000.
func BenchmarkLists(b *testing.B) {
	sizes := []int{1_000, 100_000}
	if os.Getenv("TONGDAI_LONG") != "" {
		sizes = append(sizes, 1_000_000)
	}
	server := pgtest.OwnServer(b, localpg.Options{})
	for _, size := range sizes {
		url := pgtest.DatabaseOn(b, server)
		p := settled(b, url, size)
		s := open(b, Options{URL: url})
		for _, a := range deskAsks {
			b.Run(fmt.Sprintf("%d/%s", size, a.what), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					begun := time.Now()
					if err := s.View(b.Context(), func(tx inbox.Reader) error { return a.ask(tx, p) }); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begun))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			})
		}
	}
}
