package simulator

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// Try is one delivery of an event to the hub's webhook.
type Try struct {
	At     time.Time     `json:"at"`
	Copy   int           `json:"copy,omitempty"`
	Retry  int           `json:"retry,omitempty"`
	Batch  int           `json:"batch,omitempty"` // events in the request, where the platform sends several at once
	Status int           `json:"status"`          // 0: no answer
	Err    string        `json:"err,omitempty"`
	Took   time.Duration `json:"took"`
}

// Delivery is what came of an event, as a ledger tells it.
type Delivery struct {
	Tries   []Try     `json:"tries"`
	Acked   time.Time `json:"acked,omitzero"` // when it was first acknowledged; zero: never
	GivenUp bool      `json:"givenUp,omitempty"`
}

// Waits tells whether it is neither acknowledged nor given up.
func (d Delivery) Waits() bool { return d.Acked.IsZero() && !d.GivenUp }

// Waiting counts the events that wait.
func Waiting[E interface{ Waits() bool }](events []E) (n int) {
	for _, e := range events {
		if e.Waits() {
			n++
		}
	}
	return n
}

// Client delivers webhooks to one hub: many at once, and on connections that stay.
func Client() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}}
}

// Deliver posts JSON to a webhook and gives it so long to answer. Who calls adds to the
// Try when it was, by the simulator's clock, and which.
func Deliver(ctx context.Context, client *http.Client, within time.Duration, target string, body []byte, header map[string]string) (Try, []byte) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	start := time.Now()
	status, answer, err := Post(ctx, client, target, body, header)
	try := Try{Status: status, Took: time.Since(start)}
	if err != nil {
		try.Err = err.Error()
	}
	return try, answer
}

// Post posts JSON, and returns what was answered, which it reads, so that the
// connection is used again.
func Post(ctx context.Context, client *http.Client, target string, body []byte, header map[string]string) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, answer, err
}
