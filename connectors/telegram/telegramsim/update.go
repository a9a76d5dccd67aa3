package telegramsim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tongdai/connectors/simulator"
)

// Update is one update and what came of it.
type Update struct {
	ID      int64     `json:"id"`
	Kind    string    `json:"kind"`
	Chat    int64     `json:"chat"`
	Message int64     `json:"message,omitempty"`
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at"`
	Body    []byte    `json:"-"`
	Tries   []Try     `json:"tries"`          // of a webhook
	Given   int       `json:"given"`          // times it was fetched
	Acked   time.Time `json:"acked,omitzero"` // when it was first acknowledged, or confirmed
	// Lost: nobody took it within a day, or it was confirmed without ever having
	// been given away.
	Lost bool `json:"lost,omitempty"`

	flying bool
	done   chan struct{} // closed when it waits no more
}

// Try is one delivery of an Update.
type Try = simulator.Try

// Unruly is how webhooks misbehave, beyond sending again.
type Unruly struct {
	Copies  int           `json:"copies"`  // each update is sent so many times; 0 and 1: once
	Shuffle time.Duration `json:"shuffle"` // each is held back for a random part of this
	Hold    bool          `json:"hold"`    // nothing is sent until this is false again
	Forge   bool          `json:"forge"`   // the secret is another
}

// SetUnruly changes how webhooks misbehave.
func (s *Sim) SetUnruly(u Unruly) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unruly = u
	s.pump()
}

// Renumber lets the next update have another id, as after a week of silence.
func (s *Sim) Renumber(next int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID = next
}

// Emit reports body as an update of that kind, whatever it holds.
func (s *Sim) Emit(kind string, body json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit(&chat{}, kind, Message{}, body)
}

// emit makes an update, unless the bot does not want the kind. s.mu is held.
func (s *Sim) emit(c *chat, kind string, m Message, body any) *Update {
	u := &Update{ID: s.nextID, Kind: kind, Chat: c.id, Message: m.ID, Text: m.Text, At: s.cfg.Now(), done: make(chan struct{})}
	allowed := s.hook.allowed
	if allowed == nil {
		allowed = usual
	}
	if !slices.Contains(allowed, kind) && slices.Contains(append([]string{"message_reaction"}, usual...), kind) {
		close(u.done)
		return u // nobody asked for it
	}
	s.nextID++
	u.Body = jsonOf(map[string]any{"update_id": u.ID, kind: body})
	s.updates = append(s.updates, u)
	s.pending = append(s.pending, u)
	s.wake()
	s.pump()
	return u
}

// wake lets those look again who wait for updates. s.mu is held.
func (s *Sim) wake() {
	close(s.waking)
	s.waking = make(chan struct{})
}

// expire drops what nobody took for a day. s.mu is held.
func (s *Sim) expire() {
	old := s.cfg.Now().Add(-s.cfg.UpdateLife)
	s.drop(func(u *Update) bool { return !u.At.After(old) })
}

// Expire drops all that waits, as when nobody took it for a day.
func (s *Sim) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(func(*Update) bool { return true })
}

func (s *Sim) drop(which func(*Update) bool) {
	s.pending = slices.DeleteFunc(s.pending, func(u *Update) bool {
		if u.flying || !which(u) {
			return false
		}
		u.Lost = true
		close(u.done)
		return true
	})
}

// confirm drops everything before offset. s.mu is held.
func (s *Sim) confirm(offset int64) {
	now := s.cfg.Now()
	s.pending = slices.DeleteFunc(s.pending, func(u *Update) bool {
		if u.ID >= offset {
			return false
		}
		u.Acked, u.Lost = now, u.Given == 0 && len(u.Tries) == 0
		close(u.done)
		return true
	})
}

func conflict(words string) error {
	return &refusal{Code: http.StatusConflict, Description: "Conflict: " + words}
}

// getUpdates gives away what waits, and waits where nothing does. Who asks last
// may ask: it ends an earlier one.
func (s *Sim) getUpdates(ctx context.Context, p params) (any, error) {
	offset, _ := strconv.ParseInt(p.values["offset"], 10, 64)
	limit := p.integer("limit")
	if limit < 1 || limit > 100 {
		limit = 100
	}
	s.mu.Lock()
	s.fetcher++
	me := s.fetcher
	if s.hook.url == "" {
		s.polled = true
		if _, err := p.object("allowed_updates", &s.hook.allowed); err != nil {
			s.mu.Unlock()
			return nil, err
		}
		s.expire()
		s.confirm(offset)
	}
	s.wake()
	s.mu.Unlock()
	timeout := time.NewTimer(time.Duration(p.integer("timeout")) * time.Second)
	defer timeout.Stop()
	for {
		s.mu.Lock()
		waking := s.waking
		batch, err := s.batch(me, limit)
		s.mu.Unlock()
		if err != nil || len(batch) > 0 {
			return batch, err
		}
		select {
		case <-waking:
		case <-timeout.C:
			return []json.RawMessage{}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.ctx.Done():
			return nil, s.ctx.Err()
		}
	}
}

// batch is what waits. s.mu is held.
func (s *Sim) batch(me uint64, limit int) (batch []json.RawMessage, err error) {
	switch {
	case s.hook.url != "":
		return nil, conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	case s.fetcher != me:
		return nil, conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
	}
	for _, u := range s.pending {
		if len(batch) < limit && !u.flying {
			u.Given++
			batch = append(batch, u.Body)
		}
	}
	return batch, nil
}

// pump sends what waits, as many at once as the webhook takes. s.mu is held.
func (s *Sim) pump() {
	if s.hook.url == "" || s.unruly.Hold || s.ctx.Err() != nil {
		return
	}
	s.expire()
	most := s.hook.connections
	if s.cfg.Connections > 0 {
		most = s.cfg.Connections
	}
	flying := 0
	for _, u := range s.pending {
		if u.flying {
			flying++
		}
	}
	for _, u := range s.pending {
		if flying >= most {
			return
		}
		if u.flying {
			continue
		}
		u.flying = true
		flying++
		target, secret, unruly := s.hook.url, s.hook.secret, s.unruly
		s.server.Go(func() { s.insist(u, target, secret, unruly) })
	}
}

// insist sends u once and holds its place among the connections for a while when
// it was not acknowledged: what comes after it waits, as on the platform.
func (s *Sim) insist(u *Update, target, secret string, unruly Unruly) {
	if unruly.Shuffle > 0 && !simulator.Pause(s.ctx, rand.N(unruly.Shuffle)) {
		return
	}
	if unruly.Forge {
		secret += "x"
	}
	var try Try
	for range max(unruly.Copies, 1) {
		var answer []byte
		try, answer = s.deliver(u, target, secret)
		if try.Status/100 == 2 {
			s.obey(answer)
		}
		s.mu.Lock()
		u.Tries = append(u.Tries, try)
		s.mu.Unlock()
	}
	if try.Status/100 != 2 {
		simulator.Pause(s.ctx, s.cfg.Resend)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.flying = false
	if try.Status/100 == 2 {
		u.Acked = try.At
		s.pending = slices.DeleteFunc(s.pending, func(other *Update) bool { return other == u })
		close(u.done)
	} else {
		s.hook.failed, s.hook.failure = try.At, failureOf(try)
	}
	s.pump()
}

func failureOf(t Try) string {
	if t.Status == 0 {
		return "Connection timed out"
	}
	return fmt.Sprintf("Wrong response from the webhook: %d %s", t.Status, http.StatusText(t.Status))
}

func (s *Sim) deliver(u *Update, target, secret string) (Try, []byte) {
	header := map[string]string{}
	if secret != "" {
		header["X-Telegram-Bot-Api-Secret-Token"] = secret
	}
	try, answer := simulator.Deliver(s.ctx, s.cfg.Client, s.cfg.AckWithin, target, u.Body, header)
	try.At = s.cfg.Now()
	return try, answer
}

// obey makes the call that a webhook answered with. Nobody learns what came of it.
func (s *Sim) obey(answer []byte) {
	p := params{values: map[string]string{}, uploads: map[string]upload{}}
	if p.readJSON(answer) != nil || p.values["method"] == "" {
		return
	}
	call := Call{At: s.cfg.Now(), Method: p.values["method"], Answered: true}
	if _, err := s.do(call.Method, p, &call); err != nil {
		call.Description = err.Error()
	}
	s.record(call)
}
