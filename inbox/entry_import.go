package inbox

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// A file respects the life of entries. Who may publish whatever others wrote, as
// supervisors do with the files that departments send them, has read what would
// change before he applies it: his import is the review. What a department's own
// staff import is their writing: it goes to review, and what stands goes on
// answering. What only withdraws or confirms an answer needs no other's eye.

// importWays are the ways that the parts of an import go.
type importWays struct {
	direct sheet.Plan // into the knowledge base
	drafts []draftByImport
}

// draftByImport is a row of a file that becomes a draft.
type draftByImport struct {
	entry kb.Entry
	was   kb.DepartmentID // whose it is now; empty: it is new
	fresh bool            // there was nothing of it
}

// withDrafts are the entries as they would be after review: what a department
// imports again is compared with what it sent before.
type withDrafts struct{ Reader }

// Entry is the draft of an entry where there is one.
func (r withDrafts) Entry(id kb.EntryID) (kb.Entry, error) {
	draft, err := EntryDrafts.Get(r.Reader, string(id))
	if errors.Is(err, ErrNotFound) {
		return r.Reader.Entry(id)
	}
	if err != nil {
		return kb.Entry{}, err
	}
	stored, err := r.Reader.Entry(id)
	if err != nil && !errors.Is(err, kb.ErrNotFound) {
		return stored, err
	}
	e := draft.Value.over(stored)
	e.ID, e.Status = id, kb.Draft
	if draft.Value.Stage == kb.Review {
		e.Status = kb.Published // what it asks for
	}
	return e, nil
}

// sendToReview parts what goes to review from what is written at once, and says so.
func (p *ImportPreview) sendToReview(tx Reader) error {
	direct := sheet.Plan{Unchanged: p.Plan.Unchanged, Missing: p.Plan.Missing, Retire: p.Plan.Retire}
	var changed []sheet.Change
	replaced := 0
	for _, e := range p.Plan.New {
		p.ways.drafts = append(p.ways.drafts, draftByImport{entry: e, fresh: true})
	}
	for _, c := range p.Plan.Changed {
		_, err := EntryDrafts.Get(tx, string(c.After.ID))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		hasDraft := err == nil
		confirms := len(c.Fields) == 1 && c.Fields[0].Field == sheet.ConfirmedOn
		if confirms && hasDraft { // its publication confirms it
			p.Plan.Unchanged = append(p.Plan.Unchanged, c.After.ID)
			continue
		}
		changed = append(changed, c)
		if !hasDraft && (confirms || c.After.Status == kb.Retired) {
			direct.Changed = append(direct.Changed, c)
			continue
		}
		if hasDraft {
			replaced++
		}
		p.ways.drafts = append(p.ways.drafts, draftByImport{entry: c.After, was: c.Before.Department})
	}
	p.Plan.Changed, p.ways.direct, p.Review = changed, direct, len(p.ways.drafts)
	if p.Review > 0 {
		p.Notes = append(p.Notes, sheet.Note{Message: fmt.Sprintf(
			"%d mục mới hoặc thay đổi sẽ chờ duyệt: cán bộ khác của đơn vị, hoặc giám sát, duyệt rồi bot mới trả lời theo bản mới.", p.Review)})
	}
	if replaced > 0 {
		p.Notes = append(p.Notes, sheet.Note{Message: fmt.Sprintf("%d mục đang có bản nháp; nội dung trong tệp sẽ thay bản nháp đó.", replaced)})
	}
	return nil
}

// ImportedDraft is a draft that an import wrote, and what it wrote over.
type ImportedDraft struct {
	Entry   kb.EntryID  `json:"entry"`
	Version uint64      `json:"v"` // of the draft
	Fresh   bool        `json:"new,omitempty"`
	Before  *EntryDraft `json:"before,omitempty"`
}

// ImportedDrafts are kept under the import, a slash, and the entry.
const ImportedDrafts Shelf[ImportedDraft] = "import-draft"

func (h *Hub) writeImportedDrafts(tx Writer, actor Actor, i Import, drafts []draftByImport) error {
	waiting := map[kb.DepartmentID]int{}
	for _, d := range drafts {
		a := &entryActing{hub: h, read: tx, tx: tx, actor: actor, now: i.At}
		if err := a.load(d.entry.ID); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		kept := ImportedDraft{Entry: d.entry.ID, Fresh: d.fresh}
		if a.draft.Version > 0 {
			before := a.draft.Value
			kept.Before = &before
		}
		a.importDraft(d.entry, i)
		if a.draft.Value.Stage == kb.Review {
			waiting[d.entry.Department]++
		}
		if err := errors.Join(a.wrote(), a.put(), a.remember()); err != nil {
			return err
		}
		kept.Version = a.draft.Version
		if _, err := ImportedDrafts.Put(tx, Kept[ImportedDraft]{ID: entryPart(kb.EntryID(i.ID)).From + string(d.entry.ID), Value: kept}); err != nil {
			return err
		}
	}
	for department, n := range waiting {
		if err := h.tellReviewers(tx, actor, department, n, i.At); err != nil {
			return err
		}
	}
	return nil
}

// importDraft makes the row of a file the draft.
func (a *entryActing) importDraft(e kb.Entry, i Import) {
	d := &a.draft.Value
	d.EntryText, d.Base, d.Returned, d.ReturnedBy = textOf(e), a.stored.Version, "", ""
	d.Stage, d.SentAt = kb.Review, i.At
	a.event = EntryEvent{Action: EntrySent, Note: "Nhập từ tệp " + strings.Join(i.Files, ", ")}
	if e.Status == kb.Draft {
		d.Stage, d.SentAt, a.event.Action = kb.Draft, time.Time{}, EntryDrafted
	}
}

// tellReviewers tells who may review of a whole import at once.
func (h *Hub) tellReviewers(tx Writer, actor Actor, department kb.DepartmentID, n int, now time.Time) error {
	reviewers, err := reviewersOf(tx, department, []MemberID{actor.Member.ID})
	if err != nil {
		return err
	}
	for _, m := range reviewers {
		if err := notify(tx, Notice{Member: m.ID, Kind: NoticeKnowledge, At: now, From: actor.Member.ID, Text: fmt.Sprintf(
			"%s nhập %d mục hỏi đáp của %s chờ duyệt.", actor.Member.Name, n, h.directory.DepartmentName(department))}); err != nil {
			return err
		}
	}
	return nil
}

// undoneDraft is a draft of an import that is taken back.
type undoneDraft struct {
	ImportedDraft
	now Kept[EntryDraft]
}

// undoneDrafts finds the drafts of an import that are still as it wrote them; the
// entries of the others are named among the changed.
func (h *Hub) undoneDrafts(tx Writer, u *Undoing) (out []undoneDraft, err error) {
	all, err := ImportedDrafts.List(tx, entryPart(kb.EntryID(u.Import.ID)))
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		a := &entryActing{hub: h, read: tx, tx: tx}
		err := a.load(k.Value.Entry)
		switch {
		case errors.Is(err, ErrNotFound): // dropped since: nothing is left of it
		case err != nil:
			return nil, err
		case a.draft.Version == k.Value.Version:
			out = append(out, undoneDraft{k.Value, a.draft})
			if k.Value.Fresh {
				u.Retired++
			} else {
				u.Restored++
			}
		default:
			e := a.stored
			if e.Version == 0 {
				e = newRow(a.draft).Entry
			}
			u.Changed = append(u.Changed, e)
		}
	}
	return out, nil
}

// takeBack puts back what the import wrote over.
func (d undoneDraft) takeBack(tx Writer) error {
	if d.Before == nil {
		return EntryDrafts.Delete(tx, d.now.ID)
	}
	d.now.Value = *d.Before
	_, err := EntryDrafts.Put(tx, d.now)
	return err
}
