package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox/ledger"
)

// The test platform is what storms need of a platform, and nothing else: it
// pushes to us and sends again what was not acknowledged, perhaps several times
// at once and to different nodes; we call it to send, it knows no idempotency,
// and every call it takes is a message that the citizen has.
const (
	testPlatformKind  = "testplatform"
	testPlatformToken = "a token that only the test platform knows"
	testNodeHeader    = "X-Node" // which node calls
	// platformPatience is how long it waits for an acknowledgement.
	platformPatience = 2 * time.Second
	// storing is how long the hub may take, so that it is 503 in time.
	storing = 1500 * time.Millisecond
)

// platformEvent is what it pushes, and platformMessage what it is sent.
type platformEvent struct {
	Key  string    `json:"key"`
	From string    `json:"from"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

type platformMessage struct {
	Key  string `json:"key"`
	To   string `json:"to"`
	Text string `json:"text"`
}

// testConnector is the hub's side of a channel.
type testConnector struct {
	channel connectors.Channel
	url     string
	node    string // which we are
	client  *http.Client
}

var (
	_ connectors.Connector = (*testConnector)(nil)
	_ connectors.Webhook   = (*testConnector)(nil)
)

func newTestConnector(id, url, node string) *testConnector {
	return &testConnector{
		channel: connectors.Channel{ID: connectors.ChannelID(id), Kind: testPlatformKind, Name: "Kênh thử " + id},
		url:     url, node: node, client: &http.Client{},
	}
}

func (c *testConnector) Channel() connectors.Channel { return c.channel }

func (c *testConnector) Limits() connectors.Limits { return connectors.Limits{TextLength: 4000} }

func (c *testConnector) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	body, err := json.Marshal(platformMessage{Key: out.Key, To: string(out.To), Text: out.Content.Text})
	if err != nil {
		return connectors.Receipt{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/send", bytes.NewReader(body))
	if err != nil {
		return connectors.Receipt{}, err
	}
	req.Header.Set(testNodeHeader, c.node)
	resp, err := c.client.Do(req)
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return connectors.Receipt{}, err
	}
	if err != nil {
		return connectors.Receipt{}, &connectors.Error{Kind: connectors.Uncertain, Err: err}
	}
	defer resp.Body.Close()
	id, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return connectors.Receipt{}, &connectors.Error{Kind: connectors.Uncertain, Err: err}
	case resp.StatusCode != http.StatusOK:
		return connectors.Receipt{}, fmt.Errorf("the platform answered %d", resp.StatusCode)
	}
	return connectors.Receipt{Message: connectors.RemoteID(id), At: time.Now()}, nil
}

func (c *testConnector) Handler(r connectors.Receiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != testPlatformToken {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 1<<16))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		raw := connectors.Raw{Channel: c.channel.ID, ReceivedAt: time.Now(), Type: "application/json", Body: body}
		var in []connectors.Inbound
		var e platformEvent
		if err := json.Unmarshal(body, &e); err != nil || e.Key == "" {
			raw.Trouble = "không đọc được"
		} else {
			in = append(in, connectors.Inbound{
				Key: e.Key, Kind: connectors.Said, From: connectors.RemoteID(e.From), SentAt: e.At,
				Content: content.Content{Text: e.Text}, Language: "vi",
			})
		}
		ctx, cancel := context.WithTimeout(req.Context(), storing)
		defer cancel()
		if err := r.Receive(ctx, raw, in); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

// platform is the simulator of one channel.
type platform struct {
	id      string
	journal *ledger.Journal
	server  *httptest.Server
	client  *http.Client
	slow    atomic.Int64 // nanoseconds that it takes for an answer
	cuts    atomic.Int64 // so many of the next calls are taken and not answered
	busy    atomic.Int64 // so many of the next calls are refused for now
	made    atomic.Int64
}

func newPlatform(t *testing.T, id string, journal *ledger.Journal) *platform {
	p := &platform{id: id, journal: journal, client: &http.Client{
		Timeout:   platformPatience,
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /send", p.take)
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

// take is called by the hub. What it does not refuse, the citizen has.
func (p *platform) take(w http.ResponseWriter, r *http.Request) {
	var m platformMessage
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return // cut off before it was all there
	}
	call := ledger.Call{Channel: p.id, To: m.To, Key: m.Key, Text: m.Text, Node: r.Header.Get(testNodeHeader), At: time.Now()}
	defer func() {
		call.Ended = time.Now()
		p.journal.Called(call)
	}()
	if p.busy.Add(-1) >= 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	call.Taken = true
	if p.cuts.Add(-1) >= 0 {
		call.Cut = true
		panic(http.ErrAbortHandler)
	}
	select {
	case <-time.After(time.Duration(p.slow.Load())):
	case <-r.Context().Done():
	}
	call.Cut = r.Context().Err() != nil
	_, _ = fmt.Fprintf(w, "%s-%d", p.id, p.made.Add(1)) // whoever has left does not read it
}

// push sends an item once.
func (p *platform) push(ctx context.Context, url string, item *ledger.Item) error {
	return p.pushBy(ctx, p.client, url, item)
}

// waited sends an item once, waits for the answer however long that takes, and
// tells how long.
func (p *platform) waited(ctx context.Context, url string, item *ledger.Item) (time.Duration, error) {
	took := stopwatch()
	err := p.pushBy(ctx, http.DefaultClient, url, item)
	p.journal.Answer(item, err == nil)
	return took(), err
}

func (p *platform) pushBy(ctx context.Context, client *http.Client, url string, item *ledger.Item) error {
	body := []byte(item.Text)
	if !item.Broken {
		var err error
		if body, err = json.Marshal(platformEvent{Key: item.Key, From: item.Person, Text: item.Text, At: time.Now()}); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/hook/"+p.id+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", testPlatformToken)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close() // read
	if resp.StatusCode != http.StatusOK {
		return &ledger.Refused{Status: resp.StatusCode, Call: "POST /hook/" + p.id}
	}
	return nil
}

// insist sends copies of an item at once, to the addresses in turn, and each of
// them again until it is acknowledged; note is told how each try ended.
func (p *platform) insist(ctx context.Context, urls []string, item *ledger.Item, copies int, note func(error)) error {
	errs := make([]error, copies)
	var sending sync.WaitGroup
	for i := range copies {
		sending.Go(func() {
			errs[i] = insistently(ctx, func() error {
				err := p.push(ctx, urls[i%len(urls)], item)
				p.journal.Answer(item, err == nil)
				note(err)
				return err
			})
		})
	}
	sending.Wait()
	return errors.Join(errs...)
}
