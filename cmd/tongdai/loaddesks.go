package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tongdai/connectors/webchat/webchatsim"
)

// deskReport tells how a hub does with many desks open while citizens write.
type deskReport struct {
	Desks     int      `json:"desks"`
	Messages  int      `json:"messages"` // acknowledged
	Rate      float64  `json:"per_second"`
	Seen      spread   `json:"seen_ms"`  // from a citizen's sending until a desk was told, for each desk and message
	Ack       spread   `json:"ack_ms"`   // until the citizen's message was acknowledged
	Opened    spread   `json:"open_ms"`  // a desk's first page: who, counts, list, stream
	Views     spread   `json:"views_ms"` // the counts that desks ask for when something has happened
	Asked     int64    `json:"views"`
	Events    int64    `json:"events"`
	Missed    int      `json:"missed"` // pairs of desk and message that were not told
	Share     float64  `json:"cpu_share"`
	IdleShare float64  `json:"cpu_share_idle"` // with all desks open, before anybody writes
	BeforeMB  float64  `json:"before_rss_anon_mb"`
	OpenMB    float64  `json:"open_rss_anon_mb"` // with all desks open
	AfterMB   float64  `json:"after_rss_anon_mb"`
	Problems  []string `json:"problems"`
}

// What citizens write while nothing else is asked for.
const (
	usualRate    = 5   // messages a second
	deskMessages = 150 // in all: half a minute
)

func (l load) runDesks(cmd *cobra.Command, asJSON bool) error {
	r, err := l.measureDesks(cmd.Context())
	if err != nil {
		return err
	}
	return tell(cmd, r, asJSON, "every desk was told of every message; every acknowledged one was found, once, unchanged and answered", r.Problems)
}

// measureDesks opens desks as members' browsers do, and has citizens write.
func (l load) measureDesks(ctx context.Context) (r deskReport, err error) {
	if err := enoughFiles(l.desks, "bàn làm việc"); err != nil {
		return r, err
	}
	l.rate = cmp.Or(l.rate, usualRate)
	l.perVisitor = 1 // each message is a row of its own, by which it is known again
	var sessions []string
	own, err := startTestHub(ctx, hubWanted{
		store: l.store, nodes: l.nodes, entries: l.entries, config: unlimited, prepare: func(a *app) (err error) {
			sessions, err = past{conversations: l.conversations, members: l.desks}.fill(ctx, a)
			return err
		},
	})
	if err != nil {
		return r, err
	}
	defer own.stop()
	if l.conversations > 0 { // what is read into the index is not the desks' doing
		for _, url := range own.urls() {
			if err := allFound(ctx, asMember{url, sessions[0], http.DefaultClient}, l.conversations); err != nil {
				return r, err
			}
		}
	}
	r.Desks, r.Rate, r.BeforeMB = l.desks, l.rate, own.usage().AfterMB
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := newDesks(l, own)
	if err := d.open(ctx, sessions); err != nil {
		return r, err
	}
	before := own.usage()
	if err := pauseFor(ctx, l.idle); err != nil {
		return r, err
	}
	calm := own.usage()
	r.OpenMB, r.IdleShare = calm.AfterMB, (calm.cpu-before.cpu).Seconds()/l.idle.Seconds()
	begun := time.Now()
	ledgers, err := l.send(ctx, d.nodes)
	if err != nil {
		return r, err
	}
	for wait := time.Now(); d.missing(ledgers) > 0 && time.Since(wait) < drainFor/4; {
		if err := pauseFor(ctx, 50*time.Millisecond); err != nil {
			return r, err
		}
	}
	took, used := time.Since(begun), own.usage()
	citizens, _, err := check(ctx, ledgers)
	if err != nil {
		return r, err
	}
	cancel()
	d.running.Wait()
	r.Share, r.AfterMB = (used.cpu-calm.cpu).Seconds()/took.Seconds(), used.AfterMB
	d.report(&r, ledgers)
	r.Problems = append(r.Problems, citizens.Problems...)
	return r, nil
}

func pauseFor(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// desks are the open desks of a load test.
type desks struct {
	nodes   []*webchatsim.Hub
	urls    []string
	client  *http.Client
	running sync.WaitGroup

	asked, events atomic.Int64
	mu            sync.Mutex
	seen          map[string][]time.Time // when desks were first told of a message, by what it says
	opened, views []time.Duration
	problems      []string
}

func newDesks(l load, own *testHub) *desks {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: l.desks + l.connections}}
	d := &desks{urls: own.urls(), client: client, seen: map[string][]time.Time{}}
	for _, url := range d.urls {
		d.nodes = append(d.nodes, &webchatsim.Hub{URL: url, Channel: l.channel, Client: client})
	}
	return d
}

// openedTogether is how many desks are opened at the same time.
const openedTogether = 8

// open opens a desk for each session, and returns when all of them are followed.
func (d *desks) open(ctx context.Context, sessions []string) error {
	g := errgroup.Group{}
	g.SetLimit(openedTogether)
	for i, token := range sessions {
		m := asMember{d.urls[i%len(d.urls)], token, d.client}
		g.Go(func() error {
			begun := time.Now()
			stream, err := d.show(ctx, m)
			if err != nil {
				return err
			}
			d.took(&d.opened, time.Since(begun))
			d.running.Go(func() { d.follow(ctx, m, stream) })
			return nil
		})
	}
	return g.Wait()
}

// show asks for what the desk's page asks for first, and opens its stream.
func (d *desks) show(ctx context.Context, m asMember) (io.ReadCloser, error) {
	var page struct{ Event int64 }
	for _, path := range []string{"/session", "/preferences", "/directory", "/labels", "/views", "/saved-views", "/conversations?view=urgent&limit=20", "/conversations?view=open&limit=50"} {
		answer, err := m.get(ctx, path)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			return nil, err
		}
		if strings.HasPrefix(path, "/conversations") {
			if err := json.Unmarshal(body, &page); err != nil {
				return nil, err
			}
		}
	}
	answer, err := m.get(ctx, fmt.Sprint("/events?after=", page.Event))
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

// The page looks at the counts when something has happened: a burst is one look.
// See inbox/ui/src/stores/views.ts.
const (
	viewsSoon = 150 * time.Millisecond
	viewsGap  = 1500 * time.Millisecond
)

// follow reads a desk's stream until ctx ends.
func (d *desks) follow(ctx context.Context, m asMember, stream io.ReadCloser) {
	defer stream.Close()
	stale := make(chan struct{}, 1)
	d.running.Go(func() { d.look(ctx, m, stale) })
	known := map[string]bool{}
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		at := time.Now()
		var event struct {
			Kind         string
			Conversation *struct {
				Text string `json:"last_text"`
			}
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			d.problem(ctx, fmt.Errorf("an event that is none: %w", err))
			return
		}
		d.events.Add(1)
		if event.Kind == "message.added" || event.Kind == "conversation.changed" {
			select {
			case stale <- struct{}{}:
			default:
			}
		}
		if c := event.Conversation; c != nil && !known[c.Text] {
			known[c.Text] = true
			d.mu.Lock()
			d.seen[c.Text] = append(d.seen[c.Text], at)
			d.mu.Unlock()
		}
	}
	d.problem(ctx, fmt.Errorf("a desk's stream ended: %w", errors.Join(lines.Err(), io.ErrUnexpectedEOF)))
}

// look asks for the counts when they have become stale, as seldom as the page does.
func (d *desks) look(ctx context.Context, m asMember, stale <-chan struct{}) {
	looked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-stale:
		}
		if pauseFor(ctx, max(viewsSoon, viewsGap-time.Since(looked))) != nil {
			return
		}
		looked = time.Now()
		answer, err := m.get(ctx, "/views")
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			err = errors.Join(err, answer.Body.Close())
		}
		if err != nil {
			d.problem(ctx, err)
			return
		}
		d.asked.Add(1)
		d.took(&d.views, time.Since(looked))
	}
}

func (d *desks) took(all *[]time.Duration, t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*all = append(*all, t)
}

// problem notes what went wrong while all should have gone on.
func (d *desks) problem(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.problems = append(d.problems, err.Error())
}

// missing is how many pairs of desk and message have not been told yet.
func (d *desks) missing(ledgers []*webchatsim.Ledger) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range ledgers {
		for _, said := range l.Said {
			n += len(d.opened) - len(d.seen[said.Text])
		}
	}
	return n
}

func (d *desks) report(r *deskReport, ledgers []*webchatsim.Ledger) {
	var seen, acks []time.Duration
	r.Missed = d.missing(ledgers)
	for _, l := range ledgers {
		for _, said := range l.Said {
			r.Messages++
			acks = append(acks, said.Acked.Sub(said.At))
			for _, at := range d.seen[said.Text] {
				seen = append(seen, at.Sub(said.At))
			}
		}
	}
	r.Seen, r.Ack, r.Opened, r.Views = spreadOf(seen), spreadOf(acks), spreadOf(d.opened), spreadOf(d.views)
	r.Asked, r.Events, r.Problems = d.asked.Load(), d.events.Load(), d.problems
	if r.Missed > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d times a desk was not told of a message", r.Missed))
	}
}

func (r deskReport) write(w io.Writer) {
	fmt.Fprintf(w, "%d desks, %d messages of citizens at %g a second\n", r.Desks, r.Messages, r.Rate)
	for _, line := range []struct {
		what string
		spread
	}{{"from a citizen to a desk", r.Seen}, {"to the acknowledgement  ", r.Ack}, {"opening a desk          ", r.Opened}, {"the counts again        ", r.Views}} {
		fmt.Fprintf(w, "%s  p50 %.1f ms  p95 %.1f ms  p99 %.1f ms  max %.1f ms\n", line.what, line.P50, line.P95, line.P99, line.Max)
	}
	fmt.Fprintf(w, "hub: %.0f %% of a core, %.1f %% with all desks open and nobody writing; RssAnon %.0f MB before, %.0f MB with the desks, %.0f MB after\n",
		r.Share*100, r.IdleShare*100, r.BeforeMB, r.OpenMB, r.AfterMB)
	fmt.Fprintf(w, "%d events were read, and counts asked for %d times\n", r.Events, r.Asked)
}
