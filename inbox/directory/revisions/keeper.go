// Package revisions keeps the directory in the store, where people change it.
//
// Every change is a whole new revision with who made it, when, and what differs
// from the one before; revisions are never written over. To undo is to write a new
// revision that equals an earlier one. Whoever changes names the revision that his
// change is made for: if that is no longer the newest, nothing is changed and he is
// told by whom it was overtaken. Data that contradicts itself is refused with every
// contradiction (directory.Problems), and so is the disappearance of what others
// still name.
//
// The first start writes revision 1 from the installation's files; from then on the
// store rules. Each node holds the newest revision in memory: Now gives it to
// readers without locks, and Reload, which the node calls when the event
// inbox.DirectoryChanged arrives, swaps it.
//
// Arrows: revisions knows directory, annex and inbox, whose store it writes to.
package revisions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/kb/sheet"
)

// What was done to make a revision.
const (
	Seeded   = "seeded"   // from the installation's files
	Edited   = "edited"   // on the screen
	Imported = "imported" // from a workbook; Source: its name
	Undone   = "undone"   // Source: the number of the revision that it equals
)

// Revision is one state of the directory that was, without its data.
type Revision struct {
	No      int                `json:"no"` // from 1
	At      time.Time          `json:"at"`
	By      inbox.MemberID     `json:"by,omitempty"` // empty: the program itself
	What    string             `json:"what"`         // Seeded, Edited, Imported, Undone
	Source  string             `json:"source,omitempty"`
	Changes []directory.Change `json:"changes,omitempty"` // against the revision before
}

// The shelves: what was kept, and the same without data, so that a page of history
// does not read every department a hundred times.
const (
	states  = inbox.Shelf[directory.Data]("directory")
	history = inbox.Shelf[Revision]("directory-history")
)

// shelfID makes ids lie in the order of numbers.
func shelfID(no int) string { return fmt.Sprintf("%010d", no) }

// Edition is a revision as this node uses it.
type Edition struct {
	Revision  int
	Directory *directory.Directory
}

// Keeper keeps the directory.
type Keeper struct {
	store  inbox.Store
	sheets inbox.SheetReader
	now    atomic.Pointer[Edition]
}

// Open reads the newest revision, after seed was kept as the first if there is
// none. sheets reads workbooks; nil: within this process.
func Open(ctx context.Context, store inbox.Store, seed directory.Data, sheets inbox.SheetReader) (*Keeper, error) {
	if sheets == nil {
		sheets = func(_ context.Context, file inbox.Workbook) (sheet.Content, error) {
			return sheet.ReadPlain(file.Data, file.Name), nil
		}
	}
	k := &Keeper{store: store, sheets: sheets}
	err := k.Reload(ctx)
	if errors.Is(err, inbox.ErrNotFound) {
		if err = k.seed(ctx, seed); err == nil || errors.Is(err, inbox.ErrConflict) { // another node was first
			err = k.Reload(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the directory: %w", err)
	}
	return k, nil
}

func (k *Keeper) seed(ctx context.Context, data directory.Data) error {
	if _, err := directory.New(data); err != nil {
		return err
	}
	return k.store.Update(ctx, func(tx inbox.Writer) error {
		_, err := newest(tx)
		if !errors.Is(err, inbox.ErrNotFound) {
			return err
		}
		return write(tx, Revision{No: 1, At: k.store.Now(), What: Seeded}, data)
	})
}

// Now is the directory that holds now.
func (k *Keeper) Now() *directory.Directory { return k.now.Load().Directory }

// Current is that with the number of its revision.
func (k *Keeper) Current() Edition { return *k.now.Load() }

// Read is the directory for who looks after it, contact points and all.
func (k *Keeper) Read(actor inbox.Actor) (Edition, error) {
	if !actor.MayEverywhere(inbox.ManageDirectory) {
		return Edition{}, inbox.ErrForbidden
	}
	return k.Current(), nil
}

// Reload takes over the newest revision. ErrNotFound: there is none.
func (k *Keeper) Reload(ctx context.Context) error {
	var head Revision
	var data directory.Data
	err := k.store.View(ctx, func(tx inbox.Reader) (err error) {
		if head, err = newest(tx); err != nil {
			return err
		}
		if used := k.now.Load(); used != nil && used.Revision >= head.No {
			return nil // nothing newer
		}
		data, err = state(tx, head.No)
		return err
	})
	if err != nil {
		return err
	}
	k.take(Edition{head.No, directory.Kept(data)})
	return nil
}

// take makes an edition the one in use, unless a newer one is.
func (k *Keeper) take(next Edition) {
	for {
		used := k.now.Load()
		if used != nil && used.Revision >= next.Revision || k.now.CompareAndSwap(used, &next) {
			return
		}
	}
}

// newest is the newest revision; ErrNotFound when there is none.
func newest(tx inbox.Reader) (Revision, error) {
	found, err := history.List(tx, inbox.PaperQuery{Backward: true, Limit: 1})
	if err != nil {
		return Revision{}, err
	}
	if len(found) == 0 {
		return Revision{}, inbox.ErrNotFound
	}
	return found[0].Value, nil
}

// state is the data of a revision; ErrNotFound.
func state(tx inbox.Reader, no int) (directory.Data, error) {
	kept, err := states.Get(tx, shelfID(no))
	return kept.Value, err
}

func write(tx inbox.Writer, r Revision, data directory.Data) error {
	if _, err := states.Put(tx, inbox.Kept[directory.Data]{ID: shelfID(r.No), Value: data}); err != nil {
		return err
	}
	_, err := history.Put(tx, inbox.Kept[Revision]{ID: shelfID(r.No), Value: r})
	return err
}

// History lists revisions, the newest first: those before a number, 0 for all.
func (k *Keeper) History(ctx context.Context, actor inbox.Actor, before, limit int) (out []Revision, err error) {
	if !actor.MayEverywhere(inbox.ManageDirectory) {
		return nil, inbox.ErrForbidden
	}
	q := inbox.PaperQuery{Backward: true, Limit: limit}
	if before > 0 {
		q.Until = shelfID(before)
	}
	err = k.store.View(ctx, func(tx inbox.Reader) error {
		found, err := history.List(tx, q)
		out = make([]Revision, len(found))
		for i, f := range found {
			out[i] = f.Value
		}
		return err
	})
	return out, err
}

// Edit changes the directory that was revision base as edit says. Errors:
// directory.Problems when the result contradicts itself, inbox.ErrConflict with
// words when somebody else was faster or something that disappears is still used,
// and those of edit. A change that changes nothing makes no revision. edit may be
// called more than once.
func (k *Keeper) Edit(ctx context.Context, actor inbox.Actor, base int, edit func(*directory.Data) error) (Revision, error) {
	return k.change(ctx, actor, base, Revision{What: Edited}, func(_ inbox.Reader, data *directory.Data) error { return edit(data) })
}

// Undo makes the directory again what it was as revision to.
func (k *Keeper) Undo(ctx context.Context, actor inbox.Actor, base, to int) (Revision, error) {
	return k.change(ctx, actor, base, Revision{What: Undone, Source: strconv.Itoa(to)}, func(tx inbox.Reader, data *directory.Data) (err error) {
		*data, err = state(tx, to)
		return err
	})
}

// acts are what is put on record for each way of making a revision.
var acts = map[string]inbox.Action{
	Edited: inbox.DirectoryEdited, Imported: inbox.DirectoryImported, Undone: inbox.DirectoryUndone,
}

func (k *Keeper) change(ctx context.Context, actor inbox.Actor, base int, next Revision, edit func(inbox.Reader, *directory.Data) error) (Revision, error) {
	if !actor.MayEverywhere(inbox.ManageDirectory) {
		return next, inbox.ErrForbidden
	}
	var made Revision
	var now *directory.Directory
	err := k.store.Update(ctx, func(tx inbox.Writer) error {
		made, now = Revision{}, nil
		if err := tx.LineUp("directory"); err != nil {
			return err
		}
		head, err := newest(tx)
		if err != nil {
			return err
		}
		if head.No != base {
			return overtaken(tx, head)
		}
		before, err := state(tx, head.No)
		if err != nil {
			return err
		}
		after := before.Clone()
		if err := edit(tx, &after); err != nil {
			return err
		}
		if now, err = directory.New(after); err != nil {
			return err
		}
		made = next
		made.No, made.At, made.By = head.No+1, k.store.Now(), actor.Member.ID
		if made.Changes = directory.Compare(before, after); len(made.Changes) == 0 {
			made, now = head, nil
			return nil
		}
		if err := stillUsed(tx, before, after); err != nil {
			return err
		}
		if err := write(tx, made, after); err != nil {
			return err
		}
		return announce(tx, actor, made)
	})
	if err != nil {
		return made, err
	}
	if now != nil {
		k.take(Edition{made.No, now})
	}
	return made, nil
}

func announce(tx inbox.Writer, actor inbox.Actor, r Revision) error {
	if err := tx.AppendEvent(inbox.Event{At: r.At, Kind: inbox.DirectoryChanged}); err != nil {
		return err
	}
	detail := fmt.Sprintf("revision %d, changes %d", r.No, len(r.Changes))
	if r.Source != "" {
		detail += ", source " + r.Source
	}
	return tx.AppendAudit(inbox.Audit{
		At: r.At, Member: actor.Member.ID, Action: acts[r.What], Target: target(r.Changes), Address: actor.Address, Detail: detail,
	})
}

// target names what was changed, where it is one thing.
func target(changes []directory.Change) string {
	if len(changes) == 1 {
		return changes[0].List + "/" + changes[0].ID
	}
	return ""
}

// overtaken tells who was faster, and when.
func overtaken(tx inbox.Reader, head Revision) error {
	who := "Người dùng dòng lệnh"
	if m, err := tx.Member(head.By); err == nil {
		who = m.Name
	}
	return &inbox.Refusal{Kind: inbox.ErrConflict, Message: fmt.Sprintf(
		"%s vừa sửa danh mục lúc %s. Chưa thay đổi gì; hãy tải lại để xem bản mới rồi sửa tiếp.", who, head.At.In(sheet.Zone).Format("15:04 02/01/2006"))}
}
