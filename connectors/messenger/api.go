package messenger

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
	"strings"
	"sync/atomic"
	"time"

	"tongdai/connectors"
)

// answerMost is the longest answer that is read, in bytes.
const answerMost = 4 << 20

// request is one call of the Graph API.
type request struct {
	method, path string
	query        url.Values
	kind         string
	body         func() (io.Reader, error) // nil: none
	length       int64
	effect       bool   // somebody sees something of it
	patience     int    // so many times the Timeout; 0: once
	token        string // another than the page's
}

func get(path string, query url.Values) request {
	return request{method: http.MethodGet, path: path, query: query}
}

func post(path string, body any) request {
	encoded, err := json.Marshal(body)
	return request{
		method: http.MethodPost, path: path, kind: "application/json", length: int64(len(encoded)),
		body: func() (io.Reader, error) { return bytes.NewReader(encoded), err },
	}
}

// call makes one call and reads its answer into into.
func (c *Connector) call(ctx context.Context, r request, into any) error {
	if err := c.pace.wait(ctx); err != nil {
		return notSent(err)
	}
	got := c.roundTrip(ctx, r)
	regain := c.pace.note(got.header)
	if err := c.refused(got, r.effect, regain); err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		return inDoubt(r.effect, fmt.Errorf("the answer is not what was expected: %w", err))
	}
	return nil
}

// answered is what came of one HTTP request.
type answered struct {
	status int
	header http.Header
	body   []byte
	sent   bool // the request, or the beginning of it, left this machine
	err    error
}

// roundTrip makes one request within the Timeout and reads its answer. The token
// travels in a header, because addresses are written into logs on the way.
func (c *Connector) roundTrip(ctx context.Context, r request) answered {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout*time.Duration(max(r.patience, 1)))
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	token := first(r.token, c.cfg.PageToken)
	query := url.Values{"appsecret_proof": {proof(c.cfg.AppSecret, token)}}
	for name, values := range r.query {
		query[name] = values
	}
	var body io.Reader
	if r.body != nil {
		var err error
		if body, err = r.body(); err != nil {
			return answered{err: err}
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.cfg.GraphURL+"/"+c.cfg.Version+r.path+"?"+query.Encode(), body)
	if err != nil {
		return answered{err: err}
	}
	if r.length > 0 {
		req.ContentLength = r.length
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
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

// withoutAddress leaves the address out of an error: it names a person, and
// holds the proof of our token.
func withoutAddress(err error) error {
	if known, ok := errors.AsType[*url.Error](err); ok {
		return known.Err
	}
	return err
}

// refused explains an answer that is none, with its kind; nil when it is one.
func (c *Connector) refused(a answered, effect bool, regain time.Duration) error {
	switch {
	case a.err != nil && !a.sent:
		return &connectors.Error{Kind: connectors.Retryable, Err: fmt.Errorf("facebook was not reached: %w", a.err)}
	case a.err != nil:
		return inDoubt(effect, a.err)
	}
	var told struct {
		Error *failure `json:"error"`
	}
	readable := json.Unmarshal(a.body, &told) == nil
	switch {
	case readable && told.Error != nil:
		told.Error.Status = a.status
		told.Error.Message = c.withoutSecrets(told.Error.Message)
		return told.Error.explained(regain)
	case a.status != http.StatusOK:
		return byStatus(a.status, regain)
	case !readable && strings.HasPrefix(a.header.Get("Content-Type"), "text/html"):
		return &connectors.Error{Kind: connectors.Retryable, Err: errors.New("a page instead of an answer")}
	case !readable:
		return inDoubt(effect, fmt.Errorf("%d bytes that are no answer", len(a.body)))
	}
	return nil
}

// withoutSecrets: Meta repeats a token that it cannot read in its error.
func (c *Connector) withoutSecrets(told string) string {
	return strings.NewReplacer(c.cfg.PageToken, "…", c.cfg.AppSecret, "…", c.cfg.VerifyToken, "…").Replace(told)
}

// notSent tells that nothing has left, whoever's patience ended.
func notSent(err error) error {
	if _, known := errors.AsType[*connectors.Error](err); known {
		return err
	}
	return &connectors.Error{Kind: connectors.Retryable, Err: err}
}

// inDoubt: Meta may have done what it was asked.
func inDoubt(effect bool, err error) error {
	if !effect {
		return &connectors.Error{Kind: connectors.Retryable, Err: err}
	}
	return &connectors.Error{Kind: connectors.Uncertain, Err: err}
}
