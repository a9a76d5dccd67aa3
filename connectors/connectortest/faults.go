package connectortest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// Fault is how a call goes wrong. The zero Fault is none.
type Fault struct {
	Status int           // of the answer, with Body instead of the platform's own
	Body   string        // of the answer
	Type   string        // media type of Body; "": application/json
	After  time.Duration // told in the header Retry-After, in whole seconds
	To     string        // where a redirect leads
	// Accepted: the platform has done what it was asked before the fault.
	Accepted bool
	Cut      bool // the connection breaks in the middle of the answer
	Reset    bool // the connection breaks before the answer
	Stall    bool // no answer as long as the caller waits
	// Slow is how long the answer takes; it is the platform's own unless Status is set.
	Slow time.Duration
}

// Faults stands in front of a simulator and answers in its place as it is told.
type Faults struct {
	platform http.Handler
	concerns func(*http.Request) bool

	mu    sync.Mutex
	fault Fault
	hits  int
}

// NewFaults returns a handler that passes everything on to platform, until Set.
// concerns tells which requests the faults befall; nil: all.
func NewFaults(platform http.Handler, concerns func(*http.Request) bool) *Faults {
	return &Faults{platform: platform, concerns: concerns}
}

// Set has the next requests go wrong; the zero Fault mends all.
func (f *Faults) Set(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.hits = fault, 0
}

// Hits is how many requests the present fault has befallen.
func (f *Faults) Hits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hits
}

func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := f.next(r)
	if fault == (Fault{}) {
		f.platform.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	if fault.Accepted || fault.Status == 0 && !fault.Stall && !fault.Reset {
		f.platform.ServeHTTP(answer, r)
	}
	if fault.Status != 0 {
		answer = fault.answer()
	}
	_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that a caller has left
	if fault.Stall {
		<-r.Context().Done()
		return
	}
	if fault.Reset {
		panic(http.ErrAbortHandler)
	}
	if !wait(r, fault.Slow) {
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	body := answer.Body.Bytes()
	if !fault.Cut {
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body) // a caller that left needs no answer
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (f *Faults) next(r *http.Request) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.concerns != nil && !f.concerns(r) {
		return Fault{}
	}
	if f.fault != (Fault{}) {
		f.hits++
	}
	return f.fault
}

func (f Fault) answer() *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	answer.Header().Set("Content-Type", "application/json")
	if f.Type != "" {
		answer.Header().Set("Content-Type", f.Type)
	}
	if f.After > 0 {
		answer.Header().Set("Retry-After", strconv.Itoa(int(f.After/time.Second)))
	}
	if f.To != "" {
		answer.Header().Set("Location", f.To)
	}
	answer.WriteHeader(f.Status)
	_, _ = answer.WriteString(f.Body) // into memory: cannot fail
	return answer
}

func wait(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
