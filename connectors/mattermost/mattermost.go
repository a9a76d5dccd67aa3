// Package mattermost is the bridge to a Mattermost server: departments that live in
// a team chat read of their matters in a channel of theirs, and answer there.
//
// A matter is one thread. Its first post is a card with what one has to know and
// buttons (card.go); what happens afterwards follows as replies (post.go), and what
// became of what somebody did there is a sign on the word it is about, or a reply
// that says why not (outcome.go). Every post of ours carries its key in its props,
// where a second try looks for it: Mattermost remembers a pending_post_id for half a
// minute only.
//
// What people write comes over a WebSocket (socket.go), whose numbered events are
// watched. Whatever may have been lost, at a start, a gap or a new connection, is
// asked for again by time (catchup.go); a bookmark for each channel rides on the same
// Receive as what was read up to there (bookmark.go). Only replies in threads that
// begin with a card of ours count (read.go). Buttons, dialogs and the slash command
// are called by the server (hook.go, dialog.go, command.go), which signs nothing: what
// we put into them is signed by us, and what a dialog gives to people's own clients
// holds for the one who opened it.
//
// The shapes of calls come from mattermost-server/v6/model; client.go keeps them in
// one place and gives them the contexts they lack. Its WebSocketClient is not used:
// closing it may race with the answer to a ping, and panic. Only gorilla/websocket
// and its shapes of events are.
//
// Sources: the server's own source at v6.7.2 and its API reference.
// docs/channels/mattermost.md leads an administrator from the bot account to the
// first answer.
package mattermost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
	"tongdai/connectors/edge"
)

// Kind is the Channel.Kind of Mattermost bridges.
const Kind = "mattermost"

// Config of one bridge. What is zero gets the value told beside it.
type Config struct {
	Channel connectors.Channel
	URL     string // of the server: "https://chat.thanhhoa.gov.vn"
	Token   string // of the bot account
	Team    string // the name of the team in addresses, for places that name none
	// Places names the channel of each unit, by the unit's id: "duong-day-nong" in
	// Team, or "so-y-te/duong-day-nong".
	Places  map[string]string
	Leaders string // the channel of connectors.Leaders; none
	// Prefix begins what goes to the citizen; "!".
	Prefix string
	// Hook is the public address of Handler, for buttons and the slash command; none:
	// cards have no buttons.
	Hook         string
	CommandToken string // that the server sends with the slash command; none: there is no command
	// Secret signs buttons and dialogs; of 32 bytes at least.
	Secret []byte
	// MailUnproven: people may have chosen their e-mail address at the server by
	// themselves, so that it proves nothing.
	MailUnproven bool

	MaxFile    int64         // of a file either way, in bytes; 100 MB, the server's own limit as shipped
	Timeout    time.Duration // of one call without a file; 15 s
	Recheck    time.Duration // between looks for what the socket may have missed in silence; 10 min
	ButtonLife time.Duration // how long a button of a card can be pressed; 90 days
}

// Deps is what a bridge works with.
type Deps struct {
	Files     connectors.Files
	Bookmarks connectors.Bookmarks
	Informer  connectors.Informer // answers the slash command; nil: it says that it cannot
	Logger    *slog.Logger        // none
	Client    *http.Client        // one of its own. Redirects are never followed
	Now       func() time.Time    // time.Now
}

// What Mattermost takes in one post.
const (
	textLength = model.PostMessageMaxRunesV2 // characters
	filesMost  = 10
)

// Bridge is one bot account at one server.
type Bridge struct {
	cfg       Config
	log       *slog.Logger
	files     connectors.Files
	bookmarks connectors.Bookmarks
	informer  connectors.Informer
	now       func() time.Time
	api       *client
	known     *known
	door      edge.Refusals
	line      line
	showing   sync.Map // names of dialogs whose words are on their way into their threads
}

var (
	_ connectors.Bridge  = (*Bridge)(nil)
	_ connectors.Poller  = (*Bridge)(nil)
	_ connectors.Webhook = (*Bridge)(nil)
	_ connectors.Checker = (*Bridge)(nil)
	_ connectors.Fetcher = (*Bridge)(nil)
	_ connectors.Parser  = (*Bridge)(nil)
)

// New returns a bridge, or all that is wrong with cfg. It starts nothing and calls
// nobody.
func New(cfg Config, deps Deps) (*Bridge, error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(cfg.check(), deps.check()); err != nil {
		return nil, fmt.Errorf("mattermost %s: %w", cfg.Channel.ID, err)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	return &Bridge{
		cfg: cfg, files: deps.Files, bookmarks: deps.Bookmarks, informer: deps.Informer, now: deps.Now,
		log:   cmp.Or(deps.Logger, slog.New(slog.DiscardHandler)).With("channel", cfg.Channel.ID),
		api:   newClient(cfg, deps.Client),
		known: newKnown(deps.Now),
	}, nil
}

func (cfg Config) withDefaults() Config {
	cfg.Channel.Kind = cmp.Or(cfg.Channel.Kind, Kind)
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	cfg.Hook = strings.TrimRight(cfg.Hook, "/")
	cfg.Prefix = cmp.Or(cfg.Prefix, "!")
	cfg.MaxFile = cmp.Or(cfg.MaxFile, 100<<20)
	cfg.Timeout = cmp.Or(cfg.Timeout, 15*time.Second)
	cfg.Recheck = cmp.Or(cfg.Recheck, 10*time.Minute)
	cfg.ButtonLife = cmp.Or(cfg.ButtonLife, 90*24*time.Hour)
	return cfg
}

// placeName is how Mattermost spells the names of teams and channels in addresses.
var placeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$`)

func (cfg Config) check() error {
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if cfg.Channel.ID == "" {
		bad("channel: id is missing")
	}
	if u, err := url.Parse(cfg.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		bad("url: %q is no address that begins with https://", cfg.URL)
	}
	if cfg.Token == "" {
		bad("token: is missing")
	}
	if len(cfg.Secret) < 32 {
		bad("secret: has fewer than 32 bytes")
	}
	if u, err := url.Parse(cfg.Hook); cfg.Hook != "" && (err != nil || u.Host == "") {
		bad("hook: %q is no address", cfg.Hook)
	}
	if cfg.Prefix != strings.TrimSpace(cfg.Prefix) || utf8.RuneCountInString(cfg.Prefix) > 8 || strings.HasPrefix(cfg.Prefix, "/") {
		bad("prefix: %q is not up to 8 characters without blanks and without / in front", cfg.Prefix)
	}
	if len(cfg.Places) == 0 && cfg.Leaders == "" {
		bad("places: none")
	}
	for unit, name := range cfg.Places {
		if _, ok := cfg.place(name); !ok {
			bad("places.%s: %q is neither a channel of a team that is named nor team/channel", unit, name)
		}
	}
	if _, ok := cfg.place(cfg.Leaders); cfg.Leaders != "" && !ok {
		bad("leaders: %q is neither a channel of a team that is named nor team/channel", cfg.Leaders)
	}
	return errors.Join(wrong...)
}

func (deps Deps) check() error {
	if deps.Files == nil || deps.Bookmarks == nil {
		return errors.New("needs Files and Bookmarks")
	}
	return nil
}

// place makes "team/channel" of a name in the configuration.
func (cfg Config) place(name string) (place string, ok bool) {
	team, channel, both := strings.Cut(name, "/")
	if !both {
		team, channel = cfg.Team, name
	}
	return team + "/" + channel, placeName.MatchString(team) && placeName.MatchString(channel)
}

// places are all that are configured, each once.
func (cfg Config) places() []string {
	var all []string
	for _, name := range cfg.Places {
		place, _ := cfg.place(name)
		all = append(all, place)
	}
	if cfg.Leaders != "" {
		place, _ := cfg.place(cfg.Leaders)
		all = append(all, place)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Channel returns the channel of this bridge.
func (b *Bridge) Channel() connectors.Channel { return b.cfg.Channel }

// Terse implements connectors.Bridge: a chat is told each thing by itself.
func (b *Bridge) Terse() bool { return false }

// Place implements connectors.Bridge. A place is "team/channel"; the name of its id
// at the server is looked up when it is needed.
func (b *Bridge) Place(u connectors.Unit) (place connectors.RemoteID, name string, ok bool) {
	configured := b.cfg.Places[u.ID]
	if u.ID == connectors.Leaders {
		configured = cmp.Or(configured, b.cfg.Leaders)
	}
	if configured == "" {
		return "", "", false
	}
	at, _ := b.cfg.place(configured)
	return connectors.RemoteID(at), at, true
}

// channelOf finds the channel of a place at the server.
func (b *Bridge) channelOf(ctx context.Context, place connectors.RemoteID) (id string, err error) {
	team, channel, ok := strings.Cut(string(place), "/")
	if !ok {
		return "", &connectors.Error{Kind: connectors.Permanent, Reason: fmt.Sprintf("%q không phải nơi nhận ở Mattermost.", place), Err: errors.New("mattermost: no place")}
	}
	if id, ok := b.known.channel(string(place)); ok {
		return id, nil
	}
	found, err := b.api.channelByName(ctx, team, channel)
	if err != nil {
		return "", err
	}
	b.known.foundChannel(string(place), found)
	return found, nil
}
