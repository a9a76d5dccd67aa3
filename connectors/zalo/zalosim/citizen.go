package zalosim

import (
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"tongdai/connectors/simulator"
)

// chatID names what one citizen and one OA say to each other.
type chatID struct{ oa, user string }

// chat is the state of one conversation on the platform.
type chat struct {
	name     string
	follows  bool
	blocks   bool      // the citizen wants nothing from the OA
	hides    bool      // the citizen's name is for friends alone
	last     time.Time // interaction of the citizen; zero: never
	free     int       // replies without charge since then
	shared   *Info
	messages []Message
	watchers simulator.Watchers
}

// Kind of a message, as both sides see it.
type Kind string

// The kinds of messages.
const (
	Text     Kind = "text"
	Image    Kind = "image"
	GIF      Kind = "gif"
	File     Kind = "file"
	Audio    Kind = "audio"
	Video    Kind = "video"
	Sticker  Kind = "sticker"
	Location Kind = "location"
	Link     Kind = "link"
	Card     Kind = "business_card"
	List     Kind = "list"
	AskInfo  Kind = "request_user_info"
)

// Message is one message in a chat, from either side.
type Message struct {
	ID       string    `json:"id"`
	FromUser bool      `json:"fromUser"`
	Admin    string    `json:"admin,omitempty"` // who wrote it in Zalo's own app; empty: through the API
	Kind     Kind      `json:"kind"`
	Text     string    `json:"text,omitempty"`
	Quote    string    `json:"quote,omitempty"`
	Hidden   bool      `json:"hidden,omitempty"` // the citizen does not see it: a button of type oa.query.hide
	URL      string    `json:"url,omitempty"`    // of a file, picture, sticker or link
	Name     string    `json:"name,omitempty"`   // of a file; title of a link or card
	Size     int64     `json:"size,omitempty"`
	Phone    string    `json:"phone,omitempty"` // of a card
	Lat      float64   `json:"lat,omitempty"`
	Lng      float64   `json:"lng,omitempty"`
	Buttons  []Button  `json:"buttons,omitempty"`
	Elements []Element `json:"elements,omitempty"` // of a list
	Seen     bool      `json:"seen,omitempty"`
	At       time.Time `json:"at"`
}

// Button is what a citizen may tap below a message.
type Button struct {
	Title   string `json:"title"`
	Type    string `json:"type"`
	Payload string `json:"payload"` // the text to send, the address to open, the number to call
}

// Element is one row of a list.
type Element struct {
	Title, Subtitle, URL string
}

// Info is what a citizen shares by Zalo's own form.
type Info struct {
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Address string `json:"address"`
	Ward    string `json:"ward"`
	City    string `json:"city"`
}

// Citizen makes the citizen of that name known to the OA and returns the
// user_id, the same each time. Nothing is said to the hub yet.
func (s *Sim) Citizen(oa, name string) string {
	h := fnv.New64a()
	h.Write([]byte(oa + "\x00" + name))
	user := strconv.FormatUint(7_000_000_000_000_000_000+h.Sum64()%1_000_000_000_000_000_000, 10)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat(oa, user).name = name
	return user
}

// chat returns the state of a conversation, made when it is new. s.mu is held.
func (s *Sim) chat(oa, user string) *chat {
	id := chatID{oa, user}
	c, ok := s.chats[id]
	if !ok {
		c = &chat{name: "Người dùng Zalo"}
		s.chats[id] = c
	}
	return c
}

// interact opens the reply window anew. s.mu is held.
func (c *chat) interact(now time.Time) { c.last, c.free = now, 0 }

// add appends m and wakes who watches the chat. s.mu is held.
func (c *chat) add(m Message) {
	c.messages = append(c.messages, m)
	c.watchers.Wake()
}

// Messages of a chat, oldest first, hidden ones included.
func (s *Sim) Messages(oa, user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.chat(oa, user).messages)
}

// Say sends a text from the citizen and returns its message id.
func (s *Sim) Say(oa, user, text string) string {
	return s.Send(oa, user, Message{Kind: Text, Text: text})
}

// Send sends m from the citizen: a text, sticker, place, link or contact card.
// Files go through SendFile. ID, At and FromUser are filled in.
func (s *Sim) Send(oa, user string, m Message) string {
	s.mu.Lock()
	c := s.chat(oa, user)
	now := s.cfg.Now()
	m.ID, m.FromUser, m.At = s.messageID(), true, now
	c.interact(now)
	c.add(m)
	event := s.userEvent(oa, user, m)
	s.mu.Unlock()
	s.emit(event)
	return m.ID
}

// SendFile sends a file from the citizen: Image, GIF, File, Audio or Video.
func (s *Sim) SendFile(oa, user string, kind Kind, name string, data []byte) string {
	s.mu.Lock()
	url := s.keepMedia(name, data)
	s.mu.Unlock()
	return s.Send(oa, user, Message{Kind: kind, URL: url, Name: name, Size: int64(len(data))})
}

// Press taps a button of a message of the OA. What opens something on the phone
// alone (addresses, numbers) tells the hub nothing.
func (s *Sim) Press(oa, user string, b Button) string {
	switch b.Type {
	case "oa.query.show":
		return s.Send(oa, user, Message{Kind: Text, Text: b.Payload})
	case "oa.query.hide":
		return s.Send(oa, user, Message{Kind: Text, Text: b.Payload, Hidden: true})
	}
	return ""
}

// Follow and Unfollow tell the hub that the citizen did.
func (s *Sim) Follow(oa, user string) { s.relate(oa, user, "follow", true) }

// Unfollow is the opposite of Follow.
func (s *Sim) Unfollow(oa, user string) { s.relate(oa, user, "unfollow", false) }

func (s *Sim) relate(oa, user, name string, follows bool) {
	s.mu.Lock()
	c := s.chat(oa, user)
	now := s.cfg.Now()
	if c.follows = follows; follows {
		c.interact(now)
	}
	c.watchers.Wake()
	event := s.relationEvent(oa, user, name, now)
	s.mu.Unlock()
	s.emit(event)
}

// Block makes the OA's messages to the citizen fail, as they do when somebody
// declines them in the app.
func (s *Sim) Block(oa, user string, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat(oa, user).blocks = blocked
}

// Hide keeps the citizen's name from the OA, as a setting of the app does.
func (s *Sim) Hide(oa, user string, hidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat(oa, user).hides = hidden
}

// Share answers the form that asks for name, telephone number and address.
func (s *Sim) Share(oa, user string, info Info) {
	s.mu.Lock()
	c := s.chat(oa, user)
	now := s.cfg.Now()
	c.interact(now)
	c.shared = &info
	event := s.infoEvent(oa, user, info, now)
	s.mu.Unlock()
	s.emit(event)
}

// See marks everything the OA wrote as seen by the citizen.
func (s *Sim) See(oa, user string) {
	s.mu.Lock()
	var ids []string
	for i, m := range s.chat(oa, user).messages {
		if !m.FromUser && !m.Seen {
			s.chat(oa, user).messages[i].Seen = true
			ids = append(ids, m.ID)
		}
	}
	var event *Event
	if len(ids) > 0 && !s.cfg.NoReceipts {
		event = s.seenEvent(oa, user, ids, s.cfg.Now())
	}
	s.mu.Unlock()
	if event != nil {
		s.emit(event)
	}
}

// AnswerAsAdmin is what a member of the OA's staff writes in Zalo's own app.
func (s *Sim) AnswerAsAdmin(oa, user, admin, text string) string {
	s.mu.Lock()
	m := Message{ID: s.messageID(), Admin: admin, Kind: Text, Text: text, At: s.cfg.Now()}
	s.chat(oa, user).add(m)
	event := s.echoEvent(oa, user, m)
	s.mu.Unlock()
	s.emit(event)
	return m.ID
}
