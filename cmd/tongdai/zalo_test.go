package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/kb"
)

// zaloHub is the whole program with one Official Account of a simulated Zalo
// beside the web chat, serving on a port of its own.
type zaloHub struct {
	*testing.T
	sim *zalosim.Sim
	cfg configs.Config
	app *app
	url string
	oa  string
	lan inbox.Actor

	stop func() // ends what serve began; nil: nothing is served
}

// overZalo starts one. change sees the configuration first.
func overZalo(t *testing.T, platform zalosim.Config, change func(*configs.Config)) *zaloHub {
	t.Helper()
	if platform.Resends == nil {
		platform.Resends = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second}
	}
	sim, err := zalosim.Start(platform)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	h := &zaloHub{T: t, sim: sim, oa: sim.Config().OAs[0].ID}
	h.cfg = configs.Default()
	h.cfg.Data.Folder = t.TempDir()
	h.cfg.HTTP.Listen = freeAddress(t)
	h.url = "http://" + h.cfg.HTTP.Listen
	h.cfg.Organisation.URL = h.url
	h.cfg.Channels = append(h.cfg.Channels, zaloChannel(sim))
	if change != nil {
		change(&h.cfg)
	}
	if err := h.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if h.app, err = openApp(t.Context(), h.cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil); err != nil {
		t.Fatal(err)
	}
	h.furnish()
	h.serve()
	sim.SetWebhook(hookOf(h.url))
	return h
}

// furnish imports the demo knowledge and makes the operator Lan.
func (h *zaloHub) furnish() {
	h.Helper()
	files, err := demoWorkbooks()
	if err != nil {
		h.Fatal(err)
	}
	if err := h.app.importAll(h.Context(), files); err != nil {
		h.Fatal(err)
	}
	if err := kb.Sync(h.Context(), h.app.store, h.app.index); err != nil {
		h.Fatal(err)
	}
	lan, err := h.app.hub.AddMember(h.Context(), console, inbox.NewMember{
		Login: "lan", Name: "Lê Thị Lan", Password: demoPassword, Role: inbox.Operator,
	})
	if err != nil {
		h.Fatal(err)
	}
	h.lan = inbox.Actor{Member: lan, Address: "127.0.0.1"}
}

func (h *zaloHub) serve() {
	h.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	h.app.notice = 0
	go func() { ended <- h.app.serve(ctx, func(address string) { ready <- address }) }()
	app := h.app
	h.stop = func() {
		h.stop = nil
		cancel()
		if err := <-ended; err != nil {
			h.Error(err)
		}
		if err := app.close(); err != nil {
			h.Error(err)
		}
	}
	h.Cleanup(func() {
		if h.stop != nil {
			h.stop()
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		h.Fatal(err)
	}
}

// restart stops the hub and starts it again on the same data.
func (h *zaloHub) restart() {
	h.Helper()
	h.stop()
	var err error
	if h.app, err = openApp(h.Context(), h.cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil); err != nil {
		h.Fatal(err)
	}
	h.serve()
}

// connect is the administrator's consent, through the browser's way back.
func (h *zaloHub) connect(channel connectors.ChannelID, oa string) {
	h.Helper()
	var link string
	for _, conn := range h.app.hub.Channels() {
		if conn.Channel().ID == channel {
			var err error
			if link, err = conn.(connectors.Authorizer).Authorize(h.Context()); err != nil {
				h.Fatal(err)
			}
		}
	}
	back, err := h.sim.Consent(oa, link)
	if err != nil {
		h.Fatal(err)
	}
	answer, err := http.Get(back)
	if err != nil {
		h.Fatal(err)
	}
	page, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(page), "Đã kết nối") {
		h.Fatalf("the way back is answered %d %v\n%s", answer.StatusCode, err, page)
	}
}

// until waits for something to become true.
func (h *zaloHub) until(what string, done func() bool) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), 2*time.Minute) // what fails once is tried again after 5 and 30 s
	defer cancel()
	begun := time.Now()
	await(ctx, h.T, what, done)
	if took := time.Since(begun); took > 10*time.Second {
		h.Logf("waited %s until %s", took.Round(time.Millisecond), what)
	}
}

// compare has a channel compared with its platform, once the hub is not doing so
// by itself.
func (h *zaloHub) compare(channel connectors.ChannelID, since time.Time) (done inbox.Reconciled) {
	h.Helper()
	boss := inbox.Actor{Member: inbox.Member{ID: "boss", Role: inbox.Admin}}
	var err error
	h.until("the platform may be asked", func() bool {
		done, err = h.app.hub.ReconcileChannel(h.Context(), boss, channel, since)
		return !errors.Is(err, inbox.ErrConflict)
	})
	if err != nil || done.Problem != "" {
		h.Fatalf("the comparison came to %+v, %v", done, err)
	}
	return done
}

// heard is what the citizen's phone shows of the account.
func (h *zaloHub) heard(oa, user string) (texts []string) {
	for _, m := range h.sim.Messages(oa, user) {
		if !m.FromUser {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// matter is the citizen's newest conversation, with its messages.
func (h *zaloHub) matter(channel connectors.ChannelID, user string) (c inbox.Conversation, said []inbox.Message) {
	h.Helper()
	err := h.app.store.View(h.Context(), func(tx inbox.Reader) error {
		found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(channel, connectors.RemoteID(user))}, Limit: 1})
		if err != nil || len(found) == 0 {
			return err
		}
		c = found[0]
		said, err = tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 10_000})
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return c, said
}

// eachStore runs a test over both stores.
func eachStore(t *testing.T, test func(t *testing.T, change func(*configs.Config))) {
	t.Run("embedded", func(t *testing.T) { test(t, nil) })
	t.Run("postgres", func(t *testing.T) {
		url := pgtest.Database(t)
		test(t, func(cfg *configs.Config) {
			cfg.Store.Kind, cfg.Store.Postgres.URL = configs.StorePostgres, configs.Secret(url)
			cfg.Data.SecretKey = configs.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, configs.KeyBytes)))
		})
	})
}

// A citizen writes on Zalo: the bot answers, a person takes over, the answer
// arrives, and nothing of it is there twice.
func TestAConversationOnZalo(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		h := overZalo(t, zalosim.Config{}, change)
		h.connect(simulatedZalo, h.oa)
		citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
		h.sim.Say(h.oa, citizen, "tiem mui 3 o dau")
		h.until("the bot answers", func() bool { return len(h.heard(h.oa, citizen)) == 1 })
		h.sim.Say(h.oa, citizen, "cho tôi gặp cán bộ")
		h.until("the bot hands over", func() bool { return len(h.heard(h.oa, citizen)) == 2 })
		h.sim.SendFile(h.oa, citizen, zalosim.Audio, "thoai.amr", []byte("#!AMR\n\x3c\x08"))
		h.until("the voice message is fetched", func() bool {
			_, said := h.matter(simulatedZalo, citizen)
			return slices.ContainsFunc(said, func(m inbox.Message) bool {
				return len(m.Content.Attachments) == 1 && m.Content.Attachments[0].ID != "" && m.Content.Attachments[0].Type == "audio/amr"
			})
		})

		c, _ := h.matter(simulatedZalo, citizen)
		reply := "Dạ, chị ra Trạm Y tế phường Hạc Thành ạ."
		if _, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{Text: reply, Key: "r1"}); err != nil {
			t.Fatal(err)
		}
		h.until("the phone shows the answer", func() bool { return slices.Contains(h.heard(h.oa, citizen), reply) })
		h.sim.See(h.oa, citizen)
		h.until("the desk shows that it was read", func() bool {
			_, said := h.matter(simulatedZalo, citizen)
			return slices.ContainsFunc(said, func(m inbox.Message) bool { return m.Content.Text == reply && m.Delivery.State == inbox.Read })
		})
		_, said := h.matter(simulatedZalo, citizen)
		for _, m := range said {
			if m.Elsewhere {
				t.Errorf("an echo of our own became a message: %q", m.Content.Text)
			}
		}
		if n := len(h.heard(h.oa, citizen)); n != 3 {
			t.Errorf("the phone shows %d messages of ours, want 3: %q", n, h.heard(h.oa, citizen))
		}
	})
}

// TOK-01, TOK-04: the tokens are used by the next process, and nobody can read
// them in the store.
func TestTokensOutliveTheProcessAndAreSealed(t *testing.T) {
	h := overZalo(t, zalosim.Config{}, nil)
	h.connect(simulatedZalo, h.oa)
	secret, err := h.app.vault.Load(t.Context(), simulatedZalo+"/tokens")
	if err != nil || secret.Version == 0 {
		t.Fatalf("there are no tokens in the vault: %v", err)
	}
	var access string
	if _, rest, ok := strings.Cut(string(secret.Value), `"Access":"`); ok {
		access, _, _ = strings.Cut(rest, `"`)
	}
	if len(access) < 20 {
		t.Fatal("the record in the vault has no access token")
	}
	file, err := os.ReadFile(filepath.Join(h.cfg.Data.Folder, h.cfg.Store.Path))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file, []byte(access)) {
		t.Error("the access token can be read in the store's file")
	}
	if err := h.app.connect(); err != nil { // as the next process does
		t.Fatal(err)
	}
	for _, conn := range h.app.hub.Channels() {
		if checker, ok := conn.(connectors.Checker); ok {
			if health := checker.Check(t.Context()); !health.OK {
				t.Errorf("channel %s: %s", conn.Channel().ID, health.Problem)
			}
		}
	}
}

// TOK-02: after the consent was taken back, what citizens write still arrives,
// what people answer waits with the reason, and leaves by itself, once, after
// the next consent.
func TestAnswersWaitForANewConsent(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until the hub looks for a new consent")
	}
	h := overZalo(t, zalosim.Config{}, nil)
	h.connect(simulatedZalo, h.oa)
	citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
	h.sim.Say(h.oa, citizen, "cho tôi gặp cán bộ")
	h.until("the bot hands over", func() bool { return len(h.heard(h.oa, citizen)) == 1 })

	h.sim.Revoke(h.oa)
	h.sim.Say(h.oa, citizen, "tôi chờ lâu rồi")
	h.until("it still arrives", func() bool {
		_, said := h.matter(simulatedZalo, citizen)
		return slices.ContainsFunc(said, func(m inbox.Message) bool { return m.Content.Text == "tôi chờ lâu rồi" })
	})
	c, _ := h.matter(simulatedZalo, citizen)
	reply, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{Text: "Dạ, em đây ạ.", Key: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	delivery := func() (d inbox.Delivery) {
		_, said := h.matter(simulatedZalo, citizen)
		for _, m := range said {
			if m.ID == reply.ID {
				d = m.Delivery
			}
		}
		return d
	}
	h.until("the desk shows why it waits", func() bool { return strings.Contains(delivery().Reason, "quyền của OA") })
	if d := delivery(); d.State != inbox.Queued {
		t.Errorf("it is %+v", d)
	}
	h.connect(simulatedZalo, h.oa)
	h.until("the phone shows the answer", func() bool { return len(h.heard(h.oa, citizen)) == 2 })
	h.until("the desk shows that it left", func() bool {
		d := delivery()
		return d.Reason == "" && d.State != inbox.Queued && d.State != inbox.Sending
	})
	if d := delivery(); d.Doubtful || d.Attempts != 1 {
		t.Errorf("it is %+v, want it sent at the first attempt that counts", d)
	}
	if n := len(h.sim.Ledger().Sent(h.oa, citizen)); n != 2 {
		t.Errorf("the platform took %d messages, want 2", n)
	}
}

func TestSeveralAccountsOfOneAppShareItsWebhook(t *testing.T) {
	platform := zalosim.Config{OAs: []zalosim.OA{{ID: "3000000000000000001", Name: "1022 Thanh Hóa"}, {ID: "3000000000000000002", Name: "Sở Y tế"}}}
	h := overZalo(t, platform, func(cfg *configs.Config) {
		second := cfg.Channels[len(cfg.Channels)-1]
		second.ID, second.Name, second.OaID = "zalo-y-te", "Sở Y tế", "3000000000000000002"
		cfg.Channels = append(cfg.Channels, second)
	})
	h.connect(simulatedZalo, "3000000000000000001")
	h.connect("zalo-y-te", "3000000000000000002")
	for channel, oa := range map[connectors.ChannelID]string{simulatedZalo: "3000000000000000001", "zalo-y-te": "3000000000000000002"} {
		user := h.sim.Citizen(oa, "Trần Thị Mẫu")
		h.sim.Say(oa, user, "tiem mui 3 o dau")
		h.until(fmt.Sprintf("%s answers", channel), func() bool { return len(h.heard(oa, user)) == 1 })
		if c, _ := h.matter(channel, user); c.Channel != channel {
			t.Errorf("what was written to %s came to channel %q", oa, c.Channel)
		}
	}
}

func TestTheDoorOfZalo(t *testing.T) {
	h := overZalo(t, zalosim.Config{}, nil)
	for _, tt := range []struct {
		name, method, path string
		body               string
		signature          string
		want               int
	}{
		{"the console asks whether anybody is there", http.MethodPost, "/hook/zalo-1022", "", "", http.StatusOK},
		{"a person opens it in a browser", http.MethodGet, "/hook/zalo-1022", "", "", http.StatusMethodNotAllowed},
		{"an unsigned event", http.MethodPost, "/hook/zalo-1022", `{"event_name":"user_send_text"}`, "", http.StatusUnauthorized},
		{"a wrongly signed event", http.MethodPost, "/hook/zalo-1022", `{"event_name":"user_send_text"}`, "mac=00", http.StatusUnauthorized},
		{"a body beyond the limit", http.MethodPost, "/hook/zalo-1022", strings.Repeat(" ", 5<<20), "mac=00", http.StatusRequestEntityTooLarge},
		{"a channel there is none of", http.MethodPost, "/hook/zalo-9", "{}", "", http.StatusNotFound},
		{"a web chat behind the wrong door", http.MethodPost, "/hook/web", "{}", "", http.StatusNotFound},
		{"a consent nobody asked for", http.MethodGet, "/hook/zalo-1022/oauth?code=x&state=3000000000000000001.y&oa_id=3000000000000000001", "", "", http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, h.url+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.signature != "" {
				req.Header.Set("X-ZEvent-Signature", tt.signature)
			}
			answer, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != tt.want {
				t.Errorf("it is answered %d, want %d", answer.StatusCode, tt.want)
			}
		})
	}
}

// A channel that has no tokens yet is told in the figures.
func TestFiguresTellWhichChannelsWork(t *testing.T) {
	h := overZalo(t, zalosim.Config{}, nil)
	figures := func() string {
		answer, err := http.Get(h.url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		all, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(all)
	}
	h.until("both channels are checked", func() bool {
		all := figures()
		return strings.Contains(all, `tongdai_channel_works{channel="zalo-1022"} 0`) && strings.Contains(all, `tongdai_channel_works{channel="web"} 1`)
	})
}
