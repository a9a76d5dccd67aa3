package simulator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Crowd is how many citizens write how much. What is zero gets the value told beside it.
type Crowd struct {
	Senders int // citizens who write at the same time; 64
	// Citizens in all: when one has said everything the next begins; as many as Senders.
	Citizens int
	Each     int // messages of each, one after the other was acknowledged; 10
	// Text of the message number i of a citizen; counted questions.
	Text func(citizen, i int) string
	// Pace is waited for before each message; none.
	Pace func(ctx context.Context) error
}

func (c Crowd) withDefaults() Crowd {
	c.Senders = cmp.Or(c.Senders, 64)
	c.Citizens = cmp.Or(c.Citizens, c.Senders)
	c.Each = cmp.Or(c.Each, 10)
	if c.Text == nil {
		c.Text = func(citizen, i int) string {
			return fmt.Sprintf("Câu hỏi số %d của người dân %d", i+1, citizen+1)
		}
	}
	return c
}

// LoadReport is what came of a Load. Everything else is on the simulator's ledger. U is
// how the platform calls a citizen.
type LoadReport[U any] struct {
	Users []U             // the citizens
	Sent  int             // messages
	Tries int             // deliveries of them, resends included
	Acked int             // messages acknowledged in the end
	Took  time.Duration   // from the first try to the last acknowledgement
	Waits []time.Duration // of each acknowledged message, as the platform counts it, sorted
}

// Quantile of the waits: 0.5 is the median.
func (r LoadReport[U]) Quantile(q float64) time.Duration {
	if len(r.Waits) == 0 {
		return 0
	}
	return r.Waits[min(int(q*float64(len(r.Waits))), len(r.Waits)-1)]
}

// Load has the crowd write, until everything is acknowledged or somebody's message
// cannot be, which is an error. citizen makes somebody known, and say says something
// and returns when it is acknowledged: after what wait, and how many deliveries.
func Load[U any](ctx context.Context, crowd Crowd, citizen func(name string) U, say func(user U, text string) (time.Duration, int, error)) (LoadReport[U], error) {
	crowd = crowd.withDefaults()
	var all sync.WaitGroup
	var mu sync.Mutex // of report and failed
	var report LoadReport[U]
	var failed error
	one := func(number int) error {
		user := citizen(fmt.Sprintf("Người dân %d", number+1))
		mu.Lock()
		report.Users = append(report.Users, user)
		mu.Unlock()
		for i := range crowd.Each {
			if crowd.Pace != nil {
				if err := crowd.Pace(ctx); err != nil {
					return err
				}
			}
			waited, tries, err := say(user, crowd.Text(number, i))
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
	var next atomic.Int64
	for range crowd.Senders {
		all.Go(func() {
			for number := int(next.Add(1)) - 1; number < crowd.Citizens; number = int(next.Add(1)) - 1 {
				if err := one(number); err != nil {
					mu.Lock()
					failed = cmp.Or(failed, err)
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
