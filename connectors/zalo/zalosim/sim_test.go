package zalosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const user = "7000000000000000042"

// desk is a hub that answers as it is told, and a clock that stands still.
type desk struct {
	t   *testing.T
	sim *Sim
	oa  string

	mu     sync.Mutex
	now    time.Time
	status int
	got    []*http.Request
	bodies []string
}

func start(t *testing.T, change ...func(*Config)) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), status: http.StatusOK}
	hub := httptest.NewServer(d)
	t.Cleanup(hub.Close)
	cfg := Config{
		WebhookURL: hub.URL, Now: d.clock,
		Resends: []time.Duration{time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond},
	}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	d.sim, d.oa = sim, sim.Config().OAs[0].ID
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

func (d *desk) answers(status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status = status
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got, d.bodies = append(d.got, r), append(d.bodies, string(body))
	w.WriteHeader(d.status)
}

func (d *desk) received() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.got)
}

func (d *desk) until(what string, done func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// call makes a call of the OpenAPI and returns the error inside the answer.
func (d *desk) call(token, method, path, kind string, body io.Reader) (code int, data map[string]any) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.sim.URL()+path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("access_token", token)
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Error int
		Data  map[string]any
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		d.t.Fatalf("%s is answered %d: %v", path, resp.StatusCode, err)
	}
	if made := answer.Error == -200; !made && resp.Header.Get("X-RateLimit-Limit") == "" {
		d.t.Error("the answer tells no rate limit")
	}
	return answer.Error, answer.Data
}

func (d *desk) send(token, message string) int {
	d.t.Helper()
	code, _ := d.call(token, http.MethodPost, "/v3.0/oa/message/cs", "application/json",
		strings.NewReader(`{"recipient":{"user_id":"`+user+`"},"message":`+message+`}`))
	return code
}

func TestMessagesAreChecked(t *testing.T) {
	d := start(t)
	token := d.sim.Grant(d.oa).Access
	d.sim.Say(d.oa, user, "Xin chào")
	button := func(fields string) string {
		return `{"text":"a","attachment":{"type":"template","payload":{"buttons":[` + fields + `]}}}`
	}
	hide := `{"title":"a","type":"oa.query.hide","payload":"#a"}`
	for _, tt := range []struct {
		name, message string
		want          int
	}{
		{"a text", `{"text":"Dạ"}`, 0},
		{"an empty text", `{"text":" "}`, -201},
		{"2,000 characters", `{"text":"` + strings.Repeat("đ", 2000) + `"}`, 0},
		{"2,000 characters that are 4,000 until composed", `{"text":"` + strings.Repeat("a\u0301", 2000) + `"}`, 0},
		{"2,001 characters", `{"text":"` + strings.Repeat("đ", 2001) + `"}`, -210},
		{"four buttons", button(hide + "," + hide + "," + hide + "," + hide), 0},
		{"five buttons", button(hide + "," + hide + "," + hide + "," + hide + "," + hide), -201},
		{"a button without a title", button(`{"type":"oa.query.hide","payload":"#a"}`), -201},
		{"a button with a long title", button(`{"title":"` + strings.Repeat("a", 101) + `","type":"oa.query.hide","payload":"#a"}`), -201},
		{"a button of an unknown type", button(`{"title":"a","type":"oa.dance","payload":"#a"}`), -201},
		{"a button whose payload is too long", button(`{"title":"a","type":"oa.query.show","payload":"` + strings.Repeat("a", 1001) + `"}`), -201},
		{"a page button", button(`{"title":"a","type":"oa.open.url","payload":{"url":"https://1022.example.vn"}}`), 0},
		{"a page button that runs a script", button(`{"title":"a","type":"oa.open.url","payload":{"url":"javascript:alert(1)"}}`), -201},
		{"a telephone button", button(`{"title":"a","type":"oa.open.phone","payload":{"phone_code":"1022"}}`), 0},
		{"buttons without a text", `{"attachment":{"type":"template","payload":{"buttons":[` + hide + `]}}}`, -201},
		{"a sticker", `{"attachment":{"type":"template","payload":{"template_type":"media","elements":[{"media_type":"sticker","attachment_id":"46981"}]}}}`, 0},
		{"an image nobody uploaded", `{"attachment":{"type":"template","payload":{"template_type":"media","elements":[{"media_type":"image","attachment_id":"x"}]}}}`, -201},
		{"url and attachment_id", `{"attachment":{"type":"template","payload":{"template_type":"media","elements":[{"media_type":"image","url":"https://a.vn/a","attachment_id":"x"}]}}}`, -201},
		{"a template of no type", `{"attachment":{"type":"template","payload":{"template_type":"dance"}}}`, -233},
		{"an attachment of no type", `{"attachment":{"type":"dance","payload":{}}}`, -233},
		{"a form to fill in", `{"attachment":{"type":"template","payload":{"template_type":"request_user_info","elements":[{"title":"a","image_url":"https://a.vn/a.png"}]}}}`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := d.send(token, tt.message); got != tt.want {
				t.Errorf("error %d, want %d", got, tt.want)
			}
		})
	}
}

func TestUploadsAreChecked(t *testing.T) {
	d := start(t)
	token := d.sim.Grant(d.oa).Access
	d.sim.Say(d.oa, user, "Xin chào")
	png := "\x89PNG\r\n\x1a\n"
	for _, tt := range []struct {
		name, path, field, file, data string
		want                          int
	}{
		{"a picture", "image", "file", "a.png", png, 0},
		{"a picture over 1 MB", "image", "file", "a.png", png + strings.Repeat("a", 1<<20), -210},
		{"a text called a picture", "image", "file", "a.png", "xin chào", -201},
		{"a part of another name", "image", "image", "a.png", png, -201},
		{"a document", "file", "file", "a.pdf", "%PDF-1.7", 0},
		{"a document without an extension", "file", "file", "a", "%PDF-1.7", -201},
		{"a program", "file", "file", "a.exe", "MZ", -201},
		{"a moving picture", "gif", "file", "a.gif", "GIF89a", 0},
		{"a still one instead", "gif", "file", "a.gif", png, -201},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var form bytes.Buffer
			w := multipart.NewWriter(&form)
			part, _ := w.CreateFormFile(tt.field, tt.file)
			_, _ = io.WriteString(part, tt.data)
			_ = w.Close()
			code, data := d.call(token, http.MethodPost, "/v2.0/oa/upload/"+tt.path, w.FormDataContentType(), &form)
			if code != tt.want || (code == 0) != (len(data) == 1) {
				t.Errorf("error %d with %v, want %d", code, data, tt.want)
			}
		})
	}
}

func TestTokensAreChecked(t *testing.T) {
	d := start(t)
	d.sim.Say(d.oa, user, "Xin chào")
	if got := d.send("nonsense", `{"text":"a"}`); got != -216 {
		t.Errorf("nonsense: error %d", got)
	}
	first := d.sim.Grant(d.oa)
	d.pass(25*time.Hour + time.Second)
	if got := d.send(first.Access, `{"text":"a"}`); got != -220 {
		t.Errorf("an expired token: error %d", got)
	}
	second := d.token("secret", first.Refresh)
	if second.Access != "" {
		t.Error("a wrong app secret is taken")
	}
	second = d.token(d.sim.Config().AppSecret, first.Refresh)
	if got := d.send(second.Access, `{"text":"a"}`); got != 0 {
		t.Errorf("the new token: error %d", got)
	}
	if again := d.token(d.sim.Config().AppSecret, first.Refresh); again.Access != "" {
		t.Error("a refresh token is taken twice")
	}
	if got := d.send(second.Access, `{"text":"a"}`); got != -216 {
		t.Errorf("a reused refresh token leaves the family alive: error %d", got)
	}
	if got := d.sim.Ledger().Tokens; got != (Tokens{Grants: 1, Refreshes: 1, Reuses: 1, Refused: 2}) {
		t.Errorf("counted %+v", got)
	}
}

func (d *desk) token(secret, refresh string) Pair {
	d.t.Helper()
	form := url.Values{"app_id": {d.sim.Config().AppID}, "grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	req, _ := http.NewRequest(http.MethodPost, d.sim.URL()+"/v4/oa/access_token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("secret_key", secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		d.t.Fatalf("answered %d: %v", resp.StatusCode, err)
	}
	return Pair(answer)
}

func TestWindowsAndQuota(t *testing.T) {
	d := start(t, func(c *Config) { c.FreeReplies, c.Package = 1, 1 })
	token := d.sim.Grant(d.oa).Access
	want := func(what string, code int) {
		t.Helper()
		if got := d.send(token, `{"text":"a"}`); got != code {
			t.Errorf("%s: error %d, want %d", what, got, code)
		}
	}
	want("a stranger", -232)
	d.sim.Say(d.oa, user, "Xin chào")
	want("the free one", 0)
	want("the one of the package", 0)
	want("nothing left", -211)
	d.sim.Say(d.oa, user, "Xin chào")
	want("a new interaction", 0)
	d.sim.Block(d.oa, user, true)
	want("blocked", -217)
	d.sim.Block(d.oa, user, false)
	d.pass(7*24*time.Hour + time.Minute)
	token = d.sim.Grant(d.oa).Access
	want("seven days of silence", -230)
}

func TestTheRateLimit(t *testing.T) {
	d := start(t, func(c *Config) { c.PerMinute = 3 })
	token := d.sim.Grant(d.oa).Access
	d.sim.Say(d.oa, user, "Xin chào")
	for i, want := range []int{0, 0, 0, -32, -32} {
		if got := d.send(token, `{"text":"a"}`); got != want {
			t.Errorf("call %d: error %d, want %d", i+1, got, want)
		}
	}
	d.pass(time.Minute)
	if got := d.send(token, `{"text":"a"}`); got != 0 {
		t.Errorf("a minute later: error %d", got)
	}
}

func TestEventsAreSentAgainUntilAcknowledged(t *testing.T) {
	d := start(t)
	d.answers(http.StatusInternalServerError)
	d.sim.Say(d.oa, user, "Xin chào")
	d.until("two tries", func() bool { return d.received() >= 2 })
	d.answers(http.StatusOK)
	d.until("the acknowledgement", func() bool { return d.sim.Ledger().Waiting() == 0 })
	tries := d.sim.Ledger().Events[0].Tries
	if last := tries[len(tries)-1]; last.Status != http.StatusOK || last.Retry != len(tries)-1 {
		t.Errorf("tries %+v", tries)
	}
	if d.got[1].Header.Get("num_retry") != "1" || d.bodies[0] != d.bodies[1] {
		t.Errorf("the resend is %v %s", d.got[1].Header, d.bodies[1])
	}
}

func TestAWebhookThatNeverAcknowledgesIsSwitchedOff(t *testing.T) {
	d := start(t)
	d.answers(http.StatusInternalServerError)
	d.sim.Say(d.oa, user, "Xin chào")
	d.until("the platform to give up", func() bool { return d.sim.Ledger().Disabled })
	before := d.received()
	d.sim.Say(d.oa, user, "Có ai không?")
	if d.answers(http.StatusOK); d.received() != before || !d.sim.Ledger().Events[0].GivenUp {
		t.Error("it still delivers")
	}
	d.sim.SetWebhook(d.sim.Config().WebhookURL)
	d.sim.Say(d.oa, user, "Alo")
	d.until("the webhook to work again", func() bool { return d.received() > before })
}

func TestHeldEventsComeBackwards(t *testing.T) {
	d := start(t)
	d.sim.SetUnruly(Unruly{Hold: true, Copies: 2})
	d.sim.Say(d.oa, user, "một")
	d.sim.Say(d.oa, user, "hai")
	if d.received() != 0 {
		t.Error("something came while all was held")
	}
	d.sim.SetUnruly(Unruly{})
	d.until("two copies of both", func() bool { return d.received() == 4 })
}

func TestForgedEventsHaveAWrongSignature(t *testing.T) {
	d := start(t)
	d.sim.SetUnruly(Unruly{Forge: true})
	d.sim.Say(d.oa, user, "một")
	d.until("the event", func() bool { return d.received() == 1 })
	want := Sign(d.sim.Config().AppID, []byte(d.bodies[0]), milliseconds(d.now), d.sim.Config().OASecret)
	if d.got[0].Header.Get("X-ZEvent-Signature") == want {
		t.Error("it is genuine")
	}
}

func TestFaultsAreOnTheLedger(t *testing.T) {
	d := start(t, func(c *Config) { c.NoEchoes, c.NoReceipts = true, true })
	token := d.sim.Grant(d.oa).Access
	d.sim.Say(d.oa, user, "Xin chào")
	post := func() error {
		req, _ := http.NewRequest(http.MethodPost, d.sim.URL()+"/v3.0/oa/message/cs",
			strings.NewReader(`{"recipient":{"user_id":"`+user+`"},"message":{"text":"a"}}`))
		req.Header.Set("access_token", token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		return err
	}
	for _, cut := range []Cut{CutBefore, CutAfter, CutHalf} {
		d.sim.Fail(Fault{On: MessageEndpoint, Times: 1, Cut: cut})
		if err := post(); err == nil {
			t.Errorf("cut %s: the answer is whole", cut)
		}
	}
	d.sim.Fail(Fault{On: MessageEndpoint, Times: 1, Code: -200, Delay: time.Millisecond, Late: time.Millisecond})
	if err := post(); err != nil {
		t.Error(err)
	}
	if hits := d.sim.ClearFaults(); hits != 4 {
		t.Errorf("%d hits, want 4", hits)
	}
	l := d.sim.Ledger()
	if got := len(l.Sent(d.oa, user)); got != 2 || len(l.Calls) != 4 || !l.Calls[3].Made || l.Calls[3].Code != -200 {
		t.Errorf("%d messages were taken, the calls are %+v", got, l.Calls)
	}
}

func TestControl(t *testing.T) {
	d := start(t)
	do := func(method, path, body string, into any) {
		t.Helper()
		req, _ := http.NewRequest(method, d.sim.URL()+path, strings.NewReader(body))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK || into != nil && json.Unmarshal(data, into) != nil {
			t.Errorf("%s %s is answered %d %s", method, path, resp.StatusCode, data)
		}
	}
	var made struct{ User, Message string }
	do("POST", "/sim/citizens", `{"oa":"`+d.oa+`","name":"Trần Thị Mẫu"}`, &made)
	person := `"oa":"` + d.oa + `","user":"` + made.User + `"`
	do("POST", "/sim/say", `{`+person+`,"text":"Xin chào"}`, &made)
	do("POST", "/sim/say", `{`+person+`,"kind":"image","name":"a.png","data":"iVBORw0KGgo="}`, nil)
	do("POST", "/sim/follow", `{`+person+`}`, nil)
	do("POST", "/sim/share", `{`+person+`,"info":{"name":"Trần Thị Mẫu"}}`, nil)
	do("POST", "/sim/admin", `{`+person+`,"admin":"5","text":"Dạ"}`, nil)
	do("POST", "/sim/see", `{`+person+`}`, nil)
	do("POST", "/sim/unfollow", `{`+person+`}`, nil)
	do("POST", "/sim/faults", `{"on":"message","times":1,"code":-200,"delay":"1ms"}`, nil)
	do("PUT", "/sim/unruly", `{"copies":2,"shuffle":"1ms"}`, nil)
	var pair Pair
	do("POST", "/sim/grant", `{"oa":"`+d.oa+`"}`, &pair)
	do("POST", "/sim/expire", `{"oa":"`+d.oa+`"}`, nil)
	if got := d.send(pair.Access, `{"text":"a"}`); got != -200 {
		t.Errorf("the fault gives error %d", got)
	}
	if got := d.send(pair.Access, `{"text":"a"}`); got != -220 {
		t.Errorf("the expired token gives error %d", got)
	}
	var hits struct{ Hits int }
	do("DELETE", "/sim/faults", "", &hits)
	d.until("all events", func() bool { return d.sim.Ledger().Waiting() == 0 })
	var l Ledger
	do("GET", "/sim/ledger", "", &l)
	var names []string
	for _, e := range l.Events {
		names = append(names, e.Name)
	}
	if got, want := strings.Join(names, " "), "user_send_text user_send_image follow user_submit_info oa_send_text user_seen_message unfollow"; got != want || hits.Hits != 1 {
		t.Errorf("the ledger has %s (%d hits), want %s", got, hits.Hits, want)
	}
	var messages []Message
	do("GET", "/sim/messages?oa="+d.oa+"&user="+made.User, "", &messages)
	if len(messages) != 3 || messages[0].ID != made.Message {
		t.Errorf("the chat has %+v", messages)
	}
}

func TestHistory(t *testing.T) {
	d := start(t)
	token := d.sim.Grant(d.oa).Access
	for i := range 12 {
		d.pass(time.Second)
		d.sim.Say(d.oa, user, fmt.Sprint("tin ", i))
	}
	get := func(path, data string) (code int, rows []struct {
		Src     int
		Message string
	}) {
		req, _ := http.NewRequest(http.MethodGet, d.sim.URL()+path+"?data="+url.QueryEscape(data), nil)
		req.Header.Set("access_token", token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer struct {
			Error int
			Data  json.RawMessage
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(answer.Data, &rows) // an error has none
		return answer.Error, rows
	}
	if code, rows := get("/v2.0/oa/conversation", `{"user_id":"`+user+`","offset":0,"count":10}`); code != 0 || len(rows) != 10 || rows[0].Message != "tin 11" || rows[0].Src != 1 {
		t.Errorf("conversation: error %d, %+v", code, rows)
	}
	if code, rows := get("/v2.0/oa/listrecentchat", `{"offset":0,"count":10}`); code != 0 || len(rows) != 1 {
		t.Errorf("listrecentchat: error %d, %+v", code, rows)
	}
	if code, _ := get("/v2.0/oa/conversation", `{"user_id":"`+user+`","offset":0,"count":11}`); code != -201 {
		t.Errorf("eleven at once: error %d", code)
	}
}

func TestLoad(t *testing.T) {
	d := start(t)
	d.answers(http.StatusServiceUnavailable)
	go func() {
		d.until("the first tries", func() bool { return d.received() > 20 })
		d.answers(http.StatusOK)
	}()
	report, err := d.sim.Load(t.Context(), Load{Senders: 8, Each: 5, Resend: time.Millisecond})
	if err != nil || report.Acked != 40 || report.Sent != 40 || report.Tries <= 40 || len(report.Users) != 8 || len(report.Waits) != 40 {
		t.Errorf("Load = %+v, %v", report, err)
	}
	if report.Quantile(0.5) > report.Quantile(0.99) || report.Quantile(1) == 0 {
		t.Error("the quantiles are in disorder")
	}
	if l := d.sim.Ledger(); len(l.Events) != 40 || l.Waiting() != 0 {
		t.Errorf("%d events on the ledger, %d waiting", len(l.Events), l.Waiting())
	}
}

func TestThePhoneWithoutJavaScript(t *testing.T) {
	d := start(t)
	client := &http.Client{}
	page := func(resp *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s is answered %d %s", resp.Request.URL, resp.StatusCode, data)
		}
		return string(data)
	}
	citizen := d.sim.Citizen(d.oa, "Lê Văn Mẫu")
	q := url.Values{"oa": {d.oa}, "user": {citizen}}.Encode()
	got := page(client.Get(d.sim.URL() + "/phone?name=" + url.QueryEscape("Lê Văn Mẫu")))
	if !strings.Contains(got, "1022 Mô phỏng") || !strings.Contains(got, "Hãy gửi tin đầu tiên") {
		t.Errorf("the empty phone shows %s", got)
	}
	got = page(client.PostForm(d.sim.URL()+"/phone/say?"+q, url.Values{"text": {"<b>Đèn</b> đường hỏng"}}))
	if !strings.Contains(got, "&lt;b&gt;Đèn&lt;/b&gt; đường hỏng") {
		t.Errorf("the phone shows %s", got)
	}
	token := d.sim.Grant(d.oa).Access
	code, _ := d.call(token, http.MethodPost, "/v3.0/oa/message/cs", "application/json", strings.NewReader(
		`{"recipient":{"user_id":"`+citizen+`"},"message":{"text":"Chọn:","attachment":{"type":"template","payload":{"buttons":[{"title":"Đô thị","type":"oa.query.hide","payload":"#dothi"},{"title":"Gọi","type":"oa.open.phone","payload":{"phone_code":"1022"}}]}}}}`))
	got = page(client.Get(d.sim.URL() + "/phone?" + q))
	if code != 0 || !strings.Contains(got, `value="#dothi"`) || !strings.Contains(got, `href="tel:1022"`) {
		t.Errorf("error %d, the phone shows %s", code, got)
	}
	for action, form := range map[string]url.Values{
		"press": {"type": {"oa.query.hide"}, "payload": {"#dothi"}}, "sticker": {"id": {"46981"}}, "place": {}, "card": {},
		"follow": {}, "share": {"name": {"Lê Văn Mẫu"}},
	} {
		page(client.PostForm(d.sim.URL()+"/phone/"+action+"?"+q, form))
	}
	d.until("all events", func() bool { return len(d.sim.Ledger().Events) == 9 && d.sim.Ledger().Waiting() == 0 })
	if got := page(client.Get(d.sim.URL() + "/phone/sticker/46981")); !strings.HasPrefix(got, "\x89PNG") {
		t.Error("a sticker is no picture")
	}
}

func TestThePageOfConsent(t *testing.T) {
	d := start(t, func(c *Config) { c.CallbackURL = "https://1022.example.vn/hook/oauth" })
	challenge := "6oZqdX5MOLq_qBJ8vppAnT4fk6AP8UiP9zX8-Rev_9A"
	link := func(app, back, challenge string) string {
		return d.sim.URL() + "/v4/oa/permission?" + url.Values{"app_id": {app}, "redirect_uri": {back}, "code_challenge": {challenge}, "state": {"s1"}}.Encode()
	}
	app, back := d.sim.Config().AppID, "https://1022.example.vn/hook/oauth"
	for _, tt := range []struct{ name, link, want string }{
		{"as it should be", link(app, back, challenge), "Cho phép ứng dụng quản lý"},
		{"another app", link("1", back, challenge), "-14002"},
		{"another way back", link(app, "https://evil.example/", challenge), "-14003"},
		{"no challenge", link(app, back, ""), "-14011"},
	} {
		resp, err := http.Get(tt.link)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.Contains(string(data), tt.want) {
			t.Errorf("%s: %s", tt.name, data)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(link(app, back, challenge), url.Values{"oa": {d.oa}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if to := resp.Header.Get("Location"); !strings.HasPrefix(to, back+"?code=") || !strings.Contains(to, "oa_id="+d.oa) || !strings.Contains(to, "state=s1") {
		t.Errorf("the browser is sent to %q", to)
	}
}
