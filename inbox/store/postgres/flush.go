package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// A group is written with one statement for each table, whatever its size.

// written is a batch of statements, and what is to be told once it is committed.
type written struct {
	batch  pgx.Batch
	err    error
	kinds  map[inbox.Work]struct{} // of tasks that came or became free
	events bool
	begun  bool // of a transaction of one function's own
}

func (w *written) add(part *written) {
	w.events = w.events || part.events
	if w.kinds == nil {
		w.kinds = make(map[inbox.Work]struct{})
	}
	maps.Copy(w.kinds, part.kinds)
}

// send writes the batch, and commits it when it is to be.
func (w *written) send(ctx context.Context, conn *pgxpool.Conn, last bool) error {
	if w.err != nil {
		return w.err
	}
	var ended error
	if last {
		forgetWarning(conn)
		w.batch.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
			ended = committed(tag.String(), nil)
			return nil
		})
	}
	if w.batch.Len() == 0 {
		return nil
	}
	// gofail: var databaseBeforeCommit string
	// return errors.New(databaseBeforeCommit)
	err := errors.Join(conn.SendBatch(ctx, &w.batch).Close(), ended)
	// gofail: var databaseCommitted string
	// return errors.New(databaseCommitted)
	if err == nil && last {
		err = warning(conn)
	}
	return err
}

// told makes known what has been committed.
func (s *Store) told(w *written) {
	for kind := range w.kinds {
		s.bells.ring(kind)
	}
	if w.events {
		select {
		case s.number <- struct{}{}:
		default:
		}
	}
}

// flush makes the statements that write what is wanted.
func flush(wants []*wanted) *written {
	w := &written{kinds: make(map[inbox.Work]struct{})}
	w.records(wants)
	w.places(wants)
	w.files(wants)
	w.remembered(wants)
	w.knowledge(wants)
	w.tasks(wants)
	w.audits(wants)
	w.logged(wants)
	w.confirmed(wants)
	return w
}

// confirmed makes a commit that would write nothing wait, as any other, until
// all that was written before it is as safe as the database makes it.
func (w *written) confirmed(wants []*wanted) {
	if w.batch.Len() == 0 && slices.ContainsFunc(wants, func(want *wanted) bool { return want.confirm }) {
		w.batch.Queue("SELECT pg_logical_emit_message(true, 'tongdai', '')")
	}
}

func (w *written) records(wants []*wanted) {
	for _, tb := range tables {
		var rows []*row
		var gone [][]byte
		for _, want := range wants {
			for _, r := range want.dirty {
				switch {
				case r.table != tb:
				case r.value == nil:
					gone = append(gone, []byte(r.id))
				default:
					rows = append(rows, r)
				}
			}
		}
		if len(gone) > 0 {
			w.batch.Queue(fmt.Sprintf("DELETE FROM %s WHERE id = ANY($1::bytea[])", tb.name), gone)
		}
		if len(rows) > 0 {
			slices.SortFunc(rows, func(a, b *row) int { return strings.Compare(a.id, b.id) })
			w.batch.Queue(tb.upsert, tb.columns(rows)...)
		}
	}
}

// columns turns rows into one array for each column.
func (tb *table) columns(rows []*row) []any {
	columns := make([]any, len(tb.kinds))
	for i, k := range tb.kinds {
		value := func(r *row) any {
			switch i {
			case 0:
				return []byte(r.id)
			case len(tb.kinds) - 1:
				return r.value
			default:
				return r.between[i-1]
			}
		}
		switch k {
		case bytesColumn:
			columns[i] = collected[[]byte](rows, value)
		case intColumn:
			columns[i] = collected[int64](rows, value)
		case boolColumn:
			columns[i] = collected[bool](rows, value)
		}
	}
	return columns
}

func collected[A any](rows []*row, value func(*row) any) []A {
	all := make([]A, len(rows))
	for i, r := range rows {
		all[i] = value(r).(A)
	}
	return all
}

// places moves conversations to where they stand now. Most go to another rank
// of the same list.
func (w *written) places(wants []*wanted) {
	var gone, come, move movements
	for _, want := range wants {
		for id, m := range want.matters {
			if !m.moved {
				continue
			}
			for _, p := range m.stood {
				switch to, stays := standing(m.stands, p.List); {
				case !stays:
					gone.add(p, id, "")
				case to.Rank != p.Rank:
					move.add(p, id, to.Rank)
				}
			}
			for _, p := range m.stands {
				if _, stood := standing(m.stood, p.List); !stood {
					come.add(p, id, "")
				}
			}
		}
	}
	if gone.some() {
		w.batch.Queue(`DELETE FROM placement p USING unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS g (list, rank, conversation)
			WHERE p.list = g.list AND p.rank = g.rank AND p.conversation = g.conversation`, gone.lists, gone.ranks, gone.ids)
	}
	if move.some() {
		w.batch.Queue(`UPDATE placement p SET rank = m.next
			FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[]) AS m (list, rank, conversation, next)
			WHERE p.list = m.list AND p.rank = m.rank AND p.conversation = m.conversation`, move.lists, move.ranks, move.ids, move.next)
	}
	if come.some() {
		w.batch.Queue("INSERT INTO placement SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])", come.lists, come.ranks, come.ids)
	}
}

// movements are rows of lists, and where they go.
type movements struct{ lists, ranks, ids, next [][]byte }

func (m *movements) add(p inbox.Placement, id inbox.ConversationID, next string) {
	m.lists, m.ranks = append(m.lists, listKey(p.List)), append(m.ranks, []byte(p.Rank))
	m.ids, m.next = append(m.ids, []byte(id)), append(m.next, []byte(next))
}

func (m *movements) some() bool { return len(m.lists) > 0 }

// standing finds the place in a list; a conversation stands in none twice.
func standing(places []inbox.Placement, l inbox.ListID) (inbox.Placement, bool) {
	for _, p := range places {
		if p.List == l {
			return p, true
		}
	}
	return inbox.Placement{}, false
}

func (w *written) files(wants []*wanted) {
	var files, messages [][]byte
	for _, want := range wants {
		for _, u := range want.files {
			files, messages = append(files, u.file), append(messages, u.message)
		}
	}
	if len(files) > 0 {
		w.batch.Queue("INSERT INTO attachment SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING", files, messages)
	}
}

func (w *written) remembered(wants []*wanted) {
	var keys, sums [][]byte
	for _, want := range wants {
		for key, sum := range want.keys {
			keys, sums = append(keys, []byte(key)), append(sums, sum)
		}
	}
	if len(keys) > 0 {
		w.batch.Queue("INSERT INTO remembered SELECT * FROM unnest($1::bytea[], $2::bytea[])", keys, sums)
	}
}

func (w *written) knowledge(wants []*wanted) {
	var ids, values [][]byte
	var versions []int64
	for _, want := range wants {
		for _, r := range want.revised {
			ids, versions, values = append(ids, r.id), append(versions, r.version), append(values, r.record)
		}
	}
	if len(ids) > 0 {
		w.batch.Queue("INSERT INTO entry_version SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])", ids, versions, values)
		w.batch.Queue("UPDATE counter SET n = n + $1 WHERE name = 'knowledge'", len(ids))
	}
}

func (w *written) audits(wants []*wanted) {
	var conversations, members, values [][]byte
	for _, want := range wants {
		for _, a := range want.audits {
			value, err := record.Audits.Encode(a)
			w.err = errors.Join(w.err, err)
			conversations = append(conversations, optional(string(a.Conversation)))
			members = append(members, optional(string(a.Member)))
			values = append(values, value)
		}
	}
	if len(values) > 0 {
		w.batch.Queue(`INSERT INTO audit (conversation, member, record)
			SELECT conversation, member, record FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
			WITH ORDINALITY AS a (conversation, member, record, ord) ORDER BY ord`, conversations, members, values)
	}
}

// optional is NULL when there is nothing.
func optional(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// logged writes the events of all as one row; the order within is that of the group.
func (w *written) logged(wants []*wanted) {
	var values [][]byte
	var latest int64
	for _, want := range wants {
		if len(want.events) > 0 {
			values = append(values, want.events...)
			latest = max(latest, want.latest)
		}
		if want.trim != nil {
			w.batch.Queue(trimEvents, *want.trim)
		}
	}
	if len(values) > 0 {
		w.events = true
		w.batch.Queue("INSERT INTO event (latest, records) VALUES ($1, $2)", latest, values)
	}
}

// written forgets what a transaction of our own has written.
func (w *wanted) written() {
	for _, r := range w.dirty {
		r.dirty, r.ours = false, true
	}
	for _, n := range w.counts {
		if n.now != n.was {
			n.was, n.ours = n.now, true
		}
	}
	for _, c := range w.claims {
		c.executed = true
	}
	if w.known != nil {
		*w.known += int64(len(w.revised))
	}
	w.dirty, w.added, w.audits, w.events, w.files, w.revised, w.names = nil, nil, nil, nil, nil, nil, nil
	w.latest, w.trim = 0, nil
	for _, m := range w.matters {
		m.stood, m.moved = m.stands, false
	}
	clear(w.alone)
	clear(w.keys)
}
