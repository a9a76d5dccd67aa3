package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"tongdai/connectors"
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
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}
	resp, err := w.client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		return nil, &broken{Sent: sent.Load(), Err: withoutAddress(err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerMost+1))
	switch {
	case err != nil:
		return nil, &broken{Sent: true, Err: fmt.Errorf("the answer broke off: %w", err)}
	case len(body) > answerMost:
		return nil, &broken{Sent: true, Err: fmt.Errorf("the answer is longer than %d bytes", answerMost)}
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
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.OK == nil {
		return nil, &oddAnswer{
			Status: resp.StatusCode, HTML: strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"),
			RetryAfter: retryAfter(resp.Header),
		}
	}
	if !*envelope.OK {
		return nil, &refusal{envelope.Code, envelope.Description, envelope.Parameters.RetryAfter, envelope.Parameters.MigrateTo}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}

// withoutAddress leaves the address out of an error: the token is part of it.
func withoutAddress(err error) error {
	if known, ok := errors.AsType[*url.Error](err); ok {
		return known.Err
	}
	return err
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
	return inDoubt(effect, err)
}

// inDoubt: Telegram may have done what it was asked.
func inDoubt(effect bool, err error) *connectors.Error {
	if !effect {
		return &connectors.Error{Kind: connectors.Retryable, Err: err}
	}
	return &connectors.Error{Kind: connectors.Uncertain, Err: err}
}

// clip keeps a stranger's words short.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
