package messengersim

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"tongdai/connectors/simulator"
)

// Load is how many citizens write how much. What they write leaves in batches,
// as Config says.
type Load struct {
	Page    string // the first
	Senders int    // citizens who write at the same time; 64
	// Citizens in all: when one has said everything the next begins; as many as Senders.
	Citizens int
	Each     int // messages of each, one after the other was acknowledged; 10
	// Text of the message number i of a citizen; counted questions.
	Text func(citizen, i int) string
	// Pace is waited for before each message; none.
	Pace func(ctx context.Context) error
}

// LoadReport is what came of a Load. Everything else is on the Ledger.
type LoadReport = simulator.LoadReport[string]

// Load has citizens write until everything is acknowledged or ctx ends, which is
// an error. Config.Resends must last until the hub is there again.
func (s *Sim) Load(ctx context.Context, load Load) (LoadReport, error) {
	load.Page = cmp.Or(load.Page, s.cfg.Pages[0].ID)
	return simulator.Load(ctx, simulator.Crowd{Senders: load.Senders, Citizens: load.Citizens, Each: load.Each, Text: load.Text, Pace: load.Pace},
		func(name string) string { return s.Citizen(load.Page, name) },
		func(user, text string) (time.Duration, int, error) { return s.push(ctx, load.Page, user, text) })
}

// push says text and waits until its event is acknowledged.
func (s *Sim) push(ctx context.Context, page, user, text string) (waited time.Duration, tries int, err error) {
	start := time.Now()
	s.mu.Lock()
	e := s.say(page, user, &Message{Text: text})
	s.mu.Unlock()
	s.emit(e)
	select {
	case <-e.done:
	case <-ctx.Done():
		err = fmt.Errorf("messengersim: a message was not acknowledged: %w", ctx.Err())
	case <-s.ctx.Done():
		err = fmt.Errorf("messengersim: closed before a message was acknowledged: %w", s.ctx.Err())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(start), len(e.Tries), err
}
