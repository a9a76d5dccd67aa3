package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// EntryTold is what the owner of an entry has been reminded of, so that each is
// said once: that it is unconfirmed since a day, and that it ends on a day.
type EntryTold struct {
	Unconfirmed time.Time `json:"conf,omitzero"`  // the confirmation that had become too old
	Ending      time.Time `json:"until,omitzero"` // the end of validity
}

// EntriesTold are kept under the id of the entry.
const EntriesTold Shelf[EntryTold] = "entry-told"

// remindedAt is the hour of the day, in Vietnam, from which owners are reminded.
const remindedAt = 7

// remindOfEntries reminds the owners of entries that want to be confirmed, once a
// day, until ctx ends, and forgets what was missed long ago. What it has said is kept with each entry and not in its own
// memory, so after a standstill it says what was left unsaid, and nothing twice.
func (h *Hub) remindOfEntries(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	var done time.Time // the day that was looked at last
	for {
		now := h.store.Now().In(sheet.Zone)
		if day := entryDay(now); day.After(done) && now.Hour() >= remindedAt {
			if err := errors.Join(h.remindOwners(ctx), h.forgetMisses(ctx)); err == nil {
				done = day
			} else if ctx.Err() == nil {
				h.log.WarnContext(ctx, "owners of entries could not be reminded and are within the hour", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// reminder is what the owners of a department are told at one time, or the
// supervisors for all departments that have no members.
type reminder struct {
	to                  []Member
	whose               string // of which department, or of how many
	unconfirmed, ending []kb.Entry
}

func (h *Hub) remindOwners(ctx context.Context) error {
	var due []reminder
	err := h.store.View(ctx, func(tx Reader) (err error) {
		due, err = h.dueReminders(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range due {
		if err := h.store.Update(ctx, func(tx Writer) error { return h.remindOf(tx, r) }); err != nil {
			return err
		}
	}
	return nil
}

// dueReminders gathers what owners have not been told yet.
func (h *Hub) dueReminders(tx Reader) ([]reminder, error) {
	told := map[kb.EntryID]EntryTold{}
	all, err := EntriesTold.List(tx, PaperQuery{})
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		told[kb.EntryID(k.ID)] = k.Value
	}
	of := map[kb.DepartmentID]*reminder{}
	err = eachEntry(tx, func(row EntryRow) bool {
		e, before := row.Entry, told[row.ID]
		unconfirmed := h.Unconfirmed(e) && !before.Unconfirmed.Equal(confirmedAt(e))
		ending := h.Ending(e) && !before.Ending.Equal(e.ValidUntil)
		if !unconfirmed && !ending {
			return true
		}
		r := of[e.Department]
		if r == nil {
			r = &reminder{whose: h.directory.DepartmentName(e.Department)}
			of[e.Department] = r
		}
		if unconfirmed {
			r.unconfirmed = append(r.unconfirmed, e)
		}
		if ending {
			r.ending = append(r.ending, e)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return addressed(tx, of)
}

// addressed says whom to tell. What belongs to departments without members is one
// reminder for the supervisors.
func addressed(tx Reader, of map[kb.DepartmentID]*reminder) (due []reminder, err error) {
	var orphans reminder
	alone := 0
	for _, department := range slices.Sorted(maps.Keys(of)) {
		r := *of[department]
		if r.to, err = staffOf(tx, department); err != nil {
			return nil, err
		}
		if len(r.to) > 0 {
			due = append(due, r)
			continue
		}
		alone++
		orphans.unconfirmed, orphans.ending = append(orphans.unconfirmed, r.unconfirmed...), append(orphans.ending, r.ending...)
		orphans.whose = r.whose
	}
	if alone == 0 {
		return due, nil
	}
	if alone > 1 {
		orphans.whose = fmt.Sprintf("%d đơn vị chưa có cán bộ", alone)
	}
	orphans.to, err = firstMembers(tx, func(m Member) bool { return m.Role == Supervisor })
	return append(due, orphans), err
}

// remindOf tells who is to be told, and writes down that it was said. Each hears of
// many entries in one notice: who let a hundred of them lie is not told a hundred times.
func (h *Hub) remindOf(tx Writer, r reminder) error {
	for _, m := range r.to {
		if err := errors.Join(
			h.remindOne(tx, m.ID, r.whose, r.unconfirmed, fmt.Sprintf("quá %d ngày chưa xác nhận còn đúng", h.ConfirmDays())),
			h.remindOne(tx, m.ID, r.whose, r.ending, "sắp hoặc đã hết hiệu lực"),
		); err != nil {
			return err
		}
	}
	for _, e := range r.unconfirmed {
		if err := tellOf(tx, e.ID, func(t *EntryTold) { t.Unconfirmed = confirmedAt(e) }); err != nil {
			return err
		}
	}
	for _, e := range r.ending {
		if err := tellOf(tx, e.ID, func(t *EntryTold) { t.Ending = e.ValidUntil }); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) remindOne(tx Writer, to MemberID, whose string, entries []kb.Entry, what string) error {
	n := Notice{Member: to, Kind: NoticeKnowledge, At: h.store.Now()}
	switch len(entries) {
	case 0:
		return nil
	case 1:
		n.Entry, n.Text = entries[0].ID, fmt.Sprintf("Mục “%s” %s.", shortened(entries[0].Question), what)
	default:
		n.Text = fmt.Sprintf("%d mục hỏi đáp của %s %s.", len(entries), whose, what)
	}
	return notify(tx, n)
}

// ownersOf are the members who keep a department's entries; where it has none, the
// supervisors.
func ownersOf(tx Reader, department kb.DepartmentID) ([]Member, error) {
	owners, err := staffOf(tx, department)
	if err != nil || len(owners) > 0 {
		return owners, err
	}
	return firstMembers(tx, func(m Member) bool { return m.Role == Supervisor })
}

// staffOf are the members of a department who keep its entries.
func staffOf(tx Reader, department kb.DepartmentID) ([]Member, error) {
	return firstMembers(tx, func(m Member) bool {
		return m.Role == Staff && (Actor{Member: m}).MayFor(EditKnowledge, department)
	})
}

// reviewersOf are those who are asked to review what others wrote: the rest of the
// department, else the supervisors, else the administrators.
func reviewersOf(tx Reader, department kb.DepartmentID, authors []MemberID) ([]Member, error) {
	others := func(role Role) func(Member) bool {
		return func(m Member) bool {
			return m.Role == role && (Actor{Member: m}).MayFor(ReviewKnowledge, department) && !slices.Contains(authors, m.ID)
		}
	}
	return firstMembers(tx, others(Staff), others(Supervisor), others(Admin))
}

// firstMembers are the members that the first of the conditions finds, which finds any.
func firstMembers(tx Reader, conditions ...func(Member) bool) ([]Member, error) {
	members, err := tx.Members()
	for _, meets := range conditions {
		var found []Member
		for _, m := range members {
			if !m.Disabled && meets(m) {
				found = append(found, m)
			}
		}
		if len(found) > 0 {
			return found, err
		}
	}
	return nil, err
}

func tellOf(tx Writer, id kb.EntryID, say func(*EntryTold)) error {
	told, err := EntriesTold.Get(tx, string(id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	told.ID = string(id)
	say(&told.Value)
	_, err = EntriesTold.Put(tx, told)
	return err
}
