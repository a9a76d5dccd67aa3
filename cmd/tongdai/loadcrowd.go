package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox/ledger"
)

const (
	perAddress    = 400                    // widgets of one address; the hub admits 500 streams
	backPerSecond = 1100                   // come back; so ten thousand do in ten seconds
	saidMeanwhile = 10                     // one of so many says something while it is away
	quietAtMost   = 45 * time.Second       // two signs of life, and some
	pageEvery     = 100 * time.Millisecond // a page is asked for while they come back
)

// crowd are all widgets on one hub.
type crowd struct {
	url     string
	widgets []*openWidget
	dropped atomic.Int64
}

// openWidget is one widget. Messages it told are in the order in which it told them.
type openWidget struct {
	crowd    *crowd
	hub      *webchatsim.Hub
	speaking sync.Mutex
	ledger   webchatsim.Ledger

	mu     sync.Mutex
	told   []webchatsim.Message
	stream *webchatsim.Stream
	cut    context.CancelFunc
	ended  chan struct{} // closed once what the stream said is in told
}

// newCrowd spreads the widgets over as many addresses of this machine as the
// limits for one address ask for.
func newCrowd(url string, n int) *crowd {
	c := &crowd{url: url}
	var hub *webchatsim.Hub
	for i := range n {
		if i%perAddress == 0 {
			from := net.IPv4(127, 0, 1+byte(i/perAddress/250), 1+byte(i/perAddress%250))
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}
			hub = &webchatsim.Hub{URL: url, Channel: "web", Client: &http.Client{
				Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 4, ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10},
			}}
		}
		c.widgets = append(c.widgets, &openWidget{crowd: c, hub: hub})
	}
	return c
}

// each calls do for every widget, so many at a time.
func (c *crowd) each(ctx context.Context, atOnce int, do func(ctx context.Context, w *openWidget) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, w := range c.widgets {
		g.Go(func() error { return do(ctx, w) })
	}
	return g.Wait()
}

// arrive opens all widgets, and has each say something and be answered.
func (c *crowd) arrive(ctx context.Context, atOnce int) error {
	err := c.each(ctx, atOnce, func(_ context.Context, w *openWidget) (err error) { // the streams outlive this
		if w.ledger.Visitor, err = w.hub.Open(ctx); err != nil {
			return err
		}
		if err := w.open(ctx); err != nil {
			return err
		}
		return w.speak(ctx)
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	return c.each(ctx, atOnce, func(ctx context.Context, w *openWidget) error { return w.answered(ctx) })
}

// talk has one widget after the other say something, until enough was said.
func (c *crowd) talk(ctx context.Context, enough <-chan struct{}, rate float64) error {
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	var all errgroup.Group
	for i := 0; ; i++ {
		select {
		case <-enough:
			return all.Wait()
		case <-tick.C:
			all.Go(func() error { return c.widgets[i%len(c.widgets)].speak(ctx) })
		}
	}
}

// lost counts the streams that ended by themselves, and those that are silent.
func (c *crowd) lost() (dropped, silent int) {
	for _, w := range c.widgets {
		if time.Since(w.stream.Heard()) > quietAtMost {
			silent++
		}
	}
	return int(c.dropped.Load()), silent
}

// leave ends all streams, as pages that are closed do.
func (c *crowd) leave() {
	for _, w := range c.widgets {
		if w.cut != nil {
			w.cut()
		}
	}
	for _, w := range c.widgets {
		if w.ended != nil {
			<-w.ended
		}
	}
}

// speakAway has some say something while nobody follows.
func (c *crowd) speakAway(ctx context.Context, atOnce int) error {
	some := &crowd{}
	for i := 0; i < len(c.widgets); i += saidMeanwhile {
		some.widgets = append(some.widgets, c.widgets[i])
	}
	return some.each(ctx, atOnce, func(ctx context.Context, w *openWidget) error { return w.speak(ctx) })
}

// comeBack has all follow again from where they were, one after the other but
// without waiting for each other, while somebody opens pages.
func (c *crowd) comeBack(ctx context.Context) (report returnReport, err error) {
	looking, enough := context.WithCancel(ctx)
	defer enough()
	var pages errgroup.Group
	var loaded []time.Duration
	pages.Go(func() (err error) {
		loaded, err = c.pages(looking)
		return err
	})
	start := time.Now()
	took := make([]time.Duration, len(c.widgets))
	var coming errgroup.Group
	for i, w := range c.widgets {
		coming.Go(func() error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(i) * time.Second / backPerSecond):
			}
			came := time.Now()
			err := w.open(ctx)
			took[i] = time.Since(came)
			return err
		})
	}
	if err := coming.Wait(); err != nil {
		return report, err
	}
	report.Seconds, report.Back = time.Since(start).Seconds(), spreadOf(took)
	enough()
	err = pages.Wait()
	report.Page = spreadOf(loaded)
	return report, err
}

// pages opens the portal's first page again and again until ctx ends.
func (c *crowd) pages(ctx context.Context) (took []time.Duration, err error) {
	tick := time.NewTicker(pageEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return took, nil
		case <-tick.C:
		}
		start := time.Now()
		resp, err := http.Get(c.url + "/")
		if err != nil {
			return nil, fmt.Errorf("a page while widgets came back: %w", err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("a page while widgets came back: status %d, %w", resp.StatusCode, err)
		}
		took = append(took, time.Since(start))
	}
}

// acks are the times to the acknowledgement of what was said between two times.
func (c *crowd) acks(from, to time.Time) spread {
	var all []time.Duration
	for _, w := range c.widgets {
		for _, said := range w.ledger.Said {
			if said.At.After(from) && said.At.Before(to) {
				all = append(all, said.Acked.Sub(said.At))
			}
		}
	}
	return spreadOf(all)
}

// check holds what the streams told against what was said, and against what
// the hub shows each visitor now: nothing is missing, nothing came twice.
func (c *crowd) check(ctx context.Context, atOnce int, report *widgetReport) error {
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	var gaps atomic.Int64
	err := c.each(ctx, atOnce, func(ctx context.Context, w *openWidget) error {
		same, err := w.toldAll(ctx)
		if !same {
			gaps.Add(1)
		}
		return err
	})
	if err != nil {
		return err
	}
	journal, visits := &ledger.Journal{}, []ledger.Visit{}
	for i, w := range c.widgets {
		told := w.heard()
		f := w.ledger.Figures(told)
		report.Messages += f.Acked
		report.Answers += f.Answers
		visits = append(visits, enter(journal, fmt.Sprint("widget ", i), w.ledger.Said, told))
	}
	report.Problems = problemsOf(ledger.Evidence{Journal: journal, Shown: []ledger.Shown{ledger.SeenBy(visits)}, ByKey: true})
	add := func(n int, what string) {
		if n > 0 {
			report.Problems = append(report.Problems, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(report.Dropped, "streams ended by themselves")
	add(report.Silent, "streams showed no sign of life")
	add(int(gaps.Load()), "widgets were not told by their streams what the hub shows: something is missing, came twice or in another order")
	return nil
}

// open follows on from the last message told.
func (w *openWidget) open(ctx context.Context) error {
	after := ""
	if n := len(w.told); n > 0 {
		after = w.told[n-1].Cursor
	}
	following, cut := context.WithCancel(ctx)
	stream, err := w.ledger.Visitor.Follow(following, after)
	if err != nil {
		cut()
		return err
	}
	w.stream, w.cut, w.ended = stream, cut, make(chan struct{})
	go w.read(following)
	return nil
}

// read notes what the stream tells until it is cut.
func (w *openWidget) read(ctx context.Context) {
	defer close(w.ended)
	defer w.stream.Close()
	for {
		m, err := w.stream.Next()
		if err != nil {
			if ctx.Err() == nil {
				w.crowd.dropped.Add(1)
			}
			return
		}
		w.mu.Lock()
		w.told = append(w.told, m)
		w.mu.Unlock()
	}
}

func (w *openWidget) heard() []webchatsim.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.told)
}

func (w *openWidget) speak(ctx context.Context) error {
	w.speaking.Lock()
	defer w.speaking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	return w.ledger.Insist(ctx, loadQuestion(len(w.ledger.Said)))
}

// answered waits until the stream has told an answer of the bot.
func (w *openWidget) answered(ctx context.Context) error {
	return until(ctx, func() (bool, error) { return w.ledger.Figures(w.heard()).Answers > 0, nil })
}

// toldAll waits until the streams have told what the hub shows, and reports
// whether they did before ctx ended.
func (w *openWidget) toldAll(ctx context.Context) (bool, error) {
	err := until(ctx, func() (bool, error) {
		shown, err := w.ledger.Visitor.History(ctx)
		return slices.EqualFunc(shown, w.heard(), sameMessage), err
	})
	if ctx.Err() != nil {
		return false, nil
	}
	return err == nil, err
}

func sameMessage(a, b webchatsim.Message) bool {
	return a.Conversation == b.Conversation && a.Seq == b.Seq && a.Text == b.Text
}

// until waits for something to be so.
func until(ctx context.Context, so func() (bool, error)) error {
	for {
		if met, err := so(); met || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
