package postgres

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// Remember takes a key for new without looking: nearly all are. Whoever brings
// a known one runs again, and looks then.
func (t *tx) Remember(k inbox.Key, sum [32]byte) (known, same bool, err error) {
	key := joined(string(k.Channel), string(k.Kind), k.Value)
	if mine, again := t.keys[string(key)]; again {
		return t.compare(key, mine, sum)
	}
	if t.careful {
		var sealed []byte
		err := t.query("SELECT sum FROM remembered WHERE key = $1", []any{key}, func(rows pgx.Rows) error { return rows.Scan(&sealed) })
		if err != nil {
			return false, false, err
		}
		if sealed != nil {
			// The caller will be told that it is kept. Whoever wrote it may have been
			// told the contrary, as when no standby confirmed in time.
			t.confirm = true
			return t.compare(key, sealed, sum)
		}
	}
	t.granted, t.used = true, true
	t.keys[string(key)] = record.Seal(sum[:])
	return false, false, nil
}

func (t *tx) compare(key, sealed []byte, sum [32]byte) (known, same bool, err error) {
	first, err := record.Unseal(sealed)
	if err != nil {
		return false, false, t.store.damaged("remembered", key, err)
	}
	return true, bytes.Equal(first, sum[:]), nil
}

// codes gives conversation codes without gaps. The database counts what was
// given out; a number whose function failed goes to the next who asks, so the
// functions of this node ask one at a time, from their first code until they
// return. (Their commits are not waited for.) Who has the turn waits for no
// other function: see queueFor and goDirect.
type codes struct {
	turn chan struct{} // holds a token while somebody has the turn

	mu   sync.Mutex
	free map[string][]uint64 // given out by the database and then not used, by name
}

func newCodes() *codes { return &codes{turn: make(chan struct{}, 1), free: make(map[string][]uint64)} }

func (c *codes) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *codes) leave() { <-c.turn }

// given is a code that a function has got.
type given struct {
	name string // of its count
	n    uint64
}

func (t *tx) NextCode(prefix string, day time.Time) (string, error) {
	date := record.CodeDay(day)
	name := string(joined("code", prefix, date))
	n, err := t.nextNumber(name)
	if err != nil {
		return "", err
	}
	return record.Code(prefix, date, n), nil
}

// nextNumber gives a run that follows an overtaken one the numbers of that one.
func (t *tx) nextNumber(name string) (uint64, error) {
	t.used = true
	for i, g := range t.run.given {
		if g.name == name && i >= t.run.reused {
			t.run.given[i], t.run.given[t.run.reused] = t.run.given[t.run.reused], g
			t.run.reused++
			return g.n, nil
		}
	}
	if !t.run.holdsCodes {
		if err := t.store.codes.take(t.ctx); err != nil {
			return 0, err
		}
		t.run.holdsCodes = true
	}
	n, err := t.store.codes.next(t.ctx, t.store, name)
	if err == nil {
		t.run.given = append(t.run.given, given{name, n})
		t.run.reused = len(t.run.given)
	}
	return n, err
}

// next takes the smallest free number, else the database's next. The caller has
// the turn.
func (c *codes) next(ctx context.Context, s *Store, name string) (n uint64, err error) {
	if n, found := c.smallest(name); found {
		return n, nil
	}
	// The number need not be on disk before it is used: the commit that uses it
	// flushes what was written before it as well.
	var b pgx.Batch
	b.Queue("SELECT set_config('synchronous_commit', 'off', true)")
	b.Queue("INSERT INTO counter VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET n = counter.n + 1 RETURNING n", []byte(name)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	ctx, cancel := s.patient(ctx)
	defer cancel()
	return n, unavailable(s.reading.SendBatch(ctx, &b).Close())
}

func (c *codes) smallest(name string) (n uint64, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	free := c.free[name]
	if len(free) == 0 {
		return 0, false
	}
	slices.Sort(free)
	c.free[name] = free[1:]
	return free[0], true
}

// freeCodesKept bounds what is remembered of numbers that were not used, in names.
const freeCodesKept = 1000

// giveBack frees the numbers that a function did not use.
func (c *codes) giveBack(unused []given) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range unused {
		if len(c.free) > freeCodesKept {
			clear(c.free) // of days long gone
		}
		c.free[g.name] = append(c.free[g.name], g.n)
	}
}

func (t *tx) Raw(id inbox.RawID) (inbox.Raw, error) {
	r, found, err := read(t, raws, string(id), record.Raws)
	if err == nil && !found {
		err = notFound("raw", id)
	}
	return r, err
}

func (t *tx) PutRaw(r inbox.Raw) error { return put(t, t.blind(raws, string(r.ID)), r, record.Raws) }

func (t *tx) PutQuarantined(q inbox.Quarantined) error {
	return put(t, t.blind(quarantine, string(q.ID)), q, record.Quarantined, q.Settled.IsZero())
}

func (t *tx) Quarantine(waiting bool, after inbox.RawID, limit int) ([]inbox.Quarantined, error) {
	if err := t.reread(quarantine); err != nil {
		return nil, err
	}
	sql := "SELECT id, xmin, record FROM quarantine WHERE id < $1 ORDER BY id DESC"
	if waiting {
		sql = "SELECT id, xmin, record FROM quarantine WHERE waiting AND id < $1 ORDER BY id DESC"
	}
	before := []byte(after)
	if after == "" {
		before = beyondIDs
	}
	return paged(t, quarantine, sql, []any{before}, limit, record.Quarantined)
}

// beyondIDs follows every id, which are letters, digits and hyphens.
var beyondIDs = []byte{0xFF}

func (t *tx) AppendAudit(a inbox.Audit) error {
	t.used = true
	t.audits = append(t.audits, a)
	return nil
}

func (t *tx) Audits(q inbox.AuditQuery) ([]inbox.Audit, error) {
	if t.wanted != nil && len(t.audits) > 0 {
		if err := t.goDirect(); err != nil {
			return nil, err
		}
	}
	before := int64(math.MaxInt64)
	if q.Before != 0 {
		before = sequence(q.Before)
	}
	sql, args := "SELECT seq, record FROM audit WHERE seq < $1 ORDER BY seq DESC", []any{before}
	switch {
	case q.Conversation != "" && q.Member != "":
		sql = "SELECT seq, record FROM audit WHERE conversation = $2 AND member = $3 AND seq < $1 ORDER BY seq DESC"
		args = append(args, []byte(q.Conversation), []byte(q.Member))
	case q.Conversation != "":
		sql = "SELECT seq, record FROM audit WHERE conversation = $2 AND seq < $1 ORDER BY seq DESC"
		args = append(args, []byte(q.Conversation))
	case q.Member != "":
		sql = "SELECT seq, record FROM audit WHERE member = $2 AND seq < $1 ORDER BY seq DESC"
		args = append(args, []byte(q.Member))
	}
	return full(q.Limit, func(limit int) (found []inbox.Audit, out int, err error) {
		err = t.query(fmt.Sprintf("%s LIMIT $%d", sql, len(args)+1), append(slices.Clip(args), limited(limit)), func(rows pgx.Rows) error {
			var seq int64
			var value []byte
			if err := rows.Scan(&seq, &value); err != nil {
				return err
			}
			a, err := decode(t.store, "audit", strconv.AppendInt(nil, seq, 10), value, record.Audits)
			if left(err) {
				out++
				return nil
			}
			a.Seq = uint64(seq)
			found = append(found, a)
			return err
		})
		return found, out, err
	})
}
