package mattermostsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
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
// else; Code and Body make an answer up and nothing is done.
type Fault struct {
	// On is the name of a call, such as "POST /posts", "GET /files/{file}" or
	// "GET /websocket"; empty: all.
	On      string        `json:"on"`
	Times   int           `json:"times"` // so many calls; 0: until ClearFaults
	Delay   time.Duration `json:"delay"` // before anything is done
	Late    time.Duration `json:"late"`  // after it was done, before the answer
	Cut     Cut           `json:"cut"`
	Code    int           `json:"code"` // status of a refusal; 429 is told as the server does, in plain text
	ErrorID string        `json:"errorId"`
	Message string        `json:"message"`
	// RetryAfter are seconds, of a 429; 1.
	RetryAfter int    `json:"retryAfter"`
	Body       string `json:"body"` // instead of a refusal, with Code as status

	hits int
}

// Unruly are habits that the server may have. Zero is none.
type Unruly struct {
	Double  bool          `json:"double"`  // events come twice
	Shuffle time.Duration `json:"shuffle"` // events of so long are brought together, the last first
	NoDedup bool          `json:"noDedup"` // a pending_post_id is not remembered
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

// SetUnruly changes the habits from now on.
func (s *Sim) SetUnruly(u Unruly) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unruly = u
}

// fault returns the one that applies to a call of on, and counts it.
func (s *Sim) fault(on string) Fault {
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

// faulty puts the call on the ledger and lets the faults at it.
func (s *Sim) faulty(w http.ResponseWriter, r *http.Request, call Call, next func(http.ResponseWriter, *Call)) {
	f := s.fault(call.Name)
	if !s.sleep(r, f.Delay) {
		call.Cut = true
		s.record(call)
		return
	}
	answer := httptest.NewRecorder()
	switch {
	case f.Cut == CutBefore:
	case f.Code != 0 || f.Body != "":
		call.Made = true
		f.makeUp(answer, &call)
	default:
		next(answer, &call)
	}
	call.Cut = f.Cut != ""
	s.record(call)
	s.sleep(r, f.Late)
	give(w, answer, f.Cut)
}

func (s *Sim) record(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

// sleep waits and says false when the caller went away meanwhile, or the Sim.
func (s *Sim) sleep(r *http.Request, d time.Duration) bool {
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
	case <-s.ctx.Done():
		return false
	}
}

func (f Fault) makeUp(w http.ResponseWriter, call *Call) {
	call.Status, call.ErrorID = f.Code, f.ErrorID
	switch {
	case f.Body != "":
		if f.Code != 0 {
			w.WriteHeader(f.Code)
		}
		_, _ = w.Write([]byte(f.Body)) // into a recorder
	case f.Code == http.StatusTooManyRequests:
		tooMany(w, time.Duration(max(f.RetryAfter, 1))*time.Second, 100)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(f.Code)
		_ = json.NewEncoder(w).Encode(refusal{ID: f.ErrorID, Message: f.Message, Request: newID(), Status: f.Code}) // into a recorder
	}
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
	_, _ = w.Write(body) // a caller that left needs no answer
	if cut == CutHalf {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
