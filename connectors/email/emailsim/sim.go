// Package emailsim stands in for an organisation's mail server: a mailbox that is
// read by IMAP, and a server that takes letters by SMTP and is as strict, or as
// unruly, as it is told to be (Faults): it refuses, asks to come again, answers with
// nonsense, falls silent, breaks off after it took a letter.
//
// Citizens write to the mailbox through Deliver, or on a page that looks like a
// webmail (MailPath), where they find what was answered. What the server took is on
// record (Sent), so that a test can compare it with what the hub says. It shares no
// code with the connector, and so none of its mistakes.
package emailsim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

// Config of a Sim. What is zero gets the value told beside it.
type Config struct {
	Listen   string // address of the page; a free port of 127.0.0.1
	Address  string // of the mailbox; 1022@thanhhoa.example
	Password string // mo-phong-1022
	Name     string // of the organisation; "Tổng đài 1022"
	// Server is what the server calls itself where it says what it found of a sender
	// (RFC 8601); mx. and the mailbox's domain.
	Server string
}

// Sim is a running stand-in for a mail server.
type Sim struct {
	cfg        Config
	page       net.Listener
	imap, smtp net.Listener
	web        *http.Server
	box        *imapserver.Server
	out        *smtp.Server

	mu       sync.Mutex
	password string
	faults   Faults
	sent     []Sent
	tried    map[string]bool // recipients that were greylisted
	logins   int
	written  int
	user     *imapmemserver.User
	lines    []*smtp.Conn
	validity uint32
}

// Sent is a letter that the server took.
type Sent struct {
	From string
	To   []string
	Raw  []byte
	At   time.Time
}

// Faults is how the server that takes letters goes wrong; the zero Faults is none.
type Faults struct {
	Login error                 // to every login
	Mail  error                 // to MAIL: nothing is taken
	Rcpt  func(to string) error // to RCPT, by recipient; nil: none is refused
	// Greylist: a recipient is asked to come again the first time.
	Greylist bool
	Data     error         // after the final dot, instead of taking the letter
	Taken    bool          // the letter is taken before Reply, Drop or Stall
	Reply    string        // what is said instead of an answer to the final dot, and then no more
	Drop     bool          // the connection is closed instead
	Stall    bool          // nothing is said instead, until the other side leaves
	Slow     time.Duration // before the answer to the final dot
}

// Start listens and serves until Close.
func Start(cfg Config) (*Sim, error) {
	cfg.Listen = cmp.Or(cfg.Listen, "127.0.0.1:0")
	cfg.Address = cmp.Or(cfg.Address, "1022@thanhhoa.example")
	cfg.Password = cmp.Or(cfg.Password, "mo-phong-1022")
	_, domain, _ := strings.Cut(cfg.Address, "@")
	cfg.Server = cmp.Or(cfg.Server, "mx."+domain)
	cfg.Name = cmp.Or(cfg.Name, "Tổng đài 1022")
	s := &Sim{cfg: cfg, password: cfg.Password, tried: map[string]bool{}, validity: uint32(time.Now().Unix()), user: imapmemserver.NewUser(cfg.Address, "")}
	if err := s.user.Create("INBOX", nil); err != nil {
		return nil, err
	}
	var err error
	for _, l := range []struct {
		at      *net.Listener
		address string
	}{{&s.page, cfg.Listen}, {&s.imap, "127.0.0.1:0"}, {&s.smtp, "127.0.0.1:0"}} {
		if *l.at, err = net.Listen("tcp", l.address); err != nil {
			s.closeListeners()
			return nil, fmt.Errorf("emailsim: listen on %s: %w", l.address, err)
		}
	}
	s.serve()
	return s, nil
}

func (s *Sim) closeListeners() {
	for _, l := range []net.Listener{s.page, s.imap, s.smtp} {
		if l != nil {
			_ = l.Close() // nothing was served
		}
	}
}

func (s *Sim) serve() {
	quiet := log.New(io.Discard, "", 0)
	s.box = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &reader{sim: s}, nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, InsecureAuth: true, Logger: quiet,
	})
	s.out = smtp.NewServer(smtp.BackendFunc(s.begin))
	s.out.Domain, s.out.AllowInsecureAuth, s.out.EnableDSN, s.out.ErrorLog = "mx.thanhhoa.example", true, true, quiet
	s.out.MaxMessageBytes, s.out.MaxRecipients = 25<<20, 100
	s.web = &http.Server{Handler: s.pages(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.box.Serve(s.imap) }() // until Close
	go func() { _ = s.out.Serve(s.smtp) }()
	go func() { _ = s.web.Serve(s.page) }()
}

func (s *Sim) begin(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, c)
	return &taker{sim: s, conn: c}, nil
}

// Config is what the Sim was started with, with all that was left out.
func (s *Sim) Config() Config { return s.cfg }

// URL is where the page is.
func (s *Sim) URL() string { return "http://" + s.page.Addr().String() }

// IMAP and SMTP are where the servers listen: host:port.
func (s *Sim) IMAP() string { return s.imap.Addr().String() }

// SMTP is where letters are taken.
func (s *Sim) SMTP() string { return s.smtp.Addr().String() }

// Close ends it.
func (s *Sim) Close() error {
	return errors.Join(ignoreClosed(s.box.Close()), ignoreClosed(s.out.Close()), s.web.Shutdown(closing()))
}

// Down closes the server that takes letters.
func (s *Sim) Down() error {
	return errors.Join(ignoreClosed(s.smtp.Close()), ignoreClosed(s.out.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

func closing() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// SetPassword makes both servers ask for another password.
func (s *Sim) SetPassword(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

// SetFaults has letters go wrong from now on.
func (s *Sim) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

func (s *Sim) fault() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Sent are the letters that were taken, in order.
func (s *Sim) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// Logins counts those of both servers that were tried.
func (s *Sim) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

func (s *Sim) lets(user, password string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins++
	return user == s.cfg.Address && password == s.password
}

// literal is a letter as the memory server wants it.
type literal struct{ *bytes.Reader }

// Deliver puts a letter into the mailbox.
func (s *Sim) Deliver(raw []byte, at time.Time) error {
	_, err := s.user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: at})
	return err
}

// reader is a program that reads the mailbox.
type reader struct {
	*imapmemserver.UserSession
	sim *Sim
}

func (r *reader) Login(user, password string) error {
	if !r.sim.lets(user, password) {
		return imapserver.ErrAuthFailed
	}
	r.UserSession = imapmemserver.NewUserSession(r.sim.user)
	return nil
}

// Select tells a UIDVALIDITY of this Sim alone: another one, started later, counts its
// letters anew.
func (r *reader) Select(mailbox string, options *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := r.UserSession.Select(mailbox, options)
	if err == nil {
		data.UIDValidity = r.sim.validity
	}
	return data, err
}

// idleLook is how often an idle connection is told of what has come.
const idleLook = 20 * time.Millisecond

// Idle tells of letters that came before it began as well, as servers do and the
// memory server does not: one that came between the last look and the wait would be
// heard of with the next command only.
func (r *reader) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	tick := time.NewTicker(idleLook)
	defer tick.Stop()
	for {
		if err := r.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-stop:
			return nil
		}
	}
}

// Search gives the last letter for every set that ends with "*", as servers do (RFC
// 9051, 9) and the memory server does not.
func (r *reader) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	found, err := r.UserSession.Search(kind, criteria, options)
	if err != nil || kind != imapserver.NumKindUID || len(criteria.UID) == 0 || !criteria.UID[0].Dynamic() {
		return found, err
	}
	all, err := r.UserSession.Search(kind, &imap.SearchCriteria{}, options)
	if err != nil {
		return nil, err
	}
	uids := all.AllUIDs()
	set, _ := found.All.(imap.UIDSet)
	if len(uids) > 0 && !set.Contains(slices.Max(uids)) {
		set.AddNum(slices.Max(uids))
		found.All = set
	}
	return found, nil
}
