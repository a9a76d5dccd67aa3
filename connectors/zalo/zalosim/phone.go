package zalosim

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
var pages embed.FS

// PhonePath is where the page is that looks like a phone.
const PhonePath = "/phone"

const defaultName = "Trần Thị Mẫu"

// hanoi is where the phones are.
var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

var phonePage = template.Must(template.New("phone.html").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.In(hanoi).Format("15:04") },
	"size":  fileSize,
	"query": func(t chatID) template.URL {
		return template.URL(url.Values{"oa": {t.oa}, "user": {t.user}}.Encode())
	},
	"initial":  func(name string) string { return string([]rune(strings.TrimSpace(name) + "?")[:1]) },
	"stickers": func() []sticker { return stickers },
}).ParseFS(pages, "pages/phone.html", "pages/messages.html"))

func fileSize(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func (s *Sim) phoneRoutes(mux *http.ServeMux) {
	static, err := fs.Sub(pages, "pages/static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux.Handle("GET /phone/static/", http.StripPrefix("/phone/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, PhonePath, http.StatusFound)
	})
	mux.HandleFunc("GET /phone", s.getPhone)
	mux.HandleFunc("GET /phone/messages", s.getPhoneMessages)
	mux.HandleFunc("GET /phone/events", s.getPhoneEvents)
	mux.HandleFunc("GET /phone/sticker/{id}", getSticker)
	mux.HandleFunc("POST /phone/{action}", s.postPhone)
}

// view is what the phone shows.
type view struct {
	OA       OA
	OAs      []OA
	Chat     chatID
	Name     string
	Follows  bool
	Messages []shown
}

// shown is a message with what it looks like.
type shown struct {
	Message
	Day    string // told above the first message of a day
	Quoted string // the words it answers
	Face   string // what a sticker stands for
}

// Href is the address a button opens, empty for one that sends a text.
func (b Button) Href() template.URL {
	switch {
	case b.Type == "oa.open.phone":
		return template.URL("tel:" + url.PathEscape(b.Payload))
	case b.Type == "oa.open.url" && (strings.HasPrefix(b.Payload, "https://") || strings.HasPrefix(b.Payload, "http://")):
		return template.URL(b.Payload)
	}
	return ""
}

func (s *Sim) getPhone(w http.ResponseWriter, r *http.Request) {
	oa, ok := s.oa(r.FormValue("oa"))
	if !ok {
		oa = s.cfg.OAs[0]
	}
	user := r.FormValue("user")
	if user == "" {
		name := strings.TrimSpace(r.FormValue("name"))
		if name == "" {
			name = defaultName
		}
		user = s.Citizen(oa.ID, name)
		q := url.Values{"oa": {oa.ID}, "user": {user}}
		http.Redirect(w, r, PhonePath+"?"+q.Encode(), http.StatusFound)
		return
	}
	s.render(w, "phone.html", s.view(oa, user))
}

func (s *Sim) getPhoneMessages(w http.ResponseWriter, r *http.Request) {
	oa, ok := s.oa(r.FormValue("oa"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.See(oa.ID, r.FormValue("user"))
	s.render(w, "messages.html", s.view(oa, r.FormValue("user")))
}

func (s *Sim) render(w http.ResponseWriter, name string, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := phonePage.ExecuteTemplate(w, name, v); err != nil {
		s.cfg.Logger.Warn("a page of the Zalo simulator broke off", "page", name, "err", err)
	}
}

func (s *Sim) view(oa OA, user string) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(oa.ID, user)
	v := view{OA: oa, OAs: s.cfg.OAs, Chat: chatID{oa.ID, user}, Name: c.name, Follows: c.follows}
	words := map[string]string{}
	day := ""
	for _, m := range c.messages {
		words[m.ID] = m.Text
		if m.Hidden {
			continue
		}
		line := shown{Message: m, Quoted: words[m.Quote]}
		if d := m.At.In(hanoi).Format("02/01/2006"); d != day {
			day, line.Day = d, d
		}
		if m.Kind == Sticker {
			line.Face = stickerByID(m.Name).Word
		}
		v.Messages = append(v.Messages, line)
	}
	return v
}

// heartbeat is how often a silent stream shows that it lives.
const heartbeat = 20 * time.Second

// getPhoneEvents tells the page when there is something new in the chat.
func (s *Sim) getPhoneEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	changed := make(chan struct{}, 1)
	s.mu.Lock()
	c := s.chat(r.FormValue("oa"), r.FormValue("user"))
	c.listeners[changed] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(c.listeners, changed)
	}()
	stream := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for line := "retry: 1000\n\n"; ; {
		if _, err := io.WriteString(w, line); err != nil || stream.Flush() != nil {
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
	oa, ok := s.oa(r.FormValue("oa"))
	user := r.FormValue("user")
	if !ok || user == "" {
		http.Error(w, "Không có OA hoặc người dùng này.", http.StatusNotFound)
		return
	}
	if err := s.act(oa.ID, user, r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.Header.Get("X-Requested-With") != "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	q := url.Values{"oa": {oa.ID}, "user": {user}}
	http.Redirect(w, r, PhonePath+"?"+q.Encode(), http.StatusSeeOther)
}

func (s *Sim) act(oa, user string, r *http.Request) error {
	text := strings.TrimSpace(r.FormValue("text"))
	switch action := r.PathValue("action"); action {
	case "say":
		if text != "" {
			s.Send(oa, user, Message{Kind: Text, Text: text, Quote: r.FormValue("quote")})
		}
	case "press":
		s.Press(oa, user, Button{Type: r.FormValue("type"), Payload: r.FormValue("payload")})
	case "sticker":
		id := r.FormValue("id")
		s.Send(oa, user, Message{Kind: Sticker, Name: id, URL: s.url + "/phone/sticker/" + url.PathEscape(id)})
	case "place":
		// Lam Sơn square, in the middle of Thanh Hóa
		s.Send(oa, user, Message{Kind: Location, Lat: 19.8067, Lng: 105.7852})
	case "card":
		s.Send(oa, user, Message{Kind: Card, Name: "Nguyễn Văn Mẫu", Phone: "84901234567"})
	case "share":
		s.Share(oa, user, Info{
			Name: r.FormValue("name"), Phone: r.FormValue("phone"), Address: r.FormValue("address"),
			Ward: r.FormValue("ward"), City: r.FormValue("city"),
		})
	case "follow":
		s.Follow(oa, user)
	case "unfollow":
		s.Unfollow(oa, user)
	case "file":
		return s.actFile(oa, user, r)
	default:
		return fmt.Errorf("không có thao tác %q", action)
	}
	return nil
}

func (s *Sim) actFile(oa, user string, r *http.Request) error {
	file, header, err := r.FormFile("file")
	if err != nil {
		return fmt.Errorf("chưa chọn tệp: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("tệp bị đứt giữa chừng: %w", err)
	}
	kind := File
	switch sniffed := http.DetectContentType(data); {
	case sniffed == "image/gif":
		kind = GIF
	case strings.HasPrefix(sniffed, "image/"):
		kind = Image
	case strings.HasPrefix(sniffed, "video/"):
		kind = Video
	case strings.HasPrefix(sniffed, "audio/"), strings.HasPrefix(string(data), "#!AMR"):
		kind = Audio
	}
	s.SendFile(oa, user, kind, header.Filename, data)
	return nil
}
