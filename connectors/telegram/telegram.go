// Package telegram is the connector of a Telegram bot.
//
// Citizens' messages come in one of two ways, and a bot has one of them at a
// time. Hooked is called by Telegram for every update and proves by a secret in
// a header that it is Telegram: the body is not signed. Polled fetches updates,
// for a hub that cannot be reached from outside; the server keeps them until the
// next fetch confirms them, and that fetch is made only after the hub has them on
// disk (poll.go). Either way Telegram keeps for 24 hours what nobody has taken.
//
// Answers go out through the Bot API (send.go). It has no key against sending
// twice, so that a call whose answer is lost stays Uncertain. A bot speaks with
// people in private only: groups are told so once, channels are left, and nothing
// of either is kept.
//
// The shapes of updates and calls come from github.com/go-telegram/bot. Its own
// webhook handler and its loop of getUpdates are not used: both acknowledge what
// lies in memory alone. Its errors tell whole answers, so the HTTP client that it
// is given understands refusals first (wire.go).
//
// Sources: the Bot API's documentation and changelog, and the source of its
// server where the documentation is silent. docs/channels/telegram.md leads an
// official from @BotFather to the first message.
package telegram

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-telegram/bot"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/edge"
	"tongdai/connectors/progress"
)

// Kind is the Channel.Kind of Telegram bots.
const Kind = "telegram"

// Config of one bot. What is zero gets the value told beside it.
type Config struct {
	Channel connectors.Channel

	Token string // as @BotFather gave it: "123456789:AA…"
	// Secret is the secret_token that Telegram repeats with every update: 1 to 256
	// of A-Z a-z 0-9 _ -. Of Hooked.
	Secret string
	// HookURL is where Telegram reaches Handler from outside, for Check. Of Hooked.
	HookURL string
	// Connections is how many updates Telegram may bring at the same time. More than
	// one is faster and lets messages of one person overtake each other; 1. Of Hooked.
	Connections int
	// PollWait is how long a fetch waits for something to come; 50 s. Of Polled.
	PollWait time.Duration

	PerSecond int           // messages of the bot; 30
	MaxBody   int64         // of an update, in bytes; 1 MB
	MaxFile   int64         // of a file that a citizen sent, in bytes; 20 MB, which is all that bots get
	Timeout   time.Duration // of one call without a file; 15 s
	URL       string        // https://api.telegram.org
}

// Deps is what a bot works with.
type Deps struct {
	Files  connectors.Files
	Logger *slog.Logger     // none
	Client *http.Client     // one of its own. Redirects are never followed
	Now    func() time.Time // time.Now
}

// What Telegram takes in one message.
const (
	textLength    = 4096 // characters; UTF-16 code units where it is strict
	captionLength = 1024
	buttonsMost   = 20 // of one message: Telegram takes 100, people do not
	buttonLabel   = 60 // characters: Telegram names no limit, telephones cut after about so many
	dataLength    = 64 // bytes of what comes back with a button
	photoSize     = 10 << 20
	fileSize      = 50 << 20
	albumMost     = 10
)

// account is what both ways of a bot have in common.
type account struct {
	cfg   Config
	log   *slog.Logger
	files connectors.Files
	now   func() time.Time
	wire  *wire
	api   *bot.Bot
	pace  *pace
	sent  *progress.Record
}

// Hooked is a bot that Telegram calls.
type Hooked struct {
	*account
	door edge.Refusals
}

// Polled is a bot that fetches.
type Polled struct {
	*account
	fetching fetching
}

var (
	_ connectors.Webhook   = (*Hooked)(nil)
	_ connectors.Installer = (*Hooked)(nil)
	_ connectors.Checker   = (*Hooked)(nil)
	_ connectors.Poller    = (*Polled)(nil)
	_ connectors.Installer = (*Polled)(nil)
	_ connectors.Checker   = (*Polled)(nil)
	_ connectors.Connector = (*account)(nil)
	_ connectors.Fetcher   = (*account)(nil)
	_ connectors.Signaler  = (*account)(nil)
	_ connectors.Parser    = (*account)(nil)
)

// NewHooked returns a bot that Telegram calls, or all that is wrong with cfg. It
// starts nothing and calls nobody.
func NewHooked(cfg Config, deps Deps) (*Hooked, error) {
	a, err := newAccount(cfg, deps)
	if !isSecret(cfg.Secret) {
		err = errors.Join(err, fmt.Errorf("telegram %s: webhook_secret needs 1 to 256 of A-Z a-z 0-9 _ -", cfg.Channel.ID))
	}
	if err != nil {
		return nil, err
	}
	return &Hooked{account: a}, nil
}

// NewPolled returns a bot that fetches once Run is called, or all that is wrong with cfg.
func NewPolled(cfg Config, deps Deps) (*Polled, error) {
	a, err := newAccount(cfg, deps)
	if err != nil {
		return nil, err
	}
	return &Polled{account: a}, nil
}

func newAccount(cfg Config, deps Deps) (*account, error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(cfg.check(), deps.check()); err != nil {
		return nil, fmt.Errorf("telegram %s: %w", cfg.Channel.ID, err)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	a := &account{
		cfg: cfg, files: deps.Files, now: deps.Now,
		log:  cmp.Or(deps.Logger, slog.New(slog.DiscardHandler)).With("channel", cfg.Channel.ID),
		wire: &wire{client: call.Client(deps.Client)},
		pace: newPace(cfg.PerSecond, deps.Now), sent: progress.New(deps.Now),
	}
	var err error
	a.api, err = bot.New(cfg.Token, bot.WithSkipGetMe(), bot.WithServerURL(cfg.URL), bot.WithHTTPClient(cfg.PollWait, a.wire),
		bot.WithErrorsHandler(func(error) {})) // what it tells of closing pipes concerns nobody
	return a, err
}

func (cfg Config) withDefaults() Config {
	cfg.Channel.Kind = cmp.Or(cfg.Channel.Kind, Kind)
	cfg.Connections = cmp.Or(cfg.Connections, 1)
	cfg.PollWait = cmp.Or(cfg.PollWait, 50*time.Second)
	cfg.PerSecond = cmp.Or(cfg.PerSecond, 30)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 1<<20)
	cfg.MaxFile = cmp.Or(cfg.MaxFile, 20<<20)
	cfg.Timeout = cmp.Or(cfg.Timeout, 15*time.Second)
	cfg.URL = strings.TrimSuffix(cmp.Or(cfg.URL, "https://api.telegram.org"), "/")
	return cfg
}

func (cfg Config) check() error {
	var wrong []error
	if cfg.Channel.ID == "" {
		wrong = append(wrong, errors.New("channel: id is missing"))
	}
	if id, secret, whole := strings.Cut(cfg.Token, ":"); !whole || id == "" || !isSecret(secret) || strings.Trim(id, "0123456789") != "" {
		wrong = append(wrong, errors.New("bot_token: is not what @BotFather gives (123456789:AA…)"))
	}
	if u, err := url.Parse(cfg.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		wrong = append(wrong, fmt.Errorf("telegram_url: %q is no address that begins with https://", cfg.URL))
	}
	if cfg.Connections < 1 || cfg.Connections > 100 {
		wrong = append(wrong, fmt.Errorf("connections: %d is not from 1 to 100", cfg.Connections))
	}
	return errors.Join(wrong...)
}

func (deps Deps) check() error {
	if deps.Files == nil {
		return errors.New("needs Files")
	}
	return nil
}

func isSecret(s string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	return s != "" && len(s) <= 256 && strings.Trim(s, letters) == ""
}

// Channel returns the channel of this bot.
func (a *account) Channel() connectors.Channel { return a.cfg.Channel }

// Limits says what Telegram carries. A bot may write at any time to whoever has
// written to it, and to nobody else.
func (a *account) Limits() connectors.Limits {
	return connectors.Limits{
		TextLength:     textLength,
		Choices:        buttonsMost,
		ChoiceLabel:    buttonLabel,
		Links:          true,
		Quotes:         true,
		AttachmentSize: fileSize,
		PerMinute:      60 * a.cfg.PerSecond,
	}
}
