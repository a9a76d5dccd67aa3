package main

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors/messenger/messengersim"
	"tongdai/inbox"
)

// pageHub is the whole program with one page of a simulated Facebook beside the
// web chat, serving on a port of its own.
type pageHub struct {
	zaloHub
	facebook *messengersim.Sim
	page     string
}

// overFacebook starts one. change sees the configuration first.
func overFacebook(t *testing.T, platform messengersim.Config, change func(*configs.Config)) *pageHub {
	t.Helper()
	platform.Resends = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second}
	sim, err := messengersim.Start(platform)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	h := &pageHub{zaloHub: zaloHub{T: t}, facebook: sim, page: sim.Config().Pages[0].ID}
	h.cfg = configs.Default()
	h.cfg.Data.Folder = t.TempDir()
	h.cfg.HTTP.Listen = freeAddress(t)
	h.url = "http://" + h.cfg.HTTP.Listen
	h.cfg.Organisation.URL = h.url
	h.cfg.Channels = append(h.cfg.Channels, messengerChannel(sim))
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
	if err := h.app.introducePage(t.Context(), h.url); err != nil {
		t.Fatal(err)
	}
	return h
}

// heardOn is what the citizen's Messenger shows of the page.
func (h *pageHub) heardOn(user string) (texts []string) {
	for _, m := range h.facebook.Messages(h.page, user) {
		if !m.FromUser {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// aPicture is a picture as a telephone sends it, but small.
func aPicture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A citizen writes to the page: the bot answers, a person takes over, the answer
// arrives and is read, and nothing of it is there twice.
func TestAConversationOnMessenger(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		h := overFacebook(t, messengersim.Config{Batch: 20, Gather: 10 * time.Millisecond}, change)
		h.facebook.SetUnruly(messengersim.Unruly{Again: true, Copies: 2})
		citizen := h.facebook.Citizen(h.page, "Trần Thị Mẫu")
		h.facebook.Say(h.page, citizen, "tiem mui 3 o dau")
		h.until("the bot answers", func() bool { return len(h.heardOn(citizen)) == 1 })
		h.facebook.Say(h.page, citizen, "cho tôi gặp cán bộ")
		h.until("the bot hands over", func() bool { return len(h.heardOn(citizen)) == 2 })
		h.facebook.SendFile(h.page, citizen, "image", "den.png", aPicture(t))
		h.until("the picture is fetched", func() bool {
			_, said := h.matter(simulatedPage, citizen)
			return slices.ContainsFunc(said, func(m inbox.Message) bool {
				return len(m.Content.Attachments) == 1 && m.Content.Attachments[0].ID != "" && m.Content.Attachments[0].Type == "image/png"
			})
		})
		c, _ := h.matter(simulatedPage, citizen)
		reply := "Dạ, chị ra Trạm Y tế phường Hạc Thành ạ."
		if _, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{Text: reply, Key: "r1"}); err != nil {
			t.Fatal(err)
		}
		h.until("Messenger shows the answer", func() bool { return slices.Contains(h.heardOn(citizen), reply) })
		h.facebook.See(h.page, citizen)
		h.until("the desk shows that it was read", func() bool {
			_, said := h.matter(simulatedPage, citizen)
			return slices.ContainsFunc(said, func(m inbox.Message) bool { return m.Content.Text == reply && m.Delivery.State == inbox.Read })
		})
		h.until("the desk calls the citizen by name", func() bool {
			c, _ := h.matter(simulatedPage, citizen)
			return c.ContactName == "Trần Thị Mẫu"
		})
		h.facebook.AnswerInInbox(h.page, citizen, "Em là Hoa, trực hộp thư của trang ạ")
		h.until("the desk shows what was answered elsewhere", func() bool {
			_, said := h.matter(simulatedPage, citizen)
			return slices.ContainsFunc(said, func(m inbox.Message) bool { return m.Elsewhere })
		})
		_, said := h.matter(simulatedPage, citizen)
		for _, m := range said {
			if m.Elsewhere && m.Content.Text != "Em là Hoa, trực hộp thư của trang ạ" {
				t.Errorf("an echo of our own became a message: %q", m.Content.Text)
			}
		}
		if n := len(h.heardOn(citizen)); n != 4 {
			t.Errorf("Messenger shows %d messages of the page, want 4: %q", n, h.heardOn(citizen))
		}
	})
}

// The answer of Facebook is lost: the echo tells that the message is there, and
// it is not sent twice.
func TestAnEchoSettlesALostAnswer(t *testing.T) {
	h := overFacebook(t, messengersim.Config{}, nil)
	citizen := h.facebook.Citizen(h.page, "Trần Thị Mẫu")
	h.facebook.Say(h.page, citizen, "cho tôi gặp cán bộ")
	h.until("the bot hands over", func() bool { return len(h.heardOn(citizen)) == 1 })
	h.facebook.Fail(messengersim.Fault{On: messengersim.MessageEndpoint, Times: 1, Cut: messengersim.CutAfter})
	c, _ := h.matter(simulatedPage, citizen)
	reply, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{Text: "Dạ, em đây ạ.", Key: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	h.until("the desk shows that it left", func() bool {
		_, said := h.matter(simulatedPage, citizen)
		return slices.ContainsFunc(said, func(m inbox.Message) bool {
			return m.ID == reply.ID && (m.Delivery.State == inbox.Sent || m.Delivery.State == inbox.Delivered) && m.Remote != ""
		})
	})
	if n := len(h.facebook.Ledger().Sent(h.page, citizen)); n != 2 {
		t.Errorf("the platform took %d messages, want 2", n)
	}
}

// A post with five comments: each is a matter of its own, answered below it or,
// once, in private.
func TestCommentsUnderAPost(t *testing.T) {
	h := overFacebook(t, messengersim.Config{}, nil)
	post := h.facebook.Publish(h.page, "Thông báo cắt điện phường Hạc Thành")
	names := []string{"Trần Thị Mẫu", "Lê Văn Bình", "Phạm Thị Hoa", "Đỗ Văn Nam", "Vũ Thị Lan"}
	comments := map[string]string{}
	for i, name := range names {
		comments[name] = h.facebook.Comment(messengersim.Comment{Post: post, Name: name, Text: []string{
			"Bao giờ có điện lại vậy?", "Nhà tôi mất từ sáng", "Cho tôi gặp cán bộ", "Sao không báo trước", "Gọi số nào hỏi?",
		}[i]})
	}
	for name := range comments {
		user := h.facebook.Citizen(h.page, name)
		h.until("the comment of "+name+" is a matter", func() bool { c, said := h.matter(simulatedPage, user); return len(said) > 0 && c.InPublic })
		c, _ := h.matter(simulatedPage, user)
		private := name == "Vũ Thị Lan"
		if _, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{Text: "Chào " + name, Key: "r-" + name, Private: private, Force: true}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	below := func() map[string][]string {
		answers := map[string][]string{}
		for _, c := range h.facebook.Comments(post) {
			if c.ByPage {
				answers[c.Parent] = append(answers[c.Parent], c.Text)
			}
		}
		return answers
	}
	h.until("every answer is where it belongs", func() bool {
		answers := below()
		for name, id := range comments {
			user := h.facebook.Citizen(h.page, name)
			if name == "Vũ Thị Lan" && !slices.Contains(h.heardOn(user), "Chào "+name) || name != "Vũ Thị Lan" && !slices.Contains(answers[id], "Chào "+name) {
				return false
			}
		}
		return true
	})
}

func TestThePageIsCheckedAndConnectedFromTheCommandLine(t *testing.T) {
	sim, err := messengersim.Start(messengersim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	verify := true
	// In place of the hub, which cannot run over the embedded store meanwhile.
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if challenge := r.URL.Query().Get("hub.challenge"); verify && challenge != "" {
			_, _ = io.WriteString(w, challenge)
			return
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
	}))
	defer front.Close()
	config, data := filepath.Join(t.TempDir(), "tongdai.yaml"), t.TempDir()
	if err := os.WriteFile(config, []byte(withMessenger(sim, front.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	page := func(does string, wrong bool, parts ...string) {
		t.Helper()
		printed, err := typed(t, "channel", "--config", config, "--data", data, does, simulatedPage)
		if wrong != errors.Is(err, errTold) {
			t.Errorf("%s ends with %v", does, err)
		}
		for _, part := range parts {
			if !strings.Contains(printed, part) {
				t.Errorf("%s prints\n%s\nwithout %q", does, printed, part)
			}
		}
	}
	page("check", true, "được   "+sim.URL(), "được   webhook "+pageHookOf(front.URL), "LỖI    Ứng dụng Facebook chưa có webhook")
	page("connect", false, "được   Đã đăng ký trang", "được   Đã đặt trên trang: nút Bắt đầu, lời chào, menu 1 mục, 2 câu hỏi gợi ý", "được   Đã đặt webhook của ứng dụng: "+pageHookOf(front.URL))
	page("check", false, "được   tài khoản: gửi và nhận được")
	if sim.Webhook() != pageHookOf(front.URL) {
		t.Errorf("the platform was told %q", sim.Webhook())
	}
	verify = false
	page("connect", true, "được   Đã đăng ký trang", "LỖI    Chưa đặt được webhook", "Verify token là verify1022")
	sim.Revoke(sim.Config().Pages[0].ID, 460)
	page("check", true, "LỖI    Người cấp quyền đã đổi mật khẩu Facebook")
}
