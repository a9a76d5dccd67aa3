package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/telegram"
	"tongdai/connectors/telegram/telegramsim"
)

// telegram makes a bot that is called, or one that fetches.
func (a *app) telegram(c configs.Channel) (connectors.Connector, error) {
	channel := connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind), Name: c.Name}
	cfg := telegram.Config{Channel: channel, Token: string(c.BotToken), Secret: string(c.WebhookSecret), URL: c.TelegramURL}
	if strings.HasPrefix(c.TelegramURL, "http:") {
		cfg.PerSecond = math.MaxInt32 // a simulator says itself when it has enough
	}
	deps := telegram.Deps{Files: a.media, Logger: a.log}
	if c.Polling {
		return telegram.NewPolled(cfg, deps)
	}
	cfg.HookURL = a.hookAddress(channel)
	if cfg.Secret == "" {
		secret, err := a.derived("telegram webhook "+c.ID, 32)
		if err != nil {
			return nil, err
		}
		cfg.Secret = base64.RawURLEncoding.EncodeToString(secret)
	}
	return telegram.NewHooked(cfg, deps)
}

// telegram looks whether Telegram is reached and, for a bot that is called, whether
// its calls lead to the hub.
func (c *channelCheck) telegram(ctx context.Context, channel configs.Channel, hook string) {
	c.server(ctx, channel.TelegramURL)
	if !channel.Polling {
		c.hook(ctx, hook)
	}
}

// simulatedTelegram is the id of the bot of demonstrations and load tests.
const simulatedTelegram = "telegram-1022"

// telegramChannel is a channel for the bot of a simulated Telegram.
func telegramChannel(sim *telegramsim.Sim, polling bool) configs.Channel {
	return configs.Channel{
		ID: simulatedTelegram, Kind: configs.KindTelegram, Name: sim.Config().Name,
		Telegram: configs.Telegram{BotToken: configs.Secret(sim.Config().Token), Polling: polling, TelegramURL: sim.URL()},
	}
}

// telegramYAML is the same channel as an item of a configuration file.
func telegramYAML(sim *telegramsim.Sim, polling bool) string {
	c := telegramChannel(sim, polling)
	return fmt.Sprintf(`  - id: %s
    kind: %s
    name: %q
    bot_token: %q
    polling: %t
    telegram_url: %q
`, c.ID, c.Kind, c.Name, string(c.BotToken), c.Polling, c.TelegramURL)
}

// withTelegram adds the channel to unlimited, for a hub at some address.
func withTelegram(sim *telegramsim.Sim, polling bool, address string) string {
	return "organisation: {url: " + address + "}\n" + strings.Replace(unlimited, "\nbot:", "\n"+telegramYAML(sim, polling)+"bot:", 1)
}

// telegramHookOf is where a simulated Telegram brings the updates of the channel.
func telegramHookOf(hub string) string {
	return hub + hookPath(connectors.Channel{ID: simulatedTelegram, Kind: string(configs.KindTelegram)})
}

// botAddress is where the simulated Telegram of a demonstration listens, and its
// page that looks like a telephone is, unless something else is there already.
const botAddress = "127.0.0.1:8095"

// startDemoTelegram starts the Telegram of a demonstration. The hub fetches from it:
// on several nodes one of them does, and another goes on when that one is killed.
func startDemoTelegram() (*telegramsim.Sim, error) {
	return atOrElsewhere(botAddress, func(listen string) (*telegramsim.Sim, error) {
		return telegramsim.Start(telegramsim.Config{Listen: listen, Name: "1022 Thanh Hóa"})
	})
}

// telegramPlatform is a simulated Telegram, which calls the hub or is asked by it.
type telegramPlatform struct {
	*telegramsim.Sim
	polling bool
}

// loadSecret is the webhook's secret in load tests.
const loadSecret = "secret_of_the_load_test"

// loadConnections is how many updates a simulated Telegram brings at once in load
// tests: the hub is measured, and not the order that one connection keeps.
const loadConnections = 64

func startTelegramPlatform(polling bool) (simulated, error) {
	sim, err := telegramsim.Start(unboundTelegram())
	return telegramPlatform{Sim: sim, polling: polling}, err
}

// unboundTelegram takes everything, at once, and sends again soon.
func unboundTelegram() telegramsim.Config {
	return telegramsim.Config{
		PlainHooks: true, PerSecond: -1, PerChat: -1, Connections: loadConnections, Resend: 300 * time.Millisecond, AckWithin: 5 * time.Second,
	}
}

func (p telegramPlatform) config() string {
	config := withTelegram(p.Sim, p.polling, "http://127.0.0.1")
	if p.polling {
		return config
	}
	return strings.Replace(config, "    polling: false\n", "    webhook_secret: "+loadSecret+"\n", 1)
}

func (p telegramPlatform) prepare(context.Context, *app) error { return nil }

func (p telegramPlatform) connect(_ context.Context, hub string) error {
	if p.polling {
		return nil
	}
	return p.SetWebhook(telegramHookOf(hub), loadSecret)
}

func (p telegramPlatform) write(ctx context.Context, l load) (written, error) {
	r, err := p.Load(ctx, telegramsim.Load{Senders: l.connections, Citizens: l.citizens(), Each: l.perVisitor, Pace: l.pace(), Text: l.question})
	w := written{tries: r.Tries, sent: r.Acked, took: r.Took, waits: r.Waits}
	for _, user := range r.Users {
		w.users = append(w.users, strconv.FormatInt(user, 10))
	}
	return w, err
}

func (p telegramPlatform) books() *books { return newTelegramBooks(p.Sim) }

// newTelegramBooks opens the books on everything that happened on a simulated
// Telegram.
func newTelegramBooks(sim *telegramsim.Sim) *books {
	b := &books{channel: simulatedTelegram, mute: true, said: map[string][]happened{}, taken: map[string]time.Time{}}
	ledger := sim.Ledger()
	for _, u := range ledger.Updates {
		if acked := slices.IndexFunc(u.Tries, func(t telegramsim.Try) bool { return t.Status == 200 }); acked >= 0 {
			b.webhooks = append(b.webhooks, u.Tries[acked].Took)
		} else if !u.Acked.IsZero() {
			b.webhooks = append(b.webhooks, u.Acked.Sub(u.At))
		}
		if u.Kind == "message" {
			user := strconv.FormatInt(u.Chat, 10)
			b.said[user] = append(b.said[user], happened{strconv.FormatInt(u.Message, 10), u.Text, u.At, !u.Acked.IsZero() && !u.Lost})
		}
	}
	for _, c := range ledger.Calls {
		for _, id := range c.Messages {
			b.taken[strconv.FormatInt(id, 10)] = c.At
		}
	}
	return b
}
