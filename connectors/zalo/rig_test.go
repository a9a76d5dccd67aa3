package zalo_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
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

// morning is when the clocks of tests stand still.
var morning = time.Date(2026, 11, 21, 8, 0, 0, 0, time.FixedZone("", 7*60*60))

// What tests say often.
var (
	until    = connectortest.Until
	wantKind = connectortest.WantKind
)

// rig is a connector and its platform, with a hub before the webhook.
type rig struct {
	t     *testing.T
	sim   *zalosim.Sim
	clock *connectortest.Clock
	vault *connectortest.Vault
	files *connectortest.Files
	hub   *connectortest.Receiver
	logs  *connectortest.Log
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
	r := &rig{t: t, clock: connectortest.NewClock(morning), files: &connectortest.Files{}, hub: &connectortest.Receiver{}, logs: &connectortest.Log{}, client: &http.Client{Transport: &http.Transport{}}}
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
	answer := connectortest.Serve(conn.Handler(nil), httptest.NewRequest(http.MethodGet, zalo.CallbackPath+"?"+query, nil))
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
