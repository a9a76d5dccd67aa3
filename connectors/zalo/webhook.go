package zalo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
)

// CallbackPath follows HookURL where administrators come back after consent.
const CallbackPath = "/oauth"

const (
	// bodyTimeout is how long an event may take to arrive: Zalo waits no longer
	// for the whole exchange.
	bodyTimeout = 2 * time.Second
	// storeRetry is what a caller is told while nothing can be stored.
	storeRetry = "5"
)

// Handler serves the events of this OA (POST) and the way back from a consent
// (GET CallbackPath). An event of another OA of the same app, genuinely signed,
// is kept in the quarantine: answering it with an error would make Zalo switch
// the webhook off for everybody. Apps with several OAs mount an App instead.
func (c *Connector) Handler(receiver connectors.Receiver) http.Handler {
	return (&App{id: c.cfg.AppID, connectors: []*Connector{c}}).Handler(receiver)
}

// App leads the one webhook of an app to the connectors of its OAs.
type App struct {
	id         string
	connectors []*Connector
}

// NewApp returns the App of these connectors, which share one app id.
func NewApp(all ...*Connector) (*App, error) {
	if len(all) == 0 {
		return nil, errors.New("zalo: an app needs at least one OA")
	}
	app := &App{id: all[0].cfg.AppID, connectors: all}
	known := map[string]connectors.ChannelID{}
	for _, c := range all {
		if c.cfg.AppID != app.id {
			return nil, errors.New("zalo: channels " + string(all[0].cfg.Channel.ID) + " and " + string(c.cfg.Channel.ID) + " are of different apps")
		}
		if other, twice := known[c.cfg.OAID]; twice {
			return nil, errors.New("zalo: channels " + string(other) + " and " + string(c.cfg.Channel.ID) + " are the same OA " + c.cfg.OAID)
		}
		known[c.cfg.OAID] = c.cfg.Channel.ID
	}
	return app, nil
}

// AppID is the id that the app's connectors share.
func (a *App) AppID() string { return a.id }

// Handler serves the webhook of all OAs of the app, and the way back from their
// consents.
func (a *App) Handler(receiver connectors.Receiver) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+CallbackPath, a.getCallback)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Zalo gửi sự kiện tới đây bằng POST.", http.StatusMethodNotAllowed)
			return
		}
		a.postEvent(w, r, receiver)
	})
	return mux
}

// postEvent answers 200 once the hub has the event on disk.
func (a *App) postEvent(w http.ResponseWriter, r *http.Request, receiver connectors.Receiver) {
	body, status := a.readBody(w, r)
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	// The console posts a bare request when the address is saved there. It says
	// nothing, so nothing can be forged by it.
	if len(body) == 0 && len(r.Header.Values(signatureHeader)) == 0 {
		w.WriteHeader(http.StatusOK)
		return
	}
	c := a.owner(body)
	if !c.genuine(r.Header, body) {
		if n := c.door.Add(c.now()); n > 0 {
			c.log.WarnContext(r.Context(), "events with a wrong signature were refused", "count", n, "bytes", len(body))
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c.door.Genuine()
	if err := c.receive(r.Context(), receiver, body); err != nil {
		c.log.ErrorContext(r.Context(), "an event could not be kept; Zalo is asked to send it again", "err", err)
		w.Header().Set("Retry-After", storeRetry)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (a *App) readBody(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a recorder in tests has none
	limit := a.connectors[0].cfg.MaxBody
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	}
	return body, 0
}

// owner finds the connector whose OA body names. Nothing is believed yet: the
// owner checks the signature. What names no OA of ours goes to the first.
func (a *App) owner(body []byte) *Connector {
	if len(a.connectors) > 1 {
		if e, err := decode(body); err == nil {
			for _, c := range a.connectors {
				if e.concerns(c.cfg.OAID) {
					return c
				}
			}
		}
	}
	return a.connectors[0]
}

// receive hands a genuine event to the hub.
func (c *Connector) receive(ctx context.Context, receiver connectors.Receiver, body []byte) error {
	raw := connectors.Raw{
		Channel: c.cfg.Channel.ID, ReceivedAt: c.now(), Type: "application/json", Body: body,
	}
	in, trouble := c.read(raw)
	raw.Trouble = trouble
	if len(in) == 0 && trouble == "" {
		return nil // nobody said anything, see ignored
	}
	return receiver.Receive(ctx, raw, in)
}

// Parse implements connectors.Parser.
func (c *Connector) Parse(_ context.Context, raw connectors.Raw) ([]connectors.Inbound, error) {
	in, trouble := c.read(raw)
	if trouble != "" {
		return in, errors.New(trouble)
	}
	return in, nil
}

// getCallback is where the administrator's browser comes back from Zalo.
func (a *App) getCallback(w http.ResponseWriter, r *http.Request) {
	oa, _, _ := strings.Cut(r.URL.Query().Get("state"), ".")
	for _, c := range a.connectors {
		if c.cfg.OAID == oa {
			c.getCallback(w, r)
			return
		}
	}
	a.connectors[0].getCallback(w, r)
}
