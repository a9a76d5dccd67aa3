package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb"
)

// What is owed in a matter runs on clocks: each is a Promise, and a task that
// is due with it. A conversation carries what the lists need to know of them.

// owing is what is owed in one conversation, within a transaction. The caller
// writes the conversation.
type owing struct {
	hub  *Hub
	tx   Writer
	c    *Conversation
	now  time.Time
	open []Kept[Promise] // not settled yet
}

func (h *Hub) owing(tx Writer, c *Conversation, now time.Time) (*owing, error) {
	o := &owing{hub: h, tx: tx, c: c, now: now}
	if c.Due.IsZero() { // nothing is owed, which is so in nearly all that the bot handles
		return o, nil
	}
	all, err := promisesOf(tx, c.ID)
	o.open = slices.DeleteFunc(all, func(k Kept[Promise]) bool { return k.Value.settled() })
	return o, err
}

// promisesOf reads the promises of a conversation in the order they were made.
func promisesOf(tx Reader, id ConversationID) ([]Kept[Promise], error) {
	ids, err := PromisesOf.Get(tx, string(id))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Kept[Promise]
	for _, one := range ids.Value {
		p, err := Promises.Get(tx, string(one))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// settled reports whether nothing is owed by p any more.
func (p Promise) settled() bool { return !p.SettledAt.IsZero() }

// remindAt is when people are reminded of p: when a quarter of the time is left.
func (p Promise) remindAt() time.Time { return p.Due.Add(-p.Due.Sub(p.MadeAt) / 4) }

// owe puts something on the conversation's account.
func (o *owing) owe(p Promise) error {
	id := newID()
	p.Conversation, p.Code, p.Category, p.Department = o.c.ID, o.c.Code, o.c.Category, o.c.Department
	p.Urgent, p.MadeAt, p.State = o.c.Urgent, o.now, PromiseOpen
	kept, err := Promises.Put(o.tx, Kept[Promise]{ID: id, Value: p})
	if err != nil {
		return err
	}
	o.open = append(o.open, kept)
	ids, err := PromisesOf.Get(o.tx, string(o.c.ID))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	ids.ID, ids.Value = string(o.c.ID), append(ids.Value, PromiseID(id))
	if _, err := PromisesOf.Put(o.tx, ids); err != nil {
		return err
	}
	o.sum()
	return o.tx.Enqueue(Task{ID: newID(), Kind: Dues, Group: id, Ref: id, Urgent: p.Urgent, Due: p.remindAt()})
}

// start begins the house's own clocks anew for whoever has the matter now. What
// the citizen was told goes on, and is owed by whoever has it.
func (o *owing) start() error {
	if err := o.settle(PromiseMoot, func(p Promise) bool { return !p.Told }); err != nil {
		return err
	}
	for i, k := range o.open {
		if k.Value.Department == o.c.Department {
			continue
		}
		k.Value.Department = o.c.Department
		var err error
		if o.open[i], err = Promises.Put(o.tx, k); err != nil {
			return err
		}
	}
	if !o.c.NeedsPeople() {
		return nil
	}
	clocks := []Clock{Result}
	switch {
	case len(o.open) > 0:
		clocks = nil // the citizen was told by when
	case o.c.Assignee != "":
	case o.c.Department == "":
		clocks = []Clock{PassOn, Result}
	default:
		clocks = []Clock{Progress, Result}
	}
	for _, clock := range clocks {
		due := o.hub.directory.Due(clock, o.c.Urgent, o.c.Category, o.c.Department, o.now)
		if due.IsZero() {
			continue
		}
		if err := o.owe(Promise{Clock: clock, Due: due}); err != nil {
			return err
		}
	}
	return nil
}

// settle ends what fits. What was broken stays broken, and is owed no longer.
func (o *owing) settle(as PromiseState, fits func(Promise) bool) error {
	var left []Kept[Promise]
	for _, k := range o.open {
		if !fits(k.Value) {
			left = append(left, k)
			continue
		}
		k.Value.SettledAt = o.now
		if k.Value.State == PromiseOpen {
			k.Value.State = as
		}
		if _, err := Promises.Put(o.tx, k); err != nil {
			return err
		}
	}
	o.open = left
	o.sum()
	return nil
}

// sum writes into the conversation what its lists and rows show.
func (o *owing) sum() {
	o.c.Due, o.c.Owed, o.c.Overdue, o.c.PromisedBy = time.Time{}, "", false, time.Time{}
	for _, k := range o.open {
		p := k.Value
		if o.c.Due.IsZero() || p.Due.Before(o.c.Due) {
			o.c.Due, o.c.Owed = p.Due, p.Clock
		}
		o.c.Overdue = o.c.Overdue || p.State == PromiseBroken
		if p.Told {
			o.c.PromisedBy = p.Due
		}
	}
}

func of(clocks ...Clock) func(Promise) bool {
	return func(p Promise) bool { return slices.Contains(clocks, p.Clock) }
}

// startClocks is for who changes who has a matter.
func (h *Hub) startClocks(tx Writer, c *Conversation, now time.Time) error {
	o, err := h.owing(tx, c, now)
	if err != nil {
		return err
	}
	return o.start()
}

// settleClocks is for who does what was owed, or makes it needless.
func (h *Hub) settleClocks(tx Writer, c *Conversation, now time.Time, as PromiseState, fits func(Promise) bool) error {
	o, err := h.owing(tx, c, now)
	if err != nil {
		return err
	}
	return o.settle(as, fits)
}

const (
	overdueAgain = 24 * time.Hour      // how often people hear of what stays overdue
	overdueUntil = 14 * 24 * time.Hour // from when on only the list tells of it
)

// due is the work of Dues: people are reminded of what is owed, and hear of
// what was not done. It is a task like any other, so what fell due while nobody
// ran is told at the next start, once.
func (h *Hub) due(ctx context.Context, claim Claim) error {
	return h.store.Update(ctx, func(tx Writer) error {
		k, err := Promises.Get(tx, claim.Task.Ref)
		if errors.Is(err, ErrNotFound) || err == nil && k.Value.settled() {
			return tx.Finish(claim)
		}
		if err != nil {
			return err
		}
		c, err := tx.Conversation(k.Value.Conversation)
		if err != nil {
			return err
		}
		now := h.store.Now()
		if now.Before(k.Value.Due) {
			return h.remind(tx, claim, k, c, now)
		}
		if k.Value.State == PromiseOpen {
			if err := h.breakPromise(tx, k, c, now); err != nil {
				return err
			}
		}
		if err := h.tellOverdue(tx, k.Value, c, now); err != nil {
			return err
		}
		if now.Sub(k.Value.Due) >= overdueUntil {
			return tx.Finish(claim)
		}
		return tx.Postpone(claim, now.Add(overdueAgain))
	})
}

func (h *Hub) remind(tx Writer, claim Claim, k Kept[Promise], c Conversation, now time.Time) error {
	if k.Value.RemindedAt.IsZero() && !now.Before(k.Value.remindAt()) {
		k.Value.RemindedAt = now
		if _, err := Promises.Put(tx, k); err != nil {
			return err
		}
		text := fmt.Sprintf("Phiếu %s: %s trước %s.", c.Code, k.Value.task(), clockAndDay(k.Value.Due))
		if err := h.tellHolders(tx, c, Notice{Kind: NoticeDueSoon, At: now, Text: text}); err != nil {
			return err
		}
	}
	return tx.Postpone(claim, k.Value.Due)
}

// breakPromise puts it on record that something was not done in time.
func (h *Hub) breakPromise(tx Writer, k Kept[Promise], c Conversation, now time.Time) error {
	k.Value.State, k.Value.BrokenAt = PromiseBroken, k.Value.Due
	if _, err := Promises.Put(tx, k); err != nil {
		return err
	}
	note, err := h.mark(tx, &c, Change{Action: WasOverdue, From: string(k.Value.Clock), To: k.Value.Due.UTC().Format(time.RFC3339)}, Author{Kind: System}, now)
	if err != nil {
		return err
	}
	o, err := h.owing(tx, &c, now)
	if err != nil {
		return err
	}
	o.sum()
	if c, err = tx.PutConversation(c); err != nil {
		return err
	}
	return tx.AppendEvent(messageEvent(MessageAdded, c, note, now))
}

// tellOverdue escalates: whoever owes it hears of it, and the supervisors too.
func (h *Hub) tellOverdue(tx Writer, p Promise, c Conversation, now time.Time) error {
	holds, err := h.holders(tx, c, now)
	if err != nil {
		return err
	}
	n := Notice{Kind: NoticeOverdue, At: now, Text: fmt.Sprintf("Phiếu %s quá hạn: %s trước %s.", c.Code, p.task(), clockAndDay(p.Due))}
	if err := h.announce(tx, n.Text, now); err != nil {
		return err
	}
	return h.tell(tx, c, n, func(m Member) bool { return m.Role == Supervisor || holds(m) })
}

// task says what had to be done, as part of a sentence.
func (p Promise) task() string {
	switch p.Clock {
	case PassOn:
		return "cần chuyển đơn vị hoặc trả lời"
	case Progress:
		return "đơn vị cần tiếp nhận"
	}
	if p.Told {
		return "đã hẹn trả lời người dân"
	}
	return "cần trả lời người dân"
}

// tellHolders tells those who have the matter.
func (h *Hub) tellHolders(tx Writer, c Conversation, n Notice) error {
	holds, err := h.holders(tx, c, n.At)
	if err != nil {
		return err
	}
	return h.tell(tx, c, n, holds)
}

// holders are those who have to see to c: whoever has taken it, else all of the
// department, or those on duty at the desk. Where nobody is, all operators are.
func (h *Hub) holders(tx Reader, c Conversation, now time.Time) (func(Member) bool, error) {
	switch {
	case c.Assignee != "":
		return func(m Member) bool { return m.ID == c.Assignee }, nil
	case c.Department != "":
		return func(m Member) bool { return m.Role == Staff && slices.Contains(m.Departments, c.Department) }, nil
	}
	there, err := h.onDuty(tx, now)
	if len(there) > 0 {
		return func(m Member) bool { return slices.Contains(there, m.ID) }, nil
	}
	return func(m Member) bool { return m.Role == Operator }, err
}

// tell tells every member who fits and may see the conversation.
func (h *Hub) tell(tx Writer, c Conversation, n Notice, fits func(Member) bool) error {
	members, err := tx.Members()
	if err != nil {
		return err
	}
	n.Conversation, n.Code = c.ID, c.Code
	for _, m := range members {
		if m.Disabled || !fits(m) || !(Actor{Member: m}).MayWith(SeeConversation, c) {
			continue
		}
		n.Member = m.ID
		if err := notify(tx, n); err != nil {
			return err
		}
	}
	return nil
}

// zone is where all citizens and members live: UTC+7 without summer time.
var zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

func clockAndDay(at time.Time) string { return at.In(zone).Format("15:04 ngày 02/01/2006") }

// PromisesOf lists what was and is owed in a conversation, the newest first.
func (h *Hub) PromisesOf(ctx context.Context, actor Actor, id ConversationID) ([]Kept[Promise], error) {
	var all []Kept[Promise]
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if _, err = actor.seen(tx.Conversation(id)); err != nil {
			return err
		}
		all, err = promisesOf(tx, id)
		return err
	})
	slices.Reverse(all)
	return all, err
}

// NewPromise is what a member promises a citizen.
type NewPromise struct {
	Due  time.Time
	Text string // what the citizen is told; must name no other time
	Note string // for members: what has to be done until then
	Key  string // made by the client: the same key again is the same promise
}

// promisesAhead is how far ahead a promise may be made.
const promisesAhead = 366 * 24 * time.Hour

// Promise promises the citizen an answer by a due time, and says so. A promise
// made before is replaced: kept or broken it stays on record.
func (h *Hub) Promise(ctx context.Context, actor Actor, id ConversationID, n NewPromise) (Conversation, error) {
	return h.act(ctx, actor, id, Promised, func(a *acting) (string, error) {
		if err := h.checkPromise(n); err != nil {
			return "", err
		}
		if _, found, err := a.byKey(n.Key, Out, n.Text); err != nil || found {
			return "", errors.Join(err, errUnchanged)
		}
		if err := h.checkLimits(a.c, NewReply{Text: n.Text}); err != nil {
			return "", err
		}
		if a.c.Status == Resolved {
			return "", conflict("Phiếu %s đã đóng; hãy mở lại trước khi hẹn.", a.c.Code)
		}
		if a.c.Assignee == "" || a.c.Handler == ByBot {
			if err := errors.Join(a.take(), a.audit(Took, "")); err != nil {
				return "", err
			}
		}
		if err := a.speak(Message{Key: n.Key, Content: contentOf(n.Text)}); err != nil {
			return "", err
		}
		o, err := h.owing(a.tx, &a.c, a.now)
		if err != nil {
			return "", err
		}
		if err := errors.Join(
			o.settle(PromiseKept, of(PassOn, Progress)), o.settle(PromiseMoot, of(Result)),
			o.owe(Promise{Clock: Result, Due: n.Due, Told: true, By: actor.Member.ID, Note: strings.TrimSpace(n.Note)}),
		); err != nil {
			return "", err
		}
		due := n.Due.UTC().Format(time.RFC3339)
		return due, a.mark(Promised, "", due)
	})
}

func (h *Hub) checkPromise(n NewPromise) error {
	var p Invalid
	now := h.store.Now()
	switch {
	case n.Due.IsZero():
		p = append(p, Problem{"due", "Hãy chọn ngày giờ sẽ trả lời."})
	case !n.Due.After(now):
		p = append(p, Problem{"due", "Giờ hẹn đã qua; hãy chọn một lúc sau này."})
	case n.Due.Sub(now) > promisesAhead:
		p = append(p, Problem{"due", "Hẹn xa nhất là một năm."})
	}
	for _, err := range []error{checkText("text", n.Text, false), checkText("note", n.Note, true)} {
		var more Invalid
		if errors.As(err, &more) {
			p = append(p, more...)
		}
	}
	if len(p) > 0 {
		return p
	}
	return nil
}

// WithdrawPromise takes back what the citizen was promised. Why stays on
// record; the citizen is to be told by a reply.
func (h *Hub) WithdrawPromise(ctx context.Context, actor Actor, id ConversationID, reason string) (Conversation, error) {
	if err := checkText("reason", reason, false); err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, PromiseWithdrawn, func(a *acting) (string, error) {
		if a.c.PromisedBy.IsZero() {
			return "", errUnchanged
		}
		due := a.c.PromisedBy.UTC().Format(time.RFC3339)
		o, err := h.owing(a.tx, &a.c, a.now)
		if err != nil {
			return "", err
		}
		if err := o.settle(PromiseMoot, func(p Promise) bool { return p.Told }); err != nil {
			return "", err
		}
		if _, err := a.note(reason, ""); err != nil {
			return "", err
		}
		return due, errors.Join(o.start(), a.mark(PromiseWithdrawn, due, ""))
	})
}

// departmentOrDesk names who has a matter.
func (h *Hub) departmentOrDesk(d kb.DepartmentID) string {
	if name := h.departmentName(d); name != "" {
		return name
	}
	return "Bộ phận thường trực"
}
