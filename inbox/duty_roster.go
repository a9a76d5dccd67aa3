package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Roster is who is to be there between two days.
type Roster struct {
	Revision uint64 // of the whole roster: it grows with every change
	Level    int    // staffing level 1 to 4; 0: not set
	Kept     bool   // see Manning
	Slots    []RosterSlot
	Leaves   []Kept[Leave] // those that have not ended
	Eligible []Member      // who can be put in the roster, by name
}

// RosterSlot is a slot with those in it.
type RosterSlot struct {
	Slot
	Needed int
	People []RosterPerson // leads first, reserves last
}

// RosterPerson is a member in a slot.
type RosterPerson struct {
	ID string // of the shift
	Shift
	Problem string // why the member will not be there, in Vietnamese; empty: nothing is known against it
	Warning string // why it is too much for the member, in Vietnamese: see restBetween
}

// counts reports whether p is one of those whom the slot needs.
func (p RosterPerson) counts() bool { return p.Problem == "" && p.Role != ReserveShift }

// Short is how many people the slot lacks.
func (s RosterSlot) Short() int {
	n := s.Needed
	for _, p := range s.People {
		if p.counts() {
			n--
		}
	}
	return max(n, 0)
}

// longestRoster is how much of the roster is looked at, or changed, at a time.
const longestRoster = 100 * 24 * time.Hour

// Roster returns who is to be there on the days from the first to the last.
func (h *Hub) Roster(ctx context.Context, actor Actor, first, last string) (Roster, error) {
	if !actor.MayEverywhere(SeeDuty) {
		return Roster{}, ErrForbidden
	}
	from, until, err := daysNamed(first, last)
	if err != nil {
		return Roster{}, err
	}
	var out Roster
	err = h.store.View(ctx, func(tx Reader) error {
		book, err := bookOf(tx)
		if err != nil {
			return err
		}
		now := h.store.Now()
		out = Roster{Revision: book.Version, Level: book.Value.Level}
		people, err := h.peopleOf(tx, now)
		if err != nil {
			return err
		}
		out.Eligible = people.eligible()
		out.Leaves = people.leaves
		if out.Kept, err = rosterKept(tx, now); err != nil {
			return err
		}
		shifts, err := shiftsWithin(tx, from, until)
		if err != nil {
			return err
		}
		out.Slots = h.slotted(from, until, book.Value.Level, shifts, people)
		around, err := shiftsAround(tx, from, until)
		h.warn(out.Slots, around)
		return err
	})
	return out, err
}

// daysNamed reads a first and a last day; until is the midnight after the last.
func daysNamed(first, last string) (from, until time.Time, err error) {
	from, errFrom := dayNamed("from", first)
	until, errUntil := dayNamed("until", last)
	var problems Invalid
	for _, err := range []error{errFrom, errUntil} {
		if p, ok := errors.AsType[Invalid](err); ok {
			problems = append(problems, p...)
		}
	}
	switch {
	case len(problems) > 0:
		return from, until, problems
	case until.Before(from):
		return from, until, Invalid{{Field: "until", Message: "Ngày cuối phải từ ngày đầu trở đi."}}
	case until.Sub(from) > longestRoster:
		return from, until, Invalid{{Field: "until", Message: "Mỗi lần chỉ xem hoặc xếp được 100 ngày."}}
	}
	return from, until.AddDate(0, 0, 1), nil
}

func bookOf(tx Reader) (Kept[dutyBook], error) {
	book, err := dutyBooks.Get(tx, dutyBookID)
	if errors.Is(err, ErrNotFound) {
		return Kept[dutyBook]{ID: dutyBookID}, nil
	}
	return book, err
}

// shiftsWithin lists the shifts that begin at or after from and before until.
func shiftsWithin(tx Reader, from, until time.Time) ([]Kept[Shift], error) {
	return Shifts.List(tx, PaperQuery{From: dutyKey(from), Until: dutyKey(until)})
}

// shiftsTouching lists the shifts of which some part lies in the span.
func shiftsTouching(tx Reader, from, until time.Time) ([]Kept[Shift], error) {
	all, err := shiftsWithin(tx, from.Add(-longestShift), until)
	return slices.DeleteFunc(all, func(s Kept[Shift]) bool { return !s.Value.Until.After(from) }), err
}

// slotted puts shifts into the slots that begin within the span. A shift whose
// regime has other hours now, or is gone, keeps a slot of its own, which needs nobody.
func (h *Hub) slotted(from, until time.Time, level int, shifts []Kept[Shift], people dutyPeople) []RosterSlot {
	var out []RosterSlot
	at := map[string]int{}
	for _, s := range h.slotsBetween(from, until) {
		r, _ := h.regime(s.Regime)
		at[s.id()] = len(out)
		out = append(out, RosterSlot{Slot: s, Needed: r.needed(level)})
	}
	for _, k := range shifts {
		slot := k.Value.slot()
		i, ok := at[slot.id()]
		if !ok {
			i = len(out)
			at[slot.id()] = i
			out = append(out, RosterSlot{Slot: slot})
		}
		out[i].People = append(out[i].People, RosterPerson{ID: k.ID, Shift: k.Value, Problem: people.against(k.Value)})
	}
	for i := range out {
		slices.SortStableFunc(out[i].People, func(a, b RosterPerson) int {
			return cmp.Or(cmp.Compare(roleOrder(a.Role), roleOrder(b.Role)), cmp.Compare(people.name(a.Member), people.name(b.Member)))
		})
	}
	slices.SortStableFunc(out, func(a, b RosterSlot) int { return a.From.Compare(b.From) })
	return out
}

func roleOrder(r ShiftRole) int {
	return slices.Index([]ShiftRole{LeadShift, OrdinaryShift, ReserveShift}, r)
}

// dutyPeople is what is known of members when the roster is looked at.
type dutyPeople struct {
	members map[MemberID]Member
	leaves  []Kept[Leave]
}

// leavesKept is how many leaves are looked through, the newest ones.
const leavesKept = 1000

// peopleOf reads members, and the leaves that have not ended at that time.
func (h *Hub) peopleOf(tx Reader, now time.Time) (dutyPeople, error) {
	people := dutyPeople{members: map[MemberID]Member{}}
	all, err := tx.Members()
	if err != nil {
		return people, err
	}
	for _, m := range all {
		people.members[m.ID] = m
	}
	people.leaves, err = Leaves.List(tx, PaperQuery{Backward: true, Limit: leavesKept})
	people.leaves = slices.DeleteFunc(people.leaves, func(l Kept[Leave]) bool { return !l.Value.Until.After(now.Add(-longestShift)) })
	slices.SortStableFunc(people.leaves, func(a, b Kept[Leave]) int { return a.Value.From.Compare(b.Value.From) })
	return people, err
}

func (p dutyPeople) name(id MemberID) string { return cmp.Or(p.members[id].Name, string(id)) }

// eligible are those who can be put in the roster, by name.
func (p dutyPeople) eligible() []Member {
	var out []Member
	for _, m := range p.members {
		if (Actor{Member: m}).MayEverywhere(KeepDuty) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Member) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out
}

// against tells why the member of a shift will not be there, or "".
func (p dutyPeople) against(s Shift) string {
	m, known := p.members[s.Member]
	switch {
	case !known:
		return "không có tài khoản này"
	case m.Disabled:
		return "tài khoản đã ngừng hoạt động"
	case !(Actor{Member: m}).MayEverywhere(KeepDuty):
		return "vai trò này không trực tổng đài"
	case slices.ContainsFunc(p.leaves, func(l Kept[Leave]) bool {
		return l.Value.Member == s.Member && l.Value.From.Before(s.Until) && s.From.Before(l.Value.Until)
	}):
		return "đang nghỉ phép"
	}
	return ""
}

// rosterRemembered is how long after its last shift a roster still counts as
// kept: a house that forgot to go on with it is warned, and one that gave it up
// has its fixed hours back.
const rosterRemembered = 7 * 24 * time.Hour

// rosterKept reports whether a roster is kept at that time.
func rosterKept(tx Reader, at time.Time) (bool, error) {
	some, err := Shifts.List(tx, PaperQuery{From: dutyKey(at.Add(-rosterRemembered)), Limit: 1})
	return len(some) > 0, err
}

// gapsAhead is how far ahead slots that lack people are told.
const gapsAhead = 14 * 24 * time.Hour

// Gaps lists the slots of the coming 14 days, and the one that is now, that lack
// people; none where no roster is kept.
func (h *Hub) Gaps(ctx context.Context, actor Actor) ([]RosterSlot, error) {
	if !actor.MayEverywhere(SeeDuty) {
		return nil, ErrForbidden
	}
	var out []RosterSlot
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out, err = h.gaps(tx, h.store.Now())
		return err
	})
	return out, err
}

func (h *Hub) gaps(tx Reader, now time.Time) ([]RosterSlot, error) {
	kept, err := rosterKept(tx, now)
	if err != nil || !kept {
		return nil, err
	}
	book, err := bookOf(tx)
	if err != nil {
		return nil, err
	}
	people, err := h.peopleOf(tx, now)
	if err != nil {
		return nil, err
	}
	from, until := now.Add(-longestShift), now.Add(gapsAhead)
	shifts, err := shiftsWithin(tx, from, until)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(h.slotted(from, until, book.Value.Level, shifts, people), func(s RosterSlot) bool {
		return s.Short() == 0 || !s.Until.After(now)
	}), nil
}

// SetLevel sets the staffing level by which the least number of people of a slot
// is raised; 0: none.
func (h *Hub) SetLevel(ctx context.Context, actor Actor, level int) error {
	if !actor.MayEverywhere(ManageDuty) {
		return ErrForbidden
	}
	if level < 0 || level > 4 {
		return Invalid{{Field: "level", Message: "Cấp độ từ 1 đến 4; 0 là không đặt."}}
	}
	return h.store.Update(ctx, func(tx Writer) error {
		book, err := bookOf(tx)
		if err != nil || book.Value.Level == level {
			return err
		}
		book.Value.Level = level
		text := "Bỏ đặt cấp độ trực."
		if level > 0 {
			text = fmt.Sprintf("Cấp độ trực: %d.", level)
		}
		return errors.Join(h.announce(tx, text, h.store.Now()), h.writeBook(tx, actor, book, LevelSet, string(rune('0'+level)), ""))
	})
}

// writeBook keeps the book, which raises the roster's revision, with the act on
// record and an event.
func (h *Hub) writeBook(tx Writer, actor Actor, book Kept[dutyBook], action Action, target, detail string) error {
	if _, err := dutyBooks.Put(tx, book); err != nil {
		return err
	}
	now := h.store.Now()
	return errors.Join(
		tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: action, Target: target, Address: actor.Address, Detail: detail}),
		tx.AppendEvent(Event{At: now, Kind: DutyChanged}),
	)
}

// AddLeave notes that a member is away on the days from the first to the last.
func (h *Hub) AddLeave(ctx context.Context, actor Actor, member MemberID, first, last, note string) (Kept[Leave], error) {
	if !actor.MayEverywhere(ManageDuty) {
		return Kept[Leave]{}, ErrForbidden
	}
	from, until, err := daysNamed(first, last)
	if err != nil {
		return Kept[Leave]{}, err
	}
	if err := checkText("note", note, true); err != nil {
		return Kept[Leave]{}, err
	}
	id := newID()
	var out Kept[Leave]
	err = h.store.Update(ctx, func(tx Writer) error {
		m, err := tx.Member(member)
		if errors.Is(err, ErrNotFound) {
			return Invalid{{Field: "member", Message: "Hãy chọn cán bộ trong danh sách."}}
		}
		if err != nil {
			return err
		}
		book, err := bookOf(tx)
		if err != nil {
			return err
		}
		leave := Leave{Member: member, From: from, Until: until, Note: note, By: actor.Member.ID, At: h.store.Now()}
		if out, err = Leaves.Put(tx, Kept[Leave]{ID: id, Value: leave}); err != nil {
			return err
		}
		return h.writeBook(tx, actor, book, LeaveAdded, m.Login, first+" – "+last)
	})
	return out, err
}

// RemoveLeave takes a leave back.
func (h *Hub) RemoveLeave(ctx context.Context, actor Actor, id string) error {
	if !actor.MayEverywhere(ManageDuty) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		leave, err := Leaves.Get(tx, id)
		if err != nil {
			return err
		}
		book, err := bookOf(tx)
		if err != nil {
			return err
		}
		if err := Leaves.Delete(tx, id); err != nil {
			return err
		}
		return h.writeBook(tx, actor, book, LeaveRemoved, string(leave.Value.Member), "")
	})
}
