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

// receipt is one call of Receive.
type receipt struct {
	raw connectors.Raw
	in  []connectors.Inbound
}

// receiver is a hub that takes down what it is handed.
type receiver struct {
	mu     sync.Mutex
	calls  []receipt
	err    error
	during func() // called by Receive, without the lock
	moved  chan struct{}
}

func newReceiver() *receiver { return &receiver{moved: make(chan struct{}, 1)} }

func (r *receiver) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	raw.Body, in = slices.Clone(raw.Body), slices.Clone(in) // a caller may use its memory again
	r.mu.Lock()
	r.calls = append(r.calls, receipt{raw, in})
	err, during := r.err, r.during
	r.mu.Unlock()
	select {
	case r.moved <- struct{}{}:
	default:
	}
	if during != nil {
		during()
	}
	return err
}

func (r *receiver) fails(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *receiver) meanwhile(during func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.during = during
}

func (r *receiver) all() []receipt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// inbounds are all that was handed over, in order.
func (r *receiver) inbounds() (all []connectors.Inbound) {
	for _, call := range r.all() {
		all = append(all, call.in...)
	}
	return all
}

// troubles are what could not be understood, in the connector's words.
func (r *receiver) troubles() (all []string) {
	for _, call := range r.all() {
		if call.raw.Trouble != "" {
			all = append(all, call.raw.Trouble)
		}
	}
	return all
}

// until waits until done is true of what was received.
func (r *receiver) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !done() {
		select {
		case <-r.moved:
		case <-time.After(10 * time.Millisecond): // done may speak of the platform
		case <-deadline:
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// post is a platform that calls the connector over HTTP.
type post struct {
	t        *testing.T
	h        *Harness
	hook     *Hook
	receiver *receiver
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
	p := &post{t: t, h: h, hook: h.Hook, receiver: newReceiver(), answered: new(atomic.Bool)}
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
	before := len(p.receiver.inbounds())
	p.report(thing)
	got := p.receiver.inbounds()[before:]
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
