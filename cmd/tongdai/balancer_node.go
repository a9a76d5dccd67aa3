package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"tongdai/configs"
)

// backend is a node as its balancer sees it.
type backend struct {
	address   string
	transport *http.Transport
	probes    *http.Client

	mu       sync.Mutex
	state    backendState
	since    time.Time
	life     context.Context // ends when the node falls silent
	end      context.CancelFunc
	requests int
	open     int
}

// backendView is a node's state at one moment.
type backendView struct {
	Address  string
	State    backendState
	Since    time.Time // when it came to be so
	Requests int       // sent there so far
	Open     int       // of those not ended yet; an event stream counts
}

func newBackend(address string) *backend {
	dialer := &net.Dialer{Timeout: dialTimeout}
	n := &backend{
		address: address, state: backendAbsent, since: time.Now(),
		transport: &http.Transport{
			DialContext: dialer.DialContext, MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second,
			DisableCompression: true, // passed on as the caller wants it
		},
		probes: &http.Client{
			Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
			Timeout:   probeTimeout,
		},
	}
	n.life, n.end = context.WithCancel(context.Background())
	return n
}

// probe asks the node whether it wants requests.
func (n *backend) probe(ctx context.Context) backendState {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.address+"/readyz", nil)
	if err != nil {
		return backendAbsent
	}
	resp, err := n.probes.Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<10))
		_ = resp.Body.Close() // it was read
	}
	late, ok := errors.AsType[net.Error](err)
	switch {
	case ok && late.Timeout():
		return backendSilent
	case err != nil:
		return backendAbsent
	case resp.StatusCode != http.StatusOK:
		return backendUnfit
	}
	return backendReady
}

// become notes the state and says whether it is another than before. When the
// node falls silent, what it still owes is cut.
func (n *backend) become(state backendState) (changed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state == state {
		return false
	}
	n.state, n.since = state, time.Now()
	if state == backendSilent {
		n.end()
		n.life, n.end = context.WithCancel(context.Background())
	}
	return true
}

// send makes one try. The request may be tried elsewhere afterwards: its body
// is left open, and unread unless a connection was made.
func (n *backend) send(r *http.Request) (*http.Response, error) {
	ctx, cut := context.WithCancel(r.Context())
	left := n.enter(cut)
	context.AfterFunc(ctx, left)
	try := r.WithContext(ctx)
	to := *r.URL
	to.Scheme, to.Host = "http", n.address
	try.URL = &to
	if r.Body != nil && r.Body != http.NoBody {
		try.Body = io.NopCloser(r.Body)
	}
	resp, err := n.transport.RoundTrip(try)
	if err != nil {
		cut()
	}
	return resp, err // ctx ends with the caller's when the answer has been passed on
}

// enter counts a request in, which is cut when the node falls silent.
func (n *backend) enter(cut func()) (left func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.requests++
	n.open++
	stop := context.AfterFunc(n.life, cut)
	return func() {
		stop()
		n.mu.Lock()
		defer n.mu.Unlock()
		n.open--
	}
}

func (n *backend) view() backendView {
	n.mu.Lock()
	defer n.mu.Unlock()
	return backendView{Address: n.address, State: n.state, Since: n.since, Requests: n.requests, Open: n.open}
}

// clockTime is a moment of today as the people of the demonstration read it.
func clockTime(t time.Time) string { return t.In(configs.Zone).Format("15:04:05") }
