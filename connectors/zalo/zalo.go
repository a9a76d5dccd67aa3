// Package zalo is the connector of a Zalo Official Account (OA).
//
// Zalo calls us for every event (Handler), signed with a hash over the app's
// id, the body, the time inside it and the OA secret key. It takes our messages
// through the OpenAPI (Send), and answers HTTP 200 also when it refuses them:
// what counts is the error inside. One app has one webhook address for all its
// OAs; App finds the connector that an event belongs to.
//
// We speak for the OA with a pair of tokens that its administrator's consent
// gave us (Authorize). The access token lives 25 hours. The refresh token buys
// a new pair and may be spent once: the old pair is dead the moment Zalo makes
// the new one, even when the answer is lost on the way. So a refresh is written
// down in the Vault before the call, made by one holder at a time, and its
// result saved before first use (tokens.go). When that goes wrong people are
// told at once, what citizens write still arrives, and what we answer waits
// until an administrator consents again.
//
// What Zalo does is told in its SDKs, in copies of its documentation and by
// people who run OAs. Where they disagree Config has a setting, with the
// likelier value as default. docs/channels/zalo.md leads an official from
// nothing to the first message.
package zalo

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/download"
	"tongdai/connectors/edge"
	"tongdai/connectors/progress"
)

// Kind is the Channel.Kind of Official Accounts.
const Kind = "zalo"

// Config of one Official Account. What is zero gets the value told beside it.
type Config struct {
	Channel connectors.Channel

	AppID     string // of the app in Zalo's developer console
	AppSecret string // the app's secret key; opens OAuth
	OAID      string // of the Official Account
	// WebhookSecret is the OA secret key on the console's webhook page. It is
	// another one than AppSecret.
	WebhookSecret string
	// OldWebhookSecret is accepted as well, while a new one is spreading; none.
	OldWebhookSecret string
	// HookURL is where Zalo reaches Handler from outside:
	// "https://1022.example.vn/hook/zalo-1022". Consent comes back to
	// HookURL + CallbackPath, which must be registered in the console.
	HookURL string

	// CodeVerifier is used for every consent in place of a fresh one, for apps
	// whose console holds a fixed code challenge; none.
	CodeVerifier string
	// Proof adds the header appsecret_proof, for apps that demand it.
	Proof bool
	// RefreshLife is how long a refresh token lives; Zalo does not say with the
	// token; 90 days.
	RefreshLife time.Duration
	// RefreshAhead is how long before its end an access token is replaced; 5 hours.
	RefreshAhead time.Duration

	ReplyWindow time.Duration // since the citizen's last interaction; 7 days
	FreeWindow  time.Duration // in which messages cost nothing; 48 hours
	FreeReplies int           // in it; not counted, as since 2026-01-01
	PerMinute   int           // calls of the app; 4000
	// Buttons of one message: the SDK says 4, the documentation 5; 4.
	Buttons int
	// Lists has many links sent as a list template, which is documented for the
	// old API only.
	Lists bool

	MaxBody int64         // of an event, in bytes; 4 MB
	MaxFile int64         // of a file that a citizen sent, in bytes; 25 MB
	Timeout time.Duration // of one call of Zalo; 15 s

	OAuthURL   string // https://oauth.zaloapp.com
	OpenAPIURL string // https://openapi.zalo.me
	// MediaHosts may hand files over although they are inside our network or
	// speak plain HTTP: "127.0.0.1:8098" of a simulator; none.
	MediaHosts []string
}

// Deps is what a Connector works with.
type Deps struct {
	Vault connectors.Vault
	Files connectors.Files
	// Limiter is shared by the connectors of one app, because Zalo counts by app;
	// one of its own (NewLimiter).
	Limiter *rate.Limiter
	Logger  *slog.Logger     // none
	Client  *http.Client     // for OAuth and the OpenAPI; one of its own. Redirects are never followed
	Now     func() time.Time // time.Now
}

// What Zalo takes in one message.
const (
	textLength    = 2000 // characters, after NFC
	buttonTitle   = 100  // characters
	buttonPayload = 1000 // characters
	imageSize     = 1 << 20
	fileSize      = 5 << 20
)

// Connector speaks for one Official Account.
type Connector struct {
	cfg     Config
	log     *slog.Logger
	files   connectors.Files
	now     func() time.Time
	client  *http.Client
	fetcher *download.Fetcher
	limiter *rate.Limiter
	tokens  *keeper
	sent    *progress.Record
	uploads *uploads
	door    edge.Refusals
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Webhook    = (*Connector)(nil)
	_ connectors.Profiler   = (*Connector)(nil)
	_ connectors.Checker    = (*Connector)(nil)
	_ connectors.Fetcher    = (*Connector)(nil)
	_ connectors.Authorizer = (*Connector)(nil)
	_ connectors.Historian  = (*Connector)(nil)
	_ connectors.Parser     = (*Connector)(nil)
)

// New returns a Connector, or all that is wrong with cfg. It starts nothing and
// calls nobody.
func New(cfg Config, deps Deps) (*Connector, error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(cfg.check(), deps.check()); err != nil {
		return nil, fmt.Errorf("zalo %s: %w", cfg.Channel.ID, err)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	c := &Connector{
		cfg: cfg, files: deps.Files, now: deps.Now,
		log:     cmp.Or(deps.Logger, slog.New(slog.DiscardHandler)).With("channel", cfg.Channel.ID),
		client:  call.Client(deps.Client),
		fetcher: download.New(download.Config{Platform: "Zalo", Most: cfg.MaxFile, Files: deps.Files, Hosts: cfg.MediaHosts}),
		limiter: cmp.Or(deps.Limiter, NewLimiter(cfg.PerMinute)),
		sent:    progress.New(deps.Now),
		uploads: newUploads(deps.Now),
	}
	if cfg.AppSecret == cfg.WebhookSecret {
		c.log.Warn("webhook_secret is the app's secret key; Zalo signs with the OA secret key, which the console shows on its webhook page")
	}
	c.tokens = &keeper{
		vault: deps.Vault, name: string(cfg.Channel.ID) + "/tokens", holder: rand.Text(),
		cfg: cfg, now: deps.Now, log: c.log, exchange: c.exchange, saving: saving, turn: make(chan struct{}, 1),
	}
	return c, nil
}

func (cfg Config) withDefaults() Config {
	cfg.Channel.Kind = cmp.Or(cfg.Channel.Kind, Kind)
	cfg.RefreshLife = cmp.Or(cfg.RefreshLife, 90*24*time.Hour)
	cfg.RefreshAhead = cmp.Or(cfg.RefreshAhead, 5*time.Hour)
	cfg.ReplyWindow = cmp.Or(cfg.ReplyWindow, 7*24*time.Hour)
	cfg.FreeWindow = cmp.Or(cfg.FreeWindow, min(48*time.Hour, cfg.ReplyWindow))
	cfg.PerMinute = cmp.Or(cfg.PerMinute, 4000)
	cfg.Buttons = cmp.Or(cfg.Buttons, 4)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 4<<20)
	cfg.MaxFile = cmp.Or(cfg.MaxFile, 25<<20)
	cfg.Timeout = cmp.Or(cfg.Timeout, 15*time.Second)
	cfg.OAuthURL = strings.TrimSuffix(cmp.Or(cfg.OAuthURL, "https://oauth.zaloapp.com"), "/")
	cfg.OpenAPIURL = strings.TrimSuffix(cmp.Or(cfg.OpenAPIURL, "https://openapi.zalo.me"), "/")
	cfg.HookURL = strings.TrimSuffix(cfg.HookURL, "/")
	return cfg
}

func (cfg Config) check() error {
	var wrong []error
	needs := func(name, value string) {
		if value == "" {
			wrong = append(wrong, fmt.Errorf("%s is missing", name))
		}
	}
	needs("channel: id", string(cfg.Channel.ID))
	needs("app_id", cfg.AppID)
	needs("app_secret", cfg.AppSecret)
	needs("oa_id", cfg.OAID)
	needs("webhook_secret", cfg.WebhookSecret)
	for name, address := range map[string]string{"hook_url": cfg.HookURL, "oauth_url": cfg.OAuthURL, "openapi_url": cfg.OpenAPIURL} {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			wrong = append(wrong, fmt.Errorf("%s: %q is no address that begins with https://", name, address))
		}
	}
	if cfg.FreeWindow > cfg.ReplyWindow {
		wrong = append(wrong, fmt.Errorf("free_window %s is longer than reply_window %s", cfg.FreeWindow, cfg.ReplyWindow))
	}
	for name, n := range map[string]int{"free_replies": cfg.FreeReplies, "per_minute": cfg.PerMinute, "buttons": cfg.Buttons} {
		if n < 0 {
			wrong = append(wrong, fmt.Errorf("%s: %d is below zero", name, n))
		}
	}
	return errors.Join(wrong...)
}

func (deps Deps) check() error {
	if deps.Vault == nil || deps.Files == nil {
		return errors.New("needs a Vault and Files")
	}
	return nil
}

// NewLimiter allows so many calls within any minute.
func NewLimiter(perMinute int) *rate.Limiter {
	burst := max(perMinute/60, 1)
	return rate.NewLimiter(rate.Limit(float64(max(perMinute-burst, 1))/60), burst)
}

// Channel returns the channel of this connector.
func (c *Connector) Channel() connectors.Channel { return c.cfg.Channel }

// Limits says what Zalo carries, and its rule on windows and free replies as
// configured.
func (c *Connector) Limits() connectors.Limits {
	return connectors.Limits{
		TextLength:      textLength,
		Choices:         c.cfg.Buttons,
		ChoiceLabel:     buttonTitle,
		Links:           true,
		Quotes:          true,
		AttachmentSize:  fileSize,
		AttachmentTypes: sendableTypes(),
		ReplyWindow:     c.cfg.ReplyWindow,
		FreeWindow:      c.cfg.FreeWindow,
		FreeReplies:     c.cfg.FreeReplies,
		PerMinute:       c.cfg.PerMinute,
	}
}
