package zalosim

import (
	"net/http"
	"time"

	"tongdai/connectors/simulator"
)

// Endpoint names what the hub may call.
type Endpoint string

// The endpoints.
const (
	TokenEndpoint   Endpoint = "token"
	MessageEndpoint Endpoint = "message"
	UploadEndpoint  Endpoint = "upload"
	UserEndpoint    Endpoint = "user"
	OAEndpoint      Endpoint = "oa"
	QuotaEndpoint   Endpoint = "quota"
	HistoryEndpoint Endpoint = "history"
	MediaEndpoint   Endpoint = "media" // links to what citizens sent
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
// else; Status, Code and Body make an answer up and nothing is done.
type Fault struct {
	On      Endpoint          `json:"on"`    // empty: every endpoint
	Times   int               `json:"times"` // so many calls; 0: until ClearFaults
	Delay   time.Duration     `json:"delay"` // before anything is done
	Late    time.Duration     `json:"late"`  // after it was done, before the answer
	Cut     Cut               `json:"cut"`
	Status  int               `json:"status"`
	Code    int               `json:"code"` // {"error":Code} with Status, 200 when that is 0
	Message string            `json:"message"`
	Body    string            `json:"body"`
	Header  map[string]string `json:"header"`
}

// Fail adds f to the faults. The first that applies to a call is the one.
func (s *Sim) Fail(f Fault) {
	fault := simulator.Fault[Call]{On: string(f.On), Times: f.Times, Delay: f.Delay, Late: f.Late, Cut: f.Cut}
	if f.Status != 0 || f.Code != 0 || f.Body != "" {
		fault.MakeUp = f.makeUp
	}
	s.faults.Add(fault)
}

// ClearFaults ends all faults and returns how many calls they hit.
func (s *Sim) ClearFaults() int { return s.faults.Clear() }

// serve does what was called and notes in call what came of it.
type serve func(w http.ResponseWriter, r *http.Request, call *Call)

// faulty puts the call on the ledger and lets the faults at it.
func (s *Sim) faulty(on Endpoint, next serve) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		do := func(w http.ResponseWriter, call *Call) { next(w, r, call) }
		s.faults.Serve(w, r, string(on), Call{At: s.cfg.Now(), Endpoint: on}, do, s.record)
	}
}

func (s *Sim) record(call Call, came simulator.Outcome) {
	call.Status, call.Cut, call.Made = came.Status, came.Cut, came.Made
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

func (f Fault) makeUp(w http.ResponseWriter, call *Call) {
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	call.Code = f.Code
	if f.Status != 0 {
		w.WriteHeader(f.Status)
	}
	if f.Code != 0 {
		writeJSON(w, map[string]any{"error": f.Code, "message": f.Message})
		return
	}
	_, _ = w.Write([]byte(f.Body)) // into a recorder
}
