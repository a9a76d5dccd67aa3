package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"tongdai/connectors"
)

const (
	// streamBatch is how many messages are read at once; a stream holds no more
	// than one batch in memory.
	streamBatch = 50
	// streamRetry is when to come back if there are too many streams.
	streamRetry = 30 * time.Second
	// ownWords is how long the visitor's own words wait for an answer, to be told
	// and read with it: only the visitor's other pages have not seen them yet.
	ownWords = 250 * time.Millisecond
)

// getEvents streams what is said after a cursor until the widget leaves, stops
// reading, or its session ends.
//
// Nearly all streams are silent, and there are thousands. So the stream takes the
// connection over from the server, where it can, and the request ends: with what a
// request holds (buffers, headers, a stack as deep as the handlers) and the
// collector's room for it, 10,000 streams took 440 MB more.
func (c *Connector) getEvents(w http.ResponseWriter, r *http.Request) error {
	s, after, err := c.reading(r)
	if err != nil {
		return err
	}
	until := time.Now().Add(c.cfg.SessionAge - c.cfg.Now().Sub(s.issued))
	open, err := c.streams.open(s.visitor, c.address(r), until)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	f := &follower{c: c, stream: open, visitor: s.visitor, after: after}
	if conn, err := c.takeOver(w, r); err == nil {
		f.line = conn
		go f.holdAlone(conn)
		return nil
	}
	f.line = newAnswer(w)
	defer context.AfterFunc(r.Context(), open.end)()
	f.hold()
	return nil
}

// takeOver begins the answer and takes the connection it goes to away from the
// server. What is written from then on is the body, which ends with the connection:
// "identity" is net/http's word for that. HTTP/2 has no connections to give away.
func (c *Connector) takeOver(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	if r.ProtoMajor != 1 {
		return nil, http.ErrNotSupported
	}
	w.Header().Set("Transfer-Encoding", "identity")
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout)) // until the connection is ours
	if err := control.Flush(); err != nil {
		return nil, err
	}
	conn, _, err := control.Hijack() // what the reader sent beyond its request is not ours
	return conn, err
}

// line is the way to the reader of a stream: a connection of its own, or an answer.
type line interface {
	Write([]byte) (int, error)
	SetWriteDeadline(time.Time) error
}

// answer is the line of a stream that stays within its request.
type answer struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newAnswer(w http.ResponseWriter) answer {
	a := answer{w, http.NewResponseController(w)}
	_ = a.control.SetReadDeadline(time.Time{}) // the server's own ends requests, not streams
	return a
}

func (a answer) SetWriteDeadline(t time.Time) error { return a.control.SetWriteDeadline(t) }

func (a answer) Write(p []byte) (int, error) {
	n, err := a.w.Write(p)
	if err == nil {
		err = a.control.Flush()
	}
	return n, err
}

// follower is one open event stream.
type follower struct {
	c       *Connector
	stream  *stream
	line    line
	visitor connectors.RemoteID
	after   Cursor
	shown   *presence
	pending bytes.Buffer
}

// holdAlone holds a stream that has taken its connection over, which is closed
// with it. A widget sends nothing: what ends the reading is that it has left.
func (f *follower) holdAlone(conn net.Conn) {
	context.AfterFunc(f.stream.ctx, func() { _ = conn.Close() })
	f.c.streams.running.Go(func() {
		defer f.stream.end()
		_, _ = conn.Read(make([]byte, 1))
	})
	f.hold()
}

// hold follows until the stream ends.
func (f *follower) hold() {
	defer f.stream.done()
	ctx := f.stream.ctx
	if err := f.run(ctx); err != nil && ctx.Err() == nil {
		f.c.logger.InfoContext(ctx, "web chat stream ended", "channel", f.c.cfg.Channel.ID, "err", err)
	}
}

// run waits for something to tell. What is to be done about it is done apart.
func (f *follower) run(ctx context.Context) error {
	// Watching begins before reading, so that nothing falls between the two.
	said, own, stop := f.c.log.Watch(f.c.cfg.Channel.ID, f.visitor)
	defer stop()
	beat := time.NewTicker(f.c.cfg.Heartbeat)
	defer beat.Stop()

	next := f.begin
	var later <-chan time.Time // when the visitor's own words are told
	for {
		if next != nil {
			if err := apart(ctx, next); err != nil {
				return err
			}
		}
		open := true
		select {
		case <-ctx.Done():
			return ctx.Err()
		case _, open = <-said:
			next, later = f.catchUp, nil
		case <-later:
			next, later = f.catchUp, nil
		case _, open = <-own:
			next = nil
			if later == nil {
				later = time.After(ownWords)
			}
		case <-beat.C:
			next = f.showLife
		}
		if !open {
			return nil
		}
	}
}

// apart does deep work on a stack of its own, which is gone afterwards: the
// goroutine that waits, one of ten thousand, keeps its small one. A panic becomes
// an error, as the server would have caught it.
func apart(ctx context.Context, work func(context.Context) error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		done <- work(ctx)
	}()
	return <-done
}

func (f *follower) begin(ctx context.Context) error {
	f.addLife(ctx)
	return f.catchUp(ctx)
}

// showLife keeps proxies from closing a silent stream, and tells the widget that
// it is connected.
func (f *follower) showLife(ctx context.Context) error {
	f.addLife(ctx)
	return f.flush()
}

func (f *follower) addLife(ctx context.Context) {
	f.pending.WriteString(": \n\n")
	f.addPresence(ctx)
}

// catchUp writes everything said after f.after.
func (f *follower) catchUp(ctx context.Context) error {
	for {
		batch, err := f.read(ctx)
		if err != nil {
			return err
		}
		for _, said := range batch {
			f.after = f.after.With(said.Conversation, said.Seq)
			f.add("said", f.after.String(), f.c.saidAnswer(f.visitor, said, f.after))
		}
		if err := f.flush(); err != nil {
			return err
		}
		if len(batch) < streamBatch {
			return nil
		}
	}
}

// read gives up on a log that does not answer: the widget comes back, perhaps to
// another node, and meanwhile sees that it is not connected.
func (f *follower) read(ctx context.Context) ([]Said, error) {
	ctx, cancel := context.WithTimeout(ctx, f.c.cfg.WriteTimeout)
	defer cancel()
	return f.c.log.Said(ctx, f.c.cfg.Channel.ID, f.visitor, f.after, streamBatch)
}

// addPresence tells whether people are there, if that changed.
func (f *follower) addPresence(ctx context.Context) {
	now := f.c.staffed.get(ctx, f.c.log, f.c.cfg.Now())
	if f.shown != nil && f.shown.equal(now) {
		return
	}
	f.shown = &now
	f.add("staffed", "", now)
}

// add appends one event. JSON has no line breaks of its own, so data is one line.
func (f *follower) add(name, id string, value any) {
	data, _ := json.Marshal(value) // of strings, finite numbers and times: cannot fail
	f.pending.WriteString("event: " + name + "\n")
	if id != "" {
		f.pending.WriteString("id: " + id + "\n")
	}
	f.pending.WriteString("data: ")
	f.pending.Write(data)
	f.pending.WriteString("\n\n")
}

// flush writes what is pending. A reader that does not take it in time is let
// go; it resumes where it stopped.
func (f *follower) flush() error {
	if f.pending.Len() == 0 {
		return nil
	}
	_ = f.line.SetWriteDeadline(time.Now().Add(f.c.cfg.WriteTimeout)) // a recorder in tests has none
	if _, err := f.line.Write(f.pending.Bytes()); err != nil {
		return err
	}
	f.pending = bytes.Buffer{} // gives the memory back: most streams are silent
	// HTTP/2 ends a stream whose deadline passes, even a silent one.
	_ = f.line.SetWriteDeadline(time.Time{})
	return nil
}
