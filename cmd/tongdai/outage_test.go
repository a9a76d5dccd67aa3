package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// wire is a connection to a database that can be made to swallow everything, as
// a network does that drops packets: nobody is told, nothing comes back.
type wire struct {
	listener net.Listener
	mu       sync.Mutex
	mended   *sync.Cond
	broken   bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener}
	w.mended = sync.NewCond(&w.mu)
	t.Cleanup(func() {
		w.set(false)
		_ = listener.Close()
	})
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				_ = here.Close()
				continue
			}
			go w.carry(here, there)
			go w.carry(there, here)
		}
	}()
	return w
}

func (w *wire) carry(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		for w.broken {
			w.mended.Wait()
		}
		w.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) set(broken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = broken
	w.mended.Broadcast()
}

// TestANodeOutlivesItsDatabase: while the database is gone, or out of reach, the
// node says so within two seconds and never acknowledges; when it is back, the
// node goes on by itself and all that was acknowledged is answered.
func TestANodeOutlivesItsDatabase(t *testing.T) {
	server := pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	if err := server.CreateDatabase(t.Context(), "tongdai"); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(server.URL("tongdai"))
	if err != nil {
		t.Fatal(err)
	}
	line := newWire(t, address.Host)
	address.Host = line.listener.Addr().String()
	_, node := serveNode(t, nodeConfig(t, address.String(), newKey()))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	hub := &webchatsim.Hub{URL: node, Channel: "web", Client: http.DefaultClient}

	get := func(path string) int {
		answer, err := http.Get(node + path)
		if err != nil {
			t.Error(err)
			return 0
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	visitor, err := hub.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	spoken := &webchatsim.Ledger{Visitor: visitor}
	impatient, err := hub.Open(ctx) // says each thing once, acknowledged or not
	if err != nil {
		t.Fatal(err)
	}
	if err := spoken.Insist(ctx, "xin chào"); err != nil {
		t.Fatal(err)
	}
	for _, outage := range []struct {
		name       string
		begin, end func() error
	}{
		{"killed", server.Kill, func() error { return server.StartAgain(ctx) }},
		{"out of reach", func() error { line.set(true); return nil }, func() error { line.set(false); return nil }},
		{"restarted", func() error { return server.Stop(localpg.Fast) }, func() error { return server.StartAgain(ctx) }},
	} {
		if err := outage.begin(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for what, call := range map[string]func() bool{
				"readiness": func() bool { return get("/readyz") == http.StatusServiceUnavailable },
				"a message": func() bool { return impatient.Say(ctx, "k", "có ai không") != nil },
				"the page":  func() bool { return get("/") == http.StatusOK },
			} {
				watch := stopwatch()
				if ok, took := call(), watch(); !ok || took > 2*time.Second {
					t.Errorf("%s: %s is right %v after %s", outage.name, what, ok, took)
				}
			}
		}
		if err := outage.end(); err != nil {
			t.Fatal(err)
		}
		back := time.Now()
		await(ctx, t, "readiness after it was "+outage.name, func() bool { return get("/readyz") == http.StatusOK })
		t.Logf("ready %s after the database that was %s", time.Since(back).Round(time.Millisecond), outage.name)
		if err := spoken.Insist(ctx, "giá điện sau khi "+outage.name); err != nil {
			t.Fatal(err)
		}
	}
	history, figures, err := settled(ctx, spoken)
	if err != nil || figures.Acked != len(spoken.Said) {
		t.Errorf("%d of %d were acknowledged, %v", figures.Acked, len(spoken.Said), err)
	}
	noProblems(t, "the visitor", spoken, history)
}
