package inbox

import (
	"context"
	"errors"
	"time"

	"tongdai/connectors"
)

// Tracer is told of every stage that a message has gone through. It must not
// wait for anybody.
type Tracer interface{ Trace(Stage) }

// StageName names a stage of a message.
type StageName string

// The stages of a message.
const (
	StageReceive StageName = "receive" // until it is on disk, and so acknowledged
	StageTurn    StageName = "turn"    // the bot decides, and what it decided is on disk
	StageDeliver StageName = "deliver" // one call of a platform with what was answered
)

// Stage is one stage that a message has gone through. It holds nothing that
// anybody said, and nobody's name.
type Stage struct {
	Name    StageName
	Of      MessageID // what the citizen said: all stages of one message have the same
	Sent    MessageID // of StageDeliver: the answer
	Channel connectors.ChannelID
	Outcome string // of StageTurn the bot's, of StageDeliver "ok" or the kind of the error
	Failed  bool
	// Begun and Ended are by the clock that all nodes share.
	Begun, Ended time.Time
}

// traceBegin is when a stage begins; zero while nobody traces.
func (h *Hub) traceBegin() time.Time {
	if h.tracer == nil {
		return time.Time{}
	}
	return h.store.Now()
}

func (h *Hub) traceReceived(begun time.Time, said []ground) {
	if h.tracer == nil {
		return
	}
	ended := h.store.Now()
	for _, s := range said {
		h.tracer.Trace(Stage{Name: StageReceive, Of: s.message.ID, Channel: s.conversation.Channel, Begun: begun, Ended: ended})
	}
}

func (h *Hub) traceTurn(took time.Duration, channel connectors.ChannelID, t Turn) {
	if h.tracer == nil {
		return
	}
	ended := h.store.Now()
	h.tracer.Trace(Stage{
		Name: StageTurn, Of: t.Message, Channel: channel, Outcome: string(t.Outcome), Begun: ended.Add(-took), Ended: ended,
	})
}

func (h *Hub) traceDelivery(ctx context.Context, begun time.Time, channel connectors.ChannelID, m Message, failed error) {
	if h.tracer != nil {
		h.tellDelivery(ctx, begun, channel, m, failed)
	}
}

func (h *Hub) tellDelivery(ctx context.Context, begun time.Time, channel connectors.ChannelID, m Message, failed error) {
	s := Stage{Name: StageDeliver, Of: m.ID, Sent: m.ID, Channel: channel, Outcome: "ok", Begun: begun, Ended: h.store.Now()}
	if failed != nil {
		s.Outcome, s.Failed = connectors.KindOf(failed).String(), true
	}
	if err := h.store.View(ctx, func(tx Reader) (err error) {
		s.Of, err = answered(tx, m)
		return err
	}); err != nil {
		h.log.DebugContext(ctx, "nobody can tell what a message answers", "message", m.ID, "err", err)
	}
	h.tracer.Trace(s)
}

// answeredWithin is how many messages before an answer are looked through for
// what it answers.
const answeredWithin = 20

// answered is what m answers: of the bot, the message whose turn was written with
// m; of people, what the citizen said last before. Where there is nothing, m itself.
func answered(tx Reader, m Message) (MessageID, error) {
	before, err := tx.Messages(m.Conversation, MessageQuery{Before: m.Seq, Limit: answeredWithin})
	last := m.ID
	for i := len(before) - 1; i >= 0 && err == nil; i-- {
		if before[i].Direction != In {
			continue
		}
		if last == m.ID {
			last = before[i].ID
		}
		if m.Author.Kind != Bot {
			return last, nil
		}
		turn, failed := tx.Turn(before[i].ID)
		if failed == nil && turn.At.Equal(m.SentAt) {
			return before[i].ID, nil
		}
		if failed != nil && !errors.Is(failed, ErrNotFound) {
			err = failed
		}
	}
	return last, err
}
