package postgres

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// long reports whether the full counts are wanted.
func long() bool { return os.Getenv("TONGDAI_LONG") != "" }

// outsider is a connection to a database past any store.
func outsider(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// cutAll ends every connection of a store, and returns when all have ended.
func cutAll(t *testing.T, s *Store) {
	t.Helper()
	if _, err := outsider(t, s.options.URL).Exec(t.Context(), `SELECT pg_terminate_backend(pid, 10000)
		FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
}

func database(t *testing.T, url string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return config.Database
}
