package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tongdai/configs"
)

// site is the whole web server over a fresh data folder, reached directly.
func site(t *testing.T, change func(*configs.Config)) http.Handler {
	t.Helper()
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	if change != nil {
		change(&cfg)
	}
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	server, streams, err := a.server("code")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		streams.Close()
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return server.Handler
}

func ask(h http.Handler, method, path, from string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = from + ":1234"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	h := site(t, func(cfg *configs.Config) { cfg.HTTP.TrustedProxies = []string{"10.0.0.0/8"} })
	for _, path := range []string{"/", "/tim?q=a", "/desk", "/widget.js", "/api/v1/session", "/chat/web/config", "/healthz", "/khong-co"} {
		w := ask(h, http.MethodGet, path, "10.0.0.7", "X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9")
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "strict-origin", "Strict-Transport-Security": "max-age=",
		} {
			if got := w.Header().Get(name); !strings.Contains(got, want) {
				t.Errorf("GET %s: %s is %q, want %q in it", path, name, got, want)
			}
		}
		if strings.Contains(w.Header().Get("Content-Security-Policy"), "unsafe-inline") {
			t.Errorf("GET %s allows inline code", path)
		}
	}
	w := ask(h, http.MethodGet, "/", "203.0.113.9", "X-Forwarded-Proto", "https")
	if w.Header().Get("Strict-Transport-Security") != "" {
		t.Error("a stranger's word is taken for TLS")
	}
}

func TestMetricsAreForThisMachineOrTheToken(t *testing.T) {
	open := site(t, nil)
	guarded := site(t, func(cfg *configs.Config) { cfg.HTTP.Metrics.Token = "let-me-read" })
	for _, tt := range []struct {
		name    string
		handler http.Handler
		from    string
		header  []string
		want    int
	}{
		{"this machine", open, "127.0.0.1", nil, http.StatusOK},
		{"another machine", open, "203.0.113.9", nil, http.StatusNotFound},
		{"a proxy on this machine speaks for a stranger", open, "127.0.0.1", []string{"X-Forwarded-For", "203.0.113.9"}, http.StatusNotFound},
		{"the token from anywhere", guarded, "203.0.113.9", []string{"Authorization", "Bearer let-me-read"}, http.StatusOK},
		{"a wrong token", guarded, "127.0.0.1", []string{"Authorization", "Bearer let-me"}, http.StatusNotFound},
		{"no token, this machine", guarded, "127.0.0.1", nil, http.StatusNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(tt.handler, http.MethodGet, "/metrics", tt.from, tt.header...).Code; got != tt.want {
				t.Errorf("GET /metrics = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestFiguresNameTheNode(t *testing.T) {
	figures := ask(site(t, nil), http.MethodGet, "/metrics", "127.0.0.1").Body.String()
	for _, want := range []string{`tongdai_node_info{node="`, "tongdai_event_followed ", "go_goroutines"} {
		if !strings.Contains(figures, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

func TestProbesAndUnknownPlaces(t *testing.T) {
	h := site(t, nil)
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/api/v1/openapi.yaml": http.StatusOK,
		"/api/v1/nothing": http.StatusUnauthorized, "/chat/nobody/config": http.StatusNotFound, "/nothing": http.StatusNotFound,
	} {
		if got := ask(h, http.MethodGet, path, "203.0.113.9").Code; got != want {
			t.Errorf("GET %s = %d, want %d", path, got, want)
		}
	}
}

func TestTheChatTakesAsManyFilesAsConfigured(t *testing.T) {
	for _, files := range []int{0, 3} {
		h := site(t, func(cfg *configs.Config) { cfg.Channels[0].Attachments.MaxPerMessage = files })
		want := fmt.Sprintf(`"attachments":%d`, files)
		if got := ask(h, http.MethodGet, "/chat/web/config", "203.0.113.9").Body.String(); !strings.Contains(got, want) {
			t.Errorf("max_per_message %d: the widget is told %s", files, got)
		}
	}
}

func TestForgedAddressesLiftNoLimit(t *testing.T) {
	direct, behind := addressOf(nil), addressOf([]string{"10.0.0.0/8"})
	for _, tt := range []struct {
		name      string
		address   func(*http.Request) string
		from      string
		forwarded string
		want      string
	}{
		{"no proxy configured: the peer counts", direct, "203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		{"a stranger's header is not believed", behind, "203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		{"the proxy's header is", behind, "10.0.0.7:1", "198.51.100.1", "198.51.100.1"},
		{"what the caller wrote before the proxy is not", behind, "10.0.0.7:1", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.from
			r.Header.Set("X-Forwarded-For", tt.forwarded)
			if got := tt.address(r); got != tt.want {
				t.Errorf("address = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLongAnswersAreCompressedAndShortOnesAreNot(t *testing.T) {
	h := site(t, nil)
	for path, long := range map[string]bool{
		"/": true, "/widget.js": true, "/khong-co": true, "/healthz": false, "/api/v1/session": false,
	} {
		plain := ask(h, http.MethodGet, path, "127.0.0.1")
		packed := ask(h, http.MethodGet, path, "127.0.0.1", "Accept-Encoding", "gzip")
		if packed.Code != plain.Code {
			t.Errorf("%s: %d, and %d when it may be compressed", path, plain.Code, packed.Code)
		}
		if got := packed.Header().Get("Content-Encoding") == "gzip"; got != long {
			t.Errorf("%s: compressed is %v, want %v", path, got, long)
		}
		if !long {
			continue
		}
		r, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, err := io.ReadAll(r)
		if err != nil || len(body) != plain.Body.Len() {
			t.Errorf("%s: %d bytes come out of it, %v; plain there are %d", path, len(body), err, plain.Body.Len())
		}
	}
}
