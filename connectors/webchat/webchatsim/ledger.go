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

// Verdict is what a visitor's ledger and the hub's history say together.
type Verdict struct {
	Acked    int
	Answers  int             // of the bot
	Waits    []time.Duration // from a message's first try to the bot's answer to it
	Last     time.Time       // of the bot's last answer
	Problems []string
}

// Check reads the visitor's history and compares it with the ledger: what was
// acknowledged is there exactly once, unchanged and in order; what was not is
// there at most once; nothing is there that was never said; and there is at
// most one answer of the bot for each message.
func (l *Ledger) Check(ctx context.Context) (Verdict, error) {
	history, err := l.Visitor.History(ctx)
	if err != nil {
		return Verdict{}, err
	}
	return l.compare(history), nil
}

func (l *Ledger) compare(history []Message) Verdict {
	var v Verdict
	bad := func(format string, args ...any) { v.Problems = append(v.Problems, fmt.Sprintf(format, args...)) }
	place := map[string]int{} // of a key in the ledger
	for i, said := range l.Said {
		place[said.Key] = i
	}
	shown := make([]int, len(l.Said))
	lastSeq := map[string]uint64{}
	last := -1
	own := 0
	for _, m := range history {
		if m.Seq <= lastSeq[m.Conversation] {
			bad("number %d comes after %d", m.Seq, lastSeq[m.Conversation])
		}
		lastSeq[m.Conversation] = m.Seq
		if !m.Own {
			if m.Author == "bot" {
				v.Answers++
				v.Last = m.At
				if last >= 0 && v.Answers == own {
					v.Waits = append(v.Waits, m.At.Sub(l.Said[last].At))
				}
			}
			continue
		}
		i, known := place[m.Key]
		if !known {
			bad("a message %q is shown that was never said", m.Key)
			continue
		}
		own++
		if shown[i]++; shown[i] == 1 && i < last {
			bad("message %s is shown after a later one", m.Key)
		}
		last = max(last, i)
		if m.Text != l.Said[i].Text {
			bad("message %s is shown with other words", m.Key)
		}
	}
	for i, said := range l.Said {
		switch {
		case shown[i] > 1:
			bad("message %s is shown %d times", said.Key, shown[i])
		case shown[i] == 0 && !said.Acked.IsZero():
			bad("message %s was acknowledged and is lost", said.Key)
		}
		if !said.Acked.IsZero() {
			v.Acked++
		}
	}
	if v.Answers > own {
		bad("%d answers of the bot to %d messages", v.Answers, own)
	}
	if own > 0 && v.Answers == 0 {
		bad("nobody was answered")
	}
	return v
}
