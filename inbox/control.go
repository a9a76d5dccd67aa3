package inbox

import (
	"context"
	"time"

	"tongdai/connectors"
)

// On some platforms several programs share an account, and one at a time may
// answer a citizen: the hub, or the platform's own inbox in which somebody
// writes. While it is another's turn the hub listens: what is said is kept and
// shown, words of danger still ring, but nobody is told to answer.

// standby follows in: who answers c is told by the way in which the platform
// reports what was said.
func (r *receiving) standby(c *Conversation, in connectors.Inbound) ([]Message, error) {
	if in.Standby == c.Standby {
		return nil, nil
	}
	return r.hub.setStandby(r.tx, c, in.Standby, r.now)
}

// controlled follows a report that it is ours to answer, or another's.
func (r *receiving) controlled(in connectors.Inbound) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	c, found, err := liveConversation(r.tx, r.raw.Channel, in.From, in.Thread)
	if err != nil || !found || c.Standby == !in.Held {
		return err
	}
	marks, err := r.hub.setStandby(r.tx, &c, !in.Held, r.now)
	if err != nil {
		return err
	}
	if c, err = r.tx.PutConversation(c); err != nil {
		return err
	}
	r.kept++
	for _, m := range marks {
		if err := r.tx.AppendEvent(messageEvent(MessageAdded, c, m, r.now)); err != nil {
			return err
		}
	}
	return nil
}

// setStandby gives c to another program of the account, or takes it back: who
// still waits for an answer then waits for people. The caller writes c.
func (h *Hub) setStandby(tx Writer, c *Conversation, standby bool, now time.Time) ([]Message, error) {
	c.Standby, c.Handler = standby, ByPeople
	action := GivenBack
	if standby {
		action = YieldedThere
		c.WaitingSince, c.Unread, c.ReadSeq = time.Time{}, 0, c.LastSeq
	}
	m, err := h.mark(tx, c, Change{Action: action}, Author{Kind: System}, now)
	if err != nil || standby || !c.Unanswered || !c.WaitingSince.IsZero() {
		return []Message{m}, err
	}
	c.WaitingSince, c.Unread = now, max(c.Unread, 1)
	return []Message{m}, h.startClocks(tx, c, now)
}

// TakeControl makes it ours to answer a citizen whom another program of the
// account answers; ErrConflict when the platform has no such thing.
func (h *Hub) TakeControl(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.control(ctx, actor, id, TookControl, connectors.Controller.Take)
}

// YieldControl leaves a citizen to the platform's own inbox.
func (h *Hub) YieldControl(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.control(ctx, actor, id, YieldedControl, connectors.Controller.Yield)
}

// control asks the platform first: it decides, and what it reports later
// (Controlled) corrects us where something was between.
func (h *Hub) control(ctx context.Context, actor Actor, id ConversationID, action Action,
	ask func(connectors.Controller, context.Context, connectors.RemoteID) error,
) (Conversation, error) {
	c, err := h.answerable(ctx, actor, id)
	if err != nil {
		return c, err
	}
	controller, ok := h.connectors[c.Channel].(connectors.Controller)
	if !ok || c.InPublic {
		return c, conflict("Kênh này không có ứng dụng khác cùng trả lời.")
	}
	if err := h.asked(ctx, func(ctx context.Context) error { return ask(controller, ctx, c.Remote) }); err != nil {
		return c, err
	}
	return h.act(ctx, actor, id, action, func(a *acting) (string, error) {
		if a.c.Standby == (action == YieldedControl) {
			return "", nil
		}
		marks, err := h.setStandby(a.tx, &a.c, action == YieldedControl, a.now)
		a.added = append(a.added, marks...)
		return "", err
	})
}

// answerable is a conversation that the member may answer.
func (h *Hub) answerable(ctx context.Context, actor Actor, id ConversationID) (c Conversation, err error) {
	err = h.store.View(ctx, func(tx Reader) (err error) {
		if c, err = tx.Conversation(id); err != nil {
			return err
		}
		return actor.require(AnswerConversation, c)
	})
	return c, err
}

// asked calls a platform for a member who waits for it, and tells in people's
// words why it would not.
func (h *Hub) asked(ctx context.Context, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.SendTimeout)
	defer cancel()
	err := guarded(func() error { return call(ctx) })
	if err == nil {
		return nil
	}
	h.log.WarnContext(ctx, "a platform refused what a member asked for", "kind", connectors.KindOf(err).String(), "err", err)
	if reason := connectors.ReasonOf(err); reason != "" {
		return conflict("%s", reason)
	}
	return conflict("Nền tảng của kênh chưa làm được việc này; hãy thử lại sau ít phút.")
}
