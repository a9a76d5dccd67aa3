package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

// editor is who publishes, in a process that is no node.
type editor struct {
	t   *testing.T
	app *app
	// entries are what was last published, some of them retired.
	entries []kb.Entry
}

func (c *cluster) editor(database string) *editor {
	return &editor{t: c.t, app: beside(c.t, database)}
}

// beside opens a hub beside the nodes. Its index is a fresh one, in memory.
func beside(t *testing.T, database string) *app {
	t.Helper()
	s := nodeSettings{Database: database, Key: clusterKey(), Data: t.TempDir()}
	a, err := openBeside(t.Context(), s.config(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// publish publishes n entries with the answers of a round, and retires every third
// one that was there in the round before.
func (e *editor) publish(ctx context.Context, n, round int) error {
	entries := loadEntries(n)
	for i := range entries {
		entries[i].Answer = fmt.Sprintf("%s Lần %d.", entries[i].Answer, round)
		if (i+round)%3 == 0 {
			entries[i].Status = kb.Retired
		}
	}
	var book bytes.Buffer
	names := sheet.Names{Category: e.app.house.CategoryName, Department: e.app.house.DepartmentName}
	if err := sheet.Write(&book, entries, names); err != nil {
		return err
	}
	e.entries = entries
	return e.app.importAll(ctx, []inbox.Workbook{{Name: "vòng.xlsx", Data: book.Bytes()}})
}

// answers are what the index of a node finds for the questions of all entries.
func (c *cluster) answers(ctx context.Context, n *clusterNode, entries []kb.Entry) ([]string, error) {
	var all []string
	for _, e := range entries {
		found, err := c.desk.At(n.url).Find(ctx, e.Question)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			all = append(all, fmt.Sprintf("%s: %s %s %.3f", e.Question, f.Entry.ID, f.Entry.Answer, f.Confidence))
		}
	}
	return all, nil
}

// stale tells which of what a node finds is retired, or has an older answer.
func (e *editor) stale(ctx context.Context, c *cluster, n *clusterNode) (wrong []string) {
	for _, entry := range e.entries {
		found, err := c.desk.At(n.url).Find(ctx, entry.Question)
		if err != nil {
			return []string{err.Error()}
		}
		for _, f := range found {
			if f.Entry.ID == string(entry.ID) && (entry.Status == kb.Retired || f.Entry.Answer != entry.Answer) {
				wrong = append(wrong, fmt.Sprintf("%s (%s): %q", f.Entry.ID, entry.Status, f.Entry.Answer))
			}
		}
	}
	return wrong
}

// CLU-12: a node is killed while it follows a publication, or finds its indexes
// gone. When it is ready, it answers nothing that was retired, and finds what an
// index made afresh finds.
func TestAnIndexIsLostOrLeftHalfWay(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 20*time.Minute)
	defer cancel()
	database := furnishedDatabase(t)
	c := newCluster(t, clusterOptions{nodes: 2, database: database})
	c.rage(ctx, storm{visitors: 2, persons: 3, rounds: 2, copies: 1, replies: 2})()
	random := rand.New(rand.NewPCG(c.seed, 9))
	editor := c.editor(database)
	n, lost := c.nodes[0], 0
	for round := range count(2, 40) {
		if round%2 == 0 { // killed while it follows
			time.AfterFunc(time.Duration(random.IntN(150))*time.Millisecond, func() { n.signal(9) })
			if err := editor.publish(ctx, count(45, 300), round); err != nil {
				t.Fatal(err)
			}
			if err := n.kill(); err != nil {
				t.Fatal(err)
			}
		} else { // dead while others publish, and its indexes lost
			if err := n.kill(); err != nil {
				t.Fatal(err)
			}
			if err := editor.publish(ctx, count(45, 300), round); err != nil {
				t.Fatal(err)
			}
			for _, index := range []string{"index", "messages"} {
				lost++
				if err := os.RemoveAll(filepath.Join(n.settings.Data, index)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := n.start(); err != nil {
			t.Fatal(err)
		}
		n.awaitReady(ctx, t)
		if wrong := editor.stale(ctx, c, n); len(wrong) > 0 {
			t.Errorf("round %d: ready again, the node answers %d stale entries: %v", round, len(wrong), wrong[0])
		}
	}
	published := time.Now()
	if err := editor.publish(ctx, count(45, 300), 1000); err != nil {
		t.Fatal(err)
	}
	committed := time.Now()
	for _, n := range c.nodes {
		await(ctx, t, n.name+" to follow", func() bool { return len(editor.stale(ctx, c, n)) == 0 })
	}
	t.Logf("published in %.2f s, on both nodes %.2f s later; %d indexes lost", committed.Sub(published).Seconds(), time.Since(committed).Seconds(), lost)

	fresh := freshAnswers(t, database, editor.entries)
	if len(fresh) < len(editor.entries)/3 {
		t.Fatalf("a fresh index finds %d entries, too few to show anything", len(fresh))
	}
	for _, n := range c.nodes {
		got, err := c.answers(ctx, n, editor.entries)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, fresh) {
			t.Errorf("%s finds %d entries, a fresh index %d, or others: %s", n.name, len(got), len(fresh), firstDifference(got, fresh))
		}
	}
	c.judge(ctx)
	c.foundEverywhere(ctx)
}

func freshAnswers(t *testing.T, database string, entries []kb.Entry) (all []string) {
	t.Helper()
	index := beside(t, database).index
	for _, e := range entries {
		hits, err := index.Suggest(t.Context(), e.Question, foundOnAPage)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			all = append(all, fmt.Sprintf("%s: %s %s %.3f", e.Question, h.Entry.ID, h.Entry.Answer, h.Confidence))
		}
	}
	return all
}

// foundOnAPage is how many entries a search finds at most, unless it asks for more.
const foundOnAPage = 8

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q, not %q", a[i], b[i])
		}
	}
	return "one goes on longer"
}

// longestSearch is how many bytes somebody may look for.
const longestSearch = 200

// foundEverywhere asks every node for the words of every message: each finds
// the conversation that holds them.
func (c *cluster) foundEverywhere(ctx context.Context) {
	c.t.Helper()
	shown, err := c.desk.Read(ctx, "the balancer")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, n := range c.nodes {
		desk := c.desk.At(n.url)
		for _, conv := range shown.Conversations {
			for _, m := range conv.Messages {
				if m.Direction != "in" || len(m.Text) > longestSearch {
					continue
				}
				await(ctx, c.t, fmt.Sprintf("%s to find %q", n.name, m.Text), func() bool {
					codes, err := desk.Search(ctx, `"`+m.Text+`"`)
					return err == nil && slices.Contains(codes, conv.Code)
				})
			}
		}
	}
}
