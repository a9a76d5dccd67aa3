// Package webchatsim behaves as chat widgets do, without a browser: it opens
// sessions, says things, says them again under the same key until they are
// acknowledged, and remembers in a Ledger what it said and what it was told.
// Afterwards Ledger.Check compares that with what the hub shows its visitors.
//
// It speaks to a hub over HTTP and looks nowhere else, so it cannot share the
// hub's mistakes. tongdai loadtest and the tests that kill the hub use it.
package webchatsim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Hub is where visitors write to.
type Hub struct {
	URL     string // "http://127.0.0.1:8022"
	Channel string // id of the web chat: "web"
	Client  *http.Client
	Idle    bool // works for no session, as programs that invent them may not
}

// Visitor is one browser with an open session.
type Visitor struct {
	hub   *Hub
	token string
}

// Message is one message as the hub shows it to its visitor.
type Message struct {
	Cursor       string // to follow on from here
	Conversation string
	Seq          uint64
	Code         string
	Key          string
	Own          bool
	Author       string
	Automatic    bool
	At           time.Time
	Text         string
}

// Refused is the hub's word that it did not take a request. Everything else
// that may go wrong leaves open whether it did.
type Refused struct {
	Status int
	After  time.Duration // when to come again, as the hub asked

	Challenge Challenge // what the hub wants worked out; Most is 0: nothing
}

func (r *Refused) Error() string { return fmt.Sprintf("the hub answered %d", r.Status) }

func refused(resp *http.Response) *Refused {
	after, _ := time.ParseDuration(resp.Header.Get("Retry-After") + "s")
	r := &Refused{Status: resp.StatusCode, After: after}
	var answer struct{ Challenge Challenge }
	if body, err := io.ReadAll(resp.Body); err == nil {
		_ = json.Unmarshal(body, &answer) // a proxy's answer has none
	}
	r.Challenge = answer.Challenge
	return r
}

// Open begins a session, and works for it where the hub asks for that, unless the
// Hub is Idle.
func (h *Hub) Open(ctx context.Context) (*Visitor, error) {
	v := &Visitor{hub: h}
	var answer struct{ Token string }
	err := v.call(ctx, http.MethodPost, "/session", struct{}{}, &answer)
	if asked, is := errors.AsType[*Refused](err); is && asked.Challenge.Most > 0 && !h.Idle {
		err = v.call(ctx, http.MethodPost, "/session", map[string]Proof{"proof": asked.Challenge.Solve()}, &answer)
	}
	if err != nil {
		return nil, fmt.Errorf("open a session: %w", err)
	}
	v.token = answer.Token
	return v, nil
}

// Say posts a message once. nil means that the hub has acknowledged it.
func (v *Visitor) Say(ctx context.Context, key, text string) error {
	return v.call(ctx, http.MethodPost, "/messages", map[string]string{"key": key, "text": text, "language": "vi"}, nil)
}

// Request returns the request that posts body as a message of the visitor, for
// those who send it themselves, or change it first.
func (v *Visitor) Request(ctx context.Context, body []byte) (*http.Request, error) {
	return v.request(ctx, http.MethodPost, "/messages", bytes.NewReader(body))
}

// Events returns the request that opens the stream of what is said from now on, for
// those who open it themselves.
func (v *Visitor) Events(ctx context.Context) (*http.Request, error) {
	return v.request(ctx, http.MethodGet, "/events", nil)
}

// pageGuard bounds the pages of one history, against a hub that never ends it.
const pageGuard = 10_000

// History reads everything the hub shows the visitor.
func (v *Visitor) History(ctx context.Context) ([]Message, error) {
	var all []Message
	after := ""
	for range pageGuard {
		var page struct {
			Said   []Message
			Cursor string
			More   bool
		}
		if err := v.call(ctx, http.MethodGet, "/history?after="+url.QueryEscape(after), nil, &page); err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
		all = append(all, page.Said...)
		if !page.More {
			return all, nil
		}
		after = page.Cursor
	}
	return nil, errors.New("the history does not end")
}

func (v *Visitor) call(ctx context.Context, method, path string, send, receive any) error {
	var body io.Reader
	if send != nil {
		data, err := json.Marshal(send)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := v.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	resp, err := v.hub.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refused(resp)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if receive == nil {
		return nil
	}
	return json.Unmarshal(data, receive)
}

func (v *Visitor) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.hub.URL+"/chat/"+v.hub.Channel+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", v.hub.URL)
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	return req, nil
}
