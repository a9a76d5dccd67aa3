package postgres

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// long reports whether the full counts are wanted.
func long() bool { return os.Getenv("TONGDAI_LONG") != "" }

func database(t *testing.T, url string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return config.Database
}
