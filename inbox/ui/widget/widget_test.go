package widget_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/webchat"
	"tongdai/inbox/media"
	"tongdai/inbox/ui/widget"
)

// hub is a hub in memory with a bot that knows a few words, for a widget in a
// real browser.
type hub struct {
	mu      sync.Mutex
	said    map[connectors.RemoteID][]webchat.Said
	keys    map[string]bool
	watched map[chan struct{}]bool
	last    connectors.RemoteID
	broken  bool
	silent  bool
	staffed bool
}

func (h *hub) Receive(_ context.Context, _ connectors.Raw, in []connectors.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken {
		return errors.New("disk full")
	}
	for _, i := range in {
		if h.keys[i.Key] {
			continue
		}
		h.keys[i.Key] = true
		h.last = i.From
		h.add(webchat.Said{Own: true, Author: "citizen", Key: i.Key, Content: i.Content, Pressed: i.Pressed})
		if !h.silent {
			time.AfterFunc(300*time.Millisecond, func() { h.say(answer(i)) })
		}
	}
	return nil
}

func answer(in connectors.Inbound) webchat.Said {
	said := webchat.Said{Author: "bot", Name: "Trợ lý 1022", Automatic: true}
	text := strings.ToLower(in.Content.Text)
	switch {
	case in.Pressed != "" || strings.Contains(text, "tiem mui 3"):
		said.Content = content.Content{
			Text: "Dạ, anh/chị tiêm mũi 3 tại trạm y tế xã, phường nơi cư trú, các ngày thứ Ba và thứ Năm, mang theo căn cước và giấy xác nhận mũi 2. " +
				"Xem lịch tại https://soyte.example.vn/lich-tiem.\n\nSở Y tế xác nhận ngày 15/11/2026.",
			Links: []content.Link{{Label: "Gọi Sở Y tế 0271 3888 123", URL: "tel:02713888123"}, {Label: "Đặt lịch tiêm", URL: "https://soyte.example.vn/dat-lich"}},
		}
	case strings.Contains(text, "tiêm"):
		said.Content = content.Content{
			Text: "Dạ, anh/chị hỏi về việc nào ạ?",
			Choices: []content.Choice{{Label: "Tiêm mũi 3 ở đâu?", Value: "e1"}, {Label: "Tiêm cho trẻ từ 5 đến dưới 12 tuổi", Value: "e2"},
				{Label: "Không phải những điều trên", Value: "none"}},
		}
	default:
		said.Content = content.Content{Text: "Dạ, việc này tôi chưa trả lời được. Cán bộ trực sẽ trả lời anh/chị trước 14:30 hôm nay."}
	}
	return said
}

func (h *hub) say(said webchat.Said) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(said)
}

// add appends to the last visitor's conversation; h.mu is held.
func (h *hub) add(said webchat.Said) {
	list := h.said[h.last]
	said.Conversation, said.Code, said.Seq, said.At = "c1", "TH-261121-0042", uint64(len(list)+1), time.Now()
	said.Message = fmt.Sprintf("%s-%d", h.last, said.Seq)
	h.said[h.last] = append(list, said)
	for changes := range h.watched {
		select {
		case changes <- struct{}{}:
		default:
		}
	}
}

func (h *hub) Said(_ context.Context, _ connectors.ChannelID, visitor connectors.RemoteID, after webchat.Cursor, limit int) (page []webchat.Said, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, said := range h.said[visitor] {
		if said.Seq > after.Seen(said.Conversation) && len(page) < limit {
			page = append(page, said)
		}
	}
	return page, nil
}

func (h *hub) Watch(connectors.ChannelID, connectors.RemoteID) (said, own <-chan struct{}, stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changes := make(chan struct{}, 1)
	h.watched[changes] = true
	return changes, nil, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watched, changes)
	}
}

func (h *hub) Staffed(context.Context) (bool, time.Time) {
	return h.staffed, time.Now().Add(20 * time.Hour).Truncate(time.Hour)
}

// control lets the browser's script play the rest of the world.
func (h *hub) control(w http.ResponseWriter, r *http.Request) {
	switch query := r.URL.Query(); query.Get("do") {
	case "break", "mend", "silence":
		h.mu.Lock()
		h.broken = query.Get("do") == "break"
		h.silent = query.Get("do") == "silence"
		h.mu.Unlock()
	case "member":
		h.say(webchat.Said{Author: "member", Name: "Chị Hạnh, Trực ban 1022", Content: content.Content{Text: query.Get("text")}})
	case "count":
		h.mu.Lock()
		defer h.mu.Unlock()
		n := 0
		for _, list := range h.said {
			for _, said := range list {
				if said.Own && said.Content.Text == query.Get("text") {
					n++
				}
			}
		}
		fmt.Fprint(w, n)
	}
}

const hostPage = `<!doctype html><html lang="vi"><meta name="viewport" content="width=device-width">
<title>Cổng 1022</title><link rel="stylesheet" href="/host.css">
<h1>Cổng thông tin 1022</h1><p>Trang của một đơn vị, với kiểu chữ riêng.</p><button data-tongdai-open>Trò chuyện ngay</button>
<script src="/widget.js" data-channel="web" async></script></html>`

// hostStyle is as rude as the styles of real pages.
const hostStyle = `html { font-size: 10px } * { color: #a00; letter-spacing: 3px; box-sizing: content-box; line-height: 1 }
body { font: 15px serif; background: #eee } button, textarea { background: yellow !important; text-transform: uppercase }
tongdai-chat, div, section { display: block; margin: 30px; transform: scale(0.8); opacity: 0.5; position: static }
@media (prefers-color-scheme: dark) { body { background: #222 } }`

// start serves a page with the widget under a policy as strict as the portal's.
func start(t *testing.T) (*hub, *httptest.Server) {
	t.Helper()
	h := &hub{said: map[connectors.RemoteID][]webchat.Said{}, keys: map[string]bool{}, watched: map[chan struct{}]bool{}}
	files, err := media.Open(t.TempDir(), media.Options{})
	if err != nil {
		t.Fatal(err)
	}
	connector, err := webchat.New(webchat.Config{
		Channel: connectors.Channel{ID: "web", Name: "Tổng đài 1022"}, AllowedOrigins: []string{"self"},
		Secret: bytes.Repeat([]byte("k"), 32), Phone: "1022", PrivacyURL: "https://1022.example.vn/du-lieu-ca-nhan",
		PerVisitorPerMinute: 600, PerAddressPerMinute: 6000,
	}, webchat.Deps{Log: h, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/chat/web/", http.StripPrefix("/chat/web", connector.Handler(h)))
	mux.Handle("/widget.js", widget.Handler())
	mux.HandleFunc("/control", h.control)
	mux.HandleFunc("/host.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = w.Write([]byte(hostStyle))
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' blob:; style-src 'self'; require-trusted-types-for 'script'")
		_, _ = w.Write([]byte(hostPage))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		_ = connector.Close()
		server.Close()
	})
	return h, server
}

// TestInBrowser drives the widget in Chromium: see dev/browser.mjs for what is
// looked at. SHOTS names a folder for pictures of it.
func TestInBrowser(t *testing.T) {
	chromium := cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")
	if _, err := os.Stat(chromium); err != nil {
		t.Skip("no Chromium at " + chromium + "; CHROMIUM names another")
	}
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		t.Skip("npm ci was not run in " + "inbox/ui/widget")
	}
	if !widget.Built() {
		t.Skip("the widget is not built")
	}
	_, server := start(t)
	browser := exec.CommandContext(t.Context(), "node", "dev/browser.mjs", server.URL, chromium)
	output, err := browser.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Errorf("browser: %v", err)
	}
}

func TestHandler(t *testing.T) {
	recorder := httptest.NewRecorder()
	widget.Handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/widget.js", nil))
	if got := recorder.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	if !widget.Built() {
		if recorder.Code != http.StatusNotFound || !strings.Contains(recorder.Body.String(), "make build") {
			t.Errorf("an unbuilt widget = %d %s", recorder.Code, recorder.Body)
		}
		return
	}
	request := httptest.NewRequest("GET", "/widget.js", nil)
	request.Header.Set("If-None-Match", recorder.Header().Get("ETag"))
	again := httptest.NewRecorder()
	widget.Handler().ServeHTTP(again, request)
	if recorder.Code != http.StatusOK || again.Code != http.StatusNotModified {
		t.Errorf("first %d, with its ETag %d", recorder.Code, again.Code)
	}
}
