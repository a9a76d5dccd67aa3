package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"tongdai/configs"
	"tongdai/connectors/webchat/webchatsim"
)

// WEB-03: a thousand messages of widgets over a net that cuts connections within
// requests and within answers, delays both, and brings requests twice, the second
// beside the first or long after it. Each is there once, in the order of saying.
func TestANetThatCutsDelaysAndDoublesLosesNothing(t *testing.T) {
	ctx, cancel := patience(t, time.Minute, 10*time.Minute)
	defer cancel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	cfg := configs.Default()
	cfg.HTTP.Listen, cfg.Data.Folder = "127.0.0.1:0", t.TempDir()
	cfg.Channels[0].MessagesPerMinute = configs.MessageLimits{Visitor: 1_000_000, Address: 100_000_000}
	cfg.Bot.AnswersPerMinute = 0
	_, url := serveNode(t, cfg)

	line := roughLine(t, strings.TrimPrefix(url, "http://"))
	doubling := newDoubler(t, "http://"+line.Listen, strings.TrimPrefix(url, "http://"), seed)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(client.CloseIdleConnections)
	rough := &webchatsim.Hub{URL: doubling.server.URL, Channel: "web", Client: client}

	var all sync.WaitGroup
	ledgers := make([]*webchatsim.Ledger, count(10, 20))
	for i := range ledgers {
		all.Go(func() {
			visitor := openInsisting(ctx, t, rough)
			ledgers[i] = &webchatsim.Ledger{Visitor: visitor}
			for n := range count(10, 50) {
				if err := ledgers[i].Insist(ctx, fmt.Sprintf("người %d, câu %d: giá điện bao nhiêu", i, n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	doubling.rest()
	for _, toxic := range []string{"cut", "cut within requests", "delay", "delay of requests"} {
		if err := line.Toxics.RemoveToxic(ctx, toxic); err != nil {
			t.Fatal(err)
		}
	}
	report, _, err := check(ctx, ledgers)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d messages, %d sent again, %d requests doubled, %d connections cut; acknowledged after %.0f ms (median), %.0f ms at most",
		report.Messages, report.Resent, doubling.doubled.Load(), doubling.broken.Load(), report.Ack.P50, report.Ack.Max)
	if want := len(ledgers) * count(10, 50); report.Messages != want {
		t.Errorf("%d messages were acknowledged, want %d", report.Messages, want)
	}
	for _, problem := range report.Problems {
		t.Error(problem)
	}
	if report.Resent == 0 || doubling.doubled.Load() == 0 || doubling.broken.Load() == 0 {
		t.Error("the net did nothing of what it should")
	}
}

// roughLine is a line to a hub on which every connection is cut after some
// requests, mostly in the middle of one, and everything takes its time.
func roughLine(t *testing.T, to string) *toxiproxy.Proxy {
	t.Helper()
	line := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "chat", "127.0.0.1:0", to)
	if err := line.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Stop)
	for _, toxic := range []string{
		`{"name": "cut", "type": "limit_data", "stream": "downstream", "attributes": {"bytes": 2345}}`,
		`{"name": "cut within requests", "type": "limit_data", "stream": "upstream", "attributes": {"bytes": 2900}}`,
		`{"name": "delay", "type": "latency", "stream": "downstream", "attributes": {"latency": 20, "jitter": 20}}`,
		`{"name": "delay of requests", "type": "latency", "stream": "upstream", "attributes": {"latency": 20, "jitter": 20}}`,
	} {
		if _, err := line.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
	}
	return line
}

// doubler is a proxy that brings some messages twice: at the same moment, or again
// when the first has long been answered, as broken middle boxes and impatient
// clients do. What breaks behind it breaks for its callers.
type doubler struct {
	server          *httptest.Server
	to, host        string
	client          *http.Client
	late            sync.WaitGroup
	doubled, broken atomic.Int64
	mu              sync.Mutex
	chance          *rand.Rand
}

func newDoubler(t *testing.T, to, host string, seed uint64) *doubler {
	d := &doubler{
		to: to, host: host, chance: rand.New(rand.NewPCG(seed, 3)),
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
	d.server = httptest.NewServer(d)
	t.Cleanup(func() {
		d.server.Close()
		d.client.CloseIdleConnections()
	})
	return d
}

// rest waits until nothing is under way any more.
func (d *doubler) rest() { d.late.Wait() }

func (d *doubler) draw(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.chance.IntN(n)
}

func (d *doubler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if strings.HasSuffix(r.URL.Path, "/messages") && d.draw(3) == 0 {
		d.doubled.Add(1)
		after := time.Duration(d.draw(2)*d.draw(400)) * time.Millisecond
		again := r.Clone(context.WithoutCancel(r.Context()))
		d.late.Go(func() {
			<-time.After(after)
			if answer, err := d.pass(again, body); err == nil {
				_ = answer.Body.Close()
			}
		})
	}
	answer, err := d.pass(r, body)
	if err != nil {
		d.broken.Add(1)
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		d.broken.Add(1)
		panic(http.ErrAbortHandler)
	}
}

func (d *doubler) pass(r *http.Request, body []byte) (*http.Response, error) {
	on, err := http.NewRequestWithContext(r.Context(), r.Method, d.to+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	on.Header, on.Host = r.Header.Clone(), r.Host // which the page's origin names
	return d.client.Do(on)
}
