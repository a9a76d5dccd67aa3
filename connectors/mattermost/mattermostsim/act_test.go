package mattermostsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/mattermost/mattermostsim"
)

// hub is the side that buttons, dialogs and commands lead to.
func hub(t *testing.T, answer func(body object, r *http.Request) (int, string)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := object{}
		if r.Header.Get("Content-Type") == "application/json" {
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
		} else if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		status, words := answer(body, r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, words)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestAButtonIsPressed(t *testing.T) {
	r := start(t)
	var got object
	h := hub(t, func(body object, _ *http.Request) (int, string) {
		got = body
		return 200, `{"update":{"message":"Chị Lan đã nhận","props":{}},"ephemeral_text":"Đã nhận"}`
	})
	post := r.post(object{"channel_id": r.channel, "message": "Việc mới", "props": button("take", h.URL)})
	w := r.dial(r.sim.Config().Token, "", 0)
	w.hello()
	pressed, err := r.sim.Press("lan.nt", post, "take")
	if err != nil || pressed.Status != 200 || pressed.Ephemeral != "Đã nhận" || !pressed.Updated {
		t.Errorf("pressing came to %+v, %v", pressed, err)
	}
	want := object{
		"user_id": r.sim.UserID("lan.nt"), "user_name": "lan.nt", "channel_id": r.channel, "channel_name": "so-y-te", "team_domain": "1022",
		"post_id": post, "trigger_id": pressed.Trigger, "type": "button", "data_source": "", "context": object{"op": "take"},
	}
	for name, value := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(value) && name != "context" || got[name] == nil {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	if h := w.next(); h.Event != "post_edited" || h.post(t).Message != "Chị Lan đã nhận" {
		t.Errorf("heard %+v", h)
	}
	if p, _ := r.sim.Post(post); len(p.Attachments()) != 0 {
		t.Error("the buttons are still there")
	}
	if told := r.sim.Ephemerals("lan.nt"); len(told) != 1 || told[0].Message != "Đã nhận" {
		t.Errorf("she was told %+v", told)
	}
	if _, err := r.sim.Press("lan.nt", post, "take"); err == nil {
		t.Error("a button that is gone was pressed")
	}
	if out := r.sim.Ledger().Outward; len(out) != 1 || out[0].Kind != "action" || out[0].Status != 200 {
		t.Errorf("noted %+v", out)
	}
}

// TestAnUpdateTakesTheFilesAway: a server replaces all of the post, and the files that
// the answer does not name are gone.
func TestAnUpdateTakesTheFilesAway(t *testing.T) {
	r := start(t)
	h := hub(t, func(object, *http.Request) (int, string) { return 200, `{"update":{"message":"Đã nhận"}}` })
	_, data := r.raw("POST", "/files?channel_id="+r.channel+"&filename=a.txt", "text/plain", []byte("a"), r.sim.Config().Token)
	var up struct {
		Infos []mattermostsim.FileInfo `json:"file_infos"`
	}
	if err := json.Unmarshal(data, &up); err != nil {
		t.Fatal(err)
	}
	post := r.post(object{"channel_id": r.channel, "props": button("take", h.URL), "file_ids": []string{up.Infos[0].ID}})
	if _, err := r.sim.Press("lan.nt", post, "take"); err != nil {
		t.Fatal(err)
	}
	if p, _ := r.sim.Post(post); len(p.FileIDs) != 0 || p.Message != "Đã nhận" || len(p.Attachments()) != 1 {
		t.Errorf("the post is %+v", p)
	}
}

func TestAHubThatFailsIsTold(t *testing.T) {
	r := start(t, func(c *mattermostsim.Config) { c.CallWithin = 50 * time.Millisecond })
	hold := make(chan struct{})
	answers := map[string]func() (int, string){
		"500": func() (int, string) { return 500, "" },
		"no":  func() (int, string) { return 200, "<html>" },
		"late": func() (int, string) {
			<-hold
			return 200, "{}"
		},
	}
	h := hub(t, func(_ object, req *http.Request) (int, string) {
		return answers[strings.TrimPrefix(req.URL.Path, "/")]()
	})
	t.Cleanup(func() { close(hold) })
	for name := range answers {
		post := r.post(object{"channel_id": r.channel, "props": button("take", h.URL+"/"+name)})
		if pressed, err := r.sim.Press("lan.nt", post, "take"); err == nil {
			t.Errorf("%s: pressing came to %+v", name, pressed)
		}
	}
	bad := r.post(object{"channel_id": r.channel, "props": button("nhan-viec", h.URL+"/no")})
	if _, err := r.sim.Press("lan.nt", bad, "nhan-viec"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a button with a strange id: %v", err)
	}
}

func TestADialogIsOpenedFilledInAndSent(t *testing.T) {
	r := start(t)
	var sent object
	answer := `{"errors":{"text":"Ngắn quá"}}`
	h := hub(t, func(body object, _ *http.Request) (int, string) {
		if body["type"] == "dialog_submission" {
			sent = body
			return 200, answer
		}
		status, got := r.call("POST", "/actions/dialogs/open", object{"trigger_id": body["trigger_id"], "url": "http://" + body["context"].(map[string]any)["op"].(string), "dialog": object{}})
		if status != 200 {
			t.Errorf("opening was answered %d %v", status, got)
		}
		return 200, ""
	})
	props := button("reply", h.URL)
	props["attachments"].([]object)[0]["actions"].([]object)[0]["integration"] = object{"url": h.URL, "context": object{"op": strings.TrimPrefix(h.URL, "http://")}}
	post := r.post(object{"channel_id": r.channel, "props": props})
	pressed, err := r.sim.Press("lan.nt", post, "reply")
	if err != nil {
		t.Fatal(err)
	}
	if open := r.sim.Dialogs("lan.nt"); len(open) != 1 || open[0].Trigger != pressed.Trigger {
		t.Fatalf("open are %+v", open)
	}
	status, got := r.call("POST", "/actions/dialogs/open", object{"trigger_id": pressed.Trigger, "url": h.URL, "dialog": object{
		"callback_id": "reply", "title": "Trả lời người dân", "state": "4711",
		"elements": []object{{"display_name": "Nội dung", "name": "text", "type": "textarea", "max_length": 20}},
	}})
	if status != 200 {
		t.Fatalf("opening was answered %d %v", status, got)
	}
	for name, values := range map[string]map[string]any{"empty": {}, "too long": {"text": strings.Repeat("a", 21)}} {
		if back, err := r.sim.Submit(pressed.Trigger, values); err != nil || back.Errors["text"] == "" || sent != nil {
			t.Errorf("%s: sending came to %+v, %v", name, back, err)
		}
	}
	if back, err := r.sim.Submit(pressed.Trigger, map[string]any{"text": "Ừ"}); err != nil || back.Errors["text"] != "Ngắn quá" {
		t.Errorf("sending came to %+v, %v", back, err)
	}
	answer = ""
	if back, err := r.sim.Submit(pressed.Trigger, map[string]any{"text": "Dạ, đã sửa"}); err != nil || len(back.Errors) != 0 {
		t.Errorf("sending came to %+v, %v", back, err)
	}
	if sent["callback_id"] != "reply" || sent["state"] != "4711" || sent["cancelled"] != false || sent["submission"].(map[string]any)["text"] != "Dạ, đã sửa" {
		t.Errorf("the hub got %v", sent)
	}
	if open := r.sim.Dialogs("lan.nt"); len(open) != 0 {
		t.Errorf("still open are %+v", open)
	}
	r.pass(31 * time.Second)
	if status, got := r.call("POST", "/actions/dialogs/open", object{"trigger_id": pressed.Trigger, "url": h.URL, "dialog": object{}}); status != 400 || !strings.Contains(got["id"].(string), "expired") {
		t.Errorf("after half a minute opening was answered %d %v", status, got)
	}
}

func TestASlashCommandIsAnsweredAtOnceAndLater(t *testing.T) {
	r := start(t, func(c *mattermostsim.Config) { c.CommandRoot = true })
	var got *http.Request
	answer := `{"response_type":"ephemeral","text":"Trực: chị Lan"}`
	h := hub(t, func(_ object, req *http.Request) (int, string) {
		got = req
		return 200, answer
	})
	if _, err := r.sim.Slash("lan.nt", "so-y-te", "", "/1022 trực"); err == nil {
		t.Error("a command that is not registered was taken")
	}
	token := r.sim.SetCommand(mattermostsim.Command{Trigger: "1022", URL: h.URL})
	root := r.post(object{"channel_id": r.channel, "message": "gốc"})
	back, err := r.sim.Slash("lan.nt", "so-y-te", root, "/1022 tra  hố ga mất nắp")
	if err != nil || back.Text != "Trực: chị Lan" || back.InChannel {
		t.Errorf("the command came to %+v, %v", back, err)
	}
	for name, want := range map[string]string{
		"token": token, "command": "/1022", "text": "tra  hố ga mất nắp", "user_name": "lan.nt", "channel_name": "so-y-te", "root_id": root, "response_url": back.Response,
	} {
		if value := got.PostForm.Get(name); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	if header := got.Header.Get("Authorization"); header != "Token "+token {
		t.Errorf("the header is %q", header)
	}
	answer = `{"response_type":"in_channel","text":"Mọi người cùng thấy"}`
	if back, err = r.sim.Slash("lan.nt", "so-y-te", "", "/1022"); err != nil || !back.InChannel {
		t.Errorf("the command came to %+v, %v", back, err)
	}
	if p, ok := r.sim.Post(back.Post); !ok || p.Props["from_webhook"] != "true" {
		t.Errorf("everybody sees %+v", p)
	}
	for i := range 6 {
		resp, err := r.client.Post(back.Response, "application/json", strings.NewReader(`{"text":"sau"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if (resp.StatusCode == 200) != (i < 5) {
			t.Errorf("response number %d was answered %d", i+1, resp.StatusCode)
		}
	}
}
