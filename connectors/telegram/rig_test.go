package telegram_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/telegram"
	"tongdai/connectors/telegram/telegramsim"
)

// The bot of all tests: of nobody.
const (
	token  = "1022000001:AASimulatedTokenForTests_1022000000"
	secret = "tg_secret-1022-thanh-hoa"
)

// morning is when the clocks of tests stand still.
var morning = time.Date(2026, 11, 21, 8, 0, 0, 0, time.FixedZone("", 7*60*60))

// What tests say often.
var (
	until    = connectortest.Until
	wantKind = connectortest.WantKind
)

// picture is a PNG that can be shown, another one for every n.
func picture(n int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8+n, 8))); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

// rig is a bot and its platform.
type rig struct {
	t      *testing.T
	sim    *telegramsim.Sim
	clock  *connectortest.Clock
	files  *connectortest.Files
	hub    *connectortest.Receiver
	logs   *connectortest.Log
	client *http.Client
	cfg    telegram.Config
	user   int64
	to     connectors.RemoteID
}

func newRig(t *testing.T, change ...func(*telegramsim.Config, *telegram.Config)) *rig {
	t.Helper()
	r := &rig{t: t, clock: connectortest.NewClock(morning), files: &connectortest.Files{}, hub: &connectortest.Receiver{}, logs: &connectortest.Log{}, client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(r.client.CloseIdleConnections)
	platform := telegramsim.Config{Token: token, PlainHooks: true, Resend: 5 * time.Millisecond, Now: r.clock.Now}
	r.cfg = telegram.Config{
		Channel: connectors.Channel{ID: "telegram-1022", Name: "1022 Thanh Hóa"}, Token: token, Secret: secret, PollWait: time.Second,
	}
	for _, f := range change {
		f(&platform, &r.cfg)
	}
	sim, err := telegramsim.Start(platform)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	r.sim = sim
	if r.cfg.URL == "" {
		r.cfg.URL = sim.URL()
	}
	r.user = sim.Citizen("Trần Thị Mẫu")
	r.to = connectors.RemoteID(strconv.FormatInt(r.user, 10))
	t.Cleanup(func() {
		if strings.Contains(r.logs.String(), token) || strings.Contains(r.logs.String(), secret) {
			t.Error("a secret is in the log")
		}
	})
	return r
}

func (r *rig) deps() telegram.Deps {
	return telegram.Deps{Files: r.files, Now: r.clock.Now, Client: r.client, Logger: slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
}

// hooked is the bot behind a webhook, which Telegram has not been told of yet.
func (r *rig) hooked() (*telegram.Hooked, string) {
	r.t.Helper()
	var conn *telegram.Hooked
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) { conn.Handler(r.hub).ServeHTTP(w, request) }))
	r.t.Cleanup(hook.Close)
	r.cfg.HookURL = hook.URL
	conn, err := telegram.NewHooked(r.cfg, r.deps())
	if err != nil {
		r.t.Fatal(err)
	}
	return conn, hook.URL
}

// installed is the bot behind a webhook that Telegram knows.
func (r *rig) installed() *telegram.Hooked {
	r.t.Helper()
	conn, hook := r.hooked()
	if _, err := conn.Install(r.t.Context(), hook); err != nil {
		r.t.Fatal(err)
	}
	return conn
}

// polled is the bot that fetches, and runs until the test ends or stop is called.
func (r *rig) polled() (conn *telegram.Polled, stop func()) {
	r.t.Helper()
	conn, err := telegram.NewPolled(r.cfg, r.deps())
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = conn.Run(ctx, r.hub) // ends with ctx alone
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	r.t.Cleanup(stop)
	return conn, stop
}

// talking makes the citizen one who may be written to.
func (r *rig) talking() connectors.RemoteID {
	r.sim.Begin(r.user, "")
	return r.to
}

func (r *rig) out(key string, c content.Content) connectors.Outbound {
	return connectors.Outbound{Key: key, To: r.to, Content: c}
}

func (r *rig) text(key, text string) connectors.Outbound {
	return r.out(key, content.Content{Text: text})
}

// ours are the messages of the bot that the citizen sees.
func (r *rig) ours() (all []telegramsim.Message) {
	for _, m := range r.sim.Messages(r.user) {
		if !m.FromUser {
			all = append(all, m)
		}
	}
	return all
}
