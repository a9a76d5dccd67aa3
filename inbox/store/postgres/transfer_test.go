package postgres

import (
	"context"
	"slices"
	"testing"
	"time"

	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// TestEveryTableIsCarriedOrMadeAgain fails when the schema has a table that a
// move would leave behind. What is carried goes to recordTables or listingOf, and
// to originals, so that a store with something in it is never taken for empty;
// what is made again of it, or is only of the moment, is named here.
func TestEveryTableIsCarriedOrMadeAgain(t *testing.T) {
	url := pgtest.Database(t)
	open(t, Options{URL: url})
	conn, _, err := connectAlone(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	target := &Target{reading: reading{conn}}
	defer func() {
		if err := target.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	tables, err := target.tablesOf(t.Context(), "public")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{
		"placement", "attachment", "search_document", "search_stamp", "search_state", // made again
		"counter", "lease", "schema_version",
	}
	for _, name := range tables {
		if !slices.Contains(originals, name) && !slices.Contains(elsewhere, name) {
			t.Errorf("a move leaves the table %q behind", name)
		}
	}
	for _, tb := range recordTables {
		if !slices.Contains(originals, tb.name) {
			t.Errorf("a store with rows in %q counts as empty", tb.name)
		}
	}
}

// TestATransferWaitsForOneThatWasKilled: the database goes on with the last
// statement of a program that is no more.
func TestATransferWaitsForOneThatWasKilled(t *testing.T) {
	url := pgtest.Database(t)
	first, err := OpenTarget(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		second, err := OpenTarget(context.Background(), url)
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Errorf("two at once: %v", err)
	case <-time.After(3 * lookAgain):
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if err := <-opened; err != nil {
		t.Errorf("when the first is gone: %v", err)
	}
}
