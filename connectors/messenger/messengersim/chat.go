package messengersim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/connectors/simulator"
)

// chatID names what one citizen and one page say to each other.
type chatID struct{ page, user string }

// chat is the state of one conversation on the platform.
type chat struct {
	name     string
	blocks   bool      // the citizen wants nothing from the page
	last     time.Time // of the citizen's acts that open the window; zero: never
	owner    string    // app that has the conversation; "": ours
	typing   time.Time
	messages []Message
	watchers simulator.Watchers
}

// Message is one message in a chat, from either side.
type Message struct {
	ID       string    `json:"id"`
	FromUser bool      `json:"fromUser"`
	App      string    `json:"app,omitempty"` // by which the page wrote it
	Text     string    `json:"text,omitempty"`
	Files    []File    `json:"files,omitempty"`
	Reply    string    `json:"reply,omitempty"` // the message it answers
	Ref      string    `json:"ref,omitempty"`   // the link it came by
	Quick    []Button  `json:"quick,omitempty"`
	Buttons  []Button  `json:"buttons,omitempty"`
	Cards    []Card    `json:"cards,omitempty"`
	Metadata string    `json:"metadata,omitempty"`
	Reaction string    `json:"reaction,omitempty"` // of the other side
	Edits    int       `json:"edits,omitempty"`
	Seen     bool      `json:"seen,omitempty"`
	At       time.Time `json:"at"`
	// QuickReply and Postback are the payloads of what was pressed.
	QuickReply string `json:"quickReply,omitempty"`
	Postback   string `json:"postback,omitempty"`
}

// File is something attached: image, audio, video, file, sticker, fallback.
type File struct {
	Type    string `json:"type"`
	URL     string `json:"url,omitempty"`
	Name    string `json:"name,omitempty"`
	Size    int64  `json:"size,omitempty"`
	Sticker uint64 `json:"sticker,omitempty"`
}

// Button is what a citizen may tap: "text" of a quick reply, "postback",
// "web_url", "phone_number".
type Button struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Payload string `json:"payload"` // or the address, or the number
}

// Card is one element of a generic template.
type Card struct {
	Title   string   `json:"title"`
	Buttons []Button `json:"buttons"`
}

// Like is the sticker of a thumb.
const Like = 369239263222822

// Citizen makes the citizen of that name known to the page and returns the id,
// the same each time. Nothing is said to the hub yet.
func (s *Sim) Citizen(page, name string) string {
	user := person(page, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat(page, user).name = name
	return user
}

// chat returns the state of a conversation, made when it is new. s.mu is held.
func (s *Sim) chat(page, user string) *chat {
	id := chatID{page, user}
	c, ok := s.chats[id]
	if !ok {
		c = &chat{name: "Người dùng Facebook"}
		s.chats[id] = c
	}
	return c
}

// find returns a message of the chat; nil when there is none.
func (c *chat) find(id string) *Message {
	for i := range c.messages {
		if c.messages[i].ID == id {
			return &c.messages[i]
		}
	}
	return nil
}

// Messages of a chat, oldest first.
func (s *Sim) Messages(page, user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.chat(page, user).messages)
}

// Typing reports whether the page is shown as writing.
func (s *Sim) Typing(page, user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.Now().Before(s.chat(page, user).typing)
}

// Say sends a text from the citizen and returns its message id.
func (s *Sim) Say(page, user, text string) string { return s.Send(page, user, Message{Text: text}) }

// Send sends m from the citizen. ID, At and FromUser are filled in.
func (s *Sim) Send(page, user string, m Message) string {
	s.mu.Lock()
	event := s.say(page, user, &m)
	s.mu.Unlock()
	s.emit(event)
	return m.ID
}

// say adds a message of the citizen. s.mu is held.
func (s *Sim) say(page, user string, m *Message) *Event {
	c := s.chat(page, user)
	m.ID, m.FromUser, m.At = s.messageID(), true, s.cfg.Now()
	c.last = m.At
	c.messages = append(c.messages, *m)
	c.watchers.Wake()
	return s.messageEvent(page, user, *m)
}

func (s *Sim) messageID() string {
	return fmt.Sprintf("m_Sim%012x%08x", s.next(), s.cfg.Now().UnixNano()&0xffffffff)
}

// SendFile sends a file from the citizen: image, audio, video or file.
func (s *Sim) SendFile(page, user, kind, name string, data []byte) string {
	s.mu.Lock()
	url := s.keepMedia(name, data)
	s.mu.Unlock()
	return s.Send(page, user, Message{Files: []File{{Type: kind, URL: url, Name: name, Size: int64(len(data))}}})
}

// Press taps a button of a message of the page. What opens something on the
// phone alone (addresses, numbers) tells the hub nothing.
func (s *Sim) Press(page, user string, b Button) string {
	switch b.Type {
	case "text":
		return s.Send(page, user, Message{Text: b.Title, QuickReply: b.Payload})
	case "postback":
		return s.Send(page, user, Message{Text: b.Title, Postback: b.Payload})
	}
	return ""
}

// Begin presses the button that opens the conversation; ref is the link through
// which the citizen came, if any.
func (s *Sim) Begin(page, user, ref string) string {
	return s.Send(page, user, Message{Text: "Bắt đầu", Postback: "GET_STARTED", Ref: ref})
}

// Come opens a conversation that there is already, by a link.
func (s *Sim) Come(page, user, ref string) {
	s.mu.Lock()
	now := s.cfg.Now()
	s.chat(page, user).last = now
	e := s.talk(page, user, "referral", "", "", now, false, object{"referral": referral(ref)})
	s.mu.Unlock()
	s.emit(e)
}

// React puts a sign on a message of either side; "" takes it back.
func (s *Sim) React(page, user, message, emoji string) {
	s.mu.Lock()
	now, c := s.cfg.Now(), s.chat(page, user)
	if m := c.find(message); m != nil {
		m.Reaction = emoji
	}
	c.last = now
	c.watchers.Wake()
	what := object{"mid": message, "action": "unreact"}
	if emoji != "" {
		what = object{"mid": message, "action": "react", "emoji": emoji, "reaction": "other"}
	}
	e := s.talk(page, user, "reaction", message, "", now, false, object{"reaction": what})
	s.mu.Unlock()
	s.emit(e)
}

// Edit changes what the citizen said.
func (s *Sim) Edit(page, user, message, text string) {
	s.mu.Lock()
	c := s.chat(page, user)
	m := c.find(message)
	if m == nil || !m.FromUser {
		s.mu.Unlock()
		return
	}
	m.Text = text
	m.Edits++
	c.watchers.Wake()
	e := s.talk(page, user, "message_edit", message, text, s.cfg.Now(), false,
		object{"message_edit": object{"mid": message, "text": text, "num_edit": m.Edits}})
	s.mu.Unlock()
	s.emit(e)
}

// See marks everything the page wrote as seen by the citizen.
func (s *Sim) See(page, user string) {
	s.mu.Lock()
	var upTo time.Time
	c := s.chat(page, user)
	for i, m := range c.messages {
		if !m.FromUser && !m.Seen {
			c.messages[i].Seen = true
			upTo = m.At
		}
	}
	var e *Event
	if !upTo.IsZero() && !s.cfg.NoReceipts {
		e = s.talk(page, user, "read", "", "", s.cfg.Now(), false, object{"read": object{"watermark": upTo.UnixMilli()}})
	}
	s.mu.Unlock()
	s.emit(e)
}

// Block makes the page's messages to the citizen fail, as they do when somebody
// blocks it.
func (s *Sim) Block(page, user string, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat(page, user).blocks = blocked
}

// AnswerInInbox is what a person at the page writes in Meta's own inbox.
func (s *Sim) AnswerInInbox(page, user, text string) string {
	s.mu.Lock()
	m := Message{ID: s.messageID(), App: InboxApp, Text: text, At: s.cfg.Now()}
	c := s.chat(page, user)
	c.messages = append(c.messages, m)
	c.watchers.Wake()
	e := s.echoEvent(page, user, m)
	s.mu.Unlock()
	s.emit(e)
	return m.ID
}

// TakeOver gives the conversation to Meta's inbox, as a person there does;
// HandBack gives it to our app.
func (s *Sim) TakeOver(page, user string) { s.own(page, user, "take_thread_control", InboxApp) }

// HandBack is the opposite of TakeOver.
func (s *Sim) HandBack(page, user string) { s.own(page, user, "pass_thread_control", "") }

// own moves the conversation, and tells both sides.
func (s *Sim) own(page, user, by, owner string) {
	s.mu.Lock()
	c := s.chat(page, user)
	name := func(app string) string {
		if app == "" {
			return s.cfg.AppID
		}
		return app
	}
	e := s.talk(page, user, by, "", "", s.cfg.Now(), false, object{by: object{
		"previous_owner_app_id": name(c.owner), "new_owner_app_id": name(owner), "metadata": "",
	}})
	c.owner = owner
	c.watchers.Wake()
	s.mu.Unlock()
	s.emit(e)
}

// family splits a name as Facebook does: the last word is the given name.
func family(name string) (first, last string) {
	words := strings.Fields(name)
	if len(words) < 2 {
		return name, ""
	}
	return words[len(words)-1], strings.Join(words[:len(words)-1], " ")
}
