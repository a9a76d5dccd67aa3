package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// tx is what one function of View or Update sees.
type tx struct {
	ctx   context.Context
	store *Store
	db    querier
	run   *run // nil in a View
	rows  map[rowID]*row
	*wanted
}

var _ inbox.Writer = (*tx)(nil)

// wanted is what an Update's function read, took for granted and wants to
// write. It becomes true when its group commits (group.go), or step by step in
// a transaction of its own (direct.go). nil in a View.
type wanted struct {
	careful bool // takes nothing for granted: an earlier run was overtaken
	granted bool // something was taken for granted that was not read
	used    bool // something was read or written
	lost    bool // what was read has been overtaken; the function runs again
	confirm bool // what others wrote before must be as safe as a commit of its own

	dirty   []*row // rows to be written, in the order they were first written
	guessed []*row // taken from the cache

	matters map[inbox.ConversationID]*matter
	counts  map[inbox.ConversationID]*lastSeq
	alone   map[string]inbox.ConversationID // lists in which a conversation is to stand alone
	keys    map[string][]byte               // remembered: their sums
	added   []inbox.Task
	claims  map[string]*settling
	audits  []inbox.Audit
	events  [][]byte
	latest  int64  // when the latest of events happened
	trim    *int64 // events before are forgotten
	files   []use
	revised []revised
	known   *int64   // the revision of the knowledge as it was read
	names   []string // lined up under

	direct *direct // once the function writes step by step
}

type rowID struct {
	table *table
	id    string
}

// row is one record as it was read, and as it is to be.
type row struct {
	rowID
	was     revision // as read, or taken for granted
	checked bool     // was must still hold when it is written
	ours    bool     // written by our own transaction already
	value   []byte   // the record as it is now; nil: none
	between []any    // the columns between id and record
	dirty   bool
}

// lastSeq is the number of a conversation's last message.
type lastSeq struct {
	was, now int64
	ours     bool // written by our own transaction already
}

// settling is what is done with a claim.
type settling struct {
	claim    inbox.Claim
	until    *time.Time  // extended
	settled  bool        // finished, or postponed:
	later    *inbox.Task // as it is then
	executed bool        // by our own transaction already
}

// use is a message that carries a file.
type use struct{ file, message []byte }

// revised is a version of an entry.
type revised struct {
	id      []byte
	version int64
	record  []byte
}

func newWanted() *wanted {
	return &wanted{
		matters: make(map[inbox.ConversationID]*matter),
		counts:  make(map[inbox.ConversationID]*lastSeq),
		alone:   make(map[string]inbox.ConversationID), keys: make(map[string][]byte), claims: make(map[string]*settling),
	}
}

// nothing reports whether there is nothing to be written.
func (w *wanted) nothing() bool {
	for _, c := range w.claims {
		if !c.executed {
			return false
		}
	}
	return len(w.dirty) == 0 && len(w.keys) == 0 && len(w.added) == 0 &&
		len(w.audits) == 0 && len(w.events) == 0 && w.trim == nil && len(w.files) == 0 && len(w.revised) == 0
}

// errLost ends a function whose reads were overtaken. Update runs it again,
// whatever the function makes of the error.
var errLost = errors.New("store: overtaken by another transaction")

func (t *tx) query(sql string, args []any, scan func(pgx.Rows) error) error {
	if t.wanted != nil {
		t.used = true
	}
	return t.db.query(t.ctx, sql, args, scan)
}

// load reads a row by its id.
func (t *tx) load(tb *table, id string) (*row, error) {
	rid := rowID{tb, id}
	if r := t.rows[rid]; r != nil {
		return r, nil
	}
	if tb == conversations {
		if r := t.recall(inbox.ConversationID(id)); r != nil {
			return r, nil
		}
	}
	r := &row{rowID: rid, checked: true}
	if id == "" {
		return r, nil
	}
	if err := t.query(tb.read, []any{[]byte(id)}, func(rows pgx.Rows) error { return scanRow(rows, r) }); err != nil {
		return r, err
	}
	return t.keep(r), nil
}

func scanRow(rows pgx.Rows, r *row) error {
	var rev uint32
	if err := rows.Scan(&rev, &r.value); err != nil {
		return err
	}
	r.was = revision(rev)
	return nil
}

// knows reports whether a row has been read, or needs no reading.
func (t *tx) knows(tb *table, id string) bool { return id == "" || t.rows[rowID{tb, id}] != nil }

// loadWith reads a row and, by the same statement, one that belongs to it.
func (t *tx) loadWith(tb *table, id string, other *table, sql string) error {
	r := &row{rowID: rowID{tb, id}, checked: true}
	err := t.query(sql, []any{[]byte(id)}, func(rows pgx.Rows) error {
		var rev uint32
		var otherRev *uint32
		var otherID, value []byte
		if err := rows.Scan(&rev, &r.value, &otherID, &otherRev, &value); err != nil {
			return err
		}
		r.was = revision(rev)
		if otherRev != nil {
			t.brought(other, otherID, *otherRev, value)
		}
		return nil
	})
	if err == nil {
		t.keep(r)
	}
	return err
}

// keep remembers what was read, so that what is written over it can be checked.
func (t *tx) keep(r *row) *row {
	if had := t.rows[r.rowID]; had != nil {
		return had
	}
	t.rows[r.rowID] = r
	return r
}

// brought is a row that a query of several rows brought along.
func (t *tx) brought(tb *table, id []byte, rev uint32, value []byte) *row {
	return t.keep(&row{rowID: rowID{tb, string(id)}, was: revision(rev), checked: true, value: value})
}

// fresh is a row that is taken for granted not to be there.
func (t *tx) fresh(tb *table, id string) *row {
	t.granted = true
	return t.keep(&row{rowID: rowID{tb, id}, was: noRow, checked: true})
}

// blind is a row that is written whatever stands there.
func (t *tx) blind(tb *table, id string) *row {
	return t.keep(&row{rowID: rowID{tb, id}})
}

// read decodes a row.
func read[D any](t *tx, tb *table, id string, codec record.Codec[D]) (d D, found bool, err error) {
	r, err := t.load(tb, id)
	if err != nil || r.value == nil {
		return d, false, err
	}
	d, err = decode(t.store, tb.name, []byte(id), r.value, codec)
	return d, err == nil, err
}

// put notes that a row is to be written.
func put[D any](t *tx, r *row, d D, codec record.Codec[D], between ...any) error {
	if r.id == "" {
		return errNoName
	}
	value, err := codec.Encode(d)
	if err != nil {
		return err
	}
	r.value, r.between = value, between
	t.touch(r)
	return nil
}

// remove takes a row away, if it is there.
func (t *tx) remove(of *table, id string) error {
	r, err := t.load(of, id)
	if err != nil || r.value == nil {
		return err
	}
	r.value = nil
	t.touch(r)
	return nil
}

func (t *tx) touch(r *row) {
	t.used = true
	if !r.dirty {
		r.dirty = true
		t.dirty = append(t.dirty, r)
	}
}

// reread makes what was written of some tables visible to the queries that
// follow, by writing it in a transaction of our own. Most functions never need it.
func (t *tx) reread(of ...*table) error {
	if t.wanted == nil || !slices.ContainsFunc(t.dirty, func(r *row) bool { return slices.Contains(of, r.table) }) {
		return nil
	}
	return t.goDirect()
}

// limited is a LIMIT: nil is none.
func limited(n int) any {
	if n <= 0 {
		return nil
	}
	return n
}
