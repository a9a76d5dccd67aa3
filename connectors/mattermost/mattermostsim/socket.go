package mattermostsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"tongdai/connectors/simulator"
)

const (
	writeWithin = 30 * time.Second
	socketMost  = 8 << 10 // bytes of a message from a client
)

// socket is a client's session, which outlasts its connection.
type socket struct {
	id    string // connection_id
	user  string
	seq   int64    // of the next event
	ring  []*event // the last ones that were sent
	queue []any    // *event, or reply; not sent yet
	conn  *websocket.Conn
	wake  chan struct{} // of the connection
	mute  bool          // nothing leaves, though the connection is open
	lose  int           // so many of the next events get a number and are lost
}

// reply is the answer to what a client asked on the socket.
type reply struct {
	Status string         `json:"status"`
	Data   map[string]any `json:"data,omitempty"`
	Error  *refusal       `json:"error,omitempty"`
	Seq    int64          `json:"seq_reply,omitempty"`
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveSocket is one connection, until it ends. Who comes with a header that is no
// good is let in and hears nothing, as with a real server.
func (s *Sim) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		return
	}
	defer s.running.Done()
	call := Call{At: s.cfg.Now(), Name: "GET /websocket", Path: r.URL.RequestURI(), Status: http.StatusSwitchingProtocols}
	f := s.faults.Meet(call.Name)
	if !simulator.Pause(r.Context(), f.Delay) {
		return
	}
	switch {
	case f.Cut != "":
		call.Status, call.Cut, call.Made = 0, true, true
		s.record(call)
		panic(http.ErrAbortHandler)
	case f.MakeUp != nil:
		call.Made = true
		f.MakeUp(w, &call) // it leaves when this returns
		s.record(call)
		return
	}
	s.mu.Lock()
	user := s.caller(r)
	s.mu.Unlock()
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer conn.Close()
	s.record(call)
	s.converse(conn, user, r)
}

// enter counts a connection, unless the Sim is closed.
func (s *Sim) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.running.Add(1)
	return true
}

// converse is a connection from the first word to the last.
func (s *Sim) converse(conn *websocket.Conn, user *User, r *http.Request) {
	conn.SetReadLimit(socketMost)
	var first *reply
	id, from := r.URL.Query().Get("connection_id"), r.URL.Query().Get("sequence_number")
	if user == nil {
		if user, first = s.challenge(conn); user == nil {
			return
		}
		id = "" // only who comes with the header gets an old session back
	}
	k, woken := s.admit(conn, user.ID, id, from, first)
	if k == nil {
		return
	}
	var writer sync.WaitGroup
	writer.Go(func() { s.talk(k, conn, woken) })
	s.listen(k, conn)
	s.leave(k, conn)
	writer.Wait()
}

// challenge waits for the client to say who it is.
func (s *Sim) challenge(conn *websocket.Conn) (*User, *reply) {
	_ = conn.SetReadDeadline(time.Now().Add(s.cfg.AuthWithin)) // of a connection that is open
	for {
		var said struct {
			Seq    int64  `json:"seq"`
			Action string `json:"action"`
			Data   struct {
				Token string `json:"token"`
			} `json:"data"`
		}
		if conn.ReadJSON(&said) != nil {
			return nil, nil
		}
		if said.Action != "authentication_challenge" {
			continue
		}
		s.mu.Lock()
		user := s.owner(said.Data.Token)
		s.mu.Unlock()
		if user == nil {
			return nil, nil
		}
		return user, &reply{Status: "OK", Seq: said.Seq}
	}
}

// admit gives the connection its session: the old one, when its id is known and
// nothing is lost, or a new one, with a hello. Nil: the request is refused.
func (s *Sim) admit(conn *websocket.Conn, user, id, from string, first *reply) (*socket, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, nil
	}
	next, err := strconv.ParseInt(from, 10, 64)
	if id != "" && (!isID(id) || err != nil || next < 0) {
		return nil, nil
	}
	if k := s.sockets[id]; k != nil && k.user == user && k.conn == nil {
		k.conn, k.wake = conn, make(chan struct{}, 1)
		s.resume(k, next)
		return k, k.wake
	}
	k := &socket{id: newID(), user: user, conn: conn, wake: make(chan struct{}, 1)}
	s.sockets[k.id] = k
	if first != nil {
		k.queue = append(k.queue, *first)
	}
	s.push(k, s.hello(k))
	return k, k.wake
}

func (s *Sim) hello(k *socket) *event {
	return &event{Event: "hello", Data: map[string]any{
		"connection_id": k.id, "server_version": s.cfg.Version + "." + s.cfg.Version + ".0.false", "server_hostname": "",
	}, Broadcast: broadcast{UserID: k.user}}
}

// resume sends again what the client has not had, or, when that is not there any
// more, begins anew.
func (s *Sim) resume(k *socket, next int64) {
	for i, e := range k.ring {
		if e.Seq == next {
			var again []any
			for _, missed := range k.ring[i:] {
				again = append(again, missed)
			}
			k.ring, k.seq = k.ring[:i:i], next
			k.queue = append(again, k.queue...)
			wake(k)
			return
		}
	}
	if next == k.seq {
		wake(k)
		return
	}
	delete(s.sockets, k.id)
	k.id, k.seq, k.ring = newID(), 0, nil
	s.sockets[k.id] = k
	k.queue = append([]any{s.hello(k)}, k.queue...)
	wake(k)
}

// push leaves something for the socket to send. One that does not get rid of it is
// cut off and forgotten. s.mu is held.
func (s *Sim) push(k *socket, what any) {
	if len(k.queue) >= s.cfg.Limits.Queue {
		s.forget(k)
		return
	}
	k.queue = append(k.queue, what)
	wake(k)
}

func wake(k *socket) {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// forget ends a session and its connection. s.mu is held.
func (s *Sim) forget(k *socket) {
	delete(s.sockets, k.id)
	s.drop(k)
}

// drop ends the connection of a session.
func (s *Sim) drop(k *socket) {
	if k.conn != nil {
		_ = k.conn.Close() // it ends in any case
		k.conn = nil
		wake(k)
	}
}

// next is what is to be written now, with its number; nil: nothing. The second value
// tells that the connection has ended.
func (s *Sim) next(k *socket, conn *websocket.Conn) (what any, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k.conn == conn && len(k.queue) > 0 {
		what = k.queue[0]
		k.queue = k.queue[1:]
		e, is := what.(*event)
		if !is {
			return what, false
		}
		numbered := *e
		numbered.Seq = k.seq
		k.seq++
		if k.lose > 0 {
			k.lose--
			continue
		}
		k.ring = append(k.ring, &numbered)
		k.ring = k.ring[max(len(k.ring)-s.cfg.Limits.Ring, 0):]
		if !k.mute {
			return &numbered, false
		}
	}
	return nil, k.conn != conn
}

// talk writes what there is for the socket, and pings.
func (s *Sim) talk(k *socket, conn *websocket.Conn, woken <-chan struct{}) {
	ping := time.NewTicker(s.cfg.PingEvery)
	defer ping.Stop()
	for {
		what, over := s.next(k, conn)
		if over {
			return
		}
		if what != nil {
			_ = conn.SetWriteDeadline(time.Now().Add(writeWithin)) // of a connection that is open
			if conn.WriteJSON(what) != nil {
				s.leave(k, conn)
				return
			}
			continue
		}
		select {
		case <-woken:
		case <-ping.C:
			if !s.isMute(k) && conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
				s.leave(k, conn)
				return
			}
		}
	}
}

// listen reads what the client asks, until the connection ends or the client has not
// answered pings for too long.
func (s *Sim) listen(k *socket, conn *websocket.Conn) {
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(s.cfg.PingEvery * 5 / 3)) }
	_ = alive("") // of a connection that is open
	conn.SetPongHandler(alive)
	pong := conn.PingHandler()
	conn.SetPingHandler(func(words string) error {
		if s.isMute(k) {
			return nil
		}
		return pong(words)
	})
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if !s.heard(k, data) {
			return
		}
	}
}

func (s *Sim) isMute(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return k.mute
}

// heard answers what a client asks on the socket; false: it is not to be understood,
// and so the client is put out.
func (s *Sim) heard(k *socket, data []byte) bool {
	var said struct {
		Seq    int64  `json:"seq"`
		Action string `json:"action"`
	}
	if json.Unmarshal(data, &said) != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch said.Action {
	case "ping":
		s.push(k, reply{Status: "OK", Seq: said.Seq, Data: map[string]any{"text": "pong", "version": s.cfg.Version, "server_time": s.millis(), "node_id": ""}})
	case "authentication_challenge": // it is known already who that is
	case "user_typing":
		s.push(k, reply{Status: "OK", Seq: said.Seq})
	default:
		s.push(k, reply{Status: "FAIL", Seq: said.Seq, Error: &refusal{ID: "api.web_socket_router.bad_action.app_error", Message: "Unknown WebSocket action.", Status: http.StatusInternalServerError}})
	}
	return true
}

// leave notes that a connection has ended; the session waits for the next. One that
// is mute is not noticed to have left.
func (s *Sim) leave(k *socket, conn *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.conn == conn {
		if k.mute {
			delete(s.sockets, k.id)
		}
		s.drop(k)
	}
}

// Sockets counts the connections that are open.
func (s *Sim) Sockets() (open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sockets {
		if k.conn != nil {
			open++
		}
	}
	return open
}

// Drop cuts all sockets. Who comes back soon gets what was missed.
func (s *Sim) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sockets {
		s.drop(k)
	}
}

// Forget cuts all sockets and remembers none, as another node of a cluster does not:
// what happens until somebody comes back is not told on a socket any more.
func (s *Sim) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropAll()
}

func (s *Sim) dropAll() {
	for _, k := range s.sockets {
		s.forget(k)
	}
}

// Mute makes the sockets that are open silent: they stay open, and neither events
// nor pings leave. Who comes again is a stranger, because the server has not noticed
// that the old connection is dead.
func (s *Sim) Mute() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sockets {
		k.mute = k.conn != nil
	}
}

// Lose has the next n events of each socket get a number and go missing.
func (s *Sim) Lose(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sockets {
		k.lose += n
	}
}
