package portal_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/webform"
	"tongdai/inbox"
	"tongdai/inbox/media"
	"tongdai/inbox/portal"
	"tongdai/inbox/store/bolt"
	"tongdai/kb"
)

// house is a hub with the portal's form, and the portal in front of it.
type house struct {
	*testing.T
	web *echo.Echo
	hub *inbox.Hub
}

// refusing is how long a look-up that finds nothing takes in tests.
const refusing = 30 * time.Millisecond

func newHouse(t *testing.T) *house {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "hub.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := media.Open(filepath.Join(t.TempDir(), "media"), media.Options{})
	if err != nil {
		t.Fatal(err)
	}
	data := configs.ShippedData()
	form, err := webform.New(webform.Config{
		Channel: connectors.Channel{ID: "portal", Name: "Gửi phản ánh"}, Secret: bytes.Repeat([]byte{'f'}, 32),
		PerAddressPerHour: 400,
		Field: func(id string) (string, bool) {
			f, ok := data.Directory.Field(kb.CategoryID(id))
			return f.Name, ok
		},
	}, webform.Deps{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	hub, err := inbox.New(inbox.Parts{
		Store: store, Bot: parrot{}, Knowledge: nothing{}, Directory: offices{},
		Connectors: []connectors.Connector{form, elsewhere{}}, Log: slog.New(slog.DiscardHandler),
	}, inbox.Config{AskRating: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, store.Close()); err != nil {
			t.Error(err)
		}
	})
	h := &house{T: t, hub: hub}
	h.web = serve(t, func(d *portal.Deps) { d.Matters, d.Form, d.Files, d.Now = hub, form, files, time.Now })
	return h
}

// parrot answers everything with itself, and asks back where it is told to.
type parrot struct{}

func (parrot) Need(bot.State, bot.Message) bot.Need { return bot.Need{} }
func (parrot) Decide(s bot.State, m bot.Message, _ bot.Evidence) bot.Decision {
	s.Answered, s.Choices = "", nil
	d := bot.Decision{Outcome: bot.Answer, State: s, Replies: []bot.Reply{{Content: content.Content{Text: "Dạ, tổng đài đã ghi: " + m.Text + m.Pressed}}}}
	switch {
	case strings.Contains(m.Text, "người trực"):
		d.Outcome, d.Reason = bot.HandOff, bot.Requested
	case strings.Contains(m.Text, "mơ hồ"):
		d.Outcome, d.State.Choices = bot.Clarify, []string{"v-den", `v"rac`}
		d.Replies[0].Content.Choices = []content.Choice{{Label: "Đèn đường", Value: "v-den"}, {Label: "Rác <b>", Value: `v"rac`}}
	}
	return d
}
func (parrot) Broken(s bot.State, _ bot.Message, _ bot.Evidence) bot.Decision {
	return bot.Decision{Outcome: bot.HandOff, Reason: bot.Broken, State: s}
}
func (parrot) Danger(string) (string, bool) { return "", false }

type nothing struct{}

func (nothing) Search(context.Context, string, int) ([]kb.Hit, error) { return nil, nil }
func (nothing) Entry(kb.EntryID) (kb.Entry, bool)                     { return kb.Entry{}, false }
func (nothing) Revision() uint64                                      { return 1 }

type offices struct{}

func (offices) DepartmentName(id kb.DepartmentID) string {
	return map[kb.DepartmentID]string{"so-y-te": "Sở Y tế"}[id]
}
func (offices) CategoryName(id kb.CategoryID) string {
	return map[kb.CategoryID]string{"suc-khoe": "Sức khỏe"}[id]
}
func (offices) DepartmentNamed(string) (kb.DepartmentID, bool) { return "", false }
func (offices) CategoryNamed(name string) (kb.CategoryID, bool) {
	return "suc-khoe", strings.HasPrefix(name, "Sức khỏe")
}
func (offices) Staffed(time.Time) (bool, time.Time)   { return true, time.Time{} }
func (offices) InHours(time.Time) bool                { return true }
func (offices) WorkingDay(time.Time) bool             { return true }
func (offices) Points(time.Time) []inbox.ContactPoint { return nil }
func (offices) Charge(kb.CategoryID, inbox.LocalityID, time.Time) inbox.Charge {
	return inbox.Charge{}
}
func (offices) Places(string) []inbox.LocalityID  { return nil }
func (offices) PlaceName(inbox.LocalityID) string { return "" }
func (offices) AlarmContacts(kb.CategoryID, inbox.LocalityID, time.Time) []inbox.AlarmContact {
	return nil
}
func (offices) Due(inbox.Clock, bool, kb.CategoryID, kb.DepartmentID, time.Time) time.Time {
	return time.Time{}
}

// elsewhere is another channel, on which people write with a telephone number.
type elsewhere struct{}

func (elsewhere) Channel() connectors.Channel {
	return connectors.Channel{ID: "zalo", Kind: "zalo", Name: "Zalo 1022"}
}
func (elsewhere) Limits() connectors.Limits { return connectors.Limits{FromLog: true} }
func (elsewhere) Send(context.Context, connectors.Outbound) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}

var officer = inbox.Actor{Member: inbox.Member{ID: "lan", Login: "lan", Name: "Lê Thị Lan", Role: inbox.Operator}}

// page is an answer that was read.
type answer struct {
	*house
	status int
	body   string
	header http.Header
}

func (h *house) do(r *http.Request) answer {
	h.Helper()
	w := httptest.NewRecorder()
	h.web.ServeHTTP(w, r)
	return answer{h, w.Code, w.Body.String(), w.Header()}
}

func (h *house) get(path string) answer {
	h.Helper()
	return h.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// follow gets where an answer leads, which must be elsewhere.
func (a answer) follow() answer {
	a.Helper()
	if a.status != http.StatusSeeOther {
		a.Fatalf("answered %d, want 303:\n%s", a.status, text(a.body))
	}
	path, _, _ := strings.Cut(a.header.Get("Location"), "#")
	return a.get(path)
}

func (a answer) shows(all ...string) answer {
	a.Helper()
	for _, want := range all {
		if !strings.Contains(text(a.body), want) {
			a.Errorf("the page (%d) does not show %q:\n%s", a.status, want, text(a.body))
		}
	}
	return a
}

func (a answer) lacks(all ...string) answer {
	a.Helper()
	for _, not := range all {
		if strings.Contains(a.body, not) {
			a.Errorf("the page (%d) holds %q", a.status, not)
		}
	}
	return a
}

type upload struct{ name, data string }

// send fills in the form of a page whose address ends in action, as a browser
// without JavaScript does: what the page holds already is sent as it is.
func (a answer) send(action string, fill url.Values, files ...upload) answer {
	a.Helper()
	return a.do(a.request(action, fill, files...))
}

func (a answer) request(action string, fill url.Values, files ...upload) *http.Request {
	a.Helper()
	f := a.form(action)
	for name, values := range fill {
		f.values[name] = values
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, name := range f.order {
		for _, value := range f.values[name] {
			if err := form.WriteField(name, value); err != nil {
				a.Fatal(err)
			}
		}
		delete(f.values, name)
	}
	for name, values := range f.values {
		for _, value := range values {
			if err := form.WriteField(name, value); err != nil {
				a.Fatal(err)
			}
		}
	}
	for _, file := range files {
		part, err := form.CreateFormFile("tep", file.name)
		if err != nil {
			a.Fatal(err)
		}
		if _, err := io.WriteString(part, file.data); err != nil {
			a.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		a.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, f.action, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

// form is a form as a browser would send it.
type form struct {
	action string
	order  []string
	values url.Values
}

func (a answer) form(ending string) form {
	a.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		a.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data == "form" && n.Type == html.ElementNode && strings.Contains(attribute(n, "action"), ending) {
			return readForm(n)
		}
	}
	a.Fatalf("the page (%d) has no form to %s:\n%s", a.status, ending, text(a.body))
	return form{}
}

func readForm(n *html.Node) form {
	f := form{action: attribute(n, "action"), values: url.Values{}}
	add := func(name, value string) {
		if len(f.values[name]) == 0 {
			f.order = append(f.order, name)
		}
		f.values.Add(name, value)
	}
	for c := range n.Descendants() {
		name := attribute(c, "name")
		switch c.Data {
		case "input":
			kind := attribute(c, "type")
			_, checked := has(c, "checked")
			if kind == "file" || (kind == "radio" || kind == "checkbox") && !checked {
				continue
			}
			add(name, attribute(c, "value"))
		case "textarea":
			add(name, inner(c))
		case "option":
			if _, selected := has(c, "selected"); selected {
				add("linh-vuc", attribute(c, "value"))
			}
		}
	}
	return f
}

func has(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func attribute(n *html.Node, key string) string {
	value, _ := has(n, key)
	return value
}

func inner(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
		b.WriteString(attribute(c, "alt"))
	}
	return b.String()
}

// text is what a page says, on one line.
func text(body string) string {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return body
	}
	for n := range root.Descendants() {
		if n.Data == "main" {
			return strings.Join(strings.Fields(inner(n)), " ")
		}
	}
	return strings.Join(strings.Fields(inner(root)), " ")
}

// whole is what a citizen fills in.
func whole(change ...string) url.Values {
	v := url.Values{
		"linh-vuc": {"suc-khoe"}, "noi-dung": {"Đèn đường hỏng"}, "dia-ban": {"Phường Hạc Thành"}, "dia-diem": {"ngã tư chợ"},
		"vi-tri": {"19.8071, 105.7752"}, "ho-ten": {"Nguyễn Thị Mẫu"}, "dien-thoai": {"0912 345 678"}, "email": {"mau@example.vn"},
		"cong-khai": {"co"}, "dong-y": {"co"},
	}
	for i := 0; i < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0cIDAT\x08\xd7c\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\x18\xdd\x8d\xb0\x00\x00\x00\x00IEND\xaeB`\x82"

var codePattern = regexp.MustCompile(`TH-\d{6}-\d{4}`)

// reported sends a whole form and returns the page after it.
func (h *house) reported(change ...string) (after answer, token, code string) {
	h.Helper()
	sent := h.get("/phan-anh").send("/phan-anh/", whole(change...))
	after = sent.follow()
	link := regexp.MustCompile(`/tra-cuu/([\w.-]+)\?`).FindStringSubmatch(sent.header.Get("Location"))
	if link == nil {
		h.Fatalf("the form leads to %q", sent.header.Get("Location"))
	}
	return after, link[1], codePattern.FindString(after.body)
}

// matter is the conversation of a code.
func (h *house) matter(code string) inbox.Conversation {
	h.Helper()
	page, err := h.hub.List(h.Context(), officer, inbox.View{Name: inbox.AllList}, "", 100)
	if err != nil {
		h.Fatal(err)
	}
	for _, c := range page.Conversations {
		if c.Code == code {
			return c
		}
	}
	h.Fatalf("there is no matter %s", code)
	return inbox.Conversation{}
}

func (h *house) all() int {
	h.Helper()
	page, err := h.hub.List(h.Context(), officer, inbox.View{Name: inbox.AllList}, "", 100)
	if err != nil {
		h.Fatal(err)
	}
	return len(page.Conversations)
}

// close has the officer answer and close a matter.
func (h *house) close(code, answer string) {
	h.Helper()
	if _, err := h.hub.Reply(h.Context(), officer, h.matter(code).ID, inbox.NewReply{Text: answer, Key: "k" + code, Resolve: true}); err != nil {
		h.Fatal(err)
	}
}
