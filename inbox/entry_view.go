package inbox

import (
	"cmp"
	"context"
	"errors"
	"time"

	"tongdai/kb"
)

// EntryRow is an entry as lists show it: as it stands or, where it was never
// published, as it is being written.
type EntryRow struct {
	kb.Entry
	Pending      kb.Status // Draft or Review: what is being written beside what stands; empty: nothing
	PendingSince time.Time
}

// EachEntry gives every entry to fn, in the order of ids, until fn says false.
func (h *Hub) EachEntry(ctx context.Context, actor Actor, fn func(EntryRow) bool) error {
	if !actor.May(SeeKnowledge) {
		return ErrForbidden
	}
	return h.store.View(ctx, func(tx Reader) error { return eachEntry(tx, fn) })
}

func eachEntry(tx Reader, fn func(EntryRow) bool) error {
	drafts, err := EntryDrafts.List(tx, PaperQuery{})
	if err != nil {
		return err
	}
	for after := kb.EntryID(""); ; {
		page, err := tx.Entries(after, entriesRead)
		if err != nil {
			return err
		}
		for _, e := range page {
			after = e.ID
			for len(drafts) > 0 && drafts[0].ID < string(e.ID) {
				if !fn(newRow(drafts[0])) {
					return nil
				}
				drafts = drafts[1:]
			}
			row := EntryRow{Entry: e}
			if len(drafts) > 0 && drafts[0].ID == string(e.ID) {
				row, drafts = rowWith(e, drafts[0].Value), drafts[1:]
			}
			if !fn(row) {
				return nil
			}
		}
		if len(page) == 0 {
			break
		}
	}
	for _, d := range drafts {
		if !fn(newRow(d)) {
			return nil
		}
	}
	return nil
}

// newRow is an entry of which there is nothing but a draft.
func newRow(d Kept[EntryDraft]) EntryRow {
	e := d.Value.over(kb.Entry{ID: kb.EntryID(d.ID), Status: d.Value.Stage, UpdatedAt: d.Value.ChangedAt})
	return EntryRow{Entry: e, Pending: d.Value.Stage, PendingSince: cmp.Or(d.Value.SentAt, d.Value.ChangedAt)}
}

func rowWith(e kb.Entry, d EntryDraft) EntryRow {
	if e.Status == kb.Draft || e.Status == kb.Review {
		e = d.over(e)
		e.Status = d.Stage
	}
	return EntryRow{Entry: e, Pending: d.Stage, PendingSince: cmp.Or(d.SentAt, d.ChangedAt)}
}

// confirmedAt is when an entry was last known to be right.
func confirmedAt(e kb.Entry) time.Time { return cmp.Or(e.ConfirmedOn, entryDay(e.UpdatedAt)) }

// Unconfirmed reports whether a published answer has stood unconfirmed for too long.
func (h *Hub) Unconfirmed(e kb.Entry) bool {
	return e.Status == kb.Published && h.store.Now().Sub(confirmedAt(e)) > h.cfg.Knowledge.ConfirmEvery
}

// ConfirmDays is how many days an answer may stand unconfirmed.
func (h *Hub) ConfirmDays() int { return int(h.cfg.Knowledge.ConfirmEvery.Hours() / 24) }

// endingSoon is how long before the end of validity the owner hears of it.
const endingSoon = 7 * 24 * time.Hour

// Ending reports whether a published answer ends to be given before long, or has.
func (h *Hub) Ending(e kb.Entry) bool {
	return e.Status == kb.Published && !e.ValidUntil.IsZero() && !h.store.Now().Before(e.ValidUntil.Add(-endingSoon))
}

// EntryLife is all that is known of an entry: what stands, what is being written,
// how it came about, and what the member who looks may do with it.
type EntryLife struct {
	ID           kb.EntryID
	Stored       kb.Entry // Version 0: nothing is in the knowledge base yet
	Draft        Kept[EntryDraft]
	Contributing []kb.DepartmentID
	Versions     []kb.Entry         // newest first, at most EntryVersionsShown
	Events       []Kept[EntryEvent] // newest first
	MayEdit      bool
	MayReview    bool  // send back, and publish unless Bar says why not
	Bar          error // to publishing the draft; nil: none
	MayComment   bool
	// Helped and Unhelpful are how many citizens said that the answer was right, or not.
	Helped, Unhelpful int
}

// HasDraft reports whether something is being written.
func (l EntryLife) HasDraft() bool { return l.Draft.Value.Stage != "" }

// Entry returns the life of an entry.
func (h *Hub) Entry(ctx context.Context, actor Actor, id kb.EntryID) (l EntryLife, err error) {
	if !actor.May(SeeKnowledge) {
		return l, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		a := &entryActing{hub: h, read: tx, actor: actor, now: h.store.Now()}
		if err := a.load(id); err != nil {
			return err
		}
		l = EntryLife{ID: id, Stored: a.stored, Draft: a.draft, Contributing: a.others}
		l.MayEdit = actor.MayFor(EditKnowledge, a.owner())
		l.MayComment = actor.mayAbout(CommentKnowledge, a.owner(), a.others)
		if l.MayReview = actor.MayFor(ReviewKnowledge, a.owner()); l.HasDraft() {
			l.Bar = a.mayPublish()
		}
		if l.Helped, l.Unhelpful, err = marksOf(tx, id); err != nil {
			return err
		}
		q := entryPart(id)
		q.Backward, q.Limit = true, entryEventsShown
		if l.Events, err = EntryEvents.List(tx, q); err != nil {
			return err
		}
		for v := a.stored.Version; v > 0 && len(l.Versions) < EntryVersionsShown; v-- {
			e, err := tx.EntryVersion(id, v)
			if errors.Is(err, kb.ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
			l.Versions = append(l.Versions, e)
		}
		return nil
	})
	return l, err
}
