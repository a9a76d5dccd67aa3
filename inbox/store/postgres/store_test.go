package postgres

import (
	"cmp"
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/inbox/store/storetest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if !long() {
		_ = flag.Set("rapid.checks", "5") // each is a storm of 64 writers
	}
	os.Exit(pgtest.Closing(m).Run())
}

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, now func() time.Time) inbox.Store {
			return open(t, Options{URL: pgtest.Database(t), Now: now})
		},
		Reopen: func(t *testing.T, s inbox.Store, now func() time.Time) inbox.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			return open(t, Options{URL: s.(*Store).options.URL, Now: now})
		},
		Spoil: spoil,
	})
}

// spoil flips a bit in the middle of a record.
func spoil(t *testing.T, s inbox.Store, what storetest.Spoilt) {
	t.Helper()
	spoils := "UPDATE " + string(what.Kind) + " SET record = set_byte(record, length(record) - 9, get_byte(record, length(record) - 9) # 4) WHERE "
	var key any = []byte(what.ID)
	switch what.Kind {
	case storetest.SpoiltAudit:
		spoils, key = spoils+"seq = $1", number(t, what.ID)
	case storetest.SpoiltEvent:
		spoils, key = `UPDATE event SET records[$1 - first + 1] = set_byte(records[$1 - first + 1], 9, get_byte(records[$1 - first + 1], 9) # 4)
			WHERE first <= $1 AND $1 < first + cardinality(records)`, number(t, what.ID)
	default:
		spoils += "id = $1"
	}
	done, err := outsider(t, cmp.Or(s.(*Store).options.ListenURL, s.(*Store).options.URL)).Exec(t.Context(), spoils, key)
	if err != nil || done.RowsAffected() != 1 {
		t.Fatalf("damage %+v: %v, %v", what, done, err)
	}
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A pooler in transaction mode gives each transaction any connection.
func TestContractThroughAPooler(t *testing.T) {
	server := pgtest.Server(t)
	bouncer := pgtest.Bouncer(t, server)
	through := func(t *testing.T, url string, now func() time.Time) inbox.Store {
		return open(t, Options{URL: bouncer.URL(database(t, url)), ListenURL: url, Now: now})
	}
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, now func() time.Time) inbox.Store { return through(t, pgtest.Database(t), now) },
		Reopen: func(t *testing.T, s inbox.Store, now func() time.Time) inbox.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			return through(t, s.(*Store).options.ListenURL, now)
		},
		Spoil:   spoil,
		Briefly: !long(),
	})
}

func open(t testing.TB, options Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
