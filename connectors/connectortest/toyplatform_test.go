package connectortest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
)

const toyToken = "toy-token-that-nobody-may-see"

// toyPlatform is the simulator of the toy platform.
type toyPlatform struct {
	*http.ServeMux
	mu      sync.Mutex
	shown   []connectortest.Shown
	refusal string // the body of every answer to /send
	spoilt  bool
	waiting []json.RawMessage
	files   map[string][]byte // on the platform, by path
	kept    map[string][]byte // by Media, by id
}

func newToyPlatform() *toyPlatform {
	p := &toyPlatform{ServeMux: http.NewServeMux(), files: map[string][]byte{}, kept: map[string][]byte{}}
	p.HandleFunc("POST /send", p.send)
	p.HandleFunc("GET /who", p.who)
	p.HandleFunc("GET /updates", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"events": p.waiting})
	})
	p.HandleFunc("GET /acknowledge", func(_ http.ResponseWriter, r *http.Request) {
		n := 0
		_, _ = fmt.Sscan(r.FormValue("n"), &n)
		p.waiting = p.waiting[n:]
	})
	p.HandleFunc("GET /files/", func(w http.ResponseWriter, r *http.Request) {
		if data, ok := p.files[r.URL.Path]; ok {
			_, _ = w.Write(data)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	return p
}

func (p *toyPlatform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Header.Get("Token") != toyToken || p.spoilt {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p.ServeMux.ServeHTTP(w, r)
}

func (p *toyPlatform) send(w http.ResponseWriter, r *http.Request) {
	var m outgoing
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil || len([]rune(m.Text)) > toyText {
		_, _ = io.WriteString(w, `{"error":"parameter"}`)
		return
	}
	if p.refusal != "" {
		_, _ = io.WriteString(w, p.refusal)
		return
	}
	shown := connectortest.Shown{
		ID: connectors.RemoteID(fmt.Sprint("r", len(p.shown)+1)), Quotes: connectors.RemoteID(m.Quote),
		Content: content.Content{Text: m.Text},
	}
	for _, b := range m.Buttons {
		shown.Content.Choices = append(shown.Content.Choices, content.Choice{Label: b.Label, Value: b.Payload})
	}
	if m.File != "" {
		shown.Content.Attachments = []content.Attachment{{Name: m.File}}
	}
	p.shown = append(p.shown, shown)
	_, _ = fmt.Fprintf(w, `{"id":%q}`, shown.ID)
}

func (p *toyPlatform) who(w http.ResponseWriter, r *http.Request) {
	if user := r.FormValue("user"); user != "u1" && user != "me" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = io.WriteString(w, "Trần Thị Mẫu")
}

// Put implements connectors.Media.
func (p *toyPlatform) Put(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return content.Attachment{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprint("f", len(p.kept)+1)
	p.kept[id] = data
	return content.Attachment{ID: id, Name: name, Type: "application/pdf", Size: int64(len(data))}, nil
}

// set changes the platform.
func (p *toyPlatform) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// toyHarness wires a toy, or a mutant of it, to a fresh platform.
func toyHarness(mutant string) connectortest.Factory {
	return func(t *testing.T) *connectortest.Harness {
		p := newToyPlatform()
		faults := connectortest.NewFaults(p, func(r *http.Request) bool { return r.URL.Path == "/send" })
		server := httptest.NewServer(faults)
		t.Cleanup(server.Close)
		client := &http.Client{
			Transport:     &http.Transport{},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		if mutant == "follows redirects" {
			client.CheckRedirect = nil
		}
		t.Cleanup(client.CloseIdleConnections)
		c := &toy{mutant: mutant, platform: server.URL, secret: []byte("toy-secret"), token: toyToken, files: p, client: client}
		return &connectortest.Harness{
			Connector: c,
			Hook:      toyHook(c),
			Poll: &connectortest.Poll{
				Offer: func(things ...connectortest.Thing) {
					p.set(func() { p.waiting = append(p.waiting, events(things)...) })
				},
				Left: func() (n int) {
					p.set(func() { n = len(p.waiting) })
					return n
				},
			},
			Wire:    toyWire(p, faults, server),
			Who:     &connectortest.Who{User: "u1", Profile: connectors.Profile{Name: "Trần Thị Mẫu"}, Stranger: "stranger"},
			Fetch:   toyFetch(p, server.URL),
			Spoil:   func() { p.set(func() { p.spoilt = true }) },
			Secrets: []string{toyToken, "toy-secret"},
		}
	}
}

func toyHook(c *toy) *connectortest.Hook {
	signed := func(secret string, body []byte) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		r.Header.Set(toyHeader, "sha256="+sign([]byte(secret), c.signable(body)))
		return r
	}
	return &connectortest.Hook{
		Report: func(things ...connectortest.Thing) *http.Request { return signed("toy-secret", batch(things)) },
		Batch:  50,
		Sign:   func(body []byte) *http.Request { return signed("toy-secret", body) },
		Header: toyHeader,
		Forged: func(things ...connectortest.Thing) map[string]*http.Request {
			return map[string]*http.Request{"with another channel's key": signed("other", batch(things))}
		},
		Unknown: map[string]string{"a new kind": `{"events":[{"kind":"danced","id":"1","user":"u"}]}`},
		Malformed: map[string]string{
			"no object":              `[]`,
			"a text that is a list":  `{"events":[{"kind":"said","id":"1","user":"u","text":[]}]}`,
			"nobody said it":         `{"events":[{"kind":"said","id":"1","text":"a"}]}`,
			"half of it":             `{"events":[{"kind":"sa`,
			"a time that is no time": `{"events":[{"kind":"said","id":"1","user":"u","time":"gần trưa"}]}`,
		},
		MaxBody:  toyBody,
		Kinds:    []connectors.InboundKind{connectors.Echo, connectors.Seen, connectors.Followed, connectors.Shared},
		Verbatim: true,
	}
}

func batch(things []connectortest.Thing) []byte {
	body, err := json.Marshal(map[string]any{"events": events(things)})
	if err != nil {
		panic(err) // a mistake in this file
	}
	return body
}

func events(things []connectortest.Thing) (all []json.RawMessage) {
	for _, thing := range things {
		e := event{
			Kind: string(thing.Kind), ID: thing.ID, User: thing.From, Text: thing.Literal(), Time: thing.SentAt.UnixMilli(),
			Quote: thing.Quotes, Name: thing.Profile.Name, Phone: thing.Profile.Phone,
		}
		if e.Kind == "" {
			e.Kind = "said"
		}
		if thing.Odd {
			e.Kind = "danced"
		}
		if thing.Pressed != nil {
			e.Payload = thing.Pressed.Value
		}
		body, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		all = append(all, body)
	}
	return all
}

func toyWire(p *toyPlatform, faults *connectortest.Faults, server *httptest.Server) *connectortest.Wire {
	refuse := func(body string) func() { return func() { p.set(func() { p.refusal = body }) } }
	return &connectortest.Wire{
		To: "u1",
		Shown: func() (shown []connectortest.Shown) {
			p.set(func() { shown = append(shown, p.shown...) })
			return shown
		},
		Fault: faults.Set,
		Down:  server.Close,
		Refusals: []connectortest.Refusal{
			{Name: "the window is closed", Set: refuse(`{"error":"window"}`), Kind: connectors.WindowClosed},
			{Name: "the token is dead", Set: refuse(`{"error":"token"}`), Kind: connectors.Unauthorized},
			{Name: "too fast", Set: refuse(`{"error":"rate","wait":30}`), Kind: connectors.RateLimited, After: 30 * time.Second},
			{Name: "a parameter", Set: refuse(`{"error":"parameter"}`), Kind: connectors.Permanent},
			{Name: "busy", Set: refuse(`{"error":"busy"}`), Kind: connectors.Retryable},
		},
		Quotes: true,
		Keep: func(name string, data []byte) content.Attachment {
			kind := "application/pdf"
			if !strings.HasSuffix(name, ".pdf") {
				kind = "video/mp4"
			}
			return content.Attachment{ID: "f0", Name: name, Type: kind, Size: int64(len(data))}
		},
		File:  connectortest.FileSample{Name: "don.pdf", Data: []byte("%PDF")},
		Wrong: connectortest.FileSample{Name: "phim.mp4", Data: []byte("mp4")},
	}
}

func toyFetch(p *toyPlatform, address string) *connectortest.Fetch {
	return &connectortest.Fetch{
		Offer: func(name string, data []byte) content.Attachment {
			p.set(func() { p.files["/files/"+name] = data })
			return content.Attachment{Kind: content.Picture, Name: name, Source: address + "/files/" + name}
		},
		Gone: content.Attachment{Name: "mat.pdf", Source: address + "/files/mat.pdf"},
		Inside: []content.Attachment{
			{Source: "http://127.0.0.2:1/files/don.pdf"}, {Source: "file:///etc/passwd"},
		},
		Read: func(id string) (data []byte) {
			p.set(func() { data = p.kept[id] })
			return data
		},
	}
}
