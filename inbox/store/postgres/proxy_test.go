package postgres

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy stands on the way to a database and spoils it.
type proxy struct {
	url      string
	listener net.Listener
	target   string

	delay      atomic.Int64 // before each answer of the database, in nanoseconds
	cutCommits atomic.Bool  // the answers to commits are swallowed, and the connection cut
	cuts       atomic.Int64 // how often that happened to one that wrote

	// heard is asked about what the client asks: whether it is passed on, and
	// whether the connection is cut then. nil: all is passed on.
	heard func(asked []byte) (pass, cut bool)

	late func() time.Duration // how long each commit of events is held, if any is
	held atomic.Int64         // how many were

	mu    sync.Mutex
	open  map[net.Conn]struct{}
	ended sync.WaitGroup
}

// between puts a proxy before the database at a URL, until the test ends.
func between(t *testing.T, database string) *proxy {
	t.Helper()
	return stand(t, database, new(proxy))
}

// betweenLate is between, with a proxy that holds commits.
func betweenLate(t *testing.T, database string, late func() time.Duration) *proxy {
	t.Helper()
	return stand(t, database, &proxy{late: late})
}

// betweenHearing is between, with a proxy that asks what becomes of everything
// the client says.
func betweenHearing(t *testing.T, database string, heard func(asked []byte) (pass, cut bool)) *proxy {
	t.Helper()
	return stand(t, database, &proxy{heard: heard})
}

func stand(t *testing.T, database string, p *proxy) *proxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.listener, p.target, p.open = l, u.Host, make(map[net.Conn]struct{})
	u.Host = l.Addr().String()
	p.url = u.String()
	p.ended.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cutAll()
		p.ended.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.open[client], p.open[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		p.ended.Go(func() { p.ask(client, server) })
		p.ended.Go(func() { p.answer(client, server) })
	}
}

func (p *proxy) ask(client, server net.Conn) {
	defer p.cut(client, server)
	if p.heard != nil {
		p.listen(client, server)
		return
	}
	if p.late != nil {
		_ = p.carry(server, client, p.late) // as below
		return
	}
	_, _ = io.Copy(server, client) // ends with either of them
}

func (p *proxy) listen(client, server net.Conn) {
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		pass, cut := p.heard(buf[:n])
		if pass {
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
		if cut {
			return
		}
	}
}

// answer passes answers back, late or not at all.
func (p *proxy) answer(client, server net.Conn) {
	defer p.cut(client, server)
	buf := make([]byte, 1<<20)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if p.cutCommits.Load() && committedWrite(buf[:n]) {
			p.cuts.Add(1)
			return
		}
		if d := time.Duration(p.delay.Load()); d > 0 {
			time.Sleep(d) // the fault itself: a database that is slow
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// committedWrite recognises the answer to a transaction that wrote, by the
// tags of its commands.
func committedWrite(answer []byte) bool {
	return bytes.Contains(answer, []byte("COMMIT\x00")) && bytes.Contains(answer, []byte("INSERT 0 "))
}

func (p *proxy) cut(conns ...io.Closer) {
	for _, c := range conns {
		_ = c.Close()
		p.mu.Lock()
		delete(p.open, c.(net.Conn))
		p.mu.Unlock()
	}
}

func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}
