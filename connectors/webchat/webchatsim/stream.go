package webchatsim

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Stream is a visitor's open event stream.
type Stream struct {
	body  io.ReadCloser
	lines *bufio.Reader
	heard atomic.Int64 // Unix nanoseconds of the last sign of life
}

// Follow opens the visitor's event stream after a cursor; the empty one is the
// beginning. It returns once the stream shows its first sign of life. The
// stream ends with ctx. The client of the hub must have no Timeout, which would
// cut it.
func (v *Visitor) Follow(ctx context.Context, after string) (*Stream, error) {
	req, err := v.request(ctx, http.MethodGet, "/events?after="+url.QueryEscape(after), nil)
	if err != nil {
		return nil, err
	}
	resp, err := v.hub.Client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, refused(resp)
	}
	s := &Stream{body: resp.Body, lines: bufio.NewReaderSize(resp.Body, streamBuffer)}
	if _, err := s.line(); err != nil {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("the stream said nothing: %w", err)
	}
	return s, nil
}

// streamBuffer is small, as thousands of streams are held at a time; lines may be longer.
const streamBuffer = 512

// Next returns the next message that the stream tells of. Signs of life, and
// who is at the desk, are passed over. An error ends the stream.
func (s *Stream) Next() (Message, error) {
	event := ""
	for {
		line, err := s.line()
		if err != nil {
			return Message{}, err
		}
		switch field, value, _ := strings.Cut(line, ": "); {
		case field == "event":
			event = value
		case field == "data" && event == "said":
			var m Message
			err := json.Unmarshal([]byte(value), &m)
			return m, err
		}
	}
}

func (s *Stream) line() (string, error) {
	line, err := s.lines.ReadString('\n')
	if err != nil {
		return "", err
	}
	s.heard.Store(time.Now().UnixNano())
	return strings.TrimSuffix(line, "\n"), nil
}

// Heard tells when the stream last showed a sign of life.
func (s *Stream) Heard() time.Time { return time.Unix(0, s.heard.Load()) }

// Close leaves the stream.
func (s *Stream) Close() error { return s.body.Close() }
