package webchat_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/webchat"
	"tongdai/connectors/webchat/webchatsim"
)

func TestMessageIsReceivedBeforeItIsAcknowledged(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	body := `{"key":"k-1","text":"tiêm mũi 3 ở đâu?","pressed":"entry:7","language":"vi-VN","page":"https://tinh.example.vn/y-te?ma=1#x"}`
	response, answer := s.call("POST", "/messages", body, as)
	if response.StatusCode != http.StatusOK || answer["key"] != "k-1" || answer["id"] == "" {
		t.Fatalf("POST /messages = %d %v", response.StatusCode, answer)
	}
	got := s.hub.inbounds[0]
	if got.Kind != connectors.Said || got.Content.Text != "tiêm mũi 3 ở đâu?" || got.Pressed != "entry:7" ||
		got.Language != "vi" || got.Page != "https://tinh.example.vn/y-te" || got.Key != string(got.From)+":k-1" {
		t.Errorf("Inbound = %+v", got)
	}
	if raw := s.hub.raws[0]; string(raw.Body) != body || raw.Channel != "web" {
		t.Errorf("Raw = %+v", raw)
	}
}

func TestMessageIsNotAcknowledgedWhenTheHubCannotStore(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	s.hub.broken = errDisk
	response, answer := s.say(as, "k", "xin chào")
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("POST /messages = %d %v", response.StatusCode, response.Header)
	}
	if strings.Contains(fmt.Sprint(answer), "disk") {
		t.Errorf("our trouble is told to strangers: %v", answer)
	}
	s.hub.broken = nil
	if response, _ := s.say(as, "k", "xin chào"); response.StatusCode != http.StatusOK {
		t.Errorf("the resend = %d", response.StatusCode)
	}
}

func TestAResendIsNotASecondMessage(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	for range 3 {
		if response, _ := s.say(as, "k", "xin chào"); response.StatusCode != http.StatusOK {
			t.Fatalf("POST /messages = %d", response.StatusCode)
		}
	}
	s.say(s.visitor(), "k", "người khác, cùng key")
	if len(s.hub.inbounds) != 2 {
		t.Errorf("%d messages, want one of each visitor", len(s.hub.inbounds))
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.TextLength = 10 })
	as := s.visitor()
	tests := []struct {
		name, body string
		want       int
	}{
		{"not JSON", `{"key":`, 400},
		{"a list", `[]`, 400},
		{"text that is a number", `{"key":"k","text":5}`, 400},
		{"something after the object", `{"key":"k","text":"a"} x`, 400},
		{"nothing", ``, 400},
		{"no key", `{"text":"a"}`, 400},
		{"a key with spaces", `{"key":"a b","text":"a"}`, 400},
		{"a key without end", `{"key":"` + strings.Repeat("k", 65) + `","text":"a"}`, 400},
		{"no words", `{"key":"k","text":"  "}`, 400},
		{"eleven characters", `{"key":"k","text":"mười một ký"}`, 413},
		{"a body over the limit", `{"key":"k","text":"a","page":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		{"eleven files", `{"key":"k","attachments":["a","a","a","a","a","a","a","a","a","a","a"]}`, 400},
		{"a ticket nobody gave", `{"key":"k","attachments":["e30.AAAA"]}`, 400},
		{"depth without end", strings.Repeat(`[`, 12000), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, answer := s.call("POST", "/messages", tt.body, as)
			if response.StatusCode != tt.want || answer["message"] == nil || answer["code"] == nil {
				t.Errorf("POST /messages = %d %v, want %d with a reason", response.StatusCode, answer, tt.want)
			}
		})
	}
	if len(s.hub.raws) != 0 {
		t.Errorf("%d were stored", len(s.hub.raws))
	}
}

func TestOddCharactersArriveAsFarAsJSONCarriesThem(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	tests := []struct{ name, sent, want string }{
		{"bytes that are not UTF-8", "a\xffb", "a\ufffdb"},
		{"NUL", `a\u0000b`, "a\x00b"},
		{"half a surrogate pair", `a\ud83db`, "a\ufffdb"},
		{"a whole pair", `\ud83d\ude00`, "😀"},
		{"decomposed Vietnamese", "tie\u0302\u0301ng Vie\u0323\u0302t", "tie\u0302\u0301ng Vie\u0323\u0302t"},
		{"right-to-left marks", "a\u202eb", "a\u202eb"},
		{"markup", `<script>alert(1)</script>`, "<script>alert(1)</script>"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, answer := s.call("POST", "/messages", fmt.Sprintf(`{"key":"k%d","text":"%s"}`, i, tt.sent), as)
			if response.StatusCode != http.StatusOK {
				t.Fatalf("POST /messages = %d %v", response.StatusCode, answer)
			}
			if got := s.hub.inbounds[len(s.hub.inbounds)-1].Content.Text; got != tt.want {
				t.Errorf("text = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	s := start(t, nil)
	if response, _ := s.call("GET", "/messages", nil, nil); response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "POST" {
		t.Errorf("GET /messages = %d", response.StatusCode)
	}
	if response, _ := s.call("GET", "/../etc/passwd", nil, nil); response.StatusCode != http.StatusNotFound {
		t.Errorf("GET /../etc/passwd = %d", response.StatusCode)
	}
}

func TestLimits(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	address := "203.0.113.1"
	s := start(t, func(cfg *webchat.Config) {
		cfg.PerVisitorPerMinute, cfg.PerAddressPerMinute = 5, 20
		cfg.Now = func() time.Time { return now }
		cfg.ClientAddr = func(*http.Request) string { return address }
		cfg.Urgent = func(text string) bool { return strings.Contains(text, "khó thở") }
	})
	flood := func(as map[string]string, n int, text string) (accepted int, last *http.Response) {
		for i := range n {
			response, _ := s.say(as, fmt.Sprintf("k%d-%d", len(s.hub.inbounds), i), text)
			if response.StatusCode == http.StatusOK {
				accepted++
			}
			last = response
		}
		return accepted, last
	}
	one, two := s.visitor(), map[string]string(nil)
	accepted, refused := flood(one, 10, "a")
	if accepted != 5 || refused.StatusCode != http.StatusTooManyRequests || refused.Header.Get("Retry-After") != "12" {
		t.Errorf("of ten messages %d were taken, the last answered %d, Retry-After %q", accepted, refused.StatusCode, refused.Header.Get("Retry-After"))
	}
	if accepted, _ := flood(one, 30, "con tôi khó thở"); accepted != 30 {
		t.Errorf("of 30 urgent words %d were taken", accepted)
	}
	if accepted, _ := flood(one, 100, "khó thở"); accepted != 20 {
		t.Errorf("of 100 urgent words more %d were taken, want 20: ten times the limit", accepted)
	}
	now = now.Add(time.Minute)
	two = s.visitor()
	if accepted, _ := flood(two, 5, "b"); accepted != 5 {
		t.Errorf("a second visitor got %d through", accepted)
	}
	now = now.Add(13 * time.Second)
	if accepted, _ := flood(two, 2, "b"); accepted != 1 {
		t.Errorf("13 s later %d of 2 were taken, want 1", accepted)
	}

	t.Run("sessions of one address", func(t *testing.T) {
		address = "2001:db8::1"
		codes := map[int]int{}
		for i := range 6 {
			address = fmt.Sprintf("2001:db8::%d", i+1) // one customer's /64
			response, _ := s.call("POST", "/session", nil, nil)
			codes[response.StatusCode]++
		}
		if codes[200] != 1 || codes[429] != 5 {
			t.Errorf("answers = %v, want one session without work", codes)
		}
	})
	t.Run("sessions for work", func(t *testing.T) {
		now = now.Add(time.Minute)
		s.visitor()
		response, answer := s.call("POST", "/session", nil, nil)
		if response.StatusCode != http.StatusTooManyRequests || answer["code"] != "proof" || response.Header.Get("Retry-After") == "" {
			t.Fatalf("a second session is answered %d %v", response.StatusCode, answer)
		}
		var challenge webchatsim.Challenge
		encoded, _ := json.Marshal(answer["challenge"])
		if err := json.Unmarshal(encoded, &challenge); err != nil {
			t.Fatal(err)
		}
		body := map[string]any{"proof": challenge.Solve()}
		if response, answer = s.call("POST", "/session", body, nil); response.StatusCode != http.StatusOK || answer["token"] == "" {
			t.Errorf("the same with the work done is answered %d %v", response.StatusCode, answer)
		}
		if response, answer = s.call("POST", "/session", body, nil); response.StatusCode != http.StatusTooManyRequests {
			t.Errorf("work done once opened another session: %d %v", response.StatusCode, answer)
		}
	})
}

func TestAForgedForwardedHeaderLiftsNoLimit(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.PerAddressPerMinute = 10 })
	codes := map[int]int{}
	for i := range 5 {
		response, _ := s.call("POST", "/session", nil, map[string]string{"X-Forwarded-For": fmt.Sprintf("198.51.100.%d", i)})
		codes[response.StatusCode]++
	}
	if codes[200] != 1 {
		t.Errorf("answers = %v, want one session", codes)
	}
}

// upload posts data as the file of a form.
func (s *site) upload(as map[string]string, name string, data []byte) (*http.Response, map[string]any) {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		s.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		s.t.Fatal(err)
	}
	headers := map[string]string{"Content-Type": form.FormDataContentType()}
	for k, v := range as {
		headers[k] = v
	}
	return s.call("POST", "/attachments", io.Reader(&body), headers)
}

func TestAsManyFilesAsTheChannelTakes(t *testing.T) {
	for _, tt := range []struct {
		name                string
		attachments, told   int
		upload, one, twoAre int // statuses: of an upload, of a message with one file, with two
	}{
		{"one a message", 1, 1, http.StatusOK, http.StatusOK, http.StatusBadRequest},
		{"none", -1, 0, http.StatusBadRequest, http.StatusBadRequest, http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, func(cfg *webchat.Config) { cfg.Attachments = tt.attachments })
			as := s.visitor()
			response, file := s.upload(as, "don.txt", []byte("đơn"))
			if response.StatusCode != tt.upload {
				t.Errorf("an upload is answered %d, want %d", response.StatusCode, tt.upload)
			}
			ticket, _ := file["ticket"].(string)
			for files, want := range map[int]int{1: tt.one, 2: tt.twoAre} {
				tickets := []string{ticket, ticket}[:files]
				response, _ := s.call("POST", "/messages", map[string]any{"key": fmt.Sprint("k", files), "text": "a", "attachments": tickets}, as)
				if response.StatusCode != want {
					t.Errorf("a message with %d files is answered %d, want %d", files, response.StatusCode, want)
				}
			}
			_, config := s.call("GET", "/config", nil, nil)
			if got := config["limits"].(map[string]any)["attachments"]; got != float64(tt.told) {
				t.Errorf("the widget is told %v files, want %d", got, tt.told)
			}
		})
	}
}

func TestAttachments(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.AttachmentSize = 1000 })
	as, other := s.visitor(), s.visitor()
	response, file := s.upload(as, "don.txt", []byte("đơn"))
	if response.StatusCode != http.StatusOK || file["name"] != "don.txt" {
		t.Fatalf("POST /attachments = %d %v", response.StatusCode, file)
	}
	if _, told := file["id"]; told {
		t.Error("our id of the file is told")
	}
	ticket := file["ticket"].(string)
	response, _ = s.call("POST", "/messages", map[string]any{"key": "k", "attachments": []string{ticket}}, as)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("POST /messages = %d", response.StatusCode)
	}
	if got := s.hub.inbounds[0].Content.Attachments; len(got) != 1 || got[0].ID != "f1" || got[0].Name != "don.txt" {
		t.Errorf("attachments = %+v", got)
	}

	t.Run("its visitor sees it", func(t *testing.T) {
		_, answer := s.call("GET", "/attachments/"+ticket, nil, as)
		if answer["raw"] != "đơn" {
			t.Errorf("GET = %v", answer)
		}
	})
	t.Run("nobody else does", func(t *testing.T) {
		response, _ := s.call("GET", "/attachments/"+ticket, nil, other)
		never, _ := s.call("GET", "/attachments/e30.AAAA", nil, other)
		if response.StatusCode != http.StatusNotFound || never.StatusCode != http.StatusNotFound {
			t.Errorf("GET = %d, of a file that never was %d", response.StatusCode, never.StatusCode)
		}
		response, _ = s.call("POST", "/messages", map[string]any{"key": "k", "attachments": []string{ticket}}, other)
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("sending on somebody else's file = %d", response.StatusCode)
		}
	})
	t.Run("what members send can be opened from the history", func(t *testing.T) {
		a, _ := s.hub.Put(t.Context(), "mau.txt", strings.NewReader("mẫu"))
		s.hub.answer(s.id(), webchat.Said{Author: "member", Content: content.Content{Attachments: []content.Attachment{a}}})
		_, history := s.call("GET", "/history", nil, as)
		said := history["said"].([]any)
		files := said[len(said)-1].(map[string]any)["files"].([]any)
		_, answer := s.call("GET", "/attachments/"+files[0].(map[string]any)["ticket"].(string), nil, as)
		if answer["raw"] != "mẫu" {
			t.Errorf("GET = %v", answer)
		}
	})
}

func TestUploadsThatAreRefused(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.AttachmentSize = 1000 })
	as := s.visitor()
	if response, answer := s.upload(as, "a.txt", make([]byte, 1001)); response.StatusCode != 413 || answer["code"] != "too_large" {
		t.Errorf("1001 bytes = %d %v", response.StatusCode, answer)
	}
	if response, _ := s.upload(as, "a.txt", make([]byte, 1<<20)); response.StatusCode != 413 {
		t.Errorf("1 MB = %d", response.StatusCode)
	}
	if response, _ := s.call("POST", "/attachments", `{}`, as); response.StatusCode != 400 {
		t.Errorf("no form = %d", response.StatusCode)
	}
	headers := map[string]string{"Content-Type": "multipart/form-data; boundary=b", "Authorization": as["Authorization"]}
	cut := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc"
	if response, _ := s.call("POST", "/attachments", cut, headers); response.StatusCode != 400 {
		t.Errorf("a form that is cut off = %d", response.StatusCode)
	}
	s.hub.refuse = &connectors.Error{Kind: connectors.Permanent, Reason: "Chỉ nhận ảnh."}
	if response, answer := s.upload(as, "a.svg", []byte("<svg/>")); response.StatusCode != 415 || answer["message"] != "Chỉ nhận ảnh." {
		t.Errorf("a refused kind = %d %v", response.StatusCode, answer)
	}
	s.hub.refuse = errDisk
	if response, _ := s.upload(as, "a.txt", []byte("a")); response.StatusCode != 503 {
		t.Errorf("our trouble = %d", response.StatusCode)
	}
}

func TestHistoryIsReadInPages(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	s.say(as, "k", "xin chào")
	for i := range 149 {
		s.hub.answer(s.id(), webchat.Said{Author: "bot", Automatic: true, Content: content.Content{
			Text: fmt.Sprint(i), Choices: []content.Choice{{Label: "A", Value: "a"}}, Links: []content.Link{{Label: "115", URL: "tel:115"}}}})
	}
	_, first := s.call("GET", "/history", nil, as)
	if said := first["said"].([]any); len(said) != 100 || first["more"] != true {
		t.Fatalf("first page: %d, more %v", len(said), first["more"])
	}
	_, second := s.call("GET", "/history?after="+first["cursor"].(string), nil, as)
	said := second["said"].([]any)
	if len(said) != 50 || second["more"] != false {
		t.Fatalf("second page: %d, more %v", len(said), second["more"])
	}
	last, _ := json.Marshal(said[49])
	for _, part := range []string{`"text":"148"`, `"automatic":true`, `"value":"a"`, `"url":"tel:115"`, `"seq":150`, `"code":"TH-261121-0001"`} {
		if !strings.Contains(string(last), part) {
			t.Errorf("last message lacks %s: %s", part, last)
		}
	}
	if own := first["said"].([]any)[0].(map[string]any); own["own"] != true || own["key"] != "k" {
		t.Errorf("the visitor's own message = %v", own)
	}
	if response, _ := s.call("GET", "/history?after=nonsense", nil, as); response.StatusCode != 400 {
		t.Errorf("a bad cursor = %d", response.StatusCode)
	}
	if _, others := s.call("GET", "/history", nil, s.visitor()); len(others["said"].([]any)) != 0 {
		t.Error("another visitor reads it")
	}
}
