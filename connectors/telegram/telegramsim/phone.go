package telegramsim

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors/simulator"
)

//go:embed pages
var pages embed.FS

// PhonePath is where the page is that looks like a telephone.
const PhonePath = "/phone"

// signs are the reactions that the page offers.
var signs = []string{"👍", "❤", "🙏", "😢"}

var phonePage = template.Must(template.New("phone.html").Funcs(simulator.PageFuncs()).Funcs(template.FuncMap{
	"signs": func() []string { return signs },
}).ParseFS(pages, "pages/phone.html", "pages/messages.html"))

func (s *Sim) phoneRoutes(mux *http.ServeMux) {
	simulator.Static(mux, "/phone/static/", pages)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, PhonePath, http.StatusFound)
	})
	mux.HandleFunc("GET /phone", s.getPhone)
	mux.HandleFunc("GET /phone/messages", s.getPhoneMessages)
	mux.HandleFunc("GET /phone/events", s.getPhoneEvents)
	mux.HandleFunc("GET /phone/file/{id}", s.getPhoneFile)
	mux.HandleFunc("POST /phone/{action}", s.postPhone)
}

// view is what the telephone shows.
type view struct {
	Bot      string
	Username string
	User     int64
	Name     string
	Started  bool
	Blocked  bool
	Typing   bool
	Toast    string
	Messages []shown
}

// shown is a message with what it looks like.
type shown struct {
	Message
	Day    string // told above the first message of a day
	Quoted string // the words it answers
	Image  bool
}

func userOf(r *http.Request) (int64, error) {
	user, err := strconv.ParseInt(r.FormValue("user"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("không có người dùng %q", r.FormValue("user"))
	}
	return user, nil
}

func (s *Sim) getPhone(w http.ResponseWriter, r *http.Request) {
	user, err := userOf(r)
	if err != nil {
		name := cmp.Or(strings.TrimSpace(r.FormValue("name")), simulator.DefaultName)
		http.Redirect(w, r, phoneOf(s.Citizen(name)), http.StatusFound)
		return
	}
	simulator.Render(w, s.cfg.Logger, phonePage, "phone.html", s.view(user))
}

func phoneOf(user int64) string {
	return PhonePath + "?" + url.Values{"user": {strconv.FormatInt(user, 10)}}.Encode()
}

func (s *Sim) getPhoneMessages(w http.ResponseWriter, r *http.Request) {
	user, err := userOf(r)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	simulator.Render(w, s.cfg.Logger, phonePage, "messages.html", s.view(user))
}

// typingLife is how long "đang nhập" is shown, as the platform does.
const typingLife = 5 * time.Second

func (s *Sim) view(user int64) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(user)
	v := view{
		Bot: s.cfg.Name, Username: s.cfg.Username, User: user, Name: c.name, Started: c.started, Blocked: c.blocks,
		Typing: s.cfg.Now().Sub(c.typing) < typingLife, Toast: c.toast,
	}
	words := map[int64]string{}
	day := ""
	for _, m := range c.messages {
		words[m.ID] = m.Text
		line := shown{Message: m, Quoted: words[m.Quote], Image: m.Kind == Photo || m.Kind == Animation || m.Kind == Sticker}
		if d := simulator.Day(m.At); d != day {
			day, line.Day = d, d
		}
		v.Messages = append(v.Messages, line)
	}
	return v
}

// getPhoneFile shows a file of either side in the page.
func (s *Sim) getPhoneFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files[r.PathValue("id")]
	s.mu.Unlock()
	if f == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.mediaType)
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(f.data) // a browser that left needs no file
}

// getPhoneEvents tells the page when there is something new in the chat.
func (s *Sim) getPhoneEvents(w http.ResponseWriter, r *http.Request) {
	user, err := userOf(r)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	c := s.chat(user)
	s.mu.Unlock()
	c.watchers.Stream(s.ctx, w, r)
}

// maxPhoneFile is the most that a citizen sends at once from this telephone.
const maxPhoneFile = 64 << 20

// postPhone is what the citizen does.
func (s *Sim) postPhone(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPhoneFile)
	user, err := userOf(r)
	if err == nil {
		err = s.act(user, r)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	simulator.Done(w, r, phoneOf(user))
}

func (s *Sim) act(user int64, r *http.Request) error {
	text := strings.TrimSpace(r.FormValue("text"))
	message, _ := strconv.ParseInt(r.FormValue("message"), 10, 64)
	switch action := r.PathValue("action"); action {
	case "start":
		s.Begin(user, r.FormValue("ref"))
	case "say":
		switch {
		case text != "" && message != 0:
			s.Edit(user, message, text)
		case text != "":
			quote, _ := strconv.ParseInt(r.FormValue("quote"), 10, 64)
			s.Send(user, Message{Kind: Text, Text: text, Quote: quote})
		}
	case "press":
		s.Press(user, message, r.FormValue("data"))
	case "react":
		s.React(user, message, r.FormValue("sign"))
	case "place":
		// Lam Sơn square, in the middle of Thanh Hóa
		s.Send(user, Message{Kind: Location, Lat: 19.8067, Lng: 105.7852})
	case "card":
		s.Send(user, Message{Kind: Contact, Name: "Nguyễn Văn Mẫu", Phone: "84901234567"})
	case "block":
		s.Block(user, true)
	case "unblock":
		s.Block(user, false)
	case "file":
		return s.actFile(user, text, r)
	default:
		return fmt.Errorf("không có thao tác %q", action)
	}
	return nil
}

func (s *Sim) actFile(user int64, caption string, r *http.Request) error {
	posted, err := simulator.PostedFiles(r)
	if err != nil {
		return err
	}
	var files []File
	for _, f := range posted {
		files = append(files, File{kindOf(f.Data), f.Name, f.Data})
	}
	if len(files) > 1 {
		s.SendAlbum(user, caption, files...)
		return nil
	}
	s.SendFile(user, files[0].Kind, files[0].Name, caption, files[0].Data)
	return nil
}

func kindOf(data []byte) Kind {
	switch sniffed := http.DetectContentType(data); {
	case sniffed == "image/gif":
		return Animation
	case strings.HasPrefix(sniffed, "image/"):
		return Photo
	case strings.HasPrefix(sniffed, "video/"):
		return Video
	case sniffed == "application/ogg":
		return Voice
	}
	return Document
}
