package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox"
	"tongdai/inbox/ledger"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// long tells whether the full counts are wanted.
func long() bool { return os.Getenv("TONGDAI_LONG") != "" }

// count chooses between a quick run's number and a full one's.
func count(quick, full int) int {
	if long() {
		return full
	}
	return quick
}

// clusterOptions say what a test needs.
type clusterOptions struct {
	nodes    int
	embedded bool                  // one node with a store of its own
	under    func(folder string)   // told the data folder of an embedded node before anything lies there; may be nil
	database string                // empty: one on the server that all tests share
	through  func(node int) string // the address of the database for a node, if it goes another way
	mutant   mutant                // of every node
	tune     func(s *nodeSettings) // may be nil
	direct   bool                  // senders write to the nodes, without a balancer
	seed     uint64                // 0: a new one
}

// program is what a node runs. The first of several healthy ones always has the
// race detector, if the tests have.
func (o clusterOptions) program(t *testing.T, node int) string {
	t.Helper()
	if node > 0 || o.nodes == 1 || o.mutant != healthy {
		return programHere(t)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// cluster is a hub of several nodes in processes of their own, with everybody
// around it: citizens, members, watchers, platforms, a balancer.
type cluster struct {
	t        *testing.T
	dir      string // logs and books; kept when the test fails
	seed     uint64
	nodes    []*clusterNode
	balancer *balancer
	front    string   // where everybody writes to
	doors    []string // where platforms push to
	journal  *ledger.Journal
	hooks    []*platform
	desk     *ledger.Desk
	lookout  []*ledger.Watcher

	acked     atomic.Int64   // items
	insisting sync.WaitGroup // senders of what was refused, waited for before anything is judged
	mu        sync.Mutex
	callers   []caller
	statuses  map[int]int // answers that senders and members got, by status; 0: none
	excused   string      // what stands in lines of the logs that tell of a panic which is no fault; empty: none is
}

// caller is a visitor of the web chat.
type caller struct {
	person string
	hub    *webchatsim.Hub // of this one alone
	*webchatsim.Visitor
}

// The accounts of a cluster's members.
const (
	clusterAdmin    = "root"
	clusterPassword = "con mèo leo cây cau"
)

var clusterKey = sync.OnceValue(func() string { return base64.StdEncoding.EncodeToString(newKey()) })

func newCluster(t *testing.T, o clusterOptions) *cluster {
	t.Helper()
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	c := &cluster{t: t, seed: o.seed, journal: &ledger.Journal{}, statuses: map[int]int{}}
	var err error
	if c.dir, err = os.MkdirTemp("", "tongdai-cluster-"); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	defer func() { t.Logf("seed %d; %d nodes ready after %.1f s", c.seed, o.nodes, time.Since(begun).Seconds()) }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d; the books and the logs of the nodes are in %s", c.seed, c.dir)
			return
		}
		_ = os.RemoveAll(c.dir) // a folder for tests
	})
	switch {
	case o.embedded:
		folder := filepath.Join(c.dir, "node1")
		if o.under != nil {
			o.under(folder)
		}
		furnish(t, nodeSettings{Data: folder})
	case o.database == "":
		o.database = furnishedDatabase(t)
	}
	platforms := map[string]string{}
	for _, id := range []string{"p1", "p2"} {
		p := newPlatform(t, id, c.journal)
		c.hooks = append(c.hooks, p)
		platforms[id] = p.server.URL
	}
	for i := range o.nodes {
		s := nodeSettings{
			Program: o.program(t, i), Database: o.database, Key: clusterKey(), Platforms: platforms, Mutant: o.mutant,
			Send: 2 * time.Second, Turn: time.Second, Lease: 3 * time.Second, Notice: time.Second,
		}
		if o.through != nil {
			s.Database = o.through(i)
		}
		if o.tune != nil {
			o.tune(&s)
		}
		n := newClusterNode(t, c.dir, "node"+strconv.Itoa(i+1), s)
		if err := n.start(); err != nil {
			t.Fatal(err)
		}
		c.nodes = append(c.nodes, n)
	}
	for _, n := range c.nodes {
		n.awaitReady(t.Context(), t)
	}
	c.openDoors(o.direct)
	c.staff()
	return c
}

// The database that all others are copied from, made when first asked for.
const originalDatabase = "furnished"

var (
	furnishing sync.Mutex
	furnished  bool
	copied     atomic.Int64
)

// furnishedDatabase is a database of the server that all tests share, with
// what a hub needs before its nodes start.
func furnishedDatabase(t *testing.T) string {
	t.Helper()
	server, ctx := pgtest.Server(t), t.Context()
	furnishing.Lock()
	defer furnishing.Unlock()
	if !furnished {
		if err := server.CreateDatabase(ctx, originalDatabase); err != nil {
			t.Fatal(err)
		}
		furnish(t, nodeSettings{Database: server.URL(originalDatabase), Data: t.TempDir()})
		furnished = true
	}
	name := fmt.Sprint("cluster_", copied.Add(1))
	if err := server.CloneDatabase(ctx, name, originalDatabase); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.DropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return server.URL(name)
}

// furnish gives a hub knowledge and an administrator.
func furnish(t *testing.T, s nodeSettings) {
	t.Helper()
	s.Key = clusterKey()
	a, err := openBeside(t.Context(), s.config(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	files, err := demoWorkbooks()
	if err != nil {
		t.Fatal(err)
	}
	if !long() { // nodes start sooner with less to index
		files = files[:len(files)/3]
	}
	_, errMember := a.hub.AddMember(t.Context(), console, inbox.NewMember{
		Login: clusterAdmin, Name: "Root", Password: clusterPassword, Role: inbox.Admin,
	})
	if err := errors.Join(a.importAll(t.Context(), files), errMember, a.close()); err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) openDoors(direct bool) {
	var addresses []string
	for _, n := range c.nodes {
		addresses = append(addresses, n.settings.Listen)
		c.doors = append(c.doors, n.url)
	}
	if len(c.nodes) == 1 {
		c.front = c.nodes[0].url
		return
	}
	b, front := balanced(c.t, len(c.nodes), addresses...)
	c.balancer, c.front = b, front.URL
	if !direct {
		c.doors = []string{c.front}
	}
}

// staff logs the administrator in, and sets up a watcher at each node and one
// behind the balancer.
func (c *cluster) staff() {
	c.t.Helper()
	c.desk = &ledger.Desk{URL: c.front, Client: &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
	if err := c.desk.Login(c.t.Context(), clusterAdmin, clusterPassword); err != nil {
		c.t.Fatal(err)
	}
	posts := []string{c.front}
	for _, n := range c.nodes {
		posts = append(posts, n.url)
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	var watching sync.WaitGroup
	for i, url := range posts {
		name := "the watcher at the door"
		if i > 0 {
			name = "the watcher at " + c.nodes[i-1].name
		}
		w := &ledger.Watcher{Desk: c.desk.At(url), Name: name}
		c.lookout = append(c.lookout, w)
		watching.Go(func() { w.Run(ctx) })
	}
	c.t.Cleanup(func() {
		cancel()
		watching.Wait()
	})
}

// settling bounds how long the hub may take to do what it has: a turn or a
// delivery that failed is tried again after 5 and after 30 s.
const settling = 75 * time.Second

// evidence waits until the hub has done everything, and reads what every node shows.
func (c *cluster) evidence(ctx context.Context) ledger.Evidence {
	c.t.Helper()
	c.insisting.Wait()
	ctx, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	e := ledger.Evidence{Journal: c.journal, Platforms: []string{"p1", "p2"}}
	for {
		shown, err := c.desk.At(c.nodes[0].url).Read(ctx, c.nodes[0].name)
		if err == nil && shown.Unsettled() == 0 {
			break
		}
		if !sleep(ctx, 200*time.Millisecond) {
			break // what is left will be told
		}
	}
	c.awaitWatchers(ctx)
	reading := context.WithoutCancel(ctx)
	for _, n := range c.nodes {
		shown, err := c.desk.At(n.url).Read(reading, n.name)
		if err != nil {
			c.t.Fatalf("read at %s: %v", n.name, err)
		}
		e.Shown = append(e.Shown, shown)
	}
	for i, v := range c.callers {
		v.hub.URL = c.nodes[i%len(c.nodes)].url
		history, err := v.History(reading)
		if err != nil {
			c.t.Fatalf("%s reads: %v", v.person, err)
		}
		visit := ledger.Visit{Channel: "web", Person: v.person}
		for _, m := range history {
			visit.Messages = append(visit.Messages, ledger.Seen{Conversation: m.Conversation, Seq: m.Seq, Own: m.Own, Text: m.Text})
		}
		e.Visits = append(e.Visits, visit)
	}
	for _, w := range c.lookout {
		e.Watched = append(e.Watched, w.Watched())
	}
	return e
}

// awaitWatchers waits until all watchers have come to the same number.
func (c *cluster) awaitWatchers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for same := 0; same < 3; {
		same++
		for _, w := range c.lookout[1:] {
			if w.Last() != c.lookout[0].Last() {
				same = 0
			}
		}
		if !sleep(ctx, 150*time.Millisecond) {
			return
		}
	}
}

// sleep lets time pass; false when ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// mostTold is how many problems are told; the books have the rest.
const mostTold = 25

// judge reads everything and fails the test for every problem.
func (c *cluster) judge(ctx context.Context) ledger.Evidence {
	c.t.Helper()
	begun := time.Now()
	e := c.evidence(ctx)
	problems := e.Problems()
	for i, p := range problems {
		if i == mostTold {
			c.t.Errorf("and %d more", len(problems)-i)
			break
		}
		c.t.Error(p)
	}
	if len(problems) > 0 {
		if err := e.Keep(c.dir); err != nil {
			c.t.Error(err)
		}
	}
	c.noRaces()
	n, events, breaks := c.journal.Totals(), 0, 0
	for _, w := range e.Watched {
		events = max(events, len(w.Numbers))
		breaks += w.Breaks
	}
	c.t.Logf("%d items acknowledged, %d sent again; %d calls of platforms; %d replies; %d events, %d breaks of %d watchers; answers by status %v; settled and read in %.1f s",
		n.Items, n.Resent, n.Calls, n.Replies, events, breaks, len(e.Watched), c.statuses, time.Since(begun).Seconds())
	return e
}

// noRaces reads the logs of the nodes for what the race detector says there,
// and for panics.
func (c *cluster) noRaces() {
	c.t.Helper()
	for _, n := range c.nodes {
		log, err := os.ReadFile(n.log)
		if err != nil {
			c.t.Error(err)
		}
		for line := range bytes.Lines(log) {
			bad := bytes.Contains(line, []byte("WARNING: DATA RACE")) || bytes.Contains(line, []byte("panic:"))
			if bad && (c.excused == "" || !bytes.Contains(line, []byte(c.excused))) {
				at := bytes.Index(log, line)
				c.t.Errorf("%s: %s", n.name, log[at:min(at+2000, len(log))])
				break
			}
		}
	}
}
