// Package call makes calls to a platform's API for the connectors: with one kind of
// client, answers that are read within bounds, and the one thing that decides
// afterwards whether a message may be sent again: whether the request has left this
// machine. What an answer means is each connector's own to say.
package call

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"tongdai/connectors"
)

// Client returns a client for calls, made of given, or of our own where that is nil. It
// follows no redirect: no platform's API sends one, and whoever does would get the
// token.
func Client(given *http.Client) *http.Client {
	if given == nil {
		given = &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
		}}
	}
	own := *given
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// Answer is what came of one request. With Err there is none.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Left   bool // the request, or the beginning of it, left this machine
	Err    error
}

// Make makes one request and reads its answer, of at most so many bytes. Err does
// not tell the address.
func Make(client *http.Client, req *http.Request, most int64) Answer {
	var left atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { left.Store(true) }}
	resp, err := client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		return Answer{Left: left.Load(), Err: WithoutAddress(err)}
	}
	defer resp.Body.Close()
	got := Answer{Status: resp.StatusCode, Header: resp.Header, Left: true}
	got.Body, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		got.Err = fmt.Errorf("the answer broke off: %w", err)
	case int64(len(got.Body)) > most:
		got.Err = fmt.Errorf("the answer is longer than %d bytes", most)
	}
	return got
}

// WithoutAddress leaves the address out of an error of a client: it may name a
// person, or hold a token or the proof of one.
func WithoutAddress(err error) error {
	if known, ok := errors.AsType[*url.Error](err); ok {
		return known.Err
	}
	return err
}

// NotSent tells that nothing has left, whoever's patience ended.
func NotSent(err error) error {
	if _, known := errors.AsType[*connectors.Error](err); known {
		return err
	}
	return &connectors.Error{Kind: connectors.Retryable, Err: err}
}

// InDoubt tells that the platform may have done what it was asked. effect: somebody
// would see something of it.
func InDoubt(effect bool, err error) *connectors.Error {
	if !effect {
		return &connectors.Error{Kind: connectors.Retryable, Err: err}
	}
	return &connectors.Error{Kind: connectors.Uncertain, Err: err}
}
