package inbox

import (
	"context"
	"errors"

	"tongdai/connectors"
)

// Comments under a post are said before everybody, and so is what we answer.
// Where the platform allows it, one answer may be given in private, and people
// may hide a comment from the public.

// Conceal hides what a citizen said in public from the public, or shows it
// again; ErrConflict where the platform cannot, Invalid for a message that is
// not a citizen's comment in this conversation.
func (h *Hub) Conceal(ctx context.Context, actor Actor, id ConversationID, message MessageID, hidden bool) (Conversation, error) {
	c, err := h.answerable(ctx, actor, id)
	if err != nil {
		return c, err
	}
	m, err := h.comment(ctx, c, message)
	if err != nil {
		return c, err
	}
	moderator, ok := h.connectors[c.Channel].(connectors.Moderator)
	if !ok {
		return c, conflict("Kênh này không cho ẩn bình luận.")
	}
	if err := h.asked(ctx, func(ctx context.Context) error { return moderator.Conceal(ctx, m.Remote, hidden) }); err != nil {
		return c, err
	}
	action := ShowedMessage
	if hidden {
		action = HidMessage
	}
	return h.act(ctx, actor, id, action, func(a *acting) (string, error) {
		m, err := a.tx.Message(message)
		if err != nil {
			return "", err
		}
		m.Hidden = hidden
		if err := a.tx.PutMessage(m); err != nil {
			return "", err
		}
		return string(message), a.tx.AppendEvent(messageEvent(MessageChanged, a.c, m, a.now))
	})
}

// comment is what a citizen said in public in c.
func (h *Hub) comment(ctx context.Context, c Conversation, id MessageID) (m Message, err error) {
	err = h.store.View(ctx, func(tx Reader) (err error) {
		m, err = tx.Message(id)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return m, err
	}
	if err != nil || m.Conversation != c.ID || !c.InPublic || m.Direction != In {
		return m, Invalid{{Field: "message", Message: "Đây không phải bình luận công khai của phiếu này."}}
	}
	return m, nil
}

// private sees to an answer that is to be given in private: it answers one
// thing that was said, and only where everybody would read it otherwise.
func (a *acting) private(r NewReply) (quotes MessageID, err error) {
	if !r.Private {
		return r.Quotes, nil
	}
	if !a.c.InPublic || !a.hub.LimitsOf(a.c.Channel).PrivateReplies {
		return "", Invalid{{Field: "private", Message: "Phiếu này không phải bình luận công khai, nên không có trả lời riêng."}}
	}
	if r.Quotes != "" {
		return r.Quotes, nil
	}
	latest, err := a.tx.Messages(a.c.ID, MessageQuery{Limit: recentMessages})
	if err != nil {
		return "", err
	}
	for i := len(latest) - 1; i >= 0; i-- {
		if latest[i].Direction == In && latest[i].Remote != "" {
			return latest[i].ID, nil
		}
	}
	return "", Invalid{{Field: "private", Message: "Không tìm thấy bình luận để trả lời riêng."}}
}
