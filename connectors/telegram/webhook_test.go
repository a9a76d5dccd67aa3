package telegram_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/telegram"
	"tongdai/connectors/telegram/telegramsim"
)

// offer is a question with n choices.
func offer(n int) content.Content {
	c := content.Content{Text: "Anh/chị hỏi về:"}
	for i := range n {
		c.Choices = append(c.Choices, content.Choice{Label: fmt.Sprint("Chọn ", i), Value: fmt.Sprint("v", i)})
	}
	return c
}

// Everything a citizen can do in the app arrives as what it is.
func TestFromThePhoneToTheHub(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	r.sim.Begin(r.user, "qr-phuong1")
	first := r.sim.Say(r.user, "Đèn đường hỏng")
	r.sim.Send(r.user, telegramsim.Message{Kind: telegramsim.Text, Text: "Ở Lê Lợi", Quote: first})
	for _, kind := range []telegramsim.Kind{telegramsim.Photo, telegramsim.Document, telegramsim.Video, telegramsim.VideoNote,
		telegramsim.Animation, telegramsim.Voice, telegramsim.Audio, telegramsim.Sticker} {
		r.sim.SendFile(r.user, kind, "tep.bin", "", picture(1))
	}
	r.sim.Send(r.user, telegramsim.Message{Kind: telegramsim.Location, Lat: 19.8067, Lng: 105.7852})
	r.sim.Send(r.user, telegramsim.Message{Kind: telegramsim.Contact, Name: "Nguyễn Văn Mẫu", Phone: "84901234567"})
	r.sim.Edit(r.user, first, "Đèn đường hỏng từ hôm qua")
	receipt, err := conn.Send(t.Context(), r.out("k1", offer(2)))
	if err != nil {
		t.Fatal(err)
	}
	ours := number(string(receipt.Message))
	r.sim.React(r.user, ours, "❤")
	r.sim.React(r.user, ours, "")
	press := r.sim.Press(r.user, ours, "=v1")
	r.sim.Press(r.user, ours, "=made-up")
	r.sim.Press(r.user, 99_999, "#forgotten")
	r.sim.Block(r.user, true)
	r.sim.Block(r.user, false)
	until(t, "all to be taken", func() bool { return r.sim.Waiting() == 0 })
	for kind, want := range map[connectors.InboundKind]int{
		connectors.Opened: 1, connectors.Said: 13, connectors.Edited: 1, connectors.Reacted: 2, connectors.Followed: 1, connectors.Unfollowed: 1,
	} {
		if got := r.hub.All(kind); len(got) != want {
			t.Errorf("%d of the kind %s, want %d: %+v", len(got), kind, want, got)
		}
	}
	if opened := r.hub.All(connectors.Opened)[0]; opened.Ref != "qr-phuong1" || opened.Profile.Name != "Trần Thị Mẫu" {
		t.Errorf("Opened = %+v", opened)
	}
	troubles := 0
	for _, raw := range r.hub.Kept() {
		if raw.Trouble != "" {
			troubles++
		}
	}
	if troubles != 2 {
		t.Errorf("%d troubles, want those of the two presses that nobody offered", troubles)
	}
	answers := r.sim.Ledger().CallsOf("answerCallbackQuery")
	if len(answers) != 3 || !answers[0].Answered || answers[0].Text != "" || !strings.Contains(answers[1].Text, "đã cũ") || press == "" {
		t.Errorf("the presses were answered %+v", answers)
	}
}

// A choice too long for a button comes back as what the citizen can read on it.
func TestALongChoiceIsPressedToo(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	r.talking()
	long := content.Choice{Label: "Thủ tục cấp đổi giấy phép lái xe", Value: strings.Repeat("ế", 40)}
	receipt, err := conn.Send(t.Context(), r.out("k1", content.Content{Text: "Chọn:", Choices: []content.Choice{long, {Label: "Khác", Value: "none"}}}))
	if err != nil {
		t.Fatal(err)
	}
	board := r.ours()[0].Buttons
	if len(board) != 2 || len(board[0].Data) > 64 {
		t.Fatalf("the buttons are %+v", board)
	}
	r.sim.Press(r.user, number(string(receipt.Message)), board[0].Data)
	until(t, "the press", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
	in := r.hub.All(connectors.Said)[0]
	if picked, ok := content.Pick(in.Content.Text, []content.Choice{long, {Label: "Khác", Value: "none"}}); in.Pressed != "" || !ok || picked != long {
		t.Errorf("pressed is %+v, which picks %+v", in, picked)
	}
}

func TestWhileTheHubCannotKeepTheUpdateIsSentAgain(t *testing.T) {
	r := newRig(t)
	r.installed()
	r.hub.Fails(errors.New("the disk is full"))
	r.sim.Say(r.user, "Xin chào")
	until(t, "three tries", func() bool { return len(r.sim.Ledger().Updates[0].Tries) >= 3 })
	r.hub.Fails(nil)
	until(t, "the update", func() bool { return len(r.hub.All(connectors.Said)) == 1 && r.sim.Waiting() == 0 })
	for _, try := range r.sim.Ledger().Updates[0].Tries[:2] {
		if try.Status != http.StatusServiceUnavailable {
			t.Errorf("answered %d, want 503", try.Status)
		}
	}
}

func TestCopiesAndDisorderHaveTheirOwnKeysAndTimes(t *testing.T) {
	r := newRig(t, func(platform *telegramsim.Config, _ *telegram.Config) { platform.Connections = 40 })
	r.installed()
	r.sim.SetUnruly(telegramsim.Unruly{Copies: 3, Shuffle: 20 * time.Millisecond})
	const many = 25
	for range many {
		r.clock.Pass(time.Second)
		r.sim.Say(r.user, "Xin chào")
	}
	until(t, "all copies", func() bool { return r.sim.Waiting() == 0 })
	times := map[time.Time]bool{}
	for _, in := range r.hub.All(connectors.Said) {
		times[in.SentAt] = true
	}
	if got, copies := len(r.hub.All(connectors.Said)), len(r.hub.Inbounds())-len(r.hub.All()); got != many || len(times) != many || copies != 2*many {
		t.Errorf("%d keys, %d times and %d copies, want %d, %d and %d", got, len(times), copies, many, many, 2*many)
	}
}

// One connection, which is what we ask for, keeps the order whatever happens.
func TestOneConnectionKeepsTheOrder(t *testing.T) {
	r := newRig(t)
	r.installed()
	fails := 0
	r.hub.Meanwhile(func(connectors.Raw, []connectors.Inbound) error {
		if fails++; fails%4 == 0 {
			return errors.New("the disk is full")
		}
		return nil
	})
	for i := range 20 {
		r.sim.Say(r.user, fmt.Sprint(i))
	}
	until(t, "all of them", func() bool { return r.sim.Waiting() == 0 })
	for i, in := range r.hub.All(connectors.Said) {
		if in.Content.Text != fmt.Sprint(i) {
			t.Errorf("place %d has message %s", i, in.Content.Text)
		}
	}
}

func TestAWrongSecretIsNoticed(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	r.sim.SetUnruly(telegramsim.Unruly{Forge: true})
	r.sim.Say(r.user, "Alo?")
	until(t, "five refusals", func() bool { return len(r.sim.Ledger().Updates[0].Tries) >= 5 })
	if health := conn.Check(t.Context()); !health.OK || !strings.Contains(health.Problem, "sai mã bí mật") {
		t.Errorf("Check = %+v, want them told", health)
	}
	if n := strings.Count(r.logs.String(), "wrong secret"); n != 1 {
		t.Errorf("%d lines in the log within a minute, want 1", n)
	}
	r.sim.SetUnruly(telegramsim.Unruly{})
	until(t, "the genuine one", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
	r.clock.Pass(time.Hour)
	if health := conn.Check(t.Context()); !health.OK || health.Problem != "" {
		t.Errorf("Check = %+v", health)
	}
}

func TestCheckTellsWhatIsWrongWithTheWebhook(t *testing.T) {
	r := newRig(t)
	conn, hook := r.hooked()
	if health := conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "channel connect telegram-1022") {
		t.Errorf("Check before Install = %+v", health)
	}
	done, err := conn.Install(t.Context(), "https://khac.example.vn:1234/hook")
	if err != nil || len(done) != 4 {
		t.Errorf("Install = %q, %v", done, err)
	}
	if health := conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "khac.example.vn") {
		t.Errorf("Check with another's webhook = %+v", health)
	}
	if _, err := conn.Install(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	r.hub.Fails(errors.New("the disk is full"))
	r.sim.Say(r.user, "Alo?")
	until(t, "a failure", func() bool { return strings.Contains(conn.Check(t.Context()).Problem, "503") })
	if health := conn.Check(t.Context()); !health.OK || !strings.Contains(health.Problem, "1 tin chờ") {
		t.Errorf("Check while updates fail = %+v", health)
	}
}

func TestInstallKeepsWhatWasDoneBeforeItFailed(t *testing.T) {
	r := newRig(t)
	conn, hook := r.hooked()
	r.sim.Fail(telegramsim.Fault{On: "setMyDescription", Code: 400, Description: "Bad Request: description is too long"})
	done, err := conn.Install(t.Context(), hook)
	if err == nil || len(done) != 2 || strings.Contains(err.Error(), token) {
		t.Errorf("Install = %q, %v", done, err)
	}
}

func TestGroupsAreToldOnceAndChannelsLeft(t *testing.T) {
	r := newRig(t)
	r.installed()
	group := r.sim.Group("group", "Tổ dân phố 5")
	r.sim.SayIn(group, r.user, "Đèn hỏng")
	r.sim.SayIn(group, r.user, "Alo?")
	channel := r.sim.Group("channel", "Tin tức")
	r.sim.SayIn(channel, r.user, "Thông báo")
	until(t, "all to be taken", func() bool { return r.sim.Waiting() == 0 })
	ours := 0
	for _, m := range r.sim.Messages(group) {
		if !m.FromUser {
			ours++
		}
	}
	if ours != 1 || len(r.sim.Ledger().CallsOf("leaveChat")) != 1 || len(r.hub.Kept()) != 0 {
		t.Errorf("%d words to the group, left %+v, kept %d", ours, r.sim.Ledger().CallsOf("leaveChat"), len(r.hub.Kept()))
	}
}

func TestOtherMethods(t *testing.T) {
	r := newRig(t)
	conn, _ := r.hooked()
	answer := connectortest.Serve(conn.Handler(r.hub), httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET is answered %d", answer.Code)
	}
}

func TestNewTellsAllThatIsWrong(t *testing.T) {
	_, err := telegram.NewHooked(telegram.Config{Token: "AA", URL: "api.telegram.org", Connections: 200, Secret: "có dấu"}, telegram.Deps{})
	for _, want := range []string{"id", "bot_token", "telegram_url", "connections", "webhook_secret", "Files"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewHooked = %v, want %q told", err, want)
		}
	}
	if _, err := telegram.NewPolled(telegram.Config{Channel: connectors.Channel{ID: "a"}, Token: token}, telegram.Deps{Files: &connectortest.Files{}}); err != nil {
		t.Errorf("a bot that fetches needs no secret: %v", err)
	}
}
