package inbox

import (
	"context"
	"slices"
	"time"
)

// DutyNow is the duty as one member sees it at this moment.
type DutyNow struct {
	Kept    bool      // a roster is kept
	There   []Present // leads first
	Me      *Present  // nil: the member is not at the desk
	Next    *RosterSlot
	Mine    *Kept[Shift] // the member's own next shift, or the present one
	Unread  []Kept[Handover]
	Short   int // slots of the coming 14 days that lack people
	Soonest *RosterSlot
}

// handoversShown is how far back a hand-over note is shown to those who come.
const handoversShown = 24 * time.Hour

// DutyNow tells who is there, who comes next, and which notes the member has not read.
func (h *Hub) DutyNow(ctx context.Context, actor Actor) (DutyNow, error) {
	if !actor.MayEverywhere(SeeDuty) {
		return DutyNow{}, ErrForbidden
	}
	var out DutyNow
	err := h.store.View(ctx, func(tx Reader) (err error) {
		now := h.store.Now()
		out = DutyNow{}
		if out.Kept, err = rosterKept(tx, now); err != nil {
			return err
		}
		if out.There, err = h.present(tx, now); err != nil {
			return err
		}
		if i := slices.IndexFunc(out.There, func(p Present) bool { return p.Member.ID == actor.Member.ID }); i >= 0 {
			out.Me = &out.There[i]
		}
		if out.Unread, err = unreadHandovers(tx, actor.Member.ID, now); err != nil {
			return err
		}
		if out.Next, out.Mine, err = h.ahead(tx, actor.Member.ID, now); err != nil {
			return err
		}
		gaps, err := h.gaps(tx, now)
		if out.Short = len(gaps); out.Short > 0 {
			out.Soonest = &gaps[0]
		}
		return err
	})
	return out, err
}

// ahead finds the next slot that has people, and the member's own next shift.
func (h *Hub) ahead(tx Reader, me MemberID, now time.Time) (next *RosterSlot, mine *Kept[Shift], err error) {
	people, err := h.peopleOf(tx, now)
	if err != nil {
		return nil, nil, err
	}
	shifts, err := shiftsTouching(tx, now, now.Add(gapsAhead))
	if err != nil {
		return nil, nil, err
	}
	for _, k := range shifts {
		if k.Value.Member == me && k.Value.LeftAt.IsZero() && mine == nil {
			mine = &k
		}
	}
	later := slices.DeleteFunc(shifts, func(k Kept[Shift]) bool { return !k.Value.From.After(now) })
	for _, s := range h.slotted(now, now.Add(gapsAhead), 0, later, people) {
		if s.From.After(now) && len(s.People) > 0 {
			return &s, mine, nil
		}
	}
	return nil, mine, nil
}

// unreadHandovers are the notes of the last day that others left and the member
// has not read, the newest first.
func unreadHandovers(tx Reader, me MemberID, now time.Time) ([]Kept[Handover], error) {
	all, err := Handovers.List(tx, PaperQuery{Backward: true, Limit: 20})
	return slices.DeleteFunc(all, func(k Kept[Handover]) bool {
		o := k.Value
		return o.From == me || now.Sub(o.At) > handoversShown ||
			slices.ContainsFunc(o.Read, func(r HandoverRead) bool { return r.Member == me })
	}), err
}
