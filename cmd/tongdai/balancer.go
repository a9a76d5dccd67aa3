package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// A balancer asks each node often whether it is ready, and gives it longer to
// answer than a node needs to find out that its database hangs.
const (
	probeEvery   = 250 * time.Millisecond
	probeTimeout = 3 * time.Second
	dialTimeout  = time.Second
)

// backendState is what a balancer knows of a node.
type backendState string

const (
	backendReady  backendState = "ready"
	backendUnfit  backendState = "not ready" // answers and wants no requests: stopping, or without its database
	backendAbsent backendState = "absent"    // takes no connections; one that is stopping may still finish what it has
	backendSilent backendState = "silent"    // does not answer, and what it has under way is cut
)

// balancer is the proxy before the nodes of one hub, for demonstrations and
// tests: requests go round among the ready nodes. A request is sent again, to
// another node, only when the first certainly never got any of it; what a node
// may have got is for the caller to repeat, who knows its key. What a node that
// fell silent still owes, event streams above all, is cut, so that its readers
// come back and land elsewhere; what a dead one owes ends with its connections.
//
// Requests are passed on while Run runs.
type balancer struct {
	backends []*backend
	proxy    *httputil.ReverseProxy
	next     atomic.Uint64
	changed  func(backendView) // may be nil
}

// newBalancer makes one over nodes given as host:port. changed, when not nil,
// is told of every change of a node's state, one at a time for each node.
func newBalancer(addresses []string, changed func(backendView)) *balancer {
	b := &balancer{changed: changed}
	for _, address := range addresses {
		b.backends = append(b.backends, newBackend(address))
	}
	b.proxy = &httputil.ReverseProxy{
		// Forwarding headers of the caller are dropped: they could name anybody.
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetXForwarded() },
		Transport:    b,
		ErrorHandler: b.failed,
		ErrorLog:     log.New(io.Discard, "", 0), // a cut stream, which its reader notices
	}
	return b
}

// Run keeps an eye on the nodes until ctx ends, and lets go of all connections then.
func (b *balancer) Run(ctx context.Context) error {
	var probing sync.WaitGroup
	for _, n := range b.backends {
		probing.Go(func() { b.watch(ctx, n) })
	}
	probing.Wait()
	for _, n := range b.backends {
		n.become(backendSilent)
		n.transport.CloseIdleConnections()
	}
	return nil
}

func (b *balancer) watch(ctx context.Context, n *backend) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		state := n.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if n.become(state) && b.changed != nil {
			b.changed(n.view())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ServeHTTP passes the request on.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.proxy.ServeHTTP(w, r) }

// errNobody: no node is ready, or none of the ready ones could be reached.
var errNobody = errors.New("no node is ready")

// RoundTrip sends the request to the next ready node, and on to another as long
// as no connection can be had.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, n := range b.turn() {
		resp, err := n.send(r)
		if err == nil || r.Context().Err() != nil || !neverSent(err) {
			return resp, err
		}
		if n.become(backendAbsent) && b.changed != nil {
			b.changed(n.view())
		}
	}
	return nil, errNobody
}

// turn lists the ready nodes, beginning with the one whose turn it is.
func (b *balancer) turn() []*backend {
	var ready []*backend
	for _, n := range b.backends {
		if n.view().State == backendReady {
			ready = append(ready, n)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	first := int(b.next.Add(1) % uint64(len(ready)))
	return append(ready[first:], ready[:first]...)
}

// neverSent: there was no connection, so not a byte of the request left.
func neverSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// failed answers for a node that could not.
func (b *balancer) failed(w http.ResponseWriter, _ *http.Request, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if errors.Is(err, errNobody) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "Dạ, hệ thống đang tạm gián đoạn. Anh/chị vui lòng thử lại sau ít giây.\n")
		return
	}
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, "Dạ, hệ thống vừa gián đoạn khi đang xử lý. Anh/chị vui lòng thử lại.\n")
}

// views tells of every node, in the order given.
func (b *balancer) views() []backendView {
	var all []backendView
	for _, n := range b.backends {
		all = append(all, n.view())
	}
	return all
}

// stateNames are the states as people read them.
var stateNames = map[backendState]string{
	backendReady: "nhận yêu cầu", backendUnfit: "chưa sẵn sàng", backendAbsent: "không chạy", backendSilent: "không trả lời",
}

// overview is the page that shows people which node is up. It asks to be
// loaded again every second.
func (b *balancer) overview(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Refresh", "1")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "Nút\tĐịa chỉ\tTrạng thái\tTừ lúc\tĐã nhận\tĐang mở")
	for i, v := range b.views() {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%d\n", i+1, v.Address, stateNames[v.State], clockTime(v.Since), v.Requests, v.Open)
	}
	_ = table.Flush() // whoever has left does not see the page
}
