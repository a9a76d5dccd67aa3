package inbox

import (
	"context"
	"errors"
	"time"
)

// A matter that nobody can do anything about before a certain time is put to
// sleep: it leaves the lists of what waits, and comes back at that time, or as
// soon as the citizen writes. What changes hands, becomes urgent or is closed
// sleeps no longer: whoever has it now must see it.

// longestSleep is how far ahead a matter may be put to sleep.
const longestSleep = 90 * 24 * time.Hour

// Sleep is who put a matter to sleep, and until when.
type Sleep struct {
	By    MemberID  `json:"by"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// Sleeps keeps the sleep of a conversation under its id while it lasts.
const Sleeps Shelf[Sleep] = "sleep"

// Waking tells what ended a sleep. The thread says it.
type Waking string

// What ends a sleep.
const (
	WokenByTime    Waking = "time"
	WokenByCitizen Waking = "citizen"
	WokenByMember  Waking = "member" // woken by hand, or given on, marked as urgent, closed
)

// Snooze puts a matter to sleep until a time. A sleep that lasts is replaced.
func (h *Hub) Snooze(ctx context.Context, actor Actor, id ConversationID, until time.Time) (Conversation, error) {
	until = until.Truncate(time.Millisecond)
	return h.act(ctx, actor, id, Snoozed, func(a *acting) (string, error) {
		if err := a.mayBeSnoozed(until); err != nil {
			return "", err
		}
		if a.c.SnoozedUntil.Equal(until) {
			return "", errUnchanged
		}
		if err := keepSleep(a.tx, a.c.ID, Sleep{By: a.actor.Member.ID, At: a.now, Until: until}); err != nil {
			return "", err
		}
		// Each sleep has a task of its own: one that was to end on Monday does not
		// hold up another that ends tonight.
		task := newID()
		if err := a.tx.Enqueue(Task{ID: task, Kind: Wakings, Group: task, Ref: string(a.c.ID), Due: until}); err != nil {
			return "", err
		}
		a.c.SnoozedUntil = until
		when := until.UTC().Format(time.RFC3339)
		return when, a.mark(Snoozed, "", when)
	})
}

func (a *acting) mayBeSnoozed(until time.Time) error {
	switch {
	case a.c.Status == Resolved:
		return conflict("Phiếu %s đã đóng nên không cần tạm gác.", a.c.Code)
	case a.c.Urgent:
		return conflict("Phiếu %s là phiếu khẩn nên không tạm gác được.", a.c.Code)
	case a.c.Handler == ByBot:
		return conflict("Bot đang trả lời phiếu %s; hãy nhận phiếu trước khi tạm gác.", a.c.Code)
	case !until.After(a.now):
		return Invalid{{Field: "until", Message: "Giờ này đã qua; hãy chọn một giờ sắp tới."}}
	case until.After(a.now.Add(longestSleep)):
		return Invalid{{Field: "until", Message: "Chỉ tạm gác được tối đa 90 ngày; hãy chọn ngày gần hơn."}}
	case !a.c.PromisedBy.IsZero() && until.After(a.c.PromisedBy):
		return Invalid{{Field: "until", Message: "Đã hẹn trả lời người dân trước " + clockAndDay(a.c.PromisedBy) + "; hãy chọn giờ sớm hơn."}}
	}
	return nil
}

func keepSleep(tx Writer, id ConversationID, s Sleep) error {
	kept, err := Sleeps.Get(tx, string(id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	kept.ID, kept.Value = string(id), s
	_, err = Sleeps.Put(tx, kept)
	return err
}

// Wake ends the sleep of a matter by hand.
func (h *Hub) Wake(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.act(ctx, actor, id, Woke, func(a *acting) (string, error) {
		if a.c.SnoozedUntil.IsZero() {
			return "", errUnchanged
		}
		return string(WokenByMember), a.rouse()
	})
}

// rouse ends the sleep, if there is one, and says so in the thread.
func (a *acting) rouse() error {
	if a.c.SnoozedUntil.IsZero() {
		return nil
	}
	m, err := a.hub.rouse(a.tx, &a.c, WokenByMember, a.author(), a.now)
	a.added = append(a.added, m)
	return err
}

// rouseIfMoved ends the sleep of what the act gave to somebody else, closed, or
// marked as urgent.
func (a *acting) rouseIfMoved(before Conversation) error {
	moved := a.c.Urgent || a.c.Status != Open ||
		a.c.Department != before.Department || a.c.Assignee != before.Assignee && before.Assignee != ""
	if !moved {
		return nil
	}
	return a.rouse()
}

// rouse takes c out of its sleep and marks it in the thread. The caller writes c.
func (h *Hub) rouse(tx Writer, c *Conversation, why Waking, by Author, now time.Time) (Message, error) {
	c.SnoozedUntil = time.Time{}
	if err := Sleeps.Delete(tx, string(c.ID)); err != nil {
		return Message{}, err
	}
	return h.mark(tx, c, Change{Action: Woke, To: string(why)}, by, now)
}

// tellWoken has who put c to sleep hear that it is awake.
func tellWoken(tx Writer, c Conversation, s Sleep, text string, now time.Time) error {
	return notify(tx, Notice{
		Member: s.By, Kind: NoticeWoken, At: now, Conversation: c.ID, Code: c.Code, Text: text,
	})
}

// waken ends a sleep whose time has come. However late that is noticed, and
// whatever other sleeps the matter had before, it wakes once.
func (h *Hub) waken(ctx context.Context, claim Claim) error {
	return h.store.Update(ctx, func(tx Writer) error {
		if err := tx.Finish(claim); err != nil {
			return err
		}
		now := h.store.Now()
		c, err := tx.Conversation(ConversationID(claim.Task.Ref))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil || c.SnoozedUntil.IsZero() || c.SnoozedUntil.After(now) {
			return err
		}
		mark, err := h.wakeAndTell(tx, &c, WokenByTime, "Phiếu tạm gác đã tới giờ làm tiếp.", now)
		if err != nil {
			return err
		}
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		return tx.AppendEvent(messageEvent(MessageAdded, c, mark, now))
	})
}

func (h *Hub) wakeAndTell(tx Writer, c *Conversation, why Waking, text string, now time.Time) (Message, error) {
	sleep, err := Sleeps.Get(tx, string(c.ID))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Message{}, err
	}
	mark, err := h.rouse(tx, c, why, Author{Kind: System}, now)
	if err != nil {
		return mark, err
	}
	return mark, tellWoken(tx, *c, sleep.Value, text, now)
}

// rouse wakes the matter that the citizen has just written in.
func (r *receiving) rouse(c *Conversation) error {
	if c.SnoozedUntil.IsZero() {
		return nil
	}
	mark, err := r.hub.wakeAndTell(r.tx, c, WokenByCitizen, "Người dân vừa viết trong phiếu đang tạm gác.", r.now)
	if err != nil {
		return err
	}
	return r.tx.AppendEvent(messageEvent(MessageAdded, *c, mark, r.now))
}
