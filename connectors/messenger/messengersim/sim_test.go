package messengersim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors/messenger/messengersim"
)

const (
	page = "100200300400500"
	user = "24680135791113"
)

// hook is a webhook that takes down what it is sent.
type hook struct {
	mu     sync.Mutex
	status int
	bodies []string
	heads  []http.Header
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // a body that breaks off is short
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
		return
	}
	h.bodies, h.heads = append(h.bodies, string(body)), append(h.heads, r.Header)
	w.WriteHeader(max(h.status, 200))
}

func (h *hook) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.bodies)
}

func (h *hook) answers(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

func start(t *testing.T, cfg messengersim.Config) (*messengersim.Sim, *hook) {
	t.Helper()
	sim, err := messengersim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	h := &hook{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	sim.SetWebhook(server.URL)
	return sim, h
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// call makes a call of the Graph API, all in order but for what change does.
func call(t *testing.T, sim *messengersim.Sim, method, path, body string, change func(*http.Request)) (int, string) {
	t.Helper()
	token := "EAAsimulated" + page
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	address := sim.URL() + path + join + "appsecret_proof=" + messengersim.Proof("fbAppSecretForTests1022", token)
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func TestMessagesAreJudgedAsThePlatformDoes(t *testing.T) {
	to := `"recipient":{"id":"` + user + `"},"messaging_type":"RESPONSE",`
	text := func(n int) string { return to + `"message":{"text":"` + strings.Repeat("đ", n) + `"}` }
	quick := func(n int, title string) string {
		one := `{"content_type":"text","title":"` + title + `","payload":"p"}`
		return to + `"message":{"text":"a","quick_replies":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	}
	buttons := func(text string, each ...string) string {
		return to + `"message":{"attachment":{"type":"template","payload":{"template_type":"button","text":"` + text + `","buttons":[` + strings.Join(each, ",") + `]}}}`
	}
	open := `{"type":"web_url","title":"Xem","url":"https://a.vn"}`
	for _, tt := range []struct {
		name, body string
		want       string // of the answer
	}{
		{"a text", text(1), `"message_id":"m_`},
		{"a text of the limit", text(2000), `"message_id":"m_`},
		{"a text beyond it", text(2001), `"code":100`},
		{"a text of nothing", text(0), `"code":100`},
		{"no right", `"recipient":{"id":"` + user + `"},"message":{"text":"a"}`, `"code":100`},
		{"a right that was retired", `"recipient":{"id":"` + user + `"},"messaging_type":"MESSAGE_TAG","tag":"ACCOUNT_UPDATE","message":{"text":"a"}`, `"code":100`},
		{"a right that the app has not", `"recipient":{"id":"` + user + `"},"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT","message":{"text":"a"}`, `"code":10`},
		{"nobody", `"messaging_type":"RESPONSE","message":{"text":"a"}`, `"code":100`},
		{"somebody unknown", `"recipient":{"id":"1"},"messaging_type":"RESPONSE","message":{"text":"a"}`, `"error_subcode":2018001`},
		{"thirteen quick replies", quick(13, "a"), `"message_id":"m_`},
		{"fourteen", quick(14, "a"), `"code":100`},
		{"three buttons", buttons("a", open, open, open), `"message_id":"m_`},
		{"four", buttons("a", open, open, open, open), `"code":100`},
		{"buttons below too long a text", buttons(strings.Repeat("a", 641), open), `"code":100`},
		{"a button to nowhere", buttons("a", `{"type":"web_url","title":"Xem","url":"javascript:alert(1)"}`), `"code":100`},
		{"a short number on a button", buttons("a", `{"type":"phone_number","title":"Gọi","payload":"115"}`), `"code":100`},
		{"text and file", to + `"message":{"text":"a","attachment":{"type":"file","payload":{"attachment_id":"1"}}}`, `"code":100`},
		{"a file nobody uploaded", to + `"message":{"attachment":{"type":"file","payload":{"attachment_id":"1"}}}`, `"error_subcode":2018074`},
		{"a file somewhere else", to + `"message":{"attachment":{"type":"image","payload":{"url":"https://a.vn/a.jpg"}}}`, `"error_subcode":2018008`},
		{"an act and a message", to + `"sender_action":"typing_on","message":{"text":"a"}`, `"code":100`},
		{"an act nobody knows", `"recipient":{"id":"` + user + `"},"sender_action":"dance"`, `"code":100`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim, _ := start(t, messengersim.Config{})
			sim.Say(page, user, "Xin chào")
			if _, got := call(t, sim, "POST", "/v25.0/"+page+"/messages", "{"+tt.body+"}", nil); !strings.Contains(got, tt.want) {
				t.Errorf("answered %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("a long title is cut", func(t *testing.T) {
		sim, _ := start(t, messengersim.Config{})
		sim.Say(page, user, "Xin chào")
		call(t, sim, "POST", "/v25.0/me/messages", "{"+quick(1, strings.Repeat("ă", 25))+"}", nil)
		if got := sim.Messages(page, user)[1].Quick[0].Title; got != strings.Repeat("ă", 20) {
			t.Errorf("shown is %q", got)
		}
	})
}

func TestWhoCallsMustProveIt(t *testing.T) {
	sim, _ := start(t, messengersim.Config{PerMinute: 3})
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		want   string
	}{
		{"all in order", nil, `"name":"1022 Mô phỏng"`},
		{"without a token", func(r *http.Request) { r.Header.Del("Authorization") }, `"code":104`},
		{"with another token", func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer x")
			r.URL.RawQuery = "appsecret_proof=" + messengersim.Proof("fbAppSecretForTests1022", "x")
		}, `"code":190`},
		{"without a proof", func(r *http.Request) { r.URL.RawQuery = "" }, `require an appsecret_proof`},
		{"with another proof", func(r *http.Request) { r.URL.RawQuery = "appsecret_proof=00" }, `Invalid appsecret_proof`},
		{"once more", nil, `"id":"` + page},
		{"and again", nil, `"id":"` + page},
		{"beyond what is allowed", nil, `"code":613`},
	} {
		if _, got := call(t, sim, "GET", "/v25.0/me", "", tt.change); !strings.Contains(got, tt.want) {
			t.Errorf("%s: answered %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestUploadsAreJudgedAndForgotten(t *testing.T) {
	begun := time.Now()
	var passed atomic.Int64
	sim, _ := start(t, messengersim.Config{Now: func() time.Time { return begun.Add(time.Duration(passed.Load())) }})
	sim.Say(page, user, "Xin chào")
	upload := func(kind, mediaType string, data []byte) string {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		_ = w.WriteField("message", `{"attachment":{"type":"`+kind+`","payload":{"is_reusable":true}}}`)
		part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="filedata"; filename="a.bin"`}, "Content-Type": {mediaType}})
		_, _ = part.Write(data)
		_ = w.Close()
		_, got := call(t, sim, "POST", "/v25.0/"+page+"/message_attachments", form.String(), func(r *http.Request) { r.Header.Set("Content-Type", w.FormDataContentType()) })
		return got
	}
	if got := upload("image", "image/png", []byte("no picture")); !strings.Contains(got, "2018047") {
		t.Errorf("what is no picture is answered %s", got)
	}
	if got := upload("file", "application/pdf", make([]byte, 25<<20+1)); !strings.Contains(got, "2018109") {
		t.Errorf("what is too large is answered %s", got)
	}
	var taken struct {
		ID string `json:"attachment_id"`
	}
	if err := json.Unmarshal([]byte(upload("file", "application/pdf", []byte("%PDF-"))), &taken); err != nil || taken.ID == "" {
		t.Fatalf("a file is not taken: %v", err)
	}
	send := func() string {
		_, got := call(t, sim, "POST", "/v25.0/"+page+"/messages", `{"recipient":{"id":"`+user+`"},"messaging_type":"RESPONSE","message":{"attachment":{"type":"file","payload":{"attachment_id":"`+taken.ID+`"}}}}`, nil)
		return got
	}
	if got := send(); !strings.Contains(got, "message_id") {
		t.Errorf("its id is answered %s", got)
	}
	passed.Add(int64(91 * 24 * time.Hour))
	sim.Say(page, user, "Còn đó không?")
	if got := send(); !strings.Contains(got, "2018074") {
		t.Errorf("three months later its id is answered %s", got)
	}
}

// A request is escaped and signed as Meta's are, and repeated as it was.
func TestRequestsAreWrittenAsMetasAre(t *testing.T) {
	sim, h := start(t, messengersim.Config{Resends: []time.Duration{time.Millisecond, time.Millisecond}})
	h.answers(503)
	sim.Say(page, user, "Hố ga mất nắp 😡 </b>")
	until(t, "three tries", func() bool { return len(h.got()) == 3 })
	bodies := h.got()
	if bodies[0] != bodies[1] || bodies[1] != bodies[2] {
		t.Error("what is sent again is not what was sent")
	}
	if !strings.Contains(bodies[0], `H\u1ed1 ga m\u1ea5t n\u1eafp \ud83d\ude21 <\/b>`) {
		t.Errorf("written is %s", bodies[0])
	}
	var read struct{ Entry []struct{ ID string } }
	if err := json.Unmarshal([]byte(bodies[0]), &read); err != nil || len(read.Entry) != 1 || read.Entry[0].ID != page {
		t.Errorf("read back is %+v, %v", read, err)
	}
	if want := messengersim.Sign([]byte(bodies[0]), "fbAppSecretForTests1022"); h.heads[0].Get("X-Hub-Signature-256") != want {
		t.Error("the signature is another")
	}
	until(t, "the loss", func() bool { return slices.Equal(sim.Ledger().Lost, []string{page}) })
	h.answers(200)
	sim.Say(page, user, "Alo?")
	if l := sim.Ledger(); !l.Events[1].GivenUp || len(h.got()) != 3 {
		t.Error("a page that was taken away still tells")
	}
	if _, got := call(t, sim, "POST", "/v25.0/"+page+"/subscribed_apps", `{"subscribed_fields":"messages"}`, nil); !strings.Contains(got, "true") {
		t.Errorf("subscribing is answered %s", got)
	}
	sim.Say(page, user, "Alo?")
	sim.React(page, user, "m_1", "❤")
	until(t, "what is subscribed", func() bool { return sim.Ledger().Waiting() == 0 })
	if n := len(h.got()); n != 4 {
		t.Errorf("%d requests came, want 4: reactions are not subscribed", n)
	}
}

func TestBatchesMixPagesAndRepeat(t *testing.T) {
	sim, h := start(t, messengersim.Config{
		Batch: 10, Gather: 20 * time.Millisecond, Pages: []messengersim.Page{{ID: page, Name: "a"}, {ID: "777", Name: "b"}},
	})
	sim.SetUnruly(messengersim.Unruly{Hold: true, Again: true})
	for i := range 12 {
		sim.Say([]string{page, "777"}[i%2], user, fmt.Sprint("tin ", i))
	}
	sim.SetUnruly(messengersim.Unruly{Again: true})
	until(t, "all", func() bool { return sim.Ledger().Waiting() == 0 })
	bodies := h.got()
	if len(bodies) != 2 {
		t.Fatalf("%d requests came, want 2", len(bodies))
	}
	all := strings.Join(bodies, "")
	if n := strings.Count(all, `"mid"`); n != 13 {
		t.Errorf("%d messages are in them, want 12 and one repeated", n)
	}
	if strings.Index(all, "tin 11") > strings.Index(all, "tin 0") {
		t.Error("what was held did not come in disorder")
	}
}

func TestTheControlDoesWhatTheMethodsDo(t *testing.T) {
	sim, h := start(t, messengersim.Config{})
	post := func(path, body string) string {
		resp, err := http.Post(sim.URL()+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s is answered %d %s", path, resp.StatusCode, got)
		}
		return string(got)
	}
	var who struct{ User, Message, Post, Comment string }
	read := func(answer string) {
		if err := json.Unmarshal([]byte(answer), &who); err != nil {
			t.Fatal(err)
		}
	}
	read(post("/sim/citizens", `{"page":"`+page+`","name":"Trần Thị Mẫu"}`))
	me := `"page":"` + page + `","user":"` + who.User + `"`
	post("/sim/begin", `{`+me+`,"ref":"qr-1"}`)
	read(post("/sim/say", `{`+me+`,"text":"Xin chào"}`))
	post("/sim/edit", `{`+me+`,"message":"`+who.Message+`","text":"Chào"}`)
	post("/sim/react", `{`+me+`,"message":"`+who.Message+`","emoji":"❤"}`)
	post("/sim/say", `{`+me+`,"file":"image","name":"a.jpg","data":"/9j/"}`)
	post("/sim/takeover", `{`+me+`}`)
	post("/sim/handback", `{`+me+`}`)
	post("/sim/answer", `{`+me+`,"text":"Em nghe"}`)
	read(post("/sim/publish", `{"page":"`+page+`","text":"Thông báo"}`))
	read(post("/sim/comment", `{"post":"`+who.Post+`","name":"Lê Văn Bình","text":"Hay quá"}`))
	post("/sim/comment/hide", `{"id":"`+who.Comment+`"}`)
	post("/sim/comment/unhide", `{"id":"`+who.Comment+`"}`)
	post("/sim/comment/edit", `{"id":"`+who.Comment+`","text":"Dở quá"}`)
	post("/sim/comment/remove", `{"id":"`+who.Comment+`"}`)
	until(t, "all events", func() bool { return sim.Ledger().Waiting() == 0 && len(h.got()) == 13 })
	if c := sim.Comments(who.Post)[0]; !c.Removed || c.Text != "Dở quá" || c.Hidden {
		t.Errorf("the comment is %+v", c)
	}
	if resp, err := http.Post(sim.URL()+"/sim/say", "application/json", strings.NewReader(`{"page":"1"}`)); err != nil || resp.StatusCode != 404 {
		t.Errorf("a page there is none of: %v", err)
	}
}

func TestThePagesShowWhatIsThere(t *testing.T) {
	sim, _ := start(t, messengersim.Config{})
	me := sim.Citizen(page, "Trần Thị Mẫu")
	get := func(path string) string {
		resp, err := http.Get(sim.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s is answered %d, %v", path, resp.StatusCode, err)
		}
		return string(got)
	}
	if got := get("/phone?page=" + page); !strings.Contains(got, "Bắt đầu") || !strings.Contains(got, "Trần Thị Mẫu") {
		t.Error("an empty phone does not offer to begin")
	}
	sim.Say(page, me, "Đèn <hỏng>")
	body := `{"recipient":{"id":"` + me + `"},"messaging_type":"RESPONSE","message":{"text":"Ở đâu ạ?","quick_replies":[{"content_type":"text","title":"Lê Lợi","payload":"choice/1"}]}}`
	if status, got := call(t, sim, "POST", "/v25.0/"+page+"/messages", body, nil); status != 200 {
		t.Fatal(got)
	}
	if got := get("/phone/messages?page=" + page + "&user=" + me); !strings.Contains(got, "Đèn &lt;hỏng&gt;") || !strings.Contains(got, ">Lê Lợi</button>") {
		t.Errorf("the phone shows %s", got)
	}
	first := get("/post?page=" + page)
	if !strings.Contains(first, "Chưa có bình luận") {
		t.Error("a page without posts shows none to comment on")
	}
	post := sim.Posts(page)[0].ID
	id := sim.Comment(messengersim.Comment{Post: post, Name: "Lê Văn Bình", Text: "Hay quá"})
	sim.HideComment(id, true)
	if got := get("/post/comments?post=" + post + "&name=Ai"); strings.Contains(got, "Hay quá") {
		t.Error("a hidden comment is seen by others")
	}
	if got := get("/post/comments?post=" + post + "&name=" + "L%C3%AA+V%C4%83n+B%C3%ACnh"); !strings.Contains(got, "Đã bị trang ẩn") {
		t.Errorf("its author sees %s", got)
	}
	resp, err := http.PostForm(sim.URL()+"/post/add?post="+post+"&name=Lan", map[string][]string{"text": {"Đúng thế"}, "comment": {id}})
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("a form without scripts: %v", err)
	}
	if got := sim.Comments(post); len(got) != 2 || got[1].Parent != id {
		t.Errorf("below the post stand %+v", got)
	}
}
