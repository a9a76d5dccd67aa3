package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// ImportID names one import that was applied. Ids grow with time.
type ImportID string

// Import is the record of one import, from which it can be undone.
type Import struct {
	ID                    ImportID
	At                    time.Time
	By                    string // login, or "import" on the command line
	Files                 []string
	Departments           []kb.DepartmentID // whose entries it touched
	New, Changed, Retired int
	Entries               []ImportedEntry
	UndoneAt              time.Time // zero: it stands
	UndoneBy              string
}

// ImportedEntry is an entry and the version of it that an import wrote. Version 1:
// the import brought the entry.
type ImportedEntry struct {
	ID      kb.EntryID
	Version int
}

// importOf is the record of what a plan will write, in the ways that it goes.
func importOf(id ImportID, whole sheet.Plan, ways importWays) Import {
	i := Import{ID: id, New: len(whole.New), Changed: len(whole.Changed)}
	plan := ways.direct
	touch := func(e kb.Entry, version int) {
		i.Entries = append(i.Entries, ImportedEntry{e.ID, version})
		if !slices.Contains(i.Departments, e.Department) {
			i.Departments = append(i.Departments, e.Department)
		}
	}
	for _, e := range plan.New {
		touch(e, e.Version)
	}
	for _, c := range plan.Changed {
		touch(c.After, c.After.Version)
		if d := c.Before.Department; !slices.Contains(i.Departments, d) {
			i.Departments = append(i.Departments, d)
		}
	}
	for _, d := range ways.drafts {
		for _, owner := range []kb.DepartmentID{d.was, d.entry.Department} {
			if owner != "" && !slices.Contains(i.Departments, owner) {
				i.Departments = append(i.Departments, owner)
			}
		}
	}
	if plan.Retire {
		i.Retired = len(plan.Missing)
		for _, e := range plan.Missing {
			touch(e, e.Version+1)
		}
	}
	return i
}

// importsKept is how far back an import is looked for that can be undone.
const importsKept = 50

// LastImport is the newest import that stands and that actor may undo.
// ErrNotFound when there is none.
func (h *Hub) LastImport(ctx context.Context, actor Actor) (last Import, err error) {
	if !actor.May(ImportKnowledge) {
		return last, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		imports, err := tx.Imports(importsKept)
		if err != nil {
			return err
		}
		for _, i := range imports {
			if i.UndoneAt.IsZero() && mayUndo(actor, i) {
				last = i
				return nil
			}
		}
		return ErrNotFound
	})
	return last, err
}

func mayUndo(actor Actor, i Import) bool {
	return actor.MayEverywhere(ImportKnowledge) || actor.May(ImportKnowledge) && !slices.ContainsFunc(i.Departments, func(d kb.DepartmentID) bool {
		return !slices.Contains(actor.Member.Departments, d)
	})
}

// Undoing is what became of an import that was to be undone.
type Undoing struct {
	Import Import
	// Changed are entries that somebody has changed since, as they are now. Unless
	// all the rest was asked for, nothing was undone because of them.
	Changed  []kb.Entry
	Restored int // entries that are again as they were before the import
	Retired  int // entries that the import had brought
	Done     bool
}

// UndoImport brings the entries of an import back to what they were, in one
// transaction: those that it brought are retired, since an answer that was once
// given is never forgotten. When entries were changed since, they are named, and
// nothing is undone unless rest asks for all the others. ErrConflict when the
// import has been undone already.
func (h *Hub) UndoImport(ctx context.Context, actor Actor, id ImportID, rest bool) (u Undoing, err error) {
	if !actor.May(ImportKnowledge) {
		return u, ErrForbidden
	}
	err = h.store.Update(ctx, func(tx Writer) (err error) {
		u = Undoing{}
		if u.Import, err = tx.Import(id); err != nil {
			return err
		}
		if !mayUndo(actor, u.Import) {
			return ErrNotFound
		}
		if !u.Import.UndoneAt.IsZero() {
			return conflict("Lần nhập này đã được hoàn tác rồi.")
		}
		return h.undo(tx, actor, &u, rest)
	})
	return u, err
}

func (h *Hub) undo(tx Writer, actor Actor, u *Undoing, rest bool) error {
	now, by := h.store.Now(), nameInEntries(actor)
	var back []kb.Entry
	for _, imported := range u.Import.Entries {
		e, changed, err := beforeImport(tx, imported)
		if err != nil {
			return fmt.Errorf("undo entry %s: %w", imported.ID, err)
		}
		switch {
		case changed:
			u.Changed = append(u.Changed, e)
			continue
		case imported.Version == 1:
			u.Retired++
		default:
			u.Restored++
		}
		e.UpdatedAt, e.UpdatedBy = now, by
		back = append(back, e)
	}
	drafts, err := h.undoneDrafts(tx, u)
	if err != nil {
		return err
	}
	if len(u.Changed) > 0 && !rest || len(back)+len(drafts) == 0 {
		u.Restored, u.Retired = 0, 0
		return nil
	}
	for _, d := range drafts {
		if err := d.takeBack(tx); err != nil {
			return err
		}
	}
	for _, e := range back {
		if err := tx.PutEntry(e); err != nil {
			return err
		}
	}
	u.Done, u.Import.UndoneAt, u.Import.UndoneBy = true, now, by
	return errors.Join(
		tx.PutImport(u.Import),
		tx.AppendEvent(Event{At: now, Kind: KnowledgeChanged}),
		tx.AppendAudit(Audit{
			At: now, Member: actor.Member.ID, Action: ImportUndone, Target: string(u.Import.ID), Address: actor.Address,
			Detail: fmt.Sprintf("restored %d, retired %d, left %d", u.Restored, u.Retired, len(u.Changed)),
		}),
	)
}

// beforeImport is the next version of an entry, in which it is as it was before
// the import, or the entry as it is now when it says something else than the
// import made it say.
func beforeImport(tx Reader, imported ImportedEntry) (e kb.Entry, changed bool, err error) {
	now, err := tx.Entry(imported.ID)
	if err != nil {
		return now, false, err
	}
	made, err := tx.EntryVersion(imported.ID, imported.Version)
	if err != nil {
		return now, false, err
	}
	if len(sheet.Differences(made, now)) > 0 {
		return now, true, nil
	}
	if e = now; imported.Version == 1 {
		e.Status = kb.Retired
	} else if e, err = tx.EntryVersion(imported.ID, imported.Version-1); err != nil {
		return now, false, err
	}
	e.Version = now.Version + 1
	return e, false, nil
}
