package postgres

import (
	"errors"
	"fmt"
	"strings"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// kind of a column, as unnest wants it.
type kind string

const (
	bytesColumn kind = "bytea"
	intColumn   kind = "bigint"
	boolColumn  kind = "boolean"
)

// column is one column of a table of records.
type column struct {
	name string
	kind kind
}

// table is a set of records, each under an id.
type table struct {
	name     string
	read     string // one record and its revision, by id
	readMany string
	look     string // the revisions of many
	upsert   string // many
	kinds    []kind // of the columns of upsert
}

// records makes a table whose columns are the id, those given, and the record.
func records(name string, between ...column) *table {
	columns := append(append([]column{{"id", bytesColumn}}, between...), column{"record", bytesColumn})
	var names, params, sets []string
	t := &table{name: name}
	for i, c := range columns {
		names = append(names, c.name)
		params = append(params, fmt.Sprintf("$%d::%s[]", i+1, c.kind))
		if i > 0 {
			sets = append(sets, c.name+" = excluded."+c.name)
		}
		t.kinds = append(t.kinds, c.kind)
	}
	t.read = fmt.Sprintf("SELECT xmin, record FROM %s WHERE id = $1", name)
	t.readMany = fmt.Sprintf("SELECT id, xmin, record FROM %s WHERE id = ANY($1::bytea[])", name)
	t.look = fmt.Sprintf("SELECT id, xmin FROM %s WHERE id = ANY($1::bytea[])", name)
	t.upsert = fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM unnest(%s) ON CONFLICT (id) DO UPDATE SET %s",
		name, strings.Join(names, ", "), strings.Join(params, ", "), strings.Join(sets, ", "))
	return t
}

// The tables of records, in the order they are written in.
var (
	conversations = records("conversation", column{"code", bytesColumn})
	messages      = records("message", column{"conversation", bytesColumn}, column{"seq", intColumn}, column{"stuck", boolColumn})
	turns         = records("turn")
	contacts      = records("contact")
	identities    = records("identity", column{"contact", bytesColumn})
	raws          = records("raw")
	quarantine    = records("quarantine", column{"waiting", boolColumn})
	members       = records("member", column{"login", bytesColumn})
	sessions      = records("session", column{"member", bytesColumn})
	entries       = records("entry")
	secrets       = records("secret")
	imports       = records("knowledge_import")
	papers        = records("paper")

	tables = []*table{conversations, messages, turns, contacts, identities, raws, quarantine, members, sessions, entries, secrets, imports, papers}
)

// revision tells one state of a row from every other: the transaction that
// wrote it (xmin). noRow is that of a row that is not there.
type revision uint32

const noRow revision = 0

// errNoName refuses what has no id; it could never be read again.
var errNoName = errors.New("store: an id is empty")

func notFound(what string, id any) error {
	return fmt.Errorf("%s %v: %w", what, id, inbox.ErrNotFound)
}

// joined makes one key of several texts; every store makes the same.
func joined(parts ...string) []byte { return record.Key(parts...) }

func bounded(key []byte) []byte { return record.Bounded(key) }

// listKey is a list's name in its column. Names that are kept as they are begin
// with a letter of their own; see inbox.ListID.
func listKey(l inbox.ListID) []byte { return bounded([]byte(l)) }
