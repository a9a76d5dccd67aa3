package zalosim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The shapes of events, with keys in the order of captured ones.
type (
	party struct {
		ID    string `json:"id"`
		Admin string `json:"admin_id,omitempty"`
	}
	wireEvent struct {
		AppID     string       `json:"app_id"`
		OA        string       `json:"oa_id,omitempty"`
		Sender    *party       `json:"sender,omitempty"`
		ByApp     string       `json:"user_id_by_app,omitempty"`
		Recipient *party       `json:"recipient,omitempty"`
		Follower  *party       `json:"follower,omitempty"`
		Source    string       `json:"source,omitempty"`
		Name      string       `json:"event_name"`
		Message   *wireMessage `json:"message,omitempty"`
		Info      *wireInfo    `json:"info,omitempty"`
		Timestamp string       `json:"timestamp"`
	}
	wireMessage struct {
		Text        *string          `json:"text,omitempty"`
		ID          string           `json:"msg_id,omitempty"`
		IDs         []string         `json:"msg_ids,omitempty"`
		Quote       string           `json:"quote_msg_id,omitempty"`
		Attachments []wireAttachment `json:"attachments,omitempty"`
	}
	wireAttachment struct {
		Type    string         `json:"type"`
		Payload map[string]any `json:"payload"`
	}
	wireInfo struct {
		Name     string `json:"name"`
		Phone    string `json:"phone"`
		Birthday string `json:"user_dob"`
		Gender   string `json:"gender"`
		Address  struct {
			City    string `json:"user_city"`
			Ward    string `json:"user_ward"`
			Address string `json:"user_address"`
		} `json:"full_address"`
	}
)

// byApp is the id of a user that all OAs of one app share.
func byApp(user string) string {
	if len(user) < 2 {
		return user
	}
	return "8" + user[1:]
}

func (s *Sim) userEvent(oa, user string, m Message) *Event {
	w := wireEvent{
		AppID: s.cfg.AppID, Sender: &party{ID: user}, ByApp: byApp(user), Recipient: &party{ID: oa},
		Name: "user_send_" + string(m.Kind), Timestamp: milliseconds(m.At),
		Message: &wireMessage{ID: m.ID, Quote: m.Quote, Attachments: attachments(m)},
	}
	if m.Text != "" || m.Kind == Text {
		w.Message.Text = &m.Text
	}
	return s.event(oa, user, m.ID, w)
}

func (s *Sim) echoEvent(oa, user string, m Message) *Event {
	w := wireEvent{
		AppID: s.cfg.AppID, Sender: &party{ID: oa, Admin: m.Admin}, ByApp: byApp(user), Recipient: &party{ID: user},
		Name: "oa_send_" + string(m.Kind), Timestamp: milliseconds(m.At),
		Message: &wireMessage{ID: m.ID, Quote: m.Quote, Attachments: attachments(m)},
	}
	if m.Text != "" {
		w.Message.Text = &m.Text
	}
	if len(m.Buttons) > 0 || m.Kind == AskInfo {
		w.Name = "oa_send_template"
	}
	return s.event(oa, user, m.ID, w)
}

func attachments(m Message) []wireAttachment {
	one := func(kind Kind, payload map[string]any) []wireAttachment {
		return []wireAttachment{{Type: string(kind), Payload: payload}}
	}
	switch m.Kind {
	case Image, GIF:
		return one(m.Kind, map[string]any{"thumbnail": m.URL, "url": m.URL})
	case Video:
		return one(m.Kind, map[string]any{"thumbnail": m.URL, "description": "", "url": m.URL})
	case Audio:
		return one(m.Kind, map[string]any{"url": m.URL})
	case File:
		return one(m.Kind, map[string]any{"url": m.URL, "size": strconv.FormatInt(m.Size, 10), "name": m.Name})
	case Sticker:
		return one(m.Kind, map[string]any{"id": m.Name, "url": m.URL})
	case Location:
		return one(m.Kind, map[string]any{"coordinates": map[string]string{
			"latitude": strconv.FormatFloat(m.Lat, 'f', -1, 64), "longitude": strconv.FormatFloat(m.Lng, 'f', -1, 64),
		}})
	case Link:
		return one(Link, map[string]any{"thumbnail": "", "description": m.Name, "url": m.URL})
	case Card:
		description, _ := json.Marshal(map[string]string{"phone": m.Phone, "qrCodeUrl": m.URL})
		return one(Link, map[string]any{"thumbnail": m.URL, "description": string(description), "url": "https://zalo.me/" + m.Phone})
	}
	return nil
}

func (s *Sim) relationEvent(oa, user, name string, now time.Time) *Event {
	return s.event(oa, user, "", wireEvent{
		AppID: s.cfg.AppID, OA: oa, Name: name, Timestamp: milliseconds(now), Source: "oa_profile",
		Follower: &party{ID: user}, ByApp: byApp(user),
	})
}

func (s *Sim) infoEvent(oa, user string, info Info, now time.Time) *Event {
	w := &wireInfo{Name: info.Name, Phone: info.Phone}
	w.Address.City, w.Address.Ward, w.Address.Address = info.City, info.Ward, info.Address
	return s.event(oa, user, "", wireEvent{
		AppID: s.cfg.AppID, Sender: &party{ID: user}, Recipient: &party{ID: oa},
		Name: "user_submit_info", Timestamp: milliseconds(now), Info: w,
	})
}

// receivedEvent has the OA as sender, seenEvent the user: both are on record.
func (s *Sim) receivedEvent(oa, user, id string, now time.Time) *Event {
	return s.event(oa, user, id, wireEvent{
		AppID: s.cfg.AppID, Sender: &party{ID: oa}, ByApp: byApp(user), Recipient: &party{ID: user},
		Name: "user_received_message", Timestamp: milliseconds(now), Message: &wireMessage{ID: id},
	})
}

func (s *Sim) seenEvent(oa, user string, ids []string, now time.Time) *Event {
	return s.event(oa, user, ids[len(ids)-1], wireEvent{
		AppID: s.cfg.AppID, Sender: &party{ID: user}, ByApp: byApp(user), Recipient: &party{ID: oa},
		Name: "user_seen_message", Timestamp: milliseconds(now), Message: &wireMessage{IDs: ids},
	})
}

func (s *Sim) event(oa, user, message string, w wireEvent) *Event {
	body := encode(w)
	e := &Event{
		Name: w.Name, OA: oa, User: user, Message: message, At: s.cfg.Now(), Body: body,
		signature: Sign(s.cfg.AppID, body, w.Timestamp, s.cfg.OASecret),
	}
	if w.Message != nil && w.Message.Text != nil {
		e.Text = *w.Message.Text
	}
	return e
}

// encode writes JSON as platforms do, without the escapes Go adds for HTML.
func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(fmt.Sprintf("zalosim: %T cannot be written as JSON: %v", value, err)) // our own shapes only
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Sign returns the header X-ZEvent-Signature of a webhook: a plain SHA-256 over
// the app's id, the body, the timestamp inside it and the OA secret key.
func Sign(appID string, body []byte, timestamp, secret string) string {
	h := sha256.New()
	h.Write([]byte(appID))
	h.Write(body)
	h.Write([]byte(timestamp))
	h.Write([]byte(secret))
	return "mac=" + hex.EncodeToString(h.Sum(nil))
}
