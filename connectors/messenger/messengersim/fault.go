package messengersim

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// Endpoint names what the hub may call.
type Endpoint string

// The endpoints.
const (
	MessageEndpoint Endpoint = "message" // messages and sender actions
	UploadEndpoint  Endpoint = "upload"
	CommentEndpoint Endpoint = "comment" // answers below comments, and hiding
	UserEndpoint    Endpoint = "user"
	PageEndpoint    Endpoint = "page" // who it is, what it tells, how it introduces itself
	AppEndpoint     Endpoint = "app"  // the app's webhook
	ThreadEndpoint  Endpoint = "thread"
	HistoryEndpoint Endpoint = "history"
	MediaEndpoint   Endpoint = "media" // links to what citizens sent
)

// Cut is where a connection breaks.
type Cut string

// The places where a connection breaks.
const (
	CutBefore Cut = "before" // nothing was done
	CutAfter  Cut = "after"  // all was done, no byte of the answer leaves
	CutHalf   Cut = "half"   // all was done, half of the answer leaves
)

// Fault makes calls go wrong. Delay and Late may be joined with everything
// else; Status, Code and Body make an answer up and nothing is done.
type Fault struct {
	On        Endpoint          `json:"on"`    // empty: every endpoint
	Times     int               `json:"times"` // so many calls; 0: until ClearFaults
	Delay     time.Duration     `json:"delay"` // before anything is done
	Late      time.Duration     `json:"late"`  // after it was done, before the answer
	Cut       Cut               `json:"cut"`
	Status    int               `json:"status"`
	Code      int               `json:"code"` // of an error, with Status, 400 when that is 0
	Subcode   int               `json:"subcode"`
	Transient bool              `json:"transient"`
	Message   string            `json:"message"`
	Body      string            `json:"body"`
	Header    map[string]string `json:"header"`

	hits int
}

// Fail adds f to the faults. The first that applies to a call is the one.
func (s *Sim) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all faults and returns how many calls they hit.
func (s *Sim) ClearFaults() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	hits := 0
	for _, f := range s.faults {
		hits += f.hits
	}
	s.faults = nil
	return hits
}

// fault returns the one that applies to a call of on, and counts it.
func (s *Sim) fault(on Endpoint) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if (f.On == "" || f.On == on) && (f.Times == 0 || f.hits < f.Times) {
			f.hits++
			return *f
		}
	}
	return Fault{}
}

// serve does what was called and notes in call what came of it.
type serve func(w http.ResponseWriter, r *http.Request, call *Call)

// faulty puts the call on the ledger and lets the faults at it.
func (s *Sim) faulty(on Endpoint, next serve) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := Call{At: s.cfg.Now(), Endpoint: on}
		f := s.fault(on)
		if !sleep(r, f.Delay) {
			call.Cut = true
			s.record(call)
			return
		}
		answer := httptest.NewRecorder()
		switch {
		case f.Cut == CutBefore:
		case f.Status != 0 || f.Code != 0 || f.Body != "":
			call.Made = true
			f.makeUp(answer, &call)
		default:
			next(answer, r, &call)
		}
		call.Cut = f.Cut != ""
		if !call.Cut {
			call.Status = answer.Code
		}
		s.record(call)
		sleep(r, f.Late)
		give(w, answer, f.Cut)
	}
}

func (s *Sim) record(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

// sleep waits and says false when the caller went away meanwhile.
func sleep(r *http.Request, d time.Duration) bool {
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

func (f Fault) makeUp(w http.ResponseWriter, call *Call) {
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	call.Code, call.Subcode = f.Code, f.Subcode
	status := f.Status
	if status == 0 && f.Code != 0 {
		status = http.StatusBadRequest
	}
	if status != 0 {
		w.WriteHeader(status)
	}
	if f.Code != 0 {
		no := refuse(f.Code, f.Subcode, "%s", f.Message)
		no.Transient = f.Transient
		_, _ = w.Write(encode(map[string]any{"error": no})) // into a recorder
		return
	}
	_, _ = w.Write([]byte(f.Body))
}

// give writes the answer, or as much of it as the connection lasts.
func give(w http.ResponseWriter, answer *httptest.ResponseRecorder, cut Cut) {
	if cut == CutBefore || cut == CutAfter {
		panic(http.ErrAbortHandler)
	}
	body := answer.Body.Bytes()
	maps.Copy(w.Header(), answer.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	if cut == CutHalf {
		body = body[:len(body)/2]
	}
	_, _ = bytes.NewReader(body).WriteTo(w) // a caller that left needs no answer
	if cut == CutHalf {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
