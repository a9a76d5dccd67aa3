package messenger_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/messenger"
	"tongdai/connectors/messenger/messengersim"
)

// The vector that the signature was specified with, byte for byte.
const (
	vectorBody = `{"object":"page","entry":[{"id":"100200300400500","time":1767225600456,"messaging":[{"sender":{"id":"24680135791113"},"recipient":{"id":"100200300400500"},"timestamp":1767225600123,"message":{"mid":"m_AbC123","text":"H\u1ed1 ga m\u1ea5t n\u1eafp \ud83d\ude21"}}]}]}`
	vectorMAC  = "sha256=ece174e3d77c687559888a6788a49dd43b366f108fbd425414e42052bae4f49d"
)

func TestSignatureVectors(t *testing.T) {
	var kept connectortest.Receiver
	handler := onlyReading(t).Handler(&kept)
	for _, tt := range []struct {
		name string
		body string
		head map[string]string
		want int
	}{
		{"as documented", vectorBody, map[string]string{"X-Hub-Signature-256": vectorMAC}, 200},
		{"with the old one beside", vectorBody, map[string]string{"X-Hub-Signature-256": vectorMAC, "X-Hub-Signature": "sha1=9092547d98be0df320c7c27cbbed47fafcc29feb"}, 200},
		{"with the old one alone", vectorBody, map[string]string{"X-Hub-Signature": "sha1=9092547d98be0df320c7c27cbbed47fafcc29feb"}, 401},
		{"of the body as plain UTF-8", vectorBody, map[string]string{"X-Hub-Signature-256": "sha256=e4ae8e64ea6f52858b920d77d2defcd4e163111ebf07ca77741a2be83d43b34c"}, 401},
		{"of the body as plain UTF-8, which it is", `{"object":"page","entry":[{"id":"100200300400500","time":1767225600456,"messaging":[{"sender":{"id":"24680135791113"},"recipient":{"id":"100200300400500"},"timestamp":1767225600123,"message":{"mid":"m_AbC123","text":"Hố ga mất nắp 😡"}}]}]}`,
			map[string]string{"X-Hub-Signature-256": "sha256=e4ae8e64ea6f52858b920d77d2defcd4e163111ebf07ca77741a2be83d43b34c"}, 200},
		{"without the name of the hash", vectorBody, map[string]string{"X-Hub-Signature-256": vectorMAC[7:]}, 401},
		{"in capitals", vectorBody, map[string]string{"X-Hub-Signature-256": "sha256=" + strings.ToUpper(vectorMAC[7:])}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := connectortest.Deliver(handler, tt.body, tt.head); got != tt.want {
				t.Errorf("answered %d, want %d", got, tt.want)
			}
		})
	}
	if said := kept.All(connectors.Said); len(said) != 1 || said[0].Content.Text != "Hố ga mất nắp 😡" {
		t.Errorf("kept is %+v", said)
	}
}

func TestTheAddressIsVerified(t *testing.T) {
	handler := onlyReading(t).Handler(&connectortest.Receiver{})
	for _, tt := range []struct {
		name, query, body string
		want              int
	}{
		{"as documented", "hub.mode=subscribe&hub.verify_token=verify1022&hub.challenge=1158201444", "1158201444", 200},
		{"with another token", "hub.mode=subscribe&hub.verify_token=verify1023&hub.challenge=1158201444", "", 403},
		{"without a token", "hub.mode=subscribe&hub.challenge=1158201444", "", 403},
		{"without a challenge", "hub.mode=subscribe&hub.verify_token=verify1022", "", 403},
		{"with another mode", "hub.mode=unsubscribe&hub.verify_token=verify1022&hub.challenge=1", "", 403},
		{"with a challenge without end", "hub.mode=subscribe&hub.verify_token=verify1022&hub.challenge=" + strings.Repeat("1", 5000), "", 403},
		{"by a person in a browser", "", "", 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := connectortest.Serve(handler, httptest.NewRequest(http.MethodGet, "/?"+tt.query, nil))
			if answer.Code != tt.want || tt.body != "" && answer.Body.String() != tt.body {
				t.Errorf("answered %d %q, want %d %q", answer.Code, answer.Body, tt.want, tt.body)
			}
			if strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
				t.Error("a stranger's words are answered as a page")
			}
		})
	}
}

func TestAWrongSecretIsNoticed(t *testing.T) {
	r := newRig(t, func(platform *messengersim.Config, _ *messenger.Config) { platform.Resends = []time.Duration{} })
	r.sim.SetUnruly(messengersim.Unruly{Forge: true})
	for range 5 {
		r.sim.Say(pageID, citizen, "Alo?")
	}
	until(t, "the refusals", func() bool { return r.sim.Ledger().Waiting() == 0 })
	if health := r.conn.Check(t.Context()); !health.OK || !strings.Contains(health.Problem, "5 yêu cầu") {
		t.Errorf("Check = %+v, want the five told", health)
	}
	if n := strings.Count(r.logs.String(), "wrong signature"); n != 1 {
		t.Errorf("%d lines in the log within a minute, want 1", n)
	}
	r.sim.SetUnruly(messengersim.Unruly{})
	r.sim.Say(pageID, citizen, "Alo?")
	until(t, "a genuine event", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
	if health := r.conn.Check(t.Context()); health.Problem != "" {
		t.Errorf("Check = %+v", health)
	}
}

// Several pages of one app have one address, and each gets what is its own.
func TestPagesOfOneAppShareItsWebhook(t *testing.T) {
	r := newRig(t, func(platform *messengersim.Config, _ *messenger.Config) {
		platform.Batch, platform.Gather = 50, 20*time.Millisecond
	})
	second := r.node(messenger.Config{
		Channel: connectors.Channel{ID: "fb-lam-dong", Name: "1022 Lâm Đồng"}, PageID: otherPage, PageToken: "EAAother",
	})
	app, err := messenger.NewApp(r.conn, second)
	if err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(app.Handler(r.hub))
	defer hook.Close()
	r.sim.SetWebhook(hook.URL)
	r.sim.SetUnruly(messengersim.Unruly{Hold: true})
	r.sim.Say(pageID, "7", "của Thanh Hóa")
	r.sim.Say(otherPage, "8", "của Lâm Đồng")
	r.sim.Say(pageID, "9", "của Thanh Hóa nữa")
	r.sim.SetUnruly(messengersim.Unruly{})
	until(t, "all three", func() bool { return len(r.hub.All(connectors.Said)) == 3 })
	raws := r.hub.Kept()
	if len(raws) != 2 || raws[0].Channel == raws[1].Channel || string(raws[0].Body) != string(raws[1].Body) {
		t.Fatalf("there were %d calls of Receive, want one for each page with the same request", len(raws))
	}
	for _, raw := range raws {
		conn, want := r.conn, 2
		if raw.Channel == "fb-lam-dong" {
			conn, want = second, 1
		}
		if in, err := conn.Parse(t.Context(), raw); err != nil || len(in) != want {
			t.Errorf("%s reads %d again, %v, want %d", raw.Channel, len(in), err, want)
		}
	}
	stray := `{"object":"page","entry":[{"id":"555","time":1,"messaging":[{"sender":{"id":"1"},"message":{"mid":"m","text":"a"}}]}]}`
	if status, err := r.sim.Emit(t.Context(), []byte(stray)); status != 200 {
		t.Errorf("what is of neither page is answered %d, %v", status, err)
	}
	if last := r.hub.Kept()[2]; last.Channel != "fb-1022" || !strings.Contains(last.Trouble, "trang 555") {
		t.Errorf("what is of neither page is kept as %+v", last)
	}

	if _, err := messenger.NewApp(); err == nil {
		t.Error("an app without pages is one")
	}
	if _, err := messenger.NewApp(r.conn, r.conn); err == nil {
		t.Error("a page is there twice")
	}
}

// A request for two pages is acknowledged when both are kept.
func TestNothingIsAcknowledgedThatTheHubDoesNotKeep(t *testing.T) {
	r := newRig(t, func(platform *messengersim.Config, _ *messenger.Config) {
		platform.Resends = slices.Repeat([]time.Duration{10 * time.Millisecond}, 1000) // it does not give up before the hub can
	})
	r.hub.Fails(errors.New("disk full"))
	r.sim.Say(pageID, citizen, "Alo?")
	until(t, "the first tries", func() bool { l := r.sim.Ledger(); return len(l.Events[0].Tries) >= 2 })
	if got := r.sim.Ledger().Events[0].Tries[0].Status; got != http.StatusServiceUnavailable {
		t.Errorf("answered %d, want 503", got)
	}
	r.hub.Fails(nil)
	until(t, "a resend", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
}

// Everything a citizen can do in the app arrives as what it is, whatever the
// platform does with its requests.
func TestFromThePhoneToTheHub(t *testing.T) {
	for name, change := range map[string]func(*messengersim.Config){
		"one by one":                     func(*messengersim.Config) {},
		"in batches, twice, in disorder": func(c *messengersim.Config) { c.Batch, c.Gather = 5, 10*time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(platform *messengersim.Config, _ *messenger.Config) { change(platform) })
			if strings.Contains(name, "twice") {
				r.sim.SetUnruly(messengersim.Unruly{Copies: 2, Shuffle: 20 * time.Millisecond, Again: true})
			}
			user := r.sim.Citizen(pageID, "Trần Thị Mẫu")
			r.sim.Begin(pageID, user, "qr-phuong1")
			first := r.sim.Say(pageID, user, "Đèn đường hỏng")
			r.sim.Send(pageID, user, messengersim.Message{Text: "Ở Lê Lợi", Reply: first})
			r.sim.SendFile(pageID, user, "image", "den.jpg", []byte("\xff\xd8\xff\xe0"))
			r.sim.SendFile(pageID, user, "audio", "a.mp4", []byte("ftyp"))
			r.sim.Send(pageID, user, messengersim.Message{Files: []messengersim.File{{Type: "sticker", URL: r.sim.URL() + "/static/like.svg", Sticker: messengersim.Like}}})
			r.sim.Edit(pageID, user, first, "Đèn đường Lê Lợi hỏng")
			r.sim.React(pageID, user, first, "❤")
			r.sim.Come(pageID, user, "qr-phuong2")
			r.sim.TakeOver(pageID, user)
			r.sim.Say(pageID, user, "Có ai không?")
			r.sim.HandBack(pageID, user)
			post := r.sim.Publish(pageID, "Thông báo cắt điện")
			comment := r.sim.Comment(messengersim.Comment{Post: post, Name: "Lê Văn Bình", Text: "Bao giờ có lại?"})
			r.sim.Comment(messengersim.Comment{Post: post, Parent: comment, Name: "Phạm Thị Hoa", Text: "Chỗ tôi có rồi"})
			r.sim.EditComment(comment, "Bao giờ có điện lại?")
			r.sim.HideComment(comment, true)
			r.sim.RemoveComment(comment)
			until(t, "all of it", func() bool {
				return r.sim.Ledger().Waiting() == 0 && len(r.hub.All(connectors.Said)) == 8
			})
			count := map[connectors.InboundKind]int{}
			for _, in := range r.hub.All(connectors.Opened, connectors.Edited, connectors.Reacted, connectors.Controlled, connectors.Concealed, connectors.Withdrawn) {
				count[in.Kind]++
			}
			for kind, want := range map[connectors.InboundKind]int{
				connectors.Opened: 2, connectors.Edited: 2, connectors.Reacted: 1, connectors.Controlled: 2, connectors.Concealed: 1, connectors.Withdrawn: 1,
			} {
				if count[kind] != want {
					t.Errorf("%d are %s, want %d", count[kind], kind, want)
				}
			}
			byText := map[string]connectors.Inbound{}
			for _, in := range r.hub.All(connectors.Said) {
				byText[in.Content.Text] = in
			}
			if in := byText["Ở Lê Lợi"]; string(in.Quotes) != first {
				t.Errorf("an answer quotes %q, want %q", in.Quotes, first)
			}
			if in := byText["Có ai không?"]; !in.Standby {
				t.Error("what is said to another app is not told as such")
			}
			if in := byText["Chỗ tôi có rồi"]; string(in.Thread) != "comment/"+comment || !in.Public || in.Profile.Name != "Phạm Thị Hoa" {
				t.Errorf("an answer to a comment is %+v", in)
			}
			for _, raw := range r.hub.Kept() {
				if raw.Trouble != "" {
					t.Errorf("trouble: %s", raw.Trouble)
				}
			}
		})
	}
}

// Our answers come back as echoes with the hub's key, others' as theirs.
func TestEchoesTellWhoWrote(t *testing.T) {
	r := newRig(t)
	r.talking()
	if _, err := r.conn.Send(t.Context(), r.text("message-1", "Dạ, 1022 nghe.")); err != nil {
		t.Fatal(err)
	}
	r.sim.AnswerInInbox(pageID, citizen, "Em là Lan ạ")
	until(t, "both echoes", func() bool { return len(r.hub.All(connectors.Echo)) == 2 })
	for _, in := range r.hub.All(connectors.Echo) {
		if ours := in.Content.Text == "Dạ, 1022 nghe."; (in.Sent == "message-1") != ours || (in.By == "") != ours {
			t.Errorf("an echo is %+v", in)
		}
	}
	until(t, "the mark", func() bool { return len(r.hub.All(connectors.Delivered)) == 1 })
	r.sim.See(pageID, citizen)
	until(t, "the other mark", func() bool { return len(r.hub.All(connectors.Seen)) == 1 })
	if in := r.hub.All(connectors.Seen)[0]; in.Message != "" || !in.UpTo.Equal(r.clock.Now()) {
		t.Errorf("it is %+v", in)
	}
}

// A button's value makes the whole way and comes back.
func TestAChoiceMakesTheWholeWay(t *testing.T) {
	r := newRig(t)
	r.talking()
	out := r.text("k1", "Chọn lĩnh vực:")
	out.Content.Choices = []content.Choice{{Label: "Đô thị", Value: "field:urban"}, {Label: "Y tế dự phòng và tiêm chủng", Value: "field:health"}}
	if _, err := r.conn.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	asked := r.heard()[0]
	if !strings.Contains(asked.Text, "2. Y tế dự phòng và tiêm chủng") || asked.Quick[1].Title != "2. Y tế dự phòng và…" {
		t.Errorf("asked is %q with %+v", asked.Text, asked.Quick)
	}
	r.sim.Press(pageID, citizen, asked.Quick[1])
	until(t, "the press", func() bool {
		return slices.ContainsFunc(r.hub.All(connectors.Said), func(in connectors.Inbound) bool { return in.Pressed == "field:health" })
	})
}

func TestAConfigurationIsRefusedWithAllThatIsWrong(t *testing.T) {
	_, err := messenger.New(messenger.Config{GraphURL: "graph"}, messenger.Deps{})
	for _, want := range []string{"channel: id", "app_id", "app_secret", "page_id", "page_token", "verify_token", "graph_url", "Files"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
}

func TestRawIsKeptAsItCame(t *testing.T) {
	r := newRig(t)
	r.sim.Say(pageID, citizen, "Xin chào / chào")
	until(t, "it", func() bool { return len(r.hub.Kept()) == 1 })
	body := string(r.hub.Kept()[0].Body)
	if !strings.Contains(body, `Xin ch\u00e0o \/ ch\u00e0o`) || !json.Valid([]byte(body)) {
		t.Errorf("kept is %s", body)
	}
}
