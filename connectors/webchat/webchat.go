// Package webchat is the connector of the chat widget on web pages.
//
// A widget opens an anonymous session, posts messages under keys of its own and
// follows one event stream. Nothing is ever pushed to it from a queue: what the
// hub commits to its log is what the widget reads (Limits.FromLog), and it
// resumes by the numbers of its own conversations, on whichever node it hangs.
// The hub's side of that is the Log. A stream takes its connection over from the
// web server, so that Close ends it and not the server.
//
// Who may do what rests on three things. The page's origin must be listed. The
// session token is a MAC over a random visitor id, the channel and the origin,
// so that a token of another page opens nothing. And a file is reached by a
// ticket, sealed for one visitor, that exists only for files the visitor
// uploaded or was shown. Nothing here tells whether somebody else's
// conversation exists.
//
// Storing is the last thing to be limited: a message is acknowledged after
// Receive returned nil, a refused one is told when to come again, and words
// that sound urgent pass limits ten times as wide. Where unusually many sessions are
// opened, the widget is asked for a proof of work first (edge.Gate).
package webchat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

// Config of one web chat channel. What is zero gets the value told beside it.
type Config struct {
	Channel connectors.Channel
	// AllowedOrigins of the pages that carry the widget: "https://1022.example.vn",
	// exactly as browsers send them. "self" stands for the hub's own pages.
	AllowedOrigins []string
	// Secret signs sessions and tickets; at least 32 bytes. Whoever changes it
	// ends all sessions.
	Secret []byte

	Titles     map[string]string // what the widget's head says, by language; Channel.Name
	Privacy    map[string]string // what happens with what one writes, by language; the widget's own words
	PrivacyURL string            // where all of it can be read; none
	Phone      string            // the hotline that stays on the screen; none

	PerVisitorPerMinute int           // messages; 60
	PerAddressPerMinute int           // messages of one address (IPv6: of one /64); 600. Its /24 (/48) may send ten times as many
	StreamsPerVisitor   int           // the oldest gives way to one more; 6
	StreamsPerAddress   int           // 500
	TextLength          int           // characters; 4000
	AttachmentSize      int64         // bytes; 10 MB
	Attachments         int           // files in one message; 10. Below zero: none are taken
	SessionAge          time.Duration // since the last renewal; 30 days
	Heartbeat           time.Duration // between signs of life on a silent stream; 20 s
	WriteTimeout        time.Duration // for a reader to take what is written; 10 s

	// ClientAddr tells who calls, trusted proxies already resolved; the peer's address.
	ClientAddr func(*http.Request) string
	// Urgent tells whether a text sounds like an emergency; nothing does.
	Urgent func(text string) bool
	// Now is the clock; time.Now.
	Now func() time.Time
}

// Files keeps and shows attachments.
type Files interface {
	connectors.Media
	// Serve answers r with the file of a, 404 when it is not kept.
	Serve(w http.ResponseWriter, r *http.Request, a content.Attachment)
}

// Deps is what a Connector cannot work without.
type Deps struct {
	Log    Log
	Files  Files
	Logger *slog.Logger // nil: none
}

const (
	minSecret   = 32
	maxChoices  = 10
	choiceLabel = 80
)

// Connector is one web chat channel.
type Connector struct {
	cfg     Config
	log     Log
	files   Files
	logger  *slog.Logger
	origins map[string]bool

	messages limits
	urgent   limits // messages beyond them
	sessions *edge.Gate
	configs  *edge.Buckets // by address
	uploads  limits
	reads    *edge.Buckets // by visitor
	streams  *streams
	staffed  staffing
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Webhook   = (*Connector)(nil)
	_ connectors.Checker   = (*Connector)(nil)
)

// New returns a Connector, or all that is wrong with cfg. It starts nothing.
func New(cfg Config, deps Deps) (*Connector, error) {
	origins, err := parseOrigins(cfg.AllowedOrigins)
	if len(cfg.Secret) < minSecret {
		err = errors.Join(err, fmt.Errorf("secret: %d bytes, needs at least %d", len(cfg.Secret), minSecret))
	}
	if cfg.Channel.ID == "" {
		err = errors.Join(err, errors.New("channel: has no id"))
	}
	if deps.Log == nil || deps.Files == nil {
		err = errors.Join(err, errors.New("needs a Log and Files"))
	}
	if err != nil {
		return nil, fmt.Errorf("webchat %s: %w", cfg.Channel.ID, err)
	}
	cfg = cfg.withDefaults()
	return &Connector{
		cfg: cfg, log: deps.Log, files: deps.Files, origins: origins,
		logger:   cmp.Or(deps.Logger, slog.New(slog.DiscardHandler)),
		messages: newLimits(cfg.PerVisitorPerMinute, cfg.PerAddressPerMinute),
		urgent:   newLimits(cfg.PerVisitorPerMinute*urgentFactor, cfg.PerAddressPerMinute*urgentFactor),
		uploads:  newLimits(max(cfg.PerVisitorPerMinute/6, 1), max(cfg.PerAddressPerMinute/6, 1)),
		sessions: edge.NewGate(cfg.Secret, max(cfg.PerAddressPerMinute/10, 1), time.Minute, cfg.PerAddressPerMinute/10),
		configs:  perMinute(cfg.PerAddressPerMinute),
		reads:    perMinute(10 * cfg.PerVisitorPerMinute),
		streams:  newStreams(cfg.StreamsPerVisitor, cfg.StreamsPerAddress),
	}, nil
}

func (cfg Config) withDefaults() Config {
	cfg.Channel.Kind = cmp.Or(cfg.Channel.Kind, "webchat")
	cfg.PerVisitorPerMinute = cmp.Or(cfg.PerVisitorPerMinute, 60)
	cfg.PerAddressPerMinute = cmp.Or(cfg.PerAddressPerMinute, 600)
	cfg.StreamsPerVisitor = cmp.Or(cfg.StreamsPerVisitor, 6)
	cfg.StreamsPerAddress = cmp.Or(cfg.StreamsPerAddress, 500)
	cfg.TextLength = cmp.Or(cfg.TextLength, 4000)
	cfg.AttachmentSize = cmp.Or(cfg.AttachmentSize, 10<<20)
	if cfg.Attachments = cmp.Or(cfg.Attachments, 10); cfg.Attachments < 0 {
		cfg.Attachments, cfg.AttachmentSize = 0, 0
	}
	cfg.SessionAge = cmp.Or(cfg.SessionAge, 30*24*time.Hour)
	cfg.Heartbeat = cmp.Or(cfg.Heartbeat, 20*time.Second)
	cfg.WriteTimeout = cmp.Or(cfg.WriteTimeout, 10*time.Second)
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

// Limits says what the widget shows.
func (c *Connector) Limits() connectors.Limits {
	return connectors.Limits{
		TextLength:     c.cfg.TextLength,
		Choices:        maxChoices,
		ChoiceLabel:    choiceLabel,
		Links:          true,
		AttachmentSize: c.cfg.AttachmentSize,
		FromLog:        true,
	}
}

// Send never sends: widgets read the hub's log, so there is nowhere to send to.
// Being called means that the hub overlooked Limits.FromLog.
func (c *Connector) Send(context.Context, connectors.Outbound) (connectors.Receipt, error) {
	return connectors.Receipt{}, &connectors.Error{
		Kind:   connectors.Permanent,
		Reason: "Kênh trò chuyện trên web tự đọc tin từ nhật ký của tổng đài, không cần gửi.",
		Err:    errors.New("webchat: widgets read the log, nothing is sent"),
	}
}

// Check reads the log as a widget would.
func (c *Connector) Check(ctx context.Context) connectors.Health {
	health := connectors.Health{OK: true, CheckedAt: c.cfg.Now()}
	if _, err := c.log.Said(ctx, c.cfg.Channel.ID, "check", Cursor{}, 1); err != nil {
		health.OK = false
		health.Problem = "Không đọc được nhật ký tin nhắn: người dân gửi được nhưng chưa thấy trả lời. Hãy xem tình trạng kho dữ liệu."
	}
	return health
}

// Close ends all event streams, which no server waits for when it stops, and
// opens no more. Widgets come back and resume.
func (c *Connector) Close() error {
	c.streams.close()
	return nil
}
