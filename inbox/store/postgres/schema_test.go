package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/inbox/store/record"
)

// newestSchema is the one of this program.
const newestSchema = 4

// cutAt is where the connection is cut while a migration is under way.
type cutAt string

const (
	within cutAt = "within its transaction"
	before cutAt = "before its commit"
	behind cutAt = "after its commit, before the answer"
)

// DUR-11: databases of every schema that was released, and empty ones, are brought
// to today's by a program whose connection is cut at each migration, in three
// places. The next start goes on, and everything is there.
func TestADatabaseOfEverySchemaIsBroughtToTodays(t *testing.T) {
	cuts := 0
	for schema := range int64(newestSchema) {
		if !long() && schema != 1 {
			continue // each migration but the first is one of those from the first on
		}
		for step := schema + 1; step <= newestSchema; step++ {
			for _, at := range []cutAt{within, before, behind} {
				cuts++
				t.Run(fmt.Sprintf("of schema %d, cut at migration %d %s", schema, step, at), func(t *testing.T) { cutOff(t, schema, step, at) })
			}
		}
	}
	t.Logf("%d updates were cut off", cuts)
}

func cutOff(t *testing.T, schema, step int64, at cutAt) {
	url := pgtest.Database(t)
	bring(t, url, schema)
	if schema > 0 {
		fillOld(t, url)
	}
	var fired atomic.Bool
	spoilt := betweenHearing(t, url, hearing(step-schema, at, &fired))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if s, err := Open(ctx, Options{URL: spoilt.url}); err == nil {
		_ = s.Close() // the test has failed
		t.Fatal("the connection was cut, and the store is open")
	}
	if !fired.Load() {
		t.Fatal("the connection was never cut")
	}
	s := open(t, Options{URL: url})
	if schema == 0 {
		return
	}
	err := s.View(t.Context(), func(tx inbox.Reader) error {
		c, err := tx.ConversationByCode("TH-261121-0001")
		if err != nil {
			return err
		}
		said, err := tx.Messages(c.ID, inbox.MessageQuery{})
		if len(said) != 1 || said[0].Content.Text != "Tiêm mũi 3 ở đâu?" {
			t.Errorf("what was said: %v", said)
		}
		page, _, err2 := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}})
		if len(page) != 1 {
			t.Errorf("the list holds %v", page)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}

// hearing recognises the n-th migration of a start by the row that each writes
// of itself.
func hearing(n int64, at cutAt, fired *atomic.Bool) func([]byte) (pass, cut bool) {
	var mu sync.Mutex // a start has several connections
	var seen int64
	inside := false
	return func(asked []byte) (pass, cut bool) {
		mu.Lock()
		defer mu.Unlock()
		low := bytes.ToLower(asked)
		if bytes.Contains(low, []byte("insert into schema_version")) {
			seen++
			inside = seen == n
			if inside && at == within {
				fired.Store(true)
				return false, true
			}
		}
		if inside && bytes.Contains(low, []byte("commit")) {
			fired.Store(true)
			return at == behind, true
		}
		return true, false
	}
}

// bring makes an empty database one of a schema that was released.
func bring(t *testing.T, url string, schema int64) {
	t.Helper()
	if schema == 0 {
		return
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	db := stdlib.OpenDB(*config)
	defer db.Close()
	steps, err := stepsOf(db)
	if err == nil {
		_, err = steps.UpTo(t.Context(), schema)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fillOld writes what every released program wrote: a conversation with a message,
// in the tables of the first schema.
func fillOld(t *testing.T, url string) {
	t.Helper()
	c := inbox.Conversation{
		ID: "c1", Code: "TH-261121-0001", Contact: "p1", Channel: "web", Remote: "v1",
		Status: inbox.Open, Handler: inbox.ByBot, Version: 1, LastSeq: 1,
	}
	m := inbox.Message{ID: "m1", Conversation: "c1", Seq: 1, Direction: inbox.In}
	m.Content.Text = "Tiêm mũi 3 ở đâu?"
	kept, err := record.Conversations.Encode(c)
	said, err2 := record.Messages.Encode(m)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	conn := outsider(t, url)
	exec := func(sql string, args ...any) {
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO conversation VALUES ($1, $2, $3)", []byte(c.ID), []byte(c.Code), kept)
	exec("INSERT INTO message VALUES ($1, $2, 1, false, $3)", []byte(m.ID), []byte(c.ID), said)
	for _, p := range inbox.Placements(c) {
		exec("INSERT INTO placement VALUES ($1, $2, $3)", listKey(p.List), []byte(p.Rank), []byte(c.ID))
	}
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	url := pgtest.Database(t)
	bring(t, url, newestSchema)
	if _, err := outsider(t, url).Exec(t.Context(), "INSERT INTO schema_version (version_id, is_applied) VALUES (99, true)"); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{URL: url})
	for _, want := range []string{"lược đồ 99, bản này biết đến 4", "bản mới hơn", "tongdai restore"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("an older program on a newer database: %v, want %q", err, want)
		}
	}
}

func TestAnUpdateOfADatabaseIsLogged(t *testing.T) {
	url := pgtest.Database(t)
	bring(t, url, 2)
	var said strings.Builder
	s := open(t, Options{URL: url, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "from=2 to=4") {
		t.Errorf("the log says\n%s", said.String())
	}
}
