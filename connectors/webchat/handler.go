package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

const (
	// proofBody is what the body of a request for a session may take.
	proofBody = 1 << 10
	// bodyTimeout is how long the body of a message may take.
	bodyTimeout = 15 * time.Second
	// jsonOverhead is what a post may take besides its text: key, tickets, page.
	jsonOverhead = 16 << 10
	// jsonPerCharacter is the most that JSON needs for one: "\ud83d\ude00".
	jsonPerCharacter = 12
	// storeTime is how long the hub may take: whoever waits longer thinks it lost,
	// and a widget that is told so sends again.
	storeTime = 1500 * time.Millisecond
	// storeRetry is when to come back after the hub could not store.
	storeRetry = 2 * time.Second
)

// problem is an answer that is not what was asked for.
type problem struct {
	status  int
	code    string        // for the widget, which has words of its own
	message string        // for people
	after   time.Duration // when to come again; 0: not told

	challenge *edge.Challenge // whose proof helps at once
}

func (p *problem) Error() string { return "webchat: " + p.code }

func badRequest(code, message string) *problem {
	return &problem{status: http.StatusBadRequest, code: code, message: message}
}

func tooMany(wait time.Duration) *problem {
	return &problem{
		status: http.StatusTooManyRequests, code: "too_many", after: wait,
		message: "Anh/chị gửi hơi nhanh. Vui lòng chờ một chút rồi gửi lại.",
	}
}

var (
	errOrigin = &problem{status: http.StatusForbidden, code: "origin",
		message: "Trang này chưa được phép dùng khung trò chuyện."}
	errSession = &problem{status: http.StatusUnauthorized, code: "session",
		message: "Phiên trò chuyện không còn hiệu lực. Vui lòng tải lại trang."}
	errNotFound = &problem{status: http.StatusNotFound, code: "not_found",
		message: "Không tìm thấy."}
	errMethod = &problem{status: http.StatusMethodNotAllowed, code: "method",
		message: "Cách gọi này không được hỗ trợ."}
	errTooLarge = &problem{status: http.StatusRequestEntityTooLarge, code: "too_large",
		message: "Nội dung gửi lên quá lớn."}
	errStopping = &problem{status: http.StatusServiceUnavailable, code: "unavailable", after: storeRetry,
		message: "Hệ thống đang khởi động lại. Vui lòng chờ ít giây."}
	errUnavailable = &problem{status: http.StatusServiceUnavailable, code: "unavailable", after: storeRetry,
		message: "Hệ thống đang bận, tin chưa được nhận. Vui lòng gửi lại sau ít giây."}
)

// Handler serves the widgets of this channel. Its paths begin at the channel's
// own: /config, /session, /messages, /attachments, /history, /events.
func (c *Connector) Handler(receiver connectors.Receiver) http.Handler {
	mux := http.NewServeMux()
	route := func(method, path string, serve func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method {
				w.Header().Set("Allow", method)
				c.fail(w, r, errMethod)
				return
			}
			if err := serve(w, r); err != nil {
				c.fail(w, r, err)
			}
		})
	}
	route(http.MethodGet, "/config", c.getConfig)
	route(http.MethodPost, "/session", c.postSession)
	route(http.MethodPost, "/messages", func(w http.ResponseWriter, r *http.Request) error {
		return c.postMessage(w, r, receiver)
	})
	route(http.MethodPost, "/attachments", c.postAttachment)
	route(http.MethodGet, "/attachments/{ticket}", c.getAttachment)
	route(http.MethodGet, "/history", c.getHistory)
	route(http.MethodGet, "/events", c.getEvents)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { c.fail(w, r, errNotFound) })
	return c.allowed(mux)
}

// fail turns an error into the answer. What nobody foresaw is logged once,
// here, and looks like a busy hub.
func (c *Connector) fail(w http.ResponseWriter, r *http.Request, err error) {
	var known *problem
	if !errors.As(err, &known) {
		c.logger.WarnContext(r.Context(), "web chat request failed",
			"channel", c.cfg.Channel.ID, "path", r.Pattern, "err", err)
		known = errUnavailable
	}
	if known.after > 0 {
		seconds := int(math.Ceil(known.after.Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	answer := map[string]any{"code": known.code, "message": known.message}
	if known.challenge != nil {
		answer["challenge"] = known.challenge
	}
	writeJSON(w, known.status, answer)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a reader that left needs no answer
}

type configAnswer struct {
	Name       string            `json:"name"`
	Titles     map[string]string `json:"titles,omitempty"`
	Languages  []string          `json:"languages"`
	Privacy    map[string]string `json:"privacy,omitempty"`
	PrivacyURL string            `json:"privacyUrl,omitempty"`
	Phone      string            `json:"phone,omitempty"`
	Staffed    presence          `json:"staffed"`
	Limits     limitsAnswer      `json:"limits"`
}

type limitsAnswer struct {
	Text        int   `json:"text"`
	Attachment  int64 `json:"attachment"`
	Attachments int   `json:"attachments"`
}

// getConfig needs no session: it is asked before anybody agreed to anything.
func (c *Connector) getConfig(w http.ResponseWriter, r *http.Request) error {
	if wait := c.configs.Take(c.address(r), c.cfg.Now()); wait > 0 {
		return tooMany(wait)
	}
	writeJSON(w, http.StatusOK, configAnswer{
		Name: c.cfg.Channel.Name, Titles: c.cfg.Titles, Languages: []string{"vi", "en"},
		Privacy: c.cfg.Privacy, PrivacyURL: c.cfg.PrivacyURL, Phone: c.cfg.Phone,
		Staffed: c.staffed.get(r.Context(), c.log, c.cfg.Now()),
		Limits:  limitsAnswer{c.cfg.TextLength, c.cfg.AttachmentSize, c.cfg.Attachments},
	})
	return nil
}

// postSession begins a session, or renews the one of the request's token.
func (c *Connector) postSession(w http.ResponseWriter, r *http.Request) error {
	if err := c.admit(w, r); err != nil {
		return err
	}
	origin, _ := c.origin(r)
	s, err := c.session(r, origin)
	renewed := err == nil
	if !renewed {
		s.visitor = newVisitor()
	}
	s.issued = c.cfg.Now()
	writeJSON(w, http.StatusOK, map[string]any{
		"token":   c.token(s, origin),
		"renewed": renewed,
		"expires": s.issued.Add(c.cfg.SessionAge).UTC().Truncate(time.Second),
	})
	return nil
}

// admit lets a caller open a session, or asks for a proof of work, which comes with
// the next request: {"proof": …}.
func (c *Connector) admit(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Proof edge.Proof `json:"proof"`
	}
	_ = json.NewDecoder(http.MaxBytesReader(w, r.Body, proofBody)).Decode(&body) // what cannot be read is no proof
	wait, err := c.sessions.Pass(c.address(r), body.Proof, c.cfg.Now())
	if asked, is := errors.AsType[*edge.Asked](err); is {
		refused := tooMany(asked.After)
		refused.code, refused.challenge = "proof", &asked.Challenge
		return refused
	}
	if wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// visitor returns who sent r.
func (c *Connector) visitor(r *http.Request) (session, error) {
	origin, ok := c.origin(r)
	if !ok {
		return session{}, errOrigin
	}
	return c.session(r, origin)
}

func (c *Connector) address(r *http.Request) string { return edge.Network(c.cfg.ClientAddr(r)) }

// postMessage answers 200 once the hub has the message on disk.
func (c *Connector) postMessage(w http.ResponseWriter, r *http.Request, receiver connectors.Receiver) error {
	s, err := c.visitor(r)
	if err != nil {
		return err
	}
	body, err := c.readBody(w, r)
	if err != nil {
		return err
	}
	p, err := decodePost(body, c.cfg.TextLength, c.cfg.Attachments)
	if err != nil {
		return err
	}
	now := c.cfg.Now()
	address := c.address(r)
	wait := c.messages.take(s.visitor, address, now)
	if wait > 0 && c.cfg.Urgent(p.Text) { // read only where it matters: reading takes time
		wait = c.urgent.take(s.visitor, address, now)
	}
	if wait > 0 {
		return tooMany(wait)
	}
	said, err := c.inbound(s.visitor, p, now)
	if err != nil {
		return err
	}
	raw := connectors.Raw{Channel: c.cfg.Channel.ID, ReceivedAt: now, Type: "application/json", Body: body}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	if err := receiver.Receive(ctx, raw, []connectors.Inbound{said}); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"key": p.Key, "id": said.Key, "receivedAt": now.UTC()})
	return nil
}

func (c *Connector) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := int64(c.cfg.TextLength)*jsonPerCharacter + jsonOverhead
	deadline := time.Now().Add(bodyTimeout)
	_ = http.NewResponseController(w).SetReadDeadline(deadline) // a recorder in tests has none
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, badRequest("cut", "Nội dung gửi lên bị đứt giữa chừng.")
	}
	return body, nil
}

func (c *Connector) inbound(visitor connectors.RemoteID, p post, now time.Time) (connectors.Inbound, error) {
	said := content.Content{Text: p.Text}
	for _, ticket := range p.Attachments {
		a, ok := c.attachment(visitor, ticket)
		if !ok {
			return connectors.Inbound{}, badRequest("attachments", "Tệp đính kèm không còn. Vui lòng gửi lại tệp.")
		}
		said.Attachments = append(said.Attachments, a)
	}
	key := ownKey(visitor) + p.Key
	return connectors.Inbound{
		Key: key, Kind: connectors.Said, From: visitor, Message: connectors.RemoteID(key),
		SentAt: now, Content: said, Pressed: p.Pressed,
		Profile:  connectors.Profile{Language: p.Language},
		Language: p.Language, Page: p.Page,
	}, nil
}

// ownKey begins the keys of everything that visitor says, because widgets
// choose their keys without knowing of each other.
func ownKey(visitor connectors.RemoteID) string { return string(visitor) + ":" }
