package messengersim

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed pages
var files embed.FS

// Where the pages are that look like Messenger on a phone, and like a post with
// comments.
const (
	PhonePath = "/phone"
	PostPath  = "/post"
)

const defaultName = "Trần Thị Mẫu"

// hanoi is where the phones are.
var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

var looks = template.Must(template.New("").Funcs(template.FuncMap{
	"clock":   func(t time.Time) string { return t.In(hanoi).Format("15:04") },
	"moment":  func(t time.Time) string { return t.In(hanoi).Format("15:04 02/01/2006") },
	"size":    fileSize,
	"initial": func(name string) string { return string([]rune(strings.TrimSpace(name) + "?")[:1]) },
	"signs":   func() []string { return []string{"❤", "😆", "😮", "😢", "😠", "👍"} },
	"href":    href,
}).ParseFS(files, "pages/*.html"))

func fileSize(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

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
	static, err := fs.Sub(files, "pages/static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux.Handle("GET /static/{file}", http.StripPrefix("/static/", http.FileServerFS(static)))
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
		user = s.Citizen(page.ID, first(strings.TrimSpace(r.FormValue("name")), defaultName))
		http.Redirect(w, r, PhonePath+"?"+string(query(page.ID, user)), http.StatusFound)
		return
	}
	s.render(w, "phone.html", s.phone(page, user))
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
	s.render(w, "messages.html", s.phone(page, r.FormValue("user")))
}

func (s *Sim) render(w http.ResponseWriter, name string, view any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := looks.ExecuteTemplate(w, name, view); err != nil {
		s.cfg.Logger.Warn("a page of the Facebook simulator broke off", "page", name, "err", err)
	}
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
		if d := m.At.In(hanoi).Format("02/01/2006"); d != day {
			day, line.Day = d, d
		}
		v.Messages = append(v.Messages, line)
	}
	return v
}

func (s *Sim) getPhoneEvents(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	listeners := s.chat(r.FormValue("page"), r.FormValue("user")).listeners
	s.mu.Unlock()
	s.stream(w, r, listeners)
}

func (s *Sim) getPostEvents(w http.ResponseWriter, r *http.Request) {
	page, ok := s.page(r.FormValue("page"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.stream(w, r, s.pages[page.ID].wall)
}

// heartbeat is how often a silent stream shows that it lives.
const heartbeat = 20 * time.Second

// stream tells a page when there is something new.
func (s *Sim) stream(w http.ResponseWriter, r *http.Request, listeners map[chan struct{}]bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	changed := make(chan struct{}, 1)
	s.mu.Lock()
	listeners[changed] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(listeners, changed)
	}()
	out := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for line := "retry: 1000\n\n"; ; {
		if _, err := io.WriteString(w, line); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-changed:
			line = "event: changed\ndata: {}\n\n"
		case <-beat.C:
			line = ": alive\n\n"
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
}

// maxPhoneFile is the largest file a citizen sends from this phone.
const maxPhoneFile = 25 << 20

// postPhone is what the citizen does. With JavaScript the page asks for no
// answer; without, it is shown again.
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
	done(w, r, PhonePath+"?"+string(query(page.ID, user)))
}

func done(w http.ResponseWriter, r *http.Request, back string) {
	if r.Header.Get("X-Requested-With") != "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
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
	file, header, err := r.FormFile("file")
	if err != nil {
		return fmt.Errorf("chưa chọn tệp: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("tệp bị đứt giữa chừng: %w", err)
	}
	kind, _, _ := strings.Cut(http.DetectContentType(data), "/")
	if kind != "image" && kind != "video" && kind != "audio" {
		kind = "file"
	}
	s.SendFile(page, user, kind, header.Filename, data)
	return nil
}
