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
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
)

const (
	// answerMost is the longest answer that is read, in bytes.
	answerMost = 1 << 20
	// limiterMost is how long a call waits for its turn before the hub is told to
	// come again.
	limiterMost = time.Second
)

// roundTrip makes one request within the Timeout and reads its answer.
func (c *Connector) roundTrip(ctx context.Context, method, address string, header http.Header, body []byte) call.Answer {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return call.Answer{Err: err}
	}
	req.Header = header
	return call.Make(c.client, req, answerMost)
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
		return call.NotSent(err)
	}
	token, err := c.tokens.access(ctx)
	if err != nil {
		return call.NotSent(err)
	}
	err = c.callWith(ctx, token, r, into)
	no, refused := errors.AsType[*failure](err)
	if !refused || !no.token() {
		return err
	}
	if token, err = c.tokens.refused(ctx, token); err != nil {
		return call.NotSent(err)
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
	data, err := dataOf(got, r.effect, c.now())
	if err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return call.InDoubt(r.effect, fmt.Errorf("the answer's data is not what was expected: %w", err))
	}
	return nil
}

// proof is the header appsecret_proof.
func proof(appSecret, token string) string {
	m := hmac.New(sha256.New, []byte(appSecret))
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}

// dataOf returns what a successful answer holds, else an error with its kind. A
// call succeeded when it was answered 200 and the error inside is 0.
func dataOf(a call.Answer, effect bool, now time.Time) (json.RawMessage, error) {
	switch {
	case a.Err != nil && !a.Left:
		return nil, &connectors.Error{Kind: connectors.Retryable, Err: fmt.Errorf("zalo was not reached: %w", a.Err)}
	case a.Err != nil:
		return nil, call.InDoubt(effect, a.Err)
	}
	var envelope struct {
		Error   text            `json:"error"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	readable := json.Unmarshal(a.Body, &envelope) == nil && envelope.Error != ""
	code, err := strconv.Atoi(string(envelope.Error))
	readable = readable && err == nil
	switch {
	case readable && code != 0:
		no := &failure{Code: code, Message: envelope.Message, Status: a.Status}
		return nil, no.explained(now)
	case a.Status != http.StatusOK:
		return nil, byStatus(a.Status, a.Header, now)
	case !readable && isHTML(a.Header):
		return nil, &connectors.Error{Kind: connectors.Retryable, Err: errors.New("a page instead of an answer")}
	case !readable:
		return nil, call.InDoubt(effect, fmt.Errorf("%d bytes that are no answer", len(a.Body)))
	}
	return envelope.Data, nil
}
