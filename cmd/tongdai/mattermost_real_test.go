package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/mattermost/mattermost-server/v6/model"
	"github.com/rs/zerolog"

	"tongdai/connectors/mattermost/mattermosttest"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox"
	"tongdai/inbox/ledger"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/kb"
)

// The whole story with a Mattermost server as departments have it: a citizen asks in the
// web chat, the department answers in its channel by prefix, by button and with a file,
// and the citizen reads each answer once, although the hub is killed and the line to
// Mattermost is cut in between. A stranger's answer goes nowhere, an urgent report is
// confirmed by its button, and the slash command is answered.
func TestADepartmentAnswersFromARealMattermost(t *testing.T) {
	o := openOffice(t)
	an := o.visitor("Cho tôi gặp cán bộ, tôi muốn hỏi thủ tục đổi thẻ bảo hiểm y tế cho con.")
	matter := o.handed(an)
	card := o.card(matter)
	o.cardTells(card, matter.Code, "đổi thẻ bảo hiểm y tế", "chưa có ai nhận")

	o.hoa.Press(card.Id, "take")
	o.until("the card tells who has it, and has no button for that", func() bool {
		now := o.card(matter)
		return fieldOf(now, "Người nhận") == "Y tá Hoa" && !slices.Contains(buttonsOf(now), "take")
	})

	t.Log("answers by prefix, a note, and a file")
	o.hoa.Say(room, card.Id, "để em hỏi lại khoa nhi đã")
	first := o.hoa.Say(room, card.Id, "! Dạ, anh/chị mang thẻ cũ tới bảo hiểm xã hội ạ.")
	o.reads(an, "Dạ, anh/chị mang thẻ cũ tới bảo hiểm xã hội ạ.")
	o.shows(first, "white_check_mark", "heavy_check_mark")
	o.hoa.Send(room, card.Id, "! Dạ, mẫu đơn đây ạ.", "mau-don.txt", []byte("Kính gửi: ..."))
	o.reads(an, "Dạ, mẫu đơn đây ạ.")
	o.until("the note is kept", func() bool { return o.noted(matter, "để em hỏi lại khoa nhi đã") == 1 })

	t.Log("the hub is killed; both sides go on")
	o.hub.kill()
	o.hub.died(t)
	o.hoa.Say(room, card.Id, "! Dạ, lệ phí là không đồng ạ.")
	o.hoa.Edit(first, "! Dạ, anh/chị mang thẻ cũ tới bảo hiểm xã hội phường ạ.")
	o.hub.start(t)
	o.reads(an, "Dạ, lệ phí là không đồng ạ.")
	o.until("the change of words is a note", func() bool { return o.noted(matter, "bảo hiểm xã hội phường") == 1 })

	t.Log("the line to Mattermost is cut; both sides go on")
	o.line.Stop()
	o.says(an, "Cho tôi hỏi thêm, nộp thay được không? Mẫu ở "+o.web.URL+"/nguoi-dan")
	o.hoa.Say(room, card.Id, "! Dạ, ông bà nộp thay được ạ.")
	if err := o.line.Start(); err != nil {
		t.Fatal(err)
	}
	o.reads(an, "Dạ, ông bà nộp thay được ạ.")
	o.until("the thread has what the citizen said meanwhile", func() bool { return o.inThread(card.Id, "nộp thay được không?") == 1 })

	t.Log("buttons and dialogs")
	if wrong := o.submits(card.Id, "promise", map[string]any{"due": "hôm nào rảnh"}); wrong.Errors["due"] == "" {
		t.Errorf("a promise without a time is answered %+v", wrong)
	}
	o.submits(card.Id, "promise", map[string]any{"due": "17:00 " + time.Now().In(hanoiTime).AddDate(0, 0, 2).Format("02/01/2006")})
	o.until("the citizen reads of the promise", func() bool { return o.heard(an, "sẽ trả lời trước 17:00") == 1 })
	if said := o.submits(card.Id, "reply", map[string]any{"text": "Dạ, thẻ mới có sau 5 ngày làm việc ạ."}); said.Error != "" || len(said.Errors) > 0 {
		t.Errorf("an answer by the dialog is answered %+v", said)
	}
	o.reads(an, "Dạ, thẻ mới có sau 5 ngày làm việc ạ.")
	o.until("colleagues read it in the thread", func() bool { return o.inThread(card.Id, "thẻ mới có sau 5 ngày") == 1 })

	t.Log("a stranger")
	forged := o.stranger.Say(room, card.Id, "! Chuyển tiền vào tài khoản này.")
	o.shows(forged, "no_entry_sign")
	o.until("the stranger is told why", func() bool { return o.inThread(card.Id, "chưa biết anh/chị là cán bộ nào") == 1 })
	o.until("the desk sees it as a note", func() bool { return o.noted(matter, "Chuyển tiền") == 1 })

	t.Log("the slash command")
	o.hoa.Order(room, "", "/1022 tra "+matter.Code+" tiêm mũi 3 ở đâu")
	found := o.whispered("tiêm mũi 3 ở đâu")
	if shown := found.Attachments(); len(shown) == 0 || len(shown[0].Actions) != 1 {
		t.Fatalf("/1022 tra is answered %q with %+v", found.Message, shown)
	}
	o.hoa.PressWhispered(found, "insert")
	o.reads(an, "mũi")
	if said := o.hoa.Order(room, "", "/1022 xem "+matter.Code); len(said.Attachments) != 1 || !strings.Contains(said.Text, "thẻ mới có sau 5 ngày") {
		t.Errorf("/1022 xem is answered %q with %+v", said.Text, said.Attachments)
	}
	if said := o.hoa.Order(room, "", "/1022 trực"); !strings.Contains(said.Text, "trực") {
		t.Errorf("/1022 trực is answered %q", said.Text)
	}
	if said := o.stranger.Order(room, "", "/1022 xem "+matter.Code); !strings.Contains(said.Text, "chưa biết anh/chị là cán bộ nào") {
		t.Errorf("/1022 xem of a stranger is answered %q", said.Text)
	}

	t.Log("what is taken back")
	o.hoa.Delete(first)
	o.until("it is noted that it was", func() bool { return o.noted(matter, "Đã xóa lời viết") == 1 })

	o.nothingTwice(an, matter, card.Id)

	o.hoa.Say(room, "", "Trang này: "+o.web.URL+"/can-bo") // of which Mattermost makes a preview
	o.until("the page that a colleague names is looked at", func() bool { return o.fetched("/can-bo") > 0 })
	if n := o.fetched("/nguoi-dan"); n > 0 {
		t.Errorf("Mattermost looked %d times at a page that a citizen named", n)
	}
}

// An urgent report rings at the department and with those who lead, and stops when
// somebody presses that it was heard.
func TestAnUrgentReportIsConfirmedInARealMattermost(t *testing.T) {
	o := openOffice(t)
	an := o.visitor("Cấp cứu! Mẹ tôi đang sốt cao, khó thở dữ dội, ở phường Hạc Thành.")
	o.until("those who lead are told", func() bool {
		return slices.ContainsFunc(o.hoa.Posts(leadersRoom), func(p *model.Post) bool { return strings.Contains(p.Message, "khẩn cấp") })
	})
	matter := o.matter(an)
	if err := o.desk.Transfer(t.Context(), matter.ID, string(healthDepartment)); err != nil {
		t.Fatal(err)
	}
	card := o.card(matter)
	o.cardTells(card, "KHẨN – "+matter.Code, "khó thở")
	if !slices.Contains(buttonsOf(card), "confirm") {
		t.Fatalf("the card has the buttons %q", buttonsOf(card))
	}
	o.hoa.Press(card.Id, "confirm")
	o.until("the card rings no more", func() bool { return !slices.Contains(buttonsOf(o.card(matter)), "confirm") })
	o.until("the thread tells who confirmed", func() bool { return o.inThread(card.Id, "Y tá Hoa xác nhận đã nhận tin khẩn") == 1 })
}

const (
	healthDepartment = kb.DepartmentID("so-y-te")
	room             = "duong-day-nong"
	leadersRoom      = "lanh-dao"
	realChat         = "mattermost"
)

var hanoiTime = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// office is a hub in a process of its own and a Mattermost server, with the line between
// them that can be cut.
type office struct {
	*testing.T
	ctx           context.Context
	server        *mattermosttest.Server
	line          *toxiproxy.Proxy
	hub           *mortal
	desk          *ledger.Desk
	hoa, stranger *mattermosttest.Person
	said          int              // by citizens
	web           *httptest.Server // a page somewhere
	mu            sync.Mutex
	looks         map[string]int // at web, by path
}

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, server: mattermosttest.Start(t, pgtest.Database), hub: newMortal(t), looks: map[string]int{}}
	var cancel context.CancelFunc
	o.ctx, cancel = context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	o.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.looks[r.URL.Path]++
		_, _ = io.WriteString(w, "<title>Trang</title>")
	}))
	t.Cleanup(o.web.Close)
	o.server.Channel(room, "Đường dây nóng")
	o.server.Channel(leadersRoom, "Lãnh đạo")
	o.hoa = o.server.Person("hoa", "Y tá Hoa", "hoa@soyte.example", room, leadersRoom)
	o.stranger = o.server.Person("nguoila", "Người Lạ", "la@nguoidan.example", room)
	token := o.server.Bot("tongdai", room, leadersRoom)
	command := o.server.Command("1022", o.hub.url+"/hook/"+realChat+"/command")
	o.line = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "chat", "127.0.0.1:0", strings.TrimPrefix(o.server.URL, "http://"))
	if err := o.line.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.line.Stop)
	config := fmt.Sprintf(officeYAML, o.hub.url, realChat, o.line.Listen, token, mattermosttest.Team, leadersRoom, command, healthDepartment, room)
	if err := os.WriteFile(o.hub.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	o.people()
	o.hub.start(t)
	o.desk = &ledger.Desk{URL: o.hub.url}
	if err := o.desk.Login(o.ctx, "lan", demoPassword); err != nil {
		t.Fatal(err)
	}
	return o
}

const officeYAML = `
organisation: {url: %q}
channels:
  - {id: web, kind: webchat, name: Chat}
  - id: %s
    kind: mattermost
    name: Mattermost tỉnh
    mattermost_url: http://%s
    mattermost_token: %s
    team: %s
    leaders: %s
    command_token: %s
    places: [{unit: %s, channel: %s}]
log: {format: json, level: info}
`

// people makes the members, and imports what the bot knows.
func (o *office) people() {
	o.Helper()
	if err := fillKnowledge(o.ctx, o.hub.config, o.hub.data, demoEntries+1); err != nil {
		o.Fatal(err)
	}
	s := settings{config: o.hub.config, data: o.hub.data}
	err := s.withHub(o.ctx, func(a *app) error {
		for _, m := range []inbox.NewMember{
			{Login: "lan", Name: "Lê Thị Lan", Password: demoPassword, Role: inbox.Admin},
			{Login: "hoa", Name: "Y tá Hoa", Password: demoPassword, Email: "Hoa@soyte.example", Role: inbox.Staff, Departments: []kb.DepartmentID{healthDepartment}},
		} {
			if _, err := a.hub.AddMember(o.ctx, console, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.Fatal(err)
	}
}

// fetched is how often somebody looked at a page of web.
func (o *office) fetched(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.looks[path]
}

func (o *office) until(what string, done func() bool) {
	o.Helper()
	await(o.ctx, o.T, what, done)
}

// visitor is a citizen in the web chat who says something.
func (o *office) visitor(text string) *webchatsim.Visitor {
	o.Helper()
	v, err := (&webchatsim.Hub{URL: o.hub.url, Channel: "web", Client: http.DefaultClient}).Open(o.ctx)
	if err != nil {
		o.Fatal(err)
	}
	o.says(v, text)
	return v
}

func (o *office) says(v *webchatsim.Visitor, text string) {
	o.Helper()
	o.said++
	if err := v.Say(o.ctx, fmt.Sprint("m", o.said), text); err != nil {
		o.Fatal(err)
	}
}

// heard counts what the citizen reads of ours that has a text in it.
func (o *office) heard(v *webchatsim.Visitor, text string) (n int) {
	o.Helper()
	history, err := v.History(o.ctx)
	if err != nil {
		o.Fatal(err)
	}
	for _, m := range history {
		if !m.Own && strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

func (o *office) reads(v *webchatsim.Visitor, text string) {
	o.Helper()
	o.until("the citizen reads "+text, func() bool { return o.heard(v, text) > 0 })
}

// matter is the citizen's conversation as the desk sees it.
func (o *office) matter(v *webchatsim.Visitor) (found ledger.Conversation) {
	o.Helper()
	history, err := v.History(o.ctx)
	if err != nil {
		o.Fatal(err)
	}
	for _, c := range o.shown() {
		if len(history) > 0 && c.Code == history[0].Code {
			return c
		}
	}
	o.Fatal("the desk does not show the matter")
	return found
}

func (o *office) shown() []ledger.Conversation {
	o.Helper()
	shown, err := o.desk.Read(o.ctx, "lan")
	if err != nil {
		o.Fatal(err)
	}
	return shown.Conversations
}

// handed is the citizen's matter when people are to answer it and the department has it.
func (o *office) handed(v *webchatsim.Visitor) (c ledger.Conversation) {
	o.Helper()
	o.until("people are to answer", func() bool {
		c = o.matter(v)
		return c.Handler == string(inbox.ByPeople)
	})
	if err := o.desk.Transfer(o.ctx, c.ID, string(healthDepartment)); err != nil {
		o.Fatal(err)
	}
	return c
}

// noted counts the notes of a matter that have a text in them.
func (o *office) noted(c ledger.Conversation, text string) (n int) {
	o.Helper()
	for _, shown := range o.shown() {
		for _, m := range shown.Messages {
			if shown.ID == c.ID && m.Direction == string(inbox.Note) && strings.Contains(m.Text, text) {
				n++
			}
		}
	}
	return n
}

// card is the matter's card in the department's channel, as it is now.
func (o *office) card(c ledger.Conversation) (card *model.Post) {
	o.Helper()
	o.until("the card of "+c.Code, func() bool {
		for _, p := range o.hoa.Posts(room) {
			if shown := p.Attachments(); p.RootId == "" && len(shown) == 1 && strings.Contains(shown[0].Title, c.Code) {
				card = p
			}
		}
		return card != nil
	})
	return card
}

// cardTells wants words on a card, or below it.
func (o *office) cardTells(card *model.Post, words ...string) {
	o.Helper()
	for _, word := range words {
		o.until("the card or its thread tells "+word, func() bool {
			shown := card.Attachments()[0]
			for _, field := range shown.Fields {
				if strings.Contains(fmt.Sprint(field.Value), word) {
					return true
				}
			}
			return strings.Contains(shown.Title+"\n"+shown.Text, word) || o.inThread(card.Id, word) > 0
		})
	}
}

func fieldOf(card *model.Post, name string) string {
	for _, field := range card.Attachments()[0].Fields {
		if field.Title == name {
			return fmt.Sprint(field.Value)
		}
	}
	return ""
}

func buttonsOf(card *model.Post) (ids []string) {
	for _, action := range card.Attachments()[0].Actions {
		ids = append(ids, action.Id)
	}
	return ids
}

// inThread counts the posts of a thread that have a text in them.
func (o *office) inThread(root, text string) (n int) {
	o.Helper()
	for _, p := range o.hoa.Thread(root) {
		if strings.Contains(p.Message, text) {
			n++
		}
	}
	return n
}

func (o *office) signed(post string, one ...string) bool {
	o.Helper()
	signs := o.hoa.Signs(post)
	return len(signs) == 1 && slices.Contains(one, signs[0])
}

// shows wants one sign of ours on a post.
func (o *office) shows(post string, one ...string) {
	o.Helper()
	o.until(fmt.Sprintf("the sign %q", one), func() bool { return o.signed(post, one...) })
}

// whispered is what the server told the nurse alone with a text in it.
func (o *office) whispered(text string) (post *model.Post) {
	o.Helper()
	o.until("she is told of "+text, func() bool {
		for _, p := range o.hoa.Whispers() {
			if strings.Contains(p.Message, text) {
				post = p
			}
		}
		return post != nil
	})
	return post
}

// submits presses a button and fills in the dialog that it opens.
func (o *office) submits(card, button string, fields map[string]any) model.SubmitDialogResponse {
	o.Helper()
	before := len(o.hoa.Dialogs())
	o.hoa.Press(card, button)
	o.until("the dialog of "+button, func() bool { return len(o.hoa.Dialogs()) > before })
	return o.hoa.Submit(room, o.hoa.Dialogs()[before], fields)
}

// nothingTwice wants every answer with the citizen once, in the order in which they were
// given, nothing of strangers or of notes with it, and no post of ours there twice.
func (o *office) nothingTwice(v *webchatsim.Visitor, c ledger.Conversation, root string) {
	o.Helper()
	history, err := v.History(o.ctx)
	if err != nil {
		o.Fatal(err)
	}
	var got []string
	for _, m := range history {
		if !m.Own && !m.Automatic {
			got = append(got, m.Text)
		}
	}
	want := []string{
		"Dạ, anh/chị mang thẻ cũ tới bảo hiểm xã hội ạ.", "Dạ, mẫu đơn đây ạ.", "Dạ, lệ phí là không đồng ạ.", "Dạ, ông bà nộp thay được ạ.",
		"sẽ trả lời trước 17:00", "Dạ, thẻ mới có sau 5 ngày làm việc ạ.", "mũi",
	}
	if !slices.EqualFunc(got, want, strings.Contains) {
		o.Errorf("the citizen reads\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	keys := map[string]int{}
	for _, p := range append(o.hoa.Posts(room), o.hoa.Posts(leadersRoom)...) {
		if key, ok := p.GetProp("tongdai").(string); ok {
			keys[key]++
		}
	}
	for key, n := range keys {
		if n > 1 {
			o.Errorf("a post is there %d times: %s", n, key)
		}
	}
	if n := o.inThread(root, "Dạ, lệ phí"); n != 1 {
		o.Errorf("what the department wrote itself is %d times in its thread", n)
	}
	for _, m := range o.matter(v).Messages {
		if d := m.Delivery; m.Direction == string(inbox.Out) && d != nil && d.State == string(inbox.Parked) {
			o.Errorf("an answer of %s is parked: %s", c.Code, d.Reason)
		}
	}
}
