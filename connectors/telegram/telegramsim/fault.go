package telegramsim

import (
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
	On          string        `json:"on"`    // a method, "file"; empty: all
	Times       int           `json:"times"` // so many calls; 0: until ClearFaults
	Delay       time.Duration `json:"delay"` // before anything is done
	Late        time.Duration `json:"late"`  // after it was done, before the answer
	Cut         Cut           `json:"cut"`
	Code        int           `json:"code"` // of a refusal, and its status
	Description string        `json:"description"`
	RetryAfter  int           `json:"retryAfter"` // seconds
	Body        string        `json:"body"`       // instead of a refusal, with Code as status
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

// faulty puts the call on the ledger and lets the faults at it.
func (s *Sim) faulty(w http.ResponseWriter, r *http.Request, call Call, next func(http.ResponseWriter, *Call)) {
	s.faults.Serve(w, r, call.Method, call, next, func(call Call, came simulator.Outcome) {
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
	if f.Body == "" {
		write(w, call, nil, &refusal{f.Code, f.Description, f.RetryAfter})
		return
	}
	if call.Code = f.Code; f.Code != 0 {
		w.WriteHeader(f.Code)
	}
	_, _ = w.Write([]byte(f.Body)) // into a recorder
}
