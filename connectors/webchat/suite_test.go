package webchat_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/webchat"
	"tongdai/connectors/webchat/webchatsim"
)

// The promises that every connector keeps, as far as a chat of our own has them.
func TestConnector(t *testing.T) { connectortest.Run(t, suiteHarness) }

func suiteHarness(t *testing.T) *connectortest.Harness {
	channel, otherChannel := startSim(t, "web", 'k'), startSim(t, "web-2", 'k')
	otherSecret := startSim(t, "web", 'x')
	body := func(things ...connectortest.Thing) []byte {
		post := map[string]any{"key": things[0].ID, "text": things[0].Literal()}
		if things[0].Pressed != nil {
			post["text"], post["pressed"] = things[0].Pressed.Label, things[0].Pressed.Value
		}
		encoded, err := json.Marshal(post)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	return &connectortest.Harness{
		Connector: channel.connector,
		Hook: &connectortest.Hook{
			Report: func(things ...connectortest.Thing) *http.Request {
				return channel.request(things[0].From, body(things...))
			},
			Sign:   func(body []byte) *http.Request { return channel.request("u", body) },
			Header: "Authorization",
			Loose:  true, // a token proves who writes, not what
			Forged: func(things ...connectortest.Thing) map[string]*http.Request {
				fromElsewhere := channel.request("u", body(things...))
				fromElsewhere.Header.Set("Origin", page)
				return map[string]*http.Request{
					"with a token of another channel":      otherChannel.request("u", body(things...)),
					"with a token under another secret":    otherSecret.request("u", body(things...)),
					"with a token of another site's pages": fromElsewhere,
				}
			},
			Malformed: map[string]string{
				"no JSON":               `{"key":`,
				"a list":                `[]`,
				"no key":                `{"text":"a"}`,
				"a text that is none":   `{"key":"k","text":5}`,
				"something after it":    `{"key":"k","text":"a"} x`,
				"nothing":               ``,
				"no words":              `{"key":"k","text":" "}`,
				"a ticket nobody gave":  `{"key":"k","attachments":["e30.AAAA"]}`,
				"a key of a whole line": `{"key":"k k","text":"a"}`,
			},
			Frank:   true,
			MaxBody: 1 << 17,
		},
		Spoil:   func() { channel.hub.breakDown(errDisk) },
		Secrets: []string{string(bytes.Repeat([]byte("k"), 32))},
	}
}

// sim is a channel with visitors of webchatsim, one for each name.
type sim struct {
	t         *testing.T
	hub       *hub
	connector *webchat.Connector
	site      *webchatsim.Hub
	visitors  map[string]*webchatsim.Visitor
}

func startSim(t *testing.T, channel connectors.ChannelID, secret byte) *sim {
	t.Helper()
	h := newHub()
	connector, err := webchat.New(webchat.Config{
		Channel:        connectors.Channel{ID: channel, Name: "Trò chuyện trên Cổng 1022"},
		AllowedOrigins: []string{page, "self"},
		Secret:         bytes.Repeat([]byte{secret}, 32),
	}, webchat.Deps{Log: h, Files: h})
	if err != nil {
		t.Fatal(err)
	}
	path := "/chat/" + string(channel)
	server := httptest.NewServer(http.StripPrefix(path, connector.Handler(h)))
	t.Cleanup(server.Close)
	return &sim{
		t: t, hub: h, connector: connector, visitors: map[string]*webchatsim.Visitor{},
		site: &webchatsim.Hub{URL: server.URL, Channel: string(channel), Client: server.Client()},
	}
}

// request is what the browser of a person posts, as the handler sees it.
func (s *sim) request(person string, body []byte) *http.Request {
	s.t.Helper()
	visitor := s.visitors[person]
	if visitor == nil {
		opened, err := s.site.Open(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		visitor, s.visitors[person] = opened, opened
	}
	request, err := visitor.Request(s.t.Context(), body)
	if err != nil {
		s.t.Fatal(err)
	}
	request.URL.Path = "/messages"
	request.Host = request.URL.Host // our own pages are of the host that is asked
	return request
}
