package webchat_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/webchat"
)

func TestNewTellsAllMistakes(t *testing.T) {
	_, err := webchat.New(webchat.Config{
		AllowedOrigins: []string{"*", "https://*.example.vn", "https://a.vn/path", "ftp://a.vn"},
		Secret:         []byte("short"),
	}, webchat.Deps{})
	if err == nil {
		t.Fatal("New accepted it")
	}
	for _, part := range []string{`"*"`, `"https://*.example.vn"`, `"https://a.vn/path"`, `"ftp://a.vn"`, "secret", "channel", "Log"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error does not speak of %s: %v", part, err)
		}
	}
}

func TestSendIsHonest(t *testing.T) {
	s := start(t, nil)
	if !s.connector.Limits().FromLog {
		t.Error("Limits().FromLog = false")
	}
	_, err := s.connector.Send(t.Context(), connectors.Outbound{To: "v", Key: "k"})
	if connectors.KindOf(err) != connectors.Permanent || connectors.ReasonOf(err) == "" {
		t.Errorf("Send = %v, want permanent with a reason", err)
	}
}

func TestCheckReadsTheLog(t *testing.T) {
	s := start(t, nil)
	if health := s.connector.Check(t.Context()); !health.OK {
		t.Errorf("Check = %+v, want OK", health)
	}
	s.hub.broken = errDisk
	if health := s.connector.Check(t.Context()); health.OK || health.Problem == "" {
		t.Errorf("Check of a broken log = %+v", health)
	}
}

func TestConfigNeedsNoSession(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) {
		cfg.Privacy = map[string]string{"vi": "Tin nhắn được lưu 24 tháng."}
		cfg.Phone = "1022"
	})
	s.hub.opens = time.Date(2026, 11, 22, 0, 30, 0, 0, time.UTC)
	response, answer := s.call("GET", "/config", nil, nil)
	if response.StatusCode != http.StatusOK || answer["name"] != "Trò chuyện trên Cổng 1022" || answer["phone"] != "1022" {
		t.Errorf("GET /config = %d %v", response.StatusCode, answer)
	}
	staffed := answer["staffed"].(map[string]any)
	if staffed["now"] != false || staffed["opens"] != "2026-11-22T00:30:00Z" {
		t.Errorf("staffed = %v", staffed)
	}
}

func TestOrigins(t *testing.T) {
	s := start(t, nil)
	own := s.server.URL
	tests := []struct {
		name, method, origin string
		want                 int
	}{
		{"the listed page", "POST", page, 200},
		{"our own page", "POST", own, 200},
		{"our own page, whose GET names no origin", "GET", "", 200},
		{"no origin at all", "POST", "", 403},
		{"null", "POST", "null", 403},
		{"null reading", "GET", "null", 403},
		{"another site", "POST", "https://xau.example", 403},
		{"the listed page without TLS", "POST", "http://tinh.example.vn", 403},
		{"another port", "POST", page + ":8443", 403},
		{"the listed name as a prefix", "POST", page + ".xau.example", 403},
		{"the listed name in capitals", "POST", "https://TINH.example.vn", 403},
		{"the word self", "POST", "self", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := map[string]string{"POST": "/session", "GET": "/config"}[tt.method]
			response, _ := s.call(tt.method, path, nil, map[string]string{"Origin": tt.origin})
			if response.StatusCode != tt.want {
				t.Errorf("%s %s from %q = %d, want %d", tt.method, path, tt.origin, response.StatusCode, tt.want)
			}
			allowed := response.Header.Get("Access-Control-Allow-Origin")
			if want := map[bool]string{true: tt.origin}[tt.want == 200]; allowed != want {
				t.Errorf("Access-Control-Allow-Origin = %q, want %q", allowed, want)
			}
			if response.Header.Get("Vary") != "Origin" {
				t.Errorf("Vary = %q", response.Header.Get("Vary"))
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	s := start(t, nil)
	response, _ := s.call("OPTIONS", "/messages", nil, nil)
	if response.StatusCode != http.StatusNoContent || response.Header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("OPTIONS = %d %v", response.StatusCode, response.Header)
	}
	if !strings.Contains(response.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Error("the widget may not send its token")
	}
	if response, _ := s.call("OPTIONS", "/messages", nil, map[string]string{"Origin": "https://xau.example"}); response.StatusCode != 403 {
		t.Errorf("OPTIONS from another site = %d", response.StatusCode)
	}
}

func TestSelfMustBeListed(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.AllowedOrigins = []string{page} })
	for _, origin := range []string{s.server.URL, ""} {
		if response, _ := s.call("GET", "/config", nil, map[string]string{"Origin": origin}); response.StatusCode != 403 {
			t.Errorf("GET /config from %q = %d, want 403", origin, response.StatusCode)
		}
	}
}

func TestTokensThatOpenNothing(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	clock := func(cfg *webchat.Config) { cfg.Now = func() time.Time { return now } }
	s := start(t, clock)
	now = now.Add(-31 * 24 * time.Hour)
	expired := s.visitor()["Authorization"]
	now = now.Add(32 * 24 * time.Hour)
	future := s.visitor()["Authorization"]
	now = now.Add(-24 * time.Hour)
	good := s.visitor()["Authorization"]
	otherChannel := start(t, func(cfg *webchat.Config) { clock(cfg); cfg.Channel.ID = "web2" }).visitor()["Authorization"]
	otherSecret := start(t, func(cfg *webchat.Config) { clock(cfg); cfg.Secret = bytes.Repeat([]byte("x"), 32) }).visitor()["Authorization"]
	_, own := s.call("POST", "/session", nil, map[string]string{"Origin": s.server.URL})
	flipped := []byte(good)
	flipped[len("Bearer ")+3] ^= 1
	tests := []struct{ name, token string }{
		{"none", ""},
		{"nonsense", "Bearer x"},
		{"only a dot", "Bearer ."},
		{"not a bearer", "Basic " + strings.TrimPrefix(good, "Bearer ")},
		{"one bit changed", string(flipped)},
		{"cut short", good[:len(good)-4]},
		{"of another channel", otherChannel},
		{"under another secret", otherSecret},
		{"of another origin", "Bearer " + own["token"].(string)},
		{"expired", expired},
		{"issued tomorrow", future},
	}
	var first string
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/history", "/events", "/attachments/abc"} {
				response, answer := s.call("GET", path, nil, map[string]string{"Authorization": tt.token})
				if response.StatusCode != http.StatusUnauthorized {
					t.Errorf("GET %s = %d, want 401", path, response.StatusCode)
				}
				if first == "" {
					first = answer["message"].(string)
				}
				if answer["message"] != first {
					t.Errorf("GET %s answers %q, others get %q", path, answer["message"], first)
				}
			}
			if response, _ := s.call("POST", "/messages", `{"key":"k","text":"a"}`, map[string]string{"Authorization": tt.token}); response.StatusCode != 401 {
				t.Errorf("POST /messages = %d, want 401", response.StatusCode)
			}
		})
	}
	if len(s.hub.raws) != 0 {
		t.Errorf("%d bodies were stored", len(s.hub.raws))
	}
}

func TestSessionRenewsForTheSameVisitor(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	s := start(t, func(cfg *webchat.Config) { cfg.Now = func() time.Time { return now } })
	as := s.visitor()
	s.say(as, "k1", "xin chào")
	first := s.id()
	now = now.Add(29 * 24 * time.Hour)
	_, renewed := s.call("POST", "/session", nil, as)
	if renewed["renewed"] != true {
		t.Errorf("POST /session with a good token = %v", renewed)
	}
	now = now.Add(29 * 24 * time.Hour)
	s.say(map[string]string{"Authorization": "Bearer " + renewed["token"].(string)}, "k2", "tôi đây")
	if s.id() != first {
		t.Error("the renewed session is another visitor")
	}
	if _, fresh := s.call("POST", "/session", nil, as); fresh["renewed"] != false {
		t.Error("an expired token was renewed")
	}
}
