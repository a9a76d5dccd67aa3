package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tongdai/inbox"
)

// Before a group is written, everything it rests on is locked by name, in one
// order, so that no two transactions ever wait for each other; and then it is
// looked at once more. Only flushes take these locks, so nobody waits for them
// longer than a flush takes.

// touched names what w is about to change. Two members of a group that have a
// name in common contradict each other.
func (w *wanted) touched() []string {
	var names []string
	for _, r := range w.dirty {
		names = append(names, r.name())
	}
	for id, n := range w.counts {
		if n.now != n.was {
			names = append(names, messagesOf(id))
		}
	}
	for list := range w.alone {
		names = append(names, "alone "+list)
	}
	for key := range w.keys {
		names = append(names, "key "+key)
	}
	for _, a := range w.added {
		names = append(names, "task "+a.ID)
	}
	for id, c := range w.claims {
		if c.settled {
			names = append(names, "task "+id)
		}
	}
	if len(w.revised) > 0 {
		names = append(names, "knowledge")
	}
	for _, n := range w.names {
		names = append(names, "line "+n)
	}
	return names
}

func (r *row) name() string { return r.table.name + " " + r.id }

func messagesOf(id inbox.ConversationID) string { return "messages " + string(id) }

func groupOf(kind inbox.Work, group string) string {
	return "group " + strconv.Quote(string(kind)) + group
}

// locks are the names that other nodes must not change meanwhile. Rows that are
// new, whatever happens, need none.
func (w *wanted) locks(into map[string]struct{}) {
	for _, r := range w.dirty {
		if r.checked && !r.ours && (r.was != noRow || r.table != messages) {
			into[r.name()] = struct{}{}
		}
	}
	for id, n := range w.counts {
		if n.now != n.was {
			into[messagesOf(id)] = struct{}{}
		}
	}
	for list := range w.alone {
		into["alone "+list] = struct{}{}
	}
	for key := range w.keys {
		into["key "+key] = struct{}{}
	}
	for _, a := range w.added {
		into[groupOf(a.Kind, a.Group)] = struct{}{}
	}
	for _, c := range w.claims {
		into[groupOf(c.claim.Task.Kind, c.claim.Task.Group)] = struct{}{}
	}
	if len(w.revised) > 0 {
		into["knowledge"] = struct{}{}
	}
	for _, n := range w.names {
		into["line "+n] = struct{}{}
	}
}

// look is what a check finds.
type look struct {
	batch     pgx.Batch
	rows      map[rowID]revision
	asked     map[*table][][]byte
	lastSeqs  map[string]int64
	alone     map[string]string
	keys      map[string]struct{}
	fences    map[string]int64
	knowledge int64
	revision  int64 // of what this transaction writes
}

// check begins a transaction unless it has begun, takes the locks, and tells
// for each of wants on what it has been overtaken.
func check(ctx context.Context, conn *pgxpool.Conn, wants []*wanted, begin bool) (lost [][]string, by revision, err error) {
	l := &look{
		rows: make(map[rowID]revision), asked: make(map[*table][][]byte), lastSeqs: make(map[string]int64),
		alone: make(map[string]string), keys: make(map[string]struct{}), fences: make(map[string]int64),
	}
	if begin {
		l.batch.Queue("begin")
	}
	l.lock(wants)
	l.ask(wants)
	if err := errors.Join(conn.SendBatch(ctx, &l.batch).Close()); err != nil {
		return nil, 0, err
	}
	for _, w := range wants {
		lost = append(lost, l.overtaken(w))
	}
	return lost, revision(uint32(l.revision)), nil
}

func (l *look) lock(wants []*wanted) {
	names := make(map[string]struct{})
	for _, w := range wants {
		w.locks(names)
	}
	if len(names) == 0 {
		return
	}
	numbers := make([]int64, 0, len(names))
	for n := range names {
		numbers = append(numbers, lockNumber(n))
	}
	slices.Sort(numbers)
	l.batch.Queue("SELECT count(pg_advisory_xact_lock(n)) FROM unnest($1::bigint[]) AS names (n)", slices.Compact(numbers))
}

func (l *look) ask(wants []*wanted) {
	var matters, lists, keys, tasks [][]byte
	knowledge := false
	for _, w := range wants {
		for _, r := range w.dirty {
			if r.checked && !r.ours {
				l.asked[r.table] = append(l.asked[r.table], []byte(r.id))
			}
		}
		for _, r := range w.guessed {
			if !r.dirty && !r.ours {
				l.asked[r.table] = append(l.asked[r.table], []byte(r.id))
			}
		}
		for id, n := range w.counts {
			if n.now != n.was && !n.ours {
				matters = append(matters, []byte(id))
			}
		}
		for list := range w.alone {
			lists = append(lists, []byte(list))
		}
		for key := range w.keys {
			keys = append(keys, []byte(key))
		}
		for _, a := range w.added {
			tasks = append(tasks, []byte(a.ID))
		}
		for id, c := range w.claims {
			if !c.executed {
				tasks = append(tasks, []byte(id))
			}
		}
		knowledge = knowledge || len(w.revised) > 0 && w.known != nil
	}
	for _, tb := range tables {
		if ids := l.asked[tb]; len(ids) > 0 {
			l.batch.Queue(tb.look, ids).Query(func(rows pgx.Rows) error {
				return scanAll(rows, func(rows pgx.Rows) error { return l.scanRevision(tb, rows) })
			})
		}
	}
	if len(matters) > 0 {
		l.queue(`SELECT c.id, coalesce((SELECT max(seq) FROM message m WHERE m.conversation = c.id), 0)
			FROM unnest($1::bytea[]) AS c (id)`, matters, scanNumbers(l.lastSeqs))
	}
	if len(lists) > 0 {
		l.queue("SELECT list, conversation FROM placement WHERE list = ANY($1::bytea[])", lists, func(rows pgx.Rows) error {
			var list, conversation []byte
			err := rows.Scan(&list, &conversation)
			l.alone[string(list)] = string(conversation)
			return err
		})
	}
	if len(keys) > 0 {
		l.queue("SELECT key FROM remembered WHERE key = ANY($1::bytea[])", keys, func(rows pgx.Rows) error {
			var key []byte
			err := rows.Scan(&key)
			l.keys[string(key)] = struct{}{}
			return err
		})
	}
	if len(tasks) > 0 {
		// Locked, so that nobody claims what is just being settled.
		l.queue("SELECT id, fence FROM task WHERE id = ANY($1::bytea[]) ORDER BY id FOR UPDATE", tasks, scanNumbers(l.fences))
	}
	if knowledge {
		l.batch.Queue("SELECT n FROM counter WHERE name = 'knowledge'").
			QueryRow(func(row pgx.Row) error { return row.Scan(&l.knowledge) })
	}
	// Whoever wants nothing at all asks by this whether the database takes writes.
	l.batch.Queue("SELECT pg_current_xact_id()::xid::text::bigint").QueryRow(func(row pgx.Row) error { return row.Scan(&l.revision) })
}

func (l *look) queue(sql string, arg any, scan func(pgx.Rows) error) {
	l.batch.Queue(sql, arg).Query(func(rows pgx.Rows) error { return scanAll(rows, scan) })
}

func (l *look) scanRevision(tb *table, rows pgx.Rows) error {
	var id []byte
	var rev uint32
	if err := rows.Scan(&id, &rev); err != nil {
		return err
	}
	l.rows[rowID{tb, string(id)}] = revision(rev)
	return nil
}

func scanNumbers(into map[string]int64) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var name []byte
		var n int64
		err := rows.Scan(&name, &n)
		into[string(name)] = n
		return err
	}
}

// overtaken names what is no longer as w found it.
func (l *look) overtaken(w *wanted) (names []string) {
	for _, r := range w.dirty {
		if r.checked && !r.ours && l.rows[r.rowID] != r.was {
			names = append(names, r.name())
		}
	}
	for _, r := range w.guessed {
		if !r.dirty && !r.ours && l.rows[r.rowID] != r.was {
			names = append(names, r.name())
		}
	}
	for id, n := range w.counts {
		if n.now != n.was && !n.ours && l.lastSeqs[string(id)] != n.was {
			names = append(names, messagesOf(id))
		}
	}
	for list, id := range w.alone {
		if there, taken := l.alone[list]; taken && there != string(id) && !w.takesOut(list, there) {
			names = append(names, "alone "+list)
		}
	}
	for key := range w.keys {
		if _, known := l.keys[key]; known {
			names = append(names, "key "+key)
		}
	}
	for _, a := range w.added {
		if _, waits := l.fences[a.ID]; waits && !w.finishes(a.ID) {
			names = append(names, "task "+a.ID)
		}
	}
	for id, c := range w.claims {
		if fence, waits := l.fences[id]; !c.executed && (!waits || uint64(fence) != c.claim.Fence) {
			names = append(names, "task "+id)
		}
	}
	if len(w.revised) > 0 && w.known != nil && *w.known != l.knowledge {
		names = append(names, "knowledge")
	}
	return names
}

// takesOut reports whether w moves a conversation out of a list.
func (w *wanted) takesOut(list, conversation string) bool {
	m := w.matters[inbox.ConversationID(conversation)]
	return m != nil && m.moved && !slices.ContainsFunc(m.stands, func(p inbox.Placement) bool { return string(listKey(p.List)) == list })
}

func (w *wanted) finishes(task string) bool {
	c := w.claims[task]
	return c != nil && c.settled && c.later == nil
}

// commit ends a transaction.
func commit(ctx context.Context, conn *pgxpool.Conn) error {
	forgetWarning(conn)
	tag, err := conn.Exec(ctx, "commit")
	return cmp.Or(committed(tag.String(), err), warning(conn))
}

// committed tells whether a commit was one: the server answers ROLLBACK when
// the transaction had failed before.
func committed(tag string, err error) error {
	if err == nil && tag != "COMMIT" {
		err = fmt.Errorf("the transaction ended with %s", tag)
	}
	return err
}

// warned is where a connection keeps the last warning of the server.
const warned = "tongdai.warning"

// heed keeps warnings: when the server gives up waiting for the standby that
// should have what was committed, it says COMMIT, with a warning.
func heed(conn *pgconn.PgConn, notice *pgconn.Notice) {
	if notice.SeverityUnlocalized == "WARNING" {
		conn.CustomData()[warned] = notice.Message
	}
}

func forgetWarning(conn *pgxpool.Conn) { delete(conn.Conn().PgConn().CustomData(), warned) }

// warning is the server's warning of a commit: what was written may be lost.
func warning(conn *pgxpool.Conn) error {
	if text, found := conn.Conn().PgConn().CustomData()[warned]; found {
		return fmt.Errorf("the database warns: %v", text)
	}
	return nil
}
