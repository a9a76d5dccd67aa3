package localpg_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

func TestASynchronousStandbyHasEveryCommittedRowAndTakesOver(t *testing.T) {
	primary := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	if err := primary.CreateDatabase(t.Context(), "hub"); err != nil {
		t.Fatal(err)
	}
	note(t, primary.URL("hub"), "trước")
	standby := pgtest.Standby(t, primary, localpg.Options{Unsafe: true, Synchronous: true})
	// Applied, not only received, so that it can be read at once.
	c := connect(t, primary.URL("hub"))
	do(t, c, "SET synchronous_commit = remote_apply")
	do(t, c, "INSERT INTO words (word) VALUES ('sau')")
	want(t, "on the standby", words(t, standby.URL("hub")), "trước sau")

	note(t, primary.URL("hub"), "cuối")
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	note(t, standby.URL("hub"), "mới")
	want(t, "on the promoted", words(t, standby.URL("hub")), "trước sau cuối mới")
	if err := standby.Restart(t.Context(), localpg.Fast); err != nil {
		t.Fatal(err)
	}
	want(t, "after a restart", words(t, standby.URL("hub")), "trước sau cuối mới")
}

func TestCommitsWaitForASynchronousStandbyUntilItIsClosed(t *testing.T) {
	primary := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	url := pgtest.DatabaseOn(t, primary)
	standby := pgtest.Standby(t, primary, localpg.Options{Unsafe: true, Synchronous: true})
	note(t, url, "cùng")
	if err := standby.Stop(localpg.Fast); err != nil {
		t.Fatal(err)
	}

	c, watch := connect(t, url), connect(t, url)
	committed := make(chan error, 1)
	go func() {
		_, err := c.Exec(context.Background(), "INSERT INTO words (word) VALUES ('chờ')")
		committed <- err
	}()
	eventually(t, "the commit waits for the standby", func() bool {
		var waits bool
		err := watch.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')").Scan(&waits)
		return err == nil && waits
	})
	if err := standby.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-committed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the commit goes on waiting for a standby that was closed")
	}
}

func TestAnAsynchronousStandbyCatchesUpAfterItWasAway(t *testing.T) {
	primary := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	url := pgtest.DatabaseOn(t, primary)
	standby := pgtest.Standby(t, primary, localpg.Options{Unsafe: true})
	if err := standby.Kill(); err != nil {
		t.Fatal(err)
	}
	note(t, url, "vắng")
	if err := errors.Join(primary.Restart(t.Context(), localpg.Fast), standby.StartAgain(t.Context())); err != nil {
		t.Fatal(err)
	}
	name := connect(t, url).Config().Database
	eventually(t, "the standby has the row", func() bool {
		c, err := pgx.Connect(t.Context(), standby.URL(name))
		if err != nil {
			return false
		}
		defer c.Close(t.Context())
		var word string
		return c.QueryRow(t.Context(), "SELECT word FROM words").Scan(&word) == nil && word == "vắng"
	})
}

// eventually asks until the answer is yes, for at most twenty seconds.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !yes() {
		select {
		case <-late:
			t.Fatalf("after 20 s not yet: %s", what)
		case <-tick.C:
		}
	}
}
