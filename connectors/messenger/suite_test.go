package messenger_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/messenger"
	"tongdai/connectors/messenger/messengersim"
)

func TestSuite(t *testing.T) { connectortest.Run(t, harness) }

const maxBody = 2 << 20

// harness wires the suite to a simulator, with the suite's faults in between.
func harness(t *testing.T) *connectortest.Harness {
	var r *rig
	faults := connectortest.NewFaults(
		http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) { r.sim.ServeHTTP(w, request) }),
		func(request *http.Request) bool { return strings.HasSuffix(request.URL.Path, "/messages") })
	front := httptest.NewServer(faults)
	t.Cleanup(front.Close)
	r = newRig(t, func(platform *messengersim.Config, own *messenger.Config) {
		platform.NoEchoes, platform.NoReceipts = true, true
		own.GraphURL = front.URL
		own.MaxBody = maxBody
	})
	r.sim.Citizen(pageID, "Trần Thị Mẫu")
	to := connectors.RemoteID(r.sim.Citizen(pageID, "Trần Thị Mẫu"))
	r.sim.Say(pageID, string(to), "Xin chào")
	return &connectortest.Harness{
		Connector: r.conn,
		Hook:      hook(),
		Wire:      r.wire(to, front, faults),
		Who: &connectortest.Who{
			User:     to,
			Profile:  connectors.Profile{Name: "Trần Thị Mẫu", Picture: r.sim.URL() + "/media/nobody"},
			Stranger: "24680135799999",
		},
		Fetch:   r.fetch(),
		Spoil:   func() { r.sim.Revoke(pageID, 460) },
		Secrets: []string{appSecret, pageToken},
	}
}

func hook() *connectortest.Hook {
	user := `"sender":{"id":"7"},"recipient":{"id":"` + pageID + `"},"timestamp":1767225600123`
	return &connectortest.Hook{
		Report: func(things ...connectortest.Thing) *http.Request { return signed(report(things...), appSecret) },
		Batch:  50,
		Sign:   func(body []byte) *http.Request { return signed(body, appSecret) },
		Header: "X-Hub-Signature-256",
		Forged: forged,
		Unknown: map[string]string{
			"a kind of tomorrow":   entry(`"messaging":[{` + user + `,"hologram":{"mid":"m_1"}}]`),
			"an opt-in":            entry(`"messaging":[{"recipient":{"id":"` + pageID + `"},"timestamp":1,"optin":{"user_ref":"u"}}]`),
			"another change":       entry(`"changes":[{"field":"mention","value":{}}]`),
			"another product":      `{"object":"instagram","entry":[{"id":"` + pageID + `","time":1,"messaging":[{` + user + `,"message":{"mid":"m_1","text":"a"}}]}]}`,
			"an attachment of new": entry(`"messaging":[{` + user + `,"message":{"mid":"m_1","attachments":[{"type":"hologram"}]}}]`),
			"a post on the page":   entry(`"changes":[{"field":"feed","value":{"item":"status","verb":"add","from":{"id":"7"},"message":"a"}}]`),
			"a rule of the page":   entry(`"messaging":[{"recipient":{"id":"` + pageID + `"},"timestamp":1,"policy_enforcement":{"action":"block","reason":"spam"}}]`),
		},
		Malformed: map[string]string{
			"no message":            entry(`"messaging":[{` + user + `}]`),
			"an empty message":      entry(`"messaging":[{` + user + `,"message":{"mid":"m_1","text":""}}]`),
			"nobody":                entry(`"messaging":[{"recipient":{"id":"` + pageID + `"},"message":{"mid":"m_1","text":"a"}}]`),
			"a text that is a list": entry(`"messaging":[{` + user + `,"message":{"mid":"m_1","text":["a"]}}]`),
			"an entry that is none": `{"object":"page","entry":["a"]}`,
			"no entries":            `{"object":"page","entry":[]}`,
			"an empty entry":        `{"object":"page","entry":[{"id":"` + pageID + `"}]}`,
			"another page":          `{"object":"page","entry":[{"id":"777","messaging":[{` + user + `,"message":{"mid":"m_1","text":"a"}}]}]}`,
			"a comment of nothing":  entry(`"changes":[{"field":"feed","value":{"item":"comment","verb":"add","comment_id":"1_2","from":{"id":"7"}}}]`),
		},
		MaxBody: maxBody,
		Kinds: []connectors.InboundKind{
			connectors.Echo, connectors.Delivered, connectors.Seen, connectors.Opened, connectors.Reacted, connectors.Controlled,
			connectors.Withdrawn, connectors.Concealed,
		},
		Verbatim: true,
	}
}

func entry(fields string) string {
	return `{"object":"page","entry":[{"id":"` + pageID + `","time":1767225600456,` + fields + `}]}`
}

// report writes things as Meta does.
func report(things ...connectortest.Thing) []byte {
	var entries []string
	for _, thing := range things {
		list, item := reported(thing)
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(item) // into memory
		written := bytes.Replace(bytes.TrimSpace(b.Bytes()), []byte(`"LITERAL"`), thing.Literal(), 1)
		entries = append(entries, fmt.Sprintf(`{"id":"%s","time":%d,"%s":[%s]}`, pageID, thing.SentAt.UnixMilli(), list, written))
	}
	body := `{"object":"page","entry":[` + strings.Join(entries, ",") + `]}`
	if bytes.ContainsRune([]byte(body), '\xff') || !json.Valid([]byte(body)) {
		return []byte(body)
	}
	return messengersim.Escape([]byte(body))
}

type object = map[string]any

func reported(thing connectortest.Thing) (list string, item object) {
	user, page := object{"id": thing.From}, object{"id": pageID}
	item = object{"sender": user, "recipient": page, "timestamp": thing.SentAt.UnixMilli()}
	message := object{"mid": thing.ID, "text": "LITERAL"}
	comment := func(verb string) (string, object) {
		return "changes", object{"field": "feed", "value": object{
			"item": "comment", "verb": verb, "comment_id": thing.ID, "post_id": pageID + "_1", "parent_id": pageID + "_1",
			"from": user, "created_time": thing.SentAt.Unix(),
		}}
	}
	switch thing.Kind {
	case connectors.Echo:
		item["sender"], item["recipient"] = page, user
		message["is_echo"], message["app_id"], message["metadata"] = true, json.Number(appID), "k1"
		item["message"] = message
	case connectors.Delivered:
		item["delivery"] = object{"mids": []string{thing.ID}, "watermark": thing.SentAt.UnixMilli()}
	case connectors.Seen:
		item["read"] = object{"watermark": thing.SentAt.UnixMilli()}
	case connectors.Opened:
		item["postback"] = object{"mid": thing.ID, "title": "Bắt đầu", "payload": "GET_STARTED"}
	case connectors.Reacted:
		item["reaction"] = object{"mid": thing.ID, "action": "react", "emoji": "❤", "reaction": "love"}
	case connectors.Controlled:
		item["pass_thread_control"] = object{"new_owner_app_id": appID, "previous_owner_app_id": messengersim.InboxApp}
	case connectors.Withdrawn:
		return comment("remove")
	case connectors.Concealed:
		return comment("hide")
	default:
		if thing.Odd {
			item["hologram"] = message
			return "messaging", item
		}
		if thing.Quotes != "" {
			message["reply_to"] = object{"mid": thing.Quotes}
		}
		if thing.Pressed != nil {
			message["text"], message["quick_reply"] = thing.Pressed.Label, object{"payload": thing.Pressed.Value}
		}
		item["message"] = message
	}
	return "messaging", item
}

// signed is a request of Meta's.
func signed(body []byte, secret string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Hub-Signature-256", messengersim.Sign(body, secret))
	return r
}

func forged(things ...connectortest.Thing) map[string]*http.Request {
	body := report(things...)
	var plain any
	_ = json.Unmarshal(body, &plain)
	reserialised, _ := json.Marshal(plain)
	reencoded := signed(reserialised, appSecret)
	reencoded.Header.Set("X-Hub-Signature-256", messengersim.Sign(body, appSecret))
	bare := signed(body, appSecret)
	bare.Header.Set("X-Hub-Signature-256", strings.TrimPrefix(messengersim.Sign(body, appSecret), "sha256="))
	old := signed(body, appSecret)
	old.Header.Del("X-Hub-Signature-256")
	old.Header.Set("X-Hub-Signature", "sha1=9092547d98be0df320c7c27cbbed47fafcc29feb")
	return map[string]*http.Request{
		"with another app's secret":    signed(body, "fbAppSecretOfAnother"),
		"with the page's token":        signed(body, pageToken),
		"with the verify token":        signed(body, verifyToken),
		"re-serialised":                reencoded,
		"without the name of the hash": bare,
		"with the old signature alone": old,
		"with an empty body's":         signed(nil, "x"),
		"with a prefix that is another": func() *http.Request {
			r := signed(body, appSecret)
			r.Header.Set("X-Hub-Signature-256", "sha1="+messengersim.Sign(body, appSecret)[7:])
			return r
		}(),
	}
}

func (r *rig) wire(to connectors.RemoteID, front *httptest.Server, faults *connectortest.Faults) *connectortest.Wire {
	code := func(status, code, subcode int, name string, kind connectors.Kind, after time.Duration) connectortest.Refusal {
		return connectortest.Refusal{
			Name: fmt.Sprintf("%d/%d: %s", code, subcode, name), Kind: kind, After: after,
			Set: func() {
				faults.Set(connectortest.Fault{Status: status, Body: fmt.Sprintf(
					`{"error":{"message":"(#%d) no","type":"OAuthException","code":%d,"error_subcode":%d,"fbtrace_id":"AbcTrace1"}}`, code, code, subcode)})
			},
		}
	}
	return &connectortest.Wire{
		To:    to,
		Shown: func() []connectortest.Shown { return shown(r.sim.Messages(pageID, string(to))) },
		Fault: faults.Set,
		Down: func() {
			front.Close()
			r.client.CloseIdleConnections() // one that its peer has closed leaves in doubt what is sent on it
		},
		Refusals: []connectortest.Refusal{
			code(500, 1, 0, "unknown", connectors.Retryable, 0),
			code(503, 2, 0, "service down", connectors.Retryable, 0),
			code(400, 4, 0, "app limit", connectors.RateLimited, 5*time.Minute),
			code(400, 613, 0, "too fast", connectors.RateLimited, time.Minute),
			code(400, 613, 2018338, "abusive", connectors.RateLimited, time.Hour),
			code(400, 10, 2018278, "outside the window", connectors.WindowClosed, 0),
			code(400, 100, 0, "a parameter", connectors.Permanent, 0),
			code(400, 100, 2018001, "nobody", connectors.Permanent, 0),
			code(401, 190, 460, "password changed", connectors.Unauthorized, 0),
			code(403, 200, 0, "no permission", connectors.Unauthorized, 0),
			code(400, 551, 1545041, "blocked", connectors.Permanent, 0),
			code(400, 123456, 0, "a code nobody knows", connectors.Permanent, 0),
		},
		Keep: r.files.Add,
		File: connectortest.FileSample{Name: "mau-don.pdf", Data: []byte("%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n")},
	}
}

// shown is what the simulator's phone shows of our messages.
func shown(messages []messengersim.Message) (all []connectortest.Shown) {
	for _, m := range messages {
		if m.FromUser {
			continue
		}
		s := connectortest.Shown{ID: connectors.RemoteID(m.ID)}
		s.Content.Text = m.Text
		for _, b := range m.Quick {
			s.Content.Choices = append(s.Content.Choices, content.Choice{Label: b.Title, Value: b.Payload})
		}
		for _, b := range m.Buttons {
			s.Content.Links = append(s.Content.Links, content.Link{Label: b.Title, URL: b.Payload})
		}
		for _, card := range m.Cards {
			s.Content.Links = append(s.Content.Links, content.Link{Label: card.Title, URL: card.Buttons[0].Payload})
		}
		for _, f := range m.Files {
			s.Content.Attachments = append(s.Content.Attachments, content.Attachment{Name: f.Name})
		}
		all = append(all, s)
	}
	return all
}

func (r *rig) fetch() *connectortest.Fetch {
	at := func(address string) content.Attachment {
		return content.Attachment{Kind: content.Picture, Source: address}
	}
	return &connectortest.Fetch{
		Offer: func(name string, data []byte) content.Attachment {
			r.sim.SendFile(pageID, citizen, "file", name, data)
			all := r.sim.Messages(pageID, citizen)
			return content.Attachment{Name: name, Source: all[len(all)-1].Files[0].URL}
		},
		Gone: at(r.sim.URL() + "/media/nothing"),
		Inside: []content.Attachment{
			at("https://169.254.169.254/latest/meta-data/"), at("http://169.254.169.254/"), at("https://127.0.0.1:22/"),
			at("https://10.0.0.1/a.jpg"), at("https://[::1]/a.jpg"), at("https://[::ffff:127.0.0.1]/a"), at("https://localhost/a.jpg"),
			at("file:///etc/passwd"), at("http://example.vn/a.jpg"), at("https://user:pass@example.vn/"), at(""), at("://"),
		},
		Read: r.files.Data,
	}
}
