// Package inbox is the hub: what citizens write comes in here, is kept, is
// given to the bot, goes to people where the bot must not answer, and the
// answers leave again.
//
// The way of a message can be followed by reading Receive (receive.go), then
// the turn worker (turns.go), then the delivery worker (deliver.go). What
// people do at the desk is in desk.go and takes the same road from the
// delivery on. Everything that must not be lost goes through Store
// (store.go); everybody who watches follows its event log through Feed
// (feed.go). Who may do what is written in policy.go, and only there.
//
// The package knows no wire, no disk and no web framework: connectors, stores
// and handlers are handed to New by the program.
package inbox

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/kb"
)

// Dialogue decides what the bot does. Its methods are pure.
type Dialogue interface {
	Need(s bot.State, m bot.Message) bot.Need
	Decide(s bot.State, m bot.Message, e bot.Evidence) bot.Decision
	// Broken is the decision for a message that Decide failed on.
	Broken(s bot.State, m bot.Message, e bot.Evidence) bot.Decision
	// Danger tells whether a text reports danger, and by which rule. It is also
	// asked while people answer, when the bot itself is silent.
	Danger(text string) (rule string, danger bool)
}

// Knowledge is what the hub asks of the knowledge base.
type Knowledge interface {
	kb.Searcher
	Entry(id kb.EntryID) (kb.Entry, bool)
	Revision() uint64
}

// Directory tells names and hours. A department or field that it does not know has no name.
type Directory interface {
	DepartmentName(id kb.DepartmentID) string
	CategoryName(id kb.CategoryID) string
	// DepartmentNamed and CategoryNamed find what a name written by people stands for.
	DepartmentNamed(name string) (kb.DepartmentID, bool)
	CategoryNamed(name string) (kb.CategoryID, bool)
	// Staffed tells whether the desk is there at that time, and if not, from when.
	Staffed(at time.Time) (now bool, opens time.Time)
	// InHours tells whether the desk is open at that time by its hours, whoever is there.
	InHours(at time.Time) bool
	// WorkingDay tells whether departments work on the day that begins at that time.
	WorkingDay(day time.Time) bool
	Charges
}

// Parts are what the hub is put together from.
type Parts struct {
	// Journal keeps a second copy of what comes in; nil: there is none.
	Journal    Journal
	Store      Store
	Bot        Dialogue
	Knowledge  Knowledge
	Directory  Directory
	Connectors []connectors.Connector
	Bridges    []connectors.Bridge // by which departments work elsewhere; an account may be among the Connectors as well
	Messages   MessageIndex        // finds messages by their words; nil: there is no such search
	Sheets     SheetReader         // reads departments' files; nil: within this process
	Files      connectors.Files    // gives back what came along; nil: workbooks are not taken from letters
	Regimes    []Regime            // the shifts of a day; none: no roster is kept
	Ways       []Way               // by which contacts outside the desk hear of urgent reports
	Vault      connectors.Vault    // keeps the seeds of second factors; nil: there are none
	Disk       *Disk               // of the data folder; nil: always has room
	Tracer     Tracer              // is told what messages go through; nil: nobody
	Log        *slog.Logger
}

// Config tunes the hub. Its zero value works.
type Config struct {
	Node        string        // name of this node, for logs and figures; random
	LeaseTime   time.Duration // after which another node takes over what a broken one did alone; 15 s
	CodePrefix  string        // of conversation codes; "TH"
	Turns       int           // evaluated at a time; 32
	Deliveries  int           // sent at a time, in equal shares by the channels; 16
	MaxAttempts int           // of one delivery before it is parked; 8
	SendTimeout time.Duration // for one call of a platform; 30 s
	TurnTimeout time.Duration // for one turn; 10 s. After twice that another node takes it from one that died
	Grace       time.Duration // for what is under way when Run's context ends; a little more than a call of a platform may take
	CloseAfter  time.Duration // silence after which a matter the bot handled is closed; 12 h
	// AskRating: once a matter that people answered is closed, the citizen is asked how it was handled.
	AskRating    bool
	KeepEvents   time.Duration // 7 days
	SessionIdle  time.Duration // without an act of a person; 60 min
	SessionMax   time.Duration // 12 h, one shift
	Knowledge    EntryRules    // of the life of entries
	Organisation string        // as members' apps name the account; "Tổng đài"
	Factor       FactorPolicy  // who must have a second factor
	PublicURL    string        // of the installation, without a trailing slash; empty: links to it are not given out
	// ReviewAnswers names the bridges by which a department's answers wait for the desk.
	ReviewAnswers map[connectors.ChannelID]bool
	// HookURL is where the platform of a channel reaches its door; see InstallChannel.
	HookURL func(connectors.Channel) string
}

func (c Config) withDefaults() Config {
	c.Node = cmp.Or(c.Node, newNode())
	c.LeaseTime = cmp.Or(c.LeaseTime, 15*time.Second)
	c.CodePrefix = cmp.Or(c.CodePrefix, "TH")
	c.Turns = cmp.Or(c.Turns, 32)
	c.Deliveries = cmp.Or(c.Deliveries, 16)
	c.MaxAttempts = cmp.Or(c.MaxAttempts, 8)
	c.SendTimeout = cmp.Or(c.SendTimeout, 30*time.Second)
	c.TurnTimeout = cmp.Or(c.TurnTimeout, 10*time.Second)
	c.Grace = cmp.Or(c.Grace, max(c.SendTimeout, c.TurnTimeout)+5*time.Second)
	c.CloseAfter = cmp.Or(c.CloseAfter, 12*time.Hour)
	c.KeepEvents = cmp.Or(c.KeepEvents, 7*24*time.Hour)
	c.SessionIdle = cmp.Or(c.SessionIdle, time.Hour)
	c.SessionMax = cmp.Or(c.SessionMax, 12*time.Hour)
	c.Knowledge.ConfirmEvery = cmp.Or(c.Knowledge.ConfirmEvery, 30*24*time.Hour)
	return c
}

// Hub receives, decides, delivers, and lets people answer.
type Hub struct {
	store      Store
	bot        Dialogue
	knowledge  Knowledge
	directory  Directory
	index      MessageIndex
	sheets     SheetReader
	files      connectors.Files
	regimes    []Regime
	ways       []Way
	journal    Journal
	disk       *Disk
	vault      connectors.Vault
	tracer     Tracer
	connectors map[connectors.ChannelID]connectors.Connector
	channels   []connectors.ChannelID // in the order of the configuration
	bridges    map[connectors.ChannelID]connectors.Bridge
	bridgeIDs  []connectors.ChannelID // in the order of the configuration
	lanes      map[connectors.ChannelID]*lane
	codes      *regexp.Regexp // recognises codes of matters
	feed       *Feed
	metrics    *Metrics
	survey     *survey
	popular    popular
	tally      tally
	recall     recall
	thinking   chan struct{} // holds a token for each turn that is being decided
	tallying   chan struct{} // holds a token for each desk that is being counted for
	strangers  strangers
	signing    sync.WaitGroup // calls that show a sign; see sign
	aside      atomic.Int64   // see wasAside; 0: nothing was
	fed        atomic.Uint64  // number of the last event that this node has told the index of messages; 0: none
	probing    chan struct{}  // holds one token while the store is asked whether it is there
	cfg        Config
	holder     string // this node in leases; no two hubs share it, whatever they are called
	log        *slog.Logger

	checked sync.Mutex
	health  map[connectors.ChannelID]connectors.Health // of the channels this node checks
	glances glances
}

var _ connectors.Receiver = (*Hub)(nil)

// New puts a hub together. It starts nothing; Run does.
func New(p Parts, cfg Config) (*Hub, error) {
	h := &Hub{
		store:      p.Store,
		bot:        p.Bot,
		knowledge:  p.Knowledge,
		directory:  p.Directory,
		index:      p.Messages,
		sheets:     p.Sheets,
		files:      p.Files,
		regimes:    p.Regimes,
		ways:       p.Ways,
		journal:    p.Journal,
		disk:       p.Disk,
		vault:      p.Vault,
		tracer:     p.Tracer,
		connectors: map[connectors.ChannelID]connectors.Connector{},
		bridges:    map[connectors.ChannelID]connectors.Bridge{},
		health:     map[connectors.ChannelID]connectors.Health{},
		recall:     newRecall(),
		glances:    glances{of: map[connectors.ChannelID]*glance{}},
		cfg:        cfg.withDefaults(),
		log:        cmp.Or(p.Log, slog.Default()),
	}
	if h.sheets == nil {
		h.sheets = readHere
	}
	h.probing = make(chan struct{}, 1)
	h.thinking = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)/2))
	h.tallying = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))
	h.metrics = newMetrics(h.cfg.Node)
	h.survey = &survey{hub: h}
	h.holder = h.cfg.Node + " " + newID()
	for _, c := range p.Connectors {
		id := c.Channel().ID
		if _, twice := h.connectors[id]; twice {
			return nil, fmt.Errorf("channel %q is configured twice", id)
		}
		h.connectors[id] = c
		h.channels = append(h.channels, id)
	}
	for _, b := range p.Bridges {
		id := b.Channel().ID
		if _, twice := h.bridges[id]; twice {
			return nil, fmt.Errorf("bridge %q is configured twice", id)
		}
		h.bridges[id] = b
		h.bridgeIDs = append(h.bridgeIDs, id)
	}
	h.codes = codePattern(h.cfg.CodePrefix)
	h.metrics.begin(h.channels, h.ways)
	h.lanes = newLanes(h.connectors, h.cfg.Deliveries)
	h.feed = newFeed(p.Store, h.log)
	return h, nil
}

// Run works until ctx ends: turns, deliveries, closings, the live log, every
// channel that fetches, and a look now and then at whether channels work. Then it takes up nothing more, and returns when what
// is under way has ended, or Config.Grace later: other nodes, or this one at its next
// start, do what it left. Any number of hubs may run over one store: what
// only one of them may do is done by the one that holds its lease.
func (h *Hub) Run(ctx context.Context) error {
	defer h.signing.Wait()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.feed.run(ctx) })
	g.Go(func() error { return h.work(ctx, Turns, h.cfg.Turns, h.cfg.TurnTimeout*2, h.turn) })
	g.Go(func() error {
		if !h.released(ctx) {
			return nil
		}
		return h.work(ctx, Deliveries, h.cfg.Deliveries, h.cfg.SendTimeout*2, h.deliver)
	})
	g.Go(func() error { return h.work(ctx, Fetches, 8, fetchClaim, h.fetch) })
	g.Go(func() error { return h.work(ctx, Profiles, profileAskers, profileClaim, h.profile) })
	g.Go(func() error { return h.work(ctx, Closings, 4, time.Minute, h.closeSilent) })
	g.Go(func() error { return h.work(ctx, Dues, 4, time.Minute, h.due) })
	g.Go(func() error { return h.work(ctx, Alarms, 8, alarmClaim, h.alarm) })
	g.Go(func() error { return h.work(ctx, Wakings, 4, time.Minute, h.waken) })
	g.Go(func() error { return h.work(ctx, Mergings, 1, time.Minute, h.merge) })
	if h.files != nil {
		g.Go(func() error { return h.work(ctx, Sheets, 1, sheetClaim, h.sheetLetter) })
	}
	g.Go(func() error { return h.Alone(ctx, "chores", h.chores) })
	g.Go(func() error { return h.followReindex(ctx) })
	if h.index != nil {
		g.Go(func() error { return h.keepIndex(ctx) })
	}
	if len(h.bridges) > 0 {
		g.Go(func() error { return h.work(ctx, Deeds, 8, deedClaim, h.deed) })
		g.Go(func() error { return h.Alone(ctx, "bridges", h.followBridges) })
		g.Go(func() error { return h.Alone(ctx, "quiet", h.watchQuiet) })
		g.Go(func() error {
			if !h.released(ctx) {
				return nil
			}
			return h.work(ctx, Tellings, 8, postClaim, h.post)
		})
	}
	for _, id := range h.accounts() {
		if c, ok := h.speaker(id).(connectors.Checker); ok {
			g.Go(func() error {
				return h.Alone(ctx, "check "+string(id), func(ctx context.Context) error { return h.watch(ctx, id, c) })
			})
		}
		if c, ok := h.speaker(id).(connectors.Historian); ok {
			g.Go(func() error {
				return h.Alone(ctx, "catch up "+string(id), func(ctx context.Context) error { return h.catchUp(ctx, id, c) })
			})
		}
		if p, ok := h.speaker(id).(connectors.Poller); ok {
			g.Go(func() error {
				return h.Alone(ctx, "poll "+string(id), func(ctx context.Context) error { return h.poll(ctx, id, p) })
			})
		}
	}
	return g.Wait()
}

// poll lets a channel fetch until ctx ends. A channel that breaks off begins
// again after a while, and stops no other.
func (h *Hub) poll(ctx context.Context, id connectors.ChannelID, p connectors.Poller) error {
	for attempts := 1; ; attempts++ {
		begun := time.Now()
		err := guarded(func() error { return p.Run(ctx, h) })
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(begun) > delays[len(delays)-1] {
			attempts = 1 // it had worked for long
		}
		h.log.ErrorContext(ctx, "a channel stopped fetching and begins again", "channel", id, "err", err)
		if !pause(ctx, nil, min(backoff(attempts), longestPause)) {
			return nil
		}
	}
}

// Speaker is what speaks for an account on a platform: a connectors.Connector, a
// connectors.Bridge, or both.
type Speaker interface{ Channel() connectors.Channel }

// Speakers are those of all channels and bridges, in their order.
func (h *Hub) Speakers() []Speaker {
	var all []Speaker
	for _, id := range h.accounts() {
		all = append(all, h.speaker(id))
	}
	return all
}

// accounts are all channels and bridges, each once.
func (h *Hub) accounts() []connectors.ChannelID {
	all := slices.Clone(h.channels)
	for _, id := range h.bridgeIDs {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// speaker is the one of an account; nil where there is none of that id.
func (h *Hub) speaker(id connectors.ChannelID) Speaker {
	if c, ok := h.connectors[id]; ok {
		return c
	}
	if b, ok := h.bridges[id]; ok {
		return b
	}
	return nil
}

// Node is the name of this node.
func (h *Hub) Node() string { return h.cfg.Node }

// Feed is what happens, as it happens.
func (h *Hub) Feed() *Feed { return h.feed }

// Channels are the configured channels, in their order.
func (h *Hub) Channels() []connectors.Connector {
	out := make([]connectors.Connector, len(h.channels))
	for i, id := range h.channels {
		out[i] = h.connectors[id]
	}
	return out
}

// readyTime is how long the store may take to say that it can be written.
const readyTime = time.Second

// Ready reports within readyTime whether the hub can keep what comes in: whether
// its store takes updates. A store that failed to write takes none until it is
// mended, and one that does not answer is as good as none.
func (h *Hub) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	select {
	case h.probing <- struct{}{}: // one at a time: a store that hangs gathers no more of them
	case <-ctx.Done():
		return errNoAnswer
	}
	answer := make(chan error, 1)
	go func() {
		defer func() { <-h.probing }()
		answer <- h.store.Update(ctx, func(Writer) error { return nil })
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return errNoAnswer
	}
}

var errNoAnswer = fmt.Errorf("the store did not answer within %s: %w", readyTime, ErrUnavailable)

// AttachmentUsed reports whether any message carries the file, an entry of the
// knowledge base was ever given it, or something in the quarantine is made of it.
func (h *Hub) AttachmentUsed(ctx context.Context, file string) (used bool, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		if used, err = tx.AttachmentUsed(file); err != nil || used {
			return err
		}
		if used, err = fileOfEntry(tx, file); err != nil || used {
			return err
		}
		used, err = fileHeld(tx, file)
		return err
	})
	return used, err
}

// chores are what one node does for all now and then. They share a lease: to
// renew one is a write every few seconds, also where nothing goes on.
func (h *Hub) chores(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.trim(ctx) })
	g.Go(func() error { return h.forgetNotices(ctx) })
	g.Go(func() error { return h.remindOfEntries(ctx) })
	if len(h.regimes) > 0 {
		g.Go(func() error { return h.keepDuty(ctx) })
	}
	return g.Wait()
}

// trim forgets old events, hourly.
func (h *Hub) trim(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			before := h.store.Now().Add(-h.cfg.KeepEvents)
			if err := h.store.Update(ctx, func(tx Writer) error { return tx.TrimEvents(before) }); err != nil && ctx.Err() == nil {
				h.log.WarnContext(ctx, "old events could not be trimmed", "err", err)
			}
		}
	}
}
