package zalosim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What a consultation message may hold.
const (
	maxText    = 2000 // characters, after NFC
	maxTitle   = 100  // of a button
	maxPayload = 1000 // of a button that sends a text
	maxButtons = 4    // the SDK's constant; the documentation says 5 in one place
	maxBody    = 1 << 20
)

type (
	sendBody struct {
		Recipient struct {
			User         string `json:"user_id"`
			Anonymous    string `json:"anonymous_id"`
			Conversation string `json:"conversation_id"`
		} `json:"recipient"`
		Message *sendMessage `json:"message"`
	}
	sendMessage struct {
		Text       string          `json:"text"`
		Quote      string          `json:"quote_message_id"`
		Attachment *sendAttachment `json:"attachment"`
	}
	sendAttachment struct {
		Type    string `json:"type"`
		Payload struct {
			Template string        `json:"template_type"`
			Token    string        `json:"token"`
			Elements []sendElement `json:"elements"`
			Buttons  []sendButton  `json:"buttons"`
		} `json:"payload"`
	}
	sendElement struct {
		MediaType  string      `json:"media_type"`
		URL        string      `json:"url"`
		Attachment string      `json:"attachment_id"`
		Title      string      `json:"title"`
		Subtitle   string      `json:"subtitle"`
		ImageURL   string      `json:"image_url"`
		Action     *sendButton `json:"default_action"`
	}
	sendButton struct {
		Title   string          `json:"title"`
		Type    string          `json:"type"`
		URL     string          `json:"url"` // of a default_action
		Payload json.RawMessage `json:"payload"`
	}
)

// postMessage is the consultation message of v3.
func (s *Sim) postMessage(oa string, r *http.Request, call *Call) (any, *refusal) {
	body, no := readMessage(r)
	if no != nil {
		return nil, no
	}
	if body.Recipient.User == "" {
		return nil, invalid("user_id is invalid")
	}
	return s.accept(oa, body.Recipient.User, body.Message, call)
}

// postOldMessage is v2's, which anonymous visitors still need.
func (s *Sim) postOldMessage(oa string, r *http.Request, call *Call) (any, *refusal) {
	body, no := readMessage(r)
	if no != nil {
		return nil, no
	}
	if body.Recipient.Anonymous == "" || body.Recipient.Conversation == "" {
		return nil, &refusal{-240, "Message api v2 is closed"}
	}
	return s.accept(oa, body.Recipient.Anonymous, body.Message, call)
}

func readMessage(r *http.Request) (sendBody, *refusal) {
	var body sendBody
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "application/json" {
		return body, invalid("content type must be application/json")
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&body); err != nil || body.Message == nil {
		return body, invalid("message is invalid")
	}
	return body, nil
}

func (s *Sim) accept(oa, user string, sent *sendMessage, call *Call) (any, *refusal) {
	s.mu.Lock()
	call.User = user
	m, no := s.compose(sent)
	var quota map[string]any
	if no == nil {
		quota, no = s.charge(oa, user)
	}
	if no != nil {
		s.mu.Unlock()
		return nil, no
	}
	m.ID, m.At = s.messageID(), s.cfg.Now()
	s.chat(oa, user).add(m)
	call.Message, call.Text, call.Kind = m.ID, m.Text, m.Kind
	var events []*Event
	if !s.cfg.NoEchoes {
		events = append(events, s.echoEvent(oa, user, m))
	}
	if !s.cfg.NoReceipts {
		events = append(events, s.receivedEvent(oa, user, m.ID, m.At))
	}
	s.mu.Unlock()
	for _, e := range events {
		s.emit(e)
	}
	data := map[string]any{"message_id": m.ID, "user_id": user, "sent_time": milliseconds(m.At)}
	if quota != nil {
		data["quota"] = quota
	}
	return data, nil
}

// charge applies the reply window and what is free in it. s.mu is held.
func (s *Sim) charge(oa, user string) (map[string]any, *refusal) {
	c, ok := s.chats[chatID{oa, user}]
	if !ok || c.last.IsZero() {
		return nil, &refusal{errNever, "User has not interacted with the OA"}
	}
	since := s.cfg.Now().Sub(c.last)
	switch {
	case c.blocks:
		return nil, &refusal{errBlocked, "User blocked messages of the OA"}
	case since > s.cfg.Window:
		return nil, &refusal{errSilent, "User has not interacted with the OA in the past 7 days"}
	case since <= s.cfg.FreeWindow && (s.cfg.FreeReplies == 0 || c.free < s.cfg.FreeReplies):
		c.free++
		return map[string]any{"quota_type": "reply"}, nil
	case s.spent[oa] >= s.cfg.Package:
		return nil, &refusal{errQuota, "Out of quota"}
	}
	s.spent[oa]++
	return map[string]any{
		"quota_type": "sub_quota", "remain": s.cfg.Package - s.spent[oa], "total": s.cfg.Package,
		"owner_type": "OA", "owner_id": oa,
	}, nil
}

// compose checks what is to be sent and turns it into what the citizen sees.
// s.mu is held.
func (s *Sim) compose(sent *sendMessage) (Message, *refusal) {
	m := Message{Kind: Text, Text: sent.Text, Quote: sent.Quote}
	switch n := utf8.RuneCountInString(norm.NFC.String(sent.Text)); {
	case n > maxText:
		return m, &refusal{-210, "text is too long, max 2000 characters"}
	case sent.Attachment == nil && strings.TrimSpace(sent.Text) == "":
		return m, invalid("text is empty")
	case sent.Attachment == nil:
		return m, nil
	}
	payload := sent.Attachment.Payload
	switch {
	case sent.Attachment.Type == "file":
		return s.composeFile(m, payload.Token)
	case sent.Attachment.Type != "template":
		return m, &refusal{errUnsupported, "attachment type is not supported"}
	case payload.Template == "media":
		return s.composeMedia(m, payload.Elements)
	case payload.Template == "request_user_info":
		return composeForm(m, payload.Elements)
	case payload.Template == "list":
		return composeList(m, payload.Elements)
	case payload.Template == "" && len(payload.Buttons) > 0:
		return composeButtons(m, payload.Buttons)
	}
	return m, &refusal{errUnsupported, "template_type is not supported"}
}

func (s *Sim) composeFile(m Message, token string) (Message, *refusal) {
	u, no := s.uploaded(token, fileUpload)
	if no != nil {
		return m, no
	}
	m.Kind, m.URL, m.Name, m.Size = File, u.url, u.name, u.size
	return m, nil
}

func (s *Sim) composeMedia(m Message, elements []sendElement) (Message, *refusal) {
	if len(elements) != 1 {
		return m, invalid("elements must hold exactly one")
	}
	e := elements[0]
	if (e.URL == "") == (e.Attachment == "") {
		return m, invalid("either url or attachment_id")
	}
	m.Kind, m.URL = Kind(e.MediaType), e.URL
	var u upload
	var no *refusal
	switch {
	case e.MediaType == "sticker" && e.Attachment != "":
		m.Name = e.Attachment
		return m, nil
	case e.MediaType != "image" && e.MediaType != "gif":
		return m, invalid("media_type is invalid")
	case e.Attachment != "" && e.MediaType == "gif":
		u, no = s.uploaded(e.Attachment, gifUpload)
	case e.Attachment != "":
		u, no = s.uploaded(e.Attachment, imageUpload)
	}
	if no != nil {
		return m, no
	}
	if u.url != "" {
		m.URL, m.Name, m.Size = u.url, u.name, u.size
	}
	return m, nil
}

func composeForm(m Message, elements []sendElement) (Message, *refusal) {
	if len(elements) != 1 || elements[0].Title == "" || elements[0].ImageURL == "" {
		return m, invalid("request_user_info needs one element with title and image_url")
	}
	m.Kind, m.Text = AskInfo, strings.TrimSpace(elements[0].Title+"\n"+elements[0].Subtitle)
	return m, nil
}

func composeList(m Message, elements []sendElement) (Message, *refusal) {
	if len(elements) == 0 || len(elements) > 5 {
		return m, invalid("elements must hold 1 to 5")
	}
	m.Kind = List
	for _, e := range elements {
		if e.Title == "" || utf8.RuneCountInString(e.Title) > maxTitle {
			return m, invalid("title is invalid")
		}
		row := Element{Title: e.Title, Subtitle: e.Subtitle}
		if e.Action != nil {
			row.URL = e.Action.URL
		}
		m.Elements = append(m.Elements, row)
	}
	return m, nil
}

func composeButtons(m Message, buttons []sendButton) (Message, *refusal) {
	if strings.TrimSpace(m.Text) == "" {
		return m, invalid("text is empty")
	}
	if len(buttons) > maxButtons {
		return m, invalid("too many buttons")
	}
	for _, b := range buttons {
		payload, no := buttonPayload(b)
		if no != nil {
			return m, no
		}
		m.Buttons = append(m.Buttons, Button{Title: b.Title, Type: b.Type, Payload: payload})
	}
	return m, nil
}

func buttonPayload(b sendButton) (string, *refusal) {
	if n := utf8.RuneCountInString(b.Title); n == 0 || n > maxTitle {
		return "", invalid("title of a button is invalid")
	}
	var text string
	var object struct {
		URL     string `json:"url"`
		Phone   string `json:"phone_code"`
		Content string `json:"content"`
	}
	switch b.Type {
	case "oa.query.show", "oa.query.hide":
		if json.Unmarshal(b.Payload, &text) != nil || text == "" || utf8.RuneCountInString(text) > maxPayload {
			return "", invalid("payload of a button is invalid")
		}
		return text, nil
	case "oa.open.url", "oa.open.phone", "oa.open.sms":
		if json.Unmarshal(b.Payload, &object) != nil {
			return "", invalid("payload of a button is invalid")
		}
	default:
		return "", invalid("type of a button is invalid")
	}
	if b.Type != "oa.open.url" {
		if object.Phone == "" {
			return "", invalid("phone_code is invalid")
		}
		return object.Phone, nil
	}
	if u, err := url.Parse(object.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", invalid("url is invalid")
	}
	return object.URL, nil
}
