package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"tongdai/connectors/email/letter"
)

// pool holds the connections to the server that takes our letters. Servers count
// connections and logins, so one is used again as long as it is fresh.
type pool struct {
	cfg   Config
	now   func() time.Time
	seats chan struct{}
	door  *door

	mu   sync.Mutex
	idle []*line
}

// idleMost is how long a connection may rest: servers close them after some minutes,
// and one that was closed meanwhile costs a try.
const idleMost = 30 * time.Second

// line is one connection.
type line struct {
	*smtp.Client
	conn net.Conn
	used time.Time // when it was last used; zero: never
}

func newPool(cfg Config, now func() time.Time) *pool {
	return &pool{cfg: cfg, now: now, seats: make(chan struct{}, cfg.Connections), door: &door{now: now}}
}

// take gives a connection that has been let in. Who has it gives it back.
func (p *pool) take(ctx context.Context) (*line, error) {
	select {
	case p.seats <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l := p.rested(); l != nil {
		return l, nil
	}
	l, err := p.dial(ctx)
	if err != nil {
		<-p.seats
		return nil, cmp.Or(ctx.Err(), err)
	}
	return l, nil
}

// rested is a connection that waits, and still answers for all we know.
func (p *pool) rested() *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		l := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if p.now().Sub(l.used) < idleMost {
			return l
		}
		_ = l.Close() // resting too long
	}
	return nil
}

// give takes a connection back; one that is not sound is closed.
func (p *pool) give(l *line, sound bool) {
	defer func() { <-p.seats }()
	if !sound {
		_ = l.Close()
		return
	}
	l.used = p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, l)
}

// dial connects, says hello, and logs in.
func (p *pool) dial(ctx context.Context) (*line, error) {
	if _, why := p.door.closed(); why != nil {
		return nil, why
	}
	out := p.cfg.Out
	dialing, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(dialing, "tcp", out.Address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(dialing, func() { _ = raw.Close() })
	defer stop()
	l := &line{conn: raw}
	if err := p.begin(l); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return l, nil
}

func (p *pool) begin(l *line) (err error) {
	out, secured := p.cfg.Out, p.cfg.tlsFor(p.cfg.Out)
	switch out.Security {
	case TLS:
		l.Client = smtp.NewClient(tls.Client(l.conn, secured))
	case StartTLS:
		if l.Client, err = smtp.NewClientStartTLS(l.conn, secured); err != nil {
			return fmt.Errorf("begin TLS with the server: %w", err)
		}
	default:
		l.Client = smtp.NewClient(l.conn)
	}
	l.CommandTimeout, l.SubmissionTimeout = p.cfg.Timeout, 4*p.cfg.Timeout
	if out.Security != StartTLS {
		if err := l.Hello(letter.Address{Address: p.cfg.Address}.Domain()); err != nil {
			return err
		}
	}
	if can, _ := l.Extension("AUTH"); !can && out.Security == Plain {
		return nil // a relay on our own network lets us in by our address
	}
	way, err := out.proof(l.SupportsAuth)
	if err != nil {
		return err
	}
	err = l.Auth(way)
	if no, ok := errors.AsType[*smtp.SMTPError](err); ok && no.Code/100 == 5 {
		p.door.answered(err)
	} else if err == nil {
		p.door.answered(nil)
	}
	return err
}

// outcome is what became of a letter on one connection.
type outcome struct {
	refused map[string]error // recipients that the server does not take
	// begun: the letter's text was on its way; doubt: all of it was, and no word came.
	begun, doubt bool
	err          error
}

// hand gives the server one letter. The first of to is the one for whom it is; where
// the server refuses that, nobody gets it.
func (l *line) hand(ctx context.Context, from string, to []string, size int64, id string, write func(io.Writer) error) (out outcome) {
	stop := context.AfterFunc(ctx, func() { _ = l.conn.Close() })
	defer stop()
	options := &smtp.MailOptions{}
	if can, _ := l.Extension("SIZE"); can {
		options.Size = size
	}
	if can, _ := l.Extension("DSN"); can {
		options.EnvelopeID, options.Return = id, smtp.DSNReturnHeaders
	}
	if out.err = l.Mail(from, options); out.err != nil {
		return out
	}
	out.refused = map[string]error{}
	for i, address := range to {
		err := l.Rcpt(address, nil)
		if err == nil {
			continue
		}
		if no, ok := errors.AsType[*smtp.SMTPError](err); i == 0 || !ok || no.Code == 421 {
			out.err = err
			return out
		}
		out.refused[address] = err
	}
	data, err := l.Data()
	if err != nil {
		out.err = err
		return out
	}
	out.begun = true
	if out.err = write(data); out.err != nil {
		return out // without the final dot the server forgets it
	}
	out.err = data.Close()
	if _, told := errors.AsType[*smtp.SMTPError](out.err); out.err != nil && !told {
		out.doubt = true
	}
	return out
}
