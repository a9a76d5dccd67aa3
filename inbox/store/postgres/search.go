package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
)

// Messages is the index of messages in the store's own database: one node feeds
// it, all of them search it. It is open as long as the store is.
type Messages struct{ store *Store }

var _ inbox.MessageIndex = Messages{}

// Messages returns the index of messages.
func (s *Store) Messages() Messages { return Messages{s} }

// Shared is true: all nodes search this one.
func (Messages) Shared() bool { return true }

// Close does nothing: the index ends with the store.
func (Messages) Close() error { return nil }

// State implements inbox.MessageIndex.
func (ix Messages) State(ctx context.Context) (state inbox.IndexState, err error) {
	err = pooled(ix).query(ctx, `SELECT seq, complete, rest FROM search_state`, nil, func(rows pgx.Rows) (err error) {
		state, err = scanState(rows)
		return err
	})
	return state, err
}

func scanState(row pgx.Row) (s inbox.IndexState, err error) {
	var seq int64
	var rest []byte
	err = row.Scan(&seq, &s.Complete, &rest)
	s.Seq, s.Rest = inbox.Seq(seq), inbox.Cursor(rest)
	return s, err
}

// Stamps implements inbox.MessageIndex.
func (ix Messages) Stamps(ctx context.Context, ids []inbox.ConversationID) (map[inbox.ConversationID]string, error) {
	stamps := map[inbox.ConversationID]string{}
	err := pooled(ix).query(ctx, `SELECT conversation, stamp FROM search_stamp WHERE conversation = ANY($1)`,
		[]any{conversationKeys(ids)}, func(rows pgx.Rows) error {
			var id []byte
			var stamp string
			if err := rows.Scan(&id, &stamp); err != nil {
				return err
			}
			stamps[inbox.ConversationID(id)] = stamp
			return nil
		})
	return stamps, err
}

func conversationKeys(ids []inbox.ConversationID) [][]byte {
	keys := make([][]byte, len(ids))
	for i, id := range ids {
		keys[i] = []byte(id)
	}
	return keys
}

// Reset implements inbox.MessageIndex.
func (ix Messages) Reset(ctx context.Context) error {
	return ix.within(ctx, func(ctx context.Context, db pgx.Tx) error {
		_, err := db.Exec(ctx, `WITH s AS (DELETE FROM search_stamp)
			UPDATE search_state SET seq = 0, complete = false, rest = ''`)
		if err == nil {
			_, err = db.Exec(ctx, `TRUNCATE search_document`)
		}
		return err
	})
}

// Put implements inbox.MessageIndex.
func (ix Messages) Put(ctx context.Context, was, now inbox.IndexState, changes []inbox.Indexed) error {
	w := gather(changes)
	return ix.within(ctx, func(ctx context.Context, db pgx.Tx) error {
		state, err := scanState(db.QueryRow(ctx, `SELECT seq, complete, rest FROM search_state FOR UPDATE`))
		if err != nil {
			return err
		}
		if state != was {
			return fmt.Errorf("store: the index of messages is not where its feeder left it: %w", inbox.ErrStale)
		}
		var b pgx.Batch
		w.queue(&b)
		b.Queue(`UPDATE search_state SET seq = $1, complete = $2, rest = $3`, int64(now.Seq), now.Complete, []byte(now.Rest))
		return db.SendBatch(ctx, &b).Close()
	})
}

// within runs fn in a transaction of its own. What fn says is stale is not the
// database's fault; everything else is.
func (ix Messages) within(ctx context.Context, fn func(ctx context.Context, db pgx.Tx) error) error {
	if err := ix.store.usable(ctx); err != nil {
		return err
	}
	ctx, cancel := ix.store.patient(ctx)
	defer cancel()
	var told error
	err := pgx.BeginFunc(ctx, ix.store.reading, func(db pgx.Tx) error {
		told = fn(ctx, db)
		return told
	})
	if errors.Is(told, inbox.ErrStale) {
		return told
	}
	return unavailable(err)
}

// indexing is what one Put writes, by columns.
type indexing struct {
	gone          [][]byte // conversations whose documents go first
	conversations [][]byte
	messages      [][]byte
	ats           []int64
	terms         []string
	stamped       [][]byte
	stamps        []string
}

func gather(changes []inbox.Indexed) *indexing {
	w := &indexing{}
	for _, c := range changes {
		if c.Whole {
			w.gone = append(w.gone, []byte(c.Conversation))
		}
		for _, d := range c.Documents {
			w.conversations = append(w.conversations, []byte(c.Conversation))
			w.messages = append(w.messages, []byte(d.Message))
			w.ats = append(w.ats, d.At.UnixMilli())
			w.terms = append(w.terms, lexemes(c.Departments, d))
			if d.Message == "" {
				w.stamped = append(w.stamped, []byte(c.Conversation))
				w.stamps = append(w.stamps, c.Stamp)
			}
		}
	}
	return w
}

func (w *indexing) queue(b *pgx.Batch) {
	if len(w.gone) > 0 {
		b.Queue(`DELETE FROM search_document WHERE conversation = ANY($1)`, w.gone)
		b.Queue(`DELETE FROM search_stamp WHERE conversation = ANY($1)`, w.gone)
	}
	if len(w.conversations) > 0 {
		b.Queue(`INSERT INTO search_document AS d
			SELECT c, m, at, t::tsvector FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::text[]) AS n (c, m, at, t)
			ON CONFLICT (conversation, message) DO UPDATE SET at = excluded.at, terms = excluded.terms
			WHERE (d.at, d.terms) IS DISTINCT FROM (excluded.at, excluded.terms)`,
			w.conversations, w.messages, w.ats, w.terms)
	}
	if len(w.stamped) > 0 {
		b.Queue(`INSERT INTO search_stamp SELECT * FROM unnest($1::bytea[], $2::text[])
			ON CONFLICT (conversation) DO UPDATE SET stamp = excluded.stamp`, w.stamped, w.stamps)
	}
}

// Newest implements inbox.MessageIndex.
func (ix Messages) Newest(ctx context.Context, q inbox.IndexQuery) (hits []inbox.IndexHit, err error) {
	if len(q.Groups) == 0 || !q.Everywhere && len(q.Departments) == 0 {
		return nil, nil
	}
	err = pooled(ix).query(ctx, `SELECT conversation, message, at FROM search_document
		WHERE terms @@ $1::text::tsquery ORDER BY at DESC, conversation DESC, message DESC LIMIT $2`,
		[]any{described(q), q.Limit}, func(rows pgx.Rows) error {
			var c, m []byte
			var at int64
			if err := rows.Scan(&c, &m, &at); err != nil {
				return err
			}
			hits = append(hits, inbox.IndexHit{
				Conversation: inbox.ConversationID(c), Message: inbox.MessageID(m), At: time.UnixMilli(at).UTC(),
			})
			return nil
		})
	return hits, err
}
