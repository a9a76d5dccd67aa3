package mattermost_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/mattermost"
	"tongdai/connectors/mattermost/mattermostsim"
)

func TestWhoWroteIsTold(t *testing.T) {
	for name, unproven := range map[string]bool{"the server vouches for addresses": false, "anybody chooses an address": true} {
		t.Run(name, func(t *testing.T) {
			r := start(t, func(cfg *mattermost.Config) { cfg.MailUnproven = unproven })
			root := r.opened(matter())
			r.run()
			r.say(root, "lan.nt", "Đã xem", mattermostsim.File{Name: "lich.txt", Data: []byte("thứ ba")})
			in := r.heard(1)[0]
			who := in.Act.By
			if who.Name != "Lan Nguyễn Thị" || string(who.User) != r.sim.UserID("lan.nt") || (who.Mail == "lan.nt@thanhhoa.example.vn") == unproven {
				t.Errorf("it is %+v", who)
			}
			a := in.Content.Attachments[0]
			if a.Name != "lich.txt" || a.ID != "" || a.Source == "" {
				t.Errorf("the file is %+v", a)
			}
			kept, err := r.bridge.Fetch(t.Context(), content.Attachment{Source: a.Source})
			if err != nil || kept.Name != "lich.txt" || kept.Source != "" || string(r.files.Data(kept.ID)) != "thứ ba" {
				t.Errorf("Fetch = %+v, %v", kept, err)
			}
		})
	}
}

func TestFilesThatAreNotToBeHad(t *testing.T) {
	r := start(t, func(cfg *mattermost.Config) { cfg.MaxFile = 4 })
	root := r.opened(matter())
	r.run()
	r.say(root, "lan.nt", "x", mattermostsim.File{Name: "to.txt", Data: []byte("quá to")})
	for name, a := range map[string]content.Attachment{
		"too large": r.heard(1)[0].Content.Attachments[0], "none of the server's": {Source: "http://169.254.169.254/latest"},
		"another path": {Source: "../users/me"}, "gone": {Source: strings.Repeat("a", 26)},
	} {
		if _, err := r.bridge.Fetch(t.Context(), a); connectors.KindOf(err) != connectors.Permanent || connectors.ReasonOf(err) == "" {
			t.Errorf("%s: Fetch = %v", name, err)
		}
	}
}

func TestASocketThatWentDeadInSilenceLosesNothing(t *testing.T) {
	r := start(t, func(cfg *mattermost.Config) { cfg.Recheck = 20 * time.Millisecond })
	root := r.opened(matter())
	r.run()
	r.say(root, "lan.nt", "Một")
	r.heard(1)
	r.sim.Mute()
	r.say(root, "lan.nt", "Hai")
	if in := r.heard(2); in[1].Content.Text != "Hai" {
		t.Errorf("it is %+v", in[1])
	}
	if health := r.bridge.Check(t.Context()); !health.OK || !strings.Contains(health.Standing, "WebSocket") {
		t.Errorf("Check = %+v", health)
	}
}

func TestABotThatIsLetInAgainHearsWhatWasSaid(t *testing.T) {
	r := start(t, func(cfg *mattermost.Config) { cfg.Recheck = 20 * time.Millisecond })
	root := r.opened(matter())
	r.bridge = r.again() // one that does not know the thread
	if err := r.sim.RemoveMember(room, "tong-dai"); err != nil {
		t.Fatal(err)
	}
	r.run()
	r.say(root, "lan.nt", "Một")
	connectortest.Until(t, "a look in vain", func() bool { return len(r.sim.Ledger().CallsOf("GET /channels/{channel}/posts")) > 2 })
	if err := r.sim.AddMember(room, "tong-dai"); err != nil {
		t.Fatal(err)
	}
	r.heard(1)
}

func TestALongAbsenceIsReadInPages(t *testing.T) {
	r := start(t, nil, func(cfg *mattermostsim.Config) { cfg.Limits.Changed = 1000 })
	root := r.opened(matter())
	first := r.say(root, "lan.nt", "Đầu tiên")
	for range 1005 {
		r.say("", "minh.lv", "chuyện khác")
	}
	last := r.say(root, "lan.nt", "Sau cùng")
	r.run()
	in := r.heard(2)
	if in[0].Message != first || in[1].Message != last {
		t.Errorf("it heard %+v", in)
	}
}

func TestWithTheCardItsAnswersAreTakenBack(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	r.run()
	said := r.say(root, "lan.nt", "Đã xem")
	r.heard(1)
	if err := r.sim.Delete(string(root)); err != nil {
		t.Fatal(err)
	}
	if in := r.heard(2)[1]; in.Act.Do != connectors.Retract || in.Act.About != said {
		t.Errorf("it is %+v %+v", in, in.Act)
	}
}

func TestAPostThatCannotBeReadIsKeptForPeople(t *testing.T) {
	r := start(t, nil)
	if _, err := r.bridge.Parse(t.Context(), connectors.Raw{Body: []byte(`{"event":"posted","post":{"id":"x"}}`)}); err == nil {
		t.Error("Parse took a post without ids")
	}
	root := r.opened(matter())
	r.run()
	r.say(root, "lan.nt", "! Thứ ba")
	want := r.heard(1)[0]
	raws := r.hub.Kept()
	read := slices.IndexFunc(raws, func(raw connectors.Raw) bool { return bytes.Contains(raw.Body, []byte("Thứ ba")) })
	got, err := r.bridge.Parse(t.Context(), raws[read])
	if err != nil || len(got) != 1 || got[0].Key != want.Key || got[0].Content.Text != "Thứ ba" || got[0].Act.Do != connectors.Speak {
		t.Errorf("Parse = %+v, %v, want %+v", got, err, want)
	}
}

func TestAButtonIsPressedInTheChat(t *testing.T) {
	r := start(t, nil)
	m := matter()
	m.Urgent, m.Alarm = true, true
	root := r.opened(m)
	for n, tt := range []struct {
		action string
		do     connectors.Deed
	}{{"take", connectors.Take}, {"confirm", connectors.Confirm}} {
		pressed, err := r.sim.Press("lan.nt", string(root), tt.action)
		if err != nil || pressed.Ephemeral != "" {
			t.Fatalf("Press = %+v, %v", pressed, err)
		}
		in := r.heard(n + 1)[n]
		if a := in.Act; a.Do != tt.do || a.Thread != threadName || a.By.Name != "Lan Nguyễn Thị" || in.Kind != connectors.Acted {
			t.Errorf("%s is %+v %+v", tt.action, in, a)
		}
	}
	r.hub.Fails(errors.New("the store cannot be written"))
	pressed, err := r.sim.Press("lan.nt", string(root), "take")
	if err != nil || !strings.Contains(pressed.Ephemeral, "chưa ghi được") {
		t.Errorf("of a press that was not kept one reads %+v, %v", pressed, err)
	}
}

// sent has somebody press a button and send the dialog that opens.
func (r *rig) sent(root connectors.RemoteID, action string, values map[string]any) mattermostsim.Submitted {
	r.t.Helper()
	pressed, err := r.sim.Press("lan.nt", string(root), action)
	if err != nil || pressed.Ephemeral != "" {
		r.t.Fatalf("Press = %+v, %v", pressed, err)
	}
	got, err := r.sim.Submit(pressed.Trigger, values)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func TestADialogIsADeed(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	due := time.Now().In(matter().Due.Location()).AddDate(0, 0, 2)
	for n, tt := range []struct {
		action string
		values map[string]any
		do     connectors.Deed
		text   string
	}{
		{"reply", map[string]any{"text": " Sáng *thứ ba* ạ. "}, connectors.Speak, "Sáng *thứ ba* ạ."},
		{"promise", map[string]any{"due": due.Format("15:04 02/01/2006"), "text": ""}, connectors.Vow, ""},
		{"return", map[string]any{"text": "Của Sở Xây dựng"}, connectors.GiveUp, "Của Sở Xây dựng"},
	} {
		if got := r.sent(root, tt.action, tt.values); got.Error != "" || len(got.Errors) > 0 {
			t.Fatalf("%s is answered %+v", tt.action, got)
		}
		in := r.heard(n + 1)[n]
		if a := in.Act; a.Do != tt.do || a.Thread != threadName || in.Content.Text != tt.text || a.By.Mail == "" {
			t.Errorf("%s is %+v %+v", tt.action, in, a)
		}
		if tt.do == connectors.Vow && !in.Act.Due.Equal(due.Truncate(time.Minute)) {
			t.Errorf("the promise is by %s, want %s", in.Act.Due, due)
		}
	}
	// What was said is read in the thread, and bears its sign.
	if got := r.thread(root)[1:]; len(got) != 1 || got[0] != "**Lan Nguyễn Thị** trả lời người dân:\n> Sáng \\*thứ ba\\* ạ." {
		t.Errorf("the thread says %q", got)
	}
	r.post(connectors.Post{Key: "o", Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter(), Items: []connectors.Item{
		{Kind: connectors.ItemOutcome, About: r.heard(3)[0].Message, State: connectors.Reached},
	}})
	if p := r.sim.Thread(string(root))[1]; len(p.Metadata.Reactions) != 1 || p.Metadata.Reactions[0].EmojiName != "white_check_mark" {
		t.Errorf("it bears %+v", p.Metadata.Reactions)
	}
	if warnings := r.sim.Ledger().Warnings; len(warnings) > 0 {
		t.Errorf("real clients would show it wrongly: %q", warnings)
	}
}

// The hub may have done what a dialog says before its words stand in the thread.
func TestASignWaitsForTheWordsThatBearIt(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	sign := connectors.Post{Key: "o", Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter()}
	r.hub.Meanwhile(func(_ connectors.Raw, in []connectors.Inbound) error {
		sign.Items = []connectors.Item{{Kind: connectors.ItemOutcome, About: in[0].Message, State: connectors.Reached}}
		if _, err := r.bridge.Post(t.Context(), sign); err == nil || connectors.KindOf(err) != connectors.Retryable {
			t.Errorf("too early, Post = %v, want another try", err)
		}
		return nil
	})
	if got := r.sent(root, "reply", map[string]any{"text": "Sáng thứ ba ạ."}); got.Error != "" || len(got.Errors) > 0 {
		t.Fatalf("the dialog is answered %+v", got)
	}
	r.post(sign)
	if p := r.sim.Thread(string(root))[1]; len(p.Metadata.Reactions) != 1 || p.Metadata.Reactions[0].EmojiName != "white_check_mark" {
		t.Errorf("it bears %+v", p.Metadata.Reactions)
	}
}

func TestWhatIsWrongInADialogIsToldBesideIt(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	if got := r.sent(root, "promise", map[string]any{"due": "hôm qua"}); got.Errors["due"] == "" {
		t.Errorf("a promise without a time is answered %+v", got)
	}
	if got := r.sent(root, "reply", map[string]any{"text": "   "}); got.Errors["text"] == "" {
		t.Errorf("an empty answer is answered %+v", got)
	}
	r.hub.Fails(errors.New("the store cannot be written"))
	if got := r.sent(root, "reply", map[string]any{"text": "Thứ ba"}); !strings.Contains(got.Error, "chưa ghi được") {
		t.Errorf("an answer that was not kept is answered %+v", got)
	}
	if n := len(r.hub.Inbounds()); n != 0 {
		t.Errorf("%d were kept", n)
	}
}

func TestADialogHoldsForTheOneWhoOpenedIt(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	pressed, err := r.sim.Press("lan.nt", string(root), "reply")
	if err != nil {
		t.Fatal(err)
	}
	d := r.sim.Dialogs("lan.nt")[0]
	body := map[string]any{"type": "dialog_submission", "callback_id": d.Callback, "state": d.State, "user_id": r.sim.UserID("khach"), "submission": map[string]any{"text": "Lừa"}}
	if w := serve(r, call("/dialog", body)); w.Code != 401 {
		t.Errorf("sent by another it is answered %d", w.Code)
	}
	body["user_id"] = r.sim.UserID("lan.nt")
	for range 2 {
		if w := serve(r, call("/dialog", body)); w.Code != 200 {
			t.Errorf("it is answered %d", w.Code)
		}
	}
	if in := r.heard(2); in[0].Key != in[1].Key || in[0].Key == "" {
		t.Errorf("sent twice it is %q and %q", in[0].Key, in[1].Key)
	}
	if n := len(r.thread(root)); n != 2 {
		t.Errorf("the thread has %d posts, want the card and one answer", n)
	}
	if err := r.sim.Cancel(pressed.Trigger); err != nil {
		t.Error(err)
	}
}

func TestAButtonEndsOneDay(t *testing.T) {
	r := start(t, func(cfg *mattermost.Config) { cfg.ButtonLife = -time.Minute })
	root := r.opened(matter())
	pressed, err := r.sim.Press("lan.nt", string(root), "take")
	if err != nil || !strings.Contains(pressed.Ephemeral, "quá hạn") || len(r.hub.Inbounds()) != 0 {
		t.Errorf("Press = %+v, %v", pressed, err)
	}
}

func TestCallsThatAreNone(t *testing.T) {
	r := start(t, nil)
	get := call("/button", nil)
	get.Method = "GET"
	for name, tt := range map[string]struct {
		got  int
		want int
	}{
		"by GET":    {serve(r, get).Code, 405},
		"elsewhere": {serve(r, call("/", nil)).Code, 404},
		"too long":  {serve(r, call("/button", strings.Repeat("x", 300<<10))).Code, 413},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: answered %d, want %d", name, tt.got, tt.want)
		}
	}
}

// answers are an Informer's.
type answers struct{ linked string }

func (answers) Search(_ context.Context, _ connectors.ChannelID, _ connectors.Colleague, question string) ([]connectors.Found, error) {
	if question == "cấm" {
		return nil, &connectors.Error{Kind: connectors.Permanent, Reason: "Anh/chị chưa nối tài khoản."}
	}
	if question == "lạ" {
		return nil, nil
	}
	return []connectors.Found{{Entry: "e1", Question: "Tiêm ở đâu?", Answer: "Ở trạm y tế *phường*.", Unit: "Sở Y tế"}}, nil
}

func (answers) Show(_ context.Context, _ connectors.ChannelID, _ connectors.Colleague, code string) (connectors.Matter, []connectors.Item, error) {
	m := matter()
	m.Code = code
	return m, []connectors.Item{{Kind: connectors.ItemNote, By: "Minh", Text: "Đã gọi trạm."}}, nil
}

func (answers) OnDuty(context.Context, connectors.ChannelID, connectors.Colleague) ([]string, error) {
	return []string{"Lê Văn Minh"}, nil
}

func (a *answers) Link(_ context.Context, _ connectors.ChannelID, by connectors.Colleague, code string) (string, error) {
	a.linked = string(by.User) + " " + code
	return "Nguyễn Thị Lan", nil
}

func TestTheSlashCommandAnswers(t *testing.T) {
	r := start(t, nil)
	hub := &answers{}
	r.informer = hub
	r.bridge = r.again()
	r.handler = r.bridge.Handler(r.hub)
	root := r.opened(matter())
	for line, want := range map[string]string{
		"/1022":                    "xem <mã phiếu>",
		"/1022 giúp":               "tra <câu hỏi>",
		"/1022 tra tiêm ở đâu":     "Kho hỏi đáp:",
		"/1022 tra lạ":             "chưa có mục nào",
		"/1022 tra cấm":            "chưa nối tài khoản",
		"/1022 tra":                "viết câu hỏi sau",
		"/1022 xem th-261121-0042": "Đã gọi trạm.",
		"/1022 trực":               "Lê Văn Minh",
		"/1022 TRUC":               "Lê Văn Minh",
		"/1022 link ABC":           "Nguyễn Thị Lan",
	} {
		got, err := r.sim.Slash("lan.nt", room, string(root), line)
		if err != nil || got.InChannel || !strings.Contains(got.Text, want) {
			t.Errorf("%s = %+v, %v, want %q", line, got, err, want)
		}
	}
	if hub.linked != r.sim.UserID("lan.nt")+" ABC" {
		t.Errorf("linked is %q", hub.linked)
	}
	if n := len(r.sim.Channel(room)); n != 1 {
		t.Errorf("everybody sees %d posts, want the card alone", n)
	}
}

func TestAnAnswerThatWasFoundGoesIntoTheThread(t *testing.T) {
	r := start(t, nil, func(cfg *mattermostsim.Config) { cfg.CommandRoot = true })
	r.informer = &answers{}
	r.bridge = r.again()
	r.handler = r.bridge.Handler(r.hub)
	root := r.opened(matter())
	own := r.say("", "lan.nt", "chuyện khác")
	heard := 0
	for n, tt := range []struct {
		at   connectors.RemoteID
		line string
		want bool
	}{
		{root, "/1022 tra tiêm ở đâu", true},
		{own, "/1022 tra tiêm ở đâu", false},
		{"", "/1022 tra tiêm ở đâu", false},
		{"", "/1022 tra th-261121-0042 tiêm ở đâu", true},
		{"", "/1022 tra TH-261121-9999 tiêm ở đâu", false},
	} {
		if _, err := r.sim.Slash("lan.nt", room, string(tt.at), tt.line); err != nil {
			t.Fatal(err)
		}
		all := r.sim.Ephemerals("lan.nt")
		last := all[len(all)-1]
		a, has := last.Action("insert")
		if has != tt.want {
			t.Errorf("%s in the thread %q has a button: %v", tt.line, tt.at, has)
		}
		if !has {
			continue
		}
		body := map[string]any{"user_id": r.sim.UserID("lan.nt"), "post_id": last.ID, "trigger_id": fmt.Sprint(n), "context": a.Integration.Context}
		if w := serve(r, call("/button", body)); w.Code != 200 {
			t.Errorf("it is answered %d", w.Code)
		}
		heard++
		in := r.heard(heard)[heard-1]
		if in.Act.Do != connectors.Speak || in.Act.Root != root || in.Act.Thread != threadName || in.Content.Text != "Ở trạm y tế *phường*." {
			t.Errorf("it is %+v %+v", in, in.Act)
		}
	}
}

func TestHealthSaysWhatToDo(t *testing.T) {
	r := start(t, func(cfg *mattermost.Config) {
		cfg.Places = map[string]string{"so-y-te": room, "so-noi-vu": "khong-co", "cdc": "1022/kin"}
	})
	if _, err := r.sim.AddChannel(mattermostsim.Channel{Name: "kin", DisplayName: "Kín", Type: mattermostsim.Private, Members: []string{"lan.nt"}}); err != nil {
		t.Fatal(err)
	}
	health := r.bridge.Check(t.Context())
	if health.OK || !strings.Contains(health.Problem, "1022/khong-co") || !strings.Contains(health.Problem, "1022/kin") || strings.Contains(health.Problem, room) {
		t.Errorf("Check = %+v", health)
	}
	for range 3 {
		serve(r, call("/button", map[string]any{}))
	}
	if health := r.bridge.Check(t.Context()); !strings.Contains(health.Problem, "3 lượt gọi") {
		t.Errorf("Check = %+v of a door that was knocked at", health)
	}
	r.sim.Revoke()
	if health := r.bridge.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "token") {
		t.Errorf("Check = %+v of a token that was withdrawn", health)
	}
}

func TestNothingOfWhatPeopleWriteIsLogged(t *testing.T) {
	var log bytes.Buffer
	r := start(t, nil)
	b, err := mattermost.New(mattermost.Config{
		Channel: connectors.Channel{ID: "chat-1022"}, URL: r.sim.URL(), Token: r.sim.Config().Token, Team: "1022",
		Places: map[string]string{"so-y-te": room}, Hook: r.hook, Secret: []byte(secret),
	}, mattermost.Deps{Files: r.files, Bookmarks: r.marks, Client: r.client, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r.hub.Fails(errors.New("the store cannot be written"))
	r.sim.Fail(mattermostsim.Fault{On: "POST /posts", Code: 400, Message: "Tiêm chủng cho trẻ ở đâu?"})
	_, err = b.Post(t.Context(), connectors.Post{Key: "k", Place: "1022/" + room, Thread: threadName, Matter: matter()})
	if err == nil {
		t.Fatal("Post was taken")
	}
	r.sim.ClearFaults()
	posted, err := b.Post(t.Context(), connectors.Post{Key: "k", Place: "1022/" + room, Thread: threadName, Matter: matter()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, r.hub) }()
	tries := func() int { return len(r.sim.Ledger().CallsOf("GET /websocket")) } // each ends soon, as nothing can be kept
	connectortest.Until(t, "the socket", func() bool { return tries() > 0 })
	r.say(posted.Root, "lan.nt", "chuyện riêng của bà Mẫu")
	said := tries()
	connectortest.Until(t, "tries with what was said", func() bool { return tries() > said+1 })
	cancel()
	<-ended
	for _, word := range []string{"riêng", "Tiêm", "Mẫu", r.sim.Config().Token, secret} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log tells %q:\n%s", word, log.String())
		}
	}
}

func FuzzCallsAreRefusedOrUnderstood(f *testing.F) {
	f.Add("/button", []byte(`{"user_id":"u","context":{"token":"e30.AA"}}`))
	f.Add("/dialog", []byte(`{"state":"e30.AA","submission":{"text":"x"}}`))
	f.Add("/command", []byte(`token=x&text=tra`))
	b, err := mattermost.New(mattermost.Config{
		Channel: connectors.Channel{ID: "chat-1022"}, URL: "http://127.0.0.1:1", Token: "t", Team: "t", Leaders: "l", Secret: []byte(secret), CommandToken: commandToken,
	}, mattermost.Deps{Files: &connectortest.Files{}, Bookmarks: connectortest.NewBookmarks()})
	if err != nil {
		f.Fatal(err)
	}
	kept := &connectortest.Receiver{}
	handler := b.Handler(kept)
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		q := call("/button", nil)
		q.URL.Path, q.Body = path, asBody(body)
		w := connectortest.Serve(handler, q)
		if w.Code != 401 && w.Code != 404 && w.Code != 413 {
			t.Errorf("%s %q is answered %d", path, body, w.Code)
		}
		if len(kept.Inbounds()) > 0 {
			t.Errorf("%q was kept", body)
		}
	})
}
