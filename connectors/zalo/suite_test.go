package zalo_test

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
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

func TestSuite(t *testing.T) { connectortest.Run(t, harness) }

const maxBody = 2 << 20

// harness wires the suite to a simulator, with the suite's faults in between.
func harness(t *testing.T) *connectortest.Harness {
	var r *rig
	faults := connectortest.NewFaults(
		http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) { r.sim.ServeHTTP(w, request) }),
		func(request *http.Request) bool { return strings.HasPrefix(request.URL.Path, "/v3.0/oa/message") })
	front := httptest.NewServer(faults)
	t.Cleanup(front.Close)
	r = newUnconnected(t, func(platform *zalosim.Config, own *zalo.Config) {
		platform.NoEchoes, platform.NoReceipts = true, true
		own.OpenAPIURL, own.OAuthURL = front.URL, front.URL
		own.MaxBody = maxBody
	})
	r.connect(r.conn)
	to := r.talking()
	pair := r.vault.Saved("zalo-1022/tokens")
	var kept struct {
		Pair struct{ Access, Refresh string }
	}
	if err := json.Unmarshal(pair[len(pair)-1].Value, &kept); err != nil {
		t.Fatal(err)
	}
	r.sim.Share(oaID, citizen, zalosim.Info{Name: "Trần Thị Mẫu", Phone: "84901234567", Address: "12 Lê Lợi", City: "Thanh Hóa"})
	return &connectortest.Harness{
		Connector: r.conn,
		Hook:      hook(),
		Wire:      r.wire(to, front, faults),
		Who: &connectortest.Who{
			User:     to,
			Profile:  connectors.Profile{Name: "Trần Thị Mẫu", Phone: "84901234567", Address: "12 Lê Lợi, Thanh Hóa"},
			Stranger: "7000000000000000999",
		},
		Fetch:   r.fetch(),
		Spoil:   func() { r.sim.Revoke(oaID); r.clock.Pass(2 * time.Minute) },
		Secrets: []string{appSecret, oaSecret, kept.Pair.Access, kept.Pair.Refresh},
	}
}

func hook() *connectortest.Hook {
	return &connectortest.Hook{
		Report: func(things ...connectortest.Thing) *http.Request { return signed(report(things[0]), oaSecret, appID) },
		Sign: func(body []byte) *http.Request {
			return signed(body, oaSecret, appID)
		},
		Header: "X-ZEvent-Signature",
		Forged: forged,
		Unknown: map[string]string{
			"a kind of tomorrow":  event(`"event_name":"user_send_hologram_room","sender":{"id":"7000000000000000042"},"recipient":{"id":"` + oaID + `"}`),
			"a group":             event(`"event_name":"user_send_group_text","sender":{"id":"7000000000000000042"},"recipient":{"id":"` + oaID + `"},"message":{"text":"a","msg_id":"b"}`),
			"a withdrawn consent": event(`"event_name":"user_withdraw","sender":{"id":"7000000000000000042"},"recipient":{"id":"` + oaID + `"}`),
		},
		Malformed: map[string]string{
			"no message":            event(`"event_name":"user_send_text","sender":{"id":"7"},"recipient":{"id":"` + oaID + `"}`),
			"an empty message":      event(`"event_name":"user_send_text","sender":{"id":"7"},"recipient":{"id":"` + oaID + `"},"message":{"msg_id":"a","text":""}`),
			"nobody":                event(`"event_name":"user_send_text","recipient":{"id":"` + oaID + `"},"message":{"msg_id":"a","text":"b"}`),
			"a text that is a list": event(`"event_name":"user_send_text","sender":{"id":"7"},"recipient":{"id":"` + oaID + `"},"message":{"msg_id":"a","text":["b"]}`),
			"no kind":               event(`"sender":{"id":"7"},"recipient":{"id":"` + oaID + `"}`),
			"another OA":            event(`"event_name":"user_send_text","sender":{"id":"7"},"recipient":{"id":"` + otherOA + `"},"message":{"msg_id":"a","text":"b"}`),
		},
		MaxBody: maxBody,
		Kinds: []connectors.InboundKind{
			connectors.Echo, connectors.Delivered, connectors.Seen, connectors.Followed, connectors.Unfollowed, connectors.Shared,
		},
		Verbatim: true,
	}
}

func event(fields string) string {
	return `{"app_id":"` + appID + `",` + fields + `,"timestamp":"1767225600123"}`
}

// report writes a thing as Zalo does.
func report(thing connectortest.Thing) []byte {
	stamp := fmt.Sprint(thing.SentAt.UnixMilli())
	user, oa := map[string]string{"id": thing.From}, map[string]string{"id": oaID}
	e := map[string]any{"app_id": appID, "user_id_by_app": "8000000000000000042", "timestamp": stamp, "sender": user, "recipient": oa}
	message := map[string]any{"msg_id": thing.ID, "text": thing.Literal()}
	switch thing.Kind {
	case connectors.Said, "":
		e["event_name"] = "user_send_text"
		if thing.Quotes != "" {
			message["quote_msg_id"] = thing.Quotes
		}
		if thing.Pressed != nil {
			message["text"] = thing.Pressed.Value
		}
	case connectors.Echo:
		e["event_name"], e["sender"], e["recipient"] = "oa_send_text", oa, user
	case connectors.Delivered:
		e["event_name"], e["sender"], e["recipient"] = "user_received_message", oa, user
		message = map[string]any{"msg_id": thing.ID}
	case connectors.Seen:
		e["event_name"] = "user_seen_message"
		message = map[string]any{"msg_ids": []string{thing.ID}}
	case connectors.Followed, connectors.Unfollowed:
		e = map[string]any{"app_id": appID, "oa_id": oaID, "event_name": strings.TrimSuffix(string(thing.Kind), "ed"),
			"timestamp": stamp, "source": "oa_profile", "follower": user}
	case connectors.Shared:
		e["event_name"] = "user_submit_info"
		e["info"] = map[string]any{"name": thing.Profile.Name, "phone": thing.Profile.Phone,
			"full_address": map[string]string{"user_address": thing.Profile.Address}}
		message = nil
	}
	if _, relation := e["follower"]; !relation && message != nil {
		e["message"] = message
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if literal := thing.Literal(); !json.Valid(literal) || bytes.ContainsRune(literal, '\xff') {
		message["text"] = "LITERAL"
		_ = encoder.Encode(e)
		return bytes.Replace(bytes.TrimSpace(b.Bytes()), []byte(`"LITERAL"`), literal, 1)
	}
	_ = encoder.Encode(e)
	return bytes.TrimSpace(b.Bytes())
}

// signed is a request of Zalo's, with the timestamp wherever it stands in body.
func signed(body []byte, secret, first string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	_, rest, _ := bytes.Cut(body, []byte(`"timestamp":"`))
	stamp, _, _ := bytes.Cut(rest, []byte(`"`))
	r.Header.Set("X-ZEvent-Signature", zalosim.Sign(first, body, string(stamp), secret))
	return r
}

func forged(things ...connectortest.Thing) map[string]*http.Request {
	body := report(things[0])
	twice := bytes.Replace(body, []byte(`{`), []byte(`{"timestamp":"1767225600999",`), 1)
	capital := bytes.Replace(body, []byte(`"timestamp"`), []byte(`"Timestamp"`), 1)
	capitalSigned := signed(capital, oaSecret, appID)
	capitalSigned.Header.Set("X-ZEvent-Signature", zalosim.Sign(appID, capital, "1767225600123", oaSecret))
	escaped := bytes.ReplaceAll(body, []byte("Đ"), []byte(`\u0110`))
	reencoded := signed(escaped, oaSecret, appID)
	reencoded.Header.Set("X-ZEvent-Signature", signed(body, oaSecret, appID).Header.Get("X-ZEvent-Signature"))
	trailing := signed(append(bytes.Clone(body), []byte(`17672`)...), oaSecret, appID)
	zipped := signed(body, oaSecret, appID)
	zipped.Header.Set("Content-Encoding", "gzip")
	zipped.Body = http.NoBody
	zipped.ContentLength = 0
	return map[string]*http.Request{
		"with another channel's key":         signed(body, "oaSecretKeyOfAnother", appID),
		"with the app's secret":              signed(body, appSecret, appID),
		"with the OA id before it":           signed(body, oaSecret, oaID),
		"with two timestamps":                signed(twice, oaSecret, appID),
		"with a timestamp in other letters":  capitalSigned,
		"re-encoded with escapes":            reencoded,
		"with something after the object":    trailing,
		"with a body that claims to be gzip": zipped,
	}
}

func (r *rig) wire(to connectors.RemoteID, front *httptest.Server, faults *connectortest.Faults) *connectortest.Wire {
	code := func(name string, code int, kind connectors.Kind) connectortest.Refusal {
		return connectortest.Refusal{
			Name: fmt.Sprintf("%d: %s", code, name), Kind: kind,
			Set: func() {
				faults.Set(connectortest.Fault{Status: 200, Body: fmt.Sprintf(`{"error":%d,"message":"no"}`, code)})
			},
		}
	}
	limited := code("too many calls", -32, connectors.RateLimited)
	limited.After = time.Minute // the clock stands at a full minute
	return &connectortest.Wire{
		To:    to,
		Shown: func() []connectortest.Shown { return shown(r.sim.Messages(oaID, string(to))) },
		Fault: faults.Set,
		Down: func() {
			front.Close()
			r.client.CloseIdleConnections() // one that its peer has closed leaves in doubt what is sent on it
		},
		Refusals: []connectortest.Refusal{
			limited,
			code("send failed", -200, connectors.Retryable),
			code("a parameter", -201, connectors.Permanent),
			code("out of quota", -211, connectors.WindowClosed),
			code("the token is dead", -216, connectors.Unauthorized),
			code("the citizen blocks", -217, connectors.WindowClosed),
			code("the OA is not verified", -221, connectors.Unauthorized),
			code("no word for seven days", -230, connectors.WindowClosed),
			code("a kind that is not supported", -233, connectors.Permanent),
			code("a code nobody knows", -9999, connectors.Permanent),
		},
		Quotes: true,
		Keep:   r.files.Add,
		File:   connectortest.FileSample{Name: "mau-don.pdf", Data: []byte("%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n")},
		Wrong:  connectortest.FileSample{Name: "danh-sach.zip", Data: []byte("PK\x03\x04 not a document")},
	}
}

// shown is what the simulator's phone shows of our messages.
func shown(messages []zalosim.Message) (all []connectortest.Shown) {
	for _, m := range messages {
		if m.FromUser {
			continue
		}
		s := connectortest.Shown{ID: connectors.RemoteID(m.ID), Quotes: connectors.RemoteID(m.Quote)}
		s.Content.Text = m.Text
		for _, b := range m.Buttons {
			if b.Type == "oa.query.hide" {
				s.Content.Choices = append(s.Content.Choices, content.Choice{Label: b.Title, Value: b.Payload})
				continue
			}
			s.Content.Links = append(s.Content.Links, content.Link{Label: b.Title, URL: b.Payload})
		}
		if m.Kind == zalosim.File || m.Kind == zalosim.Image {
			s.Content.Attachments = []content.Attachment{{Name: m.Name}}
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
			r.sim.SendFile(oaID, citizen, zalosim.File, name, data)
			all := r.sim.Messages(oaID, citizen)
			last := all[len(all)-1]
			return content.Attachment{Name: name, Source: last.URL}
		},
		Gone: at(r.sim.URL() + "/media/nothing"),
		Inside: []content.Attachment{
			at("https://169.254.169.254/latest/meta-data/"), at("http://169.254.169.254/"), at("https://127.0.0.1:22/"),
			at("https://10.0.0.1/a.jpg"), at("https://192.168.1.1/a.jpg"), at("https://[::1]/a.jpg"), at("https://[fd00::1]/a"),
			at("https://[::ffff:127.0.0.1]/a"), at("https://[64:ff9b::7f00:1]/a"), at("https://100.64.0.1/"), at("https://0.0.0.0/"),
			at("https://localhost/a.jpg"), at("file:///etc/passwd"), at("ftp://example.vn/a"),
			at("http://example.vn/a.jpg"), at("https://user:pass@example.vn/"), at("gopher://127.0.0.1/"), at(""), at("://"),
		},
		Read: r.files.Data,
	}
}
