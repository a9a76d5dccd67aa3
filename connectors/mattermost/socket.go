package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
)

const (
	dialTime = 15 * time.Second
	// quietMost is how long a socket may be silent; the server pings every minute.
	quietMost = 100 * time.Second
	// helloMost is how long a new connection may take to say who it is.
	helloMost = 20 * time.Second
	// frameMost is the longest event that is read, in bytes: of a post with its props.
	frameMost = 8 << 20
	// ahead is how many events may wait while a channel is caught up with.
	ahead     = 1000
	waitFirst = 250 * time.Millisecond // after a failure, doubling up to waitLast
	waitLast  = 30 * time.Second
)

// line is the connection to the server: of this process, and for Check.
type line struct {
	mu    sync.Mutex
	runs  bool
	since time.Time // since when it is as it is
	err   error     // why it is not connected; nil: it is
}

func (l *line) is(now time.Time, runs bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.runs || (l.err == nil) != (err == nil) {
		l.since = now
	}
	l.runs, l.err = runs, err
}

// Run implements connectors.Poller.
func (b *Bridge) Run(ctx context.Context, receiver connectors.Receiver) error {
	defer b.line.is(b.now(), false, nil)
	b.line.is(b.now(), true, errors.New("not connected yet"))
	r := &reader{Bridge: b, receiver: receiver, channels: map[string]*position{}}
	var last resume
	for wait := waitFirst; ; wait = min(2*wait, waitLast) {
		connected, err := r.follow(ctx, &last)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.line.is(b.now(), true, err)
		if connected {
			wait = waitFirst
		}
		b.log.WarnContext(ctx, "the connection to Mattermost ended and is made anew", "err", err)
		if err := pause(ctx, max(wait, min(connectors.RetryAfter(err), time.Minute))); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// resume is what a new connection goes on from.
type resume struct {
	id   string // of the connection; empty: there is none to go on from
	next int64  // the number of the next event
}

// frame is one thing that came over the socket.
type frame struct {
	event *model.WebSocketEvent // nil: an answer
	raw   []byte
	fail  string // of an answer that is a no
}

// follow connects, catches up where anything may be missing, and takes events as they
// come until something fails. connected: it was in order for a while.
func (r *reader) follow(ctx context.Context, last *resume) (connected bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	from := *last
	*last = resume{} // whatever fails from here on, all is looked through again
	if from.id == "" {
		if err := r.find(ctx); err != nil { // a wrong token shows here with its reason
			return false, err
		}
	}
	conn, err := r.dial(ctx, from)
	if err != nil {
		return false, err
	}
	frames := make(chan frame, ahead)
	broken := make(chan error, 1)
	go func() {
		broken <- listen(ctx, conn, frames)
		close(frames)
	}()
	defer func() {
		cancel()
		_ = conn.Close()
		for range frames { // until the listener has ended
		}
	}()
	s := &session{reader: r, at: from, counting: from.id != "", hello: time.NewTimer(helloMost)}
	defer s.hello.Stop()
	if s.counting {
		s.hello.Stop() // one that goes on says nothing
		r.line.is(r.now(), true, nil)
	}
	again := time.NewTicker(r.cfg.Recheck)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.counting, ctx.Err()
		case <-s.hello.C:
			return false, errors.New("mattermost: the connection does not say hello")
		case <-again.C:
			if err := r.catchUp(ctx); err != nil {
				return s.counting, err
			}
		case f, ok := <-frames:
			if !ok {
				*last = s.at // the server keeps for a while what comes meanwhile
				return s.counting, <-broken
			}
			if err := s.take(ctx, f); err != nil {
				return s.counting, err
			}
		}
	}
}

func (r *reader) dial(ctx context.Context, from resume) (*websocket.Conn, error) {
	address := "ws" + strings.TrimPrefix(r.cfg.URL, "http") + model.APIURLSuffix + "/websocket"
	if from.id != "" {
		address += "?" + url.Values{"connection_id": {from.id}, "sequence_number": {strconv.FormatInt(from.next, 10)}}.Encode()
	}
	dialer := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTime}
	if t, ok := r.api.http.Transport.(*http.Transport); ok {
		dialer.TLSClientConfig, dialer.NetDialContext = t.TLSClientConfig, t.DialContext
	}
	conn, resp, err := dialer.DialContext(ctx, address, http.Header{"Authorization": {"Bearer " + r.cfg.Token}})
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		if resp != nil && resp.StatusCode == http.StatusUnauthorized {
			return nil, &connectors.Error{Kind: connectors.Unauthorized, Reason: tokenWords, Err: errors.New("mattermost: the socket is refused")}
		}
		return nil, fmt.Errorf("connect the socket of Mattermost: %w", err)
	}
	conn.SetReadLimit(frameMost)
	challenge := map[string]any{"seq": 1, "action": model.WebsocketAuthenticationChallenge, "data": map[string]string{"token": r.cfg.Token}}
	_ = conn.SetWriteDeadline(time.Now().Add(dialTime))
	if err := conn.WriteJSON(challenge); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("say to Mattermost who we are: %w", err)
	}
	return conn, nil
}

// listen reads until the connection ends, or ctx.
func listen(ctx context.Context, conn *websocket.Conn, frames chan<- frame) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	alive := func() { _ = conn.SetReadDeadline(time.Now().Add(quietMost)) }
	conn.SetPingHandler(func(data string) error {
		alive()
		err := conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(dialTime))
		if err != nil && !errors.Is(err, websocket.ErrCloseSent) {
			return err
		}
		return nil
	})
	for {
		alive()
		_, body, err := conn.ReadMessage()
		if err != nil {
			return fmt.Errorf("the socket of Mattermost ended: %w", err)
		}
		select {
		case frames <- readFrame(body):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// readFrame reads an event or an answer; a frame without either is kept as it is.
func readFrame(body []byte) frame {
	f := frame{raw: body}
	event, err := model.WebSocketEventFromJSON(bytes.NewReader(body))
	if err == nil && event.IsValid() {
		f.event = event
		return f
	}
	var answer model.WebSocketResponse
	if json.Unmarshal(body, &answer) == nil && answer.Status == model.StatusFail {
		f.fail = "no reason"
		if answer.Error != nil {
			f.fail = answer.Error.Id
		}
	}
	return f
}

// session is one connection.
type session struct {
	*reader
	at       resume
	counting bool // at.next is the number of the next event
	hello    *time.Timer
}

// take is what a frame leads to.
func (s *session) take(ctx context.Context, f frame) error {
	if f.fail != "" {
		return &connectors.Error{Kind: connectors.Unauthorized, Reason: tokenWords, Err: fmt.Errorf("mattermost: the socket answers %s", clip(f.fail, 100))}
	}
	if f.event == nil {
		return nil
	}
	seq := f.event.GetSequence()
	if f.event.EventType() == model.WebsocketEventHello {
		return s.greet(ctx, f.event)
	}
	switch {
	case !s.counting || seq < s.at.next: // before hello, or once more
		return nil
	case seq > s.at.next:
		s.log.WarnContext(ctx, "events of Mattermost were lost; its channels are read again", "expected", s.at.next, "got", seq)
		if err := s.catchUp(ctx); err != nil {
			return err
		}
	}
	if err := s.event(ctx, f); err != nil {
		return err
	}
	s.at.next = seq + 1
	return nil
}

// greet begins a connection whose events count anew: what came before it is read.
func (s *session) greet(ctx context.Context, event *model.WebSocketEvent) error {
	s.hello.Stop()
	id, _ := event.GetData()["connection_id"].(string)
	if s.counting && id == s.at.id {
		return nil // once more
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	s.at, s.counting = resume{id, event.GetSequence() + 1}, true
	s.line.is(s.now(), true, nil)
	return nil
}

// event takes what concerns posts of our channels.
func (s *session) event(ctx context.Context, f frame) error {
	kind := f.event.EventType()
	if kind != postedEvent && kind != editedEvent && kind != deletedEvent {
		return nil
	}
	if in := f.event.GetBroadcast(); in != nil && in.ChannelId != "" && s.channels[in.ChannelId] == nil {
		return nil // of a channel that is none of our places
	}
	post, _ := f.event.GetData()["post"].(string)
	h, err := readHappening(kind, []byte(post))
	if err != nil {
		return s.odd(ctx, f.raw, "Mattermost báo một bài viết mà tổng đài không đọc được.")
	}
	if s.channels[h.post.ChannelId] == nil {
		return nil
	}
	if kind == deletedEvent && cardOf(h.post, s.self) != "" { // its replies go with it, unsaid
		return s.catchUpWith(ctx, h.post.ChannelId)
	}
	return s.reader.take(ctx, h.post.ChannelId, h, h.at())
}
