package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// acting is one act of a member on one conversation, within its transaction.
type acting struct {
	hub   *Hub
	tx    Writer
	actor Actor
	c     Conversation
	now   time.Time
	added []Message // appended by this act; an event each
}

// act lets a member change a conversation: rights first, then do, then the
// conversation, the audit row and the events, in one transaction.
func (h *Hub) act(ctx context.Context, actor Actor, id ConversationID, action Action, do func(a *acting) (detail string, err error)) (Conversation, error) {
	return h.actAs(ctx, actor, AnswerConversation, id, action, do)
}

// actAs is act for what needs another right than to answer.
func (h *Hub) actAs(ctx context.Context, actor Actor, op Operation, id ConversationID, action Action, do func(a *acting) (detail string, err error)) (Conversation, error) {
	var out Conversation
	err := h.store.Update(ctx, func(tx Writer) error {
		c, err := tx.Conversation(id)
		if err != nil {
			return err
		}
		a := &acting{hub: h, tx: tx, actor: actor, c: c, now: h.store.Now()}
		if err := actor.require(op, c); err != nil {
			return err
		}
		detail, err := do(a)
		if errors.Is(err, errUnchanged) {
			out = c
			return actor.ended(tx, nil)
		}
		if err != nil {
			return err
		}
		if out, err = a.write(action, detail); err != nil {
			return err
		}
		return actor.ended(tx, a.added)
	})
	return out, err
}

// errUnchanged ends an act that had nothing to change; it is not an error to the member.
var errUnchanged = errors.New("nothing to change")

// write puts what the act changed into the store. A conversation that leaves a
// department is told to both: to the new by the message, to the old by a
// conversation event that carries the old department.
func (a *acting) write(action Action, detail string) (Conversation, error) {
	before, err := a.tx.Conversation(a.c.ID)
	if err != nil {
		return a.c, err
	}
	if err := a.rouseIfMoved(before); err != nil {
		return a.c, err
	}
	if a.c, err = a.tx.PutConversation(a.c); err != nil {
		return a.c, err
	}
	if err := a.audit(action, detail); err != nil {
		return a.c, err
	}
	for _, m := range a.added {
		if err := a.tx.AppendEvent(messageEvent(MessageAdded, a.c, m, a.now)); err != nil {
			return a.c, err
		}
	}
	for _, d := range before.Contributing {
		if slices.Contains(a.c.Contributing, d) || d == a.c.Department {
			continue
		}
		gone := conversationEvent(a.c, a.now)
		gone.Department = d // who is asked no longer hears that it goes
		if err := a.tx.AppendEvent(gone); err != nil {
			return a.c, err
		}
	}
	if len(a.added) > 0 && before.Department == a.c.Department {
		return a.c, nil
	}
	return a.c, a.tx.AppendEvent(conversationEvent(before, a.now))
}

func (a *acting) audit(action Action, detail string) error {
	return a.tx.AppendAudit(Audit{
		At: a.now, Member: a.actor.Member.ID, Action: action, Conversation: a.c.ID,
		Target: a.c.Code, Address: a.actor.Address, Detail: detail,
	})
}

// mark shows in the thread what the member did.
func (a *acting) mark(action Action, from, to string) error {
	m, err := a.hub.mark(a.tx, &a.c, Change{Action: action, From: from, To: to}, a.author(), a.now)
	a.added = append(a.added, m)
	return err
}

func (a *acting) author() Author {
	kind := ByMember
	if a.actor.Member.Role == Staff {
		kind = ByDepartment
	}
	return Author{Kind: kind, Member: a.actor.Member.ID, Name: a.actor.Member.Name}
}

// take gives the conversation to the member who acts and silences the bot.
//
// Where a department acts as such it has the matter already: it is nobody's in particular.
func (a *acting) take() error {
	if a.c.Handler == ByPeople && a.c.Assignee == a.actor.Member.ID && !a.actor.unit {
		return nil
	}
	from := string(a.c.Assignee)
	byBot := a.c.Handler == ByBot
	a.silenceBot()
	a.c.Assignee = a.actor.Member.ID
	if a.c.Department != "" {
		if err := a.hub.settleClocks(a.tx, &a.c, a.now, PromiseKept, of(Progress)); err != nil {
			return err
		}
	}
	if byBot {
		if err := a.hub.startClocks(a.tx, &a.c, a.now); err != nil {
			return err
		}
	}
	return a.mark(Took, from, string(a.actor.Member.ID))
}

// silenceBot gives the conversation to people. Whoever has not been answered
// by the bot yet waits for them from now on: the bot will not answer any more.
func (a *acting) silenceBot() {
	if a.c.Handler == ByBot && a.c.Unanswered && a.c.Status == Open {
		a.c.WaitingSince = a.c.LastAt
		a.c.Unread = max(a.c.Unread, 1)
	}
	a.c.Handler = ByPeople
}

// Take gives the conversation to the member who acts. Of two who take at the
// same moment the second sees the first's name and decides again.
func (h *Hub) Take(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.act(ctx, actor, id, Took, func(a *acting) (string, error) {
		if a.c.Status == Resolved {
			return "", conflict("Phiếu %s đã đóng; hãy mở lại trước khi nhận.", a.c.Code)
		}
		if a.c.Assignee != "" && a.c.Assignee != actor.Member.ID {
			return "", conflict("Phiếu %s đã có người nhận; nếu cần, hãy giao lại.", a.c.Code)
		}
		if a.c.Assignee == actor.Member.ID && a.c.Handler == ByPeople && !actor.unit {
			return "", errUnchanged
		}
		return "", a.take()
	})
}

// Assign gives the conversation to a member, or to nobody when to is empty.
func (h *Hub) Assign(ctx context.Context, actor Actor, id ConversationID, to MemberID) (Conversation, error) {
	return h.act(ctx, actor, id, Assigned, func(a *acting) (string, error) {
		if to != "" {
			m, err := a.tx.Member(to)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return "", err
			}
			if err != nil || m.Disabled || !(Actor{Member: m}).MayWith(AnswerConversation, a.c) {
				return "", Invalid{{Field: "member", Message: "Cán bộ này không có quyền trả lời cuộc hội thoại; hãy chọn người khác."}}
			}
		}
		if a.c.Assignee == to && a.c.Handler == ByPeople {
			return "", errUnchanged
		}
		from := string(a.c.Assignee)
		a.silenceBot()
		a.c.Assignee = to
		return string(to), errors.Join(a.mark(Assigned, from, string(to)),
			a.notify(to, NoticeAssigned, a.actor.Member.Name+" giao phiếu này cho anh/chị."))
	})
}

// Transfer puts a department in charge, or the desk when department is empty.
// Who had taken it is released.
func (h *Hub) Transfer(ctx context.Context, actor Actor, id ConversationID, to kb.DepartmentID, note string) (Conversation, error) {
	if err := checkText("note", note, true); err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, Transferred, func(a *acting) (string, error) {
		if to != "" && h.directory.DepartmentName(to) == "" {
			return "", Invalid{{Field: "department", Message: "Không có đơn vị này trong danh mục."}}
		}
		if strings.TrimSpace(note) != "" {
			if _, err := a.note(note, ""); err != nil {
				return "", err
			}
		}
		from := a.c.Department
		a.silenceBot()
		a.c.Department, a.c.Assignee = to, ""
		a.c.Contributing = slices.DeleteFunc(slices.Clone(a.c.Contributing), func(d kb.DepartmentID) bool { return d == to })
		if to != from {
			if err := errors.Join(h.settleClocks(a.tx, &a.c, a.now, PromiseKept, of(PassOn)), h.startClocks(a.tx, &a.c, a.now)); err != nil {
				return "", err
			}
		}
		return string(from) + " → " + string(to), a.mark(Transferred, string(from), string(to))
	})
}

// File puts the conversation under a field.
func (h *Hub) File(ctx context.Context, actor Actor, id ConversationID, category kb.CategoryID) (Conversation, error) {
	return h.act(ctx, actor, id, Filed, func(a *acting) (string, error) {
		if category != "" && h.directory.CategoryName(category) == "" {
			return "", Invalid{{Field: "category", Message: "Không có lĩnh vực này trong danh mục."}}
		}
		a.c.Category = category
		return string(category), nil
	})
}

// SetUrgent marks the conversation as urgent, or as not.
func (h *Hub) SetUrgent(ctx context.Context, actor Actor, id ConversationID, urgent bool) (Conversation, error) {
	action := Calmed
	if urgent {
		action = MarkedUrgent
	}
	return h.act(ctx, actor, id, action, func(a *acting) (string, error) {
		if a.c.Urgent == urgent {
			return "", errUnchanged
		}
		a.c.Urgent = urgent
		if !urgent {
			return "", errors.Join(a.calm(), h.startClocks(a.tx, &a.c, a.now), a.mark(action, "", ""))
		}
		a.silenceBot()
		if err := h.ring(a.tx, &a.c, "", a.now); err != nil {
			return "", err
		}
		return "", errors.Join(h.startClocks(a.tx, &a.c, a.now), a.mark(action, "", ""))
	})
}

// Resolve closes the matter.
func (h *Hub) Resolve(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.act(ctx, actor, id, Closed, func(a *acting) (string, error) {
		if a.c.Status == Resolved {
			return "", errUnchanged
		}
		return "", a.resolve()
	})
}

// resolve closes the matter. What the citizen was promised must have been kept,
// or taken back, unless the matter is put aside.
func (a *acting) resolve() error {
	if !a.c.PromisedBy.IsZero() && !a.c.Ending.Screened() {
		return conflict("Phiếu %s còn hẹn trả lời người dân trước %s; hãy trả lời, hoặc rút lại lời hẹn kèm lý do, rồi đóng.", a.c.Code, clockAndDay(a.c.PromisedBy))
	}
	as := PromiseKept
	if a.c.Ending.Screened() {
		as = PromiseMoot
	}
	if err := a.hub.settleClocks(a.tx, &a.c, a.now, as, func(Promise) bool { return true }); err != nil {
		return err
	}
	a.c.Status, a.c.ResolvedAt = Resolved, a.now
	a.c.WaitingSince, a.c.Unread, a.c.ReadSeq = time.Time{}, 0, a.c.LastSeq
	return errors.Join(a.mark(Closed, "", ""), a.askRating())
}

// Reopen opens a closed matter again, in the hands of who reopens it. A person
// has at most one open matter in one place, so a newer one forbids it.
func (h *Hub) Reopen(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.act(ctx, actor, id, Reopened, func(a *acting) (string, error) {
		if a.c.Status == Open {
			return "", errUnchanged
		}
		newer, found, err := liveConversation(a.tx, a.c.Channel, a.c.Remote, a.c.Thread)
		if err != nil {
			return "", err
		}
		if found {
			return "", conflict("Người dân đang có phiếu %s chưa đóng; hãy trả lời ở phiếu đó.", newer.Code)
		}
		if err := unend(a.tx, &a.c); err != nil {
			return "", err
		}
		a.c.Status, a.c.ResolvedAt = Open, time.Time{}
		a.c.Handler, a.c.Assignee = ByPeople, a.actor.Member.ID
		return "", errors.Join(h.startClocks(a.tx, &a.c, a.now), a.mark(Reopened, "", ""))
	})
}

// AddNote writes a note that members alone read, and tells those it mentions.
func (h *Hub) AddNote(ctx context.Context, actor Actor, id ConversationID, text, key string, mentions ...MemberID) (Message, error) {
	if err := checkText("text", text, false); err != nil {
		return Message{}, err
	}
	var note Message
	_, err := h.actAs(ctx, actor, NoteConversation, id, Noted, func(a *acting) (string, error) {
		if earlier, found, err := a.byKey(key, Note, text); err != nil || found {
			note = earlier
			return "", cmp.Or(err, errUnchanged)
		}
		var err error
		note, err = a.note(text, key)
		return "", errors.Join(err, a.mention(mentions))
	})
	return note, err
}

func (a *acting) note(text, key string) (Message, error) {
	m, err := a.c.append(a.tx, Message{
		ID: MessageID(newID()), Conversation: a.c.ID, Direction: Note, Author: a.author(),
		Content: content.Content{Text: text}, Key: key, SentAt: a.now, ReceivedAt: a.now,
	})
	a.added = append(a.added, m)
	return m, err
}

// MarkRead tells that people have read up to a message; zero marks the
// conversation as unread again. What was read is on record by the look that
// showed it (Look, Messages); the mark itself tells nobody anything of a person.
func (h *Hub) MarkRead(ctx context.Context, actor Actor, id ConversationID, seq uint64) (Conversation, error) {
	var out Conversation
	err := h.store.Update(ctx, func(tx Writer) error {
		c, err := actor.seen(tx.Conversation(id))
		if err != nil {
			return err
		}
		if out = actor.shownRow(c); !actor.MayWith(AnswerConversation, c) {
			return nil // who only looks on has not read for those who answer
		}
		switch {
		case seq == 0 && c.Unread == 0:
			c.ReadSeq, c.Unread = 0, 1
		case seq > c.ReadSeq && c.Unread > 0:
			c.ReadSeq = min(seq, c.LastSeq)
			later, err := tx.Messages(id, MessageQuery{After: c.ReadSeq, Forward: true, Limit: resendWindow})
			if err != nil {
				return err
			}
			c.Unread = min(c.Unread, citizens(later))
		default:
			return nil
		}
		if out, err = tx.PutConversation(c); err != nil {
			return err
		}
		return tx.AppendEvent(conversationEvent(out, h.store.Now()))
	})
	return out, err
}

// citizens counts what citizens said.
func citizens(messages []Message) (n int) {
	for _, m := range messages {
		if m.Author.Kind == Citizen {
			n++
		}
	}
	return n
}

// RetryDelivery sends a parked or failed message again.
func (h *Hub) RetryDelivery(ctx context.Context, actor Actor, id MessageID) (Message, error) {
	var out Message
	err := h.store.Update(ctx, func(tx Writer) error {
		m, err := tx.Message(id)
		if err != nil {
			return err
		}
		c, err := tx.Conversation(m.Conversation)
		if err != nil {
			return err
		}
		if err := actor.require(AnswerConversation, c); err != nil {
			return err
		}
		if m.Delivery.State != Parked && m.Delivery.State != Failed {
			return conflict("Tin này không chờ gửi lại.")
		}
		now := h.store.Now()
		m.Delivery = Delivery{State: Queued, Doubtful: m.Delivery.Doubtful, At: now, Again: now}
		out = m
		if err := tx.PutMessage(m); err != nil {
			return err
		}
		if err := tx.Enqueue(Task{ID: newID(), Kind: Deliveries, Group: string(c.ID), Ref: string(m.ID), Urgent: c.Urgent, Due: now}); err != nil {
			return err
		}
		if err := tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: Resent, Conversation: c.ID, Target: string(m.ID), Address: actor.Address}); err != nil {
			return err
		}
		return tx.AppendEvent(messageEvent(MessageChanged, c, m, now))
	})
	return out, err
}

// LimitsOf returns what the channel of a conversation can carry.
func (h *Hub) LimitsOf(channel connectors.ChannelID) connectors.Limits {
	if conn, ok := h.connectors[channel]; ok {
		return conn.Limits()
	}
	return connectors.Limits{}
}
