package telegramsim

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Load is how many citizens write how much.
type Load struct {
	Senders  int // citizens who write at the same time; 64
	Citizens int // in all: when one has said everything the next begins; as many as Senders
	Each     int // messages of each, one after the other was taken; 10
	// Text of the message number i of a citizen; counted questions.
	Text func(citizen, i int) string
	// Pace is waited for before each message; none.
	Pace func(ctx context.Context) error
}

// LoadReport is what came of a Load. Everything else is on the Ledger.
type LoadReport struct {
	Users []int64
	Sent  int
	Acked int
	Took  time.Duration   // from the first message to the last acknowledgement
	Waits []time.Duration // of each message, from when it was said until it was acknowledged or confirmed
}

// Load has citizens write until everything is taken or ctx ends, which is an error.
func (s *Sim) Load(ctx context.Context, load Load) (LoadReport, error) {
	load.Senders = cmp.Or(load.Senders, 64)
	load.Citizens = cmp.Or(load.Citizens, load.Senders)
	load.Each = cmp.Or(load.Each, 10)
	if load.Text == nil {
		load.Text = func(citizen, i int) string {
			return fmt.Sprintf("Câu hỏi số %d của người dân %d", i+1, citizen+1)
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var next atomic.Int64
	var report LoadReport
	var failed error
	start := time.Now()
	for range load.Senders {
		all.Go(func() {
			for citizen := int(next.Add(1)) - 1; citizen < load.Citizens; citizen = int(next.Add(1)) - 1 {
				user := s.Citizen(fmt.Sprintf("Người dân %d", citizen+1))
				waits, err := s.talk(ctx, load, user, citizen)
				mu.Lock()
				report.Users = append(report.Users, user)
				report.Waits = append(report.Waits, waits...)
				failed = cmp.Or(failed, err)
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	all.Wait()
	report.Took = time.Since(start)
	report.Acked = len(report.Waits)
	report.Sent = load.Citizens * load.Each
	slices.Sort(report.Waits)
	return report, failed
}

// talk is everything that one citizen says.
func (s *Sim) talk(ctx context.Context, load Load, user int64, citizen int) (waits []time.Duration, err error) {
	for i := range load.Each {
		if load.Pace != nil {
			if err := load.Pace(ctx); err != nil {
				return waits, err
			}
		}
		s.mu.Lock()
		u := s.send(user, Message{Kind: Text, Text: load.Text(citizen, i)})
		s.mu.Unlock()
		start := time.Now()
		select {
		case <-u.done:
			waits = append(waits, time.Since(start))
		case <-ctx.Done():
			return waits, fmt.Errorf("telegramsim: a message was not taken: %w", ctx.Err())
		case <-s.ctx.Done():
			return waits, fmt.Errorf("telegramsim: closed before a message was taken: %w", s.ctx.Err())
		}
	}
	return waits, nil
}
