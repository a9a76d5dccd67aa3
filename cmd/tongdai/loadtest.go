package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"tongdai/configs"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox/ledger"
)

// load is what a load test does.
type load struct {
	url           string
	store         string
	nodes         int
	channel       string
	connections   int
	messages      int
	perVisitor    int
	rate          float64
	entries       int
	conversations int                // of the past
	starts        int                // measured instead of sending
	desks         int                // open meanwhile
	idle          time.Duration      // for which a hub is left alone before its memory is looked at
	widgets       int                // to be held open; 0: the load test is one of messages
	minutes       float64            // for which they are
	saying        func()             // told before each message of a platform's citizens; nil: nobody
	asking        func(n int) string // what a platform's citizens say; nil: loadQuestion
}

func newLoadtest() *cobra.Command {
	var l load
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "loadtest",
		Short: "Send messages and look for every one that was acknowledged",
		Long: "Send web-chat messages over a number of connections, at a rate or as fast as they are taken, wait\n" +
			"until the bot has answered them, then look for every acknowledged message: each must be shown once,\n" +
			"unchanged, in order and answered. Without --url a hub of its own is started in a temporary folder, with a\n" +
			"knowledge base of --entries, and its processor time and memory are measured: over the embedded\n" +
			"store, or with --store postgres over a PostgreSQL of its own, with as many --nodes as wanted.\n\n" +
			"With --channel zalo the messages are signed webhooks of a simulated Zalo inside this process, which\n" +
			"takes the answers and shows them back as the platform does; its ledger is compared with what the hub kept.\n" +
			"So it is with --channel messenger, a simulated Facebook that signs batches, and with telegram, a simulated Telegram\n" +
			"that calls the hub, and telegram-polling, one that is asked.\n\n" +
			"With --widgets so many widgets are opened instead, and held open for --minutes while --rate messages a second\n" +
			"are said; then all leave and come back within ten seconds. The hub's memory and processor time are measured.\n" +
			"With --desks the pages of that many members are open as well, and it is told how soon each hears of every message.\n" +
			"With --starts nothing is sent: the hub is ended and started again, and it is told how soon it is ready.\n" +
			"--widgets, --desks and --starts are three measurements, one for each run. What lay in the store before, of messages\n" +
			"and with --desks and --starts, is as much as --conversations says.",
		Example: "  tongdai loadtest --desks 200 --messages 300 --conversations 100000\n" +
			"  tongdai loadtest --starts 5 --entries 10000 --conversations 100000\n" +
			"  tongdai loadtest --connections 64 --messages 20000\n" +
			"  tongdai loadtest --store postgres --nodes 3\n" +
			"  tongdai loadtest --channel zalo\n" +
			"  tongdai loadtest --widgets 10000 --minutes 5",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.refusal(); err != nil {
				return err
			}
			switch {
			case l.widgets > 0:
				return l.runWidgets(cmd, asJSON)
			case l.starts > 0:
				return l.runStarts(cmd, asJSON)
			case l.desks > 0:
				if !cmd.Flags().Changed("messages") {
					l.messages = deskMessages
				}
				return l.runDesks(cmd, asJSON)
			}
			run := l.run
			if start := platforms[l.channel]; start != nil {
				run = func(ctx context.Context) (loadReport, error) {
					platform, err := start()
					if err != nil {
						return loadReport{}, err
					}
					return l.runOn(ctx, platform)
				}
			}
			report, err := run(cmd.Context())
			if err != nil {
				return err
			}
			return tell(cmd, report, asJSON, "every acknowledged message was found, once, unchanged, in order and answered", report.Problems)
		},
	}
	f := cmd.Flags()
	f.StringVar(&l.url, "url", "", "hub to send to; its limits per address and visitor apply (default: one started for the test)")
	f.StringVar(&l.store, "store", string(configs.StoreBolt), "store of the hub started for the test: bolt, postgres (one of its own), or a database's URL")
	f.IntVar(&l.nodes, "nodes", 1, "nodes of the hub started for the test, over PostgreSQL")
	f.StringVar(&l.channel, "channel", webChannel, "web chat channel, or a simulated platform: zalo, messenger, telegram, telegram-polling")
	f.IntVar(&l.connections, "connections", 64, "connections that send at the same time")
	f.IntVar(&l.messages, "messages", 20_000, fmt.Sprintf("messages in all; with --desks %d unless more are asked for", deskMessages))
	f.IntVar(&l.perVisitor, "per-visitor", 3, "messages of one visitor before the next comes")
	f.Float64Var(&l.rate, "rate", 0, "messages a second in all (0: as fast as they are taken)")
	f.IntVar(&l.entries, "entries", 300, fmt.Sprintf("entries of the knowledge base of the hub started for the test; the %d of the demonstration are always among them", demoEntries))
	f.IntVar(&l.widgets, "widgets", 0, "hold so many chat widgets open instead, and have them come back")
	f.Float64Var(&l.minutes, "minutes", 1, "how long the widgets are held open")
	f.IntVar(&l.conversations, "conversations", 0, "conversations of the past, ten messages each, in the store of the hub started for the test")
	f.IntVar(&l.desks, "desks", 0, "desks of members that are open meanwhile; messages then come at --rate, or five a second, one from each visitor")
	f.IntVar(&l.starts, "starts", 0, "send nothing, and start the hub as often after a stop and after a kill, telling how soon it is ready")
	f.DurationVar(&l.idle, "idle", 10*time.Second, "how long a hub is left alone before its memory is looked at, with --desks and --starts")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// refusal tells what of the options cannot be or does not go together, before
// anything is started: what is silently left out would be taken for measured.
func (l load) refusal() error {
	platform, measurements := platforms[l.channel] != nil, 0
	for _, n := range []int{l.widgets, l.desks, l.starts} {
		if n > 0 {
			measurements++
		}
	}
	switch {
	case l.connections < 1 || l.messages < 1 || l.perVisitor < 1 || l.nodes < 1:
		return errors.New("--connections, --messages, --per-visitor và --nodes phải từ 1")
	case min(l.entries, l.conversations, l.widgets, l.desks, l.starts) < 0 || min(l.rate, l.minutes) < 0:
		return errors.New("--entries, --conversations, --widgets, --desks, --starts, --rate và --minutes không được âm")
	case l.idle <= 0:
		return errors.New("--idle phải dài hơn 0, ví dụ --idle 10s")
	case measurements > 1:
		return errors.New("--widgets, --desks và --starts là ba phép đo riêng; mỗi lần chạy hãy chọn một")
	case l.nodes > 1 && l.store == string(configs.StoreBolt):
		return errors.New("kho nhúng (bolt) chỉ chạy một nút; muốn thử nhiều nút hãy thêm --store postgres")
	case l.widgets > 0 && (l.url != "" || l.nodes > 1 || l.channel != webChannel || l.conversations > 0):
		return errors.New("--widgets chạy với tổng đài riêng của lệnh này, một nút, kênh web, kho mới: không nhận --url, --nodes, --channel, --conversations")
	case l.starts > 0 && l.nodes > 1:
		return errors.New("--starts đo từng lần khởi động của một nút, không nhận --nodes")
	case (measurements > 0 || l.conversations > 0) && (l.url != "" || l.channel != webChannel):
		return errors.New("--starts, --desks và --conversations chỉ dùng với tổng đài riêng của lệnh này và kênh web: không nhận --url, --channel")
	case platform && l.url != "":
		return fmt.Errorf("--channel %s chạy với tổng đài riêng của lệnh này và nền tảng mô phỏng, không nhận --url", l.channel)
	case !platform && l.url == "" && l.channel != webChannel:
		return fmt.Errorf("tổng đài thử không có kênh %q; hãy chọn %s, %s, hoặc thêm --url của tổng đài có kênh ấy",
			l.channel, webChannel, strings.Join(slices.Sorted(maps.Keys(platforms)), ", "))
	}
	return nil
}

// webChannel is the web chat of a hub started for the test; see unlimited.
const webChannel = "web"

// tell prints a report, and below its figures what was wrong, or that all was well.
// The command fails where something was wrong.
func tell(cmd *cobra.Command, report interface{ write(w io.Writer) }, asJSON bool, well string, problems []string) error {
	w := cmd.OutOrStdout()
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			return err
		}
	} else {
		report.write(w)
		if len(problems) == 0 {
			fmt.Fprintln(w, well)
		} else {
			fmt.Fprintf(w, "%d PROBLEMS, by the invariants of docs/robustness.md:\n  %s\n",
				len(problems), strings.Join(problems[:min(len(problems), problemsTold)], "\n  "))
		}
	}
	if len(problems) > 0 {
		return errTold
	}
	return nil
}

// problemsTold is how many problems are told in words; --json tells all.
const problemsTold = 20

// platforms are those that this process can simulate, by what --channel calls them.
var platforms = map[string]func() (simulated, error){
	string(configs.KindZalo):      startZaloPlatform,
	string(configs.KindMessenger): startMessengerPlatform,
	string(configs.KindTelegram):  func() (simulated, error) { return startTelegramPlatform(false) },
	"telegram-polling":            func() (simulated, error) { return startTelegramPlatform(true) },
}

// loadReport is what was seen. Times are in milliseconds.
type loadReport struct {
	Connections int            `json:"connections"`
	Messages    int            `json:"messages"`           // acknowledged
	Answers     int            `json:"answers"`            // of the bot
	Webhooks    *webhookReport `json:"webhooks,omitempty"` // of a platform that pushes
	Resent      int            `json:"resent"`
	Seconds     float64        `json:"seconds"`        // until the last acknowledgement
	PerSecond   float64        `json:"per_second"`     // acknowledged
	Drained     float64        `json:"drained_second"` // messages a second until the last answer
	Ack         spread         `json:"ack_ms"`
	Answer      spread         `json:"answer_ms"`
	Hub         *usage         `json:"hub,omitempty"` // of the hub started for the test
	Problems    []string       `json:"problems"`
}

type spread struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func (l load) run(ctx context.Context) (loadReport, error) {
	var own *testHub
	urls := []string{l.url}
	if l.url == "" {
		var err error
		own, err = startTestHub(ctx, hubWanted{
			store: l.store, nodes: l.nodes, entries: l.entries, config: unlimited, prepare: func(a *app) error {
				_, err := past{conversations: l.conversations}.fill(ctx, a)
				return err
			},
		})
		if err != nil {
			return loadReport{}, err
		}
		defer own.stop()
		urls = own.urls()
	}
	client := &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: l.connections, MaxConnsPerHost: l.connections},
	}
	var nodes []*webchatsim.Hub
	for _, url := range urls {
		nodes = append(nodes, &webchatsim.Hub{URL: url, Channel: l.channel, Client: client})
	}
	before := own.usage()
	start := time.Now()
	ledgers, err := l.send(ctx, nodes)
	if err != nil {
		return loadReport{}, err
	}
	sent := time.Now()
	// What is read after the last answer is the test's own business.
	if err := allAnswered(ctx, ledgers[max(0, len(ledgers)-2*l.connections):]); err != nil {
		return loadReport{}, err
	}
	after, took := own.usage(), time.Since(start)
	report, last, err := check(ctx, ledgers)
	if err != nil {
		return loadReport{}, err
	}
	if last.Before(sent) {
		last = sent
	}
	report.Connections = l.connections
	report.Seconds = sent.Sub(start).Seconds()
	report.PerSecond = float64(report.Messages) / report.Seconds
	report.Drained = float64(report.Messages) / last.Sub(start).Seconds()
	report.Hub = after.since(before, report.Messages, took)
	return report, nil
}

// allAnswered returns when the visitors who spoke last have their answers. Those
// who spoke before them have theirs.
func allAnswered(ctx context.Context, latest []*webchatsim.Ledger) error {
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	for _, l := range latest {
		if _, _, err := settled(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// send lets every connection speak for one visitor after the other, each to one node.
func (l load) send(ctx context.Context, nodes []*webchatsim.Hub) ([]*webchatsim.Ledger, error) {
	limit := rate.Inf
	if l.rate > 0 {
		limit = rate.Limit(l.rate)
	}
	pace := rate.NewLimiter(limit, max(1, int(l.rate/10)))
	var left atomic.Int64
	left.Store(int64(l.messages))
	var mu sync.Mutex
	var ledgers []*webchatsim.Ledger
	g, ctx := errgroup.WithContext(ctx)
	for connection := range l.connections {
		g.Go(func() error {
			for question := connection; ; {
				visitor, err := nodes[connection%len(nodes)].Open(ctx)
				if err != nil {
					return err
				}
				spoken := &webchatsim.Ledger{Visitor: visitor}
				for range l.perVisitor {
					if left.Add(-1) < 0 {
						break
					}
					if err := pace.Wait(ctx); err != nil {
						return err
					}
					question += l.connections
					if err := spoken.Insist(ctx, l.webQuestion(question)); err != nil {
						return err
					}
				}
				if len(spoken.Said) == 0 {
					return nil
				}
				mu.Lock()
				ledgers = append(ledgers, spoken)
				mu.Unlock()
			}
		})
	}
	return ledgers, g.Wait()
}

// webQuestion is what a visitor says: before desks that are watched, never the same twice.
func (l load) webQuestion(n int) string {
	if l.desks > 0 {
		return fmt.Sprintf("%s (%d)", loadQuestion(n), n)
	}
	return loadQuestion(n)
}

// drainFor bounds the wait for answers that are still being made.
const drainFor = 2 * time.Minute

// check looks for every message that was acknowledged, in what the hub shows
// their visitors, and has the books judged.
func check(ctx context.Context, spoken []*webchatsim.Ledger) (report loadReport, last time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	var acks, waits []time.Duration
	journal, visits := &ledger.Journal{}, []ledger.Visit{}
	for i, l := range spoken {
		history, f, err := settled(ctx, l)
		if err != nil {
			return report, last, err
		}
		report.Messages += f.Acked
		report.Answers += f.Answers
		waits = append(waits, f.Waits...)
		if f.Last.After(last) {
			last = f.Last
		}
		for _, said := range l.Said {
			acks = append(acks, said.Acked.Sub(said.At))
			report.Resent += said.Tries - 1
		}
		visits = append(visits, enter(journal, fmt.Sprint("visitor ", i), l.Said, history))
	}
	report.Ack, report.Answer = spreadOf(acks), spreadOf(waits)
	report.Problems = problemsOf(ledger.Evidence{Journal: journal, Shown: []ledger.Shown{ledger.SeenBy(visits)}, ByKey: true})
	return report, last, nil
}

// enter puts what a visitor said into a journal, and returns what they see.
func enter(journal *ledger.Journal, person string, all []webchatsim.Said, history []webchatsim.Message) ledger.Visit {
	for i, said := range all {
		item := ledger.Item{Channel: "web", Person: person, Key: said.Key, Text: said.Text, Round: i, Sent: said.Tries}
		if !said.Acked.IsZero() {
			item.Acked = 1
		}
		journal.Said(item)
	}
	visit := ledger.Visit{Channel: "web", Person: person}
	for _, m := range history {
		visit.Messages = append(visit.Messages, ledger.Seen{
			Conversation: m.Conversation, Seq: m.Seq, Own: m.Own, Text: m.Text, Key: m.Key, Bot: m.Author == "bot",
		})
	}
	return visit
}

func problemsOf(e ledger.Evidence) (told []string) {
	for _, p := range e.Problems() {
		told = append(told, p.String())
	}
	return told
}

// settled reads what a visitor sees once the bot has said its word.
func settled(ctx context.Context, l *webchatsim.Ledger) ([]webchatsim.Message, webchatsim.Figures, error) {
	for {
		history, err := l.Visitor.History(ctx)
		f := l.Figures(history)
		if err != nil || f.Answers > 0 {
			return history, f, err
		}
		select {
		case <-ctx.Done():
			return history, f, nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// webhookReport tells of everything a platform pushed.
type webhookReport struct {
	Count     int     `json:"count"`
	PerSecond float64 `json:"per_second"` // until the hub had no more to say
	Ack       spread  `json:"ack_ms"`
}

func spreadOf(all []time.Duration) spread {
	if len(all) == 0 {
		return spread{}
	}
	slices.Sort(all)
	at := func(p float64) float64 {
		return float64(all[min(int(p*float64(len(all))), len(all)-1)].Microseconds()) / 1000
	}
	return spread{P50: at(.50), P95: at(.95), P99: at(.99), Max: at(1)}
}

func (r loadReport) write(w io.Writer) {
	fmt.Fprintf(w, "%d messages over %d connections in %.2f s: %.0f a second acknowledged, %.0f a second answered\n",
		r.Messages, r.Connections, r.Seconds, r.PerSecond, r.Drained)
	fmt.Fprintf(w, "to the acknowledgement  p50 %.1f ms  p95 %.1f ms  p99 %.1f ms  max %.1f ms\n", r.Ack.P50, r.Ack.P95, r.Ack.P99, r.Ack.Max)
	fmt.Fprintf(w, "to the bot's answer     p50 %.1f ms  p95 %.1f ms  p99 %.1f ms  max %.1f ms\n", r.Answer.P50, r.Answer.P95, r.Answer.P99, r.Answer.Max)
	if r.Hub != nil {
		fmt.Fprintf(w, "hub: %.2f ms of processor time a message; RssAnon %.1f MB idle, %.1f MB after; ready %.2f s after its start\n",
			r.Hub.CPUPerMessage, r.Hub.IdleMB, r.Hub.AfterMB, r.Hub.StartSeconds)
		fmt.Fprintf(w, "sender: %.2f ms of processor time a message; both together %.0f %% of %d processors\n",
			r.Hub.SenderPerMessage, r.Hub.Busy, runtime.NumCPU())
		if r.Hub.DatabasePerMessage > 0 {
			fmt.Fprintf(w, "database: %.2f ms of processor time a message\n", r.Hub.DatabasePerMessage)
		}
	}
	if r.Webhooks != nil {
		fmt.Fprintf(w, "%d events of the platform in all, with echoes and receipts of what the hub sent: %.0f a second until the last answer; "+
			"acknowledged p50 %.1f ms  p95 %.1f ms  p99 %.1f ms\n",
			r.Webhooks.Count, r.Webhooks.PerSecond, r.Webhooks.Ack.P50, r.Webhooks.Ack.P95, r.Webhooks.Ack.P99)
	}
	fmt.Fprintf(w, "%d answers of the bot, %d messages sent again\n", r.Answers, r.Resent)
}
