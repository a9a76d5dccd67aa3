package messenger_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/messenger"
	"tongdai/connectors/messenger/messengersim"
)

// The app and pages of all tests: ids and secrets of nobody.
const (
	appID       = "1022334455667"
	appSecret   = "fbAppSecretForTests1022"
	verifyToken = "verify1022"
	pageID      = "100200300400500"
	pageToken   = "EAAfbPageTokenForTests"
	otherPage   = "100200300400501"
	citizen     = "24680135791113"
)

// morning is when the clocks of tests stand still.
var morning = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// What tests say often.
var (
	until    = connectortest.Until
	wantKind = connectortest.WantKind
)

// rig is a connector and its platform, with a hub behind the webhook.
type rig struct {
	t      *testing.T
	sim    *messengersim.Sim
	clock  *connectortest.Clock
	files  *connectortest.Files
	hub    *connectortest.Receiver
	logs   *connectortest.Log
	conn   *messenger.Connector
	hook   *httptest.Server
	client *http.Client
}

func newRig(t *testing.T, change ...func(*messengersim.Config, *messenger.Config)) *rig {
	t.Helper()
	r := &rig{t: t, clock: connectortest.NewClock(morning), files: &connectortest.Files{}, hub: &connectortest.Receiver{}, logs: &connectortest.Log{}, client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(r.client.CloseIdleConnections)
	platform := messengersim.Config{
		AppID: appID, AppSecret: appSecret, VerifyToken: verifyToken, Now: r.clock.Now,
		Pages:   []messengersim.Page{{ID: pageID, Name: "1022 Thanh Hóa", Token: pageToken}, {ID: otherPage, Name: "1022 Lâm Đồng"}},
		Resends: []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond},
	}
	own := messenger.Config{Comments: true}
	for _, f := range change {
		f(&platform, &own)
	}
	sim, err := messengersim.Start(platform)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	r.sim = sim
	r.conn = r.node(own)
	r.hook = httptest.NewServer(r.conn.Handler(r.hub))
	t.Cleanup(r.hook.Close)
	sim.SetWebhook(r.hook.URL)
	return r
}

// node makes a connector of the page.
func (r *rig) node(cfg messenger.Config) *messenger.Connector {
	r.t.Helper()
	if cfg.Channel.ID == "" {
		cfg.Channel = connectors.Channel{ID: "fb-1022", Name: "1022 Thanh Hóa"}
	}
	if cfg.PageID == "" {
		cfg.PageID, cfg.PageToken = pageID, pageToken
	}
	cfg.AppID, cfg.AppSecret, cfg.VerifyToken = appID, appSecret, verifyToken
	if cfg.GraphURL == "" {
		cfg.GraphURL = r.sim.URL()
	}
	cfg.MediaHosts = []string{strings.TrimPrefix(r.sim.URL(), "http://")}
	conn, err := messenger.New(cfg, messenger.Deps{
		Files: r.files, Now: r.clock.Now, Client: r.client, Logger: slog.New(slog.NewTextHandler(r.logs, nil)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return conn
}

// talking makes the citizen one who may be written to.
func (r *rig) talking() connectors.RemoteID {
	r.sim.Say(pageID, citizen, "Xin chào")
	return citizen
}

func (r *rig) text(key, text string) connectors.Outbound {
	return connectors.Outbound{Key: key, To: citizen, Content: content.Content{Text: text}, Heard: r.clock.Now()}
}

// heard is what the page wrote to the citizen.
func (r *rig) heard() (all []messengersim.Message) {
	for _, m := range r.sim.Messages(pageID, citizen) {
		if !m.FromUser {
			all = append(all, m)
		}
	}
	return all
}
