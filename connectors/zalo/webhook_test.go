package zalo_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

// The vector that the signature was specified with, byte for byte.
const (
	vectorBody = `{"app_id":"1022000000000000001","sender":{"id":"7000000000000000042"},"user_id_by_app":"8000000000000000042","recipient":{"id":"3000000000000000001"},"event_name":"user_send_text","message":{"text":"Đèn đường hỏng","msg_id":"96d3cdf3af150460909"},"timestamp":"1767225600123"}`
	vectorMAC  = "7d94cad07af91909d4584db28162712652243503572026c116dd2743966e5079"
)

func TestSignatureVectors(t *testing.T) {
	r := newUnconnected(t)
	handler := r.conn.Handler(r.hub)
	for _, tt := range []struct {
		name, mac string
		want      int
	}{
		{"as documented", "mac=" + vectorMAC, 200},
		{"without the prefix", vectorMAC, 200},
		{"with the app's secret", "mac=110f65f1da9572d4ec8e51f4f29b139363adf4ccc83ec0ef646c24c86a51a4e5", 401},
		{"of the body re-serialised", "mac=77afbf513bc20301c30028e01b5c725da12216a33ade966e983276c9207af305", 401},
		{"with the OA id in front", "mac=dc37a3bcf8cf314e6ab375f93fd8ea35240118b47e11b5987280bcea3e0b898d", 401},
		{"of the body alone", "mac=d960e8532a7aff6a6949bb23b7965e2f127eb781365365daa1e1e8b93b6ba097", 401},
		{"with the prefix twice", "mac=mac=" + vectorMAC, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := connectortest.Deliver(handler, vectorBody, map[string]string{"X-ZEvent-Signature": tt.mac}); got != tt.want {
				t.Errorf("answered %d, want %d", got, tt.want)
			}
		})
	}
	if got := len(r.hub.All(connectors.Said)); got != 1 {
		t.Errorf("%d messages were kept, want 1", got)
	}
}

func TestTheOldWebhookSecretIsTakenDuringAChange(t *testing.T) {
	r := newUnconnected(t, func(platform *zalosim.Config, own *zalo.Config) {
		platform.OASecret, own.OldWebhookSecret = "oaSecretKeyOfYesterday", "oaSecretKeyOfYesterday"
	})
	r.sim.Say(oaID, citizen, "Xin chào")
	until(t, "the event", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
	if connectortest.Deliver(r.conn.Handler(r.hub), vectorBody, map[string]string{"X-ZEvent-Signature": "mac=" + vectorMAC}) != 200 {
		t.Error("the new secret is refused")
	}
}

func TestTheConsoleMaySaveTheAddress(t *testing.T) {
	r := newUnconnected(t)
	if got := connectortest.Deliver(r.conn.Handler(r.hub), "", nil); got != 200 {
		t.Errorf("the empty request is answered %d, want 200", got)
	}
	if len(r.hub.Kept()) != 0 {
		t.Error("something was kept")
	}
}

func TestAWrongSecretIsNoticed(t *testing.T) {
	r := newRig(t, func(platform *zalosim.Config, _ *zalo.Config) { platform.Resends = []time.Duration{} })
	r.sim.SetUnruly(zalosim.Unruly{Forge: true})
	for range 5 {
		r.sim.Say(oaID, citizen, "Alo?")
	}
	until(t, "the refusals", func() bool { return r.sim.Ledger().Waiting() == 0 })
	if health := r.conn.Check(t.Context()); !health.OK || !strings.Contains(health.Problem, "5 sự kiện") {
		t.Errorf("Check = %+v, want the five told", health)
	}
	if n := strings.Count(r.logs.String(), "wrong signature"); n != 1 {
		t.Errorf("%d lines in the log within a minute, want 1", n)
	}
	r.sim.SetUnruly(zalosim.Unruly{})
	r.sim.Say(oaID, citizen, "Alo?")
	until(t, "a genuine event", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
	if health := r.conn.Check(t.Context()); health.Problem != "" {
		t.Errorf("Check = %+v", health)
	}
}

func TestOtherMethodsAndPaths(t *testing.T) {
	r := newUnconnected(t)
	answer := connectortest.Serve(r.conn.Handler(r.hub), httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET is answered %d", answer.Code)
	}
}

// Everything a citizen can do in the app arrives as what it is.
func TestFromThePhoneToTheHub(t *testing.T) {
	r := newRig(t)
	user := r.sim.Citizen(oaID, "Trần Thị Mẫu")
	first := r.sim.Say(oaID, user, "Đèn đường hỏng")
	r.sim.Send(oaID, user, zalosim.Message{Kind: zalosim.Text, Text: "Ở Lê Lợi", Quote: first})
	r.sim.SendFile(oaID, user, zalosim.Image, "den.jpg", []byte("\xff\xd8\xff\xe0"))
	r.sim.SendFile(oaID, user, zalosim.Audio, "a.amr", []byte("#!AMR\n"))
	r.sim.Send(oaID, user, zalosim.Message{Kind: zalosim.Sticker, Name: "46981", URL: r.sim.URL() + "/phone/sticker/46981"})
	r.sim.Send(oaID, user, zalosim.Message{Kind: zalosim.Location, Lat: 19.8067, Lng: 105.7852})
	r.sim.Send(oaID, user, zalosim.Message{Kind: zalosim.Card, Name: "Nguyễn Văn Mẫu", Phone: "84901234567"})
	r.sim.Send(oaID, user, zalosim.Message{Kind: zalosim.Link, Name: "Tin tức", URL: "https://news.example/1", Text: "https://news.example/1"})
	r.sim.Follow(oaID, user)
	r.sim.Unfollow(oaID, user)
	r.sim.Share(oaID, user, zalosim.Info{Name: "Trần Thị Mẫu", Phone: "84901234567", Address: "12 Lê Lợi"})
	by := r.sim.AnswerAsAdmin(oaID, user, "5000000000000000009", "1022 xin nghe")
	receipt, err := r.conn.Send(t.Context(), connectors.Outbound{Key: "k1", To: connectors.RemoteID(user), Content: r.text("", "Dạ, 1022 đã nhận").Content})
	if err != nil {
		t.Fatal(err)
	}
	r.sim.See(oaID, user)
	until(t, "all of it", func() bool {
		return len(r.hub.All(connectors.Said)) == 8 && len(r.hub.All(connectors.Echo)) == 2 && len(r.hub.All(connectors.Delivered)) == 1 &&
			len(r.hub.All(connectors.Seen)) == 2 && len(r.hub.All(connectors.Followed, connectors.Unfollowed, connectors.Shared)) == 3
	})
	for _, echo := range r.hub.All(connectors.Echo) {
		if person := string(echo.Message) == by; person != (echo.By != "") || !person && echo.Message != receipt.Message {
			t.Errorf("echo %+v", echo)
		}
	}
	for _, raw := range r.hub.Kept() {
		if raw.Trouble != "" {
			t.Errorf("trouble %q with %s", raw.Trouble, raw.Body)
		}
	}
	until(t, "all acknowledgements", func() bool { return r.sim.Ledger().Waiting() == 0 })
}

func TestWhileTheHubCannotKeepTheEventIsSentAgain(t *testing.T) {
	r := newRig(t, func(platform *zalosim.Config, _ *zalo.Config) {
		platform.Resends = slices.Repeat([]time.Duration{10 * time.Millisecond}, 1000) // it does not give up before the hub can
	})
	r.hub.Fails(errors.New("the disk is full"))
	r.sim.Say(oaID, citizen, "Xin chào")
	until(t, "three tries", func() bool { return len(r.sim.Ledger().Events[0].Tries) >= 3 })
	r.hub.Fails(nil)
	until(t, "the event", func() bool { return len(r.hub.All(connectors.Said)) == 1 && r.sim.Ledger().Waiting() == 0 })
	for _, try := range r.sim.Ledger().Events[0].Tries[:2] {
		if try.Status != http.StatusServiceUnavailable {
			t.Errorf("answered %d, want 503", try.Status)
		}
	}
}

func TestCopiesAndDisorderHaveTheirOwnKeysAndTimes(t *testing.T) {
	r := newRig(t)
	r.sim.SetUnruly(zalosim.Unruly{Copies: 4, Shuffle: 20 * time.Millisecond})
	const many = 25
	for range many {
		r.clock.Pass(time.Second)
		r.sim.Say(oaID, citizen, "Xin chào")
	}
	until(t, "all copies", func() bool { return len(r.hub.Inbounds()) == 4*many })
	times := map[time.Time]bool{}
	for _, in := range r.hub.All(connectors.Said) {
		times[in.SentAt] = true
	}
	if got := len(r.hub.All(connectors.Said)); got != many || len(times) != many {
		t.Errorf("%d keys and %d times, want %d", got, len(times), many)
	}
}

// One webhook address serves all OAs of an app.
func TestAnAppWithTwoOAs(t *testing.T) {
	r := newRig(t)
	second := r.node(zalo.Config{OAID: otherOA, Channel: connectors.Channel{ID: "zalo-lamdong", Name: "1022 Lâm Đồng"}})
	app, err := zalo.NewApp(r.conn, second)
	if err != nil {
		t.Fatal(err)
	}
	both := httptest.NewServer(app.Handler(r.hub))
	defer both.Close()
	r.sim.SetWebhook(both.URL)
	r.sim.Say(oaID, citizen, "Thanh Hóa")
	r.sim.Say(otherOA, citizen, "Lâm Đồng")
	r.sim.Follow(otherOA, citizen)
	until(t, "three events", func() bool {
		return len(r.hub.All(connectors.Said)) == 2 && len(r.hub.All(connectors.Followed)) == 1
	})
	for _, raw := range r.hub.Kept() {
		if other := strings.Contains(string(raw.Body), otherOA); other != (raw.Channel == "zalo-lamdong") || raw.Trouble != "" {
			t.Errorf("%s went to %s, trouble %q", raw.Body, raw.Channel, raw.Trouble)
		}
	}
	link, err := second.Authorize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	back, err := r.sim.Consent(otherOA, link)
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(back, "?")
	answer, err := http.Get(both.URL + zalo.CallbackPath + "?" + query)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("the way back: %v", err)
	}
	answer.Body.Close()
	if health := second.Check(t.Context()); !health.OK {
		t.Errorf("the second OA: %+v", health)
	}

	before := len(r.hub.Kept())
	r.sim.Emit("x", citizen, "user_send_text", []byte(`{"app_id":"`+appID+`","event_name":"user_send_text","timestamp":"1","sender":{"id":"7"},"recipient":{"id":"9"},"message":{"msg_id":"a","text":"b"}}`), "1")
	until(t, "the stray event", func() bool { return len(r.hub.Kept()) > before })
	if stray := r.hub.Kept()[before]; !strings.Contains(stray.Trouble, "không thuộc OA") {
		t.Errorf("an OA we do not know: %+v", stray)
	}
}

func TestNewAppRefuses(t *testing.T) {
	r := newUnconnected(t)
	if _, err := zalo.NewApp(); err == nil {
		t.Error("no OA at all")
	}
	if _, err := zalo.NewApp(r.conn, r.node(zalo.Config{})); err == nil {
		t.Error("the same OA twice")
	}
}

func TestNewTellsAllThatIsWrong(t *testing.T) {
	_, err := zalo.New(zalo.Config{AppSecret: "s", WebhookSecret: "s", HookURL: "1022.example.vn", Buttons: -1}, zalo.Deps{})
	for _, want := range []string{"app_id", "oa_id", "hook_url", "buttons", "Vault", "id"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want %q told", err, want)
		}
	}
}
