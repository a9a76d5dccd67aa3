package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/webchat"
	"tongdai/inbox"
	"tongdai/inbox/directory/revisions"
	"tongdai/inbox/gateway"
	"tongdai/inbox/journal"
	"tongdai/inbox/media"
	"tongdai/inbox/traces"
	"tongdai/kb"
)

// app is the hub with everything it stands on, opened and not yet running.
type app struct {
	cfg       configs.Config
	data      configs.Data
	log       *slog.Logger
	invented  bool     // a demonstration: nothing in it is to be kept
	key       []byte   // the installation's, from which all others are derived
	held      *os.File // the data folder's lock; nil where the store has one
	store     inbox.Store
	index     *kb.Index
	words     inbox.MessageIndex
	media     *media.Store
	disk      *inbox.Disk
	vault     *inbox.Vault
	shared    map[connectors.ChannelID]connectors.Webhook // the one door of channels that share an app of their platform
	hub       *inbox.Hub
	bot       *bot.Bot
	house     house
	sheets    inbox.SheetReader // nil: files are read within this process
	directory *revisions.Keeper
	figures   *ownFigures
	traces    *traces.Traces // nil: nobody is told

	// refit changes what connect puts together: tests give the hub shorter times,
	// further channels, faults. nil: nothing is changed.
	refit func(*inbox.Parts, *inbox.Config)

	verifying sync.Mutex       // held while the store is being verified
	backingUp sync.Mutex       // held while a backup is being written
	journal   *journal.Journal // nil: none is kept
	file      string           // the configuration's; empty: the shipped settings
	started   time.Time

	leaving atomic.Bool   // an orderly stop has begun
	notice  time.Duration // how long it goes on answering then
}

// openApp opens the data folder and puts the hub together. Its clock is for
// demonstrations that tell of past days; nil: the real one.
func openApp(ctx context.Context, cfg configs.Config, log *slog.Logger, clock func() time.Time) (*app, error) {
	return open(ctx, cfg, log, clock, false)
}

// openBeside opens for one command. With a database the hub may work meanwhile,
// in the same data folder as well: the command leaves the indexes there alone.
func openBeside(ctx context.Context, cfg configs.Config, log *slog.Logger) (*app, error) {
	return open(ctx, cfg, log, nil, cfg.Store.Kind == configs.StorePostgres)
}

func open(ctx context.Context, cfg configs.Config, log *slog.Logger, clock func() time.Time, beside bool) (_ *app, err error) {
	a := &app{cfg: cfg, log: log, started: time.Now(), figures: newOwnFigures()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.data, err = configs.LoadData(cfg); err != nil {
		return nil, fmt.Errorf("dữ liệu chưa dùng được:\n%w", err)
	}
	a.house = newHouse(a.data)
	folder := cfg.Data.Folder
	if err = os.MkdirAll(folder, 0o750); err != nil {
		return nil, err
	}
	if a.key, err = mainKey(cfg); err != nil {
		return nil, err
	}
	if !beside {
		if a.held, err = holdFolder(cfg); err != nil {
			return nil, err
		}
	}
	if a.store, err = openStore(ctx, cfg, log, clock); err != nil {
		return nil, err
	}
	if cfg.Store.Kind == configs.StorePostgres {
		a.notice = noticed
	}
	if err = a.agreeOnKey(ctx); err != nil {
		return nil, err
	}
	if err = a.openDirectory(ctx); err != nil {
		return nil, err
	}
	if err = a.openIndexes(ctx, beside); err != nil {
		return nil, err
	}
	a.disk = watchedDisk(cfg, log)
	if a.media, err = openMedia(ctx, cfg, a.disk, log); err != nil {
		return nil, err
	}
	if err = a.openVault(); err != nil {
		return nil, err
	}
	if a.bot, err = newBot(cfg, a.data); err != nil {
		return nil, err
	}
	if !beside {
		if a.journal, err = openJournal(cfg, log); err != nil {
			return nil, err
		}
	}
	if !beside {
		if a.traces, err = openTraces(ctx, cfg, log); err != nil {
			return nil, err
		}
	}
	return a, a.connect()
}

// openTraces begins to tell a collector of messages; nil where there is none.
func openTraces(ctx context.Context, cfg configs.Config, log *slog.Logger) (*traces.Traces, error) {
	if cfg.Traces.URL == "" {
		return nil, nil
	}
	return traces.New(ctx, traces.Options{
		URL: cfg.Traces.URL, Token: string(cfg.Traces.Token), Ratio: cfg.Traces.Ratio, Node: nodeName(), Version: version, Log: log,
	})
}

// tracesLeft is how long the collector may take for what is left at a stop.
const tracesLeft = 3 * time.Second

// closeTraces sends what is left. That it could not be sent is no trouble of the hub.
func (a *app) closeTraces() {
	if a.traces == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), tracesLeft)
	defer cancel()
	if err := a.traces.Close(ctx); err != nil {
		a.log.Warn("the last traces could not be sent", "err", err)
	}
}

// openJournal begins a new part of the journal; nil where none is kept.
func openJournal(cfg configs.Config, log *slog.Logger) (*journal.Journal, error) {
	if cfg.Journal.Folder == "" {
		return nil, nil
	}
	return journal.Open(cfg.Journal.Folder, journal.Options{Keep: time.Duration(cfg.Journal.KeepDays) * 24 * time.Hour, Log: log})
}

// openIndexes opens what is searched, and brings the answers up to date. Beside
// a running hub the answers are indexed in memory, and messages are not searched.
func (a *app) openIndexes(ctx context.Context, beside bool) (err error) {
	folder := filepath.Join(a.cfg.Data.Folder, "index")
	if beside {
		folder = ""
	}
	if a.index, err = kb.OpenIndex(folder); err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	if err = kb.Sync(ctx, a.store, a.index); err != nil {
		return fmt.Errorf("bring the index up to date: %w", err)
	}
	if !beside {
		a.words, err = openWords(a.cfg, a.store)
	}
	return err
}

func newBot(cfg configs.Config, data configs.Data) (*bot.Bot, error) {
	return bot.New(bot.Config{
		AnswerAt: cfg.Bot.AnswerAt, ClarifyAt: cfg.Bot.ClarifyAt, UnhelpfulLimit: cfg.Bot.UnhelpfulLimit,
		AnswersPerMinute: cfg.Bot.AnswersPerMinute,
		Hotline:          cfg.Organisation.Hotline.Short, Organisation: cfg.Organisation.Name,
	}, data.Texts, data.Triage)
}

// connect makes the connectors of the configured channels and the hub that
// they report to.
func (a *app) connect() error {
	log := &lateLog{}
	conns, bridges, err := a.connectors(log)
	if err != nil {
		return err
	}
	parts := inbox.Parts{
		Store: a.store, Bot: a.bot, Knowledge: a.index, Directory: a.house, Connectors: conns, Bridges: bridges, Messages: a.words,
		Sheets: a.sheets, Files: a.media, Regimes: regimes(a.data.Duty), Ways: a.ways(), Disk: a.disk, Vault: a.vault, Log: a.log,
	}
	if a.traces != nil {
		parts.Tracer = a.traces
	}
	if a.journal != nil {
		parts.Journal = measuredJournal{a.journal, a.figures}
	}
	cfg := inbox.Config{
		Node: nodeName(), CodePrefix: a.cfg.Organisation.CodePrefix, Turns: a.cfg.Bot.Workers, Deliveries: deliveries,
		AskRating: a.cfg.Rating.Ask, ReviewAnswers: reviewed(a.cfg.Channels),
		Knowledge: inbox.EntryRules{
			ConfirmEvery: time.Duration(a.cfg.Knowledge.ConfirmDays) * 24 * time.Hour, PublishAlone: a.cfg.Knowledge.PublishAlone,
		},
		SessionIdle: a.cfg.HTTP.Session.Idle, SessionMax: a.cfg.HTTP.Session.Absolute, PublicURL: a.cfg.Organisation.URL,
		HookURL:      a.hookAddress,
		Organisation: a.cfg.Organisation.Name, Factor: inbox.FactorPolicy(a.cfg.HTTP.Session.SecondFactor),
	}
	if a.refit != nil {
		a.refit(&parts, &cfg)
	}
	a.hub, err = inbox.New(parts, cfg)
	log.chatLog = chatLog{a.hub}
	return err
}

// ways are how contacts outside the desk hear of urgent reports.
func (a *app) ways() []inbox.Way {
	g := a.cfg.Alarms.Gateway
	if g.URL == "" {
		return nil
	}
	return []inbox.Way{gateway.New(gateway.Config{URL: g.URL, Secret: string(g.Secret), Organisation: a.cfg.Organisation.Name})}
}

// deliveries is how many messages may be on their way to platforms at a time:
// each holds little more than a connection, and waits for somebody else.
const deliveries = 64

// nodeName tells the machine and, where it is started again or twice, which
// process it is.
func nodeName() string {
	name, err := os.Hostname()
	if err != nil {
		name = "node"
	}
	return name + "-" + strings.ToLower(rand.Text()[:4])
}

// lateLog is the hub's log for connectors, which are made before the hub.
type lateLog struct{ chatLog }

func (a *app) webchat(c configs.Channel, log webchat.Log) (connectors.Connector, error) {
	secret := []byte(c.SessionSecret)
	if len(secret) == 0 {
		var err error
		if secret, err = a.derived("webchat "+c.ID, 32); err != nil {
			return nil, err
		}
	}
	attachments := c.Attachments.MaxPerMessage
	if attachments == 0 {
		attachments = -1 // where webchat has its own default
	}
	return webchat.New(webchat.Config{
		Channel:             connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind), Name: c.Name},
		AllowedOrigins:      append([]string{"self"}, c.AllowedOrigins...),
		Secret:              secret,
		Titles:              map[string]string{"vi": a.cfg.Organisation.Name},
		Privacy:             a.privacy(),
		PrivacyURL:          a.cfg.Organisation.URL + "/rieng-tu",
		Phone:               a.cfg.Organisation.Hotline.Short,
		PerVisitorPerMinute: c.MessagesPerMinute.Visitor,
		PerAddressPerMinute: c.MessagesPerMinute.Address,
		AttachmentSize:      int64(c.Attachments.MaxSize),
		Attachments:         attachments,
		ClientAddr:          addressOf(a.cfg.HTTP.TrustedProxies),
		Now:                 a.store.Now, // which all nodes share, whatever their own clocks say
		Urgent: func(text string) bool {
			_, danger := a.bot.Danger(text)
			return danger
		},
	}, webchat.Deps{Log: log, Files: a.media, Logger: a.log})
}

// privacy is what the chat says before the first message, by language.
func (a *app) privacy() map[string]string {
	text, fill := a.data.Texts["privacy"], strings.NewReplacer("{organisation}", a.cfg.Organisation.Name)
	return map[string]string{"vi": fill.Replace(text.Vi), "en": fill.Replace(text.En)}
}

// followKnowledge keeps the index up to date with what is published, here or
// on another node, until ctx ends. An index that could not follow tries again
// before long: this node must not answer from what was withdrawn.
func (a *app) followKnowledge(ctx context.Context) error {
	published, stop := a.hub.Feed().WatchKind(inbox.KnowledgeChanged)
	defer stop()
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-published:
		case <-again:
		}
		again = nil
		if err := kb.Sync(ctx, a.store, a.index); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "the index could not follow the knowledge base and tries again", "err", err)
			again = time.After(followAgain)
		}
	}
}

// followAgain is how long the index waits after it could not follow.
const followAgain = 5 * time.Second

// A file that was kept and never sent is swept away after a day: whoever
// uploaded it may still be writing the message.
const (
	sweepEvery = 6 * time.Hour
	sweepAfter = 24 * time.Hour
)

// sweepFiles removes files that no message carries, now and then, until ctx
// ends; one node does it for all.
func (a *app) sweepFiles(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		files, size, err := a.media.Sweep(ctx, sweepAfter, a.hub.AttachmentUsed)
		if err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "files that nobody sent could not be swept away", "err", err)
		} else if files > 0 {
			a.log.InfoContext(ctx, "files that nobody sent were swept away", "files", files, "bytes", size)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// close closes what openApp opened; the store, which the others write to, last.
func (a *app) close() error {
	var errs []error
	a.closeTraces()
	if a.index != nil {
		errs = append(errs, a.index.Close())
	}
	if a.words != nil {
		errs = append(errs, a.words.Close())
	}
	if a.journal != nil {
		errs = append(errs, a.journal.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.held != nil {
		errs = append(errs, a.held.Close())
	}
	return errors.Join(errs...)
}
