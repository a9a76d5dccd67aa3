package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors/mattermost/mattermostsim"
	"tongdai/inbox/store/backup"
	"tongdai/kb/sheet"
)

// failpoint is a place in the source where something may happen to the hub.
type failpoint struct {
	name   string
	errs   bool   // an error may come back from there
	beside string // another failpoint, which has to be passed before the hub is killed
	over   string // the store it belongs to; empty: both
	// by makes the hub come by there; nil: citizens and members who talk.
	by func(m *matrix, ctx context.Context, try int) error
}

const (
	embeddedStore = "embedded"
	databaseStore = "database"
)

// failpoints of a hub that runs, in the order in which a message meets them. Those
// of a start are tried in update_kill_test.go.
var failpoints = []failpoint{
	{name: "receiveVerified"},
	{name: "journalBeforeWrite", errs: true, over: embeddedStore},
	{name: "receiveBeforeStore", beside: "journalFlushed", over: embeddedStore},
	{name: "storeBeforeCommit", errs: true, over: embeddedStore},
	{name: "storeCommitted", errs: true, over: embeddedStore},
	{name: "storeBeforeNews", over: embeddedStore},
	{name: "databaseBeforeCommit", errs: true, over: databaseStore},
	{name: "databaseCommitted", errs: true, over: databaseStore},
	{name: "eventsBeforeNumbers", over: databaseStore},
	{name: "receiveKept", errs: true},
	{name: "turnClaimed"},
	{name: "turnDecided", errs: true},
	{name: "turnCommitted"},
	{name: "deliveryClaimed"},
	{name: "deliveryBeforeCall"},
	{name: "deliverySent", errs: true},
	{name: "workDone"},
	{name: "searchBeforePut", errs: true, over: embeddedStore},
	{name: "attachmentNamed", by: (*matrix).attach, over: embeddedStore},
	{name: "importHalf", by: (*matrix).load, over: embeddedStore},
	{name: "postBeforeCall", by: (*matrix).hand},
	{name: "postMade", by: (*matrix).hand},
	{name: "backupHalf", errs: true, by: (*matrix).backUp, over: embeddedStore},
}

// matrix is a hub to which things happen at its failpoints.
type matrix struct {
	*cluster
	controls []control
	names    sheet.Names
	chat     *mattermostsim.Sim // where the health department works
	tries    int
	hits     map[string]int // how often what happened, by "failpoint: what"
}

// DUR-02: the embedded hub is killed at every failpoint, each of which is proven
// to have been reached. The books must agree, and nothing may hang loose in the store.
func TestKilledAtEveryFailpoint(t *testing.T) {
	program, points := failingProgram(t)
	everyPointIsTried(t, points)
	ctx, cancel := patience(t, 3*time.Minute, 60*time.Minute)
	defer cancel()
	m := newMatrix(t, program, embeddedStore)
	for round := range count(1, 3) {
		for _, p := range failpoints {
			for _, happens := range m.happenings(p) {
				m.strike(ctx, p, happens)
			}
		}
		t.Logf("round %d is over: %d items acknowledged", round+1, m.acked.Load())
	}
	m.judged(ctx)
	m.postsHold()
	if err := m.nodes[0].kill(); err != nil {
		t.Fatal(err)
	}
	looseEnds(t, m.nodes[0].settings.config(), len(m.journal.Items()))
	m.copiesHold()
}

// The same over PostgreSQL, with a second node that takes over.
func TestANodeIsKilledAtEveryFailpoint(t *testing.T) {
	if !long() {
		t.Skip("a quick run tries the embedded store, the full one this as well")
	}
	program, _ := failingProgram(t)
	ctx, cancel := patience(t, 0, 60*time.Minute)
	defer cancel()
	m := newMatrix(t, program, databaseStore)
	for range 3 {
		for _, p := range failpoints {
			for _, happens := range m.happenings(p) {
				m.strike(ctx, p, happens)
			}
		}
	}
	m.judged(ctx)
}

// everyPointIsTried fails for a failpoint that stands in the source and in no table.
func everyPointIsTried(t *testing.T, points []string) {
	t.Helper()
	for _, name := range points {
		tried := func(p failpoint) bool { return p.name == name || p.beside == name }
		if !slices.ContainsFunc(failpoints, tried) && !slices.Contains(startPoints, name) {
			t.Errorf("the failpoint %s is tried nowhere", name)
		}
	}
}

func newMatrix(t *testing.T, program, over string) *matrix {
	m := &matrix{hits: map[string]int{}, names: namesOfSheets(t)}
	var err error
	if m.chat, err = mattermostsim.Start(chatConfig("")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.chat.Close() })
	m.chat.SetUnruly(mattermostsim.Unruly{NoDedup: true})
	further := filepath.Join(t.TempDir(), "channels.yaml")
	channels := "channels:\n  - {id: web, kind: webchat, name: Web}\n" + chatYAML(m.chat, "http://127.0.0.1")
	if err := os.WriteFile(further, []byte(channels), 0o600); err != nil {
		t.Fatal(err)
	}
	o := clusterOptions{nodes: 1, embedded: true, tune: func(s *nodeSettings) {
		c := control{freeAddress(t)}
		m.controls = append(m.controls, c)
		s.Program, s.Env, s.Further = program, c.env(nil), further
		if over == embeddedStore {
			s.Journal = t.TempDir()
		}
	}}
	if over == databaseStore {
		o.nodes, o.embedded = 2, false
	}
	m.cluster = newCluster(t, o)
	return m
}

func (m *matrix) over() string {
	if len(m.nodes) > 1 {
		return databaseStore
	}
	return embeddedStore
}

// namesOfSheets are what files of entries call fields and departments.
func namesOfSheets(t *testing.T) sheet.Names {
	t.Helper()
	s := nodeSettings{Data: t.TempDir(), Key: clusterKey()}
	a, err := openBeside(t.Context(), s.config(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	return sheet.Names{Category: a.house.CategoryName, Department: a.house.DepartmentName}
}

// happenings are what is tried at a failpoint.
func (m *matrix) happenings(p failpoint) (all []string) {
	switch {
	case p.over != "" && p.over != m.over():
		return nil
	case !long() || p.beside != "":
		return []string{waits}
	}
	all = []string{waits, panics, stalls}
	if p.errs {
		all = append(all, returns)
	}
	return all
}

// strike lets something happen at a failpoint of the first node, which is started
// again if it did not survive it.
func (m *matrix) strike(ctx context.Context, p failpoint, happens string) {
	m.t.Helper()
	if m.t.Failed() {
		return
	}
	n, points := m.nodes[0], m.controls[0]
	for _, told := range []struct{ point, happens string }{{p.beside, passes}, {p.name, happens}} {
		if told.point == "" {
			continue
		}
		if err := points.set(ctx, told.point, told.happens); err != nil {
			m.t.Fatal(err)
		}
	}
	end := m.keepComingBy(ctx, p)
	await(ctx, m.t, p.name, func() bool { return m.reached(ctx, n, points, p) })
	m.hits[p.name+": "+happens]++
	if happens == waits {
		if err := n.kill(); err != nil {
			m.t.Fatal(err)
		}
	}
	if !n.signal(0) {
		if err := n.start(); err != nil {
			m.t.Fatal(err)
		}
	}
	n.awaitReady(ctx, m.t)
	end()
}

// reached tells whether the hub came by a failpoint, and what it is beside.
func (m *matrix) reached(ctx context.Context, n *clusterNode, points control, p failpoint) bool {
	if !n.signal(0) { // it has not survived it
		log, err := os.ReadFile(n.log)
		if err != nil || !bytes.Contains(log, []byte("failpoint panic")) {
			m.t.Fatalf("%s ended at %s, and not by it: %s", n.name, p.name, lastLines(string(log), 3))
		}
		return true
	}
	for _, point := range []string{p.name, p.beside} {
		if point == "" {
			continue
		}
		if hits, err := points.hits(ctx, point); err != nil || hits == 0 {
			return false
		}
	}
	return true
}

// keepComingBy makes the hub come by a failpoint until end is called. end returns
// when everybody has been acknowledged.
func (m *matrix) keepComingBy(ctx context.Context, p failpoint) (end func()) {
	var enough atomic.Bool
	var coming sync.WaitGroup
	coming.Go(func() {
		for first := true; (first || !enough.Load()) && ctx.Err() == nil; first = false {
			m.tries++
			if p.by == nil {
				m.rage(ctx, storm{batch: m.tries, visitors: 1, persons: 1, rounds: 2, copies: 1, replies: 1})()
				continue
			}
			try := m.tries
			if err := insistently(ctx, func() error { return p.by(m, ctx, try) }); err != nil {
				m.t.Errorf("%s: %v", p.name, err)
			}
		}
	})
	return func() {
		enough.Store(true)
		coming.Wait()
	}
}

// attach gives the hub a file that a reply may carry, again and again the same.
func (m *matrix) attach(ctx context.Context, _ int) error {
	return m.desk.Upload(ctx, "/attachments", "giấy tờ.txt", []byte("Giấy khai sinh, bản sao"), nil)
}

// load imports entries whose answers are those of this try. Whether an import
// that was cut off was applied is seen by importing again: it is all or nothing.
func (m *matrix) load(ctx context.Context, try int) error {
	entries := loadEntries(6)
	for i := range entries {
		entries[i].Answer = fmt.Sprintf("%s Lần %d.", entries[i].Answer, try)
	}
	var book bytes.Buffer
	if err := sheet.Write(&book, entries, m.names); err != nil {
		return err
	}
	var plan struct {
		Revision string
		Counts   struct{ New, Changed, Unchanged int }
		Problems []struct{ Message string }
	}
	if err := m.desk.Upload(ctx, "/knowledge/imports/preview", "muc.xlsx", book.Bytes(), &plan); err != nil {
		return err
	}
	switch known := plan.Counts.Unchanged; {
	case len(plan.Problems) > 0:
		return errors.New(plan.Problems[0].Message)
	case known == len(entries):
		return nil
	case known > 0:
		m.t.Errorf("%d of %d entries of an import that was cut off are there", known, len(entries))
	}
	return m.desk.Upload(ctx, "/knowledge/imports", "muc.xlsx", book.Bytes(), nil, "revision", plan.Revision)
}

// hand gives a matter to the department that works in the chat, or back to the desk.
func (m *matrix) hand(ctx context.Context, try int) error {
	all, err := m.desk.List(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("there is nothing to hand over")
	}
	department := "so-y-te"
	if try%2 == 1 {
		department = ""
	}
	return m.desk.Transfer(ctx, all[try/2%len(all)].ID, department)
}

// postsHold looks for what the department was told twice, or never.
func (m *matrix) postsHold() {
	m.t.Helper()
	told := map[any]int{}
	for _, post := range m.chat.Channel("so-y-te") {
		if key := post.Props["tongdai"]; key != nil {
			if told[key]++; told[key] > 1 {
				m.t.Errorf("the department was told twice: %q", post.Message)
			}
		}
	}
	if len(told) == 0 {
		m.t.Error("the department was told nothing")
	}
}

// backUp has the running hub back itself up, and looks into what it made.
func (m *matrix) backUp(ctx context.Context, try int) error {
	key, err := base64.StdEncoding.DecodeString(clusterKey())
	if err != nil {
		return err
	}
	to := filepath.Join(m.dir, "backup-"+strconv.Itoa(try)+".backup")
	_, err = backupRunning(ctx, m.nodes[0].settings.config(), key, backupOrder{To: to}, func(backup.Progress) {}, errors.New("the hub has the store"))
	if _, missing := os.Stat(to); err == nil && missing != nil {
		m.t.Errorf("a backup that is told to be whole is not there: %v", missing)
	}
	if _, half := os.Stat(to); err != nil && half == nil {
		m.t.Errorf("a backup that was not finished has its name: %v", err)
	}
	return err
}

func (m *matrix) judged(ctx context.Context) {
	m.t.Helper()
	m.excused = "failpoint panic"
	m.judge(ctx)
	struck := 0
	for _, n := range m.hits {
		struck += n
	}
	m.t.Logf("%d times something happened, at %d failpoints", struck, len(m.hits))
	if n := m.journal.Totals(); n.Resent == 0 {
		m.t.Error("no item was ever sent again: the kills fell into silence")
	}
}

// copiesHold looks for everything that was acknowledged in the second copy of
// what came in.
func (m *matrix) copiesHold() {
	m.t.Helper()
	for _, problem := range notCopied(m.nodes[0].settings.Journal, m.journal) {
		m.t.Error(problem)
	}
}
