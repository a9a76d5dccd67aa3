package messengersim

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"tongdai/connectors/simulator"
)

// Unruly is how webhooks misbehave, beyond resending.
type Unruly struct {
	Copies  int           `json:"copies"`  // each request is sent so many times at once; 0 and 1: once
	Shuffle time.Duration `json:"shuffle"` // each is held back for a random part of this
	Hold    bool          `json:"hold"`    // nothing is sent until this is false again; then in reverse order
	Forge   bool          `json:"forge"`   // signatures are of another secret
	Again   bool          `json:"again"`   // each request repeats the last event of the one before
}

// SetUnruly changes how webhooks misbehave. What was held leaves when Hold ends.
func (s *Sim) SetUnruly(u Unruly) {
	s.mu.Lock()
	if s.unruly.Hold && !u.Hold {
		slices.Reverse(s.queue)
	}
	s.unruly = u
	s.mu.Unlock()
	s.hurry()
}

// Emit delivers a body, correctly signed, once: for kinds that nothing else here
// sends, and for malformed ones. It returns the status it was answered with.
func (s *Sim) Emit(ctx context.Context, body []byte) (status int, err error) {
	status, _, err = simulator.Post(ctx, s.cfg.Client, s.Webhook(), body, signedBy(Sign(body, s.cfg.AppSecret)))
	return status, err
}

// emit puts e on the ledger and has it delivered, unless the page does not tell
// its kind to our app.
func (s *Sim) emit(events ...*Event) {
	s.mu.Lock()
	for _, e := range events {
		if e == nil {
			continue
		}
		p := s.pages[e.Page]
		if e.list == "messaging" && s.chat(e.Page, e.User).owner != "" && !handover[e.Kind] {
			e.list = "standby"
		}
		e.Number = len(s.events) + 1
		s.events = append(s.events, e)
		if e.GivenUp = p.fields == nil || !p.fields[fieldOf[e.Kind]]; !e.GivenUp {
			s.queue = append(s.queue, e)
		}
	}
	s.mu.Unlock()
	s.hurry()
}

// handover are the kinds that come the same way whoever has the conversation.
var handover = map[string]bool{
	"pass_thread_control": true, "take_thread_control": true, "request_thread_control": true, "app_roles": true, "policy_enforcement": true,
}

func (s *Sim) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// dispatch gathers what is to be sent into requests.
func (s *Sim) dispatch() {
	var last *Event
	for {
		select {
		case <-s.wake:
		case <-s.ctx.Done():
			return
		}
		for {
			if s.cfg.Batch > 1 && !simulator.Pause(s.ctx, s.cfg.Gather) {
				return
			}
			batch := s.take()
			if len(batch) == 0 {
				break
			}
			s.mu.Lock()
			copies, again := max(s.unruly.Copies, 1), s.unruly.Again
			s.mu.Unlock()
			sent := batch
			if again && last != nil {
				sent = append([]*Event{last}, batch...)
			}
			last = batch[len(batch)-1]
			select {
			case s.couriers <- struct{}{}:
			case <-s.ctx.Done():
				return
			}
			body := write(sent)
			for copied := range copies {
				s.server.Go(func() { s.insist(sent, body, copied) })
			}
		}
	}
}

// take takes the next batch off the queue.
func (s *Sim) take() []*Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unruly.Hold {
		return nil
	}
	n := min(s.cfg.Batch, len(s.queue))
	batch := slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n)
	return batch
}

// insist sends a request, and again after each of the pauses until it is
// acknowledged. When nobody acknowledges it the platform takes the pages away
// from the app.
func (s *Sim) insist(batch []*Event, body []byte, copied int) {
	released := false
	release := func() {
		if !released && copied == 0 {
			<-s.couriers
		}
		released = true
	}
	defer release()
	s.mu.Lock()
	shuffle := s.unruly.Shuffle
	s.mu.Unlock()
	if shuffle > 0 && !simulator.Pause(s.ctx, rand.N(shuffle)) {
		return
	}
	for retry := 0; ; retry++ {
		if s.post(batch, body, copied, retry) {
			return
		}
		release() // others must not wait for one that is not acknowledged
		if retry == len(s.cfg.Resends) {
			break
		}
		if !simulator.Pause(s.ctx, s.cfg.Resends[retry]) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range batch {
		e.GivenUp = e.Acked.IsZero()
		if p := s.pages[e.Page]; len(s.cfg.Resends) > 0 && e.GivenUp {
			p.fields = nil
		}
	}
}

// post sends a request once and says whether there is nothing left to do about it.
func (s *Sim) post(batch []*Event, body []byte, copied, retry int) (done bool) {
	s.mu.Lock()
	target, signature := s.webhook, Sign(body, s.cfg.AppSecret)
	if s.unruly.Forge {
		signature = Sign(body, "not the secret")
	}
	stopped := target == "" || s.ctx.Err() != nil
	for _, e := range batch {
		e.GivenUp = e.GivenUp || target == ""
	}
	s.mu.Unlock()
	if stopped {
		return true
	}
	try, _ := simulator.Deliver(s.ctx, s.cfg.Client, s.cfg.AckWithin, target, body, signedBy(signature))
	try.At, try.Copy, try.Retry, try.Batch = s.cfg.Now(), copied, retry, len(batch)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range batch {
		e.Tries = append(e.Tries, try)
		if try.Status == http.StatusOK && e.Acked.IsZero() {
			e.Acked = try.At
			close(e.done)
		}
	}
	return try.Status == http.StatusOK
}

// signedBy are the headers with which the platform brings events.
func signedBy(signature string) map[string]string {
	return map[string]string{"User-Agent": "facebookexternalua", "X-Hub-Signature-256": signature}
}
