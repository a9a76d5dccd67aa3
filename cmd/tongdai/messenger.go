package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/messenger"
	"tongdai/connectors/messenger/messengersim"
)

// messengerPages makes the Facebook pages, by channel. Those of one app share its
// webhook.
func (a *app) messengerPages() (map[string]*messenger.Connector, error) {
	pages, byApp := map[string]*messenger.Connector{}, map[string][]*messenger.Connector{}
	for _, c := range a.cfg.Channels {
		if c.Kind != configs.KindMessenger {
			continue
		}
		cfg, err := a.messenger(c)
		if err != nil {
			return nil, err
		}
		conn, err := messenger.New(cfg, messenger.Deps{Files: a.media, Logger: a.log})
		if err != nil {
			return nil, err
		}
		pages[c.ID] = conn
		byApp[c.AppID] = append(byApp[c.AppID], conn)
	}
	for _, of := range byApp {
		app, err := messenger.NewApp(of...)
		if err != nil {
			return nil, err
		}
		for _, conn := range of {
			a.shared[conn.Channel().ID] = app
		}
	}
	return pages, nil
}

// messenger is the connector's view of a channel. The verify token is asked for
// once, when the webhook is saved, and is the same on every node.
func (a *app) messenger(c configs.Channel) (messenger.Config, error) {
	verify := string(c.VerifyToken)
	if verify == "" {
		token, err := a.derived("messenger verify "+c.AppID, 16)
		if err != nil {
			return messenger.Config{}, err
		}
		verify = hex.EncodeToString(token)
	}
	name, perSecond := a.cfg.Organisation.Name, 0
	if strings.HasPrefix(c.GraphURL, "http:") {
		perSecond = math.MaxInt32 / 60 // a simulator says itself when it has enough
	}
	return messenger.Config{
		Channel: connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind), Name: c.Name},
		AppID:   c.AppID, AppSecret: string(c.AppSecret), PageID: c.PageID, PageToken: string(c.PageToken), VerifyToken: verify,
		HumanAgent: c.HumanAgent, Comments: c.Comments, PerSecond: perSecond,
		Greeting: name + " xin chào anh/chị. Trợ lý tự động trả lời trước, cán bộ trực tiếp nhận khi cần.",
		// Said as they stand, these reach people and the bot's own paths.
		Menu:      []string{"Gặp cán bộ trực"},
		Questions: []string{"Tôi muốn gửi phản ánh", "Tôi muốn gặp cán bộ trực"},
		GraphURL:  c.GraphURL, Version: c.GraphVersion, MediaHosts: c.MediaHosts,
	}, nil
}

// hookAddress is where the platform of a channel reaches the hub.
func (a *app) hookAddress(c connectors.Channel) string {
	return cmp.Or(a.cfg.Organisation.URL, "http://"+a.cfg.HTTP.Listen) + hookPath(c)
}

// simulatedPage is the id of the Facebook page of demonstrations and load tests.
const simulatedPage = "messenger-1022"

// messengerChannel is a channel for the first page of a simulated Facebook.
func messengerChannel(sim *messengersim.Sim) configs.Channel {
	platform := sim.Config()
	return configs.Channel{
		ID: simulatedPage, Kind: configs.KindMessenger, Name: platform.Pages[0].Name,
		App: configs.App{
			AppID: platform.AppID, AppSecret: configs.Secret(platform.AppSecret),
			MediaHosts: []string{strings.TrimPrefix(sim.URL(), "http://")},
		},
		Messenger: configs.Messenger{
			PageID: platform.Pages[0].ID, PageToken: configs.Secret(platform.Pages[0].Token),
			VerifyToken: configs.Secret(platform.VerifyToken), HumanAgent: platform.HumanAgent, Comments: true,
			GraphVersion: "v25.0", GraphURL: sim.URL(),
		},
	}
}

// messengerYAML is the same channel as an item of a configuration file.
func messengerYAML(sim *messengersim.Sim) string {
	c := messengerChannel(sim)
	return fmt.Sprintf(`  - id: %s
    kind: %s
    name: %q
    app_id: %q
    app_secret: %q
    page_id: %q
    page_token: %q
    verify_token: %q
    human_agent: %t
    graph_url: %q
    media_hosts: [%q]
`, c.ID, c.Kind, c.Name, c.AppID, string(c.AppSecret), c.PageID, string(c.PageToken), string(c.VerifyToken), c.HumanAgent, c.GraphURL, c.MediaHosts[0])
}

// withMessenger adds the channel to unlimited, for a hub at some address.
func withMessenger(sim *messengersim.Sim, address string) string {
	return "organisation: {url: " + address + "}\n" + strings.Replace(unlimited, "\nbot:", "\n"+messengerYAML(sim)+"bot:", 1)
}

// pageHookOf is where a simulated Facebook sends the events of the channel.
func pageHookOf(hub string) string {
	return hub + hookPath(connectors.Channel{ID: simulatedPage, Kind: string(configs.KindMessenger)})
}

// pageAddress is where the simulated Facebook of a demonstration listens, and its
// pages are, unless something else is there already.
const pageAddress = "127.0.0.1:8096"

func startDemoPage() (*messengersim.Sim, error) {
	return atOrElsewhere(pageAddress, func(listen string) (*messengersim.Sim, error) {
		return messengersim.Start(messengersim.Config{
			Listen: listen, HumanAgent: true, Pages: []messengersim.Page{{ID: "100200300400500", Name: "1022 Thanh Hóa"}},
		})
	})
}

// introducePage has the simulated page greet, as "channel connect" does.
func (a *app) introducePage(ctx context.Context, hub string) error {
	for _, conn := range a.hub.Channels() {
		if page, ok := conn.(*messenger.Connector); ok && conn.Channel().ID == simulatedPage {
			_, err := page.Install(ctx, pageHookOf(hub))
			return err
		}
	}
	return fmt.Errorf("the simulated page %s is not among the channels", simulatedPage)
}

// messengerPlatform is a simulated Facebook, which signs what citizens write in
// batches and pushes echoes and marks of what the hub answers.
type messengerPlatform struct{ *messengersim.Sim }

func startMessengerPlatform() (simulated, error) {
	sim, err := messengersim.Start(unboundMessenger())
	return messengerPlatform{sim}, err
}

// unboundMessenger takes everything, writes in batches, and sends again soon and
// for three minutes.
func unboundMessenger() messengersim.Config {
	return messengersim.Config{
		PerMinute: platformLimit, Batch: 50, Resends: slices.Repeat([]time.Duration{300 * time.Millisecond}, 600),
	}
}

func (p messengerPlatform) config() string { return withMessenger(p.Sim, "http://127.0.0.1") }

func (p messengerPlatform) prepare(context.Context, *app) error { return nil }

func (p messengerPlatform) connect(_ context.Context, hub string) error {
	p.SetWebhook(pageHookOf(hub))
	return nil
}

func (p messengerPlatform) write(ctx context.Context, l load) (written, error) {
	r, err := p.Load(ctx, messengersim.Load{Senders: l.connections, Citizens: l.citizens(), Each: l.perVisitor, Pace: l.pace(), Text: l.question})
	return written{users: r.Users, tries: r.Tries, sent: r.Acked, took: r.Took, waits: r.Waits}, err
}

func (p messengerPlatform) books() *books { return newMessengerBooks(p.Sim) }

// newMessengerBooks opens the books on everything that happened on a simulated
// Facebook.
func newMessengerBooks(sim *messengersim.Sim) *books {
	b := &books{channel: simulatedPage, said: map[string][]happened{}, taken: map[string]time.Time{}}
	ledger := sim.Ledger()
	for _, e := range ledger.Events {
		if acked := slices.IndexFunc(e.Tries, func(t messengersim.Try) bool { return t.Status == http.StatusOK }); acked >= 0 {
			b.webhooks = append(b.webhooks, e.Tries[acked].Took)
		}
		if e.Kind == "message" {
			b.said[e.User] = append(b.said[e.User], happened{e.Message, e.Text, e.At, !e.Acked.IsZero()})
		}
	}
	for _, c := range ledger.Calls {
		if c.Message != "" {
			b.taken[c.Message] = c.At
		}
	}
	return b
}
