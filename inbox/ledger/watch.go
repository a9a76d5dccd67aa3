package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Watched is what one who followed the live events noted.
type Watched struct {
	By       string
	Numbers  []uint64          // of the events, as they came
	Messages map[string]uint64 // number of the event that told of a message first
	Breaks   int               // times that the stream broke off
	Gone     int               // times that the hub could not resume
}

// Watcher follows the live events as a screen does: it comes back by number
// after every break.
type Watcher struct {
	Desk *Desk // must see everything
	Name string

	mu   sync.Mutex
	seen Watched
	last uint64
}

// returnAfter is how soon a watcher comes back after a break.
const returnAfter = 100 * time.Millisecond

// Run follows until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		w.mu.Lock()
		if refused, ok := errors.AsType[*Refused](err); ok && refused.Status == http.StatusGone {
			w.seen.Gone++
		}
		w.seen.Breaks++
		w.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(returnAfter):
		}
	}
}

// Watched is what was noted so far.
func (w *Watcher) Watched() Watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.seen
	out.By, out.Numbers, out.Messages = w.Name, slices.Clone(w.seen.Numbers), maps.Clone(w.seen.Messages)
	return out
}

// Last is the number of the last event that came.
func (w *Watcher) Last() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

func (w *Watcher) follow(ctx context.Context) error {
	req, err := w.Desk.request(ctx, http.MethodGet, "/events", nil)
	if err != nil {
		return err
	}
	// The number is told from the beginning: what happens before the first
	// stream opens is watched as well.
	req.Header.Set("Last-Event-ID", strconv.FormatUint(w.Last(), 10))
	answer, err := streaming(w.Desk.Client).Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return &Refused{Status: answer.StatusCode, Call: "GET /events"}
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	var number uint64
	var data bytes.Buffer
	for lines.Scan() {
		line := lines.Text()
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" && number > 0:
			if err := w.note(number, data.Bytes()); err != nil {
				return err
			}
			number = 0
			data.Reset()
		case name == "id":
			if number, err = strconv.ParseUint(value, 10, 64); err != nil {
				return err
			}
		case name == "data":
			data.WriteString(value)
		}
	}
	return lines.Err()
}

// streaming is the client without its limit on how long an answer may take.
func streaming(c *http.Client) *http.Client {
	if c == nil {
		return &http.Client{}
	}
	return &http.Client{Transport: c.Transport}
}

func (w *Watcher) note(number uint64, data []byte) error {
	var event struct{ Kind, Message string }
	if err := json.Unmarshal(data, &event); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = number
	w.seen.Numbers = append(w.seen.Numbers, number)
	if w.seen.Messages == nil {
		w.seen.Messages = map[string]uint64{}
	}
	if _, told := w.seen.Messages[event.Message]; event.Kind == "message.added" && !told {
		w.seen.Messages[event.Message] = number
	}
	return nil
}
