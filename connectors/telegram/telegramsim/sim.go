// Package telegramsim stands in for Telegram: the Bot API, its files, and both
// ways of handing updates over, webhook and getUpdates.
//
// It is as strict as the platform: it refuses a wrong token, a text or caption
// that is too long, a button that carries more than 64 bytes or opens what is no
// page, a picture that is none, a person who never wrote or has blocked the bot,
// an answer to a press that comes late, two programs that fetch at once. And it is
// as unruly: it keeps updates until they are confirmed and for a day at most,
// sends again what was not acknowledged, brings several at once and out of order,
// begins to count anew, asks to wait (429), and, when told to (Fault), is slow,
// down, or cut off after it accepted.
//
// Everything it sent and everything it was sent is on its Ledger, so that a
// test can compare what the hub says with what really happened. It shares no
// code with the connector, and so none of its mistakes.
//
// Citizens live in it: they write through methods (Sim.Send and its kin),
// through a small HTTP control, through a load generator (Sim.Load), or through
// a page that looks like a telephone (PhonePath).
package telegramsim

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors/simulator"
)

// Config of a Sim. What is zero gets the value told beside it.
type Config struct {
	Listen string // address; a free port of 127.0.0.1

	Token    string // 1022000001:AASimulatedTokenForTests_1022000000
	Name     string // of the bot; "1022 Mô phỏng"
	Username string // tongdai1022_bot

	// PlainHooks: addresses of webhooks may begin with http://, as with an own Bot
	// API server. Otherwise https on the ports 443, 80, 88, 8443 alone.
	PlainHooks bool
	// Connections overrides how many updates a webhook gets at the same time; as
	// setWebhook says.
	Connections int

	UpdateLife time.Duration // of an update that nobody takes; 24 h
	LinkLife   time.Duration // of links to files; 1 h
	PressLife  time.Duration // in which a press may be answered; 15 s

	PerSecond int // messages of the bot; 30. Below zero: unlimited
	PerChat   int // messages to one person at once, before one a second; 20. Below zero: unlimited
	// RetryAfter is how long the bot is to wait when it wrote too much; 3 s.
	RetryAfter time.Duration

	Resend    time.Duration // the pause before an update that was not acknowledged is sent again; 1 s
	AckWithin time.Duration // 10 s

	Now    func() time.Time // time.Now
	Client *http.Client     // delivers webhooks; one with many idle connections
	Logger *slog.Logger     // none
}

func (cfg Config) withDefaults() Config {
	cfg.Listen = cmp.Or(cfg.Listen, "127.0.0.1:0")
	cfg.Token = cmp.Or(cfg.Token, "1022000001:AASimulatedTokenForTests_1022000000")
	cfg.Name = cmp.Or(cfg.Name, "1022 Mô phỏng")
	cfg.Username = cmp.Or(cfg.Username, "tongdai1022_bot")
	cfg.UpdateLife = cmp.Or(cfg.UpdateLife, 24*time.Hour)
	cfg.LinkLife = cmp.Or(cfg.LinkLife, time.Hour)
	cfg.PressLife = cmp.Or(cfg.PressLife, 15*time.Second)
	cfg.PerSecond = cmp.Or(cfg.PerSecond, 30)
	cfg.PerChat = cmp.Or(cfg.PerChat, 20)
	cfg.RetryAfter = cmp.Or(cfg.RetryAfter, 3*time.Second)
	cfg.Resend = cmp.Or(cfg.Resend, time.Second)
	cfg.AckWithin = cmp.Or(cfg.AckWithin, 10*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Client = cmp.Or(cfg.Client, simulator.Client())
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	return cfg
}

// Sim is a running stand-in for Telegram.
type Sim struct {
	cfg Config
	url string
	bot int64

	mu       sync.Mutex
	revoked  bool
	hook     hook
	chats    map[int64]*chat
	files    map[string]*file
	links    map[string]link // by path
	presses  map[string]*press
	faults   simulator.Faults[Call]
	unruly   Unruly
	updates  []*Update // all of them
	pending  []*Update // neither confirmed nor dropped, by number
	nextID   int64     // of updates
	sequence int64     // of messages, files, presses
	waking   chan struct{}
	fetcher  uint64 // counts those who fetch
	polled   bool
	calls    []Call
	taken    int // calls that made a message
	last     time.Time
	limiter  *rate.Limiter
	held     time.Time // nothing is taken before

	ctx    context.Context // ends with Close
	server *simulator.Server
}

// Start listens and serves until Close.
func Start(cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults()
	var bot int64
	id, _, _ := strings.Cut(cfg.Token, ":")
	if _, err := fmt.Sscan(id, &bot); err != nil {
		return nil, fmt.Errorf("telegramsim: the token begins with no number: %w", err)
	}
	server, err := simulator.Listen("telegramsim", cfg.Listen)
	if err != nil {
		return nil, err
	}
	s := &Sim{
		cfg: cfg, url: server.URL(), bot: bot,
		chats: map[int64]*chat{}, files: map[string]*file{}, links: map[string]link{}, presses: map[string]*press{},
		nextID: 910022001, waking: make(chan struct{}), limiter: limiterOf(cfg.PerSecond, cfg.PerSecond), server: server, ctx: server.Context(),
	}
	server.Serve(s.handler(), cfg.Logger)
	return s, nil
}

// limiterOf allows perSecond with some at once; below zero everything.
func limiterOf(perSecond, burst int) *rate.Limiter {
	if perSecond < 0 || burst < 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}

// Close stops serving and delivering, and waits for both.
func (s *Sim) Close() error { return s.server.Close() }

// URL is where the Sim listens: the base URL of the Bot API.
func (s *Sim) URL() string { return s.url }

// Config is what the Sim was started with, defaults filled in.
func (s *Sim) Config() Config { return s.cfg }

// Revoke makes the token worthless, as @BotFather does with /revoke.
func (s *Sim) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = true
}

// ServeHTTP lets something stand in front of the Sim, in a test.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }

func (s *Sim) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{bot}/{method}", s.serveMethod)
	mux.HandleFunc("GET /file/{bot}/{path...}", s.getFile)
	s.controlRoutes(mux)
	s.phoneRoutes(mux)
	return mux
}

// number returns the next number of messages, files and presses. s.mu is held.
func (s *Sim) number() int64 {
	s.sequence++
	return s.sequence
}
