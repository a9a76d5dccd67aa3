package webform_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/webform"
)

// keyHeader carries the key that a page has in its address.
const keyHeader = "X-Form-Key"

// The promises that every connector keeps, as far as a form of our own has
// them. The suite posts what a citizen adds on the tracking page; the pages
// themselves are package portal's.
func TestConnector(t *testing.T) { connectortest.Run(t, suiteHarness) }

func suiteHarness(t *testing.T) *connectortest.Harness {
	form, otherChannel, otherSecret := open(t, "portal", 'k'), open(t, "portal-2", 'k'), open(t, "portal", 'x')
	body := func(things ...connectortest.Thing) []byte {
		var text string
		if err := json.Unmarshal(things[0].Literal(), &text); err != nil {
			t.Fatal(err)
		}
		values := url.Values{webform.TimeField: {things[0].ID}, webform.TextField: {text}}
		if pressed := things[0].Pressed; pressed != nil {
			values.Set(webform.TextField, pressed.Label)
			values.Set(webform.PressedField, pressed.Value)
		}
		return []byte(values.Encode())
	}
	return &connectortest.Harness{
		Connector: form.Connector,
		Hook: &connectortest.Hook{
			Report: func(things ...connectortest.Thing) *http.Request {
				return form.request(things[0].From, body(things...))
			},
			Sign:   func(body []byte) *http.Request { return form.request("u", body) },
			Header: keyHeader,
			Loose:  true, // a key proves who writes, not what
			Forged: func(things ...connectortest.Thing) map[string]*http.Request {
				return map[string]*http.Request{
					"with a key of another channel":      otherChannel.request("u", body(things...)),
					"with a key under another secret":    otherSecret.request("u", body(things...)),
					"with a ticket of a file as the key": form.requestUnder(form.ticket(t), body(things...)),
				}
			},
			Malformed: map[string]string{
				"nothing":               "",
				"no words":              "lan=a&noi-dung=+",
				"no time of the form":   "noi-dung=a",
				"a time of a line":      "lan=a+b&noi-dung=a",
				"escapes that are none": "lan=a&noi-dung=%zz",
				"a trap that is filled": "lan=a&noi-dung=a&trang-web=x",
				"a ticket nobody gave":  "lan=a&noi-dung=a&tep-da-gui=e30.AAAA",
				"too much of a choice":  "lan=a&chon=" + strings.Repeat("x", 1001),
				"fields without end":    "lan=a&noi-dung=a" + strings.Repeat("&x=1", 101) + manyFields(),
			},
			Frank:   true,
			MaxBody: 256 << 10,
			Handler: form.handler,
		},
	}
}

func manyFields() string {
	var b strings.Builder
	for i := range 101 {
		b.WriteString("&f")
		b.WriteString(strings.Repeat("x", i))
		b.WriteString("=1")
	}
	return b.String()
}

// site is a connector with a page of the barest kind, and a key for each person.
type site struct {
	*webform.Connector
	mu   sync.Mutex
	keys map[string]string
}

func open(t *testing.T, channel connectors.ChannelID, secret byte) *site {
	t.Helper()
	c, err := webform.New(webform.Config{
		Channel: connectors.Channel{ID: channel, Name: "Gửi phản ánh"},
		Secret:  bytes.Repeat([]byte{secret}, 32), PerAddressPerHour: 1_000_000,
		Field: func(id string) (string, bool) { return "Y tế", id == "y-te" },
	}, webform.Deps{Files: &shelf{}})
	if err != nil {
		t.Fatal(err)
	}
	return &site{Connector: c, keys: map[string]string{}}
}

func (s *site) key(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[person] == "" {
		s.keys[person] = s.NewKey()
	}
	return s.keys[person]
}

func (s *site) request(person string, body []byte) *http.Request {
	return s.requestUnder(s.key(person), body)
}

func (s *site) requestUnder(key string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(keyHeader, key)
	return r
}

// ticket is a sealed thing of the connector's that is no key.
func (s *site) ticket(t *testing.T) string {
	t.Helper()
	r := multipartRequest(t, url.Values{webform.TimeField: {"1"}}, file{"anh.txt", "một"})
	from, _ := s.Open(s.key("u"))
	typed, _, _ := s.Report(httptest.NewRecorder(), r, from, failing{})
	return typed.Get(webform.KeptField)
}

func (s *site) handler(to connectors.Receiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Values(keyHeader)
		if len(given) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		from, ok := s.Open(given[0])
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, problems, err := s.More(w, r, from, to)
		switch {
		case connectors.KindOf(err) == connectors.Permanent:
			http.Error(w, connectors.ReasonOf(err), http.StatusRequestEntityTooLarge)
		case err != nil:
			w.WriteHeader(http.StatusServiceUnavailable)
		case problems[webform.TextField] != "" && strings.Contains(problems[webform.TextField], "dài quá"):
			http.Error(w, problems[webform.TextField], http.StatusRequestEntityTooLarge)
		case len(problems) > 0:
			w.WriteHeader(http.StatusBadRequest)
			for field, problem := range problems {
				_, _ = io.WriteString(w, field+": "+problem)
			}
		}
	})
}

type failing struct{}

func (failing) Receive(context.Context, connectors.Raw, []connectors.Inbound) error {
	return errors.New("disk full")
}

// shelf keeps files as long as the test lasts; what is called ".exe" it refuses.
type shelf struct {
	mu   sync.Mutex
	kept map[string]string
}

func (s *shelf) Put(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return content.Attachment{}, err
	}
	if strings.HasSuffix(name, ".exe") {
		return content.Attachment{}, &connectors.Error{Kind: connectors.Permanent, Reason: "Chỉ nhận ảnh.", Err: errors.New("refused")}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[string]string{}
	}
	id := "f" + string(data)
	s.kept[id] = name
	return content.Attachment{ID: id, Name: name, Type: "text/plain", Size: int64(len(data))}, nil
}
