package telegramsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/telegram/telegramsim"
)

type rig struct {
	t    *testing.T
	sim  *telegramsim.Sim
	now  time.Time
	user int64
}

func start(t *testing.T, change ...func(*telegramsim.Config)) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	cfg := telegramsim.Config{Resend: time.Millisecond, Now: func() time.Time { return r.now }}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := telegramsim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	r.sim, r.user = sim, sim.Citizen("Trần Thị Mẫu")
	return r
}

// answer is what the Bot API says.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
}

// call makes a call with parameters as JSON.
func (r *rig) call(method string, params map[string]any) (a answer) {
	r.t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.Post(r.sim.URL()+"/bot"+r.sim.Config().Token+"/"+method, "application/json", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return r.read(resp)
}

func (r *rig) read(resp *http.Response) (a answer) {
	r.t.Helper()
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		r.t.Fatal(err)
	}
	if status := resp.StatusCode; a.OK != (status == 200) || !a.OK && status != a.Code {
		r.t.Errorf("HTTP %d with %+v", status, a)
	}
	return a
}

func (r *rig) wantRefused(a answer, code int, words string) {
	r.t.Helper()
	if a.OK || a.Code != code || !strings.Contains(a.Description, words) {
		r.t.Errorf("answered %+v, want %d %q", a, code, words)
	}
}

func TestWhatIsRefused(t *testing.T) {
	button := func(b map[string]any) map[string]any {
		return map[string]any{"inline_keyboard": []any{[]any{b}}}
	}
	for _, tt := range []struct {
		name, method string
		params       map[string]any
		code         int
		words        string
	}{
		{"no such method", "sendHologram", nil, 404, "Not Found"},
		{"no such chat", "sendMessage", map[string]any{"chat_id": 4711, "text": "a"}, 400, "chat not found"},
		{"no words", "sendMessage", map[string]any{"text": " "}, 400, "text is empty"},
		{"too many words", "sendMessage", map[string]any{"text": strings.Repeat("a", 4097)}, 400, "is too long"},
		{"too many words, counted as the platform counts emoji", "sendMessage", map[string]any{"text": strings.Repeat("😀", 2049)}, 400, "is too long"},
		{"a button that carries too much", "sendMessage", map[string]any{"text": "a", "reply_markup": button(map[string]any{"text": "b", "callback_data": strings.Repeat("ế", 22)})}, 400, "BUTTON_DATA_INVALID"},
		{"a button to call a number", "sendMessage", map[string]any{"text": "a", "reply_markup": button(map[string]any{"text": "b", "url": "tel:1022"})}, 400, "URL"},
		{"a button that does nothing", "sendMessage", map[string]any{"text": "a", "reply_markup": button(map[string]any{"text": "b"})}, 400, "unallowed"},
		{"a reply to nothing", "sendMessage", map[string]any{"text": "a", "reply_parameters": map[string]any{"message_id": 4711}}, 400, "to be replied not found"},
		{"an album of one", "sendMediaGroup", map[string]any{"media": []any{map[string]any{"type": "photo", "media": "attach://a"}}}, 400, "from 2 to 10"},
		{"a photo that is not there", "sendPhoto", map[string]any{"caption": "a"}, 400, "no photo"},
		{"an unknown file", "getFile", map[string]any{"file_id": "x"}, 400, "wrong file_id"},
		{"a webhook in the clear", "setWebhook", map[string]any{"url": "http://1022.example.vn/hook"}, 400, "HTTPS"},
		{"a webhook on another port", "setWebhook", map[string]any{"url": "https://1022.example.vn:8022/hook"}, 400, "ports"},
		{"a secret with other letters", "setWebhook", map[string]any{"url": "https://1022.example.vn/", "secret_token": "mật khẩu"}, 400, "unallowed"},
		{"an answer to no press", "answerCallbackQuery", map[string]any{"callback_query_id": "x"}, 400, "too old"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t)
			r.sim.Begin(r.user, "")
			if _, named := tt.params["chat_id"]; !named && tt.params != nil {
				tt.params["chat_id"] = r.user
			}
			r.wantRefused(r.call(tt.method, tt.params), tt.code, tt.words)
		})
	}
}

func TestWhoMayBeWrittenTo(t *testing.T) {
	r := start(t)
	say := map[string]any{"chat_id": r.user, "text": "a"}
	r.wantRefused(r.call("sendMessage", say), 403, "can't initiate")
	r.sim.Begin(r.user, "")
	if a := r.call("sendMessage", say); !a.OK {
		t.Errorf("answered %+v", a)
	}
	r.sim.Block(r.user, true)
	r.wantRefused(r.call("sendMessage", say), 403, "blocked")
	r.sim.Block(r.user, false)
	r.sim.Delete(r.user)
	r.wantRefused(r.call("sendMessage", say), 403, "deactivated")
	r.sim.Revoke()
	r.wantRefused(r.call("getMe", nil), 401, "Unauthorized")
}

func TestTooMuchIsRefusedForAsLongAsItSays(t *testing.T) {
	r := start(t, func(c *telegramsim.Config) { c.PerChat, c.RetryAfter = 1, 3*time.Second })
	r.sim.Begin(r.user, "")
	say := map[string]any{"chat_id": r.user, "text": "a"}
	r.call("sendMessage", say)
	r.now = r.now.Add(100 * time.Millisecond)
	if a := r.call("sendMessage", say); a.Code != 429 || a.Parameters.RetryAfter != 3 {
		t.Errorf("answered %+v, want 429 for 3 s", a)
	}
	r.now = r.now.Add(2 * time.Second)
	if a := r.call("sendMessage", say); a.Code != 429 || a.Parameters.RetryAfter != 1 {
		t.Errorf("answered %+v, want the second that is left", a)
	}
	r.now = r.now.Add(time.Second)
	if a := r.call("sendMessage", say); !a.OK {
		t.Errorf("answered %+v", a)
	}
}

// updates are the numbers that a fetch returned.
func (r *rig) fetched(params map[string]any) (ids []int64) {
	r.t.Helper()
	a := r.call("getUpdates", params)
	var all []struct {
		ID int64 `json:"update_id"`
	}
	if err := json.Unmarshal(a.Result, &all); err != nil {
		r.t.Fatalf("%+v: %v", a, err)
	}
	for _, u := range all {
		ids = append(ids, u.ID)
	}
	return ids
}

func TestUpdatesWaitUntilTheyAreConfirmed(t *testing.T) {
	r := start(t)
	for i := range 3 {
		r.sim.Say(r.user, fmt.Sprint(i))
	}
	first := r.fetched(nil)
	if again := r.fetched(map[string]any{"limit": 2}); len(first) != 3 || len(again) != 2 || again[0] != first[0] {
		t.Errorf("fetched %v, then %v", first, again)
	}
	if left := r.fetched(map[string]any{"offset": first[1] + 1}); len(left) != 1 || left[0] != first[2] {
		t.Errorf("left are %v", left)
	}
	r.now = r.now.Add(25 * time.Hour)
	if old := r.fetched(nil); len(old) != 0 || !r.sim.Ledger().Updates[2].Lost {
		t.Errorf("after a day it still gives %v", old)
	}
}

func TestOnlyOneMayFetch(t *testing.T) {
	r := start(t, func(c *telegramsim.Config) { c.PlainHooks = true })
	earlier := make(chan answer, 1)
	go func() { earlier <- r.call("getUpdates", map[string]any{"timeout": 30}) }()
	// Which of the two came first is not known until one is refused: each ends the
	// other, and this one goes on asking until the earlier one waits.
	var a answer
	for a.Code != 409 {
		if here := r.call("getUpdates", nil); here.Code != 0 {
			r.wantRefused(here, 409, "terminated by other")
		}
		select {
		case a = <-earlier:
		case <-time.After(time.Millisecond):
		}
	}
	r.wantRefused(a, 409, "terminated by other")
	if err := r.sim.SetWebhook("http://127.0.0.1:1/", "s"); err != nil {
		t.Fatal(err)
	}
	r.wantRefused(r.call("getUpdates", nil), 409, "webhook is active")
}

func TestAWebhookIsInsistedUpon(t *testing.T) {
	r := start(t, func(c *telegramsim.Config) { c.PlainHooks = true })
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		got = append(got, req.Header.Get("X-Telegram-Bot-Api-Secret-Token")+string(body))
		if len(got) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"method":"sendMessage","chat_id":%d,"text":"Dạ"}`, r.user)
	}))
	defer hook.Close()
	if a := r.call("setWebhook", map[string]any{"url": hook.URL, "secret_token": "s1", "max_connections": 1}); !a.OK {
		t.Fatalf("%+v", a)
	}
	r.sim.Say(r.user, "một")
	for deadline := time.Now().Add(30 * time.Second); r.sim.Waiting() > 0; {
		if time.Now().After(deadline) {
			t.Fatal("it was never taken")
		}
		<-time.After(time.Millisecond)
	}
	if len(got) != 2 || got[0] != got[1] || !strings.HasPrefix(got[0], "s1{") {
		t.Errorf("posted %q, want the same twice, with the secret", got)
	}
	if all := r.sim.Messages(r.user); len(all) != 2 || all[1].Text != "Dạ" {
		t.Errorf("the chat holds %+v, want what the webhook answered with", all)
	}
}

func TestLinksToFilesExpire(t *testing.T) {
	r := start(t)
	r.sim.SendFile(r.user, telegramsim.Document, "don.pdf", "", []byte("%PDF-1.7"))
	var f struct {
		Path string `json:"file_path"`
	}
	a := r.call("getFile", map[string]any{"file_id": r.sim.Messages(r.user)[0].File})
	if err := json.Unmarshal(a.Result, &f); err != nil || f.Path == "" {
		t.Fatalf("%+v, %v", a, err)
	}
	get := func() int {
		resp, err := http.Get(r.sim.URL() + "/file/bot" + r.sim.Config().Token + "/" + f.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if status := get(); status != 200 {
		t.Errorf("answered %d", status)
	}
	r.now = r.now.Add(2 * time.Hour)
	if status := get(); status != 404 {
		t.Errorf("two hours later answered %d, want 404", status)
	}
}

// Parameters come as the caller likes.
func TestFormsAndQueries(t *testing.T) {
	r := start(t)
	r.sim.Begin(r.user, "")
	address := r.sim.URL() + "/bot" + r.sim.Config().Token + "/sendMessage"
	form := url.Values{"chat_id": {fmt.Sprint(r.user)}, "text": {"Dạ"}}
	for name, ask := range map[string]func() (*http.Response, error){
		"form":  func() (*http.Response, error) { return http.PostForm(address, form) },
		"query": func() (*http.Response, error) { return http.Get(address + "?" + form.Encode()) },
	} {
		resp, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		if a := r.read(resp); !a.OK {
			t.Errorf("%s: answered %+v", name, a)
		}
	}
}

// The page works without JavaScript, and another process can do what the methods do.
func TestThePhoneAndTheControl(t *testing.T) {
	r := start(t)
	post := func(path string, form url.Values) string {
		form.Set("user", fmt.Sprint(r.user))
		resp, err := http.PostForm(r.sim.URL()+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != 200 {
			t.Errorf("%s: answered %d %s", path, resp.StatusCode, body)
		}
		return string(body)
	}
	if page := post("/phone/start", url.Values{"ref": {"qr-1"}}); !strings.Contains(page, "/start qr-1") {
		t.Error("the page does not show the beginning")
	}
	post("/phone/say", url.Values{"text": {"Đèn <b>hỏng</b>"}})
	post("/phone/place", url.Values{})
	post("/phone/card", url.Values{})
	r.call("sendMessage", map[string]any{"chat_id": r.user, "text": "Chọn:", "reply_markup": map[string]any{"inline_keyboard": []any{[]any{map[string]any{"text": "Đô thị", "callback_data": "=a"}}}}})
	all := r.sim.Messages(r.user)
	page := post("/phone/press", url.Values{"message": {fmt.Sprint(all[len(all)-1].ID)}, "data": {"=a"}})
	for _, want := range []string{"Đèn &lt;b&gt;hỏng", "Nguyễn Văn Mẫu", "Đô thị", "19.80670"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	resp, err := http.Post(r.sim.URL()+"/sim/say", "application/json", strings.NewReader(fmt.Sprintf(`{"user":%d,"kind":"photo","name":"a.png","data":"iVBORw0KGgo="}`, r.user)))
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("control: %v %v", resp, err)
	}
	resp.Body.Close()
	kinds := map[string]int{}
	for _, u := range r.sim.Ledger().Updates {
		kinds[u.Kind]++
	}
	if kinds["message"] != 5 || kinds["callback_query"] != 1 {
		t.Errorf("reported %v", kinds)
	}
}
