package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// simulated is a platform that plays its part in the process of a load test.
type simulated interface {
	progressing
	// config is the whole configuration of a hub with a channel of the platform.
	config() string
	// prepare is what is to be done before the hub runs.
	prepare(ctx context.Context, a *app) error
	// connect tells the platform where the hub is.
	connect(ctx context.Context, hub string) error
	// write has citizens write until everything is acknowledged.
	write(ctx context.Context, l load) (written, error)
	books() *books
	Close() error
}

// written is what citizens wrote.
type written struct {
	users       []string
	tries, sent int
	took        time.Duration   // until the last acknowledgement
	waits       []time.Duration // until the acknowledgement of each
}

// runOn is a load test through a platform in this process: it sends what citizens
// write, takes the hub's answers as the platform does, and its ledger is compared
// with what the hub has kept.
func (l load) runOn(ctx context.Context, platform simulated) (report loadReport, err error) {
	defer platform.Close()
	own, err := startTestHub(ctx, hubWanted{
		store: l.store, nodes: l.nodes, entries: l.entries, config: platform.config(),
		prepare: func(a *app) error { return platform.prepare(ctx, a) },
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
	if err := platform.connect(ctx, front); err != nil {
		return report, err
	}
	before, start := own.usage(), time.Now()
	sent, err := platform.write(ctx, l)
	if err != nil {
		return report, err
	}
	if err := drained(ctx, platform); err != nil {
		return report, err
	}
	used, took := own.usage(), time.Since(start)
	own.halt()
	_, last, _ := platform.Progress()
	report, err = own.compared(ctx, platform.books(), sent.users)
	if err != nil {
		return report, err
	}
	report.Connections, report.Resent = l.connections, sent.tries-sent.sent
	report.Seconds = sent.took.Seconds()
	report.PerSecond = float64(report.Messages) / report.Seconds
	report.Drained = float64(report.Messages) / max(last.Sub(start), sent.took).Seconds()
	report.Ack = spreadOf(sent.waits)
	report.Webhooks.PerSecond = float64(report.Webhooks.Count) / max(last.Sub(start), sent.took).Seconds()
	report.Hub = used.since(before, report.Messages, took)
	return report, nil
}

// pace is waited for before each message.
func (l load) pace() func(context.Context) error {
	limit := rate.Inf
	if l.rate > 0 {
		limit = rate.Limit(l.rate)
	}
	limiter := rate.NewLimiter(limit, max(1, int(l.rate/10)))
	return func(ctx context.Context) error {
		if l.saying != nil {
			l.saying()
		}
		return limiter.Wait(ctx)
	}
}

// citizens is how many write.
func (l load) citizens() int { return max(1, l.messages/l.perVisitor) }

// question is what a citizen says next.
func (l load) question(citizen, i int) string {
	n := citizen*l.perVisitor + i
	if l.asking != nil {
		return l.asking(n)
	}
	return loadQuestion(n)
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

// progressing is a platform that tells how many messages of the hub it has
// accepted, when the last, and how many things wait to be taken by the hub.
type progressing interface {
	Progress() (taken int, last time.Time, waiting int)
}

// drained waits until the hub has nothing more to say, and the platform neither.
func drained(ctx context.Context, sim progressing) error {
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

// compared opens what a hub that has ended kept, and compares it with the books
// of the platform.
func (h *testHub) compared(ctx context.Context, books *books, users []string) (report loadReport, err error) {
	s := settings{config: h.config, data: h.data(0)}
	err = s.withHub(ctx, func(a *app) error {
		for _, user := range users {
			if err := books.check(ctx, a.store, user); err != nil {
				return err
			}
		}
		report = loadReport{
			Messages: books.acked, Answers: books.answers, Webhooks: &webhookReport{Count: len(books.webhooks), Ack: spreadOf(books.webhooks)},
			Answer: spreadOf(books.waits), Problems: books.problems(),
		}
		return nil
	})
	return report, err
}
