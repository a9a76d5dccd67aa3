package messengersim

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"tongdai/connectors/simulator"
)

//go:embed pages
var files embed.FS

// Where the pages are that look like Messenger on a phone, and like a post with
// comments.
const (
	PhonePath = "/phone"
	PostPath  = "/post"
)

var looks = template.Must(template.New("").Funcs(simulator.PageFuncs()).Funcs(template.FuncMap{
	"signs": func() []string { return []string{"❤", "😆", "😮", "😢", "😠", "👍"} },
	"href":  href,
}).ParseFS(files, "pages/*.html"))

// href is the address a button opens, empty for one that tells the page.
func href(b Button) template.URL {
	switch {
	case b.Type == "phone_number":
		return template.URL("tel:" + b.Payload)
	case b.Type == "web_url" && (strings.HasPrefix(b.Payload, "https://") || strings.HasPrefix(b.Payload, "http://")):
		return template.URL(b.Payload)
	}
	return ""
}

func (s *Sim) phoneRoutes(mux *http.ServeMux) {
	simulator.Static(mux, "/static/", files)
	mux.HandleFunc("GET /phone", s.getPhone)
	mux.HandleFunc("GET /phone/messages", s.getPhoneMessages)
	mux.HandleFunc("GET /phone/events", s.getPhoneEvents)
	mux.HandleFunc("POST /phone/{action}", s.postPhone)
	mux.HandleFunc("GET /post", s.getPost)
	mux.HandleFunc("GET /post/comments", s.getPostComments)
	mux.HandleFunc("GET /post/events", s.getPostEvents)
	mux.HandleFunc("POST /post/{action}", s.postPost)
}

// phone is what the page that looks like Messenger shows.
type phone struct {
	Page     Page
	Pages    []Page
	User     string
	Name     string
	Query    template.URL
	Messages []shownMessage
	Typing   bool
	Inbox    bool // a person in Meta's own inbox has the conversation
	New      bool // nothing was said yet
	Greeting any
	Menu     any
	Openers  any
}

// shownMessage is a message with what it looks like.
type shownMessage struct {
	Message
	Day    string // told above the first message of a day
	Quoted string // the words it answers
	Query  template.URL
	Last   bool // its quick replies can still be pressed
}

func (s *Sim) getPhone(w http.ResponseWriter, r *http.Request) {
	page, ok := s.page(r.FormValue("page"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	user := r.FormValue("user")
	if user == "" {
		user = s.Citizen(page.ID, first(strings.TrimSpace(r.FormValue("name")), simulator.DefaultName))
		http.Redirect(w, r, PhonePath+"?"+string(query(page.ID, user)), http.StatusFound)
		return
	}
	simulator.Render(w, s.cfg.Logger, looks, "phone.html", s.phone(page, user))
}

func query(page, user string) template.URL {
	return template.URL(url.Values{"page": {page}, "user": {user}}.Encode())
}

func (s *Sim) getPhoneMessages(w http.ResponseWriter, r *http.Request) {
	page, ok := s.page(r.FormValue("page"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.See(page.ID, r.FormValue("user"))
	simulator.Render(w, s.cfg.Logger, looks, "messages.html", s.phone(page, r.FormValue("user")))
}

func (s *Sim) phone(page Page, user string) phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, profile := s.chat(page.ID, user), s.pages[page.ID].profile
	v := phone{
		Page: page, Pages: s.cfg.Pages, User: user, Name: c.name, Query: query(page.ID, user),
		Typing: s.cfg.Now().Before(c.typing), Inbox: c.owner != "", New: len(c.messages) == 0,
		Greeting: profile["greeting"], Menu: profile["persistent_menu"], Openers: profile["ice_breakers"],
	}
	words, day := map[string]string{}, ""
	for i, m := range c.messages {
		words[m.ID] = m.Text
		line := shownMessage{Message: m, Quoted: words[m.Reply], Query: v.Query, Last: i == len(c.messages)-1}
		if d := simulator.Day(m.At); d != day {
			day, line.Day = d, d
		}
		v.Messages = append(v.Messages, line)
	}
	return v
}

func (s *Sim) getPhoneEvents(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	c := s.chat(r.FormValue("page"), r.FormValue("user"))
	s.mu.Unlock()
	c.watchers.Stream(s.ctx, w, r)
}

func (s *Sim) getPostEvents(w http.ResponseWriter, r *http.Request) {
	page, ok := s.page(r.FormValue("page"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.pages[page.ID].wall.Stream(s.ctx, w, r)
}

// maxPhoneFile is the largest file a citizen sends from this phone.
const maxPhoneFile = 25 << 20

// postPhone is what the citizen does.
func (s *Sim) postPhone(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPhoneFile)
	page, ok := s.page(r.FormValue("page"))
	user := r.FormValue("user")
	if !ok || user == "" {
		http.Error(w, "Không có trang hoặc người dùng này.", http.StatusNotFound)
		return
	}
	if err := s.act(page.ID, user, r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	simulator.Done(w, r, PhonePath+"?"+string(query(page.ID, user)))
}

func (s *Sim) act(page, user string, r *http.Request) error {
	text := strings.TrimSpace(r.FormValue("text"))
	switch action := r.PathValue("action"); action {
	case "say":
		if text != "" {
			s.Send(page, user, Message{Text: text, Reply: r.FormValue("reply")})
		}
	case "begin":
		s.Begin(page, user, r.FormValue("ref"))
	case "press":
		s.Press(page, user, Button{Type: r.FormValue("type"), Title: r.FormValue("title"), Payload: r.FormValue("payload")})
	case "like":
		s.Send(page, user, Message{Files: []File{{Type: "sticker", URL: s.url + "/static/like.svg", Sticker: Like}}})
	case "react":
		s.React(page, user, r.FormValue("message"), r.FormValue("emoji"))
	case "edit":
		if text != "" {
			s.Edit(page, user, r.FormValue("message"), text)
		}
	case "file":
		return s.actFile(page, user, r)
	default:
		return fmt.Errorf("không có thao tác %q", action)
	}
	return nil
}

func (s *Sim) actFile(page, user string, r *http.Request) error {
	files, err := simulator.PostedFiles(r)
	if err != nil {
		return err
	}
	kind, _, _ := strings.Cut(http.DetectContentType(files[0].Data), "/")
	if kind != "image" && kind != "video" && kind != "audio" {
		kind = "file"
	}
	s.SendFile(page, user, kind, files[0].Name, files[0].Data)
	return nil
}
