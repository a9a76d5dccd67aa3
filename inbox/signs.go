package inbox

import (
	"context"
	"time"

	"tongdai/connectors"
)

// signTime is how long a platform may take to show a sign: it is worth nothing later.
const signTime = 5 * time.Second

// sign lets the citizen's app show what a member does, where the platform can:
// that somebody looked at what was said, or writes an answer. It is told in the
// background, once, and no matter to anybody when it fails.
func (h *Hub) sign(actor Actor, c Conversation, doing Doing) {
	signaler, ok := h.connectors[c.Channel].(connectors.Signaler)
	if !ok || c.InPublic || c.Standby || !c.Unanswered || c.Status != Open || !actor.MayWith(AnswerConversation, c) {
		return
	}
	sign := connectors.Looked
	if doing == Writing {
		sign = connectors.Typing
	}
	ctx, cancel := context.WithTimeout(context.Background(), signTime)
	h.signing.Go(func() {
		defer cancel()
		err := guarded(func() error {
			last, err := h.lastWord(ctx, c.ID)
			if err != nil {
				return err
			}
			return signaler.Signal(ctx, c.Remote, last, sign)
		})
		if err != nil {
			h.log.DebugContext(ctx, "a sign was not shown", "channel", c.Channel, "kind", connectors.KindOf(err).String())
		}
	})
}

// lastWord is the platform's id of what the citizen said last.
func (h *Hub) lastWord(ctx context.Context, id ConversationID) (last connectors.RemoteID, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		latest, err := tx.Messages(id, MessageQuery{Limit: recentPage})
		for _, m := range latest { // the oldest first
			if m.Direction == In && m.Remote != "" {
				last = m.Remote
			}
		}
		return err
	})
	return last, err
}
