package messenger_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
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

// clock is a clock that goes only when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// files is a connectors.Files in memory.
type files struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func newFiles() *files { return &files{kept: map[string][]byte{}} }

func (f *files) Put(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return content.Attachment{}, err
	}
	return f.keep(name, data), nil
}

func (f *files) keep(name string, data []byte) content.Attachment {
	sum := sha256.Sum256(data)
	id := hex.EncodeToString(sum[:])
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept[id] = data
	return content.Attachment{ID: id, Name: name, Type: http.DetectContentType(data), Size: int64(len(data))}
}

func (f *files) Read(_ context.Context, a content.Attachment) (io.ReadCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.kept[a.ID]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// hub is a Receiver that takes down what it is handed.
type hub struct {
	mu   sync.Mutex
	err  error
	raws []connectors.Raw
	in   []connectors.Inbound
}

func (h *hub) Receive(_ context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return h.err
	}
	h.raws, h.in = append(h.raws, raw), append(h.in, in...)
	return nil
}

func (h *hub) fails(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// kept are the raw requests, in order.
func (h *hub) kept() []connectors.Raw {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.raws)
}

// all that was reported, each key once, as a hub keeps it.
func (h *hub) all(kinds ...connectors.InboundKind) (all []connectors.Inbound) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := map[string]bool{}
	for _, in := range h.in {
		key := string(in.Kind) + " " + in.Key
		if slices.Contains(kinds, in.Kind) && !known[key] {
			known[key] = true
			all = append(all, in)
		}
	}
	return all
}

// until waits until done is true.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// rig is a connector and its platform, with a hub behind the webhook.
type rig struct {
	t      *testing.T
	sim    *messengersim.Sim
	clock  *clock
	files  *files
	hub    *hub
	logs   *journal
	conn   *messenger.Connector
	hook   *httptest.Server
	client *http.Client
}

func newRig(t *testing.T, change ...func(*messengersim.Config, *messenger.Config)) *rig {
	t.Helper()
	r := &rig{t: t, clock: newClock(), files: newFiles(), hub: &hub{}, logs: &journal{}, client: &http.Client{Transport: &http.Transport{}}}
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

// journal is what was logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
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

// wantKind wants err to be of a kind.
func wantKind(t *testing.T, err error, want connectors.Kind) {
	t.Helper()
	if err == nil || connectors.KindOf(err) != want {
		t.Errorf("error is %v of the kind %s, want %s", err, connectors.KindOf(err), want)
	}
}
