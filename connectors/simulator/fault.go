package simulator

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
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

// Fault makes calls go wrong; C is what a ledger knows of a call. Delay and Late may
// be joined with everything else.
type Fault[C any] struct {
	On    string        // name of a call; empty: every call
	Times int           // so many calls; 0: until Clear
	Delay time.Duration // before anything is done
	Late  time.Duration // after it was done, before the answer
	Cut   Cut
	// MakeUp answers in the platform's words while nothing is done; nil: it is done.
	MakeUp func(w http.ResponseWriter, call *C)
}

// Faults are those that calls meet. The zero Faults is none.
type Faults[C any] struct {
	mu  sync.Mutex
	all []*counted[C]
}

type counted[C any] struct {
	Fault[C]
	hits int
}

// Add adds f. The first that applies to a call is the one.
func (fs *Faults[C]) Add(f Fault[C]) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.all = append(fs.all, &counted[C]{Fault: f})
}

// Clear ends all faults and returns how many calls they hit.
func (fs *Faults[C]) Clear() (hits int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.all {
		hits += f.hits
	}
	fs.all = nil
	return hits
}

// Meet returns the one that applies to a call of that name, and counts it; the zero
// Fault where none does.
func (fs *Faults[C]) Meet(on string) Fault[C] {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.all {
		if (f.On == "" || f.On == on) && (f.Times == 0 || f.hits < f.Times) {
			f.hits++
			return f.Fault
		}
	}
	return Fault[C]{}
}

// Outcome is what became of a call.
type Outcome struct {
	Status int  // 0: cut off before an answer
	Cut    bool // the caller did not get the whole answer
	Made   bool // a fault made the answer up; nothing was done
}

// Serve answers a call: do does it, unless a fault has it otherwise. What came of it is
// noted before anything of the answer leaves, so that a caller who has it finds the
// call on the ledger.
func (fs *Faults[C]) Serve(w http.ResponseWriter, r *http.Request, on string, call C, do func(http.ResponseWriter, *C), note func(C, Outcome)) {
	f := fs.Meet(on)
	if !Pause(r.Context(), f.Delay) {
		note(call, Outcome{Cut: true})
		return
	}
	answer, came := httptest.NewRecorder(), Outcome{Cut: f.Cut != ""}
	switch {
	case f.Cut == CutBefore:
	case f.MakeUp != nil:
		came.Made = true
		f.MakeUp(answer, &call)
	default:
		do(answer, &call)
	}
	if !came.Cut {
		came.Status = answer.Code
	}
	note(call, came)
	Pause(r.Context(), f.Late)
	give(w, answer, f.Cut)
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
