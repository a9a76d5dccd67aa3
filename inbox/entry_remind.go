package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
// day, until ctx ends. What it has said is kept with each entry and not in its own
// memory, so after a standstill it says what was left unsaid, and nothing twice.
func (h *Hub) remindOfEntries(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	var done time.Time // the day that was looked at last
	for {
		now := h.store.Now().In(sheet.Zone)
		if day := entryDay(now); day.After(done) && now.Hour() >= remindedAt {
			if err := h.remindOwners(ctx); err == nil {
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

// reminder is what one department is told at one time.
type reminder struct {
	department          kb.DepartmentID
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
		if err := h.store.Update(ctx, func(tx Writer) error { return h.remindOwner(tx, r) }); err != nil {
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
			r = &reminder{department: e.Department}
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
	var due []reminder
	for _, r := range of {
		due = append(due, *r)
	}
	slices.SortFunc(due, func(a, b reminder) int { return cmp.Compare(a.department, b.department) })
	return due, err
}

// remindOwner tells the members of a department, or the supervisors where it has none,
// and writes down that they were told.
func (h *Hub) remindOwner(tx Writer, r reminder) error {
	owners, err := ownersOf(tx, r.department)
	if err != nil {
		return err
	}
	unconfirmed := fmt.Sprintf("quá %d ngày chưa xác nhận còn đúng", h.ConfirmDays())
	for _, m := range owners {
		if err := errors.Join(
			h.remindOne(tx, m.ID, r.department, r.unconfirmed, unconfirmed),
			h.remindOne(tx, m.ID, r.department, r.ending, "sắp hoặc đã hết hiệu lực"),
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

// remindOne tells one member of entries in one notice: a department that let a
// hundred of them lie is not told a hundred times.
func (h *Hub) remindOne(tx Writer, to MemberID, department kb.DepartmentID, entries []kb.Entry, what string) error {
	n := Notice{Member: to, Kind: NoticeKnowledge, At: h.store.Now()}
	switch len(entries) {
	case 0:
		return nil
	case 1:
		n.Entry, n.Text = entries[0].ID, fmt.Sprintf("Mục “%s” %s.", shortened(entries[0].Question), what)
	default:
		n.Text = fmt.Sprintf("%d mục hỏi đáp của %s %s.", len(entries), h.directory.DepartmentName(department), what)
	}
	return notify(tx, n)
}

func ownersOf(tx Reader, department kb.DepartmentID) ([]Member, error) {
	members, err := tx.Members()
	if err != nil {
		return nil, err
	}
	pick := func(may func(Member) bool) (out []Member) {
		for _, m := range members {
			if !m.Disabled && may(m) {
				out = append(out, m)
			}
		}
		return out
	}
	owners := pick(func(m Member) bool { return m.Role == Staff && (Actor{Member: m}).MayFor(EditKnowledge, department) })
	if len(owners) > 0 {
		return owners, nil
	}
	return pick(func(m Member) bool { return m.Role == Supervisor }), nil
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
