package inbox

import (
	"context"
	"errors"
)

// GatheredAnswer is one text to all who reported the same.
type GatheredAnswer struct {
	Text    string
	Key     string // made by the client: the same key again sends nobody a second message
	Resolve bool   // close every report that was answered
}

// Reached is what became of a GatheredAnswer in one report.
type Reached struct {
	Conversation ConversationID
	Code         string
	ContactName  string
	State        ReachState
	Trouble      string // for members, of Unreached: why, and what else can be done
}

// ReachState tells whether a report was answered.
type ReachState string

// The states of a Reached. What Waits was not tried: the same answer, with the
// same key, goes on where it left off.
const (
	ReachedNow ReachState = "sent"
	Unreached  ReachState = "not_sent"
	Waits      ReachState = "waits"
)

// answersAtATime is how many reports one call answers: it ends before whoever
// waits for it gives up.
const answersAtATime = 50

// AnswerIncident sends one text to every open report, each as a message of its
// own, on its own channel, by the right to answer it. One that cannot be sent
// holds up no other, and is named.
func (h *Hub) AnswerIncident(ctx context.Context, actor Actor, id IncidentID, answer GatheredAnswer) ([]Reached, error) {
	if err := h.checkReply(NewReply{Text: answer.Text, Key: answer.Key}); err != nil {
		return nil, err
	}
	g, had, err := h.answered(ctx, actor, id, answer)
	if err != nil {
		return nil, err
	}
	if !actor.May(AnswerConversation) {
		return nil, ErrForbidden
	}
	var out []Reached
	tried := 0
	for _, c := range g.Reports {
		r := Reached{Conversation: c.ID, Code: c.Code, ContactName: c.ContactName, State: Waits}
		switch {
		case had[c.ID]:
			r.State = ReachedNow
		case c.Status == Resolved:
			continue
		case tried < answersAtATime && ctx.Err() == nil:
			tried++
			r.State, r.Trouble = h.answerOne(ctx, actor, c, answer)
		}
		out = append(out, r)
	}
	return out, nil
}

// keyFor is the key of the message in one report. Members see what was said
// under it once, however often they ask for it.
func (a GatheredAnswer) keyFor(id ConversationID) string { return a.Key + "/" + string(id) }

// sinceAnswered is how far back an earlier call's answer is looked for: little
// is said between a try and the next.
const sinceAnswered = 20

// answered reads the incident, and which of its reports an earlier call has answered.
func (h *Hub) answered(ctx context.Context, actor Actor, id IncidentID, answer GatheredAnswer) (g Gathering, had map[ConversationID]bool, err error) {
	err = h.store.View(ctx, func(tx Reader) (err error) {
		if g, err = actor.gathering(tx, id); err != nil {
			return err
		}
		had = map[ConversationID]bool{}
		for _, c := range g.Reports {
			latest, err := tx.Messages(c.ID, MessageQuery{Limit: sinceAnswered})
			if err != nil {
				return err
			}
			for _, m := range latest {
				had[c.ID] = had[c.ID] || m.Key == answer.keyFor(c.ID) && m.Author.Member == actor.Member.ID
			}
		}
		return nil
	})
	return g, had, err
}

// answerOne answers one report.
func (h *Hub) answerOne(ctx context.Context, actor Actor, c Conversation, answer GatheredAnswer) (ReachState, string) {
	open, err := h.takesAnswers(ctx, c)
	if err == nil && !open {
		return Unreached, "Kênh không nhận câu trả lời nữa vì người dân nhắn đã lâu; hãy gọi điện hoặc chờ người dân nhắn lại."
	}
	if err == nil {
		_, err = h.Reply(ctx, actor, c.ID, NewReply{Text: answer.Text, Key: answer.keyFor(c.ID), Force: true, Resolve: answer.Resolve})
	}
	switch {
	case err == nil:
		return ReachedNow, ""
	case errors.Is(err, ErrForbidden) || errors.Is(err, ErrNotFound):
		return Unreached, "Anh/chị không có quyền trả lời phiếu này; hãy báo đơn vị phụ trách."
	}
	if invalid, ok := errors.AsType[Invalid](err); ok {
		return Unreached, invalid[0].Message
	}
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return Unreached, refused.Message
	}
	if ctx.Err() == nil && !errors.Is(err, ErrUnavailable) {
		h.log.ErrorContext(ctx, "a report of an incident could not be answered", "conversation", c.ID, "err", err)
	}
	return Waits, ""
}

// takesAnswers reports whether the platform still takes answers to the citizen.
func (h *Hub) takesAnswers(ctx context.Context, c Conversation) (open bool, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		until, err := h.replyUntil(tx, c)
		open = until.IsZero() || until.After(h.store.Now())
		return err
	})
	return open, err
}

// TextLimitOf is the longest text that every channel of the open reports takes,
// in characters; zero: none has a limit.
func (h *Hub) TextLimitOf(reports []Conversation) (limit int) {
	for _, c := range reports {
		if most := h.LimitsOf(c.Channel).TextLength; c.Status == Open && most > 0 && (limit == 0 || most < limit) {
			limit = most
		}
	}
	return limit
}
