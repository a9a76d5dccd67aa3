package zalo_test

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
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

// The account of all tests: ids and secrets of nobody.
const (
	appID     = "1022000000000000001"
	appSecret = "appSecretForTests1022"
	oaSecret  = "oaSecretKeyForTests1022"
	oaID      = "3000000000000000001"
	otherOA   = "3000000000000000002"
	citizen   = "7000000000000000042"
)

// clock is a clock that goes only when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.FixedZone("", 7*60*60))}
}

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
	mu    sync.Mutex
	err   error
	raws  []connectors.Raw
	in    []connectors.Inbound
	moved chan struct{}
}

func newHub() *hub { return &hub{moved: make(chan struct{}, 1)} }

func (h *hub) Receive(_ context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return h.err
	}
	h.raws, h.in = append(h.raws, raw), append(h.in, in...)
	select {
	case h.moved <- struct{}{}:
	default:
	}
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
		for _, kind := range kinds {
			if in.Kind == kind && !known[in.Key] {
				known[in.Key] = true
				all = append(all, in)
			}
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

// rig is a connector and its platform, with a hub before the webhook.
type rig struct {
	t     *testing.T
	sim   *zalosim.Sim
	clock *clock
	vault *connectortest.Vault
	files *files
	hub   *hub
	logs  *journal
	conn  *zalo.Connector
	hook  *httptest.Server

	client  *http.Client         // of all nodes
	between func(save int) error // before each Save, if set
	saves   atomic.Int32
}

// keeps is the vault as nodes see it.
func (r *rig) keeps() connectors.Vault { return &betweenVault{r.vault, r} }

// betweenVault lets a test fail chosen saves.
type betweenVault struct {
	connectors.Vault
	rig *rig
}

func (v *betweenVault) Save(ctx context.Context, name string, value []byte, over uint64) (uint64, error) {
	if v.rig.between != nil {
		if err := v.rig.between(int(v.rig.saves.Add(1))); err != nil {
			return 0, err
		}
	}
	return v.Vault.Save(ctx, name, value, over)
}

// newRig starts everything. The connector has been granted tokens.
func newRig(t *testing.T, change ...func(*zalosim.Config, *zalo.Config)) *rig {
	t.Helper()
	r := newUnconnected(t, change...)
	r.connect(r.conn)
	return r
}

func newUnconnected(t *testing.T, change ...func(*zalosim.Config, *zalo.Config)) *rig {
	t.Helper()
	r := &rig{t: t, clock: newClock(), files: newFiles(), hub: newHub(), logs: &journal{}, client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(r.client.CloseIdleConnections)
	platform := zalosim.Config{
		AppID: appID, AppSecret: appSecret, OASecret: oaSecret, Now: r.clock.Now,
		OAs:     []zalosim.OA{{ID: oaID, Name: "1022 Thanh Hóa"}, {ID: otherOA, Name: "1022 Lâm Đồng"}},
		Resends: []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond},
	}
	var own zalo.Config
	for _, f := range change {
		f(&platform, &own)
	}
	sim, err := zalosim.Start(platform)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	r.sim = sim
	r.vault = connectortest.NewVault(r.clock.Now)
	r.conn = r.node(own)
	r.hook = httptest.NewServer(r.conn.Handler(r.hub))
	t.Cleanup(r.hook.Close)
	sim.SetWebhook(r.hook.URL)
	return r
}

// node makes another connector of the OA on the same Vault, as another node has.
func (r *rig) node(cfg zalo.Config) *zalo.Connector {
	r.t.Helper()
	if cfg.Channel.ID == "" {
		cfg.Channel = connectors.Channel{ID: "zalo-1022", Name: "1022 Thanh Hóa"}
	}
	cfg.AppID, cfg.AppSecret, cfg.WebhookSecret = appID, appSecret, oaSecret
	if cfg.OAID == "" {
		cfg.OAID = oaID
	}
	cfg.HookURL = "https://1022.example.vn/hook/zalo-1022"
	if cfg.OAuthURL == "" {
		cfg.OAuthURL = r.sim.URL()
	}
	if cfg.OpenAPIURL == "" {
		cfg.OpenAPIURL = r.sim.URL()
	}
	if cfg.MediaHosts == nil {
		cfg.MediaHosts = []string{strings.TrimPrefix(r.sim.URL(), "http://")}
	}
	conn, err := zalo.New(cfg, zalo.Deps{
		Vault: r.keeps(), Files: r.files, Now: r.clock.Now, Client: r.client,
		Logger: slog.New(slog.NewTextHandler(r.logs, nil)),
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

// connect has the administrator consent, the whole way.
func (r *rig) connect(conn *zalo.Connector) {
	r.t.Helper()
	link, err := conn.Authorize(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	back, err := r.sim.Consent(oaID, link)
	if err != nil {
		r.t.Fatal(err)
	}
	if status, page := callback(conn, back); status != http.StatusOK {
		r.t.Fatalf("the way back is answered %d %s", status, page)
	}
}

// callback is the administrator's browser coming back.
func callback(conn *zalo.Connector, back string) (int, string) {
	_, query, _ := strings.Cut(back, "?")
	answer := httptest.NewRecorder()
	conn.Handler(nil).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, zalo.CallbackPath+"?"+query, nil))
	return answer.Code, answer.Body.String()
}

// talking makes the citizen one who may be written to.
func (r *rig) talking() connectors.RemoteID {
	r.sim.Say(oaID, citizen, "Xin chào")
	return citizen
}

func (r *rig) text(key, text string) connectors.Outbound {
	return connectors.Outbound{Key: key, To: citizen, Content: content.Content{Text: text}}
}

// wantKind wants err to be of a kind.
func wantKind(t *testing.T, err error, want connectors.Kind) {
	t.Helper()
	if err == nil || connectors.KindOf(err) != want {
		t.Errorf("error is %v of the kind %s, want %s", err, connectors.KindOf(err), want)
	}
}
