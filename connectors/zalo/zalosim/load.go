package zalosim

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"tongdai/connectors/simulator"
)

// Load is how many citizens write how much.
type Load struct {
	OA      string // the first
	Senders int    // citizens who write at the same time; 64
	// Citizens in all: when one has said everything the next begins; as many as Senders.
	Citizens int
	Each     int // messages of each, one after the other was acknowledged; 10
	// Text of the message number i of a citizen; counted questions.
	Text func(citizen, i int) string
	// Pace is waited for before each message; none.
	Pace func(ctx context.Context) error
	// Resend is the pause before what was not acknowledged is sent again. It
	// grows up to ResendMost. The platform's own pauses are far too long for a
	// test; 50 ms and 2 s.
	Resend, ResendMost time.Duration
}

// LoadReport is what came of a Load. Everything else is on the Ledger.
type LoadReport = simulator.LoadReport[string]

// Load has citizens sign, send and resend until everything is acknowledged or
// ctx ends, which is an error.
func (s *Sim) Load(ctx context.Context, load Load) (LoadReport, error) {
	load.OA = cmp.Or(load.OA, s.cfg.OAs[0].ID)
	load.Resend = cmp.Or(load.Resend, 50*time.Millisecond)
	load.ResendMost = cmp.Or(load.ResendMost, 2*time.Second)
	return simulator.Load(ctx, simulator.Crowd{Senders: load.Senders, Citizens: load.Citizens, Each: load.Each, Text: load.Text, Pace: load.Pace},
		func(name string) string { return s.Citizen(load.OA, name) },
		func(user, text string) (time.Duration, int, error) { return s.push(ctx, load, user, text) })
}

// push says text and delivers its event until it is acknowledged.
func (s *Sim) push(ctx context.Context, load Load, user, text string) (waited time.Duration, tries int, err error) {
	s.mu.Lock()
	c := s.chat(load.OA, user)
	now := s.cfg.Now()
	m := Message{ID: s.messageID(), FromUser: true, Kind: Text, Text: text, At: now}
	c.interact(now)
	c.add(m)
	e := s.userEvent(load.OA, user, m)
	e.Number = len(s.events) + 1
	s.events = append(s.events, e)
	s.mu.Unlock()
	for pause := load.Resend; ; pause = min(2*pause, load.ResendMost) {
		start := time.Now()
		s.post(e, 0, tries)
		tries++
		s.mu.Lock()
		acked := !e.Acked.IsZero()
		s.mu.Unlock()
		if acked {
			return time.Since(start), tries, nil
		}
		select {
		case <-ctx.Done():
			return 0, tries, fmt.Errorf("zalosim: a message was not acknowledged after %d tries: %w", tries, ctx.Err())
		case <-s.ctx.Done():
			return 0, tries, fmt.Errorf("zalosim: closed before a message was acknowledged: %w", s.ctx.Err())
		case <-time.After(pause + rand.N(pause)):
		}
	}
}
