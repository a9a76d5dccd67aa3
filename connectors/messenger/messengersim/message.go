package messengersim

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

var errChallenge = errors.New("the challenge did not come back")

// What a message may hold.
const (
	maxText      = 2000
	maxMetadata  = 1000
	maxQuick     = 13
	maxTitle     = 20
	maxPayload   = 1000
	maxTemplate  = 640
	maxButtons   = 3
	maxCards     = 10
	maxCardTitle = 80
)

type (
	sendBody struct {
		Recipient struct {
			ID      string `json:"id"`
			Comment string `json:"comment_id"`
		} `json:"recipient"`
		Type    string       `json:"messaging_type"`
		Tag     string       `json:"tag"`
		Action  string       `json:"sender_action"`
		Message *sendMessage `json:"message"`
	}
	sendMessage struct {
		Text       string `json:"text"`
		Metadata   string `json:"metadata"`
		Attachment *struct {
			Type    string          `json:"type"`
			Payload json.RawMessage `json:"payload"`
		} `json:"attachment"`
		Quick []struct {
			Type    string `json:"content_type"`
			Title   string `json:"title"`
			Payload string `json:"payload"`
		} `json:"quick_replies"`
	}
	sendButton struct {
		Type    string `json:"type"`
		Title   string `json:"title"`
		URL     string `json:"url"`
		Payload string `json:"payload"`
	}
	sendTemplate struct {
		Type     string       `json:"template_type"`
		Text     string       `json:"text"`
		Buttons  []sendButton `json:"buttons"`
		Elements []struct {
			Title   string       `json:"title"`
			Buttons []sendButton `json:"buttons"`
		} `json:"elements"`
	}
)

// postMessage sends a message or does a sender action.
func (s *Sim) postMessage(by caller, r *http.Request, call *Call) (any, *refusal) {
	if no := by.onPage(); no != nil {
		return nil, no
	}
	var body sendBody
	if no := readJSON(r, &body); no != nil {
		return nil, no
	}
	call.User = body.Recipient.ID
	switch to := body.Recipient; {
	case (to.ID == "") == (to.Comment == ""):
		return nil, invalid("exactly one of recipient.id and recipient.comment_id is needed")
	case body.Action != "" && (body.Message != nil || to.Comment != ""):
		return nil, invalid("a sender_action stands alone")
	case body.Action != "":
		call.Type = body.Action
		return s.signal(by.page.ID, body)
	case body.Message == nil:
		return nil, invalid("message is needed")
	}
	call.Type, call.Key = first(body.Tag, body.Type), body.Message.Metadata
	return s.accept(by.page.ID, body, call)
}

func first(candidates ...string) string {
	for _, c := range candidates {
		if c != "" {
			return c
		}
	}
	return ""
}

func (s *Sim) signal(page string, body sendBody) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, no := s.reachable(page, body.Recipient.ID)
	if no != nil {
		return nil, no
	}
	switch body.Action {
	case "typing_on":
		c.typing = s.cfg.Now().Add(20 * time.Second)
	case "typing_off":
		c.typing = time.Time{}
	case "mark_seen":
		for i := range c.messages {
			c.messages[i].Seen = c.messages[i].Seen || c.messages[i].FromUser
		}
	default:
		return nil, invalid("sender_action is invalid")
	}
	c.watchers.Wake()
	return map[string]string{"recipient_id": body.Recipient.ID}, nil
}

// reachable finds somebody who can be written to. s.mu is held.
func (s *Sim) reachable(page, user string) (*chat, *refusal) {
	c, ok := s.chats[chatID{page, user}]
	switch {
	case !ok || c.last.IsZero():
		return nil, refuse(100, 2018001, "No matching user found")
	case c.blocks:
		return nil, refuse(551, 1545041, "This person isn't available right now.")
	case c.owner != "":
		return nil, refuse(10, 2018300, "Another app is controlling this thread now.")
	}
	return c, nil
}

// allowed applies the windows. s.mu is held.
func (s *Sim) allowed(c *chat, body sendBody) *refusal {
	silent := s.cfg.Now().Sub(c.last)
	outside := refuse(10, 2018278, "This message is sent outside of allowed window.")
	switch body.Type {
	case "RESPONSE", "UPDATE":
		if body.Tag != "" {
			return invalid("tag is for MESSAGE_TAG alone")
		}
		if silent >= s.cfg.Window {
			return outside
		}
		return nil
	case "MESSAGE_TAG":
		switch {
		case body.Tag != "HUMAN_AGENT": // the others were retired on 2026-04-27
			return invalid("Invalid parameter")
		case !s.cfg.HumanAgent:
			return refuse(10, 0, "This app has no access to the feature Human Agent")
		case silent >= s.cfg.HumanWindow:
			return outside
		}
		return nil
	}
	return invalid("messaging_type is needed: RESPONSE, UPDATE or MESSAGE_TAG")
}

// accept takes a message, shows it to the citizen, and tells the apps.
func (s *Sim) accept(page string, body sendBody, call *Call) (any, *refusal) {
	s.mu.Lock()
	m, no := s.compose(page, body.Message)
	user := body.Recipient.ID
	var c *chat
	switch {
	case no != nil:
	case body.Recipient.Comment != "":
		user, c, no = s.privately(page, body.Recipient.Comment)
	default:
		if c, no = s.reachable(page, user); no == nil {
			no = s.allowed(c, body)
		}
	}
	if no != nil {
		s.mu.Unlock()
		return nil, no
	}
	m.ID, m.At, m.App = s.messageID(), s.cfg.Now(), s.cfg.AppID
	c.typing = time.Time{}
	c.messages = append(c.messages, m)
	c.watchers.Wake()
	call.User, call.Message, call.Text = user, m.ID, m.Text
	var events []*Event
	if !s.cfg.NoEchoes {
		events = append(events, s.echoEvent(page, user, m))
	}
	if !s.cfg.NoReceipts {
		events = append(events, s.talk(page, user, "delivery", m.ID, "", m.At, false,
			object{"delivery": object{"mids": []string{m.ID}, "watermark": m.At.UnixMilli()}}))
	}
	s.mu.Unlock()
	s.emit(events...)
	return map[string]string{"recipient_id": user, "message_id": m.ID}, nil
}

// privately finds who wrote a comment that may still be answered in private,
// which is then done. s.mu is held.
func (s *Sim) privately(page, comment string) (string, *chat, *refusal) {
	c := s.comments[comment]
	switch {
	case c == nil || s.postOf(c).Page != page:
		return "", nil, refuse(100, 33, "Object with ID '%s' does not exist", comment)
	case c.Private || c.ByPage || c.Removed || s.cfg.Now().Sub(c.At) >= s.cfg.ReplyWithin:
		return "", nil, refuse(10903, 0, "This user can't reply to this activity")
	}
	c.Private = true
	s.pages[page].wall.Wake()
	return c.User, s.chat(page, c.User), nil
}

// compose checks what is to be sent and turns it into what the citizen sees.
// s.mu is held.
func (s *Sim) compose(page string, sent *sendMessage) (Message, *refusal) {
	m := Message{Text: sent.Text, Metadata: sent.Metadata}
	switch {
	case (sent.Text == "") == (sent.Attachment == nil):
		return m, invalid("exactly one of text and attachment is needed")
	case utf8.RuneCountInString(sent.Text) > maxText:
		return m, invalid("Length of param message[text] must be less than or equal to %d", maxText)
	case sent.Attachment == nil && strings.TrimSpace(sent.Text) == "":
		return m, invalid("message[text] is empty")
	case utf8.RuneCountInString(sent.Metadata) > maxMetadata:
		return m, invalid("Length of param message[metadata] must be less than or equal to %d", maxMetadata)
	case len(sent.Quick) > maxQuick:
		return m, invalid("Too many quick_replies")
	}
	for _, q := range sent.Quick {
		if q.Type != "text" || q.Title == "" || q.Payload == "" || utf8.RuneCountInString(q.Payload) > maxPayload {
			return m, invalid("quick_replies are invalid")
		}
		m.Quick = append(m.Quick, Button{Type: "text", Title: cut(q.Title), Payload: q.Payload})
	}
	if sent.Attachment == nil {
		return m, nil
	}
	if sent.Attachment.Type == "template" {
		return composeTemplate(m, sent.Attachment.Payload)
	}
	return s.composeFile(page, m, sent.Attachment.Type, sent.Attachment.Payload)
}

// cut is what the platform does to a title that is too long.
func cut(title string) string {
	if r := []rune(title); len(r) > maxTitle {
		return string(r[:maxTitle])
	}
	return title
}

func (s *Sim) composeFile(page string, m Message, kind string, payload json.RawMessage) (Message, *refusal) {
	var p struct {
		ID  string `json:"attachment_id"`
		URL string `json:"url"`
	}
	if err := json.Unmarshal(payload, &p); err != nil || p.ID == "" {
		return m, refuse(100, 2018008, "Failed to fetch the file from the url")
	}
	u, ok := s.uploads[p.ID]
	switch {
	case !ok || u.page != page || s.cfg.Now().After(u.ends):
		return m, refuse(100, 2018074, "Invalid attachment_id")
	case u.kind != kind:
		return m, refuse(100, 2018047, "Upload attachment failure: types do not match")
	}
	m.Files = []File{{Type: kind, URL: u.url, Name: u.name, Size: u.size}}
	return m, nil
}

func composeTemplate(m Message, payload json.RawMessage) (Message, *refusal) {
	var t sendTemplate
	if json.Unmarshal(payload, &t) != nil {
		return m, invalid("payload of the template is invalid")
	}
	var no *refusal
	switch t.Type {
	case "button":
		if n := utf8.RuneCountInString(t.Text); n == 0 || n > maxTemplate {
			return m, invalid("text of the button template must have 1 to %d characters", maxTemplate)
		}
		m.Text = t.Text
		m.Buttons, no = composeButtons(t.Buttons)
		return m, no
	case "generic":
		if len(t.Elements) == 0 || len(t.Elements) > maxCards {
			return m, invalid("elements must hold 1 to %d", maxCards)
		}
		for _, e := range t.Elements {
			if n := utf8.RuneCountInString(e.Title); n == 0 || n > maxCardTitle {
				return m, invalid("title of an element must have 1 to %d characters", maxCardTitle)
			}
			card := Card{Title: e.Title}
			if card.Buttons, no = composeButtons(e.Buttons); no != nil {
				return m, no
			}
			m.Cards = append(m.Cards, card)
		}
		return m, nil
	}
	return m, invalid("template_type is invalid")
}

func composeButtons(sent []sendButton) (all []Button, no *refusal) {
	if len(sent) == 0 || len(sent) > maxButtons {
		return nil, invalid("buttons must hold 1 to %d", maxButtons)
	}
	for _, b := range sent {
		if b.Title == "" {
			return nil, invalid("a button needs a title")
		}
		made := Button{Type: b.Type, Title: cut(b.Title), Payload: b.Payload}
		switch b.Type {
		case "postback":
			if b.Payload == "" || utf8.RuneCountInString(b.Payload) > maxPayload {
				return nil, invalid("payload of a button is invalid")
			}
		case "phone_number":
			if !strings.HasPrefix(b.Payload, "+") || strings.Trim(b.Payload[1:], "0123456789") != "" {
				return nil, invalid("phone_number must be written as +<country><number>")
			}
		case "web_url":
			if u, err := url.Parse(b.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
				return nil, invalid("url of a button is invalid")
			}
			made.Payload = b.URL
		default:
			return nil, invalid("type of a button is invalid")
		}
		all = append(all, made)
	}
	return all, nil
}

// postComment answers below a comment as the page.
func (s *Sim) postComment(by caller, r *http.Request, call *Call) (any, *refusal) {
	var body struct {
		Message string `json:"message"`
	}
	if no := readJSON(r, &body); no != nil {
		return nil, no
	}
	s.mu.Lock()
	parent := s.comments[by.id]
	switch {
	case by.page == nil || parent == nil || parent.Removed || s.postOf(parent).Page != by.page.ID:
		s.mu.Unlock()
		return nil, refuse(100, 33, "Object with ID '%s' does not exist", by.id)
	case strings.TrimSpace(body.Message) == "" || utf8.RuneCountInString(body.Message) > 8000:
		s.mu.Unlock()
		return nil, invalid("message must have 1 to 8000 characters")
	}
	c, event := s.addComment(Comment{
		Post: parent.Post, Parent: parent.ID, User: by.page.ID, Name: by.page.Name, Text: body.Message, ByPage: true,
	})
	call.User, call.Message, call.Text = parent.User, c.ID, c.Text
	s.mu.Unlock()
	s.emit(event)
	return map[string]string{"id": c.ID}, nil
}

// postHidden hides a comment, or shows it again.
func (s *Sim) postHidden(by caller, r *http.Request, call *Call) (any, *refusal) {
	var body struct {
		Hidden *bool `json:"is_hidden"`
	}
	if no := readJSON(r, &body); no != nil {
		return nil, no
	}
	s.mu.Lock()
	c := s.comments[by.id]
	known := by.page != nil && c != nil && !c.Removed && s.postOf(c).Page == by.page.ID
	s.mu.Unlock()
	switch {
	case !known:
		return nil, refuse(100, 33, "Object with ID '%s' does not exist", by.id)
	case c.ByPage:
		return nil, invalid("a page's own comment cannot be hidden")
	case body.Hidden == nil:
		return nil, invalid("is_hidden is needed")
	}
	call.Type = "is_hidden"
	s.HideComment(by.id, *body.Hidden)
	return success, nil
}

// getMedia is a link to what somebody sent.
func (s *Sim) getMedia(w http.ResponseWriter, r *http.Request, _ *Call) {
	s.media.Serve(w, r.PathValue("id"), s.cfg.Now())
}
