package messenger_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/messenger"
	"tongdai/connectors/messenger/messengersim"
)

func agents(platform *messengersim.Config, own *messenger.Config) {
	platform.HumanAgent, own.HumanAgent = true, true
}

// By what right a message leaves depends on who writes and how long the citizen
// is silent.
func TestByWhatRightAMessageIsSent(t *testing.T) {
	for _, tt := range []struct {
		name      string
		change    func(*messengersim.Config, *messenger.Config)
		silent    time.Duration
		machine   bool
		unheard   bool
		right     string // of the last try; "": not taken
		wantError connectors.Kind
	}{
		{"a person within a day", agents, 23 * time.Hour, false, false, "RESPONSE", 0},
		{"a machine within a day", agents, 23 * time.Hour, true, false, "RESPONSE", 0},
		{"a person within a week", agents, 6 * 24 * time.Hour, false, false, "HUMAN_AGENT", 0},
		{"a person within a week, when nobody knows", agents, 3 * 24 * time.Hour, false, true, "HUMAN_AGENT", 0},
		{"a machine after a day", agents, 25 * time.Hour, true, false, "", connectors.WindowClosed},
		{"a person after a week", agents, 8 * 24 * time.Hour, false, false, "", connectors.WindowClosed},
		{"a person after a day without the feature", func(*messengersim.Config, *messenger.Config) {}, 25 * time.Hour, false, false, "", connectors.WindowClosed},
		{"a person with a feature that the app has not", func(_ *messengersim.Config, own *messenger.Config) { own.HumanAgent = true }, 25 * time.Hour, false, false, "", connectors.Unauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.change)
			r.talking()
			out := r.text("k1", "Dạ, phản ánh đã xử lý xong.")
			out.Automatic = tt.machine
			if tt.unheard {
				out.Heard = time.Time{}
			}
			r.clock.Pass(tt.silent)
			_, err := r.conn.Send(t.Context(), out)
			if (err == nil) != (tt.right != "") || err != nil && connectors.KindOf(err) != tt.wantError {
				t.Errorf("Send = %v", err)
			}
			sent := r.sim.Ledger().Sent(pageID, citizen)
			if tt.right != "" && (len(sent) != 1 || sent[0].Type != tt.right) {
				t.Errorf("the platform took %+v, want it as %s", sent, tt.right)
			}
		})
	}
	limits := func(own messenger.Config) connectors.Limits {
		return newRig(t, func(_ *messengersim.Config, c *messenger.Config) { *c = own }).conn.Limits()
	}
	if l := limits(messenger.Config{HumanAgent: true}); l.ReplyWindow != 7*24*time.Hour || l.AutomaticWindow != 24*time.Hour {
		t.Errorf("Limits = %+v", l)
	}
	if l := limits(messenger.Config{}); l.ReplyWindow != 24*time.Hour || l.AutomaticWindow != 0 || l.PrivateReplies {
		t.Errorf("Limits = %+v", l)
	}
}

func TestLinksBecomeButtonsCardsOrText(t *testing.T) {
	link := func(label, url string) content.Link { return content.Link{Label: label, URL: url} }
	long := strings.Repeat("Anh/chị mang theo giấy tờ. ", 40)
	for _, tt := range []struct {
		name           string
		text           string
		links          []content.Link
		messages       int
		buttons, cards int
		reads          string
	}{
		{"one", "Mời xem:", []content.Link{link("Cổng dịch vụ công", "https://dvc.example.vn")}, 1, 1, 0, "Mời xem:"},
		{"a number", "Gọi:", []content.Link{link("Trạm y tế", "tel:0237 385 1022")}, 1, 1, 0, "Gọi:"},
		{"a short number", "Gọi:", []content.Link{link("Cấp cứu", "tel:115")}, 1, 0, 0, "Cấp cứu: 115"},
		{"below a long text", long, []content.Link{link("Cổng dịch vụ công", "https://dvc.example.vn")}, 2, 1, 0, "Mời anh/chị mở:"},
		{"with a long name", "Mời xem:", []content.Link{link("Cổng dịch vụ công quốc gia", "https://dvc.example.vn")}, 2, 0, 1, "Mời xem:"},
		{"four", "Mời xem:", []content.Link{link("a", "https://a.vn"), link("b", "https://b.vn"), link("c", "https://c.vn"), link("d", "tel:+84237385102")}, 2, 0, 4, "Mời xem:"},
		{"alone", "", []content.Link{link("Cổng", "https://dvc.example.vn")}, 1, 1, 0, "Mời anh/chị mở:"},
		{"without a name", "Mời xem:", []content.Link{link("", "https://dvc.example.vn")}, 1, 0, 0, "https://dvc.example.vn"},
		{"eleven", "Mời xem:", []content.Link{
			link("1", "https://a.vn/1"), link("2", "https://a.vn/2"), link("3", "https://a.vn/3"), link("4", "https://a.vn/4"), link("5", "https://a.vn/5"), link("6", "https://a.vn/6"),
			link("7", "https://a.vn/7"), link("8", "https://a.vn/8"), link("9", "https://a.vn/9"), link("10", "https://a.vn/10"), link("11", "https://a.vn/11"),
		}, 1, 0, 0, "11: https://a.vn/11"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.talking()
			out := r.text("k1", tt.text)
			out.Content.Links = tt.links
			if _, err := r.conn.Send(t.Context(), out); err != nil {
				t.Fatal(err)
			}
			var buttons, cards int
			var read []string
			for _, m := range r.heard() {
				buttons, cards, read = buttons+len(m.Buttons), cards+len(m.Cards), append(read, m.Text)
			}
			if len(read) != tt.messages || buttons != tt.buttons || cards != tt.cards || !strings.Contains(strings.Join(read, "\n"), tt.reads) {
				t.Errorf("shown are %d messages, %d buttons, %d cards, %q", len(read), buttons, cards, read)
			}
		})
	}
}

// A file is uploaded once, sent by its id, and uploaded again when Meta has
// forgotten it. It comes after the text, with the choices on it.
func TestFilesAreUploadedOnce(t *testing.T) {
	r := newRig(t)
	r.talking()
	out := r.text("k1", "Gửi anh/chị mẫu đơn")
	out.Content.Attachments = []content.Attachment{r.files.Add("mau-don.pdf", []byte("%PDF-1.7\n%%EOF")), r.files.Add("so-do.png", []byte("\x89PNG\r\n\x1a\n"))}
	out.Content.Choices = []content.Choice{{Label: "Đã rõ", Value: "ok"}}
	receipt, err := r.conn.Send(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	got := r.heard()
	if len(got) != 3 || got[1].Files[0].Type != "file" || got[2].Files[0].Type != "image" || len(got[2].Quick) != 1 || len(got[0].Quick) != 0 {
		t.Fatalf("shown is %+v", got)
	}
	if string(receipt.Message) != got[0].ID || len(receipt.More) != 2 || string(receipt.More[1]) != got[2].ID {
		t.Errorf("Receipt = %+v", receipt)
	}
	uploads := func() (n int) {
		for _, c := range r.sim.Ledger().Calls {
			if c.Endpoint == messengersim.UploadEndpoint {
				n++
			}
		}
		return n
	}
	out.Key = "k2"
	if _, err := r.conn.Send(t.Context(), out); err != nil || uploads() != 2 {
		t.Errorf("sent again: %v, after %d uploads, want 2", err, uploads())
	}
	r.sim.Fail(messengersim.Fault{On: messengersim.MessageEndpoint, Times: 1, Delay: time.Nanosecond}) // the text
	r.sim.Fail(messengersim.Fault{On: messengersim.MessageEndpoint, Times: 1, Code: 100, Subcode: 2018074})
	out.Key = "k3"
	if _, err := r.conn.Send(t.Context(), out); err != nil || uploads() != 3 {
		t.Errorf("after Meta forgot one: %v, after %d uploads, want 3", err, uploads())
	}
	out.Key, out.Content.Attachments[0].ID = "k4", strings.Repeat("0", 64)
	before := len(r.heard())
	_, err = r.conn.Send(t.Context(), out)
	wantKind(t, err, connectors.Permanent)
	out.Key, out.Content.Attachments[0].Size = "k5", 26<<20
	_, err = r.conn.Send(t.Context(), out)
	wantKind(t, err, connectors.Permanent)
	if len(r.heard()) != before {
		t.Error("the text of a message left, whose file cannot be sent")
	}
}

// What left is not sent again when the rest is.
func TestASecondTryGoesOnWhereTheFirstStopped(t *testing.T) {
	r := newRig(t)
	r.talking()
	out := r.text("k1", strings.Repeat("Điều này dài. ", 300))
	r.sim.Fail(messengersim.Fault{On: messengersim.MessageEndpoint, Times: 1, Delay: time.Nanosecond})
	r.sim.Fail(messengersim.Fault{On: messengersim.MessageEndpoint, Times: 1, Code: 2, Status: 500, Transient: true})
	_, err := r.conn.Send(t.Context(), out)
	wantKind(t, err, connectors.Retryable)
	receipt, err := r.conn.Send(t.Context(), out)
	if err != nil || len(receipt.More) != 2 || len(r.heard()) != 3 {
		t.Errorf("Send = %+v, %v, and %d were shown, want 3", receipt, err, len(r.heard()))
	}
}

func TestCommentsAreAnsweredInPublicAndOnceInPrivate(t *testing.T) {
	r := newRig(t)
	post := r.sim.Publish(pageID, "Thông báo cắt điện")
	id := r.sim.Comment(messengersim.Comment{Post: post, Name: "Lê Văn Bình", Text: "Bao giờ có lại?"})
	r.sim.Comment(messengersim.Comment{Post: post, Name: "Ai đó", Text: "Chán quá", Unnamed: true})
	until(t, "both", func() bool { return len(r.hub.All(connectors.Said)) == 2 })
	answer := func(in connectors.Inbound, key, text string) connectors.Outbound {
		return connectors.Outbound{Key: key, To: in.From, Thread: in.Thread, Quotes: in.Message, Content: content.Content{Text: text}}
	}
	var in, nobody connectors.Inbound
	for _, said := range r.hub.All(connectors.Said) {
		if string(said.Message) == id {
			in = said
		} else {
			nobody = said
		}
	}
	public := answer(in, "k1", "Dạ, 17 giờ có lại ạ.")
	public.Content.Links = []content.Link{{Label: "Lịch cắt điện", URL: "https://1022.example.vn/dien"}}
	if _, err := r.conn.Send(t.Context(), public); err != nil {
		t.Fatal(err)
	}
	comments := r.sim.Comments(post)
	if last := comments[len(comments)-1]; !last.ByPage || last.Parent != id || !strings.Contains(last.Text, "https://1022.example.vn/dien") {
		t.Errorf("below the comment stands %+v", last)
	}
	for name, out := range map[string]connectors.Outbound{"in private": answer(in, "k2", "Chị cho em xin địa chỉ ạ."), "to nobody known": answer(nobody, "k3", "Anh/chị cần hỗ trợ gì ạ?")} {
		out.Private = true
		if _, err := r.conn.Send(t.Context(), out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	again := answer(in, "k4", "Chị còn đó không?")
	again.Private = true
	_, err := r.conn.Send(t.Context(), again)
	wantKind(t, err, connectors.Permanent)
	if !strings.Contains(connectors.ReasonOf(err), "trả lời riêng") {
		t.Errorf("the reason is %q", connectors.ReasonOf(err))
	}
	long := answer(in, "k5", strings.Repeat("Dài lắm. ", 400))
	long.Private = true
	_, err = r.conn.Send(t.Context(), long)
	wantKind(t, err, connectors.Permanent)
	withFile := answer(in, "k6", "Đây ạ")
	withFile.Content.Attachments = []content.Attachment{r.files.Add("a.png", []byte("\x89PNG\r\n\x1a\n"))}
	_, err = r.conn.Send(t.Context(), withFile)
	wantKind(t, err, connectors.Permanent)
	withoutThread := answer(nobody, "k7", "Alo?")
	withoutThread.Thread = ""
	_, err = r.conn.Send(t.Context(), withoutThread)
	wantKind(t, err, connectors.Permanent)
	if n := len(r.hub.All(connectors.Said)); n != 2 {
		t.Errorf("%d things were said, want 2: the page's own answers are no citizen's", n)
	}
}

func TestACommentIsHiddenAndShownAgain(t *testing.T) {
	r := newRig(t)
	post := r.sim.Publish(pageID, "Thông báo")
	id := r.sim.Comment(messengersim.Comment{Post: post, Name: "Lê Văn Bình", Text: "Bậy bạ"})
	for _, hidden := range []bool{true, true, false} {
		if err := r.conn.Conceal(t.Context(), connectors.RemoteID(id), hidden); err != nil {
			t.Errorf("Conceal(%v) = %v", hidden, err)
		}
		if got := r.sim.Comments(post)[0].Hidden; got != hidden {
			t.Errorf("it is hidden: %v, want %v", got, hidden)
		}
	}
	wantKind(t, r.conn.Conceal(t.Context(), "m_abc", true), connectors.Permanent)
	wantKind(t, r.conn.Conceal(t.Context(), connectors.RemoteID(post+"_999"), true), connectors.Permanent)
}

// What Meta says of our use slows us down, and stops us.
func TestUsageIsRespected(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.sim.SetUsage(messengersim.Usage{Percent: 60})
	if _, err := r.conn.Send(t.Context(), r.text("k1", "a")); err != nil {
		t.Fatal(err)
	}
	r.sim.SetUsage(messengersim.Usage{Percent: 100, Regain: 7})
	if _, err := r.conn.Send(t.Context(), r.text("k2", "b")); err != nil {
		t.Fatal(err)
	}
	r.sim.SetUsage(messengersim.Usage{})
	_, err := r.conn.Send(t.Context(), r.text("k3", "c"))
	wantKind(t, err, connectors.RateLimited)
	if after := connectors.RetryAfter(err); after != 7*time.Minute {
		t.Errorf("asks to wait %s, want 7m", after)
	}
	if n := len(r.heard()); n != 2 {
		t.Errorf("%d were sent, want 2: nothing more is called", n)
	}
	r.clock.Pass(7 * time.Minute)
	if _, err := r.conn.Send(t.Context(), r.text("k3", "c")); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// No token, proof or secret is in an address, an error, or the log.
func TestSecretsStayOut(t *testing.T) {
	r := newRig(t)
	r.talking()
	stranger := r.node(messenger.Config{PageID: pageID, PageToken: "EAAwrongTokenOfTests"})
	_, err := stranger.Send(t.Context(), r.text("k1", "a"))
	wantKind(t, err, connectors.Unauthorized)
	health := stranger.Check(t.Context())
	if told := err.Error() + connectors.ReasonOf(err) + health.Problem + r.logs.String(); strings.Contains(told, "EAAwrongTokenOfTests") || strings.Contains(told, appSecret) {
		t.Errorf("a secret is told: %s", told)
	}
	var addresses []string
	seen := http.RoundTripper(roundTrip(func(req *http.Request) (*http.Response, error) {
		addresses = append(addresses, req.URL.String())
		return http.DefaultTransport.RoundTrip(req)
	}))
	conn, err := messenger.New(messenger.Config{
		Channel: connectors.Channel{ID: "fb"}, AppID: appID, AppSecret: appSecret, PageID: pageID, PageToken: pageToken, VerifyToken: verifyToken, GraphURL: r.sim.URL(),
	}, messenger.Deps{Files: r.files, Client: &http.Client{Transport: seen}, Now: r.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Send(t.Context(), r.text("k2", "a")); err != nil {
		t.Fatal(err)
	}
	conn.Check(t.Context())
	for _, address := range addresses {
		if strings.Contains(address, pageToken) || strings.Contains(address, appSecret) || !strings.Contains(address, "appsecret_proof=") {
			t.Errorf("called is %s", address)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
