package connectortest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
)

// errStore is what the hub says while it cannot keep anything.
var errStore = errors.New("connectortest: the store cannot be written")

// patience is how long the suite waits for what must come.
const patience = 30 * time.Second

// Receiver is a connectors.Receiver that takes down what it is handed. It can be
// told to fail, and to do something meanwhile. The zero Receiver keeps everything.
type Receiver struct {
	// Marks take the bookmarks that come with what is kept; nil: nobody does.
	Marks *Bookmarks

	mu     sync.Mutex
	calls  []receipt
	err    error
	during func(connectors.Raw, []connectors.Inbound) error
}

// receipt is one call of Receive, and what it returned.
type receipt struct {
	raw connectors.Raw
	in  []connectors.Inbound
	err error
}

var _ connectors.Receiver = (*Receiver)(nil)

// Receive implements connectors.Receiver. What it returns an error for is not kept.
func (r *Receiver) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	raw.Body, in = slices.Clone(raw.Body), slices.Clone(in) // a caller may use its memory again
	r.mu.Lock()
	err, during := r.err, r.during
	r.mu.Unlock()
	if during != nil {
		if refused := during(raw, in); refused != nil {
			err = refused
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, receipt{raw, in, err})
	if err == nil && r.Marks != nil {
		r.Marks.keep(raw)
	}
	return err
}

// Fails has every call from now on fail with err; nil: none.
func (r *Receiver) Fails(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Meanwhile has every call from now on wait for during; where it returns an error,
// so does the call.
func (r *Receiver) Meanwhile(during func(connectors.Raw, []connectors.Inbound) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.during = during
}

// Kept are the raw requests that were kept, in order.
func (r *Receiver) Kept() (all []connectors.Raw) {
	for _, call := range r.tried() {
		if call.err == nil {
			all = append(all, call.raw)
		}
	}
	return all
}

// Inbounds are all that was kept, in order and as often as it came.
func (r *Receiver) Inbounds() (all []connectors.Inbound) {
	for _, call := range r.tried() {
		if call.err == nil {
			all = append(all, call.in...)
		}
	}
	return all
}

// All that was kept of some kinds, or without kinds of every one: each key once,
// as a hub keeps it.
func (r *Receiver) All(kinds ...connectors.InboundKind) (all []connectors.Inbound) {
	type key struct {
		kind  connectors.InboundKind
		value string
	}
	known := map[key]bool{}
	for _, in := range r.Inbounds() {
		if k := (key{in.Kind, in.Key}); !known[k] && (len(kinds) == 0 || slices.Contains(kinds, in.Kind)) {
			known[k] = true
			all = append(all, in)
		}
	}
	return all
}

// tried is every call, kept or not.
func (r *Receiver) tried() []receipt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// handed are all that was handed over in these calls, in order.
func (r *Receiver) handed() (all []connectors.Inbound) {
	for _, call := range r.tried() {
		all = append(all, call.in...)
	}
	return all
}

// troubles are what could not be understood, in the connector's words.
func (r *Receiver) troubles() (all []string) {
	for _, call := range r.tried() {
		if call.raw.Trouble != "" {
			all = append(all, call.raw.Trouble)
		}
	}
	return all
}

// post is a platform that calls the connector over HTTP.
type post struct {
	t        *testing.T
	h        *Harness
	hook     *Hook
	receiver *Receiver
	server   *httptest.Server
	answered *atomic.Bool // the connector has begun to answer
}

// platform mounts the connector's handler. It skips the test where there is none.
func platform(t *testing.T, factory Factory) *post {
	t.Helper()
	h := factory(t)
	if h.Hook == nil {
		t.Skip("this platform does not call")
	}
	p := &post{t: t, h: h, hook: h.Hook, receiver: &Receiver{}, answered: new(atomic.Bool)}
	mount := h.Hook.Handler
	if mount == nil {
		mount = h.Connector.(connectors.Webhook).Handler
	}
	handler := mount(p.receiver)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&watched{w, p.answered}, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

// watched notices when an answer begins.
type watched struct {
	http.ResponseWriter
	begun *atomic.Bool
}

func (w *watched) WriteHeader(status int) {
	w.begun.Store(true)
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(b []byte) (int, error) {
	w.begun.Store(true)
	return w.ResponseWriter.Write(b)
}

func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// send makes the request and returns the status and body of the answer.
func (p *post) send(r *http.Request) (int, string) {
	p.t.Helper()
	p.answered.Store(false)
	r = r.Clone(p.t.Context())
	r.RequestURI = ""
	r.URL.Scheme, r.URL.Host = "http", p.server.Listener.Addr().String()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Errorf("the connection broke: %v", err)
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Errorf("the answer broke off: %v", err)
	}
	return response.StatusCode, string(body)
}

// report has things reported, each request of its own, and wants them acknowledged.
func (p *post) report(things ...Thing) {
	p.t.Helper()
	for _, thing := range things {
		if status, body := p.send(p.hook.Report(thing)); status/100 != 2 {
			p.t.Errorf("a genuine report is answered %d %s, want 2xx", status, short(body))
		}
	}
}

// one reports a thing and returns the one Inbound that came of it.
func (p *post) one(thing Thing) connectors.Inbound {
	p.t.Helper()
	before := len(p.receiver.handed())
	p.report(thing)
	got := p.receiver.handed()[before:]
	if len(got) != 1 {
		p.t.Fatalf("a report of one thing made %d Inbounds (trouble: %q), want 1", len(got), p.receiver.troubles())
	}
	return got[0]
}

// within is p for a part of its test.
func (p *post) within(t *testing.T) *post {
	part := *p
	part.t = t
	return &part
}

// body returns the body of a request without using it up.
func (p *post) body(r *http.Request) []byte {
	p.t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	setBody(r, body)
	return body
}

// short keeps a long text out of a test's log.
func short(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
