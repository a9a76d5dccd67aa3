package telegramsim

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf16"
)

const (
	textMost    = 4096
	captionMost = 1024
	photoMost   = 10 << 20
	fileMost    = 50 << 20
	dataMost    = 64 // bytes that a button carries
	buttonsMost = 100
)

// sends are the methods that say something to a person.
var sends = map[string]method{
	"sendMessage":  (*Sim).sendMessage,
	"sendPhoto":    func(s *Sim, p params, c *Call) (any, error) { return s.sendFile(p, c, "photo", Photo, photoMost) },
	"sendDocument": func(s *Sim, p params, c *Call) (any, error) { return s.sendFile(p, c, "document", Document, fileMost) },
	"sendVideo":    func(s *Sim, p params, c *Call) (any, error) { return s.sendFile(p, c, "video", Video, fileMost) },
	"sendAnimation": func(s *Sim, p params, c *Call) (any, error) {
		return s.sendFile(p, c, "animation", Animation, fileMost)
	},
	"sendVoice":      func(s *Sim, p params, c *Call) (any, error) { return s.sendFile(p, c, "voice", Voice, fileMost) },
	"sendMediaGroup": (*Sim).sendAlbum,
	"sendLocation":   (*Sim).sendPlace,
	"sendVenue":      (*Sim).sendPlace,
}

// units counts as the server does.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

// reachable is the chat that a call is for, if the bot may write there.
func (s *Sim) reachable(p params) (*chat, error) {
	id, err := strconv.ParseInt(p.values["chat_id"], 10, 64)
	c := s.chats[id]
	switch {
	case p.values["chat_id"] == "":
		return nil, bad("chat_id is empty")
	case err != nil || c == nil || c.left:
		return nil, bad("chat not found")
	case c.deleted:
		return nil, forbidden("user is deactivated")
	case c.blocks:
		return nil, forbidden("bot was blocked by the user")
	case !c.started:
		return nil, forbidden("bot can't initiate conversation with a user")
	}
	return c, nil
}

// begin makes the message of a call, with what all calls have. It is not in the
// chat yet.
func (s *Sim) begin(p params) (*chat, Message, error) {
	c, err := s.reachable(p)
	if err != nil {
		return nil, Message{}, err
	}
	m := Message{At: s.cfg.Now(), Kind: Text}
	if m.Quote, err = s.quoted(c, p); err != nil {
		return nil, m, err
	}
	m.Buttons, err = buttonsOf(p)
	return c, m, err
}

func (s *Sim) quoted(c *chat, p params) (int64, error) {
	var reply struct {
		Message int64 `json:"message_id"`
		Without bool  `json:"allow_sending_without_reply"`
	}
	if asked, err := p.object("reply_parameters", &reply); err != nil || !asked {
		return 0, err
	}
	for _, m := range c.messages {
		if m.ID == reply.Message {
			return m.ID, nil
		}
	}
	if !reply.Without {
		return 0, bad("message to be replied not found")
	}
	return 0, nil
}

func buttonsOf(p params) (all []Button, err error) {
	var markup struct {
		Rows [][]struct {
			Text string `json:"text"`
			URL  string `json:"url"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	}
	if asked, err := p.object("reply_markup", &markup); err != nil || !asked {
		return nil, err
	}
	for _, row := range markup.Rows {
		for _, b := range row {
			switch {
			case b.Text == "":
				return nil, bad("can't parse inline keyboard button: Field \"text\" must be of type String")
			case b.URL != "":
				u, err := url.Parse(b.URL)
				if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "tg" || u.Scheme != "tg" && !strings.Contains(u.Hostname(), ".") {
					return nil, bad("inline keyboard button URL '%s' is invalid: Wrong HTTP URL", b.URL)
				}
			case b.Data == "":
				return nil, bad("text buttons are unallowed in the inline keyboard")
			case len(b.Data) > dataMost:
				return nil, bad("BUTTON_DATA_INVALID")
			}
			all = append(all, Button{Text: b.Text, URL: b.URL, Data: b.Data})
		}
	}
	if len(all) > buttonsMost {
		return nil, bad("reply markup is too long")
	}
	return all, nil
}

func (s *Sim) sendMessage(p params, call *Call) (any, error) {
	c, m, err := s.begin(p)
	if err != nil {
		return nil, err
	}
	m.Text = p.values["text"]
	switch {
	case strings.TrimSpace(m.Text) == "":
		return nil, bad("message text is empty")
	case units(m.Text) > textMost:
		return nil, bad("message is too long")
	}
	return s.say(c, m, call), nil
}

func (s *Sim) sendPlace(p params, call *Call) (any, error) {
	c, m, err := s.begin(p)
	if err != nil {
		return nil, err
	}
	m.Kind = Location
	m.Lat, err = strconv.ParseFloat(p.values["latitude"], 64)
	lng, err2 := strconv.ParseFloat(p.values["longitude"], 64)
	if m.Lng = lng; err != nil || err2 != nil {
		return nil, bad("wrong latitude or longitude")
	}
	if call.Method == "sendVenue" {
		if p.values["title"] == "" || p.values["address"] == "" {
			return nil, bad("venue title and address must be non-empty")
		}
		m.Text = p.values["title"]
	}
	return s.say(c, m, call), nil
}

func (s *Sim) sendFile(p params, call *Call, field string, kind Kind, most int) (any, error) {
	c, m, err := s.begin(p)
	if err != nil {
		return nil, err
	}
	if m.Text = p.values["caption"]; units(m.Text) > captionMost {
		return nil, bad("message caption is too long")
	}
	up, ok := p.uploads[field]
	if !ok {
		return nil, bad("there is no %s in the request", field)
	}
	if err := s.take(&m, up, kind, most); err != nil {
		return nil, err
	}
	return s.say(c, m, call), nil
}

// take keeps an uploaded file as that of m.
func (s *Sim) take(m *Message, up upload, kind Kind, most int) error {
	switch {
	case len(up.data) == 0:
		return bad("file must be non-empty")
	case len(up.data) > most:
		return bad("file is too big")
	}
	if kind == Photo {
		picture, _, err := image.DecodeConfig(bytes.NewReader(up.data))
		if err != nil {
			return bad("IMAGE_PROCESS_FAILED")
		}
		if picture.Width+picture.Height > 10_000 {
			return bad("PHOTO_INVALID_DIMENSIONS")
		}
		m.Width, m.Height = picture.Width, picture.Height
	}
	m.Kind, m.Name, m.Size = kind, up.name, int64(len(up.data))
	m.File = s.store(kind, up.name, up.data).id
	return nil
}

func (s *Sim) sendAlbum(p params, call *Call) (any, error) {
	c, first, err := s.begin(p)
	if err != nil {
		return nil, err
	}
	var media []struct{ Type, Media, Caption string }
	if _, err := p.object("media", &media); err != nil {
		return nil, err
	}
	if len(media) < 2 || len(media) > 10 {
		return nil, bad("media group must have from 2 to 10 items")
	}
	var made []Message
	for _, one := range media {
		m := Message{At: first.At, Quote: first.Quote, Text: one.Caption}
		kind, most := Document, fileMost
		switch one.Type {
		case "photo":
			kind, most = Photo, photoMost
		case "video":
			kind = Video
		}
		name, attached := strings.CutPrefix(one.Media, "attach://")
		up, ok := p.uploads[name]
		switch {
		case !attached || !ok:
			return nil, bad("wrong file identifier/HTTP URL specified")
		case units(m.Text) > captionMost:
			return nil, bad("message caption is too long")
		}
		if err := s.take(&m, up, kind, most); err != nil {
			return nil, err
		}
		made = append(made, m)
	}
	album := strconv.FormatInt(s.number(), 10)
	var all []any
	for _, m := range made {
		m.Album = album
		all = append(all, s.say(c, m, call))
	}
	return all, nil
}

// say puts a message of the bot into the chat, and returns it as the API does.
func (s *Sim) say(c *chat, m Message, call *Call) any {
	m.ID = s.number()
	c.add(m)
	c.typing = m.At.AddDate(-1, 0, 0) // the message takes the place of the sign
	call.Chat, call.Text, call.Kind = c.id, m.Text, m.Kind
	call.Messages = append(call.Messages, m.ID)
	s.last = m.At
	s.taken++
	return s.wireMessage(c, m)
}

// store keeps a file. s.mu is held.
func (s *Sim) store(kind Kind, name string, data []byte) *file {
	n := strconv.FormatInt(s.number(), 10)
	f := &file{
		id: "AgACAgUAAx0Sim-" + n + "_" + string(kind), unique: "AQADsim" + n, name: name, data: data,
		mediaType: mediaType(name, data), folder: map[Kind]string{Photo: "photos", Video: "videos", Voice: "voice", Sticker: "stickers"}[kind],
	}
	if f.folder == "" {
		f.folder = "documents"
	}
	s.files[f.id] = f
	return f
}

func mediaType(name string, data []byte) string {
	if byName, _, err := mime.ParseMediaType(mime.TypeByExtension(path.Ext(name))); err == nil {
		return byName
	}
	sniffed, _, _ := strings.Cut(http.DetectContentType(data), ";")
	return sniffed
}

func extensionOf(f *file) string {
	if e := path.Ext(f.name); e != "" {
		return e
	}
	return map[string]string{"photos": ".jpg", "videos": ".mp4", "voice": ".oga", "stickers": ".webp"}[f.folder]
}

// jsonOf writes what cannot fail to be written.
func jsonOf(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // of maps, strings and numbers
	}
	return data
}
