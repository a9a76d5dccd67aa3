// Package mattermostsim stands in for a Mattermost server, of the versions 6.7 to 11,
// as a bot account reaches it: the REST interface (/api/v4), the WebSocket, and the
// calls that such a server makes when somebody presses a button, sends a dialog or
// writes a slash command.
//
// It is as strict as the server: it refuses an unknown token, a channel that the bot
// is not a member of, a root that is none or lies elsewhere, a post, a list of files
// or a file that is too long; it never shows where a button leads, keeps the old
// version of what was edited and lists it among what changed, deletes the answers
// with their root, numbers the events of a connection and keeps the last 128 for
// whoever comes back with the header and the number, and lets an ephemeral post be
// made by administrators alone. And it is as unruly, when told to: calls that fail
// are slow or cut off after all was done (Fault), sockets that are dropped, mute or
// forgotten, events that are lost, doubled or out of order (Unruly), a token that is
// revoked.
//
// All posts and calls are on its Ledger. It shares no code with the connector, and
// so none of its mistakes.
//
// People live in it: they write, press and send through methods (Sim.Say, Sim.Press,
// Sim.Slash and their kin), through a small HTTP control, or through a page that
// looks like a team chat, at the address itself.
//
// What it does not imitate: logging in, administration, search, unread counts,
// threads that are followed, custom emoji, plugins, msgpack, several teams and
// several nodes; it calls addresses of the own network, which a server refuses until
// they are allowed (AllowedUntrustedInternalConnections).
package mattermostsim

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors/simulator"
)

// Limits of the server. What is zero gets the value told beside it.
type Limits struct {
	Message int   // characters of a post; 16383
	Props   int   // characters of a post's props as JSON; 800000
	FileIDs int   // characters of a post's file ids as JSON; 300, which is ten files
	Body    int64 // bytes of a call; 300000
	File    int64 // bytes; 100 MiB
	Changed int   // posts that a list of what changed has at most; 1000
	Queue   int   // events that wait for a socket before it is given up; 256
	Ring    int   // events that are kept for a socket that comes back; 128
}

// Config of a Sim. What is zero gets the value told beside it.
type Config struct {
	Listen string // address; a free port of 127.0.0.1

	Token string // of the bot; "simulatedbottokenfortests1"
	Bot   User   // tong-dai, "Tổng đài 1022"
	Team  Team   // "1022", "1022 Thanh Hóa"
	// Users and Channels; without both there are some people of an invented
	// province. Channels without Members have everybody as member.
	Users    []User
	Channels []Channel
	Version  string // 6.7.2

	Limits Limits
	// PerSecond is how many calls are taken, Burst of them at once (100); zero: all,
	// as a server does unless it is told otherwise.
	PerSecond, Burst int
	// Administrator: the bot has an administrator's rights, and so may make
	// ephemeral posts.
	Administrator bool
	HideEmail     bool // nobody is found by an e-mail address
	CommandRoot   bool // a slash command tells in which thread it was written, which 6.7 does not

	// PendingLife is how long a pending_post_id is remembered; 30 s. Below zero: it
	// is not, as after a restart.
	PendingLife time.Duration
	CallWithin  time.Duration // of calls to buttons, dialogs and commands; 30 s. A trigger_id lives for 3 s at most
	AuthWithin  time.Duration // in which a socket has to say who it is; 5 s
	PingEvery   time.Duration // 60 s

	Now    func() time.Time // time.Now
	Client *http.Client     // calls the hub; one that ends after CallWithin
	Logger *slog.Logger     // none
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Message: cmp.Or(l.Message, 16383), Props: cmp.Or(l.Props, 800_000), FileIDs: cmp.Or(l.FileIDs, 300),
		Body: cmp.Or(l.Body, 300_000), File: cmp.Or(l.File, 100<<20), Changed: cmp.Or(l.Changed, 1000),
		Queue: cmp.Or(l.Queue, 256), Ring: cmp.Or(l.Ring, 128),
	}
}

func (cfg Config) withDefaults() Config {
	cfg.Listen = cmp.Or(cfg.Listen, "127.0.0.1:0")
	cfg.Token = cmp.Or(cfg.Token, "simulatedbottokenfortests1")
	cfg.Bot.Username = cmp.Or(cfg.Bot.Username, "tong-dai")
	cfg.Bot.FirstName = cmp.Or(cfg.Bot.FirstName, "Tổng đài 1022")
	cfg.Team.Name = cmp.Or(cfg.Team.Name, "1022")
	cfg.Team.DisplayName = cmp.Or(cfg.Team.DisplayName, "1022 Thanh Hóa")
	if cfg.Users == nil && cfg.Channels == nil {
		cfg.Users, cfg.Channels = people(), rooms()
	}
	cfg.Version = cmp.Or(cfg.Version, "6.7.2")
	cfg.Limits = cfg.Limits.withDefaults()
	cfg.Burst = cmp.Or(cfg.Burst, 100)
	cfg.PendingLife = cmp.Or(cfg.PendingLife, 30*time.Second)
	cfg.CallWithin = cmp.Or(cfg.CallWithin, 30*time.Second)
	cfg.AuthWithin = cmp.Or(cfg.AuthWithin, 5*time.Second)
	cfg.PingEvery = cmp.Or(cfg.PingEvery, time.Minute)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: cfg.CallWithin, Transport: &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute}}
	}
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	return cfg
}

// people are some of an invented province.
func people() []User {
	return []User{
		{Username: "lan.nt", FirstName: "Lan", LastName: "Nguyễn Thị", Email: "lan.nt@thanhhoa.example.vn"},
		{Username: "minh.lv", FirstName: "Minh", LastName: "Lê Văn", Email: "minh.lv@thanhhoa.example.vn"},
		{Username: "thuy.pt", FirstName: "Thủy", LastName: "Phạm Thu", Email: "thuy.pt@thanhhoa.example.vn"},
		{Username: "khach", FirstName: "Khách vãng lai", Email: "khach@example.com"},
	}
}

func rooms() []Channel {
	return []Channel{
		{Name: "so-y-te", DisplayName: "Sở Y tế", Type: Private, Header: "Việc người dân gửi tới ngành y tế"},
		{Name: "so-xay-dung", DisplayName: "Sở Xây dựng", Type: Private},
		{Name: "lanh-dao", DisplayName: "Lãnh đạo", Type: Private, Header: "Báo khẩn, quá hạn, kênh trục trặc"},
		{Name: "chung", DisplayName: "Chung", Type: Open},
	}
}

// Sim is a running stand-in for a Mattermost server.
type Sim struct {
	cfg  Config
	url  string
	team Team
	bot  string // its user id

	mu        sync.Mutex
	revoked   bool
	users     map[string]*User // by id
	order     []string         // of users, as they came
	channels  map[string]*Channel
	rooms     []string // ids of channels, as they came
	posts     []*Post  // all, as they were made, the old versions too
	byID      map[string]*Post
	pending   map[string]pending // by user and pending_post_id
	files     map[string]*file
	ephemeral []Ephemeral
	triggers  map[string]trigger
	dialogs   map[string]*Dialog // by trigger_id
	commands  map[string]Command
	responses map[string]*response // by the last part of a response_url
	sockets   map[string]*socket   // by connection_id
	held      []func()             // events that are to go out of order
	typing    map[string]time.Time // of the bot, by channel
	faults    simulator.Faults[Call]
	unruly    Unruly
	calls     []Call
	outward   []Outward
	warnings  []string
	limiter   *rate.Limiter
	watchers  simulator.Watchers // of the page

	ctx     context.Context // ends with Close
	running sync.WaitGroup  // of the sockets
	server  *simulator.Server
}

// Start listens and serves until Close.
func Start(cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults()
	s := &Sim{
		cfg: cfg, team: cfg.Team,
		users: map[string]*User{}, channels: map[string]*Channel{}, byID: map[string]*Post{}, pending: map[string]pending{},
		files: map[string]*file{}, triggers: map[string]trigger{}, dialogs: map[string]*Dialog{}, commands: map[string]Command{},
		responses: map[string]*response{}, sockets: map[string]*socket{}, typing: map[string]time.Time{},
		limiter: rate.NewLimiter(rate.Inf, 0),
	}
	if cfg.PerSecond > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(cfg.PerSecond), cfg.Burst)
	}
	if err := s.populate(); err != nil {
		return nil, err
	}
	server, err := simulator.Listen("mattermostsim", cfg.Listen)
	if err != nil {
		return nil, err
	}
	s.server, s.url, s.ctx = server, server.URL(), server.Context()
	server.Serve(s.handler(), cfg.Logger)
	return s, nil
}

// populate makes the people and channels of the configuration.
func (s *Sim) populate() error {
	s.team.ID = cmp.Or(s.team.ID, idOf("team", s.team.Name))
	bot := s.cfg.Bot
	bot.IsBot = true
	s.bot = s.AddUser(bot)
	for _, u := range s.cfg.Users {
		s.AddUser(u)
	}
	for _, c := range s.cfg.Channels {
		if _, err := s.AddChannel(c); err != nil {
			return err
		}
	}
	return nil
}

// Close stops serving, drops the sockets and waits for both.
func (s *Sim) Close() error {
	s.mu.Lock()
	s.server.Stop()
	s.dropAll()
	s.mu.Unlock()
	err := s.server.Close()
	s.running.Wait()
	return err
}

// URL is where the Sim listens: the address of the server, without /api/v4, and of
// the page.
func (s *Sim) URL() string { return s.url }

// Config is what the Sim was started with, defaults filled in.
func (s *Sim) Config() Config { return s.cfg }

// Revoke makes the bot's token worthless. Sockets stay open, and silent.
func (s *Sim) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = true
}

// ServeHTTP lets something stand in front of the Sim, in a test.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }

func (s *Sim) handler() http.Handler {
	mux := http.NewServeMux()
	s.apiRoutes(mux)
	mux.HandleFunc("GET /api/v4/websocket", s.serveSocket)
	mux.HandleFunc("POST /hooks/commands/{id}", s.postResponse)
	s.controlRoutes(mux)
	s.pageRoutes(mux)
	return mux
}

// millis is the time as the server writes it; several posts may have the same.
func (s *Sim) millis() int64 { return s.cfg.Now().UnixMilli() }
