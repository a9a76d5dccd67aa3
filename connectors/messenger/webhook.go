package messenger

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
)

const (
	// bodyTimeout is how long a request may take to arrive: Meta waits no longer
	// for the whole exchange.
	bodyTimeout = 5 * time.Second
	// storeRetry is what a caller is told while nothing can be stored.
	storeRetry = "5"
	// challengeMost is the longest challenge that is given back, in bytes.
	challengeMost = 256
)

// Handler serves the webhook of this page. What comes of another page of the
// same app is put into the quarantine. Apps with several pages mount an App.
func (c *Connector) Handler(receiver connectors.Receiver) http.Handler {
	return (&App{id: c.cfg.AppID, connectors: []*Connector{c}}).Handler(receiver)
}

// App leads the one webhook of an app to the connectors of its pages.
type App struct {
	id         string
	connectors []*Connector
}

// NewApp returns the App of these connectors, which share one app id and secret.
func NewApp(all ...*Connector) (*App, error) {
	if len(all) == 0 {
		return nil, errors.New("messenger: an app needs at least one page")
	}
	first := all[0]
	app := &App{id: first.cfg.AppID, connectors: all}
	pages := map[string]bool{}
	for _, c := range all {
		switch {
		case c.cfg.AppID != app.id:
			return nil, fmt.Errorf("messenger: channels %s and %s are of different apps", first.cfg.Channel.ID, c.cfg.Channel.ID)
		case c.cfg.AppSecret != first.cfg.AppSecret:
			return nil, fmt.Errorf("messenger: channels %s and %s are of one app and have two secrets", first.cfg.Channel.ID, c.cfg.Channel.ID)
		case pages[c.cfg.PageID]:
			return nil, fmt.Errorf("messenger: channel %s is a page that another channel is already", c.cfg.Channel.ID)
		}
		pages[c.cfg.PageID] = true
		c.pages, c.door = pages, first.door
	}
	return app, nil
}

// AppID is the id that the app's connectors share.
func (a *App) AppID() string { return a.id }

// Handler serves the webhook of all pages of the app.
func (a *App) Handler(receiver connectors.Receiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			a.postEvents(w, r, receiver)
		case r.Method == http.MethodGet && r.URL.Query().Has("hub.mode"):
			a.getVerification(w, r)
		default:
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Facebook gửi sự kiện tới đây bằng POST.", http.StatusMethodNotAllowed)
		}
	})
}

// getVerification answers Meta's question when the address is saved in its
// console: whoever knows the token gets the challenge back.
func (a *App) getVerification(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	challenge, known := q.Get("hub.challenge"), 0
	for _, c := range a.connectors {
		known |= subtle.ConstantTimeCompare([]byte(q.Get("hub.verify_token")), []byte(c.cfg.VerifyToken))
	}
	if known != 1 || q.Get("hub.mode") != "subscribe" || challenge == "" || len(challenge) > challengeMost {
		http.Error(w, "Mã xác minh không đúng.", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, challenge) // a caller that left needs no answer
}

// postEvents answers 200 once the hub has every event on disk.
func (a *App) postEvents(w http.ResponseWriter, r *http.Request, receiver connectors.Receiver) {
	first := a.connectors[0]
	body, status := a.readBody(w, r)
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	if !genuine(r.Header, body, first.cfg.AppSecret) {
		if n := first.door.Add(first.now()); n > 0 {
			first.log.WarnContext(r.Context(), "requests with a wrong signature were refused", "count", n, "bytes", len(body))
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	first.door.Genuine()
	if err := a.receive(r.Context(), receiver, body); err != nil {
		first.log.ErrorContext(r.Context(), "events could not be kept; Facebook is asked to send them again", "err", err)
		w.Header().Set("Retry-After", storeRetry)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "EVENT_RECEIVED")
}

func (a *App) readBody(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a recorder in tests has none
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.connectors[0].cfg.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	}
	return body, 0
}

// receive hands a genuine request to the hub: once for each page that it tells
// of, with all that it tells of it. What belongs to none goes to the first.
func (a *App) receive(ctx context.Context, receiver connectors.Receiver, body []byte) error {
	e, err := decode(body)
	for i, c := range a.connectors {
		raw := connectors.Raw{Channel: c.cfg.Channel.ID, ReceivedAt: c.now(), Type: "application/json", Body: body}
		var in []connectors.Inbound
		var t troubles
		switch {
		case err == nil:
			in, t = c.read(e, raw.ReceivedAt, i == 0)
		case i == 0:
			t.add(troubleShape(err))
		}
		if err := keep(ctx, receiver, raw, in, t); err != nil {
			return err
		}
	}
	return nil
}

// keep hands over what was read of a request. Each event that was not understood
// is kept by itself, as a request of that one event, so that people can judge and
// replay it by itself; where there is one and nothing else, the request is that.
func keep(ctx context.Context, receiver connectors.Receiver, raw connectors.Raw, in []connectors.Inbound, t troubles) error {
	if len(in)+len(t.events) == 1 && len(t.events) == 1 {
		t.add(t.events[0].trouble)
		t.events = nil
	}
	for _, odd := range t.events {
		alone := raw
		alone.Body, alone.Trouble = odd.request, odd.trouble
		if err := receiver.Receive(ctx, alone, nil); err != nil {
			return err
		}
	}
	raw.Trouble = strings.Join(t.all, " ")
	if len(in) == 0 && raw.Trouble == "" {
		return nil // nothing of this page, or nobody said anything
	}
	return receiver.Receive(ctx, raw, in)
}

// Parse implements connectors.Parser. A request may hold events of several
// pages; those of the app's other channels are none of this one's.
func (c *Connector) Parse(_ context.Context, raw connectors.Raw) ([]connectors.Inbound, error) {
	if isHistory(raw.Body) {
		return c.readHistory(raw)
	}
	e, err := decode(raw.Body)
	if err != nil {
		return nil, errors.New(troubleShape(err))
	}
	in, t := c.read(e, raw.ReceivedAt, true)
	if trouble := t.String(); trouble != "" {
		return in, errors.New(trouble)
	}
	return in, nil
}

// troubles gathers what could not be understood, each thing once.
type troubles struct {
	all    []string // of the request as a whole
	events []oddEvent
}

// oddEvent is an event that was not understood, in a request of its own.
type oddEvent struct {
	request []byte
	trouble string
}

// addEvent notes the trouble with one event of an entry's list.
func (t *troubles) addEvent(trouble string, of entry, list string, event json.RawMessage) {
	if trouble == "" {
		return
	}
	request, err := json.Marshal(map[string]any{
		"object": "page", "entry": []any{map[string]any{"id": of.Page, "time": of.Time, list: []json.RawMessage{event}}},
	})
	if err != nil { // the event was part of a request that was read
		t.add(trouble)
		return
	}
	t.events = append(t.events, oddEvent{request, trouble})
}

func (t *troubles) add(trouble string) {
	for _, known := range t.all {
		if known == trouble {
			return
		}
	}
	if trouble != "" {
		t.all = append(t.all, trouble)
	}
}

// String tells each trouble once.
func (t troubles) String() string {
	for _, odd := range t.events {
		t.add(odd.trouble)
	}
	return strings.Join(t.all, " ")
}
