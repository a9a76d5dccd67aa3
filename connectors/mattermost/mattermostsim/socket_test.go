package mattermostsim_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tongdai/connectors/mattermost/mattermostsim"
)

// heard is what comes on a socket: an event, or a reply.
type heard struct {
	Event  string         `json:"event"`
	Data   map[string]any `json:"data"`
	Seq    int64          `json:"seq"`
	Status string         `json:"status"`
	Reply  int64          `json:"seq_reply"`
}

// post is the one inside an event.
func (h heard) post(t *testing.T) (p mattermostsim.Post) {
	t.Helper()
	words, _ := h.Data["post"].(string)
	if err := json.Unmarshal([]byte(words), &p); err != nil {
		t.Fatalf("%+v brings no post: %v", h, err)
	}
	return p
}

type wire struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens a socket with the header, and an old session's id and number.
func (r *rig) dial(token, id string, next int64) *wire {
	r.t.Helper()
	address := "ws" + strings.TrimPrefix(r.sim.URL(), "http") + "/api/v4/websocket"
	if id != "" {
		address += "?connection_id=" + id + "&sequence_number=" + strconv.FormatInt(next, 10)
	}
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	conn, _, err := websocket.DefaultDialer.DialContext(r.t.Context(), address, header)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	return &wire{r.t, conn}
}

func (w *wire) next() (h heard) {
	w.t.Helper()
	if err := w.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	if err := w.conn.ReadJSON(&h); err != nil {
		w.t.Fatalf("nothing came: %v", err)
	}
	return h
}

// hello reads the greeting and returns the connection_id.
func (w *wire) hello() string {
	w.t.Helper()
	h := w.next()
	if h.Event != "hello" || h.Seq != 0 {
		w.t.Fatalf("greeted with %+v", h)
	}
	return h.Data["connection_id"].(string)
}

func (w *wire) wantPost(seq int64, message string) {
	w.t.Helper()
	h := w.next()
	if p := h.post(w.t); h.Event != "posted" || h.Seq != seq || p.Message != message {
		w.t.Errorf("heard %+v, want %q with number %d", h, message, seq)
	}
}

// wantEnd waits until the server has cut the socket.
func (w *wire) wantEnd() {
	w.t.Helper()
	for {
		if err := w.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			w.t.Fatal(err)
		}
		_, _, err := w.conn.ReadMessage()
		if timeout, is := err.(interface{ Timeout() bool }); is && timeout.Timeout() {
			w.t.Fatal("the socket is still open")
		}
		if err != nil {
			return
		}
	}
}

func TestWhatHappensIsTold(t *testing.T) {
	r := start(t)
	w := r.dial(r.sim.Config().Token, "", 0)
	w.hello()
	said := r.say("lan.nt", "", "@tong-dai xem giúp")
	h := w.next()
	if p := h.post(t); h.Event != "posted" || h.Seq != 1 || p.ID != said || h.Data["sender_name"] != "@lan.nt" || h.Data["channel_name"] != "so-y-te" {
		t.Errorf("heard %+v", h)
	}
	if mentions, _ := h.Data["mentions"].(string); mentions != `["`+r.sim.UserID("tong-dai")+`"]` {
		t.Errorf("mentions %q", mentions)
	}
	if err := r.sim.Edit(said, "khác"); err != nil {
		t.Fatal(err)
	}
	if h := w.next(); h.Event != "post_edited" || h.Seq != 2 || h.post(t).Message != "khác" || h.post(t).EditAt == 0 {
		t.Errorf("heard %+v", h)
	}
	if err := r.sim.React("minh.lv", said, "eyes", true); err != nil {
		t.Fatal(err)
	}
	if h := w.next(); h.Event != "reaction_added" || !strings.Contains(h.Data["reaction"].(string), `"eyes"`) {
		t.Errorf("heard %+v", h)
	}
	if err := r.sim.Delete(said); err != nil {
		t.Fatal(err)
	}
	if h := w.next(); h.Event != "post_deleted" || h.post(t).ID != said {
		t.Errorf("heard %+v", h)
	}
	if _, err := r.sim.AddChannel(mattermostsim.Channel{Name: "kin", Members: []string{"lan.nt"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.sim.Say("kin", "lan.nt", "", "không cho tổng đài"); err != nil {
		t.Fatal(err)
	}
	r.say("lan.nt", "", "tiếp")
	w.wantPost(5, "tiếp")
}

func TestASocketMaySayWhoItIs(t *testing.T) {
	r := start(t)
	w := r.dial("", "", 0)
	challenge := map[string]any{"seq": 1, "action": "authentication_challenge", "data": map[string]string{"token": r.sim.Config().Token}}
	if err := w.conn.WriteJSON(challenge); err != nil {
		t.Fatal(err)
	}
	if h := w.next(); h.Status != "OK" || h.Reply != 1 {
		t.Errorf("heard %+v", h)
	}
	w.hello()
	if err := w.conn.WriteJSON(map[string]any{"seq": 2, "action": "ping"}); err != nil {
		t.Fatal(err)
	}
	if h := w.next(); h.Data["text"] != "pong" || h.Reply != 2 {
		t.Errorf("heard %+v", h)
	}
	stranger := r.dial("", "", 0)
	challenge["data"] = map[string]string{"token": "wrong"}
	if err := stranger.conn.WriteJSON(challenge); err != nil {
		t.Fatal(err)
	}
	stranger.wantEnd()
}

func TestWhoSaysNothingIsPutOut(t *testing.T) {
	r := start(t, func(c *mattermostsim.Config) { c.AuthWithin = 20 * time.Millisecond })
	r.dial("wrong", "", 0).wantEnd()
}

// TestWhoComesBackHasMissedNothing also shows that the header is needed for that.
func TestWhoComesBackHasMissedNothing(t *testing.T) {
	r := start(t)
	w := r.dial(r.sim.Config().Token, "", 0)
	id := w.hello()
	r.say("lan.nt", "", "một")
	w.wantPost(1, "một")
	r.sim.Drop()
	w.wantEnd()
	r.say("lan.nt", "", "hai")
	r.say("lan.nt", "", "ba")
	w = r.dial(r.sim.Config().Token, id, 1) // "một" was not worked on
	w.wantPost(1, "một")
	w.wantPost(2, "hai")
	w.wantPost(3, "ba")
	r.say("lan.nt", "", "bốn")
	w.wantPost(4, "bốn")
}

func TestWhoIsForgottenBeginsAnew(t *testing.T) {
	for _, tt := range []struct {
		name string
		cut  func(*rig)
	}{
		{"another node of the cluster", func(r *rig) { r.sim.Forget() }},
		{"a server that has not noticed that the connection is dead", func(r *rig) { r.sim.Mute() }},
		{"more than is kept", func(r *rig) {
			r.sim.Drop()
			for range 300 {
				r.say("lan.nt", "", "nữa")
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t)
			w := r.dial(r.sim.Config().Token, "", 0)
			id := w.hello()
			tt.cut(r)
			r.say("lan.nt", "", "lỡ mất")
			again := r.dial(r.sim.Config().Token, id, 1)
			if now := again.hello(); now == id {
				t.Error("the same id came back")
			}
			r.say("lan.nt", "", "mới")
			again.wantPost(1, "mới")
		})
	}
}

func TestANumberThatIsNotKeptBeginsAnew(t *testing.T) {
	r := start(t)
	w := r.dial(r.sim.Config().Token, "", 0)
	id := w.hello()
	r.sim.Lose(1)
	r.say("lan.nt", "", "lạc")
	r.say("lan.nt", "", "tới")
	w.wantPost(2, "tới")
	r.sim.Drop()
	w.wantEnd()
	if now := r.dial(r.sim.Config().Token, id, 1).hello(); now == id {
		t.Error("the same id came back")
	}
}

func TestEventsComeTwiceAndOutOfOrder(t *testing.T) {
	r := start(t)
	w := r.dial(r.sim.Config().Token, "", 0)
	w.hello()
	r.sim.SetUnruly(mattermostsim.Unruly{Double: true})
	r.say("lan.nt", "", "một")
	w.wantPost(1, "một")
	w.wantPost(2, "một")
	r.sim.SetUnruly(mattermostsim.Unruly{Shuffle: time.Second}) // within which both are said
	r.say("lan.nt", "", "hai")
	r.say("lan.nt", "", "ba")
	w.wantPost(3, "ba")
	w.wantPost(4, "hai")
}

func TestARevokedTokenHearsNothing(t *testing.T) {
	r := start(t)
	w := r.dial(r.sim.Config().Token, "", 0)
	w.hello()
	r.sim.Revoke()
	r.say("lan.nt", "", "không nghe được")
	if err := w.conn.WriteJSON(map[string]any{"seq": 9, "action": "ping"}); err != nil {
		t.Fatal(err)
	}
	if h := w.next(); h.Reply != 9 {
		t.Errorf("heard %+v", h)
	}
}

func TestTheServerPings(t *testing.T) {
	r := start(t, func(c *mattermostsim.Config) { c.PingEvery = 600 * time.Millisecond })
	w := r.dial(r.sim.Config().Token, "", 0)
	w.hello()
	pings := 0
	w.conn.SetPingHandler(func(string) error { pings++; return nil }) // and no pong
	w.wantEnd()
	if pings == 0 {
		t.Error("it was put out without a ping")
	}
}
