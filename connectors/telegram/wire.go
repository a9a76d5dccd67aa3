package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
)

// answerMost is the longest answer that is read, in bytes: a hundred long updates.
const answerMost = 8 << 20

// wire is the HTTP client under the library. It reads answers whole and within
// bounds, and turns whatever is no success into one of three errors: *refusal,
// *oddAnswer, *broken. None of them tells an address, because the bot's token
// stands in it.
type wire struct{ client *http.Client }

// refusal is Telegram's own no.
type refusal struct {
	Code        int
	Description string
	RetryAfter  int   // seconds
	MigrateTo   int64 // the chat has become this one
}

func (r *refusal) Error() string {
	return fmt.Sprintf("telegram: %d %s", r.Code, clip(r.Description, 200))
}

// oddAnswer is an answer that is none of Telegram's: of a machine before it, or cut.
type oddAnswer struct {
	Status     int
	HTML       bool
	RetryAfter time.Duration
}

func (o *oddAnswer) Error() string {
	return fmt.Sprintf("telegram: HTTP %d %s without an answer inside", o.Status, http.StatusText(o.Status))
}

// broken is a call without an answer.
type broken struct {
	Sent bool // the request, or the beginning of it, left this machine
	Err  error
}

func (b *broken) Error() string {
	if !b.Sent {
		return "telegram was not reached: " + b.Err.Error()
	}
	return "telegram did not answer: " + b.Err.Error()
}

func (b *broken) Unwrap() error { return b.Err }

// Do implements the library's HttpClient.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	got := call.Make(w.client, req, answerMost)
	if got.Err != nil {
		return nil, &broken{Sent: got.Left, Err: got.Err}
	}
	var envelope struct {
		OK          *bool  `json:"ok"`
		Code        int    `json:"error_code"`
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter int   `json:"retry_after"`
			MigrateTo  int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(got.Body, &envelope); err != nil || envelope.OK == nil {
		return nil, &oddAnswer{
			Status: got.Status, HTML: strings.HasPrefix(got.Header.Get("Content-Type"), "text/html"),
			RetryAfter: retryAfter(got.Header),
		}
	}
	if !*envelope.OK {
		return nil, &refusal{envelope.Code, envelope.Description, envelope.Parameters.RetryAfter, envelope.Parameters.MigrateTo}
	}
	return &http.Response{StatusCode: got.Status, Header: got.Header, Body: io.NopCloser(bytes.NewReader(got.Body)), Request: req}, nil
}

func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}

// ask makes one call that changes nothing for citizens, within the Timeout.
func (a *account) ask(ctx context.Context, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	return a.explained(call(ctx), false)
}

// explained gives err its kind and its words. effect: a citizen may have seen
// something of the call. The token is looked for once more: a library may come to
// tell it in new ways.
func (a *account) explained(err error, effect bool) error {
	if err == nil {
		return nil
	}
	known := explain(err, effect)
	if strings.Contains(known.Error(), a.cfg.Token) {
		known.Err = errors.New(strings.ReplaceAll(known.Err.Error(), a.cfg.Token, "…"))
	}
	return known
}

// explain sorts errors of calls by what may be done about them.
func explain(err error, effect bool) *connectors.Error {
	if known, ok := errors.AsType[*connectors.Error](err); ok {
		return known
	}
	if no, ok := errors.AsType[*refusal](err); ok {
		return no.explained(effect)
	}
	if odd, ok := errors.AsType[*oddAnswer](err); ok {
		return odd.explained(effect)
	}
	if lost, ok := errors.AsType[*broken](err); ok && !lost.Sent {
		return &connectors.Error{Kind: connectors.Retryable, Err: lost}
	}
	return call.InDoubt(effect, err)
}

// clip keeps a stranger's words short.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
