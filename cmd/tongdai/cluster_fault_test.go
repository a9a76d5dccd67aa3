package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"tongdai/inbox/ledger"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// sleeping is a hub whose claims end soon, and whose bot thinks for long, so
// that a node which is stopped holds some for sure.
func sleeping(s *nodeSettings) {
	s.Turn, s.Send, s.Lease, s.Think = 600*time.Millisecond, time.Second, 2*time.Second, 300*time.Millisecond
}

// stopOne stops a node with everything it is just doing, lets its claims lapse
// and others do its work, and lets it go on.
func (c *cluster) stopOne(ctx context.Context, n *clusterNode) nap {
	c.t.Helper()
	began := time.Now()
	if !n.signal(syscall.SIGSTOP) {
		c.t.Fatalf("%s did not run", n.name)
	}
	sleep(ctx, 3*time.Second) // longer than any claim and lease of it
	n.signal(syscall.SIGCONT)
	return nap{node: n.settings.Listen, from: began, to: time.Now()}
}

// nap is when a node was stopped.
type nap struct {
	node     string
	from, to time.Time
}

// holds tells whether the node may have been stopped between the attempt that
// led to a call and the record of its result: both are written within moments.
func (s nap) holds(call ledger.Call) bool {
	const moment = 700 * time.Millisecond
	return call.Node == s.node && call.At.Before(s.to.Add(moment)) && call.Ended.After(s.from.Add(-moment))
}

// refusals are what nodes came too late with, once for each time.
func (c *cluster) refusals() (refs []string) {
	for _, node := range c.nodes {
		log, err := os.ReadFile(node.log)
		if err != nil {
			c.t.Error(err)
		}
		for line := range bytes.Lines(log) {
			var said struct{ Msg, Ref string }
			if json.Unmarshal(line, &said) == nil && said.Msg == staleRefused {
				refs = append(refs, said.Ref)
			}
		}
	}
	return refs
}

// inDoubt tells of every message that reached a platform twice although none of
// its calls was in doubt: cut off, or made by a node that was stopped over it. A
// machine that is too busy stops nodes as well; they are told so afterwards.
func (c *cluster) inDoubt(naps []nap) (copied int) {
	c.t.Helper()
	late := c.refusals()
	for key, calls := range c.journal.Copies() {
		if len(calls) < 2 {
			continue
		}
		copied++
		doubtful := slices.ContainsFunc(calls, func(call ledger.Call) bool {
			return call.Cut || slices.ContainsFunc(naps, func(s nap) bool { return s.holds(call) })
		})
		if !doubtful && !slices.Contains(late, key) {
			c.t.Errorf("message %s reached %s %d times, and no node was stopped while it sent it", key, calls[0].Channel, len(calls))
		}
	}
	return copied
}

func (c *cluster) rageWithSleepers(ctx context.Context, batch, stops int) (naps []nap) {
	c.t.Helper()
	s := storm{batch: batch, visitors: count(4, 30), persons: count(10, 60), rounds: count(5, 30), copies: 2, replies: count(10, 200)}
	before := int(c.acked.Load())
	for _, p := range c.hooks {
		p.slow.Store(int64(150 * time.Millisecond))
	}
	wait := c.rage(ctx, s)
	for stop := range stops {
		c.awaitAcked(ctx, before+s.items()*(stop+1)/(stops+3))
		naps = append(naps, c.stopOne(ctx, c.nodes[stop%len(c.nodes)]))
	}
	wait()
	return naps
}

// CLU-02: a node is stopped while it holds claims and leases, and goes on after
// they ended. What it writes then is refused: no message is answered twice, and
// none is sent twice unless the node was stopped while it sent it.
func TestANodeSleepsLongerThanItsClaims(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 20*time.Minute)
	defer cancel()
	c := newCluster(t, clusterOptions{nodes: 2, tune: sleeping})
	naps := c.rageWithSleepers(ctx, 0, count(2, 30))
	c.judge(ctx)
	copied := c.inDoubt(naps)
	if n := len(c.refusals()); n == 0 {
		t.Error("no node ever came too late: the stops fell into silence")
	} else {
		t.Logf("%d times a node came too late and was refused; %d messages in doubt were sent twice", n, copied)
	}
}

// rageOn lets one storm follow the other, until it is told to hush.
func (c *cluster) rageOn(ctx context.Context, s storm) (hush func()) {
	talking, end := context.WithCancel(ctx)
	var storms sync.WaitGroup
	storms.Go(func() {
		for ; talking.Err() == nil; s.batch++ {
			c.rage(ctx, s)()
		}
	})
	return func() {
		end()
		storms.Wait()
	}
}

// CLU-08: all nodes are restarted in order, one after the other, behind the
// balancer. Nobody is refused anything, and the watchers miss nothing.
func TestARollingRestartIsNotNoticed(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 30*time.Minute)
	defer cancel()
	c := newCluster(t, clusterOptions{nodes: 2})
	for _, p := range c.hooks {
		p.client.Timeout = time.Minute // who leaves a busy machine was refused nothing
	}
	hush := c.rageOn(ctx, storm{visitors: 2, persons: 3, rounds: 2, copies: 1, replies: 3})
	restarts := 0
	for range count(1, 20) {
		for _, n := range c.nodes {
			before := c.acked.Load()
			await(ctx, t, "new items", func() bool { return c.acked.Load() >= before+10 })
			stopping, cancel := context.WithTimeout(ctx, time.Minute)
			if err := n.stop(stopping); err != nil {
				t.Error(err)
			}
			cancel()
			if err := n.start(); err != nil {
				t.Fatal(err)
			}
			n.awaitReady(ctx, t)
			awaitReady(t, c.balancer, len(c.nodes))
			restarts++
		}
	}
	hush()
	e := c.judge(ctx)
	for status, n := range c.statuses {
		// A machine that is too busy to store within the time of a platform says 503 as well.
		if busy := status == http.StatusServiceUnavailable && !long() && n <= 3+c.statuses[http.StatusOK]/100; status != http.StatusOK && !busy {
			t.Errorf("%d times somebody was answered %d", n, status)
		}
	}
	if e.Watched[1].Breaks == 0 || restarts != count(2, 40) {
		t.Errorf("%d restarts, %d breaks of a watcher: nothing was restarted", restarts, e.Watched[1].Breaks)
	}
}

// CLU-03: the database is restarted in both ways, and its connections are
// broken, while everybody talks. Nodes recover without a restart.
func TestTheDatabaseIsRestartedUnderLoad(t *testing.T) {
	ctx, cancel := patience(t, 4*time.Minute, 30*time.Minute)
	defer cancel()
	server := pgtest.OwnServer(t, localpg.Options{})
	database := pgtest.DatabaseOn(t, server)
	furnish(t, nodeSettings{Database: database, Data: t.TempDir()})
	c := newCluster(t, clusterOptions{nodes: 2, database: database})
	s := storm{visitors: count(5, 60), persons: count(8, 60), rounds: count(6, 40), copies: 2, broken: 3, replies: count(10, 200)}
	wait := c.rage(ctx, s)
	faults, terminated := count(4, 40), 0
	for fault := range faults {
		c.awaitAcked(ctx, s.items()*(fault+1)/(faults+2))
		var err error
		switch fault % 4 {
		case 0:
			err = server.Restart(ctx, localpg.Fast)
		case 2:
			err = server.Restart(ctx, localpg.Immediate)
		default:
			var n int
			n, err = server.Terminate(ctx, 10)
			terminated += n
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	wait()
	c.judge(ctx)
	if n := c.journal.Totals(); n.Resent == 0 || terminated == 0 {
		t.Errorf("%d items sent again, %d connections broken: the restarts fell into silence", n.Resent, terminated)
	}
	for _, n := range c.nodes {
		if !n.signal(0) {
			t.Errorf("%s has ended", n.name)
		}
	}
}

// CLU-04: the primary is killed and its synchronous standby promoted, again and
// again. Nothing that was acknowledged is lost.
func TestTheStandbyTakesOver(t *testing.T) {
	if !long() {
		t.Skip("needs TONGDAI_LONG=1: starts a server and a standby for each round")
	}
	ctx, cancel := patience(t, 0, 40*time.Minute)
	defer cancel()
	primary := pgtest.OwnServer(t, localpg.Options{})
	database := pgtest.DatabaseOn(t, primary)
	furnish(t, nodeSettings{Database: database, Data: t.TempDir()})
	road := newWay(t, hostOf(t, database))
	c := newCluster(t, clusterOptions{nodes: 2, database: road.leads(t, database)})
	hush := c.rageOn(ctx, storm{visitors: 4, persons: 6, rounds: 3, copies: 2, replies: 5})
	for round := range 20 {
		standby := pgtest.Standby(t, primary, localpg.Options{Synchronous: true})
		before := c.acked.Load()
		await(ctx, t, "items that both have", func() bool { return c.acked.Load() >= before+20 })
		if err := primary.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := standby.Promote(ctx); err != nil {
			t.Fatal(err)
		}
		to := hostOf(t, standby.URL("x"))
		road.set(func() { road.cut = true })
		road.set(func() { road.cut, road.to = false, to })
		primary = standby
		t.Logf("failover %d after %d items", round+1, c.acked.Load())
	}
	before := c.acked.Load()
	await(ctx, t, "items after the last failover", func() bool { return c.acked.Load() >= before+20 })
	hush()
	c.judge(ctx)
	if n := c.journal.Totals(); n.Resent == 0 {
		t.Error("no item was ever sent again: the failovers fell into silence")
	}
}

// CLU-06 and CLU-07: the database takes two seconds for everything, swallows
// everything, cannot be reached at all. A node hears of it alone: it takes
// nothing, tells platforms so within the two seconds that they wait, and says
// that it is not ready; the other node goes on; and it recovers by itself.
func TestANodeLosesItsDatabase(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 20*time.Minute)
	defer cancel()
	database := furnishedDatabase(t)
	road := newWay(t, hostOf(t, database))
	c := newCluster(t, clusterOptions{nodes: 2, database: database, through: func(node int) string {
		if node == 0 {
			return road.leads(t, database)
		}
		return database
	}})
	for i, tt := range []struct {
		name        string
		spoil, mend func()
	}{
		{"slow", func() { road.slow = 2 * time.Second }, func() { road.slow = 0 }},
		{"silent", func() { road.silent = make(chan struct{}) }, func() { road.silent = nil }},
		{"cut off", func() { road.cut = true }, func() { road.cut = false }},
	} {
		s := storm{batch: 3 * i, visitors: 1, persons: 2, rounds: 2, copies: 1, replies: 2}
		c.rage(ctx, s)()
		road.set(tt.spoil)
		refused := c.refusedWithoutDatabase(ctx, c.nodes[0], tt.name)
		awaitReady(t, c.balancer, 1)
		s.batch++
		c.rage(ctx, s)()

		road.set(tt.mend)
		began := time.Now()
		awaitReady(t, c.balancer, 2)
		t.Logf("%s: refused %d times; ready again %.1f s after the way was mended", tt.name, refused, time.Since(began).Seconds())
		c.doors = []string{c.nodes[0].url}
		s.batch++
		c.rage(ctx, s)()
		c.doors = []string{c.front}
	}
	c.judge(ctx)
	if !c.nodes[0].signal(0) {
		t.Errorf("%s has ended", c.nodes[0].name)
	}
}

// refusedWithoutDatabase asks a node without its database for what platforms
// and balancers ask for, and gives what it refused to another node.
func (c *cluster) refusedWithoutDatabase(ctx context.Context, n *clusterNode, how string) (refused int) {
	c.t.Helper()
	var mu sync.Mutex
	var asking sync.WaitGroup
	for i := range count(4, 40) {
		p := c.hooks[i%2]
		person := fmt.Sprintf("one who waits, %s, %d", how, i)
		item := c.journal.Said(ledger.Item{Channel: p.id, Person: person, Key: person, Text: question(person, i)})
		asking.Go(func() {
			took, err := p.waited(ctx, n.url, item)
			if status := statusOf(err); status != http.StatusServiceUnavailable || took > platformPatience {
				c.t.Errorf("%s, the node answered %d after %s, want 503 within %s (%v)", how, status, took, platformPatience, err)
			}
			mu.Lock()
			refused++
			mu.Unlock()
			if err := p.insist(ctx, []string{c.nodes[1].url}, item, 1, c.note); err != nil {
				c.t.Error(err)
			}
		})
	}
	asking.Wait()
	if status, took := n.probe(ctx, "/readyz"); status != http.StatusServiceUnavailable || took > 2*time.Second {
		c.t.Errorf("%s, /readyz answers %d after %s", how, status, took)
	}
	if status, _ := n.probe(ctx, "/healthz"); status != http.StatusOK {
		c.t.Errorf("%s, /healthz answers %d: a supervisor would restart the node", how, status)
	}
	return refused
}

// The mutant that this storm must notice.
func TestTheCheckersNoticeMissingFences(t *testing.T) {
	ctx, cancel := patience(t, 4*time.Minute, 10*time.Minute)
	defer cancel()
	c := newCluster(t, clusterOptions{nodes: 2, tune: sleeping, mutant: noFence})
	// Not every node that is stopped has a message in hand that nobody has answered since.
	const storms = 6
	for batch := range storms - 1 {
		c.rageWithSleepers(ctx, batch, 2)
		if problems := c.evidence(ctx).Problems(); slices.ContainsFunc(problems, func(p ledger.Problem) bool { return p.Invariant == "I8" }) {
			t.Logf("noticed in storm %d, with %d problems in all: %s", batch+1, len(problems), problems[0])
			return
		}
	}
	c.rageWithSleepers(ctx, storms, 2)
	c.mustBreak(ctx, "I8")
}
