package telegramsim

import (
	"context"
	"fmt"
	"time"

	"tongdai/connectors/simulator"
)

// Load is how many citizens write how much.
type Load = simulator.Crowd

// LoadReport is what came of a Load. Everything else is on the Ledger.
type LoadReport = simulator.LoadReport[int64]

// Load has citizens write until everything is taken or ctx ends, which is an error.
func (s *Sim) Load(ctx context.Context, load Load) (LoadReport, error) {
	return simulator.Load(ctx, load, s.Citizen, func(user int64, text string) (time.Duration, int, error) { return s.push(ctx, user, text) })
}

// push says text and waits until its update is acknowledged or confirmed.
func (s *Sim) push(ctx context.Context, user int64, text string) (waited time.Duration, tries int, err error) {
	s.mu.Lock()
	u := s.send(user, Message{Kind: Text, Text: text})
	s.mu.Unlock()
	start := time.Now()
	select {
	case <-u.done:
	case <-ctx.Done():
		err = fmt.Errorf("telegramsim: a message was not taken: %w", ctx.Err())
	case <-s.ctx.Done():
		err = fmt.Errorf("telegramsim: closed before a message was taken: %w", s.ctx.Err())
	}
	waited = time.Since(start)
	s.mu.Lock()
	defer s.mu.Unlock()
	return waited, max(len(u.Tries), u.Given), err
}
