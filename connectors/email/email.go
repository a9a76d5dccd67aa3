// Package email is the connector of a mailbox: letters come in by IMAP and go out
// by SMTP.
//
// In: Run keeps one connection to the mailbox and fetches every letter once, by UID
// alone (fetch.go). Where it stands is a bookmark (bookmark.go) that the hub keeps
// in the transaction of each letter, so a cut, a crash or a week without network
// loses nothing and doubles nothing. The mailbox is opened read-only: what is read,
// moved or deleted by people's own programs concerns nobody here. A letter is kept
// whole before anybody looks into it (arrival.go); one that cannot be read goes to
// the quarantine after three tries, and stands in nobody's way.
//
// Out: Send writes a letter (letter.Compose) and hands it to the organisation's
// server over a connection that is used again (wire.go). The Message-ID is made of
// Outbound.Key, so that a letter sent again after a cut is the same letter, and
// carries a sum of ours, so that bounces and our own letters are known when they
// come back.
//
// Departments are told of their matters by letters of another kind, and answer to an
// address that names the thread (bridge.go); proof.go says whether a sender is who he
// says to be.
//
// What a letter is, is told in package letter; this one is about the two servers.
// docs/channels/email.md leads an official from nothing to the first letter.
package email

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/email/letter"
)

// Kind is the Channel.Kind of mailboxes.
const Kind = "email"

// Security is how the way to a server is kept from being read.
type Security string

// The ways.
const (
	TLS      Security = "tls"      // from the first byte
	StartTLS Security = "starttls" // begun in the open, refused where the server does not go on in TLS
	Plain    Security = "none"     // of simulators, and of servers on the same machine
)

// Auth is how we prove who we are.
type Auth string

// The proofs.
const (
	Password Auth = "password" // PLAIN where it is offered, else LOGIN
	XOAuth2  Auth = "xoauth2"  // a token of Google's or Microsoft's
)

// Server is one of the two servers of a mailbox.
type Server struct {
	Address  string // host:port
	Security Security
	User     string
	Auth     Auth
	// Secret gives the password or token; it is asked before each login, so that a
	// token that somebody renews in a file is always the newest.
	Secret func() (string, error)
}

// Config of one mailbox. What is zero gets the value told beside it.
type Config struct {
	Channel connectors.Channel
	Address string // 1022@thanhhoa.gov.vn
	Name    string // whom people see; Channel.Name
	// Own are further addresses of the same mailbox.
	Own []string

	In     Server
	Folder string // INBOX
	// Since: on the first connect, letters that came to the mailbox from then on; zero:
	// only what comes from now on.
	Since time.Time
	// Poll is how often the mailbox is looked at where the server does not tell of new
	// letters by itself, and how soon a dead connection is noticed; 1 minute.
	Poll time.Duration
	// MaxLetter is the longest letter that is fetched, in bytes; 35 MB.
	MaxLetter int64
	// RetryAfter is how long a letter that failed is left alone; 1 minute.
	RetryAfter time.Duration
	Border     letter.Border // whose word on SPF, DKIM and DMARC is believed

	Out         Server
	Connections int           // to the server, at the same time; 2
	PerMinute   int           // letters, as far as the server tells; 0: not known
	MaxSend     int64         // of the files of a letter, in bytes; 15 MB
	Timeout     time.Duration // of one command; 30 s
	DKIM        *letter.DKIMKey

	// Secret makes Message-IDs and reply addresses that cannot be guessed: 32 bytes.
	Secret []byte
	// Separator begins a sub-address, "+" or "-"; empty: the server knows none, and
	// answers find their matter by what they answer alone.
	Separator string
	ReplyFor  time.Duration // how long a reply address is good; 180 days
	// Departments: units are told of their matters by letter, and answer by letter. It
	// needs a Separator. DepartmentsFor is how long such a reply address is good; 60 days.
	Departments    bool
	DepartmentsFor time.Duration

	// TLS is for both servers; nil: the system's authorities.
	TLS *tls.Config
}

// Resolver is what we ask of the domain name system: what Check looks at, and the keys
// of signatures. net.Resolver is one.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Deps is what a mailbox works with.
type Deps struct {
	Files     connectors.Originals
	Bookmarks connectors.Bookmarks
	Resolver  Resolver         // net.DefaultResolver
	Logger    *slog.Logger     // none
	Now       func() time.Time // time.Now
}

// Connector is one mailbox.
type Connector struct {
	cfg       Config
	log       *slog.Logger
	files     connectors.Originals
	bookmarks connectors.Bookmarks
	resolver  Resolver
	now       func() time.Time
	reply     letter.ReplyKey
	domain    string
	door      *door         // of the mailbox's server
	seats     chan struct{} // connections to it that are open
	pool      *pool         // of connections to the server that takes our letters
	keys      *keys
	state     state
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Bridge    = (*Connector)(nil)
	_ connectors.Poller    = (*Connector)(nil)
	_ connectors.Parser    = (*Connector)(nil)
	_ connectors.Checker   = (*Connector)(nil)
	_ connectors.Displayer = (*Connector)(nil)
)

// connectionsMost is how many connections we have to one mailbox at a time: the one
// of Run, and one to check or to read a letter again.
const connectionsMost = 2

// New returns the connector of a mailbox, or all that is wrong with cfg. It starts
// nothing and calls nobody.
func New(cfg Config, deps Deps) (*Connector, error) {
	cfg = cfg.withDefaults()
	reply, err := letter.NewReplyKey(cfg.Secret, cfg.Address, cfg.Separator)
	if err := errors.Join(cfg.check(), deps.check(), err, cfg.checkDepartments(reply)); err != nil {
		return nil, fmt.Errorf("email %s: %w", cfg.Channel.ID, err)
	}
	c := &Connector{
		cfg: cfg, files: deps.Files, bookmarks: deps.Bookmarks, reply: reply,
		domain: letter.Address{Address: cfg.Address}.Domain(),
		log:    cmp.Or(deps.Logger, slog.New(slog.DiscardHandler)).With("channel", cfg.Channel.ID),
		seats:  make(chan struct{}, connectionsMost),
		now:    deps.Now,
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.resolver = deps.Resolver; c.resolver == nil {
		c.resolver = net.DefaultResolver
	}
	c.keys = &keys{resolver: c.resolver, now: c.now, known: map[string]key{}}
	c.door = &door{now: c.now}
	c.pool = newPool(cfg, c.now)
	return c, nil
}

func (cfg Config) withDefaults() Config {
	cfg.Channel.Kind = cmp.Or(cfg.Channel.Kind, Kind)
	cfg.Name = cmp.Or(cfg.Name, cfg.Channel.Name)
	cfg.Folder = cmp.Or(cfg.Folder, "INBOX")
	cfg.Poll = cmp.Or(cfg.Poll, time.Minute)
	cfg.MaxLetter = cmp.Or(cfg.MaxLetter, 35<<20)
	cfg.RetryAfter = cmp.Or(cfg.RetryAfter, time.Minute)
	cfg.Connections = cmp.Or(cfg.Connections, 2)
	cfg.MaxSend = cmp.Or(cfg.MaxSend, 15<<20)
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	cfg.ReplyFor = cmp.Or(cfg.ReplyFor, 180*24*time.Hour)
	cfg.DepartmentsFor = cmp.Or(cfg.DepartmentsFor, 60*24*time.Hour)
	for _, s := range []*Server{&cfg.In, &cfg.Out} {
		s.Security = cmp.Or(s.Security, TLS)
		s.Auth = cmp.Or(s.Auth, Password)
		s.User = cmp.Or(s.User, cfg.Address)
	}
	return cfg
}

func (cfg Config) check() error {
	var wrong []error
	if cfg.Channel.ID == "" {
		wrong = append(wrong, errors.New("channel: id is missing"))
	}
	for _, s := range []struct {
		key string
		Server
	}{{"imap_server", cfg.In}, {"smtp_server", cfg.Out}} {
		if host, port, err := net.SplitHostPort(s.Address); err != nil || host == "" || port == "" {
			wrong = append(wrong, fmt.Errorf("%s: %q is no host:port", s.key, s.Address))
		}
		if s.Secret == nil {
			wrong = append(wrong, fmt.Errorf("%s: no password and no token", s.key))
		}
		if !slices.Contains([]Security{TLS, StartTLS, Plain}, s.Security) || !slices.Contains([]Auth{Password, XOAuth2}, s.Auth) {
			wrong = append(wrong, fmt.Errorf("%s: security %q or auth %q is unknown", s.key, s.Security, s.Auth))
		}
	}
	return errors.Join(wrong...)
}

// anyDay is as good as any other to try what an address comes to.
var anyDay = time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)

// checkDepartments tries whether units can be given an address to answer to.
func (cfg Config) checkDepartments(reply letter.ReplyKey) error {
	if !cfg.Departments {
		return nil
	}
	if cfg.Separator == "" {
		return errors.New("departments: needs sub_address, the answers of departments come to signed sub-addresses")
	}
	if _, err := reply.Address(strings.Repeat("f", 32), anyDay); err != nil {
		return fmt.Errorf("departments: %w", err)
	}
	return nil
}

func (deps Deps) check() error {
	if deps.Files == nil || deps.Bookmarks == nil {
		return errors.New("needs Files and Bookmarks")
	}
	return nil
}

// Channel returns the channel of this mailbox.
func (c *Connector) Channel() connectors.Channel { return c.cfg.Channel }

// Limits says what a letter carries.
func (c *Connector) Limits() connectors.Limits {
	return connectors.Limits{Letters: true, AttachmentSize: c.cfg.MaxSend, PerMinute: c.cfg.PerMinute}
}

// own reports whether an address is one of this mailbox.
func (c *Connector) own() []string { return append([]string{c.cfg.Address}, c.cfg.Own...) }

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// messageID is the id of a letter of ours, the same for the same key. Who does not
// have our secret cannot make one.
func (c *Connector) messageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := lower32.EncodeToString(sum[:15])
	return name + "." + c.sign(name) + "@" + c.domain
}

func (c *Connector) sign(name string) string {
	mac := hmac.New(sha256.New, c.cfg.Secret)
	_, _ = mac.Write([]byte("message-id:" + name)) // never fails
	return lower32.EncodeToString(mac.Sum(nil)[:10])
}

// wrote reports whether we made the Message-ID. Programs on the way change neither
// it nor its case.
func (c *Connector) wrote(id string) bool {
	local, domain, _ := strings.Cut(id, "@")
	name, mac, _ := strings.Cut(local, ".")
	return strings.EqualFold(domain, c.domain) && hmac.Equal([]byte(mac), []byte(c.sign(name)))
}
