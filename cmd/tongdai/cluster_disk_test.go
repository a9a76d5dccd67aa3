package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/inbox/ledger"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// The disk under the database fills up while everybody talks: under its tables,
// which it refuses to write then, and under its log of writes, for want of which
// it breaks down. Platforms are told 503 in time, the nodes say that they are
// not ready, reading goes on as long as the database does; and when there is
// room again everything is well by itself.
func TestTheDatabasesDiskIsFull(t *testing.T) {
	for _, tt := range []struct {
		name, folder string
		left         int64
		fired        string // what PostgreSQL logs
		reads        bool   // the database can be read meanwhile
	}{
		{"no room for tables", "base", 32 << 20, "No space left on device", true},
		{"no room for the log of writes", "pg_wal", 20 << 20, "PANIC:", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := patience(t, 4*time.Minute, 20*time.Minute)
			defer cancel()
			server := pgtest.OwnServer(t, localpg.Options{Settings: map[string]string{
				"wal_keep_size": "0", "min_wal_size": "32MB", "max_wal_size": "48MB",
			}})
			database := pgtest.DatabaseOn(t, server)
			furnish(t, nodeSettings{Database: database, Data: t.TempDir()})
			disk := confine(t, server, tt.folder, tt.left)
			supervise(t, server)
			c := newCluster(t, clusterOptions{nodes: 2, database: database, direct: true})
			t.Cleanup(func() {
				if t.Failed() {
					_ = os.WriteFile(filepath.Join(c.dir, "postgresql.log"), logOf(t, server), 0o600) // the rest is told above
				}
			})
			hush := c.rageOn(ctx, storm{visitors: 2, persons: 3, rounds: 3, copies: 2, replies: 4})
			for round := range count(1, 10) {
				before, logged := c.acked.Load(), len(logOf(t, server))
				await(ctx, t, "items before the disk is full", func() bool { return c.acked.Load() >= before+20 })
				disk.fill()
				if !tt.reads {
					writeAlot(ctx, database)
				}
				refused := c.refusedWhileFull(ctx, round, tt.reads)
				if !bytes.Contains(logOf(t, server)[logged:], []byte(tt.fired)) {
					t.Errorf("PostgreSQL never logged %q: its disk was not full", tt.fired)
				}
				disk.free()
				if !tt.reads {
					disk.enlarge(48 << 20) // room for some segments of the log
				}
				began := time.Now()
				await(ctx, t, "all nodes to be ready again", func() bool { return readyOf(c.balancer) == len(c.nodes) })
				t.Logf("refused %d times; ready again %.1f s after there was room", refused, time.Since(began).Seconds())
				before = c.acked.Load()
				await(ctx, t, "items after the disk was full", func() bool { return c.acked.Load() >= before+20 })
			}
			hush()
			c.judge(ctx)
			if n := c.journal.Totals(); n.Resent == 0 {
				t.Error("no item was sent again: the full disk fell into silence")
			}
			for _, n := range c.nodes {
				if log, err := os.ReadFile(n.log); err != nil || strings.Count(string(log), `"serving"`) > 1 || !n.signal(0) {
					t.Errorf("%s has ended, or was started again (%v)", n.name, err)
				}
			}
		})
	}
}

func logOf(t *testing.T, server *localpg.Server) []byte {
	t.Helper()
	log, err := os.ReadFile(server.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// refusedWhileFull writes to the nodes until each has refused several things,
// with 503 and in time; looks that they say so to balancers and go on with what
// needs no room; and leaves what was refused to senders who insist.
func (c *cluster) refusedWhileFull(ctx context.Context, round int, reads bool) (refused int) {
	c.t.Helper()
	for at, n := range c.nodes {
		p := c.hooks[at%len(c.hooks)]
		for try, here := 0, 0; here < count(5, 20); try++ {
			if ctx.Err() != nil {
				c.t.Fatalf("%s refused %d things only", n.name, here)
			}
			person := fmt.Sprintf("one who waits %d.%d.%d", round, at, try)
			item := c.journal.Said(ledger.Item{Channel: p.id, Person: person, Key: person, Text: question(person, try) + strings.Repeat(" ạ", 700)})
			took, err := p.waited(ctx, n.url, item)
			if status := statusOf(err); status != http.StatusOK && status != http.StatusServiceUnavailable || took > platformPatience {
				c.t.Errorf("%s answered %d after %s, want 503 within %s (%v)", n.name, status, took, platformPatience, err)
			}
			if err == nil {
				continue // there was a little room left in what the database has
			}
			here++
			c.insisting.Go(func() {
				if err := p.insist(ctx, []string{n.url}, item, 1, c.note); err != nil {
					c.t.Error(err)
				}
			})
		}
		refused += count(5, 20)
	}
	for _, n := range c.nodes {
		noes := 0
		await(ctx, c.t, n.name+" to say again and again that it is not ready", func() bool {
			noes++
			if n.ready(ctx) {
				noes = 0
			}
			return noes >= 40
		})
		if status, _ := n.probe(ctx, "/healthz"); status != http.StatusOK {
			c.t.Errorf("%s: /healthz answers %d: a supervisor would restart the node", n.name, status)
		}
		if status, took := n.probe(ctx, "/"); status != http.StatusOK || took > 2*time.Second {
			c.t.Errorf("%s: the portal answers %d after %s", n.name, status, took)
		}
		if _, err := c.desk.At(n.url).List(ctx); reads && err != nil {
			c.t.Errorf("%s: nothing can be read: %v", n.name, err)
		}
	}
	return refused
}
