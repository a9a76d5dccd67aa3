package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Handover is what a member who leaves tells those who come ("Bàn giao ca").
type Handover struct {
	From    MemberID         `json:"from"`
	At      time.Time        `json:"at"`
	Shift   string           `json:"shift,omitempty"`
	Note    string           `json:"note,omitempty"`
	Counts  HandoverCounts   `json:"counts"`
	Matters []HandoverMatter `json:"matters,omitempty"`
	Read    []HandoverRead   `json:"read,omitempty"` // who has taken note
}

// HandoverCounts is how much is open at that moment, of everybody's; no further
// than CountLimit.
type HandoverCounts struct {
	Urgent   int `json:"urgent"`
	Overdue  int `json:"overdue"`
	Promised int `json:"promised"`
	Waiting  int `json:"waiting"` // nobody has taken them
	Own      int `json:"own"`     // of the member who leaves
}

// HandoverMatter is a matter that those who come should know of. It carries no words
// of a citizen.
type HandoverMatter struct {
	Conversation ConversationID `json:"conv"`
	Code         string         `json:"code"`
	List         ListID         `json:"list"` // UrgentList, OverdueList or PromisedList
	Assignee     MemberID       `json:"mem,omitempty"`
	Due          time.Time      `json:"due,omitzero"`
}

// HandoverRead is a member who has taken note.
type HandoverRead struct {
	Member MemberID  `json:"mem"`
	At     time.Time `json:"at"`
}

// Handovers are under ids that grow with time.
const Handovers Shelf[Handover] = "handover"

// mattersTold is how many matters of a kind a hand-over note names.
const mattersTold = 10

// openMatters gathers what a hand-over note tells.
func openMatters(tx Reader, me MemberID) (counts HandoverCounts, matters []HandoverMatter, err error) {
	count := func(list ListID) int {
		n, failed := tx.CountConversations([]ListID{list}, CountLimit)
		err = errors.Join(err, failed)
		return n
	}
	counts = HandoverCounts{
		Urgent: count(UrgentList), Overdue: count(OverdueList), Promised: count(PromisedList),
		Waiting: count(UnassignedList), Own: count(OfMember(me)),
	}
	for _, list := range []ListID{UrgentList, OverdueList, PromisedList} {
		page, _, failed := tx.Conversations(ListQuery{Lists: []ListID{list}, Limit: mattersTold})
		err = errors.Join(err, failed)
		for _, c := range page {
			if slices.ContainsFunc(matters, func(m HandoverMatter) bool { return m.Conversation == c.ID }) {
				continue
			}
			due := c.Due
			if list == PromisedList {
				due = c.PromisedBy
			}
			matters = append(matters, HandoverMatter{Conversation: c.ID, Code: c.Code, List: list, Assignee: c.Assignee, Due: due})
		}
	}
	return counts, matters, err
}

// DraftHandover is the note as it would be now, without the member's own words.
func (h *Hub) DraftHandover(ctx context.Context, actor Actor) (Handover, error) {
	if !actor.MayEverywhere(KeepDuty) {
		return Handover{}, ErrForbidden
	}
	out := Handover{From: actor.Member.ID, At: h.store.Now()}
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out.Counts, out.Matters, err = openMatters(tx, actor.Member.ID)
		return err
	})
	return out, err
}

// HandOver ends the duty of the member who acts, leaves a note, and gives back what
// the member had taken and cannot wait until he is there again.
func (h *Hub) HandOver(ctx context.Context, actor Actor, note string) (Kept[Handover], error) {
	if !actor.MayEverywhere(KeepDuty) {
		return Kept[Handover]{}, ErrForbidden
	}
	if err := checkText("note", note, true); err != nil {
		return Kept[Handover]{}, err
	}
	id := newID()
	var out Kept[Handover]
	err := h.store.Update(ctx, func(tx Writer) error {
		now, me := h.store.Now(), actor.Member.ID
		there, err := h.present(tx, now)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(there, func(p Present) bool { return p.Member.ID == me })
		if i < 0 {
			return conflict("Anh/chị không trong ca trực nên không có gì để bàn giao.")
		}
		over := Handover{From: me, At: now, Note: strings.TrimSpace(note)}
		if over.Counts, over.Matters, err = openMatters(tx, me); err != nil {
			return err
		}
		if shift := there[i].Shift; shift != nil {
			over.Shift = shift.ID
			shift.Value.LeftAt = now
			if _, err := Shifts.Put(tx, *shift); err != nil {
				return err
			}
		}
		if out, err = Handovers.Put(tx, Kept[Handover]{ID: id, Value: over}); err != nil {
			return err
		}
		if err := leaveDuty(tx, Leaving{Member: me, By: me, Address: actor.Address, At: now, Rest: now}); err != nil {
			return err
		}
		return h.dutyAct(tx, actor, DutyHandedOver, id, "")
	})
	if err != nil {
		return out, err
	}
	// What is given back here is visible at once; what a broken store stops is
	// given back by the node that keeps the duty (duty_keep.go).
	return out, h.giveBack(ctx, actor.Member.ID)
}

// readHandover notes that the member who acts has read a hand-over note.
func (h *Hub) readHandover(tx Writer, actor Actor, id string) error {
	over, err := Handovers.Get(tx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(over.Value.Read, func(r HandoverRead) bool { return r.Member == actor.Member.ID }) {
		return nil
	}
	over.Value.Read = append(over.Value.Read, HandoverRead{Member: actor.Member.ID, At: h.store.Now()})
	if _, err := Handovers.Put(tx, over); err != nil {
		return err
	}
	return h.dutyAct(tx, actor, HandoverConfirmed, id, "")
}

// ConfirmHandover notes that the member who acts has read a hand-over note.
func (h *Hub) ConfirmHandover(ctx context.Context, actor Actor, id string) error {
	if !actor.MayEverywhere(KeepDuty) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error { return h.readHandover(tx, actor, id) })
}

// Handovers lists the newest hand-over notes, the newest first.
func (h *Hub) Handovers(ctx context.Context, actor Actor, limit int) ([]Kept[Handover], error) {
	if !actor.MayEverywhere(SeeDuty) {
		return nil, ErrForbidden
	}
	var out []Kept[Handover]
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out, err = Handovers.List(tx, PaperQuery{Backward: true, Limit: limit})
		return err
	})
	return out, err
}

// Leaving is a member who has gone, and whose work is being given back.
type Leaving struct {
	Member  MemberID  `json:"mem"`
	By      MemberID  `json:"by,omitempty"` // who handed over; empty: the shift ended
	Address string    `json:"addr,omitempty"`
	At      time.Time `json:"at"`
	// Rest is when the rest follows what is urgent, which is given back at once: a
	// member who only forgot to say that he stays keeps it until then.
	Rest time.Time `json:"rest"`
}

// Leavings are under the ids of members.
const Leavings Shelf[Leaving] = "leaving"

// leaveDuty ends the post of a member, and lets his work be given back.
func leaveDuty(tx Writer, l Leaving) error {
	id := string(l.Member)
	if err := Posts.Delete(tx, id); err != nil {
		return err
	}
	before, err := Leavings.Get(tx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err = Leavings.Put(tx, Kept[Leaving]{ID: id, Version: before.Version, Value: l})
	return err
}

// releasePage is how many matters are given back in one transaction.
const releasePage = 25

// giveBack gives back the work of a member who has left, a page at a time: what is
// urgent first, and the rest once its time has come.
func (h *Hub) giveBack(ctx context.Context, m MemberID) error {
	for {
		var more bool
		err := h.store.Update(ctx, func(tx Writer) (err error) {
			more, err = h.giveBackPage(tx, m)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

func (h *Hub) giveBackPage(tx Writer, m MemberID) (more bool, err error) {
	left, err := Leavings.Get(tx, string(m))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now := h.store.Now()
	there, err := h.onDuty(tx, now)
	if err != nil {
		return false, err
	}
	if slices.Contains(there, m) { // back again
		return false, Leavings.Delete(tx, string(m))
	}
	rest := !now.Before(left.Value.Rest)
	back, err := backAt(tx, m, now)
	if err != nil {
		return false, err
	}
	giving, more, err := workOf(tx, m, func(c Conversation) bool {
		return c.Urgent || rest && cannotWait(c, back)
	})
	if err != nil {
		return false, err
	}
	if err := h.unassign(tx, left.Value, giving, there, now); err != nil {
		return false, err
	}
	if !more && rest {
		return false, Leavings.Delete(tx, string(m))
	}
	return more, nil
}

// cannotWait reports whether a matter needs somebody before its member is back;
// zero: nobody knows when that is.
func cannotWait(c Conversation, back time.Time) bool {
	before := func(at time.Time) bool { return !at.IsZero() && (back.IsZero() || at.Before(back)) }
	switch {
	case c.Urgent, c.Overdue, before(c.Due), before(c.PromisedBy):
		return true
	case !c.SnoozedUntil.IsZero():
		return before(c.SnoozedUntil)
	}
	return c.NeedsPeople()
}

// backAt is when the roster has a member next; zero: it does not.
func backAt(tx Reader, m MemberID, now time.Time) (time.Time, error) {
	ahead, err := shiftsWithin(tx, now.Add(time.Minute), now.Add(gapsAhead))
	for _, k := range ahead {
		if k.Value.Member == m && k.Value.Role != ReserveShift {
			return k.Value.From, err
		}
	}
	return time.Time{}, err
}

// workOf finds up to releasePage matters of a member that are wanted, in the order
// of need, and tells whether there may be more.
func workOf(tx Reader, m MemberID, wanted func(Conversation) bool) (found []Conversation, more bool, err error) {
	q := ListQuery{Lists: []ListID{OfMember(m)}, Limit: 200}
	for {
		page, next, err := tx.Conversations(q)
		if err != nil {
			return nil, false, err
		}
		for _, c := range page {
			if !wanted(c) {
				continue
			}
			if len(found) == releasePage {
				return found, true, nil
			}
			found = append(found, c)
		}
		if next == "" {
			return found, false, nil
		}
		q.After = next
	}
}

// unassign takes the member off matters, says so in each thread, and tells those
// who are there.
func (h *Hub) unassign(tx Writer, left Leaving, matters []Conversation, there []MemberID, now time.Time) error {
	if len(matters) == 0 {
		return nil
	}
	name := string(left.Member)
	if m, err := tx.Member(left.Member); err == nil {
		name = m.Name
	}
	calm := 0
	told, err := h.tellThose(tx, there)
	if err != nil {
		return err
	}
	for _, c := range matters {
		c.Assignee = ""
		note, err := h.mark(tx, &c, Change{Action: Released, From: string(left.Member)}, Author{Kind: System}, now)
		if err != nil {
			return err
		}
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		if err := errors.Join(
			tx.AppendAudit(Audit{At: now, Member: left.By, Action: Released, Conversation: c.ID, Target: c.Code, Address: left.Address, Detail: string(left.Member)}),
			tx.AppendEvent(messageEvent(MessageAdded, c, note, now)),
		); err != nil {
			return err
		}
		if !c.Urgent {
			calm++
			continue
		}
		if err := notifyAll(tx, told, Notice{
			Kind: NoticeReturned, At: now, From: left.By, Conversation: c.ID, Code: c.Code,
			Text: fmt.Sprintf("Phiếu khẩn %s của %s chưa có người nhận.", c.Code, name),
		}); err != nil {
			return err
		}
	}
	if calm == 0 {
		return nil
	}
	return notifyAll(tx, told, Notice{
		Kind: NoticeReturned, At: now, From: left.By, Text: fmt.Sprintf("%s hết ca: %d phiếu đang chờ người nhận.", name, calm),
	})
}

// tellThose are those who are there, or those who manage the duty while nobody is.
func (h *Hub) tellThose(tx Reader, there []MemberID) ([]MemberID, error) {
	if len(there) > 0 {
		return there, nil
	}
	return rosterKeepers(tx)
}

// rosterKeepers are the members who look after the roster.
func rosterKeepers(tx Reader) (out []MemberID, err error) {
	members, err := tx.Members()
	for _, m := range members {
		if (Actor{Member: m}).MayEverywhere(ManageDuty) {
			out = append(out, m.ID)
		}
	}
	return out, err
}

func notifyAll(tx Writer, members []MemberID, n Notice) error {
	for _, m := range members {
		n.Member = m
		if err := notify(tx, n); err != nil {
			return err
		}
	}
	return nil
}
