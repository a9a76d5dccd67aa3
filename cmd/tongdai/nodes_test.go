package main

import (
	"context"
	"encoding/base64"
	"errors"
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
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/kb"
)

// nodeConfig is a node over a database, with a folder of its own.
func nodeConfig(t *testing.T, database string, key []byte) configs.Config {
	cfg := configs.Default()
	cfg.HTTP.Listen = "127.0.0.1:0"
	cfg.Data.Folder = t.TempDir()
	cfg.Store.Kind, cfg.Store.Postgres.URL = configs.StorePostgres, configs.Secret(database)
	if key != nil {
		cfg.Data.SecretKey = configs.Secret(base64.StdEncoding.EncodeToString(key))
	}
	return cfg
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// openNode opens a node for a test that does not serve it.
func openNode(t *testing.T, cfg configs.Config) (*app, error) {
	t.Helper()
	a, err := openApp(t.Context(), cfg, quiet(), nil)
	if err == nil {
		t.Cleanup(func() {
			if err := a.close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	return a, err
}

// serveNode opens and serves a node until the test ends.
func serveNode(t *testing.T, cfg configs.Config) (a *app, url string) {
	t.Helper()
	a, err := openApp(t.Context(), cfg, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a.notice = 0
	ctx, cancel := context.WithCancel(context.Background())
	ready, stopped := make(chan string, 1), make(chan error, 1)
	go func() { stopped <- a.serve(ctx, func(address string) { ready <- address }) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-stopped, a.close()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	select {
	case url = <-ready:
	case err := <-stopped:
		stopped <- err
		t.Fatal(err)
	}
	return a, url
}

func TestTwoNodesAreOneHub(t *testing.T) {
	database, key := pgtest.Database(t), newKey()
	first := nodeConfig(t, database, key)
	a, urlA := serveNode(t, first)
	b, urlB := serveNode(t, nodeConfig(t, database, key))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()

	// The code that one node's log shows opens the other.
	codeA, errA := a.setupCode(ctx)
	codeB, errB := b.setupCode(ctx)
	if codeA == "" || codeA != codeB || errA != nil || errB != nil {
		t.Errorf("the codes are %q (%v) and %q (%v)", codeA, errA, codeB, errB)
	}
	admin := inbox.NewMember{Login: "root", Name: "Root", Password: "con mèo leo cây cau"}
	if _, err := a.hub.AddFirstAdmin(ctx, "", admin); err != nil {
		t.Fatal(err)
	}
	admin.Login = "zweiter"
	if _, err := b.hub.AddFirstAdmin(ctx, "", admin); !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("a second first administrator on the other node = %v", err)
	}

	// A session begun here holds there.
	_, token, err := a.hub.Login(ctx, inbox.Credentials{Login: "root", Password: admin.Password}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := b.hub.Authenticate(ctx, token, true); err != nil || m.Login != "root" {
		t.Errorf("on the other node the session is %q, %v", m.Login, err)
	}

	// What is published here answers there, though a command did it beside the running node.
	files, err := demoWorkbooks()
	if err != nil {
		t.Fatal(err)
	}
	beside, err := openBeside(ctx, first, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(beside.importAll(ctx, files), beside.close()); err != nil {
		t.Fatal(err)
	}
	for _, node := range []*app{a, b} {
		await(ctx, t, "the published knowledge", func() bool { return node.index.Revision() > 0 })
	}

	// Who is in charge changes here, and is asked there at once: for routing, names and alarms.
	_, err = a.directory.Edit(ctx, keeper, a.directory.Current().Revision, func(d *directory.Data) error {
		i := slices.IndexFunc(d.Departments, func(x directory.Department) bool { return x.ID == "so-y-te" })
		d.Departments[i].Name = "Sở Y tế và Dân số"
		d.Rules = append(d.Rules, directory.Rule{Field: "suc-khoe", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"cdc"}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	changed := time.Now()
	await(ctx, t, "the directory of the other node", func() bool { return b.house.DepartmentName("so-y-te") == "Sở Y tế và Dân số" })
	if took := time.Since(changed); took > 5*time.Second { // events wake the node: it need not wait for a look around
		t.Errorf("the change was used there after %v", took)
	}
	if lead := b.house.Charge("suc-khoe", "xa-nga-son", time.Now()).Lead; !slices.Equal(lead, []kb.DepartmentID{"cdc"}) {
		t.Errorf("the other node sends the matter to %v", lead)
	}
	if _, err := b.directory.Edit(ctx, keeper, 1, func(*directory.Data) error { return nil }); !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("an edit there of what was there before = %v", err)
	}

	// What must be done once is done by one of them.
	for _, lease := range []string{"chores", "files"} {
		held := `tongdai_lease_held{lease="` + lease + `"} 1`
		await(ctx, t, "one node with the lease "+lease, func() bool {
			return strings.Count(figures(ctx, t, urlA)+figures(ctx, t, urlB), held) == 1
		})
	}

	// A citizen's chat begun here goes on there.
	hub := &webchatsim.Hub{URL: urlA, Channel: "web", Client: http.DefaultClient}
	visitor, err := hub.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := visitor.Say(ctx, "k1", "Đăng ký tiêm vắc xin ở đâu ạ?"); err != nil {
		t.Fatal(err)
	}
	hub.URL = urlB
	answered := func(times int) func() bool {
		return func() bool {
			history, err := visitor.History(ctx)
			if err != nil {
				t.Error(err)
				return true
			}
			answers := 0
			for _, m := range history {
				if !m.Own {
					answers++
				}
			}
			return answers >= times
		}
	}
	await(ctx, t, "the first answer, on the other node", answered(1))
	if err := visitor.Say(ctx, "k2", "sieu thi may gio mo cua"); err != nil {
		t.Fatal(err)
	}
	hub.URL = urlA
	await(ctx, t, "the second answer, back on the first", answered(2))
}

func figures(ctx context.Context, t *testing.T, node string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, node+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestANodeThatDoesNotFitIsToldWhy(t *testing.T) {
	database, key := pgtest.Database(t), newKey()
	cfg := nodeConfig(t, database, key)
	if _, err := openNode(t, cfg); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		cfg  configs.Config
		want string
	}{
		"without a key":                {nodeConfig(t, database, nil), "tongdai config key"},
		"with another key":             {nodeConfig(t, database, newKey()), "khác khóa của các nút"},
		"in the folder of a neighbour": {cfg, "mỗi nút cần một thư mục riêng"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := openNode(t, tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it opens with %v, want to be told %q", err, tt.want)
			}
		})
	}
	t.Run("with the key as a file it fits", func(t *testing.T) {
		cfg := nodeConfig(t, database, nil)
		if err := writeNew(filepath.Join(cfg.Data.Folder, keyFile), key); err != nil {
			t.Fatal(err)
		}
		if _, err := openNode(t, cfg); err != nil {
			t.Error(err)
		}
	})
}

func TestTheKeyOfAFolderIsMadeOnceAndContradictedByNobody(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	made, err := mainKey(cfg)
	if err != nil || len(made) != configs.KeyBytes {
		t.Fatalf("mainKey = %d bytes, %v", len(made), err)
	}
	if again, err := mainKey(cfg); err != nil || string(again) != string(made) {
		t.Errorf("the second time it is another: %v", err)
	}
	cfg.Data.SecretKey = configs.Secret(base64.StdEncoding.EncodeToString(made))
	if again, err := mainKey(cfg); err != nil || string(again) != string(made) {
		t.Errorf("configured as well it is %v", err)
	}
	cfg.Data.SecretKey = configs.Secret(base64.StdEncoding.EncodeToString(newKey()))
	if _, err := mainKey(cfg); err == nil || !strings.Contains(err.Error(), keyFile) {
		t.Errorf("two keys that differ are %v", err)
	}
	cfg.Data.SecretKey = ""
	path := filepath.Join(cfg.Data.Folder, keyFile)
	if err := os.Truncate(path, 7); err != nil {
		t.Fatal(err)
	}
	if _, err := mainKey(cfg); err == nil || !strings.Contains(err.Error(), "sao lưu") {
		t.Errorf("a broken key is %v", err)
	}
}

func TestAStoppingNodeSaysSo(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	a, err := openNode(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	server, streams, err := a.server("code")
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(server.Handler, http.MethodGet, "/readyz", "203.0.113.9").Code; got != http.StatusOK {
		t.Errorf("GET /readyz = %d before the stop", got)
	}
	a.leave(server, streams)
	if got := ask(server.Handler, http.MethodGet, "/readyz", "203.0.113.9").Code; got != http.StatusServiceUnavailable {
		t.Errorf("GET /readyz = %d during the stop", got)
	}
	if got := ask(server.Handler, http.MethodGet, "/healthz", "203.0.113.9").Code; got != http.StatusOK {
		t.Errorf("GET /healthz = %d during the stop", got)
	}
}
