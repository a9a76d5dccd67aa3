package connectortest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Clock is a clock that goes only when it is told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a Clock that stands at now.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now is what the Clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass has d go by.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Log catches what is logged, by many and while it is read. The zero Log is empty.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Files is a connectors.Files in memory. A file's id is the hash of its bytes. The
// zero Files holds none.
type Files struct {
	mu   sync.Mutex
	kept map[string][]byte
}

var _ connectors.Files = (*Files)(nil)

// Put implements connectors.Files.
func (f *Files) Put(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return content.Attachment{}, err
	}
	return f.Add(name, data), nil
}

// Read implements connectors.Files.
func (f *Files) Read(_ context.Context, a content.Attachment) (io.ReadCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.kept[a.ID]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Add keeps a file.
func (f *Files) Add(name string, data []byte) content.Attachment {
	sum := sha256.Sum256(data)
	id := hex.EncodeToString(sum[:])
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil {
		f.kept = map[string][]byte{}
	}
	f.kept[id] = data
	return content.Attachment{ID: id, Name: name, Type: http.DetectContentType(data), Size: int64(len(data))}
}

// Data is what was kept under an id; nil: nothing.
func (f *Files) Data(id string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept[id]
}

// All is what was kept, by id.
func (f *Files) All() map[string][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.kept)
}

// Until waits until done is true, as long as the suite itself waits for anything.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	UntilWithin(t, patience, what, done)
}

// UntilWithin is Until with a patience of its own.
func UntilWithin(t testing.TB, most time.Duration, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(most)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %s for %s", most, what)
		}
	}
}

// WantKind wants err to be of a kind.
func WantKind(t testing.TB, err error, want connectors.Kind) {
	t.Helper()
	if err == nil || connectors.KindOf(err) != want {
		t.Errorf("error is %v of the kind %s, want %s", err, connectors.KindOf(err), want)
	}
}

// Serve has handler answer r.
func Serve(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer
}

// Deliver posts body to handler, as a platform does, and returns the status of the
// answer.
func Deliver(handler http.Handler, body string, header map[string]string) int {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for name, value := range header {
		r.Header.Set(name, value)
	}
	return Serve(handler, r).Code
}

// Forgetful is a connectors.Receiver that keeps nothing, so that benchmarks measure
// the connector alone.
type Forgetful struct{}

// Receive implements connectors.Receiver.
func (Forgetful) Receive(context.Context, connectors.Raw, []connectors.Inbound) error { return nil }
