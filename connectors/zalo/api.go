package zalo

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
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"tongdai/connectors"
)

const (
	// answerMost is the longest answer that is read, in bytes.
	answerMost = 1 << 20
	// limiterMost is how long a call waits for its turn before the hub is told to
	// come again.
	limiterMost = time.Second
)

// answered is what came of one HTTP request.
type answered struct {
	status int
	header http.Header
	body   []byte
	sent   bool // the request, or the beginning of it, left this machine
	err    error
}

// roundTrip makes one request within the Timeout and reads its answer.
func (c *Connector) roundTrip(ctx context.Context, method, address string, header http.Header, body []byte) answered {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return answered{err: err}
	}
	req.Header = header
	resp, err := c.client.Do(req)
	if err != nil {
		return answered{sent: sent.Load(), err: withoutAddress(err)}
	}
	defer resp.Body.Close()
	got := answered{status: resp.StatusCode, header: resp.Header, sent: true}
	got.body, err = io.ReadAll(io.LimitReader(resp.Body, answerMost+1))
	switch {
	case err != nil:
		got.err = fmt.Errorf("the answer broke off: %w", err)
	case len(got.body) > answerMost:
		got.err = fmt.Errorf("the answer is longer than %d bytes", answerMost)
	}
	return got
}

// withoutAddress leaves the address out of an error: its query names a person.
func withoutAddress(err error) error {
	if known, ok := errors.AsType[*url.Error](err); ok {
		return known.Err
	}
	return err
}

// request is one call of the OpenAPI.
type request struct {
	method, path string
	query        any // of a GET: the parameter "data"
	kind         string
	body         []byte
	effect       bool // the citizen sees something of it
}

func post(path string, body any) (request, error) {
	encoded, err := json.Marshal(body)
	return request{method: http.MethodPost, path: path, kind: "application/json", body: encoded}, err
}

// call makes one call for the OA and reads data from its answer into into. An
// access token that is refused is replaced once, and the call made again.
func (c *Connector) call(ctx context.Context, r request, into any) error {
	if err := c.mayCall(ctx); err != nil {
		return notSent(err)
	}
	token, err := c.tokens.access(ctx)
	if err != nil {
		return notSent(err)
	}
	err = c.callWith(ctx, token, r, into)
	no, refused := errors.AsType[*failure](err)
	if !refused || !no.token() {
		return err
	}
	if token, err = c.tokens.refused(ctx, token); err != nil {
		return notSent(err)
	}
	return c.callWith(ctx, token, r, into)
}

// mayCall waits for this call's turn, or tells when to come again.
func (c *Connector) mayCall(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn := c.limiter.Reserve()
	delay := turn.Delay()
	if delay > limiterMost {
		turn.Cancel()
		return &connectors.Error{
			Kind: connectors.RateLimited, After: delay, Reason: "Đang gửi nhanh bằng mức Zalo cho phép; tin sẽ tự gửi sau giây lát.",
			Err: errors.New("our own limit of calls a minute"),
		}
	}
	if delay == 0 {
		return nil
	}
	return wait(ctx, delay)
}

func (c *Connector) callWith(ctx context.Context, token string, r request, into any) error {
	header := http.Header{"Access_token": {token}}
	if r.kind != "" {
		header.Set("Content-Type", r.kind)
	}
	if c.cfg.Proof {
		header.Set("appsecret_proof", proof(c.cfg.AppSecret, token))
	}
	address := c.cfg.OpenAPIURL + r.path
	if r.query != nil {
		data, err := json.Marshal(r.query)
		if err != nil {
			return err
		}
		address += "?data=" + url.QueryEscape(string(data))
	}
	got := c.roundTrip(ctx, r.method, address, header, r.body)
	data, err := got.data(r.effect, c.now())
	if err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return inDoubt(r.effect, fmt.Errorf("the answer's data is not what was expected: %w", err))
	}
	return nil
}

// proof is the header appsecret_proof.
func proof(appSecret, token string) string {
	m := hmac.New(sha256.New, []byte(appSecret))
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}

// data returns what a successful answer holds, else an error with its kind. A
// call succeeded when it was answered 200 and the error inside is 0.
func (a answered) data(effect bool, now time.Time) (json.RawMessage, error) {
	switch {
	case a.err != nil && !a.sent:
		return nil, &connectors.Error{Kind: connectors.Retryable, Err: fmt.Errorf("zalo was not reached: %w", a.err)}
	case a.err != nil:
		return nil, inDoubt(effect, a.err)
	}
	var envelope struct {
		Error   text            `json:"error"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	readable := json.Unmarshal(a.body, &envelope) == nil && envelope.Error != ""
	code, err := strconv.Atoi(string(envelope.Error))
	readable = readable && err == nil
	switch {
	case readable && code != 0:
		no := &failure{Code: code, Message: envelope.Message, Status: a.status}
		return nil, no.explained(now)
	case a.status != http.StatusOK:
		return nil, a.byStatus(now)
	case !readable && isHTML(a.header):
		return nil, &connectors.Error{Kind: connectors.Retryable, Err: errors.New("a page instead of an answer")}
	case !readable:
		return nil, inDoubt(effect, fmt.Errorf("%d bytes that are no answer", len(a.body)))
	}
	return envelope.Data, nil
}

// notSent tells that nothing has left, whoever's patience ended.
func notSent(err error) error {
	if _, known := errors.AsType[*connectors.Error](err); known {
		return err
	}
	return &connectors.Error{Kind: connectors.Retryable, Err: err}
}

// inDoubt: Zalo may have done what it was asked.
func inDoubt(effect bool, err error) error {
	if !effect {
		return &connectors.Error{Kind: connectors.Retryable, Err: err}
	}
	return &connectors.Error{Kind: connectors.Uncertain, Err: err}
}
