// Package zalosim stands in for Zalo: OAuth v4, the OpenAPI of Official
// Accounts, the links to what citizens send, and the delivery of webhooks.
//
// It is as strict as the platform: it refuses a wrong header, a dead access
// token, a refresh token used twice, a closed reply window, a text that is too
// long, a file of the wrong kind. And it is as unruly: it fails with HTTP 200 and
// an error inside, resends what was not acknowledged in time, and, when told
// to (Fault, Unruly), is slow, down, cut off after it accepted, or delivers
// twice and out of order.
//
// Everything it sent and everything it was sent is on its Ledger, so that a
// test can compare what the hub says with what really happened. It shares no
// code with the connector, and so none of its mistakes.
//
// Citizens live in it: they write through methods (Sim.Send and its kin),
// through a small HTTP control, through a load generator (Sim.Load), or through
// a page that looks like a phone (PhonePath).
//
// What Zalo does was read in its SDKs, its error table and the notes of people
// who run Official Accounts; where sources disagree the stricter reading is the
// default and Config can change it.
package zalosim

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"tongdai/connectors/simulator"
)

// OA is one Official Account.
type OA struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Config of a Sim. What is zero gets the value told beside it.
type Config struct {
	Listen string // address; a free port of 127.0.0.1

	AppID     string // 1022000000000000001
	AppSecret string // opens OAuth; appSecretForTests1022
	OASecret  string // signs webhooks; oaSecretKeyForTests1022
	OAs       []OA   // one, 3000000000000000001 "1022 Mô phỏng"

	WebhookURL  string // where events go; nowhere until SetWebhook
	CallbackURL string // the only redirect_uri that is taken; any
	// NeedProof asks every call for the header appsecret_proof.
	NeedProof bool

	AccessLife  time.Duration // 25 h
	RefreshLife time.Duration // 90 days
	CodeLife    time.Duration // 10 min
	UploadLife  time.Duration // of what was uploaded; 7 days
	MediaLife   time.Duration // of links to what citizens sent; 24 h
	HistoryLife time.Duration // of what the history tells; for ever

	Window      time.Duration // in which the OA may write at all; 7 days
	FreeWindow  time.Duration // in which it costs nothing; 48 h
	FreeReplies int           // within FreeWindow, since the last interaction; unlimited
	Package     int           // messages paid for in advance, for what is not free; 2000
	PerMinute   int           // calls of the app; 4000

	// Resends are the pauses before an event that was not acknowledged is sent
	// again: 30 s, 5 min, 15 min, 30 min, 1 h. Empty but not nil: never, as with
	// the console's switch Webhook Retry off.
	Resends   []time.Duration
	AckWithin time.Duration // 2 s
	// Echoes and Receipts tell which events follow a message of the OA.
	NoEchoes, NoReceipts bool

	// FollowersOnly: who a citizen is is told of followers alone, as the old API
	// did. The present one tells it of everybody who has written.
	FollowersOnly bool

	Now    func() time.Time // time.Now
	Client *http.Client     // delivers webhooks; one with many idle connections
	Logger *slog.Logger     // none
}

func (cfg Config) withDefaults() Config {
	cfg.Listen = cmp.Or(cfg.Listen, "127.0.0.1:0")
	cfg.AppID = cmp.Or(cfg.AppID, "1022000000000000001")
	cfg.AppSecret = cmp.Or(cfg.AppSecret, "appSecretForTests1022")
	cfg.OASecret = cmp.Or(cfg.OASecret, "oaSecretKeyForTests1022")
	if len(cfg.OAs) == 0 {
		cfg.OAs = []OA{{ID: "3000000000000000001", Name: "1022 Mô phỏng"}}
	}
	cfg.AccessLife = cmp.Or(cfg.AccessLife, 25*time.Hour)
	cfg.RefreshLife = cmp.Or(cfg.RefreshLife, 90*24*time.Hour)
	cfg.CodeLife = cmp.Or(cfg.CodeLife, 10*time.Minute)
	cfg.UploadLife = cmp.Or(cfg.UploadLife, 7*24*time.Hour)
	cfg.MediaLife = cmp.Or(cfg.MediaLife, 24*time.Hour)
	cfg.Window = cmp.Or(cfg.Window, 7*24*time.Hour)
	cfg.FreeWindow = cmp.Or(cfg.FreeWindow, 48*time.Hour)
	cfg.Package = cmp.Or(cfg.Package, 2000)
	cfg.PerMinute = cmp.Or(cfg.PerMinute, 4000)
	if cfg.Resends == nil {
		cfg.Resends = []time.Duration{30 * time.Second, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
	}
	cfg.AckWithin = cmp.Or(cfg.AckWithin, 2*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Client = cmp.Or(cfg.Client, simulator.Client())
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	return cfg
}

// Sim is a running stand-in for Zalo.
type Sim struct {
	cfg Config
	url string

	mu       sync.Mutex
	webhook  string
	disabled bool // the platform gave up on the webhook
	tokens   tokens
	chats    map[chatID]*chat
	uploads  map[string]upload
	media    simulator.Media
	faults   simulator.Faults[Call]
	unruly   Unruly
	held     []func()
	calls    []Call
	events   []*Event
	spent    map[string]int // of the package, by OA
	minute   time.Time      // the minute that perMinute counts
	used     int            // calls in it
	sequence uint64

	ctx    context.Context // ends with Close
	server *simulator.Server
}

// Start listens and serves until Close.
func Start(cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults()
	server, err := simulator.Listen("zalosim", cfg.Listen)
	if err != nil {
		return nil, err
	}
	s := &Sim{
		cfg: cfg, url: server.URL(), webhook: cfg.WebhookURL,
		tokens: newTokens(), chats: map[chatID]*chat{}, uploads: map[string]upload{},
		spent: map[string]int{}, server: server, ctx: server.Context(),
	}
	server.Serve(s.handler(), cfg.Logger)
	return s, nil
}

// Close stops serving and delivering, and waits for both.
func (s *Sim) Close() error { return s.server.Close() }

// URL is where the Sim listens: the base URL of both OAuth and OpenAPI.
func (s *Sim) URL() string { return s.url }

// Config is what the Sim was started with, defaults filled in.
func (s *Sim) Config() Config { return s.cfg }

// SetWebhook tells where events go from now on, and switches a webhook on again
// that was given up.
func (s *Sim) SetWebhook(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook, s.disabled = url, false
}

// ServeHTTP lets something stand in front of the Sim, in a test.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }

func (s *Sim) handler() http.Handler {
	mux := http.NewServeMux()
	s.oauthRoutes(mux)
	s.openapiRoutes(mux)
	s.controlRoutes(mux)
	s.phoneRoutes(mux)
	return mux
}

// oa finds an Official Account by its id.
func (s *Sim) oa(id string) (OA, bool) {
	for _, oa := range s.cfg.OAs {
		if oa.ID == id {
			return oa, true
		}
	}
	return OA{}, false
}

// messageID returns a new id as Zalo writes them: 20 hex digits.
func (s *Sim) messageID() string {
	s.sequence++
	return fmt.Sprintf("%08x%012x", rand.Uint32(), s.sequence)
}

// milliseconds writes t as Zalo does.
func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
