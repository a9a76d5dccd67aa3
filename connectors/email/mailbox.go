package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// box is an open connection to the mailbox's server.
type box struct {
	client *imapclient.Client
	wire   *watched
	limit  time.Duration // how long the server may say nothing while it is asked
	news   chan struct{} // the server has told of new letters
	leave  func()
}

// errLogin: the server does not let us in with what we have.
var errLogin = errors.New("the mailbox's server refuses the login")

// door keeps us from knocking too often: many servers lock an account after some
// wrong passwords, and then its owner, too, stands outside.
type door struct {
	now func() time.Time

	mu      sync.Mutex
	refused int // in a row
	until   time.Time
	why     error
}

const (
	lockFirst = 5 * time.Minute // after a refused login, doubling up to lockMost
	lockMost  = time.Hour
)

// closed returns why the last login was refused, and until when there is no other.
func (d *door) closed() (time.Duration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if wait := d.until.Sub(d.now()); wait > 0 {
		return wait, d.why
	}
	return 0, nil
}

func (d *door) answered(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.refused, d.until = 0, time.Time{}
		return
	}
	d.until = d.now().Add(min(lockFirst<<min(d.refused, 8), lockMost))
	d.refused, d.why = d.refused+1, err
}

// open connects and logs in. Who has it must leave it.
func (c *Connector) open(ctx context.Context) (*box, error) {
	if wait, why := c.door.closed(); why != nil {
		return nil, fmt.Errorf("%w; no other try for %s", why, wait.Round(time.Second))
	}
	select {
	case c.seats <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b, err := c.connect(ctx)
	if err != nil {
		<-c.seats
		return nil, cmp.Or(ctx.Err(), err)
	}
	withContext := context.AfterFunc(ctx, b.cut)
	b.leave = sync.OnceFunc(func() {
		withContext()
		b.cut() // nothing is lost: what was kept is kept
		_ = b.client.Close()
		<-c.seats
	})
	if err := c.login(b); err != nil {
		b.leave()
		return nil, cmp.Or(ctx.Err(), err)
	}
	return b, nil
}

// connect dials and waits for the server's greeting.
func (c *Connector) connect(ctx context.Context) (*box, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	in := c.cfg.In
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", in.Address)
	if err != nil {
		return nil, err
	}
	if in.Security == TLS {
		secured := tls.Client(raw, c.cfg.tlsFor(in))
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, err
		}
		raw = secured
	}
	b := &box{wire: &watched{Conn: raw}, limit: c.cfg.Poll / 2, news: make(chan struct{}, 1)}
	options := &imapclient.Options{
		TLSConfig:             c.cfg.tlsFor(in),
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: b.told},
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	if in.Security == StartTLS {
		b.client, err = imapclient.NewStartTLS(b.wire, options)
	} else {
		b.client = imapclient.New(b.wire, options)
		err = b.client.WaitGreeting()
	}
	if err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("begin with the mailbox's server: %w", err)
	}
	return b, nil
}

func (cfg Config) tlsFor(s Server) *tls.Config {
	own := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.TLS != nil {
		own = cfg.TLS.Clone()
	}
	if own.ServerName == "" {
		own.ServerName, _, _ = net.SplitHostPort(s.Address) // checked by Config.check
	}
	return own
}

// login proves who we are, by the way the server offers.
func (c *Connector) login(b *box) error {
	if b.client.State() != imap.ConnStateNotAuthenticated {
		return nil // let in already
	}
	var caps imap.CapSet
	err := b.ask(func() error {
		caps = b.client.Caps()
		return nil
	})
	if err != nil {
		return err
	}
	in := c.cfg.In
	way, err := in.proof(func(mech string) bool { return caps.Has(imap.AuthCap(mech)) })
	if errors.Is(err, errNoWay) && !caps.Has(imap.CapLoginDisabled) {
		var secret string
		if secret, err = in.Secret(); err == nil {
			err = b.ask(func() error { return b.client.Login(in.User, secret).Wait() })
		}
	} else if err == nil {
		err = b.ask(func() error { return b.client.Authenticate(way) })
	}
	no, refused := errors.AsType[*imap.Error](err)
	switch {
	case err == nil:
		c.door.answered(nil)
		return nil
	case !refused:
		return fmt.Errorf("log in to the mailbox: %w", err)
	case no.Code == imap.ResponseCodeUnavailable || no.Code == imap.ResponseCodeInUse || no.Code == imap.ResponseCodeLimit:
		return fmt.Errorf("the mailbox's server takes nobody now: %w", err)
	}
	err = fmt.Errorf("%w: %w", errLogin, err)
	c.door.answered(err)
	return err
}

// cut ends the connection at once. Whoever waits for an answer gets an error.
func (b *box) cut() { _ = b.wire.Close() }

// told is called by the reader of the connection.
func (b *box) told(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case b.news <- struct{}{}:
	default: // known already
	}
}

// ask waits for what the server says, and closes a connection on which it is silent
// for too long: the library itself would wait for ever.
func (b *box) ask(wait func() error) error {
	ended := make(chan struct{})
	var gone atomic.Bool
	go func() {
		begun := time.Now()
		ticks := time.NewTicker(max(b.limit/8, time.Millisecond))
		defer ticks.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticks.C:
			}
			since := b.wire.silentSince()
			if !since.IsZero() && time.Since(since) > b.limit && time.Since(begun) > b.limit {
				gone.Store(true)
				b.cut()
				return
			}
		}
	}()
	err := wait()
	close(ended)
	if gone.Load() {
		return fmt.Errorf("the mailbox's server said nothing for %s", b.limit)
	}
	return err
}

// watched notes since when nothing has come over a connection that is read.
type watched struct {
	net.Conn
	waiting atomic.Int64 // since when a Read waits, in nanoseconds; 0: none does
}

func (w *watched) Read(p []byte) (int, error) {
	w.waiting.Store(time.Now().UnixNano())
	defer w.waiting.Store(0)
	return w.Conn.Read(p)
}

// silentSince is since when a read waits; zero: none does, we are at work ourselves.
func (w *watched) silentSince() time.Time {
	if at := w.waiting.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}
