package webchat_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/webchat"
)

const page = "https://tinh.example.vn"

// hub is a hub in memory: what is received is in the log at once.
type hub struct {
	mu       sync.Mutex
	raws     []connectors.Raw
	inbounds []connectors.Inbound
	log      map[connectors.RemoteID][]webchat.Said
	watchers map[connectors.RemoteID]map[watcher]bool
	broken   error
	panics   bool
	staffed  bool
	opens    time.Time
	files    map[string][]byte
	refuse   error
}

func newHub() *hub {
	return &hub{
		log:      map[connectors.RemoteID][]webchat.Said{},
		watchers: map[connectors.RemoteID]map[watcher]bool{},
		files:    map[string][]byte{},
	}
}

func (h *hub) Receive(_ context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return h.broken
	}
	h.raws = append(h.raws, raw)
	for _, i := range in {
		known := false
		for _, old := range h.inbounds {
			known = known || old.Key == i.Key
		}
		if !known {
			h.inbounds = append(h.inbounds, i)
			h.add(i.From, webchat.Said{Own: true, Author: "citizen", Key: i.Key, Content: i.Content, Pressed: i.Pressed})
		}
	}
	return nil
}

// add appends to the newest conversation; h.mu is held.
func (h *hub) add(visitor connectors.RemoteID, said webchat.Said) {
	if said.Conversation == "" {
		said.Conversation = "c1"
	}
	for _, old := range h.log[visitor] {
		if old.Conversation == said.Conversation {
			said.Seq = old.Seq
		}
	}
	said.Seq++
	said.Code = "TH-261121-0001"
	said.Message = fmt.Sprintf("%s-m%d", said.Conversation, said.Seq)
	h.log[visitor] = append(h.log[visitor], said)
	for w := range h.watchers[visitor] {
		changes := w.said
		if said.Own {
			changes = w.own
		}
		select {
		case changes <- struct{}{}:
		default:
		}
	}
}

func (h *hub) answer(visitor connectors.RemoteID, said webchat.Said) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(visitor, said)
}

func (h *hub) Said(ctx context.Context, _ connectors.ChannelID, visitor connectors.RemoteID, after webchat.Cursor, limit int) ([]webchat.Said, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.panics {
		panic("bug")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.broken != nil {
		return nil, h.broken
	}
	var page []webchat.Said
	for _, said := range h.log[visitor] {
		if said.Seq > after.Seen(said.Conversation) && len(page) < limit {
			page = append(page, said)
		}
	}
	return page, nil
}

// watcher is one who follows, see webchat.Log.
type watcher struct{ said, own chan struct{} }

func (h *hub) Watch(_ connectors.ChannelID, visitor connectors.RemoteID) (said, own <-chan struct{}, stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := watcher{make(chan struct{}, 1), make(chan struct{}, 1)}
	if h.watchers[visitor] == nil {
		h.watchers[visitor] = map[watcher]bool{}
	}
	h.watchers[visitor][w] = true
	return w.said, w.own, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers[visitor], w)
	}
}

func (h *hub) watching() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, set := range h.watchers {
		n += len(set)
	}
	return n
}

func (h *hub) breakDown(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = err
}

// panic has reading panic, as a bug would.
func (h *hub) panic(does bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.panics = does
}

func (h *hub) Staffed(context.Context) (bool, time.Time) { return h.staffed, h.opens }

func (h *hub) Put(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	if h.refuse != nil {
		return content.Attachment{}, h.refuse
	}
	bytes, err := io.ReadAll(r)
	if err != nil {
		return content.Attachment{}, fmt.Errorf("keep: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id := fmt.Sprintf("f%d", len(h.files)+1)
	h.files[id] = bytes
	return content.Attachment{ID: id, Name: name, Type: "text/plain", Size: int64(len(bytes))}, nil
}

func (h *hub) Serve(w http.ResponseWriter, _ *http.Request, a content.Attachment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = w.Write(h.files[a.ID])
}

var errDisk = errors.New("disk full")

// site is a running channel with a hub behind it.
type site struct {
	t         *testing.T
	hub       *hub
	connector *webchat.Connector
	server    *httptest.Server
}

func start(t *testing.T, change func(*webchat.Config)) *site {
	t.Helper()
	h := newHub()
	cfg := webchat.Config{
		Channel:        connectors.Channel{ID: "web", Name: "Trò chuyện trên Cổng 1022"},
		AllowedOrigins: []string{page, "self"},
		Secret:         bytes.Repeat([]byte("k"), 32),
	}
	if change != nil {
		change(&cfg)
	}
	connector, err := webchat.New(cfg, webchat.Deps{Log: h, Files: h})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(connector.Handler(h))
	t.Cleanup(func() {
		_ = connector.Close()
		server.Close()
	})
	return &site{t, h, connector, server}
}

// call makes one request as a page on origin would. An empty header value is not sent.
func (s *site) call(method, path string, body any, headers map[string]string) (*http.Response, map[string]any) {
	s.t.Helper()
	response := s.send(method, path, body, headers)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var answer map[string]any
	_ = json.Unmarshal(raw, &answer) // files are not JSON
	if answer == nil {
		answer = map[string]any{"raw": string(raw)}
	}
	return response, answer
}

func (s *site) send(method, path string, body any, headers map[string]string) *http.Response {
	s.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case io.Reader:
		reader = b
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Origin", page)
	for name, value := range headers {
		if request.Header.Del(name); value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := s.server.Client().Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	return response
}

// servedBy has the site served by another server, which begin begins.
func (s *site) servedBy(begin func(*httptest.Server)) {
	server := httptest.NewUnstartedServer(s.connector.Handler(s.hub))
	begin(server)
	s.t.Cleanup(func() {
		_ = s.connector.Close()
		server.Close()
	})
	s.server = server
}

// visitor opens a session and returns the headers that prove it.
func (s *site) visitor() map[string]string {
	s.t.Helper()
	response, answer := s.call("POST", "/session", nil, nil)
	if response.StatusCode != http.StatusOK {
		s.t.Fatalf("POST /session = %d %v", response.StatusCode, answer)
	}
	return map[string]string{"Authorization": "Bearer " + answer["token"].(string)}
}

// id returns who the hub thinks a visitor is who has said something.
func (s *site) id() connectors.RemoteID {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.hub.inbounds[len(s.hub.inbounds)-1].From
}

func (s *site) say(as map[string]string, key, text string) (*http.Response, map[string]any) {
	s.t.Helper()
	return s.call("POST", "/messages", map[string]any{"key": key, "text": text}, as)
}

// stream is an open event stream.
type stream struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Reader
}

func (s *site) stream(as map[string]string, after string) *stream {
	s.t.Helper()
	headers := map[string]string{"Last-Event-ID": after}
	for name, value := range as {
		headers[name] = value
	}
	response := s.send("GET", "/events", nil, headers)
	s.t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		s.t.Fatalf("GET /events = %d", response.StatusCode)
	}
	return &stream{s.t, response, bufio.NewReader(response.Body)}
}

// next returns the next event of a kind, skipping others.
func (s *stream) next(kind string) (id string, data map[string]any) {
	s.t.Helper()
	for {
		event, id, data, err := s.read()
		if err != nil {
			s.t.Fatalf("stream ended while waiting for %q: %v", kind, err)
		}
		if event == kind {
			return id, data
		}
	}
}

// read returns one block of the stream: an event, or a comment as event ":".
func (s *stream) read() (event, id string, data map[string]any, err error) {
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return "", "", nil, err
		}
		line = strings.TrimSuffix(line, "\n")
		field, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "":
			return event, id, data, nil
		case strings.HasPrefix(line, ":"):
			event = ":"
		case field == "event":
			event = value
		case field == "id":
			id = value
		case field == "data":
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				return "", "", nil, err
			}
		}
	}
}
