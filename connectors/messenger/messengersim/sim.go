// Package messengersim stands in for Facebook: the Graph API of pages
// (Messenger, comments, attachments, thread control, history), the links to
// what citizens send, and the delivery of webhooks in batches.
//
// It is as strict as the platform: it refuses a wrong token or proof, a closed
// window, a tag that the app has no right to, a text or title that is too long,
// text and file in one message, a second private reply. And it is as unruly: it
// resends what was not acknowledged in time, takes the page away from an app
// that did not answer for long, forgets uploads and links, echoes what was sent
// before it answers, and, when told to (Fault, Unruly), is slow, down, cut off
// after it accepted, or delivers twice and out of order. Its webhooks are
// written and signed as Meta's are: all that is not ASCII escaped, slashes too.
//
// Everything it sent and everything it was sent is on its Ledger, so that a
// test can compare what the hub says with what really happened. It shares no
// code with the connector, and so none of its mistakes.
//
// Citizens live in it: they write through methods (Sim.Say, Sim.Comment and
// their kin), through a small HTTP control, through a load generator
// (Sim.Load), through a page that looks like Messenger (PhonePath), and one that
// looks like a post with comments (PostPath).
package messengersim

import (
	"cmp"
	"context"
	"hash/fnv"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"tongdai/connectors/simulator"
)

// Page is one Facebook page.
type Page struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Token string `json:"-"` // its access token; made from the id
}

// InboxApp is the app of the inbox in which people answer for a page.
const InboxApp = "263902037430900"

// Config of a Sim. What is zero gets the value told beside it.
type Config struct {
	Listen string // address; a free port of 127.0.0.1

	AppID       string // 1022334455667
	AppSecret   string // signs webhooks and proves calls; fbAppSecretForTests1022
	VerifyToken string // that the hub is asked for; verify1022
	Pages       []Page // one, 100200300400500 "1022 Mô phỏng"

	// HumanAgent: the app has the feature.
	HumanAgent bool
	// NoProof: calls need not prove that the app makes them.
	NoProof bool
	// Second: the app is not the page's first, and has to ask for conversations.
	Second bool

	Window      time.Duration // 24 h
	HumanWindow time.Duration // 7 days
	ReplyWithin time.Duration // after a comment, in private; 7 days
	UploadLife  time.Duration // 90 days
	MediaLife   time.Duration // of links to what citizens sent; 7 days
	PerMinute   int           // calls of a page; 18000

	WebhookURL string // where events go; nowhere until SetWebhook
	// Batch is how many events one request may carry; 1. Gather is how long events
	// are waited for; 2 ms. Couriers is how many requests are on their way at once; 16.
	Batch    int
	Gather   time.Duration
	Couriers int
	// Resends are the pauses before what was not acknowledged is sent again: at
	// once, 10 s, 1, 5, 15, 30 min. After the last the page is taken away from the app.
	Resends   []time.Duration
	AckWithin time.Duration // 5 s
	// NoEchoes and NoReceipts tell which events follow a message of the page.
	NoEchoes, NoReceipts bool

	Now    func() time.Time // time.Now
	Client *http.Client     // delivers webhooks; one with many idle connections
	Logger *slog.Logger     // none
}

func (cfg Config) withDefaults() Config {
	cfg.Listen = cmp.Or(cfg.Listen, "127.0.0.1:0")
	cfg.AppID = cmp.Or(cfg.AppID, "1022334455667")
	cfg.AppSecret = cmp.Or(cfg.AppSecret, "fbAppSecretForTests1022")
	cfg.VerifyToken = cmp.Or(cfg.VerifyToken, "verify1022")
	if len(cfg.Pages) == 0 {
		cfg.Pages = []Page{{ID: "100200300400500", Name: "1022 Mô phỏng"}}
	}
	for i := range cfg.Pages {
		cfg.Pages[i].Token = cmp.Or(cfg.Pages[i].Token, "EAAsimulated"+cfg.Pages[i].ID)
	}
	cfg.Window = cmp.Or(cfg.Window, 24*time.Hour)
	cfg.HumanWindow = cmp.Or(cfg.HumanWindow, 7*24*time.Hour)
	cfg.ReplyWithin = cmp.Or(cfg.ReplyWithin, 7*24*time.Hour)
	cfg.UploadLife = cmp.Or(cfg.UploadLife, 90*24*time.Hour)
	cfg.MediaLife = cmp.Or(cfg.MediaLife, 7*24*time.Hour)
	cfg.PerMinute = cmp.Or(cfg.PerMinute, 18_000)
	cfg.Batch = cmp.Or(cfg.Batch, 1)
	cfg.Gather = cmp.Or(cfg.Gather, 2*time.Millisecond)
	cfg.Couriers = cmp.Or(cfg.Couriers, 16)
	if cfg.Resends == nil {
		cfg.Resends = []time.Duration{time.Millisecond, 10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}
	}
	cfg.AckWithin = cmp.Or(cfg.AckWithin, 5*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Client = cmp.Or(cfg.Client, simulator.Client())
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	return cfg
}

// Sim is a running stand-in for Facebook.
type Sim struct {
	cfg Config
	url string

	mu       sync.Mutex
	webhook  string
	pages    map[string]*pageState
	chats    map[chatID]*chat
	posts    []*Post
	comments map[string]*Comment
	uploads  map[string]upload
	media    simulator.Media
	faults   simulator.Faults[Call]
	unruly   Unruly
	usage    Usage
	calls    []Call
	events   []*Event
	queue    []*Event // waiting for a courier
	wake     chan struct{}
	minute   time.Time // that used counts
	used     map[string]int
	sequence uint64

	ctx      context.Context // ends with Close
	couriers chan struct{}
	server   *simulator.Server
}

// pageState is what the platform knows of a page.
type pageState struct {
	Page
	fields  map[string]bool // that our app is told; nil: the page is not the app's
	profile map[string]any
	dead    int                // subcode with which the token is refused; 0: it is good
	wall    simulator.Watchers // who looks at its posts
}

// Start listens and serves until Close.
func Start(cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults()
	server, err := simulator.Listen("messengersim", cfg.Listen)
	if err != nil {
		return nil, err
	}
	s := &Sim{
		cfg: cfg, url: server.URL(), webhook: cfg.WebhookURL,
		pages: map[string]*pageState{}, chats: map[chatID]*chat{}, comments: map[string]*Comment{},
		uploads: map[string]upload{}, used: map[string]int{},
		wake: make(chan struct{}, 1), couriers: make(chan struct{}, cfg.Couriers), server: server, ctx: server.Context(),
	}
	for _, p := range cfg.Pages {
		s.pages[p.ID] = &pageState{Page: p, fields: everyField(), profile: map[string]any{}}
	}
	server.Serve(s.handler(), cfg.Logger)
	server.Go(s.dispatch)
	return s, nil
}

// Close stops serving and delivering, and waits for both.
func (s *Sim) Close() error { return s.server.Close() }

// URL is where the Sim listens: the base URL of the Graph API.
func (s *Sim) URL() string { return s.url }

// Config is what the Sim was started with, defaults filled in.
func (s *Sim) Config() Config { return s.cfg }

// SetWebhook tells where events go from now on.
func (s *Sim) SetWebhook(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = url
}

// Webhook is where events go.
func (s *Sim) Webhook() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webhook
}

// ServeHTTP lets something stand in front of the Sim, in a test.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }

func (s *Sim) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.serveGraph)
	mux.HandleFunc("GET /media/{id}", s.faulty(MediaEndpoint, s.getMedia))
	s.controlRoutes(mux)
	s.phoneRoutes(mux)
	return mux
}

// page finds a page by its id; the first where id is empty.
func (s *Sim) page(id string) (Page, bool) {
	for _, p := range s.cfg.Pages {
		if p.ID == id || id == "" {
			return p, true
		}
	}
	return Page{}, false
}

// next returns a number that was not used before. s.mu is held.
func (s *Sim) next() uint64 {
	s.sequence++
	return s.sequence
}

// person is the id of somebody for one page: another page has another id.
func person(page, name string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(page + "\x00" + name))
	return strconv.FormatUint(20_000_000_000_000_000+h.Sum64()%1_000_000_000_000_000, 10)
}
