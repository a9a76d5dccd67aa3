package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox"
)

// DUR-01: the embedded hub is killed with SIGKILL again and again while messages
// pour in, from senders who send again until they are acknowledged, and while
// the bot and members answer. The books must agree, and nothing may hang loose
// in the store.
func TestKilledAgainAndAgain(t *testing.T) {
	ctx, cancel := patience(t, 5*time.Minute, 40*time.Minute)
	defer cancel()
	c := newCluster(t, clusterOptions{nodes: 1, embedded: true})
	s := storm{
		visitors: count(8, 16), persons: count(5, 8), rounds: count(8, 156), copies: 1,
		broken: count(2, 20), replies: count(15, 500),
	}
	for _, p := range c.hooks {
		p.cuts.Store(1)
	}
	wait := c.rage(ctx, s)
	c.killAround(ctx, s, count(6, 100))
	wait()
	c.judge(ctx)
	if n := c.journal.Totals(); n.Resent == 0 {
		t.Error("no item was ever sent again: the kills fell into silence")
	}
	if err := c.nodes[0].kill(); err != nil {
		t.Fatal(err)
	}
	looseEnds(t, c.nodes[0].settings.config(), s.items()-2*s.broken)
}

// openInsisting opens a session of the web chat, however long that takes.
func openInsisting(ctx context.Context, t *testing.T, hub *webchatsim.Hub) (v *webchatsim.Visitor) {
	err := insistently(ctx, func() (err error) {
		v, err = hub.Open(ctx)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return v
}

func await(ctx context.Context, t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s never came", what)
		case <-tick.C:
		}
	}
}

// looseEnds opens the store of a dead hub and looks for anything that hangs
// loose: a conversation without its contact, a gap in its numbers, a message of
// a citizen that nobody weighed, an unfinished task.
func looseEnds(t *testing.T, cfg configs.Config, said int) {
	t.Helper()
	a, err := openApp(t.Context(), cfg, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()
	for _, kind := range []inbox.Work{inbox.Turns, inbox.Deliveries} {
		claims, err := a.store.Claim(t.Context(), kind, 10, time.Minute)
		if err != nil || len(claims) > 0 {
			t.Errorf("%d tasks of kind %s are left, %v", len(claims), kind, err)
		}
	}
	found := 0
	err = a.store.View(t.Context(), func(tx inbox.Reader) error {
		q := inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}, Limit: 100}
		for {
			page, next, err := tx.Conversations(q)
			if err != nil {
				return err
			}
			for _, c := range page {
				n, err := whole(t, tx, c)
				if err != nil {
					return fmt.Errorf("conversation %s: %w", c.Code, err)
				}
				found += n
			}
			if next == "" {
				return nil
			}
			q.After = next
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != said {
		t.Errorf("the store holds %d messages of citizens, %d were said", found, said)
	}
}

// whole checks one conversation and counts the citizen's messages in it.
func whole(t *testing.T, tx inbox.Reader, c inbox.Conversation) (said int, err error) {
	if _, err := tx.Contact(c.Contact); err != nil {
		return 0, err
	}
	messages, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 1000})
	if err != nil {
		return 0, err
	}
	for i, m := range messages {
		if m.Seq != uint64(i+1) {
			t.Errorf("conversation %s: message %d has number %d", c.Code, i+1, m.Seq)
		}
		if m.Direction != inbox.In {
			continue
		}
		said++
		turn, err := tx.Turn(m.ID)
		if err != nil && c.Handler != inbox.ByPeople { // people have what comes after a handoff, or after they took it
			return said, fmt.Errorf("message %d was never weighed: %w", m.Seq, err)
		}
		if err == nil && (turn.Outcome == bot.HandOff || turn.Outcome == bot.Urgent) && c.Handoff == nil {
			t.Errorf("conversation %s was handed off and does not know", c.Code)
		}
		if _, err := tx.Raw(m.Raw); err != nil {
			return said, err
		}
	}
	if c.LastSeq != uint64(len(messages)) {
		t.Errorf("conversation %s counts %d messages and has %d", c.Code, c.LastSeq, len(messages))
	}
	return said, nil
}
