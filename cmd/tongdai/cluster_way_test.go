package main

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// way is the network between a node and its database: it can be slow, silent,
// cut, or lead elsewhere.
type way struct {
	listener net.Listener

	mu     sync.Mutex
	to     string
	slow   time.Duration // what goes to the database waits so long
	silent chan struct{} // not nil: nothing passes until it is closed
	cut    bool
	open   map[net.Conn]struct{}
}

func newWay(t *testing.T, to string) *way {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{listener: listener, to: to, open: map[net.Conn]struct{}{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			serving.Go(func() { w.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.set(func() { w.cut = true })
		serving.Wait()
	})
	return w
}

// leads returns the address of a database by this way.
func (w *way) leads(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = w.listener.Addr().String()
	return u.String()
}

// hostOf is where a database is.
func hostOf(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// set changes the way. A cut ends what is open.
func (w *way) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.silent
	change()
	if was != nil && w.silent != was {
		close(was)
	}
	if w.cut {
		for conn := range w.open {
			_ = conn.Close()
		}
		clear(w.open)
		if w.silent != nil {
			close(w.silent)
			w.silent = nil
		}
	}
}

func (w *way) carry(client net.Conn) {
	defer client.Close()
	w.mu.Lock()
	to, cut := w.to, w.cut
	w.mu.Unlock()
	if cut {
		return
	}
	server, err := net.DialTimeout("tcp", to, time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	if !w.keep(client, server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.pump(server, client, true) })
	both.Go(func() { w.pump(client, server, false) })
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, client)
	delete(w.open, server)
}

func (w *way) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return false
	}
	for _, c := range conns {
		w.open[c] = struct{}{}
	}
	return true
}

// pump passes on what is read, and ends both directions when one ends.
func (w *way) pump(to, from net.Conn, toServer bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			w.hold(toServer)
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// hold waits as the way is.
func (w *way) hold(toServer bool) {
	w.mu.Lock()
	slow, silent := w.slow, w.silent
	w.mu.Unlock()
	if silent != nil {
		<-silent
	}
	if toServer && slow > 0 {
		<-time.After(slow)
	}
}
