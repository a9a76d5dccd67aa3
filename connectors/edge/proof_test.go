package edge_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"tongdai/connectors/edge"
	"tongdai/connectors/webchat/webchatsim"
)

var (
	secret = bytes.Repeat([]byte("k"), 32)
	nine   = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

// asked is what a gate wants worked out of one more who comes from address.
func asked(t *testing.T, g *edge.Gate, address string, now time.Time) edge.Challenge {
	t.Helper()
	wait, err := g.Pass(address, edge.Proof{}, now)
	a, is := errors.AsType[*edge.Asked](err)
	if !is || wait <= 0 || a.After != wait {
		t.Fatalf("%s is answered %s, %v, want to be asked for work", address, wait, err)
	}
	return a.Challenge
}

func worked(c edge.Challenge) edge.Proof { return edge.Proof(webchatsim.Challenge(c).Solve()) }

func TestHalfPassFreelyAndTheRestForWork(t *testing.T) {
	g := edge.NewGate(secret, 8, time.Minute, 8)
	passes := func(p edge.Proof) bool {
		wait, err := g.Pass("203.0.113.9", p, nine)
		return wait == 0 && err == nil
	}
	for range 4 {
		if !passes(edge.Proof{}) {
			t.Fatal("the first four were not let through")
		}
	}
	first := asked(t, g, "203.0.113.9", nine)
	for range 4 {
		if !passes(worked(asked(t, g, "203.0.113.9", nine))) {
			t.Fatal("who worked was not let through")
		}
	}
	if wait, err := g.Pass("203.0.113.9", worked(first), nine); wait <= 0 || err != nil {
		t.Errorf("the ninth is answered %s, %v, want a while to wait and no more work", wait, err)
	}
	if wait, err := g.Pass("203.0.113.10", edge.Proof{}, nine); wait != 0 || err != nil {
		t.Errorf("a neighbour is answered %s, %v", wait, err)
	}
}

func TestTheMoreComeFromANetworkTheHarderTheWork(t *testing.T) {
	g := edge.NewGate(secret, 8, time.Minute, 8) // eighty of the network, forty freely
	easy := 0
	for i := range 75 {
		address := fmt.Sprintf("203.0.113.%d", i)
		if i < 40 {
			_, _ = g.Pass(address, edge.Proof{}, nine)
			continue
		}
		c := asked(t, g, address, nine)
		if easy == 0 {
			easy = c.Most
		}
		if wait, err := g.Pass(address, worked(c), nine); wait > 0 || err != nil {
			t.Fatalf("%s worked and is answered %s, %v", address, wait, err)
		}
	}
	if c := asked(t, g, "203.0.113.250", nine); c.Most < 3*easy/2 {
		t.Errorf("up to %d numbers are to be tried after 75 have come, and %d at first", c.Most, easy)
	}
	if _, err := g.Pass("198.51.100.1", edge.Proof{}, nine); err != nil {
		t.Errorf("another network is answered %v", err)
	}
}

func TestAProofOpensOnceAndForALittleWhile(t *testing.T) {
	g := edge.NewGate(secret, 2, time.Hour, 2)
	_, _ = g.Pass("203.0.113.9", edge.Proof{}, nine)
	challenge := asked(t, g, "203.0.113.9", nine)
	good := worked(challenge)
	opens := func(g *edge.Gate, p edge.Proof, now time.Time) bool {
		wait, err := g.Pass("203.0.113.9", p, now)
		return wait == 0 && err == nil
	}
	other := edge.NewGate(bytes.Repeat([]byte("x"), 32), 2, time.Hour, 2)
	_, _ = other.Pass("203.0.113.9", edge.Proof{}, nine)
	for name, p := range map[string]edge.Proof{
		"none":            {},
		"a wrong number":  {Salt: good.Salt, Number: good.Number + 1, Seal: good.Seal},
		"another salt":    {Salt: asked(t, g, "203.0.113.9", nine).Salt, Number: good.Number, Seal: good.Seal},
		"another's seal":  {Salt: good.Salt, Number: good.Number, Seal: asked(t, g, "203.0.113.9", nine).Seal},
		"a cut salt":      {Salt: good.Salt[:8], Number: good.Number, Seal: good.Seal},
		"another's proof": worked(asked(t, other, "203.0.113.9", nine)),
	} {
		if opens(g, p, nine) {
			t.Errorf("%s opens", name)
		}
	}
	if opens(g, good, nine.Add(11*time.Minute)) {
		t.Error("it opens after eleven minutes")
	}
	if !opens(g, good, nine.Add(9*time.Minute)) {
		t.Error("it does not open after nine minutes")
	}
	for _, later := range []time.Duration{9 * time.Minute, 10*time.Minute - time.Second} {
		if opens(g, good, nine.Add(later)) {
			t.Errorf("it opens again after %s", later)
		}
	}
}
