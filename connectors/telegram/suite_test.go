package telegram_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/telegram"
	"tongdai/connectors/telegram/telegramsim"
)

func TestSuite(t *testing.T) {
	t.Run("hooked", func(t *testing.T) { connectortest.Run(t, hookedHarness) })
	t.Run("polled", func(t *testing.T) { connectortest.Run(t, polledHarness) })
}

const maxBody = 512 << 10

// faulty puts the suite's faults before the simulator.
func faulty(t *testing.T) (*rig, *httptest.Server, *connectortest.Faults) {
	t.Helper()
	var r *rig
	faults := connectortest.NewFaults(
		http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) { r.sim.ServeHTTP(w, request) }),
		func(request *http.Request) bool {
			_, method, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/bot"), "/")
			return strings.HasPrefix(method, "send")
		})
	front := httptest.NewServer(faults)
	t.Cleanup(front.Close)
	r = newRig(t, func(platform *telegramsim.Config, own *telegram.Config) {
		own.URL, own.MaxBody = front.URL, maxBody
	})
	return r, front, faults
}

func hookedHarness(t *testing.T) *connectortest.Harness {
	r, front, faults := faulty(t)
	conn := r.installed()
	r.talking()
	until(t, "the beginning", func() bool { return len(r.hub.Kept()) == 1 })
	return &connectortest.Harness{
		Connector: conn, Hook: hookOf(), Wire: r.wire(front, faults), Fetch: r.fetch(),
		Spoil: r.sim.Revoke, Secrets: []string{token, secret},
	}
}

func polledHarness(t *testing.T) *connectortest.Harness {
	r, front, faults := faulty(t)
	conn, err := telegram.NewPolled(r.cfg, r.deps())
	if err != nil {
		t.Fatal(err)
	}
	r.talking()
	r.sim.Expire() // of the beginning: the suite counts its own things only
	return &connectortest.Harness{
		Connector: conn, Wire: r.wire(front, faults), Fetch: r.fetch(),
		Poll: &connectortest.Poll{
			Offer: func(things ...connectortest.Thing) {
				for _, thing := range things {
					kind, body := report(thing)
					r.sim.Emit(kind, body)
				}
			},
			Left: func() int { return r.sim.Waiting() },
		},
		Spoil: r.sim.Revoke, Secrets: []string{token, secret},
	}
}

func hookOf() *connectortest.Hook {
	update := func(kind, body string) string { return `{"update_id":1,"` + kind + `":` + body + `}` }
	return &connectortest.Hook{
		Report: func(things ...connectortest.Thing) *http.Request {
			kind, body := report(things[0])
			return signed(updateOf(kind, body), secret)
		},
		Sign:   func(body []byte) *http.Request { return signed(body, secret) },
		Header: "X-Telegram-Bot-Api-Secret-Token",
		Loose:  true,
		Forged: func(things ...connectortest.Thing) map[string]*http.Request {
			kind, body := report(things[0])
			update := updateOf(kind, body)
			inQuery := signed(update, "")
			inQuery.URL.RawQuery = "secret_token=" + secret
			bearer := signed(update, "")
			bearer.Header.Set("Authorization", "Bearer "+secret)
			return map[string]*http.Request{
				"with another channel's secret":  signed(update, "tg_secret-1022-lam-dong"),
				"with the token":                 signed(update, token),
				"with the secret in the address": inQuery,
				"with the secret elsewhere":      bearer,
				"with a part of the secret":      signed(update, secret[:8]),
			}
		},
		Unknown: map[string]string{
			"a kind of tomorrow":        `{"update_id":1,"hologram":{"id":7}}`,
			"a content of tomorrow":     update("message", `{"message_id":5,"date":1,"chat":{"id":7,"type":"private"},"hologram":{}}`),
			"a payment":                 update("pre_checkout_query", `{"id":"1","from":{"id":7},"currency":"VND","total_amount":1,"invoice_payload":""}`),
			"a reaction of tomorrow":    update("message_reaction", `{"chat":{"id":7,"type":"private"},"message_id":5,"date":1,"old_reaction":[],"new_reaction":[{"type":"smell"}]}`),
			"a press of another's game": update("callback_query", `{"id":"1","from":{"id":7},"message":{"message_id":5,"date":1,"chat":{"id":7,"type":"private"}},"game_short_name":"x"}`),
		},
		Malformed: map[string]string{
			"no update":             `{"update_id":1}`,
			"no message id":         update("message", `{"date":1,"chat":{"id":7,"type":"private"},"text":"a"}`),
			"no chat":               update("message", `{"message_id":5,"date":1,"text":"a"}`),
			"an empty message":      update("message", `{"message_id":5,"date":1,"chat":{"id":7,"type":"private"},"text":""}`),
			"a text that is a list": update("message", `{"message_id":5,"date":1,"chat":{"id":7,"type":"private"},"text":["a"]}`),
			"a place nowhere":       update("message", `{"message_id":5,"date":1,"chat":{"id":7,"type":"private"},"location":{"latitude":91,"longitude":0}}`),
			"a card without number": update("message", `{"message_id":5,"date":1,"chat":{"id":7,"type":"private"},"contact":{"phone_number":"","first_name":"A"}}`),
			"a press by nobody":     update("callback_query", `{"id":"1","data":"=a"}`),
			"an edit of nothing":    update("edited_message", `{"message_id":5,"date":1,"edit_date":2,"chat":{"id":7,"type":"private"}}`),
		},
		MaxBody: maxBody,
		Kinds: []connectors.InboundKind{
			connectors.Opened, connectors.Edited, connectors.Reacted, connectors.Followed, connectors.Unfollowed,
		},
	}
}

func signed(update []byte, secret string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(update))
	r.Header.Set("Content-Type", "application/json")
	if secret != "" {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	return r
}

func updateOf(kind string, body []byte) []byte {
	return []byte(`{"update_id":910022001,"` + kind + `":` + string(body) + `}`)
}

// number makes a number of the suite's ids, which may be words.
func number(id string) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return n
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	return int64(h.Sum32()) + 1
}

// report writes a thing as Telegram does.
func report(thing connectortest.Thing) (kind string, body json.RawMessage) {
	user := map[string]any{"id": number(thing.From), "is_bot": false, "first_name": "Mẫu", "last_name": "Trần Thị", "language_code": "vi"}
	chat := map[string]any{"id": number(thing.From), "type": "private", "first_name": "Mẫu"}
	message := map[string]any{"message_id": number(thing.ID), "from": user, "chat": chat, "date": thing.SentAt.Unix(), "text": thing.Literal()}
	if thing.Quotes != "" {
		message["reply_to_message"] = map[string]any{"message_id": number(thing.Quotes), "date": 1767225000, "chat": chat}
	}
	switch thing.Kind {
	case connectors.Opened:
		message["text"] = "/start qr_phuong1"
	case connectors.Edited:
		// the suite knows edits without words; the words of this one are checked by TestUpdates
		kind, message["edit_date"] = "edited_message", thing.SentAt.Unix()+5
		delete(message, "text")
		message["photo"] = []any{map[string]any{"file_id": "AgAC-l", "file_unique_id": "AQ-l", "width": 90, "height": 67, "file_size": 1200}}
	case connectors.Reacted:
		return "message_reaction", encode(map[string]any{"chat": chat, "user": user, "message_id": number(thing.ID), "date": thing.SentAt.Unix(),
			"old_reaction": []any{}, "new_reaction": []any{map[string]string{"type": "emoji", "emoji": "❤"}}})
	case connectors.Followed, connectors.Unfollowed:
		member := map[string]any{"user": map[string]any{"id": 1, "is_bot": true, "first_name": "1022"}, "status": "member"}
		kicked := map[string]any{"user": member["user"], "status": "kicked", "until_date": 0}
		before, after := kicked, member
		if thing.Kind == connectors.Unfollowed {
			before, after = member, kicked
		}
		return "my_chat_member", encode(map[string]any{"chat": chat, "from": user, "date": thing.SentAt.Unix(), "old_chat_member": before, "new_chat_member": after})
	}
	if thing.Pressed != nil {
		board := map[string]any{"inline_keyboard": []any{[]any{map[string]any{"text": thing.Pressed.Label, "callback_data": thing.Pressed.Value}}}}
		return "callback_query", encode(map[string]any{"id": "4382bfdwdsb323b2d9" + thing.ID, "from": user, "chat_instance": "-88", "data": thing.Pressed.Value,
			"message": map[string]any{"message_id": 57, "chat": chat, "date": 1767225600, "text": "Chọn lĩnh vực", "reply_markup": board}})
	}
	if kind == "" {
		kind = "message"
	}
	if literal := thing.Literal(); !json.Valid(literal) || bytes.ContainsRune(literal, '\xff') || bytes.Contains(literal, []byte(`\u`)) {
		message["text"] = "LITERAL"
		return kind, bytes.Replace(encode(message), []byte(`"LITERAL"`), literal, 1)
	}
	return kind, encode(message)
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // of maps and strings
	}
	return bytes.TrimSpace(b.Bytes())
}

func (r *rig) wire(front *httptest.Server, faults *connectortest.Faults) *connectortest.Wire {
	refused := func(code int, description string, kind connectors.Kind, more string) connectortest.Refusal {
		return connectortest.Refusal{
			Name: fmt.Sprintf("%d: %s", code, description), Kind: kind,
			Set: func() {
				faults.Set(connectortest.Fault{Status: code, Body: fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q%s}`, code, description, more)})
			},
		}
	}
	limited := refused(429, "Too Many Requests: retry after 7", connectors.RateLimited, `,"parameters":{"retry_after":7}`)
	limited.After = 7 * time.Second
	return &connectortest.Wire{
		To:    r.to,
		Shown: func() []connectortest.Shown { return shown(r.ours()) },
		Fault: faults.Set,
		Down: func() {
			front.Close()
			r.client.CloseIdleConnections() // one that its peer has closed leaves in doubt what is sent on it
		},
		Refusals: []connectortest.Refusal{
			limited,
			refused(400, "Bad Request: chat not found", connectors.WindowClosed, ""),
			refused(400, "Bad Request: can't parse entities: Unexpected end tag", connectors.Permanent, ""),
			refused(400, "Bad Request: message is too long", connectors.Permanent, ""),
			refused(400, "Bad Request: something of tomorrow", connectors.Permanent, ""),
			refused(401, "Unauthorized", connectors.Unauthorized, ""),
			refused(403, "Forbidden: bot was blocked by the user", connectors.WindowClosed, ""),
			refused(403, "Forbidden: user is deactivated", connectors.WindowClosed, ""),
			refused(403, "Forbidden: bot can't initiate conversation with a user", connectors.WindowClosed, ""),
			refused(404, "Not Found", connectors.Unauthorized, ""),
			refused(409, "Conflict: terminated by other getUpdates request", connectors.Retryable, ""),
			refused(502, "Bad Gateway", connectors.Retryable, ""),
			refused(500, "Internal Server Error: sent message was not found", connectors.Uncertain, ""),
		},
		Quotes: true,
		Keep:   r.files.Add,
		File:   connectortest.FileSample{Name: "mau-don.pdf", Data: []byte("%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n")},
	}
}

// shown is what the simulator's telephone shows of our messages.
func shown(messages []telegramsim.Message) (all []connectortest.Shown) {
	for _, m := range messages {
		s := connectortest.Shown{ID: connectors.RemoteID(strconv.FormatInt(m.ID, 10))}
		if m.Quote != 0 {
			s.Quotes = connectors.RemoteID(strconv.FormatInt(m.Quote, 10))
		}
		s.Content.Text = m.Text
		if m.Kind == telegramsim.Location {
			s.Content.Place = &content.Place{Latitude: m.Lat, Longitude: m.Lng, Label: m.Text}
		}
		for _, b := range m.Buttons {
			if b.URL == "" {
				s.Content.Choices = append(s.Content.Choices, content.Choice{Label: b.Text, Value: b.Data})
				continue
			}
			s.Content.Links = append(s.Content.Links, content.Link{Label: b.Text, URL: b.URL})
		}
		if m.File != "" {
			s.Content.Attachments = []content.Attachment{{Name: m.Name}}
		}
		all = append(all, s)
	}
	return all
}

func (r *rig) fetch() *connectortest.Fetch {
	at := func(source string) content.Attachment {
		return content.Attachment{Kind: content.Picture, Source: source}
	}
	return &connectortest.Fetch{
		Offer: func(name string, data []byte) content.Attachment {
			r.sim.SendFile(r.user, telegramsim.Document, name, "", data)
			all := r.sim.Messages(r.user)
			return content.Attachment{Name: name, Source: "telegram-file:" + all[len(all)-1].File}
		},
		Gone: at("telegram-file:BQACAgUAAxkBAAIB_nothing"),
		Inside: []content.Attachment{
			at("https://169.254.169.254/latest/meta-data/"), at("http://127.0.0.1:22/"), at("file:///etc/passwd"), at(""), at("telegram-file:"),
			at("telegram-file:../../getMe"), at("telegram-file:a/b"), at("telegram-file:a b"), at("telegram-file:https://10.0.0.1/"), at("AgACAgUAAx0"),
		},
		Read: r.files.Data,
	}
}
