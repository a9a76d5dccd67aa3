package messengersim

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
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
type LoadReport struct {
	Users []string        // of the citizens
	Sent  int             // messages
	Tries int             // deliveries of them, resends included
	Acked int             // messages acknowledged in the end
	Took  time.Duration   // from the first try to the last acknowledgement
	Waits []time.Duration // of each message, until it was acknowledged, sorted
}

// Quantile of the waits: 0.5 is the median.
func (r LoadReport) Quantile(q float64) time.Duration {
	if len(r.Waits) == 0 {
		return 0
	}
	return r.Waits[min(int(q*float64(len(r.Waits))), len(r.Waits)-1)]
}

// Load has citizens write until everything is acknowledged or ctx ends, which is
// an error. Config.Resends must last until the hub is there again.
func (s *Sim) Load(ctx context.Context, load Load) (LoadReport, error) {
	load = s.loadDefaults(load)
	var all sync.WaitGroup
	var mu sync.Mutex
	var next atomic.Int64
	var report LoadReport
	var failed error
	one := func(citizen int) error {
		user := s.Citizen(load.Page, fmt.Sprintf("Người dân %d", citizen+1))
		mu.Lock()
		report.Users = append(report.Users, user)
		mu.Unlock()
		for i := range load.Each {
			if load.Pace != nil {
				if err := load.Pace(ctx); err != nil {
					return err
				}
			}
			waited, tries, err := s.push(ctx, load.Page, user, load.Text(citizen, i))
			mu.Lock()
			report.Sent++
			report.Tries += tries
			if err == nil {
				report.Acked++
				report.Waits = append(report.Waits, waited)
			}
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	}
	start := time.Now()
	for range load.Senders {
		all.Go(func() {
			for {
				citizen := int(next.Add(1)) - 1
				if citizen >= load.Citizens {
					return
				}
				if err := one(citizen); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
			}
		})
	}
	all.Wait()
	report.Took = time.Since(start)
	slices.Sort(report.Waits)
	return report, failed
}

func (s *Sim) loadDefaults(load Load) Load {
	if load.Page == "" {
		load.Page = s.cfg.Pages[0].ID
	}
	if load.Senders == 0 {
		load.Senders = 64
	}
	if load.Citizens == 0 {
		load.Citizens = load.Senders
	}
	if load.Each == 0 {
		load.Each = 10
	}
	if load.Text == nil {
		load.Text = func(citizen, i int) string {
			return fmt.Sprintf("Câu hỏi số %d của người dân %d", i+1, citizen+1)
		}
	}
	return load
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
