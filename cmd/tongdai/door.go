package main

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tongdai/configs"
	"tongdai/connectors/edge"
)

// door lets connections in, so many of one address, and cuts off who takes
// nothing of what it asked for. How long a request may take to arrive is bounded
// by the server.
type door struct {
	net.Listener
	most   int // of one address; 0: no bound
	stall  time.Duration
	spared []netip.Prefix
	log    *slog.Logger

	mu     sync.Mutex
	open   map[string]int // by address
	turned int            // away, since it was last told
	told   time.Time
}

func newDoor(listener net.Listener, cfg configs.HTTP, log *slog.Logger) *door {
	return &door{
		Listener: listener, most: cfg.Limits.ConnectionsPerAddress, stall: cfg.Limits.WriteTimeout, log: log,
		spared: append(networksOf(cfg.TrustedProxies), here...), open: map[string]int{},
	}
}

// here is this machine as its own programs call from: a proxy beside us, load tests.
var here = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}

// Accept returns the next connection that may come in.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if leave, ok := d.enter(conn.RemoteAddr()); ok {
			return &guest{Conn: conn, stall: d.stall, leave: leave}, nil
		}
		_ = conn.Close() // nobody is told why: that would be work
	}
}

func (d *door) enter(from net.Addr) (leave func(), ok bool) {
	peer, err := netip.ParseAddrPort(from.String())
	if err != nil || d.most == 0 {
		return func() {}, true
	}
	address := peer.Addr().Unmap()
	if slices.ContainsFunc(d.spared, func(p netip.Prefix) bool { return p.Contains(address) }) {
		return func() {}, true
	}
	network := edge.Network(address.String())
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[network] >= d.most {
		d.turn(time.Now())
		return nil, false
	}
	d.open[network]++
	return func() { d.close(network) }, true
}

func (d *door) close(network string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[network]--; d.open[network] == 0 {
		delete(d.open, network)
	}
}

// turn counts who is turned away, and tells so once a minute. d.mu is held.
func (d *door) turn(now time.Time) {
	d.turned++
	if now.Sub(d.told) < time.Minute {
		return
	}
	d.log.Warn("connections were refused: too many of one address", "refused", d.turned, "limit", d.most)
	d.turned, d.told = 0, now
}

// guest is one connection.
type guest struct {
	net.Conn
	stall time.Duration
	leave func()
	once  sync.Once
	// own: a handler has set a deadline of its own. armed is when the door last set
	// one, in Unix nanoseconds; 0: there is none.
	own   atomic.Bool
	armed atomic.Int64
}

// piece is how much must be taken within stall, in bytes.
const piece = 16 << 10

// Write fails when nothing of a piece is taken for the time of stall, or by the
// deadline that was set.
func (g *guest) Write(p []byte) (n int, err error) {
	for {
		part := p[:min(len(p), piece)]
		if err := g.arm(); err != nil {
			return n, err
		}
		m, err := g.Conn.Write(part)
		n += m
		if err != nil || len(part) == len(p) {
			return n, err
		}
		p = p[m:]
	}
}

// arm moves the deadline on, not for every write: a quarter of stall is no matter.
func (g *guest) arm() error {
	if g.own.Load() {
		return nil
	}
	now := time.Now()
	if now.Sub(time.Unix(0, g.armed.Load())) < g.stall/4 {
		return nil
	}
	g.armed.Store(now.UnixNano())
	return g.Conn.SetWriteDeadline(now.Add(g.stall))
}

// SetWriteDeadline puts the handler's deadline in place of the door's, until it
// is taken back.
func (g *guest) SetWriteDeadline(t time.Time) error {
	g.own.Store(!t.IsZero())
	g.armed.Store(0)
	return g.Conn.SetWriteDeadline(t)
}

// SetDeadline does so for both directions.
func (g *guest) SetDeadline(t time.Time) error {
	g.own.Store(!t.IsZero())
	g.armed.Store(0)
	return g.Conn.SetDeadline(t)
}

// CloseWrite lets the server end an answer before everything was asked: who is
// still sending hears why.
func (g *guest) CloseWrite() error {
	if half, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close makes room for another.
func (g *guest) Close() error {
	g.once.Do(g.leave)
	return g.Conn.Close()
}
