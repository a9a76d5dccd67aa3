package zalosim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
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
type LoadReport struct {
	Users []string        // of the citizens
	Sent  int             // messages
	Tries int             // deliveries, resends included
	Acked int             // messages acknowledged in the end
	Took  time.Duration   // from the first try to the last acknowledgement
	Waits []time.Duration // of each acknowledged delivery, from request to answer, sorted
}

// Quantile of the waits: 0.5 is the median.
func (r LoadReport) Quantile(q float64) time.Duration {
	if len(r.Waits) == 0 {
		return 0
	}
	return r.Waits[min(int(q*float64(len(r.Waits))), len(r.Waits)-1)]
}

// Load has citizens sign, send and resend until everything is acknowledged or
// ctx ends, which is an error.
func (s *Sim) Load(ctx context.Context, load Load) (LoadReport, error) {
	load = s.withDefaults(load)
	var all sync.WaitGroup
	var mu sync.Mutex
	var next atomic.Int64
	var report LoadReport
	var failed error
	one := func(citizen int) (err error) {
		user := s.Citizen(load.OA, fmt.Sprintf("Người dân %d", citizen+1))
		mu.Lock()
		report.Users = append(report.Users, user)
		mu.Unlock()
		for i := 0; i < load.Each && err == nil; i++ {
			if load.Pace != nil {
				if err := load.Pace(ctx); err != nil {
					return err
				}
			}
			var waited time.Duration
			var tries int
			waited, tries, err = s.push(ctx, load, user, load.Text(citizen, i))
			mu.Lock()
			report.Sent++
			report.Tries += tries
			if err == nil {
				report.Acked++
				report.Waits = append(report.Waits, waited)
			}
			mu.Unlock()
		}
		return err
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

func (s *Sim) withDefaults(load Load) Load {
	if load.OA == "" {
		load.OA = s.cfg.OAs[0].ID
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
	if load.Resend == 0 {
		load.Resend = 50 * time.Millisecond
	}
	if load.ResendMost == 0 {
		load.ResendMost = 2 * time.Second
	}
	return load
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
