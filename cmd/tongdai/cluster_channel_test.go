package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tongdai/connectors/messenger/messengersim"
	"tongdai/connectors/telegram/telegramsim"
	"tongdai/inbox/ledger"
)

// Nodes are killed while Facebook sends its batches to the balancer: everything
// twice, in two copies at once and with the end of the batch before, and again
// what was not acknowledged.
func TestNodesAreKilledUnderBatches(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 40*time.Minute)
	defer cancel()
	platform, err := startMessengerPlatform()
	if err != nil {
		t.Fatal(err)
	}
	s := newChannelStorm(t, platform, count(3, 60))
	platform.(messengerPlatform).SetUnruly(messengersim.Unruly{Copies: 2, Again: true})
	s.rage(ctx, func(kill int) { s.killed(ctx, s.nodes[kill%len(s.nodes)], nil) })
	s.judge(ctx)
	s.wantResends()
}

// The node that fetches from Telegram is killed, and another fetches on: what was
// given and not confirmed is given again. A node that is stopped instead and goes on
// later does not fetch beside the one that took over.
func TestTheNodeThatFetchesIsKilled(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 40*time.Minute)
	defer cancel()
	platform, err := startTelegramPlatform(true)
	if err != nil {
		t.Fatal(err)
	}
	s := newChannelStorm(t, platform, count(2, 30))
	s.rage(ctx, func(kill int) {
		n := s.fetching(ctx, s.nodes)
		others := slices.DeleteFunc(slices.Clone(s.nodes), func(other *clusterNode) bool { return other == n })
		if kill%2 == 0 {
			s.killed(ctx, n, func() { s.fetching(ctx, others) })
			return
		}
		if !n.signal(syscall.SIGSTOP) {
			t.Fatalf("%s did not run", n.name)
		}
		s.fetching(ctx, others)
		n.signal(syscall.SIGCONT)
		n.awaitReady(ctx, t)
	})
	s.judge(ctx)
	// A fetch that a stopped node had under way ends for that of its successor, and no other.
	sim, clashes := platform.(telegramPlatform).Sim, 0
	for _, call := range sim.Ledger().CallsOf("getUpdates") {
		if call.Code == 409 {
			clashes++
		}
	}
	if clashes > s.kills/2 {
		t.Errorf("%d fetches ended because two nodes fetched at once, at %d changes", clashes, s.kills)
	}
	again := 0
	for _, u := range sim.Ledger().Updates {
		again += max(u.Given-1, 0)
	}
	t.Logf("%d updates were given again; %d fetches ended for another", again, clashes)
}

// Nodes are killed while Telegram calls the balancer, with many updates at once.
func TestNodesAreKilledUnderCalls(t *testing.T) {
	if !long() {
		t.Skip("a quick run has the batches of Facebook go through the same door")
	}
	ctx, cancel := patience(t, 0, 40*time.Minute)
	defer cancel()
	platform, err := startTelegramPlatform(false)
	if err != nil {
		t.Fatal(err)
	}
	s := newChannelStorm(t, platform, 60)
	platform.(telegramPlatform).SetUnruly(telegramsim.Unruly{Copies: 2})
	s.rage(ctx, func(kill int) { s.killed(ctx, s.nodes[kill%len(s.nodes)], nil) })
	s.judge(ctx)
	s.wantResends()
}

// channelStorm is a cluster under the citizens of one platform.
type channelStorm struct {
	*cluster
	platform simulated
	kills    int
	store    *app // beside the nodes, to compare the books
	wrote    written
}

func newChannelStorm(t *testing.T, platform simulated, kills int) *channelStorm {
	t.Helper()
	t.Cleanup(func() { _ = platform.Close() })
	further := filepath.Join(t.TempDir(), "tongdai.yaml")
	if err := os.WriteFile(further, []byte(platform.config()), 0o600); err != nil {
		t.Fatal(err)
	}
	database := furnishedDatabase(t)
	beside := nodeSettings{Listen: freeAddress(t), Database: database, Key: clusterKey(), Data: t.TempDir()}
	store, err := openBeside(t.Context(), beside.config(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.close(); err != nil {
			t.Error(err)
		}
	})
	c := newCluster(t, clusterOptions{nodes: 2, database: database, tune: func(s *nodeSettings) { s.Further = further }})
	return &channelStorm{cluster: c, platform: platform, kills: kills, store: store}
}

// rage lets citizens write, one thing after the other was taken, and has something
// done to the nodes again and again meanwhile.
func (s *channelStorm) rage(ctx context.Context, harm func(kill int)) {
	s.t.Helper()
	if err := s.platform.connect(ctx, s.front); err != nil {
		s.t.Fatal(err)
	}
	const each = 4
	total := each * count(12, 40) * s.kills
	var said atomic.Int64
	wrote := make(chan error, 1)
	go func() {
		var err error
		s.wrote, err = s.platform.write(ctx, load{
			connections: count(8, 24), messages: total, perVisitor: each, saying: func() { said.Add(1) },
			asking: func(n int) string { return question("người dân", n) },
		})
		wrote <- err
	}()
	for kill := range s.kills {
		due := int64(total * (kill + 1) / (s.kills + 2))
		await(ctx, s.t, "what is said before the next harm", func() bool { return said.Load() >= due })
		harm(kill)
	}
	if err := <-wrote; err != nil {
		s.t.Fatal(err)
	}
	if err := drained(ctx, s.platform); err != nil {
		s.t.Error(err)
	}
}

// killed kills a node and starts it again, after meanwhile if there is such.
func (s *channelStorm) killed(ctx context.Context, n *clusterNode, meanwhile func()) {
	s.t.Helper()
	if err := n.kill(); err != nil {
		s.t.Fatal(err)
	}
	if meanwhile != nil {
		meanwhile()
	}
	if err := n.start(); err != nil {
		s.t.Fatal(err)
	}
	n.awaitReady(ctx, s.t)
}

// fetching waits until one of the nodes is that which alone fetches from the channel.
func (s *channelStorm) fetching(ctx context.Context, among []*clusterNode) (node *clusterNode) {
	s.t.Helper()
	const held = `tongdai_lease_held{lease="poll ` + simulatedTelegram + `"} 1`
	await(ctx, s.t, "a node that fetches", func() bool {
		for _, n := range among {
			if strings.Contains(figures(ctx, s.t, n.url), held) {
				node = n
			}
		}
		return node != nil
	})
	return node
}

// judge compares what happened on the platform with what every node shows, and
// what the platform took with what the hub has sent.
func (s *channelStorm) judge(ctx context.Context) {
	s.t.Helper()
	said := s.platform.books()
	for user, all := range said.said {
		for i, e := range all {
			item := s.journal.Said(ledger.Item{Channel: string(said.channel), Person: user, Key: e.ID, Text: e.Text, Round: i})
			s.journal.Answer(item, e.Acked)
		}
	}
	s.cluster.judge(ctx)
	books := s.platform.books() // now that all has settled: what a kill cut off may have left long after the rest
	for _, user := range s.wrote.users {
		if err := books.check(ctx, s.store.store, user); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, problem := range books.problems() {
		s.t.Error(problem)
	}
	if books.acked != s.wrote.sent {
		s.t.Errorf("%d messages were acknowledged of %d", books.acked, s.wrote.sent)
	}
	s.t.Logf("%d messages after %d deliveries, %d answers, %d of them in doubt", books.acked, s.wrote.tries, books.answers, books.doubtful)
}

// wantResends: what is brought to a node that was just killed is brought again.
func (s *channelStorm) wantResends() {
	s.t.Helper()
	if s.wrote.tries == s.wrote.sent {
		s.t.Error("nothing was ever sent again: the kills fell into silence")
	}
}
