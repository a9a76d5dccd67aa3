package messenger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/messenger"
	"tongdai/connectors/messenger/messengersim"
)

func TestCheckSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(r *rig)
		ok    bool
		want  string
	}{
		{"nothing", func(*rig) {}, true, ""},
		{"a password that was changed", func(r *rig) { r.sim.Revoke(pageID, 460) }, false, "đổi mật khẩu"},
		{"an app that was removed", func(r *rig) { r.sim.Revoke(pageID, 458) }, false, "gỡ ứng dụng"},
		{"a webhook that is off", func(r *rig) { r.sim.SetWebhook("") }, false, "webhook"},
		{"a page that was taken away", func(r *rig) { r.sim.Lose(pageID) }, true, "đăng ký lại lúc 15:00 22/11/2026"},
		{"an outage", func(r *rig) { r.sim.Fail(messengersim.Fault{Cut: messengersim.CutBefore}) }, false, "kiểm tra mạng"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			tt.spoil(r)
			health := r.conn.Check(t.Context())
			if health.OK != tt.ok || !strings.Contains(health.Problem, tt.want) || tt.want == "" && health.Problem != "" {
				t.Errorf("Check = %+v, want %v with %q", health, tt.ok, tt.want)
			}
		})
	}
	t.Run("another page's token", func(t *testing.T) {
		r := newRig(t)
		conn := r.node(messenger.Config{PageID: pageID, PageToken: "EAAsimulated" + otherPage})
		if health := conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, otherPage) {
			t.Errorf("Check = %+v", health)
		}
	})
}

// A page that was taken away during an outage comes back, and what was said
// meanwhile is had from the history.
func TestAPageThatWasTakenAwayComesBack(t *testing.T) {
	r := newRig(t)
	r.sim.Say(pageID, citizen, "trước")
	until(t, "the first", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
	r.sim.SetWebhook("http://127.0.0.1:1/")
	r.clock.Pass(time.Minute)
	r.sim.Say(pageID, citizen, "trong lúc hỏng")
	until(t, "the loss", func() bool { return len(r.sim.Ledger().Lost) == 1 })
	r.clock.Pass(time.Hour)
	r.sim.SetWebhook(r.hook.URL)
	r.sim.Say(pageID, citizen, "vẫn không tới")
	if health := r.conn.Check(t.Context()); !health.OK || !strings.Contains(health.Problem, "Đối chiếu") {
		t.Errorf("Check = %+v", health)
	}
	if !strings.Contains(r.logs.String(), "subscribed again") {
		t.Error("the log is silent about it")
	}
	r.clock.Pass(time.Minute)
	r.sim.Say(pageID, citizen, "lại tới")
	until(t, "the last", func() bool { return len(r.hub.All(connectors.Said)) == 2 })

	since := r.clock.Now().Add(-2 * time.Hour)
	heard, err := r.conn.Recent(t.Context(), since)
	if err != nil || len(heard) != 1 || heard[0].User != citizen {
		t.Fatalf("Recent = %+v, %v", heard, err)
	}
	raw, in, err := r.conn.Recall(t.Context(), citizen, since)
	if err != nil || raw.Trouble != "" || len(in) != 4 {
		t.Fatalf("Recall = %d things, %v, %q", len(in), err, raw.Trouble)
	}
	var texts []string
	known := map[string]bool{}
	for _, said := range r.hub.All(connectors.Said) {
		known[said.Key] = true
	}
	for _, said := range in {
		if !said.Recalled {
			t.Errorf("%+v is not told as recalled", said)
		}
		if !known[said.Key] {
			texts = append(texts, said.Content.Text)
		}
	}
	if !slices.Equal(texts, []string{"trong lúc hỏng", "vẫn không tới"}) {
		t.Errorf("what never came is %q", texts)
	}
	if again, err := r.conn.Parse(t.Context(), raw); err != nil || len(again) != 4 || again[0].Key != in[0].Key {
		t.Errorf("Parse of the history = %d things, %v", len(again), err)
	}
	if health := func() connectors.Health { r.clock.Pass(13 * time.Hour); return r.conn.Check(t.Context()) }(); health.Problem != "" {
		t.Errorf("half a day later Check = %+v", health)
	}
}

// A long history is had page by page, until what is known.
func TestALongHistory(t *testing.T) {
	r := newRig(t)
	for i := range 30 {
		r.clock.Pass(time.Second)
		r.sim.Say(pageID, citizen, fmt.Sprint("tin ", i))
	}
	r.sim.SendFile(pageID, citizen, "image", "a.jpg", []byte("\xff\xd8\xff"))
	until(t, "all", func() bool { return r.sim.Ledger().Waiting() == 0 })
	_, in, err := r.conn.Recall(t.Context(), citizen, r.clock.Now().Add(-25*time.Second))
	if err != nil || len(in) < 26 || len(in) > 28 {
		t.Fatalf("Recall = %d things, %v, want those of 25 seconds and one before", len(in), err)
	}
	if last := in[len(in)-1]; len(last.Content.Attachments) != 1 || last.Content.Attachments[0].Source == "" {
		t.Errorf("the last is %+v", last)
	}
	if _, in, err := r.conn.Recall(t.Context(), "24680135799999", time.Time{}); err != nil || len(in) != 0 {
		t.Errorf("Recall of nobody = %+v, %v", in, err)
	}
}

func TestInstallIntroducesThePage(t *testing.T) {
	r := newRig(t, func(_ *messengersim.Config, own *messenger.Config) {
		own.Greeting = "Tổng đài 1022 xin chào. Trợ lý tự động trả lời trước."
		own.Menu = []string{"Gặp cán bộ trực", "Tra cứu phản ánh của tôi"}
		own.Questions = []string{"Tôi muốn gửi phản ánh"}
	})
	r.sim.SetWebhook("")
	r.sim.Lose(pageID)
	done, err := r.conn.Install(t.Context(), r.hook.URL)
	if err != nil || len(done) != 3 {
		t.Fatalf("Install = %q, %v", done, err)
	}
	profile := r.sim.Profile(pageID)
	if profile["get_started"] != "GET_STARTED" || profile["greeting"] != "Tổng đài 1022 xin chào. Trợ lý tự động trả lời trước." {
		t.Errorf("the page says %+v", profile)
	}
	if r.sim.Webhook() != r.hook.URL || r.conn.Check(t.Context()).Problem != "" {
		t.Errorf("afterwards the webhook is %q and Check %+v", r.sim.Webhook(), r.conn.Check(t.Context()))
	}
	menu := profile["persistent_menu"].([]messengersim.Button)
	r.sim.Press(pageID, citizen, menu[0])
	until(t, "the menu's words", func() bool {
		said := r.hub.All(connectors.Said)
		return len(said) == 1 && said[0].Content.Text == "Gặp cán bộ trực" && said[0].Pressed == ""
	})
	done, err = r.conn.Install(t.Context(), "http://127.0.0.1:1/hook")
	if err == nil || len(done) != 2 || !strings.Contains(connectors.ReasonOf(err), verifyToken) {
		t.Errorf("Install with nobody there = %q, %v", done, err)
	}
}

func TestControlOfAConversation(t *testing.T) {
	r := newRig(t)
	r.talking()
	if err := r.conn.Yield(t.Context(), citizen); err != nil {
		t.Fatal(err)
	}
	_, err := r.conn.Send(t.Context(), r.text("k1", "a"))
	wantKind(t, err, connectors.Permanent)
	if !strings.Contains(connectors.ReasonOf(err), "tiếp quản") {
		t.Errorf("the reason is %q", connectors.ReasonOf(err))
	}
	if err := r.conn.Take(t.Context(), citizen); err != nil {
		t.Fatal(err)
	}
	if _, err := r.conn.Send(t.Context(), r.text("k1", "a")); err != nil {
		t.Errorf("after taking it: %v", err)
	}
	until(t, "both reports", func() bool { return len(r.hub.All(connectors.Controlled)) == 2 })
	for _, in := range r.hub.All(connectors.Controlled) {
		if in.From != citizen {
			t.Errorf("it is %+v", in)
		}
	}
	second := newRig(t, func(platform *messengersim.Config, _ *messenger.Config) { platform.Second = true })
	second.talking()
	if err := second.conn.Take(t.Context(), citizen); err != nil {
		t.Errorf("an app that may only ask: %v", err)
	}
	calls := second.sim.Ledger().Calls
	if last := calls[len(calls)-1]; last.Type != "request_thread_control" {
		t.Errorf("the last call is %+v", last)
	}
	second.sim.Revoke(pageID, 463)
	wantKind(t, second.conn.Take(t.Context(), citizen), connectors.Unauthorized)
}

func TestSignsAreShown(t *testing.T) {
	r := newRig(t)
	r.talking()
	if err := r.conn.Signal(t.Context(), citizen, "", connectors.Typing); err != nil || !r.sim.Typing(pageID, citizen) {
		t.Errorf("typing: %v, shown: %v", err, r.sim.Typing(pageID, citizen))
	}
	if err := r.conn.Signal(t.Context(), citizen, "", connectors.Looked); err != nil || !r.sim.Messages(pageID, citizen)[0].Seen {
		t.Errorf("seen: %v, %+v", err, r.sim.Messages(pageID, citizen)[0])
	}
	if err := r.conn.Signal(t.Context(), "unnamed/1_2", "", connectors.Typing); err != nil {
		t.Errorf("to nobody known: %v", err)
	}
}
