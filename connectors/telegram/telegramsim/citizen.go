package telegramsim

import (
	"hash/fnv"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors/simulator"
)

// chat is the state of one conversation on the platform: of a person with the
// bot, or a group that the bot is in.
type chat struct {
	id       int64
	name     string
	kind     string // private, group, supergroup, channel
	language string
	started  bool // the person has written, so the bot may
	blocks   bool
	deleted  bool // the person's account is gone
	left     bool // the bot left the group
	typing   time.Time
	toast    string // what the last press was answered with
	messages []Message
	limiter  *rate.Limiter
	watchers simulator.Watchers
}

// Kind of a message, as both sides see it.
type Kind string

// The kinds of messages.
const (
	Text      Kind = "text"
	Photo     Kind = "photo"
	Document  Kind = "document"
	Video     Kind = "video"
	VideoNote Kind = "video_note"
	Animation Kind = "animation"
	Voice     Kind = "voice"
	Audio     Kind = "audio"
	Sticker   Kind = "sticker"
	Location  Kind = "location"
	Contact   Kind = "contact"
)

// Message is one message in a chat, from either side. Its ID is the chat's own.
type Message struct {
	ID       int64     `json:"id"`
	FromUser bool      `json:"fromUser"`
	Kind     Kind      `json:"kind"`
	Text     string    `json:"text,omitempty"` // of a file, its caption; of a place, its name; of a sticker, its emoji
	Quote    int64     `json:"quote,omitempty"`
	File     string    `json:"file,omitempty"` // its file_id
	Name     string    `json:"name,omitempty"` // of a file or a contact
	Size     int64     `json:"size,omitempty"`
	Width    int       `json:"width,omitempty"`
	Height   int       `json:"height,omitempty"`
	Phone    string    `json:"phone,omitempty"`
	Lat      float64   `json:"lat,omitempty"`
	Lng      float64   `json:"lng,omitempty"`
	Album    string    `json:"album,omitempty"`
	From     string    `json:"from,omitempty"` // who wrote what was forwarded
	Buttons  []Button  `json:"buttons,omitempty"`
	Reaction string    `json:"reaction,omitempty"` // of the citizen
	At       time.Time `json:"at"`
	Edited   time.Time `json:"edited,omitzero"`
}

// Button is what a citizen may tap below a message: it opens a page, or brings
// Data back.
type Button struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	Data string `json:"data,omitempty"`
}

// Citizen makes the citizen of that name known and returns the user's id, the same
// each time. Nothing is said to the hub yet, and the bot may not write first.
func (s *Sim) Citizen(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	user := int64(5_000_000_000 + h.Sum64()%1_000_000_000) // beyond 32 bits, as they are by now
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat(user).name = name
	return user
}

// chat returns the state of a conversation, made when it is new. s.mu is held.
func (s *Sim) chat(id int64) *chat {
	c, ok := s.chats[id]
	if !ok {
		c = &chat{
			id: id, name: "Người dùng Telegram", kind: "private", language: "vi",
			limiter: limiterOf(1, s.cfg.PerChat),
		}
		if s.cfg.PerChat < 0 {
			c.limiter = rate.NewLimiter(rate.Inf, 0)
		}
		s.chats[id] = c
	}
	return c
}

// add appends m and wakes who watches the chat. s.mu is held.
func (c *chat) add(m Message) {
	c.messages = append(c.messages, m)
	c.watchers.Wake()
}

// find is the place of a message in the chat, -1 when it is not there.
func (c *chat) find(id int64) int {
	return slices.IndexFunc(c.messages, func(m Message) bool { return m.ID == id })
}

// Messages of a chat, oldest first.
func (s *Sim) Messages(user int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.chat(user).messages)
}

// Begin presses "Start", by a link with ref when that is not empty.
func (s *Sim) Begin(user int64, ref string) int64 {
	text := "/start"
	if ref != "" {
		text += " " + ref
	}
	return s.Say(user, text)
}

// Say sends a text from the citizen and returns its message id.
func (s *Sim) Say(user int64, text string) int64 {
	return s.Send(user, Message{Kind: Text, Text: text})
}

// Send sends m from the citizen: a text, place or contact. Files go through
// SendFile. ID, At and FromUser are filled in.
func (s *Sim) Send(user int64, m Message) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(user, m).Message
}

// send returns the update that reports m. s.mu is held.
func (s *Sim) send(user int64, m Message) *Update {
	c := s.chat(user)
	c.started = true
	m.ID, m.FromUser, m.At = s.number(), true, s.cfg.Now()
	c.add(m)
	return s.emit(c, "message", m, s.wireMessage(c, m))
}

// SendFile sends a file from the citizen, with a caption.
func (s *Sim) SendFile(user int64, kind Kind, name, caption string, data []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(user, s.withFile(kind, name, caption, "", data)).Message
}

func (s *Sim) withFile(kind Kind, name, caption, album string, data []byte) Message {
	f := s.store(kind, name, data)
	m := Message{Kind: kind, Name: name, Text: caption, Size: int64(len(data)), File: f.id, Album: album}
	if kind == Photo || kind == Video {
		m.Width, m.Height = 1280, 960
	}
	return m
}

// File is one of an album.
type File struct {
	Kind Kind
	Name string
	Data []byte
}

// SendAlbum sends files as one album: as many messages as files, the caption below
// the first.
func (s *Sim) SendAlbum(user int64, caption string, files ...File) (ids []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	album := jsonOf(s.number())
	for _, f := range files {
		ids = append(ids, s.send(user, s.withFile(f.Kind, f.Name, caption, "1399"+string(album), f.Data)).Message)
		caption = ""
	}
	return ids
}

// Edit changes what the citizen said before.
func (s *Sim) Edit(user, message int64, text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(user)
	i := c.find(message)
	if i < 0 || !c.messages[i].FromUser {
		return false
	}
	c.messages[i].Text, c.messages[i].Edited = text, s.cfg.Now()
	c.watchers.Wake()
	s.emit(c, "edited_message", c.messages[i], s.wireMessage(c, c.messages[i]))
	return true
}

// React puts a sign on a message of either side; "" takes it back.
func (s *Sim) React(user, message int64, sign string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(user)
	i := c.find(message)
	if i < 0 {
		return false
	}
	list := func(sign string) []any {
		if sign == "" {
			return []any{}
		}
		return []any{map[string]string{"type": "emoji", "emoji": sign}}
	}
	body := map[string]any{
		"chat": s.wireChat(c), "message_id": message, "user": s.wireUser(c), "date": s.cfg.Now().Unix(),
		"old_reaction": list(c.messages[i].Reaction), "new_reaction": list(sign),
	}
	c.messages[i].Reaction = sign
	c.watchers.Wake()
	s.emit(c, "message_reaction", c.messages[i], body)
	return true
}

// Press taps a button of a message of the bot that brings data back. It returns
// the id of the press.
func (s *Sim) Press(user, message int64, data string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(user)
	id := "4382bfdwdsb" + string(jsonOf(s.number()))
	s.presses[id] = &press{chat: user, at: s.cfg.Now()}
	body := map[string]any{"id": id, "from": s.wireUser(c), "chat_instance": "-88", "data": data}
	m := Message{ID: message}
	if i := c.find(message); i >= 0 {
		m = c.messages[i]
		body["message"] = s.wireMessage(c, m)
	} else { // too old for the platform to repeat
		body["message"] = map[string]any{"chat": s.wireChat(c), "message_id": message, "date": 0}
	}
	m.Text = data
	s.emit(c, "callback_query", m, body)
	return id
}

// Block makes the bot's messages to the citizen fail, and tells the bot; false lets
// it in again.
func (s *Sim) Block(user int64, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(user)
	before, after := "member", "kicked"
	if !blocked {
		before, after = after, before
	}
	c.blocks = blocked
	c.watchers.Wake()
	s.emit(c, "my_chat_member", Message{}, s.wireMember(c, before, after))
}

// Delete makes the citizen's account disappear, without a word.
func (s *Sim) Delete(user int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat(user).deleted = true
}

// Group puts the bot into a group or channel of that name and returns its id.
func (s *Sim) Group(kind, name string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(-1_000_000_000_000 - s.number())
	c.kind, c.name, c.started = kind, name, true
	s.emit(c, "my_chat_member", Message{}, s.wireMember(c, "left", "member"))
	return c.id
}

// SayIn is what somebody writes in a group, or what is posted in a channel.
func (s *Sim) SayIn(group, user int64, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, author := s.chat(group), s.chat(user)
	m := Message{ID: s.number(), FromUser: true, Kind: Text, Text: text, At: s.cfg.Now()}
	c.add(m)
	body, kind := s.wireMessage(c, m), "message"
	body["from"] = s.wireUser(author)
	if c.kind == "channel" {
		kind = "channel_post"
	}
	s.emit(c, kind, m, body)
}
