package zalosim

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"tongdai/connectors/simulator"
)

//go:embed pages
var pages embed.FS

// PhonePath is where the page is that looks like a phone.
const PhonePath = "/phone"

var phonePage = template.Must(template.New("phone.html").Funcs(simulator.PageFuncs()).Funcs(template.FuncMap{
	"query": func(t chatID) template.URL {
		return template.URL(url.Values{"oa": {t.oa}, "user": {t.user}}.Encode())
	},
	"stickers": func() []sticker { return stickers },
}).ParseFS(pages, "pages/phone.html", "pages/messages.html"))

func (s *Sim) phoneRoutes(mux *http.ServeMux) {
	simulator.Static(mux, "/phone/static/", pages)
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
		user = s.Citizen(oa.ID, cmp.Or(strings.TrimSpace(r.FormValue("name")), simulator.DefaultName))
		q := url.Values{"oa": {oa.ID}, "user": {user}}
		http.Redirect(w, r, PhonePath+"?"+q.Encode(), http.StatusFound)
		return
	}
	simulator.Render(w, s.cfg.Logger, phonePage, "phone.html", s.view(oa, user))
}

func (s *Sim) getPhoneMessages(w http.ResponseWriter, r *http.Request) {
	oa, ok := s.oa(r.FormValue("oa"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.See(oa.ID, r.FormValue("user"))
	simulator.Render(w, s.cfg.Logger, phonePage, "messages.html", s.view(oa, r.FormValue("user")))
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
		if d := simulator.Day(m.At); d != day {
			day, line.Day = d, d
		}
		if m.Kind == Sticker {
			line.Face = stickerByID(m.Name).Word
		}
		v.Messages = append(v.Messages, line)
	}
	return v
}

// getPhoneEvents tells the page when there is something new in the chat.
func (s *Sim) getPhoneEvents(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	c := s.chat(r.FormValue("oa"), r.FormValue("user"))
	s.mu.Unlock()
	c.watchers.Stream(s.ctx, w, r)
}

// maxPhoneFile is the largest file a citizen sends from this phone.
const maxPhoneFile = 25 << 20

// postPhone is what the citizen does.
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
	q := url.Values{"oa": {oa.ID}, "user": {user}}
	simulator.Done(w, r, PhonePath+"?"+q.Encode())
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
	files, err := simulator.PostedFiles(r)
	if err != nil {
		return err
	}
	kind, data := File, files[0].Data
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
	s.SendFile(oa, user, kind, files[0].Name, data)
	return nil
}
