package zalosim

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"tongdai/connectors/simulator"
)

// Unruly is how webhooks misbehave, beyond resending.
type Unruly struct {
	Copies  int           `json:"copies"`  // each event is sent so many times at once; 0 and 1: once
	Shuffle time.Duration `json:"shuffle"` // each is held back for a random part of this
	Hold    bool          `json:"hold"`    // nothing is sent until this is false again; then in reverse order
	Forge   bool          `json:"forge"`   // signatures are of another secret
}

// SetUnruly changes how webhooks misbehave. What was held leaves when Hold ends.
func (s *Sim) SetUnruly(u Unruly) {
	s.mu.Lock()
	s.unruly = u
	var held []func()
	if !u.Hold {
		held, s.held = s.held, nil
	}
	s.mu.Unlock()
	for _, send := range slices.Backward(held) {
		send()
	}
}

// Emit delivers body, correctly signed, as an event of the OA and the citizen:
// for kinds that nothing else here sends, and for malformed ones.
func (s *Sim) Emit(oa, user, name string, body []byte, timestamp string) {
	s.emit(&Event{
		Name: name, OA: oa, User: user, At: s.cfg.Now(), Body: body,
		signature: Sign(s.cfg.AppID, body, timestamp, s.cfg.OASecret),
	})
}

// emit puts e on the ledger and delivers it until it is acknowledged.
func (s *Sim) emit(e *Event) {
	s.mu.Lock()
	e.Number = len(s.events) + 1
	s.events = append(s.events, e)
	copies := max(s.unruly.Copies, 1)
	if s.unruly.Forge {
		e.signature = Sign(s.cfg.AppID, e.Body, milliseconds(e.At), "not the secret")
	}
	start := func() {
		for copied := range copies {
			s.server.Go(func() { s.insist(e, copied) })
		}
	}
	if s.unruly.Hold {
		s.held = append(s.held, start)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	start()
}

// insist sends e, and again after each of the pauses until it is acknowledged.
// When nobody acknowledges it the platform gives the whole webhook up.
func (s *Sim) insist(e *Event, copied int) {
	s.mu.Lock()
	shuffle := s.unruly.Shuffle
	s.mu.Unlock()
	if shuffle > 0 && !simulator.Pause(s.ctx, rand.N(shuffle)) {
		return
	}
	if s.post(e, copied, 0) {
		return
	}
	for i, wait := range s.cfg.Resends {
		if !simulator.Pause(s.ctx, wait) {
			return
		}
		if s.post(e, copied, i+1) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.GivenUp = true
	s.disabled = s.disabled || len(s.cfg.Resends) > 0
}

// post sends e once and says whether there is nothing left to do about it.
func (s *Sim) post(e *Event, copied, retry int) (done bool) {
	s.mu.Lock()
	target := s.webhook
	e.GivenUp = target == "" || s.disabled
	stopped := e.GivenUp || s.ctx.Err() != nil
	s.mu.Unlock()
	if stopped {
		return true
	}
	header := map[string]string{"X-ZEvent-Signature": e.signature}
	if retry > 0 {
		header["num_retry"] = strconv.Itoa(retry)
	}
	try, _ := simulator.Deliver(s.ctx, s.cfg.Client, s.cfg.AckWithin, target, e.Body, header)
	try.At, try.Copy, try.Retry = s.cfg.Now(), copied, retry
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Tries = append(e.Tries, try)
	if try.Status/100 != 2 {
		return false
	}
	if e.Acked.IsZero() {
		e.Acked = try.At
	}
	return true
}
