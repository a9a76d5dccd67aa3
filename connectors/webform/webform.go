// Package webform is the connector of the portal's own form, "Gửi phản ánh":
// a channel of the kind "portal" by which a citizen writes without an account,
// an app or JavaScript.
//
// A page asks NewKey for the key of a form. The key is random and sealed for
// its channel. It names the citizen towards us, and later opens the tracking
// page, so it is the private link as well; what we keep is its hash, the
// RemoteID (Open). Nothing that is stored leads back to the link.
//
// Whoever posts the form again posts it under the same key: it is the same
// matter, with the same link. What was posted is read whole before anything is
// said of it, so that a page can name every problem at its field and keep what
// was typed; files that were taken stay taken while the rest is put right.
//
// Nothing is sent: the citizen's page reads the hub's log (Limits.FromLog).
// Like every door this one answers only after Receive returned nil. How many
// forms an address and its network may send is limited, those beyond half of
// that need a proof of work (edge.Gate), and words that sound urgent pass
// limits ten times as wide.
package webform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/edge"
)

// Kind is that of the channels of this connector.
const Kind = "portal"

// Config of a channel. What is zero gets the value told beside it.
type Config struct {
	Channel connectors.Channel
	// Secret seals keys; at least 32 bytes. Whoever changes it ends all private links.
	Secret []byte
	// Field tells the name of a field that a citizen may choose; there are none.
	Field func(id string) (name string, ok bool)

	PerAddressPerHour int   // forms and messages of one address (IPv6: of one /64); 60. Its /24 (/48) may send ten times as many
	TextLength        int   // characters; 5000
	AttachmentSize    int64 // bytes; 10 MB
	Attachments       int   // files in one form; 5. Below zero: none are taken

	// ClientAddr tells who calls, trusted proxies already resolved; the peer's address.
	ClientAddr func(*http.Request) string
	// Urgent tells whether a text sounds like an emergency; nothing does.
	Urgent func(text string) bool
	// Now is the clock; time.Now.
	Now func() time.Time
}

// Deps is what a Connector cannot work without.
type Deps struct {
	Files  connectors.Media
	Logger *slog.Logger // nil: none
}

const (
	// urgentFactor is how much wider the limits are for words that sound urgent,
	// and how far beyond them nothing is even read any more.
	urgentFactor = 10

	minSecret   = 32
	maxChoices  = 10
	choiceLabel = 120
)

// Connector is the form of one channel.
type Connector struct {
	cfg    Config
	files  connectors.Media
	logger *slog.Logger
	reads  edge.Places // whatever it says: reading takes room too
	taken  *edge.Gate
}

var _ connectors.Connector = (*Connector)(nil)

// New returns a Connector, or all that is wrong with cfg. It starts nothing.
func New(cfg Config, deps Deps) (*Connector, error) {
	var err error
	if len(cfg.Secret) < minSecret {
		err = errors.Join(err, fmt.Errorf("secret: %d bytes, needs at least %d", len(cfg.Secret), minSecret))
	}
	if cfg.Channel.ID == "" {
		err = errors.Join(err, errors.New("channel: has no id"))
	}
	if deps.Files == nil {
		err = errors.Join(err, errors.New("needs Files"))
	}
	if err != nil {
		return nil, fmt.Errorf("webform %s: %w", cfg.Channel.ID, err)
	}
	cfg = cfg.withDefaults()
	return &Connector{
		cfg: cfg, files: deps.Files, logger: cmp.Or(deps.Logger, slog.New(slog.DiscardHandler)),
		reads: edge.NewPlaces(cfg.PerAddressPerHour*urgentFactor, time.Hour, cfg.PerAddressPerHour*urgentFactor/4),
		taken: edge.NewGate(cfg.Secret, cfg.PerAddressPerHour, time.Hour, cfg.PerAddressPerHour/4),
	}, nil
}

func (cfg Config) withDefaults() Config {
	cfg.Channel.Kind = cmp.Or(cfg.Channel.Kind, Kind)
	cfg.PerAddressPerHour = cmp.Or(cfg.PerAddressPerHour, 60)
	cfg.TextLength = cmp.Or(cfg.TextLength, 5000)
	cfg.AttachmentSize = cmp.Or(cfg.AttachmentSize, 10<<20)
	if cfg.Attachments = cmp.Or(cfg.Attachments, 5); cfg.Attachments < 0 {
		cfg.Attachments, cfg.AttachmentSize = 0, 0
	}
	if cfg.Field == nil {
		cfg.Field = func(string) (string, bool) { return "", false }
	}
	if cfg.ClientAddr == nil {
		cfg.ClientAddr = edge.Peer
	}
	if cfg.Urgent == nil {
		cfg.Urgent = func(string) bool { return false }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

// Channel returns the channel of this connector.
func (c *Connector) Channel() connectors.Channel { return c.cfg.Channel }

// Limits says what the tracking page shows.
func (c *Connector) Limits() connectors.Limits {
	return connectors.Limits{
		Choices: maxChoices, ChoiceLabel: choiceLabel, Links: true,
		AttachmentSize: c.cfg.AttachmentSize, FromLog: true,
	}
}

// Attachments is how many files one form takes, and how large each may be, in bytes.
func (c *Connector) Attachments() (most int, size int64) {
	return c.cfg.Attachments, c.cfg.AttachmentSize
}

// TextLength is how many characters a text may have.
func (c *Connector) TextLength() int { return c.cfg.TextLength }

// Send never sends: citizens read the hub's log on their page. Being called
// means that the hub overlooked Limits.FromLog.
func (c *Connector) Send(context.Context, connectors.Outbound) (connectors.Receipt, error) {
	return connectors.Receipt{}, &connectors.Error{
		Kind:   connectors.Permanent,
		Reason: "Người dân đọc câu trả lời ở trang tra cứu, không cần gửi.",
		Err:    errors.New("webform: citizens read the log, nothing is sent"),
	}
}
