package mattermostsim

import (
	"encoding/json"
	"net/http"
	"time"

	"tongdai/connectors/simulator"
)

// Cut is where a connection breaks.
type Cut = simulator.Cut

// The places where a connection breaks.
const (
	CutBefore = simulator.CutBefore
	CutAfter  = simulator.CutAfter
	CutHalf   = simulator.CutHalf
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
}

// Unruly are habits that the server may have. Zero is none.
type Unruly struct {
	Double  bool          `json:"double"`  // events come twice
	Shuffle time.Duration `json:"shuffle"` // events of so long are brought together, the last first
	NoDedup bool          `json:"noDedup"` // a pending_post_id is not remembered
}

// Fail adds f to the faults. The first that applies to a call is the one.
func (s *Sim) Fail(f Fault) {
	fault := simulator.Fault[Call]{On: f.On, Times: f.Times, Delay: f.Delay, Late: f.Late, Cut: f.Cut}
	if f.Code != 0 || f.Body != "" {
		fault.MakeUp = f.makeUp
	}
	s.faults.Add(fault)
}

// ClearFaults ends all faults and returns how many calls they hit.
func (s *Sim) ClearFaults() int { return s.faults.Clear() }

// SetUnruly changes the habits from now on.
func (s *Sim) SetUnruly(u Unruly) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unruly = u
}

// faulty puts the call on the ledger and lets the faults at it.
func (s *Sim) faulty(w http.ResponseWriter, r *http.Request, call Call, next func(http.ResponseWriter, *Call)) {
	s.faults.Serve(w, r, call.Name, call, next, func(call Call, came simulator.Outcome) {
		call.Cut, call.Made = came.Cut, came.Made
		s.record(call)
	})
}

func (s *Sim) record(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
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
