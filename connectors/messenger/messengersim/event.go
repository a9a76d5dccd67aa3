package messengersim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object.
type object = map[string]any

// fieldOf tells which field a page must have subscribed for a kind of event.
var fieldOf = map[string]string{
	"message": "messages", "postback": "messaging_postbacks", "delivery": "message_deliveries", "read": "message_reads",
	"echo": "message_echoes", "message_edit": "message_edits", "reaction": "message_reactions", "referral": "messaging_referrals",
	"pass_thread_control": "messaging_handovers", "take_thread_control": "messaging_handovers",
	"request_thread_control": "messaging_handovers", "app_roles": "messaging_handovers",
	"optin": "messaging_optins", "policy_enforcement": "messaging_policy_enforcement", "comment": "feed",
}

func everyField() map[string]bool {
	fields := map[string]bool{"standby": true}
	for _, field := range fieldOf {
		fields[field] = true
	}
	return fields
}

// talk makes an event of a conversation: what has the kind's own key.
func (s *Sim) talk(page, user, kind, message, said string, at time.Time, fromPage bool, what object) *Event {
	sender, recipient := object{"id": user}, object{"id": page}
	if fromPage {
		sender, recipient = recipient, sender
	}
	item := object{"sender": sender, "recipient": recipient, "timestamp": at.UnixMilli()}
	for key, value := range what {
		item[key] = value
	}
	return &Event{
		Page: page, User: user, Kind: kind, Message: message, Text: said, At: at,
		list: "messaging", item: encode(item), done: make(chan struct{}),
	}
}

// message is what a citizen wrote. While another app has the conversation it
// comes as standby, and of a button only its title.
func (s *Sim) messageEvent(page, user string, m Message) *Event {
	var what object
	kind := "message"
	switch {
	case m.Postback != "":
		kind = "postback"
		inner := object{"mid": m.ID, "title": m.Text, "payload": m.Postback}
		if m.Ref != "" {
			inner["referral"] = referral(m.Ref)
		}
		what = object{"postback": inner}
	default:
		inner := object{"mid": m.ID}
		if m.Text != "" {
			inner["text"] = m.Text
		}
		if m.QuickReply != "" {
			inner["quick_reply"] = object{"payload": m.QuickReply}
		}
		if m.Reply != "" {
			inner["reply_to"] = object{"mid": m.Reply}
		}
		if m.Ref != "" {
			inner["referral"] = referral(m.Ref)
		}
		if files := wireFiles(m); len(files) > 0 {
			inner["attachments"] = files
		}
		what = object{"message": inner}
	}
	return s.talk(page, user, kind, m.ID, m.Text, m.At, false, what)
}

func referral(ref string) object {
	return object{"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}
}

func wireFiles(m Message) (all []object) {
	for _, f := range m.Files {
		payload := object{}
		if f.URL != "" {
			payload["url"] = f.URL
		}
		if f.Sticker != 0 {
			payload["sticker_id"] = f.Sticker
		}
		if f.Type == "fallback" || f.Type == "file" && f.Name != "" {
			payload["title"] = f.Name
		}
		all = append(all, object{"type": f.Type, "payload": payload})
	}
	return all
}

// echoEvent shows a message of the page to the apps of the page.
func (s *Sim) echoEvent(page, user string, m Message) *Event {
	inner := object{"mid": m.ID, "is_echo": true}
	if m.App != "" {
		inner["app_id"] = json.Number(m.App)
	}
	if m.Metadata != "" {
		inner["metadata"] = m.Metadata
	}
	if m.Text != "" {
		inner["text"] = m.Text
	}
	files := wireFiles(m)
	if len(m.Buttons)+len(m.Cards) > 0 {
		delete(inner, "text")
		files = append(files, object{"type": "template", "payload": object{"template_type": "button", "text": m.Text}})
	}
	if len(files) > 0 {
		inner["attachments"] = files
	}
	return s.talk(page, user, "echo", m.ID, m.Text, m.At, true, object{"message": inner})
}

// feedEvent is something that happened under a post.
func (s *Sim) feedEvent(c *Comment, verb string, at time.Time) *Event {
	page := s.postOf(c).Page
	value := object{
		"item": "comment", "verb": verb, "comment_id": c.ID, "post_id": c.Post, "parent_id": c.Post,
		"created_time": c.At.Unix(),
		"post":         object{"id": c.Post, "status_type": "mobile_status_update", "permalink_url": s.url + PostPath + "?post=" + c.Post},
	}
	if c.Parent != "" {
		value["parent_id"] = c.Parent
	}
	if !c.Unnamed {
		value["from"] = object{"id": c.User, "name": c.Name}
	}
	if verb != "remove" && c.Text != "" {
		value["message"] = c.Text
	}
	if c.Photo != "" {
		value["photo"] = c.Photo
	}
	e := &Event{
		Page: page, User: c.User, Kind: "comment", Message: c.ID, Text: c.Text, At: at,
		list: "changes", item: encode(object{"field": "feed", "value": value}), done: make(chan struct{}),
	}
	return e
}

// write puts events into one request's body, as Meta writes it.
func write(events []*Event) []byte {
	var entries []object
	for _, e := range events {
		when := e.At.UnixMilli()
		if e.list == "changes" {
			when = e.At.Unix()
		}
		entries = append(entries, object{"id": e.Page, "time": when, e.list: []json.RawMessage{e.item}})
	}
	return Escape(encode(object{"object": "page", "entry": entries}))
}

// encode writes value as JSON without the escapes that Go adds for browsers.
func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(fmt.Sprintf("messengersim: %T cannot be written as JSON: %v", value, err)) // our own shapes only
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Escape writes JSON as Meta does: everything beyond ASCII as \u with small
// letters, and slashes with a backslash before them.
func Escape(encoded []byte) []byte {
	out := make([]byte, 0, len(encoded)+len(encoded)/2)
	for i := 0; i < len(encoded); {
		b := encoded[i]
		switch {
		case b == '\\':
			out = append(out, b, encoded[i+1])
			i += 2
			continue
		case b == '/':
			out = append(out, '\\', '/')
		case b < utf8.RuneSelf:
			out = append(out, b)
		default:
			r, size := utf8.DecodeRune(encoded[i:])
			if r > 0xFFFF {
				high, low := utf16.EncodeRune(r)
				out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
			i += size
			continue
		}
		i++
	}
	return out
}

// Sign returns the header X-Hub-Signature-256 that belongs to a body.
func Sign(body []byte, secret string) string { return "sha256=" + keyed(secret, body) }

// Proof is the parameter appsecret_proof that belongs to a token.
func Proof(secret, token string) string { return keyed(secret, []byte(token)) }

func keyed(secret string, message []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(message)
	return hex.EncodeToString(m.Sum(nil))
}
