package localpg_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

func TestMain(m *testing.M) {
	if dir, ok := os.LookupEnv(orphan); ok {
		serveUntilKilled(dir)
	}
	goleak.VerifyTestMain(pgtest.Closing(m))
}

// connect opens a connection that is closed with the test.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) }) // tests break it on purpose
	return c
}

func do(t *testing.T, c *pgx.Conn, statement string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// words reads the table that note writes, over a new connection.
func words(t *testing.T, url string) string {
	t.Helper()
	rows, err := connect(t, url).Query(t.Context(), "SELECT word FROM words ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// note makes the table when it is missing and commits one row.
func note(t *testing.T, url, word string) {
	t.Helper()
	c := connect(t, url)
	do(t, c, "CREATE TABLE IF NOT EXISTS words (n bigserial, word text)")
	do(t, c, "INSERT INTO words (word) VALUES ($1)", word)
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestEachTestHasAnEmptyDatabaseOfItsOwn(t *testing.T) {
	first, second := pgtest.Database(t), pgtest.Database(t)
	note(t, first, "một")
	note(t, second, "hai")
	want(t, "first", words(t, first), "một")
	want(t, "second", words(t, second), "hai")
}

func TestTheApplicationIsNoSuperuserAndThereIsNoOtherWayIn(t *testing.T) {
	url := pgtest.Database(t)
	var super bool
	var encoding, collation string
	err := connect(t, url).QueryRow(t.Context(), `SELECT rolsuper, pg_encoding_to_char(encoding), datcollate
		FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`).Scan(&super, &encoding, &collation)
	if err != nil {
		t.Fatal(err)
	}
	if super || encoding != "UTF8" || collation != "C" {
		t.Errorf("superuser %v, encoding %s, collation %s; want false, UTF8, C", super, encoding, collation)
	}
	_, err = pgx.Connect(t.Context(), strings.Replace(url, localpg.Role+"@", "postgres@", 1))
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "28000" { // invalid_authorization_specification
		t.Errorf("the superuser over TCP: %v, want refused", err)
	}
}

func TestCommittedRowsOutliveEveryWayToStop(t *testing.T) {
	for _, unsafe := range []bool{false, true} {
		s := pgtest.OwnServer(t, localpg.Options{Unsafe: unsafe})
		url := pgtest.DatabaseOn(t, s)
		ways := []struct {
			name string
			way  func() error
		}{
			{"fast", func() error { return s.Restart(t.Context(), localpg.Fast) }},
			{"immediate", func() error { return s.Restart(t.Context(), localpg.Immediate) }},
			{"killed", func() error { return errors.Join(s.Kill(), s.StartAgain(t.Context())) }},
			{"stopped", func() error { return errors.Join(s.Stop(localpg.Fast), s.StartAgain(t.Context())) }},
		}
		var noted []string
		for _, w := range ways {
			open := connect(t, url)
			note(t, url, w.name)
			noted = append(noted, w.name)
			if err := w.way(); err != nil {
				t.Fatalf("%s: %v", w.name, err)
			}
			if err := open.Ping(t.Context()); err == nil {
				t.Errorf("%s: a connection from before still answers", w.name)
			}
			want(t, w.name, words(t, url), strings.Join(noted, " "))
		}
	}
}

func TestAStoppedServerRefusesAndStopsAndStartsOnlyOnce(t *testing.T) {
	s := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	for _, again := range []func() error{
		func() error { return s.StartAgain(t.Context()) },
		func() error { return s.Stop(localpg.Fast) },
		func() error { return s.Stop(localpg.Immediate) },
		s.Kill,
	} {
		if err := again(); err != nil {
			t.Error(err)
		}
	}
	if c, err := pgx.Connect(t.Context(), s.URL("postgres")); err == nil {
		_ = c.Close(t.Context())
		t.Error("a stopped server answers")
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := os.Stat(s.Folder()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of a closed server: %v, want gone", err)
	}
}

// reachable returns the name of a folder, not made yet, where the server's
// user may go: testing's own folders are closed to it.
func reachable(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("/tmp", "localpg-test-")
	if err == nil {
		err = os.Chmod(parent, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	return filepath.Join(parent, "dữ liệu 'kept'")
}

func TestAKeptFolderIsUsedAgain(t *testing.T) {
	for name, more := range map[string]string{"with spaces": "", "too long for a socket": strings.Repeat("x", 90)} {
		t.Run(name, func(t *testing.T) { keepAndUseAgain(t, reachable(t)+more) })
	}
}

func keepAndUseAgain(t *testing.T, dir string) {
	s := pgtest.OwnServer(t, localpg.Options{Dir: dir})
	if err := s.CreateDatabase(t.Context(), "hub"); err != nil {
		t.Fatal(err)
	}
	note(t, s.URL("hub"), "giữ")
	if _, err := localpg.Start(t.Context(), localpg.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second server in the folder: %v, want in use", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := pgtest.OwnServer(t, localpg.Options{Dir: dir, Unsafe: true, Settings: map[string]string{"max_connections": "33"}})
	want(t, "words", words(t, again.URL("hub")), "giữ")
	var most string
	if err := connect(t, again.URL("hub")).QueryRow(t.Context(), "SHOW max_connections").Scan(&most); err != nil {
		t.Fatal(err)
	}
	want(t, "max_connections", most, "33")
	for name, has := range map[string]bool{"hub": true, "other": false} {
		if got, err := again.HasDatabase(t.Context(), name); got != has || err != nil {
			t.Errorf("HasDatabase(%s) = %v, %v; want %v", name, got, err, has)
		}
	}
}

func TestRootIsToldWhichFolderKeepsPostgreSQLOut(t *testing.T) {
	pgtest.Server(t) // skips where there is none
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: only root lends its servers another user")
	}
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := localpg.Start(t.Context(), localpg.Options{Dir: filepath.Join(closed, "pg")})
	if err == nil || !strings.Contains(err.Error(), "chmod o+x "+closed) {
		t.Errorf("Start = %v, want the folder to open", err)
	}
}

func TestASettingThatDoesNotServeIsToldFromTheLog(t *testing.T) {
	pgtest.Server(t) // skips where there is none
	_, err := localpg.Start(t.Context(), localpg.Options{Settings: map[string]string{"max_connections": "many"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "max_connections": "many"`) {
		t.Errorf("Start = %v, want what PostgreSQL says", err)
	}
}

func TestACloneHasTheRowsOfItsOriginal(t *testing.T) {
	s := pgtest.Server(t)
	url := pgtest.Database(t)
	c := connect(t, url)
	do(t, c, "CREATE TABLE words (n bigserial, word text)")
	do(t, c, "INSERT INTO words (word) VALUES ('khuôn')")
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.CloneDatabase(t.Context(), "clone", c.Config().Database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.DropDatabase(context.Background(), "clone") })
	want(t, "clone", words(t, s.URL("clone")), "khuôn")
}

func TestTerminateBreaksAsManyConnectionsAsAsked(t *testing.T) {
	s := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	url := pgtest.DatabaseOn(t, s)
	open := make([]*pgx.Conn, 5)
	for i := range open {
		open[i] = connect(t, url)
	}
	for _, ask := range []struct{ n, ended, left int }{{2, 2, 3}, {10, 3, 0}, {1, 0, 0}} {
		ended, err := s.Terminate(t.Context(), ask.n)
		if err != nil || ended != ask.ended {
			t.Errorf("Terminate(%d) = %d, %v; want %d", ask.n, ended, err, ask.ended)
		}
		left := 0
		for _, c := range open {
			if c.Ping(t.Context()) == nil {
				left++
			}
		}
		if left != ask.left {
			t.Errorf("after Terminate(%d) %d connections answer, want %d", ask.n, left, ask.left)
		}
	}
}
