package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
)

// startPoints are the failpoints of a start: of a store that is made, and of one
// that is brought to today's schema.
var startPoints = []string{"storeMade", "storeNamed", "migrationBeforeCopy", "migrationCopyMade", "migrationStep", "migrationRaised"}

// DUR-05: the hub is killed while it makes its store. Afterwards there is none,
// or a good one, and the next start goes on.
func TestKilledWhileTheStoreIsMade(t *testing.T) {
	program, _ := failingProgram(t)
	ctx, cancel := patience(t, time.Minute, 10*time.Minute)
	defer cancel()
	for range count(1, 10) {
		for _, point := range startPoints[:2] {
			d := newDyingNode(t, program)
			d.diesAt(ctx, t, point, 0)
			d.startsWell(ctx, t)
		}
	}
}

// oldStores is where a store of every schema that was released is kept.
const oldStores = "../../inbox/store/bolt/testdata/"

// DUR-11: the hub is killed at every step of an update from every schema that was
// released. The next start goes on; everything is there; and the copy that was
// made first is a store as it was.
func TestKilledAtEveryStepOfAnUpdate(t *testing.T) {
	program, _ := failingProgram(t)
	ctx, cancel := patience(t, 2*time.Minute, 20*time.Minute)
	defer cancel()
	kept, err := filepath.Glob(oldStores + "schema-*.db.gz")
	if err != nil || len(kept) < 2 {
		t.Fatalf("stores of %d schemas are kept, %v", len(kept), err)
	}
	today, kills := len(kept), 0
	for schema := 1; schema < today; schema++ {
		if !long() && schema > 1 {
			break // each migration is one of those from the first on
		}
		for _, point := range startPoints[2:] {
			steps := 1
			if point == "migrationStep" || point == "migrationRaised" {
				steps = today - schema // each is small enough for one transaction
			}
			for step := range steps {
				d := newDyingNode(t, program)
				d.unpack(t, schema)
				d.diesAt(ctx, t, point, step)
				d.startsWell(ctx, t)
				d.holds(t, schema)
				kills++
			}
		}
	}
	t.Logf("killed %d times", kills)
}

// dyingNode is a node that is killed while it starts.
type dyingNode struct {
	*clusterNode
	points control
	store  string // file
}

func newDyingNode(t *testing.T, program string) *dyingNode {
	t.Helper()
	n := newClusterNode(t, t.TempDir(), "node", nodeSettings{Program: program, Key: clusterKey()})
	if err := os.MkdirAll(n.settings.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	return &dyingNode{n, control{freeAddress(t)}, filepath.Join(n.settings.Data, "tongdai.db")}
}

// unpack gives the node a store that an older program wrote.
func (d *dyingNode) unpack(t *testing.T, schema int) {
	t.Helper()
	packed, err := os.Open(fmt.Sprintf("%sschema-%d.db.gz", oldStores, schema))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(z)
	if err == nil {
		err = os.WriteFile(d.store, whole, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// diesAt starts the node and kills it when it has come to a failpoint for the
// time after so many others.
func (d *dyingNode) diesAt(ctx context.Context, t *testing.T, point string, others int) {
	t.Helper()
	happens := waits
	if others > 0 {
		happens = fmt.Sprintf("%d*off->%s", others, waits)
	}
	d.settings.Env = d.points.env(map[string]string{point: happens})
	if err := d.start(); err != nil {
		t.Fatal(err)
	}
	await(ctx, t, point, func() bool {
		if !d.signal(0) {
			said, _ := os.ReadFile(d.log)
			t.Fatalf("it ended before %s: %s", point, lastLines(string(said), 3))
		}
		hits, err := d.points.hits(ctx, point)
		return err == nil && hits > others
	})
	if err := d.kill(); err != nil {
		t.Fatal(err)
	}
}

func (d *dyingNode) startsWell(ctx context.Context, t *testing.T) {
	t.Helper()
	d.settings.Env = nil
	if err := d.start(); err != nil {
		t.Fatal(err)
	}
	d.awaitReady(ctx, t)
	if err := d.stop(ctx); err != nil {
		t.Error(err)
	}
}

// holds looks for what the store held before, in it and in the copy beside it, of
// which the log tells.
func (d *dyingNode) holds(t *testing.T, schema int) {
	t.Helper()
	said, err := os.ReadFile(d.log)
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%s.schema-%d", d.store, schema)
	if !bytes.Contains(said, []byte(kept)) {
		t.Errorf("the log does not tell of the copy at %s", kept)
	}
	for _, path := range []string{d.store, kept} {
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Errorf("open %s: %v", path, err)
			continue
		}
		err = s.View(t.Context(), func(tx inbox.Reader) error {
			c, err := tx.ConversationByCode("TH-261121-0001")
			if err != nil {
				return err
			}
			said, err := tx.Messages(c.ID, inbox.MessageQuery{})
			if err == nil && (len(said) == 0 || said[0].Content.Text != "Tiêm mũi 3 ở đâu?") {
				t.Errorf("%s holds %v", path, said)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if n := s.Condition().Damaged; n > 0 {
			t.Errorf("%s has %d damaged records", path, n)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
