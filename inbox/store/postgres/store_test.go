package postgres

import (
	"flag"
	"os"
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
	})
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
