package configs

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func noEnv(string) string { return "" }

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheShippedFileSaysExactlyTheDefaults(t *testing.T) {
	var cfg Config // zero, so that a key missing in the file shows
	if err := decodeConfig("tongdai.yaml", Shipped, noEnv, &cfg); err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(cfg, want) {
		t.Errorf("tongdai.yaml = %+v\nDefault()    = %+v", cfg, want)
	}
}

func TestDefaultsAreValidAndStayOnTheMachine(t *testing.T) {
	cfg := Default()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(cfg.HTTP.Listen, "127.0.0.1:") {
		t.Errorf("default listens on %s", cfg.HTTP.Listen)
	}
	if len(cfg.Channels) != 2 || len(cfg.Channels[0].AllowedOrigins) != 0 || cfg.Channels[1].Kind != KindPortal {
		t.Errorf("default channels %+v, want a chat on its own origin and the form", cfg.Channels)
	}
}

func TestLoadKeepsWhatTheFileDoesNotSay(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"HOST": "10.0.0.5", "SECRET": strings.Repeat("s", 32)}[name]
	}
	path := writeFile(t, "c.yaml", `
http:
  listen: ${HOST}:80
  session: {idle: 90m}
organisation: {name: "Giá $$5"}
channels:
  - {id: web, kind: webchat, name: Web, session_secret: "${SECRET}"}
  - id: dvc
    kind: webchat
    name: Dịch vụ công
    allowed_origins: [https://dvc.example.vn]
    attachments: {max_size: 2MB}
bot: {triage_file: words.yaml}
`)
	cfg, err := Load(path, env)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.HTTP.Listen != "10.0.0.5:80" || cfg.HTTP.Session.Idle != 90*time.Minute || cfg.HTTP.Session.Absolute != 12*time.Hour {
		t.Errorf("http = %+v", cfg.HTTP)
	}
	if cfg.Organisation.Name != "Giá $5" {
		t.Errorf("name = %q, want $$ to be one $", cfg.Organisation.Name)
	}
	second := cfg.Channels[1]
	if second.Attachments != (AttachmentLimits{2 * MB, 5}) || second.MessagesPerMinute.Visitor != 20 {
		t.Errorf("second channel lacks its defaults: %+v", second)
	}
	if want := filepath.Join(filepath.Dir(path), "words.yaml"); cfg.Bot.TriageFile != want {
		t.Errorf("triage file = %s, want beside the configuration: %s", cfg.Bot.TriageFile, want)
	}
}

func TestAllMistakesAreToldAtOnceWithTheirLines(t *testing.T) {
	path := writeFile(t, "bad.yaml", `http:
  listen: localhost
  sesion: {idle: 5m}
  session:
    idle: một giờ
    absolute: 1s
  trusted_proxies:
    - 10.0.0.1
store:
  kind: postgres
channels:
  - id: Zalo Chính
    kind: zallo
    name: x
  - id: web
    kind: webchat
    name: Web
    allowed_origins: ["https://a.vn/b", "*"]
    session_secret: ${NO_SUCH}
  - id: web
    kind: webchat
    name: ""
bot:
  answer_at: 0.3
  clarify_at: 0.6
  workers: [1]
hours:
log:
  level: loud
  format:
    - json
`)
	_, err := Load(path, noEnv)
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatalf("Load = %v, want Problems", err)
	}
	got := map[string]string{}
	for _, p := range ps {
		got[fmt.Sprintf("%d %s", p.Line, p.Key)] = p.Text
		if p.File != path {
			t.Errorf("problem %v does not name its file", p)
		}
	}
	for _, want := range []struct{ at, text string }{
		{"2 http.listen", "địa-chỉ:cổng"},
		{"3 http.sesion", "session"},
		{"5 http.session.idle", "60m"},
		{"6 http.session.absolute", "ngắn"},
		{"8 http.trusted_proxies[0]", "127.0.0.1/32"},
		{"9 store.postgres.url", "postgres://tài-khoản"},
		{"12 channels[0].id", "chữ thường"},
		{"13 channels[0].kind", "webchat"},
		{"18 channels[1].allowed_origins[0]", "đường dẫn"},
		{"18 channels[1].allowed_origins[1]", "dấu *"},
		{"19 channels[1].session_secret", "NO_SUCH"},
		{"20 channels[2].id", "đã dùng cho channels[1]"},
		{"22 channels[2].name", "trống"},
		{"25 bot.clarify_at", "answer_at"},
		{"26 bot.workers", "giá trị đơn"},
		{"29 log.level", "debug"},
		{"31 log.format", "giá trị đơn"},
	} {
		text, ok := got[want.at]
		if !ok || !strings.Contains(text, want.text) {
			t.Errorf("at %s: %q, want a text with %q", want.at, text, want.text)
		}
		delete(got, want.at)
	}
	if len(got) > 0 {
		t.Errorf("problems nobody expected: %v", got)
	}
	if lines := strings.Split(err.Error(), "\n"); !strings.HasPrefix(lines[0], path+":2: http.listen: ") {
		t.Errorf("first line is %q", lines[0])
	}
}

func TestYAMLThatCannotBeReadNamesTheLine(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		line int
	}{
		"a bracket left open":    {"http:\n  listen: [\n", 2},
		"a key given twice":      {"log: {level: info}\nlog: {level: warn}\n", 2},
		"two documents":          {"log: {level: info}\n---\nlog: {level: warn}\n", 3},
		"a list at the top":      {"- a\n", 1},
		"an alias":               {"log: &a {level: info}\n", 1},
		"environment unfinished": {"organisation:\n  name: ${X\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(writeFile(t, "c.yaml", tt.text), noEnv)
			var ps Problems
			if !errors.As(err, &ps) || ps[0].Line != tt.line {
				t.Errorf("Load = %v, want a problem on line %d", err, tt.line)
			}
		})
	}
}

func TestAnEmptyFileAndNoFileAreTheDefaults(t *testing.T) {
	for _, path := range []string{"", writeFile(t, "c.yaml", "# nothing yet\n")} {
		cfg, err := Load(path, noEnv)
		if err != nil || !reflect.DeepEqual(cfg, Default()) {
			t.Errorf("Load(%q) = %+v, %v", path, cfg, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), noEnv); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load of a missing file = %v", err)
	}
}

func TestShowCanBeLoadedAgainAndHidesSecrets(t *testing.T) {
	cfg := Default()
	cfg.Organisation.Name = `Tổng đài "A" ${B}`
	cfg.Channels[0].AllowedOrigins = []string{"https://a.vn"}
	cfg.HTTP.TrustedProxies = []string{"10.0.0.0/8"}
	var out bytes.Buffer
	if err := Show(&out, cfg); err != nil {
		t.Fatal(err)
	}
	again, err := Load(writeFile(t, "shown.yaml", out.String()), noEnv)
	if err != nil || !reflect.DeepEqual(again, cfg) {
		t.Errorf("read back %+v, %v\nfrom\n%s", again, err, &out)
	}

	cfg.HTTP.Metrics.Token = "rất-bí-mật-1022-1022"
	cfg.Channels[0].SessionSecret = "rất-bí-mật-1022-1022-1022-1022-1022"
	out.Reset()
	if err := Show(&out, cfg); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("cfg", "token", cfg.HTTP.Metrics.Token)
	fmt.Fprintf(&out, "%v %+v %#v", cfg, cfg, cfg)
	if strings.Contains(out.String(), "bí-mật") {
		t.Errorf("a secret is shown:\n%s", &out)
	}
	if !strings.Contains(out.String(), `token: "`+mask+`"`) {
		t.Errorf("a set secret is not shown as set:\n%s", &out)
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	f.Add(Shipped)
	f.Add([]byte("a: ${B}\nc: [1, {d: 2}]\n? x\n: y\n"))
	f.Add([]byte("channels: [~, {}, 3]\nlog: !!str x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg := Default()
		if err := decodeConfig("f.yaml", data, noEnv, &cfg); err == nil {
			if err := cfg.Validate(); err != nil {
				t.Errorf("accepted, but not valid: %v", err)
			}
		}
	})
}
