package inbox_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// tracer keeps what it is told.
type tracer struct {
	mu   sync.Mutex
	told []inbox.Stage
}

func (t *tracer) Trace(s inbox.Stage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = append(t.told, s)
}

// of are the stages of one message, by name and outcome.
func (t *tracer) of(id inbox.MessageID) (out []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.told {
		if s.Of == id {
			out = append(out, string(s.Name)+" "+s.Outcome)
		}
	}
	return out
}

func TestTheStagesOfAMessageAreToldUnderItsOwnName(t *testing.T) {
	idle(t, func(r *rig) {
		var told tracer
		r.people()
		hub, err := inbox.New(inbox.Parts{
			Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: names{}, Connectors: []connectors.Connector{r.platform, r.chat},
			Tracer: &told, Log: slog.New(slog.DiscardHandler),
		}, inbox.Config{LeaseTime: r.lease})
		if err != nil {
			t.Fatal(err)
		}
		r.hub = hub
		r.platform.answers(func(_ context.Context, n int, _ connectors.Outbound) error {
			if n == 1 {
				return &connectors.Error{Kind: connectors.Retryable}
			}
			return nil
		})
		r.start()
		r.say(zalo, "an", "hỏi giờ")
		r.pass(time.Second)
		r.say(zalo, "an", "hỏi phí") // before the answer to the first is tried again
		r.pass(time.Minute)
		var said []inbox.MessageID
		for _, m := range r.messages(r.live(zalo, "an").ID) {
			if m.Direction == inbox.In {
				said = append(said, m.ID)
			}
		}
		if len(said) != 2 {
			t.Fatalf("%d messages", len(said))
		}
		first, second := told.of(said[0]), told.of(said[1])
		if len(first)+len(second) != len(told.told) {
			t.Errorf("stages of other messages were told: %+v", told.told)
		}
		for i, stages := range [][]string{first, second} {
			want := 3
			if i == 0 {
				want = 4 // the platform was asked twice
			}
			if len(stages) != want || stages[0] != "receive " || stages[len(stages)-1] != "deliver ok" {
				t.Errorf("of message %d the stages are %q", i+1, stages)
			}
		}
		for _, s := range told.told {
			if s.Ended.Before(s.Begun) || s.Channel != zalo || (s.Name == inbox.StageDeliver) != (s.Sent != "") {
				t.Errorf("a stage is %+v", s)
			}
		}
	})
}

func TestThatNobodyTracesCostsNothing(t *testing.T) {
	idle(t, func(r *rig) {
		if n := testing.AllocsPerRun(100, func() { r.hub.TraceNothing() }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
