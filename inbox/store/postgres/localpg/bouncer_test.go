package localpg_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// pooled is a URL of the bouncer that any version of pgbouncer serves.
func pooled(b *localpg.Bouncer, database string) string {
	return b.URL(database) + "&default_query_exec_mode=exec"
}

func TestTheBouncerSharesConnectionsAmongTransactions(t *testing.T) {
	s := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	b := pgtest.Bouncer(t, s)
	direct := connect(t, pgtest.DatabaseOn(t, s))
	url := pooled(b, direct.Config().Database)

	const clients = 30 // more than the pool has
	for range clients {
		c := connect(t, url)
		var user string
		if err := c.QueryRow(t.Context(), "SELECT current_user").Scan(&user); err != nil {
			t.Fatal(err)
		}
		want(t, "role", user, localpg.Role)
	}
	var backends int
	err := direct.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Scan(&backends)
	if err != nil {
		t.Fatal(err)
	}
	if backends == 0 || backends >= clients {
		t.Errorf("%d clients use %d connections of the server, want fewer", clients, backends)
	}
}

func TestTheBouncerServesAgainAfterTheServerWasKilled(t *testing.T) {
	s := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	b := pgtest.Bouncer(t, s)
	name := connect(t, pgtest.DatabaseOn(t, s)).Config().Database
	ask := func() error {
		c, err := pgx.Connect(t.Context(), pooled(b, name))
		if err != nil {
			return err
		}
		defer c.Close(t.Context())
		_, err = c.Exec(t.Context(), "SELECT 1")
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Kill(), s.StartAgain(t.Context())); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bouncer answers", func() bool { return ask() == nil })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err == nil {
		t.Error("the bouncer answers after its server was closed")
	}
}
