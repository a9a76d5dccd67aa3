package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongdai/kb/sheet"
)

// RosterPreview is what a plan would change, or has changed.
type RosterPreview struct {
	Problems         []RosterProblem // with any of them nothing is changed
	Notes            []sheet.Note    // what was passed over
	Warnings         []string        // what asks too much of a member, in Vietnamese; it is done all the same
	Adding, Removing []Shift         // in order
	Gaps             []RosterSlot    // of the slots concerned, those that will lack people
	Revision         uint64          // of the roster that the plan was compared with
	Change           string          // what was applied; empty: nothing
}

// RosterChange is the record of one change, from which it can be undone.
type RosterChange struct {
	At       time.Time `json:"at"`
	By       MemberID  `json:"by"`
	How      RosterHow `json:"how"`
	File     string    `json:"file,omitempty"`
	Added    []Shift   `json:"added,omitempty"`
	Removed  []Shift   `json:"removed,omitempty"`
	UndoneAt time.Time `json:"undone,omitzero"`
	UndoneBy MemberID  `json:"undone_by,omitempty"`
}

// RosterChanges are under ids that grow with time.
const RosterChanges Shelf[RosterChange] = "duty-change"

// mostShifts is how many shifts one change may add or remove.
const mostShifts = 4000

// preview says what the draft comes to.
func (d *drafting) preview(book Kept[dutyBook]) (RosterPreview, error) {
	out := RosterPreview{Problems: d.problems, Notes: d.notes, Revision: book.Version}
	for _, a := range d.add {
		out.Adding = append(out.Adding, a.Shift)
	}
	for _, k := range d.remove {
		out.Removing = append(out.Removing, k.Value)
	}
	for _, list := range [][]Shift{out.Adding, out.Removing} {
		slices.SortStableFunc(list, func(a, b Shift) int { return a.From.Compare(b.From) })
	}
	if len(out.Adding)+len(out.Removing) > mostShifts {
		return out, Invalid{{Field: "how", Message: fmt.Sprintf("Mỗi lần chỉ đổi được %d lượt trực; hãy chia thành nhiều lần.", mostShifts)}}
	}
	var err error
	if out.Warnings, err = d.strains(); err != nil || d.until.IsZero() {
		return out, err
	}
	after, err := d.after()
	if err != nil {
		return out, err
	}
	out.Gaps = slices.DeleteFunc(d.hub.slotted(d.from, d.until, book.Value.Level, after, d.people), func(s RosterSlot) bool { return s.Short() == 0 })
	return out, nil
}

// after are the shifts of the span as they will be.
func (d *drafting) after() ([]Kept[Shift], error) {
	existing, err := shiftsWithin(d.tx, d.from, d.until)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(existing, func(k Kept[Shift]) bool {
		return slices.ContainsFunc(d.remove, func(r Kept[Shift]) bool { return r.ID == k.ID })
	})
	for _, a := range d.add {
		out = append(out, Kept[Shift]{ID: a.ID(), Value: a.Shift})
	}
	return out, nil
}

// ApplyRoster does what PreviewRoster said, in one transaction with its record. With
// problems it does nothing; when the roster has changed since the preview it does
// nothing and fails with ErrConflict.
func (h *Hub) ApplyRoster(ctx context.Context, actor Actor, plan RosterPlan, revision uint64) (RosterPreview, error) {
	content, err := h.rosterFile(ctx, actor, plan)
	if err != nil {
		return RosterPreview{}, err
	}
	id := newID()
	var out RosterPreview
	err = h.store.Update(ctx, func(tx Writer) error {
		book, err := bookOf(tx)
		if err != nil {
			return err
		}
		if book.Version != revision {
			return conflict("Lịch trực đã được người khác đổi sau khi anh/chị xem; hãy xem lại rồi áp dụng.")
		}
		d, err := h.draft(tx, plan, content)
		if err != nil {
			return err
		}
		if out, err = d.preview(book); err != nil || len(out.Problems) > 0 || len(out.Adding)+len(out.Removing) == 0 {
			return err
		}
		out.Change = id
		change := RosterChange{
			At: h.store.Now(), By: actor.Member.ID, How: plan.How, File: plan.File.Name, Added: out.Adding, Removed: out.Removing,
		}
		return h.writeRoster(tx, actor, book, Kept[RosterChange]{ID: id, Value: change})
	})
	return out, err
}

// writeRoster removes, adds, and keeps the record.
func (h *Hub) writeRoster(tx Writer, actor Actor, book Kept[dutyBook], change Kept[RosterChange]) error {
	if err := exchange(tx, change.Value.Removed, change.Value.Added); err != nil {
		return err
	}
	if _, err := RosterChanges.Put(tx, change); err != nil {
		return err
	}
	return h.writeBook(tx, actor, book, RosterChanged, change.ID, toldChange(change.Value))
}

func toldChange(c RosterChange) string {
	return fmt.Sprintf("%s: +%d −%d", c.How, len(c.Added), len(c.Removed))
}

// exchange takes shifts out of the roster and puts others in. A shift that is in
// both is written over.
func exchange(tx Writer, out, in []Shift) error {
	versions := map[string]uint64{}
	for _, s := range in {
		versions[s.ID()] = 0
	}
	for _, s := range out {
		if _, stays := versions[s.ID()]; stays {
			k, err := Shifts.Get(tx, s.ID())
			if err != nil {
				return err
			}
			versions[s.ID()] = k.Version
			continue
		}
		if err := Shifts.Delete(tx, s.ID()); err != nil {
			return err
		}
	}
	for _, s := range in {
		if _, err := Shifts.Put(tx, Kept[Shift]{ID: s.ID(), Version: versions[s.ID()], Value: s}); err != nil {
			return err
		}
	}
	return nil
}

// changesShown is how far back a change of the roster is looked for that can be undone.
const changesShown = 20

// LastRosterChange is the newest change that stands and whose shifts have not all
// begun. ErrNotFound when there is none.
func (h *Hub) LastRosterChange(ctx context.Context, actor Actor) (last Kept[RosterChange], err error) {
	if !actor.MayEverywhere(ManageDuty) {
		return last, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		changes, err := RosterChanges.List(tx, PaperQuery{Backward: true, Limit: changesShown})
		if err != nil {
			return err
		}
		for _, c := range changes {
			if c.Value.UndoneAt.IsZero() && c.Value.ahead(h.store.Now()) {
				last = c
				return nil
			}
		}
		return ErrNotFound
	})
	return last, err
}

// ahead reports whether something of the change has not begun yet.
func (c RosterChange) ahead(now time.Time) bool {
	later := func(s Shift) bool { return s.From.After(now) }
	return slices.ContainsFunc(c.Added, later) || slices.ContainsFunc(c.Removed, later)
}

// RosterUndoing is what became of a change that was to be undone.
type RosterUndoing struct {
	Left              []string // what stays as it is because it was changed since or has begun, in Vietnamese
	Removed, Restored int
	Done              bool
}

// UndoRoster brings the shifts of a change back to what they were. When some were
// changed since, or have begun, they are named, and nothing is undone unless rest
// asks for all the others.
func (h *Hub) UndoRoster(ctx context.Context, actor Actor, id string, rest bool) (RosterUndoing, error) {
	if !actor.MayEverywhere(ManageDuty) {
		return RosterUndoing{}, ErrForbidden
	}
	var u RosterUndoing
	err := h.store.Update(ctx, func(tx Writer) error {
		u = RosterUndoing{}
		change, err := RosterChanges.Get(tx, id)
		if err != nil {
			return err
		}
		if !change.Value.UndoneAt.IsZero() {
			return conflict("Thay đổi này đã được hoàn tác rồi.")
		}
		book, err := bookOf(tx)
		if err != nil {
			return err
		}
		out, in, err := h.undoable(tx, change.Value, &u)
		if err != nil || len(u.Left) > 0 && !rest || len(out)+len(in) == 0 {
			return err
		}
		if err := exchange(tx, out, in); err != nil {
			return err
		}
		u.Removed, u.Restored, u.Done = len(out), len(in), true
		change.Value.UndoneAt, change.Value.UndoneBy = h.store.Now(), actor.Member.ID
		if _, err := RosterChanges.Put(tx, change); err != nil {
			return err
		}
		return h.writeBook(tx, actor, book, RosterUndone, id, toldChange(change.Value))
	})
	return u, err
}

// undoable finds what of a change can be taken back: out is to be removed, in to
// be restored.
func (h *Hub) undoable(tx Reader, c RosterChange, u *RosterUndoing) (out, in []Shift, err error) {
	now := h.store.Now()
	people, err := h.peopleOf(tx, now)
	if err != nil {
		return nil, nil, err
	}
	leave := func(s Shift, why string) {
		u.Left = append(u.Left, fmt.Sprintf("%s ở %s: %s", people.name(s.Member), h.nameOfSlot(s.slot()), why))
	}
	for _, s := range c.Added {
		k, err := Shifts.Get(tx, s.ID())
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return nil, nil, err
		case err != nil || k.Value.Role != s.Role || k.Value.Note != s.Note:
			leave(s, "đã được đổi sau đó")
		case !s.From.After(now):
			leave(s, "ca đã bắt đầu")
		default:
			out = append(out, k.Value)
		}
	}
	for _, s := range c.Removed {
		clash, err := clashes(tx, s, out)
		switch {
		case err != nil:
			return nil, nil, err
		case !s.From.After(now):
			leave(s, "ca đã bắt đầu")
		case clash:
			leave(s, "đã được xếp ca khác vào giờ này")
		default:
			in = append(in, s)
		}
	}
	return out, in, nil
}

// clashes reports whether the member of s is in another shift at that time, which
// is not among those that go.
func clashes(tx Reader, s Shift, going []Shift) (bool, error) {
	others, err := shiftsTouching(tx, s.From, s.Until)
	return slices.ContainsFunc(others, func(o Kept[Shift]) bool {
		return o.Value.Member == s.Member && o.Value.overlaps(s) && !slices.ContainsFunc(going, func(g Shift) bool { return g.ID() == o.ID })
	}), err
}
