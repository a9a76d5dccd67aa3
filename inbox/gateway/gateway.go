// Package gateway reaches people who hear of urgent reports by telephone: it
// hands each alarm to a service for calls and short messages, over HTTP.
//
// There is no protocol that all such services speak, so the province puts a few
// lines between ours and its own; docs/operate/alarms.md describes what is sent,
// how its signature is checked, and what to answer. A Gateway is an inbox.Way.
package gateway

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
	"strconv"
	"time"

	"tongdai/inbox"
)

// Config says where the service is.
type Config struct {
	URL          string
	Secret       string // of the signature
	Organisation string // in whose name people are called
	Client       *http.Client
	Now          func() time.Time
}

// Gateway hands alarms to a service.
type Gateway struct{ cfg Config }

// New makes a gateway. Nothing is called.
func New(cfg Config) *Gateway {
	if cfg.Client == nil {
		// Whoever answers must not lead us elsewhere with what we carry.
		cfg.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Gateway{cfg}
}

var _ inbox.Way = (*Gateway)(nil)

// Name is how the record of an alarm calls this way.
func (g *Gateway) Name() string { return "gateway" }

// Alarm is the body of what is sent.
type Alarm struct {
	ID    string    `json:"id"` // the same again is the same alarm, sent once more
	Phone string    `json:"phone"`
	Name  string    `json:"name"`
	Text  string    `json:"text"` // ready to be said or sent
	Code  string    `json:"code"` // of the matter
	At    time.Time `json:"at"`
	Round int       `json:"round"` // 0: the first time this person is reached
	Link  string    `json:"link,omitempty"`
}

// The headers that a service checks: the signature is "sha256=" and the HMAC in
// hexadecimal, over the timestamp, a dot, and the body.
const (
	TimestampHeader = "X-Tongdai-Timestamp" // seconds since 1970 UTC
	SignatureHeader = "X-Tongdai-Signature"
)

// Reach sends the alarm. It is ErrNoPoint for a contact without a number.
func (g *Gateway) Reach(ctx context.Context, call inbox.AlarmCall) error {
	if call.To.Phone == "" {
		return inbox.ErrNoPoint
	}
	body, err := json.Marshal(Alarm{
		ID: call.ID, Phone: call.To.Phone, Name: call.To.Name, Text: g.text(call),
		Code: call.Code, At: call.At.UTC(), Round: call.Round, Link: call.Link,
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(g.cfg.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", call.ID)
	req.Header.Set(TimestampHeader, timestamp)
	req.Header.Set(SignatureHeader, "sha256="+Sign(g.cfg.Secret, timestamp, body))
	answer, err := g.cfg.Client.Do(req)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("cổng gọi và nhắn tin không trả lời kịp")
	}
	if err != nil {
		return errors.New("không kết nối được cổng gọi và nhắn tin")
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("cổng gọi và nhắn tin từ chối (mã %d)", answer.StatusCode)
	}
	return nil
}

// Sign is the signature of a body, without its prefix.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.", timestamp) // never fails
	_, _ = mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// zone is where everybody who is called lives: UTC+7 without summer time.
var zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

func (g *Gateway) text(call inbox.AlarmCall) string {
	where := ""
	if call.Place != "" {
		where = " tại " + call.Place
	}
	text := fmt.Sprintf("KHẨN. %s: lúc %s người dân báo dấu hiệu nguy hiểm%s, phiếu %s.",
		g.cfg.Organisation, call.At.In(zone).Format("15:04 02/01"), where, call.Code)
	if call.Link != "" {
		return text + " Xem và xác nhận đã nhận: " + call.Link
	}
	return text + " Đề nghị liên hệ tổng đài ngay."
}
