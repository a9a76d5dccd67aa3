package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

const (
	// historyPage and streamBatch are how many messages are read at once; a
	// stream holds no more than one batch in memory.
	historyPage = 100
	streamBatch = 50
	// streamRetry is when to come back if there are too many streams.
	streamRetry = 30 * time.Second
)

// saidAnswer is one message as widgets see it.
type saidAnswer struct {
	Cursor       string         `json:"cursor"` // after this one
	Conversation string         `json:"conversation"`
	Seq          uint64         `json:"seq"`
	Code         string         `json:"code"`
	ID           string         `json:"id"`
	Key          string         `json:"key,omitempty"` // of the widget, if it is the visitor's own
	Own          bool           `json:"own"`
	Author       string         `json:"author"`
	Name         string         `json:"name,omitempty"`
	Automatic    bool           `json:"automatic"`
	At           time.Time      `json:"at"`
	Delivery     string         `json:"delivery,omitempty"`
	Text         string         `json:"text"`
	Pressed      string         `json:"pressed,omitempty"`
	Choices      []choiceAnswer `json:"choices,omitempty"`
	Links        []linkAnswer   `json:"links,omitempty"`
	Files        []fileAnswer   `json:"files,omitempty"`
	Place        *placeAnswer   `json:"place,omitempty"`
	Form         []fieldAnswer  `json:"form,omitempty"`
}

type choiceAnswer struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

type linkAnswer struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

type placeAnswer struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Label     string  `json:"label"`
}

type fieldAnswer struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

func (c *Connector) saidAnswer(visitor connectors.RemoteID, s Said, after Cursor) saidAnswer {
	answer := saidAnswer{
		Cursor: after.String(), Conversation: s.Conversation, Seq: s.Seq, Code: s.Code, ID: s.Message,
		Own: s.Own, Author: s.Author, Name: s.Name, Automatic: s.Automatic,
		At: s.At.UTC(), Delivery: s.Delivery, Text: s.Content.Text, Pressed: s.Pressed,
	}
	if key, ok := strings.CutPrefix(s.Key, ownKey(visitor)); ok {
		answer.Key = key
	}
	for _, choice := range s.Content.Choices {
		answer.Choices = append(answer.Choices, choiceAnswer(choice))
	}
	for _, link := range s.Content.Links {
		answer.Links = append(answer.Links, linkAnswer(link))
	}
	for _, a := range s.Content.Attachments {
		answer.Files = append(answer.Files, c.fileAnswer(visitor, a))
	}
	answer.Place = placeOf(s.Content.Place)
	for _, field := range s.Content.Form {
		answer.Form = append(answer.Form, fieldAnswer{field.Label, field.Value})
	}
	return answer
}

// placeOf leaves out a point that JSON has no numbers for.
func placeOf(p *content.Place) *placeAnswer {
	if p == nil || !finite(p.Latitude) || !finite(p.Longitude) {
		return nil
	}
	answer := placeAnswer(*p)
	return &answer
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func cursorOf(r *http.Request) (Cursor, error) {
	text := r.URL.Query().Get("after")
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		text = last
	}
	cursor, err := ParseCursor(text)
	if err != nil {
		return Cursor{}, badRequest("cursor", "Vị trí đọc tiếp không hợp lệ. Vui lòng tải lại trang.")
	}
	return cursor, nil
}

// getHistory answers with one page of what was said after a cursor.
func (c *Connector) getHistory(w http.ResponseWriter, r *http.Request) error {
	s, err := c.visitor(r)
	if err != nil {
		return err
	}
	if wait := c.reads.take(string(s.visitor), false, c.cfg.Now()); wait > 0 {
		return tooMany(wait)
	}
	after, err := cursorOf(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	page, err := c.log.Said(ctx, c.cfg.Channel.ID, s.visitor, after, historyPage)
	if err != nil {
		return err
	}
	answers := make([]saidAnswer, 0, len(page))
	for _, said := range page {
		after = after.With(said.Conversation, said.Seq)
		answers = append(answers, c.saidAnswer(s.visitor, said, after))
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"said":   answers,
		"cursor": after.String(),
		"more":   len(page) == historyPage,
	})
	return nil
}

// getEvents streams what is said after a cursor until the widget leaves, stops
// reading, or its session ends.
func (c *Connector) getEvents(w http.ResponseWriter, r *http.Request) error {
	s, err := c.visitor(r)
	if err != nil {
		return err
	}
	if wait := c.reads.take(string(s.visitor), false, c.cfg.Now()); wait > 0 {
		return tooMany(wait)
	}
	after, err := cursorOf(r)
	if err != nil {
		return err
	}
	ctx, done, ok := c.streams.open(r.Context(), s.visitor, c.address(r))
	if !ok {
		return tooMany(streamRetry)
	}
	defer done()
	ctx, cancel := context.WithDeadline(ctx, time.Now().Add(c.cfg.SessionAge-c.cfg.Now().Sub(s.issued)))
	defer cancel()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	follower := &follower{c: c, visitor: s.visitor, after: after, w: w, control: http.NewResponseController(w)}
	if err := follower.run(ctx); err != nil && ctx.Err() == nil {
		c.logger.InfoContext(ctx, "web chat stream ended", "channel", c.cfg.Channel.ID, "err", err)
	}
	return nil
}

// follower is one open event stream.
type follower struct {
	c       *Connector
	visitor connectors.RemoteID
	after   Cursor
	shown   *presence
	w       http.ResponseWriter
	control *http.ResponseController
	pending bytes.Buffer
}

func (f *follower) run(ctx context.Context) error {
	_ = f.control.SetReadDeadline(time.Time{}) // the server's own ends requests, not streams
	// Watching begins before reading, so that nothing falls between the two.
	said, own, stop := f.c.log.Watch(f.c.cfg.Channel.ID, f.visitor)
	defer stop()
	beat := time.NewTicker(f.c.cfg.Heartbeat)
	defer beat.Stop()

	f.pending.WriteString(": \n\n")
	f.addPresence(ctx)
	if err := apart(func() error { return f.catchUp(ctx) }); err != nil {
		return err
	}
	var later <-chan time.Time // when the visitor's own words are told
	for {
		open, look := true, false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.c.closed:
			return nil
		case _, open = <-said:
			look = true
		case _, open = <-own:
			if later == nil {
				later = time.After(ownWords)
			}
		case <-later:
			look = true
		case <-beat.C:
			f.pending.WriteString(": \n\n")
			f.addPresence(ctx)
			if err := f.flush(); err != nil {
				return err
			}
		}
		if !open {
			return nil
		}
		if look {
			later = nil
			if err := apart(func() error { return f.catchUp(ctx) }); err != nil {
				return err
			}
		}
	}
}

// ownWords is how long the visitor's own words wait for an answer, to be told
// and read with it: only the visitor's other pages have not seen them yet.
const ownWords = 250 * time.Millisecond

// apart runs deep work on a stack of its own, which is gone afterwards: the
// goroutine that waits, one of ten thousand, keeps its small one (measured: 60
// MB less). A panic becomes an error, as the server would have caught it.
func apart(work func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		done <- work()
	}()
	return <-done
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
	_ = f.control.SetWriteDeadline(time.Now().Add(f.c.cfg.WriteTimeout)) // a recorder in tests has none
	if _, err := f.w.Write(f.pending.Bytes()); err != nil {
		return err
	}
	f.pending = bytes.Buffer{} // gives the memory back: most streams are silent
	if err := f.control.Flush(); err != nil {
		return err
	}
	// HTTP/2 ends a stream whose deadline passes, even a silent one.
	_ = f.control.SetWriteDeadline(time.Time{})
	return nil
}
