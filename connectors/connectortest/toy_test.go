package connectortest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// toy is a whole connector of a platform that exists in this package alone. It
// keeps every promise, but for the one that its mutant breaks.
type toy struct {
	mutant   string
	platform string // its address
	secret   []byte
	token    string
	files    connectors.Media
	client   *http.Client
}

const (
	toyText    = 100 // characters
	toyButtons = 4
	toyLabel   = 30 // characters
	toyBody    = 2 << 20
	toyHeader  = "X-Toy-Signature"
	toyChannel = connectors.ChannelID("toy-1022")
	toyReason  = "Kênh đồ chơi không gửi được; hãy xem lại tài khoản."
)

func (c *toy) is(mutant string) bool { return c.mutant == mutant }

func (c *toy) Channel() connectors.Channel {
	return connectors.Channel{ID: toyChannel, Kind: "toy", Name: "Đồ chơi"}
}

func (c *toy) Limits() connectors.Limits {
	limits := connectors.Limits{
		TextLength: toyText, Choices: toyButtons, ChoiceLabel: toyLabel, Links: true,
		AttachmentSize: 1 << 20, AttachmentTypes: []string{"application/pdf"}, ReplyWindow: 48 * time.Hour,
	}
	if c.is("limits contradict themselves") {
		limits.FreeWindow = 72 * time.Hour
	}
	return limits
}

// event is one thing as the toy platform reports it.
type event struct {
	Kind    string          `json:"kind"`
	ID      string          `json:"id"`
	User    string          `json:"user"`
	Text    json.RawMessage `json:"text,omitempty"`
	Payload string          `json:"payload,omitempty"`
	Time    int64           `json:"time"` // milliseconds
	Quote   string          `json:"quote,omitempty"`
	Name    string          `json:"name,omitempty"`
	Phone   string          `json:"phone,omitempty"`
}

func (c *toy) Handler(r connectors.Receiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		status := c.receive(w, req, r)
		w.WriteHeader(status)
	})
}

func (c *toy) receive(w http.ResponseWriter, req *http.Request, r connectors.Receiver) int {
	if c.is("acknowledges first") {
		w.WriteHeader(http.StatusOK)
	}
	limit := int64(toyBody)
	if c.is("reads any body") {
		limit = 1 << 40
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, limit))
	if err != nil {
		return http.StatusRequestEntityTooLarge
	}
	if !c.signed(req, body) {
		return http.StatusUnauthorized
	}
	raw := connectors.Raw{Channel: toyChannel, ReceivedAt: time.Now(), Type: "application/json", Body: body}
	in, err := c.Parse(req.Context(), raw)
	if err != nil {
		raw.Trouble = err.Error()
		switch {
		case c.is("refuses what it does not understand"):
			return http.StatusBadRequest
		case c.is("swallows what it does not understand"):
			return http.StatusOK
		case c.is("tells no trouble"):
			raw.Trouble = ""
		}
	}
	if c.is("does not keep raw bytes") {
		raw.Body = nil
	}
	if c.is("remembers keys by itself") {
		in = slices.DeleteFunc(in, func(i connectors.Inbound) bool { return toySeen.again(i.Key + c.platform) })
	}
	if c.is("receives in the background") {
		go func() { _ = r.Receive(context.WithoutCancel(req.Context()), raw, in) }()
		return http.StatusOK
	}
	if err := r.Receive(req.Context(), raw, in); err != nil && !c.is("acknowledges what was not kept") {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// toySeen is the memory of a mutant. It dies with the process, as such memories do.
var toySeen memory

type memory struct{ sync.Map }

func (m *memory) again(key string) bool {
	_, known := m.LoadOrStore(key, true)
	return known
}

func (c *toy) signed(req *http.Request, body []byte) bool {
	header := req.Header.Values(toyHeader)
	if c.is("takes the first of two signatures") && len(header) > 1 {
		header = header[:1]
	}
	if c.is("takes the last of two signatures") && len(header) > 1 {
		header = header[1:]
	}
	if c.is("lets the unsigned in") && len(header) == 0 || c.is("lets everybody in") {
		return true
	}
	if len(header) != 1 {
		return false
	}
	given, ok := strings.CutPrefix(header[0], "sha256=")
	if c.is("does not care for case") {
		given = strings.ToLower(given)
	}
	if c.is("trims blanks out of signatures") {
		given = strings.ReplaceAll(given, " ", "")
	}
	mac := hmac.New(sha256.New, c.secret)
	mac.Write(c.signable(body))
	want := hex.EncodeToString(mac.Sum(nil))
	if c.is("compares the beginning") && len(given) > 60 {
		return given[:60] == want[:60]
	}
	return ok && given == want || c.is("knows another key") && hmac.Equal([]byte(given), []byte(sign([]byte("other"), body)))
}

// signable is what the signature is made of.
func (c *toy) signable(body []byte) []byte {
	if c.is("signs the trimmed body") {
		return bytes.TrimSpace(body)
	}
	if c.is("signs the first third") {
		return body[:len(body)/3]
	}
	return body
}

func sign(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Parse implements connectors.Parser.
func (c *toy) Parse(_ context.Context, raw connectors.Raw) ([]connectors.Inbound, error) {
	var batch struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(raw.Body, &batch); err != nil {
		return nil, fmt.Errorf("not of the shape we know: %w", err)
	}
	var all []connectors.Inbound
	var troubles error
	for _, body := range batch.Events {
		in, err := c.inbound(body)
		if err != nil {
			troubles = errors.Join(troubles, err)
			if c.is("stops at what it does not understand") {
				break
			}
			continue
		}
		all = append(all, in)
		if c.is("takes the first of a batch") {
			break
		}
	}
	return all, troubles
}

func (c *toy) inbound(body []byte) (connectors.Inbound, error) {
	var e event
	var text string
	if err := json.Unmarshal(body, &e); err != nil {
		return connectors.Inbound{}, err
	}
	if len(e.Text) > 0 {
		if err := json.Unmarshal(e.Text, &text); err != nil {
			return connectors.Inbound{}, err
		}
	}
	if e.ID == "" || e.User == "" {
		return connectors.Inbound{}, errors.New("an event without id or user")
	}
	if c.is("cleans texts") {
		text = strings.ReplaceAll(strings.TrimSpace(text), "\x00", "")
	}
	if c.is("cuts long texts") && len(text) > 1000 {
		text = text[:1000]
	}
	in := connectors.Inbound{
		Key: e.ID, Kind: connectors.InboundKind(e.Kind), From: connectors.RemoteID(e.User), Message: connectors.RemoteID(e.ID),
		SentAt: time.UnixMilli(e.Time), Content: content.Content{Text: text}, Pressed: e.Payload, Quotes: connectors.RemoteID(e.Quote),
	}
	if c.is("keeps ids as floats") {
		n, _ := strconv.ParseFloat(e.User, 64)
		in.From = connectors.RemoteID(strconv.FormatFloat(n, 'f', 0, 64))
	}
	if c.is("makes keys of texts") {
		in.Key = in.Content.Text
	}
	if c.is("makes keys of the clock") {
		in.Key = fmt.Sprint(time.Now().UnixNano())
	}
	if c.is("tells its own time") {
		in.SentAt = time.Now()
	}
	if c.is("takes typed numbers for pressed ones") && text == "2" {
		in.Pressed = "2"
	}
	switch in.Kind {
	case connectors.Said:
	case connectors.Echo:
		if c.is("takes echoes for words of the citizen") {
			in.Kind = connectors.Said
		}
	case connectors.Seen, connectors.Followed:
		in.Key += ":" + fmt.Sprint(e.Time)
		if c.is("forgets which message was seen") {
			in.Message = ""
		}
	case connectors.Shared:
		in.Profile = connectors.Profile{Name: e.Name, Phone: e.Phone}
	default:
		if !c.is("takes unknown kinds for words") {
			return connectors.Inbound{}, fmt.Errorf("an event of the kind %q", e.Kind)
		}
		in.Kind = connectors.Said
	}
	return in, nil
}

// Run implements connectors.Poller.
func (c *toy) Run(ctx context.Context, r connectors.Receiver) error {
	for ctx.Err() == nil {
		body, err := c.get(ctx, c.platform+"/updates")
		if err != nil {
			return err
		}
		raw := connectors.Raw{Channel: toyChannel, ReceivedAt: time.Now(), Type: "application/json", Body: body}
		in, err := c.Parse(ctx, raw)
		if err != nil {
			raw.Trouble = err.Error()
		}
		if c.is("fetches once") && len(in) > 0 {
			_, _ = c.get(ctx, c.platform+"/acknowledge?n="+strconv.Itoa(len(in)))
		}
		if err := r.Receive(ctx, raw, in); err != nil {
			return err
		}
		if len(in) > 0 {
			if _, err := c.get(ctx, c.platform+"/acknowledge?n="+strconv.Itoa(len(in))); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	return ctx.Err()
}

func (c *toy) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Token", c.token)
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &connectors.Error{Kind: connectors.Permanent, Reason: toyReason, Err: fmt.Errorf("the platform answers %d", resp.StatusCode)}
	}
	return io.ReadAll(io.LimitReader(resp.Body, 1<<20))
}

// Profile implements connectors.Profiler.
func (c *toy) Profile(ctx context.Context, user connectors.RemoteID) (connectors.Profile, error) {
	if c.is("invents people") && user == "stranger" {
		return connectors.Profile{Name: "Ai đó"}, nil
	}
	body, err := c.get(ctx, c.platform+"/who?user="+url.QueryEscape(string(user)))
	if err != nil {
		return connectors.Profile{}, err
	}
	return connectors.Profile{Name: string(body)}, nil
}

// Check implements connectors.Checker.
func (c *toy) Check(ctx context.Context) connectors.Health {
	health := connectors.Health{OK: true, CheckedAt: time.Now()}
	if _, err := c.get(ctx, c.platform+"/who?user=me"); err != nil && !c.is("is always well") {
		health.OK, health.Problem = false, toyReason
		if c.is("tells its token") {
			health.Problem += " " + c.token
		}
	}
	return health
}

// Fetch implements connectors.Fetcher.
func (c *toy) Fetch(ctx context.Context, a content.Attachment) (content.Attachment, error) {
	u, err := url.Parse(a.Source)
	if err != nil || !strings.HasPrefix(a.Source, c.platform) && !c.is("fetches from anywhere") {
		return a, &connectors.Error{Kind: connectors.Permanent, Reason: "Không lấy tệp từ địa chỉ này.", Err: err}
	}
	from := c.platform + u.Path
	if c.is("fetches from anywhere") {
		from = a.Source
	}
	body, err := c.get(ctx, from)
	if _, gone := errors.AsType[*connectors.Error](err); gone && c.is("tries for ever to fetch") {
		return a, errors.New("not yet")
	}
	if e, gone := errors.AsType[*connectors.Error](err); gone && c.is("tells where files lie") {
		e.Err = fmt.Errorf("get %s: %w", a.Source, e.Err)
	}
	if err != nil {
		return a, err
	}
	if c.is("fetches half") {
		body = body[:len(body)/2]
	}
	kept, err := c.files.Put(ctx, a.Name, bytes.NewReader(body))
	kept.Kind = a.Kind
	return kept, err
}
