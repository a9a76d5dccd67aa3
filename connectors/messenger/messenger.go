// Package messenger is the connector of a Facebook page: its Messenger inbox
// and the comments under its posts.
//
// Meta calls us (Handler) with batches: several entries, of several pages of
// one app, in one request, signed with the app's secret over the bytes as they
// are sent. App finds the connector of each entry. We call the Graph API as the
// page, with a token that its administrator made (Send and the rest).
//
// By what right a page writes depends on who writes and since when the citizen
// is silent: anybody within 24 hours, a person within seven days where the app
// has the feature Human Agent, nobody after that. A request that was not
// answered may have been carried out, and Meta knows no key that would make it
// safe to repeat; but it echoes every message of the page with the metadata it
// was sent with, which is the hub's own key, and so the hub learns it.
//
// A page may be served by several apps. While another one, or a person in
// Meta's own inbox, has a conversation, we are told what is said (Standby) and
// do not answer.
//
// Comments are conversations of their own, one for each comment directly under
// a post; they are answered in public, or once in private.
//
// When nobody acknowledged events for an hour, Meta takes the page away from
// the app. Check notices that, asks for the page again and tells; what was said
// meanwhile is asked for as history (Recall).
//
// What Meta does is told in its documentation, and in the notes of people who
// run pages where that is silent. docs/channels/messenger.md leads an official
// from nothing to the first message.
package messenger

import (
	"cmp"
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

// Kind is the Channel.Kind of Facebook pages.
const Kind = "messenger"

// Config of one page. What is zero gets the value told beside it.
type Config struct {
	Channel connectors.Channel

	AppID     string // of the app in Meta's developer console
	AppSecret string // signs the webhook, and proves our calls
	PageID    string
	PageToken string // the page's access token
	// VerifyToken is what Meta shows when the address of the webhook is saved.
	VerifyToken string

	// HumanAgent: the app has the feature, so people may answer for seven days.
	HumanAgent bool
	// Comments under posts of the page are conversations, too.
	Comments bool

	// Greeting is what somebody sees who opens the conversation for the first
	// time, at most 160 characters. It must say that a machine answers first.
	Greeting string
	// Menu are things to say that stand in the menu of the conversation, three at
	// most, each a button's title; Questions those offered to begin with, four at most.
	Menu, Questions []string

	PerSecond int // calls that Meta takes for the page; 300

	MaxBody int64         // of a request with events, in bytes; 8 MB
	MaxFile int64         // of a file that a citizen sent, in bytes; 25 MB
	Timeout time.Duration // of one call of Meta; 15 s. An upload gets four times as long

	GraphURL string // https://graph.facebook.com
	Version  string // of the Graph API; v25.0
	// MediaHosts may hand files over although they are inside our network or
	// speak plain HTTP: "127.0.0.1:8096" of a simulator; none.
	MediaHosts []string
}

// Deps is what a Connector works with.
type Deps struct {
	Files  connectors.Files
	Logger *slog.Logger     // none
	Client *http.Client     // for the Graph API; one of its own. Redirects are never followed
	Now    func() time.Time // time.Now
}

// What Messenger takes, from its documentation.
const (
	textLength     = 2000 // characters of a message
	commentLength  = 8000 // characters of a comment
	quickReplies   = 13
	buttonTitle    = 20   // characters, of quick replies and buttons; longer ones are cut
	payloadLength  = 1000 // characters
	buttonText     = 640  // characters above buttons
	buttonsMost    = 3
	elementsMost   = 10
	elementTitle   = 80 // characters
	fileSize       = 25 << 20
	standardWindow = 24 * time.Hour
	humanWindow    = 7 * 24 * time.Hour
	sendsPerSecond = 300
	greetingLength = 160 // characters
)

// Connector speaks for one page.
type Connector struct {
	cfg     Config
	log     *slog.Logger
	files   connectors.Files
	now     func() time.Time
	client  *http.Client
	fetcher *download.Fetcher
	pace    *pace
	history *rate.Limiter
	sent    *progress.Record
	uploads *uploads
	door    *edge.Refusals
	healed  healing
	pages   map[string]bool // of the app, as far as they are channels
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Webhook    = (*Connector)(nil)
	_ connectors.Profiler   = (*Connector)(nil)
	_ connectors.Checker    = (*Connector)(nil)
	_ connectors.Fetcher    = (*Connector)(nil)
	_ connectors.Installer  = (*Connector)(nil)
	_ connectors.Signaler   = (*Connector)(nil)
	_ connectors.Moderator  = (*Connector)(nil)
	_ connectors.Controller = (*Connector)(nil)
	_ connectors.Historian  = (*Connector)(nil)
	_ connectors.Parser     = (*Connector)(nil)
)

// New returns a Connector, or all that is wrong with cfg. It starts nothing and
// calls nobody.
func New(cfg Config, deps Deps) (*Connector, error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(cfg.check(), deps.check()); err != nil {
		return nil, fmt.Errorf("messenger %s: %w", cfg.Channel.ID, err)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	return &Connector{
		cfg: cfg, files: deps.Files, now: deps.Now,
		log:     cmp.Or(deps.Logger, slog.New(slog.DiscardHandler)).With("channel", cfg.Channel.ID),
		client:  call.Client(deps.Client),
		fetcher: download.New(download.Config{Platform: "Facebook", Most: cfg.MaxFile, Files: deps.Files, Hosts: cfg.MediaHosts}),
		pace:    newPace(cfg.PerSecond, deps.Now),
		history: rate.NewLimiter(historyPerSecond, historyPerSecond),
		sent:    progress.New(deps.Now),
		uploads: newUploads(deps.Now),
		door:    &edge.Refusals{},
		pages:   map[string]bool{cfg.PageID: true},
	}, nil
}

func (cfg Config) withDefaults() Config {
	cfg.Channel.Kind = cmp.Or(cfg.Channel.Kind, Kind)
	cfg.PerSecond = cmp.Or(cfg.PerSecond, sendsPerSecond)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 8<<20)
	cfg.MaxFile = cmp.Or(cfg.MaxFile, 25<<20)
	cfg.Timeout = cmp.Or(cfg.Timeout, 15*time.Second)
	cfg.GraphURL = strings.TrimSuffix(cmp.Or(cfg.GraphURL, "https://graph.facebook.com"), "/")
	cfg.Version = cmp.Or(cfg.Version, "v25.0")
	return cfg
}

func (cfg Config) check() error {
	var wrong []error
	for _, needed := range []struct{ name, value string }{
		{"channel: id", string(cfg.Channel.ID)}, {"app_id", cfg.AppID}, {"app_secret", cfg.AppSecret},
		{"page_id", cfg.PageID}, {"page_token", cfg.PageToken}, {"verify_token", cfg.VerifyToken},
	} {
		if needed.value == "" {
			wrong = append(wrong, fmt.Errorf("%s is missing", needed.name))
		}
	}
	if u, err := url.Parse(cfg.GraphURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		wrong = append(wrong, fmt.Errorf("graph_url: %q is no address that begins with https://", cfg.GraphURL))
	}
	return errors.Join(wrong...)
}

func (deps Deps) check() error {
	if deps.Files == nil {
		return errors.New("needs Files")
	}
	return nil
}

// Channel returns the channel of this connector.
func (c *Connector) Channel() connectors.Channel { return c.cfg.Channel }

// Limits says what Messenger carries. Beyond 24 hours only people may write, and
// only where the app has the feature Human Agent.
func (c *Connector) Limits() connectors.Limits {
	l := connectors.Limits{
		TextLength:     textLength,
		Choices:        quickReplies,
		ChoiceLabel:    buttonTitle,
		Links:          true,
		AttachmentSize: fileSize,
		ReplyWindow:    standardWindow,
		PrivateReplies: c.cfg.Comments,
		PerMinute:      60 * c.cfg.PerSecond,
	}
	if c.cfg.HumanAgent {
		l.ReplyWindow, l.AutomaticWindow = humanWindow, standardWindow
	}
	return l
}
