package messenger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
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
		return call.NotSent(err)
	}
	got := c.roundTrip(ctx, r)
	regain := c.pace.note(got.Header)
	if err := c.refused(got, r.effect, regain); err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(got.Body, into); err != nil {
		return call.InDoubt(r.effect, fmt.Errorf("the answer is not what was expected: %w", err))
	}
	return nil
}

// roundTrip makes one request within the Timeout and reads its answer. The token
// travels in a header, because addresses are written into logs on the way.
func (c *Connector) roundTrip(ctx context.Context, r request) call.Answer {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout*time.Duration(max(r.patience, 1)))
	defer cancel()
	token := cmp.Or(r.token, c.cfg.PageToken)
	query := url.Values{"appsecret_proof": {proof(c.cfg.AppSecret, token)}}
	for name, values := range r.query {
		query[name] = values
	}
	var body io.Reader
	if r.body != nil {
		var err error
		if body, err = r.body(); err != nil {
			return call.Answer{Err: err}
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.cfg.GraphURL+"/"+c.cfg.Version+r.path+"?"+query.Encode(), body)
	if err != nil {
		return call.Answer{Err: err}
	}
	if r.length > 0 {
		req.ContentLength = r.length
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	return call.Make(c.client, req, answerMost)
}

// refused explains an answer that is none, with its kind; nil when it is one.
func (c *Connector) refused(a call.Answer, effect bool, regain time.Duration) error {
	switch {
	case a.Err != nil && !a.Left:
		return &connectors.Error{Kind: connectors.Retryable, Err: fmt.Errorf("facebook was not reached: %w", a.Err)}
	case a.Err != nil:
		return call.InDoubt(effect, a.Err)
	}
	var told struct {
		Error *failure `json:"error"`
	}
	readable := json.Unmarshal(a.Body, &told) == nil
	switch {
	case readable && told.Error != nil:
		told.Error.Status = a.Status
		told.Error.Message = c.withoutSecrets(told.Error.Message)
		return told.Error.explained(regain)
	case a.Status != http.StatusOK:
		return byStatus(a.Status, regain)
	case !readable && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html"):
		return &connectors.Error{Kind: connectors.Retryable, Err: errors.New("a page instead of an answer")}
	case !readable:
		return call.InDoubt(effect, fmt.Errorf("%d bytes that are no answer", len(a.Body)))
	}
	return nil
}

// withoutSecrets: Meta repeats a token that it cannot read in its error.
func (c *Connector) withoutSecrets(told string) string {
	return strings.NewReplacer(c.cfg.PageToken, "…", c.cfg.AppSecret, "…", c.cfg.VerifyToken, "…").Replace(told)
}
