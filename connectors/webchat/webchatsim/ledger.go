package webchatsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// Said is one thing a visitor said, and what came of it.
type Said struct {
	Key, Text string
	At        time.Time // of the first try
	Acked     time.Time // zero: the hub never acknowledged it
	Tries     int
}

// Ledger is what one visitor said, in order. It is kept by the one goroutine
// that speaks for the visitor.
type Ledger struct {
	Visitor *Visitor
	Said    []Said
}

// resendAfter is the pause before the same message is sent again; it grows up
// to resendMost.
const (
	resendAfter = 50 * time.Millisecond
	resendMost  = 2 * time.Second
)

// Insist says text and says it again, under the same key, until the hub has
// acknowledged it or ctx ends.
func (l *Ledger) Insist(ctx context.Context, text string) error {
	l.Said = append(l.Said, Said{Key: "m" + strconv.Itoa(len(l.Said)+1), Text: text, At: time.Now()})
	said := &l.Said[len(l.Said)-1]
	pause := resendAfter
	for {
		said.Tries++
		err := l.Visitor.Say(ctx, said.Key, text)
		if err == nil {
			said.Acked = time.Now()
			return nil
		}
		wait := pause + rand.N(pause)
		if refused, ok := errors.AsType[*Refused](err); ok {
			if refused.Status < 500 && refused.Status != 429 {
				return fmt.Errorf("said %s: %w", said.Key, err)
			}
			wait = max(wait, refused.After)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("said %s %d times: %w", said.Key, said.Tries, errors.Join(ctx.Err(), err))
		case <-time.After(wait):
		}
		pause = min(2*pause, resendMost)
	}
}

// Figures are what a visitor's ledger and the hub's history say together of how
// soon the visitor was answered. Whether the history is right is another's to judge.
type Figures struct {
	Acked   int
	Answers int             // of the bot
	Waits   []time.Duration // from a message's first try to the bot's answer to it
	Last    time.Time       // of the bot's last answer
}

// Figures compares the ledger with what the hub shows the visitor.
func (l *Ledger) Figures(history []Message) (f Figures) {
	began := map[string]time.Time{} // of the messages, by key
	for _, said := range l.Said {
		began[said.Key] = said.At
		if !said.Acked.IsZero() {
			f.Acked++
		}
	}
	own, last := 0, time.Time{}
	for _, m := range history {
		switch at, known := began[m.Key]; {
		case m.Own && known:
			own, last = own+1, at
		case !m.Own && m.Author == "bot":
			f.Answers++
			f.Last = m.At
			if f.Answers == own {
				f.Waits = append(f.Waits, m.At.Sub(last))
			}
		}
	}
	return f
}
