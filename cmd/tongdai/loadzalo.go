package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"tongdai/connectors"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
)

// platformLimit lets a simulated Zalo take everything: the hub is measured, not
// the platform's own limits.
const platformLimit = 100_000_000 // calls a minute

// runZalo is a load test through a simulated Zalo in this process: it signs and
// sends what citizens write, shows the hub's answers to it as the platform does
// (echoes, receipts), and its ledger is compared with what the hub has kept.
func (l load) runZalo(ctx context.Context) (report loadReport, err error) {
	sim, err := zalosim.Start(zalosim.Config{PerMinute: platformLimit, Package: platformLimit})
	if err != nil {
		return report, err
	}
	defer sim.Close()
	own, err := startTestHub(ctx, hubWanted{
		store: l.store, nodes: l.nodes, entries: l.entries, config: withZalo(sim, "http://127.0.0.1"),
		prepare: func(a *app) error { return a.consent(ctx, sim) },
	})
	if err != nil {
		return report, err
	}
	defer own.stop()
	front, close, err := own.front(ctx)
	if err != nil {
		return report, err
	}
	defer close()
	sim.SetWebhook(hookOf(front))

	before, start := own.usage(), time.Now()
	sent, err := sim.Load(ctx, l.zaloLoad())
	if err != nil {
		return report, err
	}
	if err := drained(ctx, sim); err != nil {
		return report, err
	}
	used := own.usage()
	own.halt()
	_, last, _ := sim.Progress()
	report, err = own.zaloReport(ctx, sim, sent.Users)
	if err != nil {
		return report, err
	}
	report.Connections, report.Resent = l.connections, sent.Tries-sent.Acked
	report.Seconds = sent.Took.Seconds()
	report.PerSecond = float64(report.Messages) / report.Seconds
	report.Drained = float64(report.Messages) / max(last.Sub(start), sent.Took).Seconds()
	report.Ack = spreadOf(sent.Waits)
	report.Webhooks.PerSecond = float64(report.Webhooks.Count) / max(last.Sub(start), sent.Took).Seconds()
	report.Hub = used.since(before, report.Messages)
	return report, nil
}

// zaloLoad is what the simulated citizens do.
func (l load) zaloLoad() zalosim.Load {
	limit := rate.Inf
	if l.rate > 0 {
		limit = rate.Limit(l.rate)
	}
	pace := rate.NewLimiter(limit, max(1, int(l.rate/10)))
	return zalosim.Load{
		Senders: l.connections, Citizens: max(1, l.messages/l.perVisitor), Each: l.perVisitor, Pace: pace.Wait,
		Text: func(citizen, i int) string { return loadQuestion(citizen*l.perVisitor + i) },
	}
}

// front is the one address that a platform knows: the node's, or that of a
// balancer before several.
func (h *testHub) front(ctx context.Context) (url string, stop func(), err error) {
	if len(h.nodes) == 1 {
		return h.nodes[0].url, func() {}, nil
	}
	var addresses []string
	for _, url := range h.urls() {
		addresses = append(addresses, url[len("http://"):])
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	b := newBalancer(addresses, nil)
	server := &http.Server{Handler: b, ReadHeaderTimeout: dialTimeout}
	ctx, cancel := context.WithCancel(ctx)
	var running errgroup.Group
	running.Go(func() error { return b.Run(ctx) })
	running.Go(func() error { return server.Serve(listener) })
	return "http://" + listener.Addr().String(), func() {
		cancel()
		_ = server.Close()
		_ = running.Wait() // both were told to end
	}, nil
}

// settledAfter is how long nothing more must leave the hub until all counts as answered.
const settledAfter = 2 * time.Second

// drained waits until the hub has nothing more to say, and the platform neither.
func drained(ctx context.Context, sim *zalosim.Sim) error {
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	tick := time.NewTicker(settledAfter / 8)
	defer tick.Stop()
	known, since := -1, time.Now()
	for {
		taken, _, waiting := sim.Progress()
		if taken != known || waiting > 0 {
			known, since = taken, time.Now()
		}
		if time.Since(since) > settledAfter {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s the hub still sends, or has not acknowledged %d events: %w", drainFor, waiting, ctx.Err())
		case <-tick.C:
		}
	}
}

// zaloReport opens what a hub that has ended kept, and compares it with the
// ledger of the platform.
func (h *testHub) zaloReport(ctx context.Context, sim *zalosim.Sim, users []string) (report loadReport, err error) {
	s := settings{config: h.config, data: h.data(0)}
	err = s.withHub(ctx, func(a *app) error {
		books := newZaloBooks(sim)
		for _, user := range users {
			if err := books.check(ctx, a.store, user); err != nil {
				return err
			}
		}
		report = loadReport{
			Messages: books.acked, Answers: books.answers, Webhooks: &webhookReport{Count: len(books.webhooks), Ack: spreadOf(books.webhooks)},
			Answer: spreadOf(books.waits), Problems: append(books.problems, books.unowned()...),
		}
		return nil
	})
	return report, err
}

// zaloBooks compares what happened on the platform with what the hub kept of it.
type zaloBooks struct {
	oa       string
	said     map[string][]zalosim.Event // what citizens wrote, by user
	taken    map[string]zalosim.Call    // what the hub sent and the platform accepted, by message
	webhooks []time.Duration            // how long the acknowledgement of each took, whatever it tells

	acked, answers int
	doubtful       int // messages of which the hub knows that they may have left twice
	waits          []time.Duration
	problems       []string
}

func newZaloBooks(sim *zalosim.Sim) *zaloBooks {
	b := &zaloBooks{oa: sim.Config().OAs[0].ID, said: map[string][]zalosim.Event{}, taken: map[string]zalosim.Call{}}
	ledger := sim.Ledger()
	for _, e := range ledger.Events {
		if acked := slices.IndexFunc(e.Tries, func(t zalosim.Try) bool { return t.Status == http.StatusOK }); acked >= 0 {
			b.webhooks = append(b.webhooks, e.Tries[acked].Took)
		}
		if e.Name == "user_send_text" {
			b.said[e.User] = append(b.said[e.User], e)
		}
	}
	for _, c := range ledger.Calls {
		if c.Message != "" {
			b.taken[c.Message] = c
		}
	}
	return b
}

func (b *zaloBooks) bad(format string, args ...any) {
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

// check compares one citizen's chat on the platform with the conversations the
// hub kept: every acknowledged event is a message, once, unchanged and in order,
// each weighed by the bot or left to people, and every answer was accepted by the
// platform once.
func (b *zaloBooks) check(ctx context.Context, store inbox.Store, user string) error {
	var kept []inbox.Message
	var weighed int
	var handedOff bool
	err := store.View(ctx, func(tx inbox.Reader) error {
		kept, weighed, handedOff = nil, 0, false
		visits, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(simulatedZalo, connectors.RemoteID(user))}, Limit: 100})
		if err != nil {
			return err
		}
		for _, c := range slices.Backward(visits) {
			messages, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 10_000})
			if err != nil {
				return err
			}
			kept = append(kept, messages...)
			handedOff = handedOff || c.Handoff != nil
			for _, m := range messages {
				if _, err := tx.Turn(m.ID); m.Direction == inbox.In && err == nil {
					weighed++
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	said := b.incoming(user, kept)
	answered := b.outgoing(user, kept)
	switch {
	case weighed < said && !handedOff:
		b.bad("citizen %s said %d things, and %d were weighed", user, said, weighed)
	case answered != weighed:
		b.bad("citizen %s has %d answers of the bot to %d messages", user, answered, weighed)
	}
	return nil
}

// incoming compares what a citizen said with what the hub kept, and counts it.
func (b *zaloBooks) incoming(user string, kept []inbox.Message) (said int) {
	place := map[connectors.RemoteID]int{}
	for i, e := range b.said[user] {
		place[connectors.RemoteID(e.Message)] = i
		if !e.Acked.IsZero() {
			b.acked++
		}
	}
	times := make([]int, len(b.said[user]))
	last := -1
	for _, m := range kept {
		if m.Direction != inbox.In {
			continue
		}
		said++
		i, known := place[m.Remote]
		switch {
		case !known:
			b.bad("the hub kept a message %s of citizen %s that was never said", m.Remote, user)
			continue
		case i < last:
			b.bad("message %s of citizen %s stands after a later one", m.Remote, user)
		case m.Content.Text != b.said[user][i].Text:
			b.bad("message %s of citizen %s has other words", m.Remote, user)
		}
		last = max(last, i)
		times[i]++
	}
	for i, e := range b.said[user] {
		switch {
		case times[i] > 1:
			b.bad("message %s of citizen %s is there %d times", e.Message, user, times[i])
		case times[i] == 0 && !e.Acked.IsZero():
			b.bad("message %s of citizen %s was acknowledged and is lost", e.Message, user)
		}
	}
	return said
}

// outgoing looks for every answer of the bot among what the platform accepted.
func (b *zaloBooks) outgoing(user string, kept []inbox.Message) (answered int) {
	for _, m := range kept {
		if m.Direction != inbox.Out {
			continue
		}
		if m.Delivery.Doubtful {
			b.doubtful++
		}
		switch m.Delivery.State {
		case inbox.Sent, inbox.Delivered, inbox.Read:
		default:
			b.bad("an answer to citizen %s is still %s: %s", user, m.Delivery.State, m.Delivery.Reason)
		}
		if m.Author.Kind != inbox.Bot {
			b.bad("citizen %s was answered by %s, whom there is none of", user, m.Author.Kind)
			continue
		}
		answered++
		b.answers++
		for i, id := range append([]connectors.RemoteID{m.Remote}, m.Parts...) {
			call, known := b.taken[string(id)]
			if !known {
				b.bad("an answer to citizen %s has the id %q, which the platform never gave, or gave another answer", user, id)
				continue
			}
			if i == 0 && answered <= len(b.said[user]) {
				b.waits = append(b.waits, call.At.Sub(b.said[user][answered-1].At))
			}
			delete(b.taken, string(id))
		}
	}
	return answered
}

// unowned are the messages that the platform accepted and the hub knows nothing
// of: what left twice. So many may be as the hub itself says are doubtful.
func (b *zaloBooks) unowned() []string {
	if len(b.taken) <= b.doubtful {
		return nil
	}
	return []string{fmt.Sprintf("%d messages reached the platform beside those the hub knows of, and %d are marked as doubtful", len(b.taken), b.doubtful)}
}
