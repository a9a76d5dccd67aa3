package mattermost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/mattermost"
	"tongdai/connectors/mattermost/mattermostsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	room         = "so-y-te"
	secret       = "a secret of the bridge, of 32 bytes and more"
	commandToken = "commandtokenofthetests12345"
	threadName   = "0123456789abcdef0123456789abcdef"
)

// rig is a bridge at a simulated server, and a hub behind it.
type rig struct {
	t        *testing.T
	sim      *mattermostsim.Sim
	files    *connectortest.Files
	marks    *connectortest.Bookmarks
	informer connectors.Informer
	client   *http.Client
	change   func(*mattermost.Config)
	bridge   *mattermost.Bridge
	hub      *connectortest.Receiver
	hook     string
	handler  http.Handler
}

func start(t *testing.T, change func(*mattermost.Config), simulated ...func(*mattermostsim.Config)) *rig {
	t.Helper()
	var cfg mattermostsim.Config
	for _, f := range simulated {
		f(&cfg)
	}
	sim, err := mattermostsim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, sim: sim, files: &connectortest.Files{}, marks: connectortest.NewBookmarks(), hub: &connectortest.Receiver{}, change: change,
		client: &http.Client{Transport: &http.Transport{}},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.handler.ServeHTTP(w, q) }))
	r.hook = server.URL
	t.Cleanup(func() {
		server.Close()
		r.client.CloseIdleConnections()
		_ = sim.Close()
		sim.Config().Client.CloseIdleConnections()
	})
	r.bridge = r.again()
	r.handler = r.bridge.Handler(r.hub)
	sim.SetCommand(mattermostsim.Command{Trigger: "1022", URL: r.hook + "/command", Token: commandToken})
	return r
}

// again makes a bridge with the same configuration.
func (r *rig) again() *mattermost.Bridge {
	r.t.Helper()
	cfg := mattermost.Config{
		Channel: connectors.Channel{ID: "chat-1022", Name: "Mattermost tỉnh"}, URL: r.sim.URL(), Token: r.sim.Config().Token, Team: "1022",
		Places: map[string]string{"so-y-te": room}, Leaders: "1022/lanh-dao", Hook: r.hook, CommandToken: commandToken, Secret: []byte(secret),
	}
	if r.change != nil {
		r.change(&cfg)
	}
	b, err := mattermost.New(cfg, mattermost.Deps{Files: r.files, Bookmarks: r.marks, Informer: r.informer, Client: r.client})
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// matter is one that a place is told of.
func matter() connectors.Matter {
	return connectors.Matter{
		Code: "TH-261121-0042", Link: "https://1022.thanhhoa.example.vn/desk/c/42", Unit: "Sở Y tế", Person: "Trần Thị Mẫu",
		Channel: "Trò chuyện trên Cổng 1022", Field: "Y tế", Place: "Phường Hạc Thành", Asked: "Tiêm chủng cho trẻ ở đâu?",
		Tried: []string{"Lịch tiêm chủng mở rộng", "Giá vắc xin dịch vụ"},
		Due:   time.Date(2026, 11, 24, 17, 0, 0, 0, time.FixedZone("", 7*60*60)), Promised: true, Standing: connectors.InCharge,
	}
}

func (r *rig) post(p connectors.Post) connectors.RemoteID {
	r.t.Helper()
	posted, err := r.bridge.Post(r.t.Context(), p)
	if err != nil {
		r.t.Fatalf("Post = %v", err)
	}
	return posted.Root
}

// opened is a thread of a matter.
func (r *rig) opened(m connectors.Matter) connectors.RemoteID {
	r.t.Helper()
	return r.post(connectors.Post{Key: "k1", Place: "1022/" + room, Thread: threadName, Matter: m})
}

func (r *rig) say(root connectors.RemoteID, user, text string, files ...mattermostsim.File) connectors.RemoteID {
	r.t.Helper()
	id, err := r.sim.Say(room, user, string(root), text, files...)
	if err != nil {
		r.t.Fatal(err)
	}
	return connectors.RemoteID(id)
}

// run has the bridge run until the test ends.
func (r *rig) run() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- r.bridge.Run(ctx, r.hub) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			r.t.Errorf("Run = %v", err)
		}
	})
}

// heard waits until the hub has heard n deeds.
func (r *rig) heard(n int) []connectors.Inbound {
	r.t.Helper()
	connectortest.Until(r.t, "deeds", func() bool { return len(r.hub.Inbounds()) >= n })
	all := r.hub.Inbounds()
	if len(all) != n {
		r.t.Fatalf("the hub heard %d deeds, want %d: %+v", len(all), n, all)
	}
	return all
}

// shown is what a post shows.
func shown(p mattermostsim.Post) string {
	parts := []string{p.Message}
	for _, a := range p.Attachments() {
		parts = append(parts, a.Title, a.Text)
		for _, f := range a.Fields {
			text, _ := f.Value.(string)
			parts = append(parts, f.Title+": "+text)
		}
	}
	return strings.Join(parts, "\n")
}

func (r *rig) thread(root connectors.RemoteID) (all []string) {
	for _, p := range r.sim.Thread(string(root)) {
		all = append(all, shown(p))
	}
	return all
}

// buttons are the names of a card's buttons, by id.
func (r *rig) buttons(root connectors.RemoteID) map[string]string {
	r.t.Helper()
	p, ok := r.sim.Post(string(root))
	if !ok {
		r.t.Fatalf("there is no post %s", root)
	}
	names := map[string]string{}
	for _, a := range p.Attachments() {
		for _, action := range a.Actions {
			names[action.ID] = action.Name
		}
	}
	return names
}

// called is the request that the server makes when somebody presses a button.
func (r *rig) called(root connectors.RemoteID, action, trigger string) *http.Request {
	r.t.Helper()
	p, _ := r.sim.Post(string(root))
	a, ok := p.Action(action)
	if !ok {
		r.t.Fatalf("the card has no button %s", action)
	}
	return call("/button", map[string]any{
		"user_id": r.sim.UserID("lan.nt"), "user_name": "lan.nt", "channel_id": p.ChannelID, "post_id": p.ID, "trigger_id": trigger,
		"type": "button", "context": a.Integration.Context,
	})
}

func call(path string, body any) *http.Request {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // of words
	}
	q := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(data))
	q.Header.Set("Content-Type", "application/json")
	return q
}

// serve brings a call to the bridge's door.
func serve(r *rig, q *http.Request) *httptest.ResponseRecorder {
	return connectortest.Serve(r.handler, q)
}

func asBody(data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }
