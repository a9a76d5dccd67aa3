package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tongdai/inbox/ledger"
)

// patience bounds one test of a cluster.
func patience(t *testing.T, quick, full time.Duration) (context.Context, context.CancelFunc) {
	notInShort(t)
	if long() {
		quick = full
	}
	programHere(t) // to build it is no part of the test
	return context.WithTimeout(t.Context(), quick)
}

func notInShort(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a hub of several nodes")
	}
}

// IN-01: every item comes up to five times within a millisecond, on different
// nodes. It is one message with one answer, and every copy is acknowledged.
func TestCopiesOnDifferentNodesAreOneMessage(t *testing.T) {
	ctx, cancel := patience(t, 2*time.Minute, 10*time.Minute)
	defer cancel()
	c := newCluster(t, clusterOptions{nodes: 2, direct: true})
	c.rage(ctx, copies(1))()
	c.judge(ctx)
	acked := 0
	for _, item := range c.journal.Items() {
		acked += item.Acked
	}
	if least := len(c.journal.Items()) * 3 / 2; acked < least {
		t.Errorf("%d copies were acknowledged, too few to show anything", acked)
	}
}

func copies(times int) storm {
	return storm{
		visitors: count(4, 40) / times, persons: count(12, 200) / times, rounds: count(4, 10), copies: 5,
		broken: count(3, 30), replies: count(10, 200) / times,
	}
}

// IN-08: an album, ten first messages of somebody unknown at once and on two
// nodes, is one person with one conversation.
func TestAnAlbumIsOneConversation(t *testing.T) {
	ctx, cancel := patience(t, 2*time.Minute, 10*time.Minute)
	defer cancel()
	c := newCluster(t, clusterOptions{nodes: 2, direct: true})
	var sending sync.WaitGroup
	for person := range count(8, 200) {
		for picture := range 10 {
			p := c.hooks[0]
			item := c.journal.Said(ledger.Item{
				Channel: p.id, Person: fmt.Sprint("person ", person), Key: fmt.Sprint(person, "-", picture),
				Text: fmt.Sprintf("Ảnh %d của người số %d", picture, person),
			})
			sending.Go(func() {
				if err := p.insist(ctx, c.doors[picture%2:], item, 1, c.note); err != nil {
					t.Error(err)
				}
			})
		}
	}
	sending.Wait()
	c.judge(ctx)
}

// CLU-01: nodes are killed one after the other while everybody talks.
func TestNodesAreKilledUnderLoad(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 40*time.Minute)
	defer cancel()
	c := newCluster(t, clusterOptions{nodes: count(2, 3)})
	s := storm{
		visitors: count(8, 60), persons: count(8, 60), rounds: count(6, 40), copies: 2,
		broken: count(3, 30), replies: count(15, 300),
	}
	for _, p := range c.hooks {
		p.cuts.Store(1)
	}
	wait := c.rage(ctx, s)
	kills := count(5, 100)
	c.killAround(ctx, s, kills)
	wait()
	c.judge(ctx)
	if n := c.journal.Totals(); n.Resent == 0 {
		t.Errorf("no item was sent again in spite of %d kills: they fell into silence", kills)
	}
}

// killAround kills one node after the other, spread over what is said, and
// starts each again.
func (c *cluster) killAround(ctx context.Context, s storm, kills int) {
	c.t.Helper()
	for kill := range kills {
		c.awaitAcked(ctx, s.items()*(kill+1)/(kills+2))
		n := c.nodes[kill%len(c.nodes)]
		if err := n.kill(); err != nil {
			c.t.Fatal(err)
		}
		if err := n.start(); err != nil {
			c.t.Fatal(err)
		}
		n.awaitReady(ctx, c.t)
	}
}

// Each mutant must be noticed, by the invariant that it breaks.
func TestTheCheckersNoticeEveryMutant(t *testing.T) {
	quiet := func(ctx context.Context, c *cluster) { c.rage(ctx, copies(2))() }
	kills := func(times int) func(context.Context, *cluster) {
		return func(ctx context.Context, c *cluster) {
			s := storm{visitors: 2, persons: 6, rounds: 4, copies: 1, replies: 10}
			wait := c.rage(ctx, s)
			c.killAround(ctx, s, times)
			wait()
		}
	}
	for _, tt := range []struct {
		mutant mutant
		nodes  int
		storm  func(context.Context, *cluster)
		breaks string
		rarely bool
	}{
		{acksFirst, 1, kills(1), "I1", false},
		{looksThenInserts, 2, quiet, "I2", false},
		{keysWithout, 1, quiet, "I1", true},
		{sentBeforeCall, 1, kills(2), "I6", true},
		{skipsLate, 1, quiet, "I7", false},
		{resumesOff, 1, kills(1), "I7", true},
	} {
		t.Run(string(tt.mutant), func(t *testing.T) {
			if tt.rarely && !long() {
				t.Skip("a quick run tries three mutants, the full one all")
			}
			ctx, cancel := patience(t, 2*time.Minute, 10*time.Minute)
			defer cancel()
			c := newCluster(t, clusterOptions{nodes: tt.nodes, direct: true, mutant: tt.mutant})
			tt.storm(ctx, c)
			c.mustBreak(ctx, tt.breaks)
		})
	}
}

// mustBreak fails the test unless the evidence breaks the invariant.
func (c *cluster) mustBreak(ctx context.Context, invariant string) {
	c.t.Helper()
	e := c.evidence(ctx)
	problems := e.Problems()
	for _, p := range problems {
		if p.Invariant == invariant {
			c.t.Logf("noticed, with %d problems in all: %s", len(problems), p)
			return
		}
	}
	c.t.Errorf("the mutant survived: nothing broke %s, only %v", invariant, problems)
	if err := e.Keep(c.dir); err != nil {
		c.t.Error(err)
	}
}
