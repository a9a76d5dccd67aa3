package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb"
)

// entryActing is one act of a member on one entry, within its transaction.
type entryActing struct {
	hub    *Hub
	read   Reader
	tx     Writer // nil: the member only looks
	actor  Actor
	now    time.Time
	stored kb.Entry // zero: nothing was ever published, only written
	draft  Kept[EntryDraft]
	others []kb.DepartmentID // who contribute
	event  EntryEvent        // what goes on record; the act adds to it
}

// id is the entry's.
func (a *entryActing) id() kb.EntryID { return kb.EntryID(a.draft.ID) }

// owner is the department that keeps the entry.
func (a *entryActing) owner() kb.DepartmentID {
	return cmp.Or(a.stored.Department, a.draft.Value.Department)
}

// question is what the entry is called.
func (a *entryActing) question() string {
	return cmp.Or(a.stored.Question, a.draft.Value.Question)
}

// hasDraft reports whether something is being written.
func (a *entryActing) hasDraft() bool { return a.draft.Value.Stage != "" }

// load reads what there is of an entry. An entry that an import left unpublished
// counts as a draft, written by whoever imported it.
func (a *entryActing) load(id kb.EntryID) error {
	a.draft = Kept[EntryDraft]{ID: string(id)}
	draft, err := EntryDrafts.Get(a.read, string(id))
	if err == nil {
		a.draft = draft
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	stored, err := a.read.Entry(id)
	if err != nil && !errors.Is(err, kb.ErrNotFound) {
		return err
	}
	if err == nil {
		a.stored = stored
	}
	if err != nil && !a.hasDraft() {
		return ErrNotFound
	}
	if a.hasDraft() {
		a.others, err = entryOthers(a.read, id)
		return err
	}
	if a.draft.Value, err = unpublished(a.read, stored); err != nil {
		return err
	}
	a.others, err = entryOthers(a.read, id)
	return err
}

// unpublished is the draft that an entry is which an import left unpublished; none
// for others.
func unpublished(tx Reader, e kb.Entry) (EntryDraft, error) {
	if e.Status != kb.Draft && e.Status != kb.Review {
		return EntryDraft{}, nil
	}
	d := EntryDraft{EntryText: textOf(e), Base: e.Version, Stage: e.Status, ChangedAt: e.UpdatedAt}
	if e.Status == kb.Review {
		d.SentAt = e.UpdatedAt
	}
	m, err := tx.MemberByLogin(e.UpdatedBy)
	if errors.Is(err, ErrNotFound) {
		return d, nil // on the command line
	}
	d.Authors, d.ChangedBy = []MemberID{m.ID}, m.ID
	return d, err
}

func entryOthers(tx Reader, id kb.EntryID) ([]kb.DepartmentID, error) {
	share, err := EntryShares.Get(tx, string(id))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return share.Value.Departments, err
}

// onEntry lets a member do something with an entry: rights first, then do, then
// the record and the event, in one transaction.
func (h *Hub) onEntry(ctx context.Context, actor Actor, id kb.EntryID, op Operation, action Action, do func(a *entryActing) error) error {
	if !actor.May(op) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		a := &entryActing{hub: h, read: tx, tx: tx, actor: actor, now: h.store.Now()}
		if err := a.load(id); err != nil {
			return err
		}
		if !actor.mayAbout(op, a.owner(), a.others) {
			return forbidden("Mục này thuộc %s; chỉ đơn vị đó làm được việc này.", h.directory.DepartmentName(a.owner()))
		}
		a.event.Action = action
		if err := do(a); err != nil {
			return err
		}
		return a.record()
	})
}

// record writes what was done into the life of the entry and into the audit, and
// tells the screens.
func (a *entryActing) record() error {
	if err := a.remember(); err != nil {
		return err
	}
	detail := a.event.Note
	if a.event.Worse > 0 {
		detail = fmt.Sprintf("worse %d %s", a.event.Worse, detail)
	}
	if a.event.Version > 0 {
		detail = strings.TrimSpace(fmt.Sprintf("version %d %s", a.event.Version, detail))
	}
	return errors.Join(
		a.tx.AppendAudit(Audit{
			At: a.now, Member: a.actor.Member.ID, Action: a.event.Action, Target: string(a.id()), Address: a.actor.Address, Detail: detail,
		}),
		a.tx.AppendEvent(Event{At: a.now, Kind: KnowledgeChanged}),
	)
}

// remember writes what was done into the life of the entry.
func (a *entryActing) remember() error {
	a.event.At, a.event.By = a.now, a.actor.Member.ID
	_, err := EntryEvents.Put(a.tx, Kept[EntryEvent]{ID: entryPart(a.id()).From + newID(), Value: a.event})
	return err
}

// EntryEdit is a draft as a member hands it in.
type EntryEdit struct {
	Text    EntryText
	Base    int    // the version that was before the member's eyes; 0: none
	Version uint64 // of the draft that he wrote over; 0: there was none
	Send    bool   // to review at once
	Note    string // to the reviewer
}

// KeepDraft writes the draft of an entry; with an empty id that of a new one. The
// published answer stays as it is. ErrConflict when somebody else wrote in the
// draft, or published another version, since the member began. A draft that was
// in review is a draft again, unless it is sent anew.
func (h *Hub) KeepDraft(ctx context.Context, actor Actor, id kb.EntryID, edit EntryEdit) (kb.EntryID, error) {
	if !actor.May(EditKnowledge) {
		return "", ErrForbidden
	}
	edit.Text = edit.Text.tidied()
	if err := errors.Join(h.checkEntry(edit.Text, edit.Send), checkEntryNote(edit.Note, true)); err != nil {
		return "", err
	}
	action := EntryDrafted
	if edit.Send {
		action = EntrySent
	}
	if id == "" {
		return h.newDraft(ctx, actor, action, edit)
	}
	return id, h.onEntry(ctx, actor, id, EditKnowledge, action, func(a *entryActing) error { return a.keep(edit) })
}

func (h *Hub) newDraft(ctx context.Context, actor Actor, action Action, edit EntryEdit) (kb.EntryID, error) {
	fresh := newID()
	id := kb.EntryID("M-" + fresh[len(fresh)-8:]) // the end is random
	err := h.store.Update(ctx, func(tx Writer) error {
		a := &entryActing{hub: h, read: tx, tx: tx, actor: actor, now: h.store.Now(), event: EntryEvent{Action: action}}
		if err := a.load(id); !errors.Is(err, ErrNotFound) {
			return cmp.Or(err, conflict("Chưa đặt được mã cho mục mới; hãy lưu lại lần nữa."))
		}
		return errors.Join(a.keep(edit), a.record())
	})
	return id, err
}

// keep writes the draft, and sends it where that was asked for.
func (a *entryActing) keep(edit EntryEdit) error {
	if !a.actor.MayFor(EditKnowledge, edit.Text.Department) {
		return Invalid{{"department", "Anh/chị chỉ soạn được mục của đơn vị mình; hãy chọn đơn vị của anh/chị."}}
	}
	d := a.draft
	if d.Version != edit.Version {
		return a.overtaken()
	}
	if a.stored.Version != edit.Base {
		return conflict("Mục này vừa có phiên bản %d; hãy xem phiên bản đó rồi lưu lại bản của anh/chị.", a.stored.Version)
	}
	d.Value.EntryText, d.Value.Base, d.Value.Stage = edit.Text, edit.Base, kb.Draft
	d.Value.SentAt = time.Time{}
	a.draft = d
	a.event.Note = edit.Note
	if err := a.wrote(); err != nil {
		return err
	}
	if edit.Send {
		return a.send()
	}
	return a.put()
}

// wrote makes the actor one of those who wrote the draft, and keeps its files.
func (a *entryActing) wrote() error {
	d := &a.draft.Value
	d.ChangedAt, d.ChangedBy = a.now, a.actor.Member.ID
	if me := a.actor.Member.ID; me != "" && !slices.Contains(d.Authors, me) {
		d.Authors = append(slices.Clone(d.Authors), me)
	}
	return keepEntryFiles(a.tx, a.id(), d.Files)
}

// send puts the draft before a reviewer.
func (a *entryActing) send() error {
	d := &a.draft.Value
	d.Stage, d.SentAt, d.Returned, d.ReturnedBy = kb.Review, a.now, "", ""
	if me := a.actor.Member.ID; me != "" && !slices.Contains(d.Authors, me) {
		d.Authors = append(slices.Clone(d.Authors), me) // who sends it stands for it
	}
	if err := a.put(); err != nil {
		return err
	}
	reviewers, err := reviewersOf(a.tx, a.owner(), d.Authors)
	if err != nil {
		return err
	}
	return a.tell(func(m Member) bool {
		return slices.ContainsFunc(reviewers, func(r Member) bool { return r.ID == m.ID })
	},
		"%s gửi duyệt mục “%s”.", a.actor.Member.Name, shortened(d.Question))
}

func (a *entryActing) put() (err error) {
	a.draft, err = EntryDrafts.Put(a.tx, a.draft)
	if errors.Is(err, ErrConflict) {
		return a.overtaken()
	}
	return err
}

func (a *entryActing) overtaken() error {
	return conflict("Bản nháp của mục này vừa được người khác sửa; hãy tải lại để xem bản mới.")
}

// SendEntry puts a draft before a reviewer.
func (h *Hub) SendEntry(ctx context.Context, actor Actor, id kb.EntryID, version uint64, note string) error {
	return h.onDraft(ctx, actor, id, version, EditKnowledge, EntrySent, note, func(a *entryActing) error {
		if a.draft.Value.Stage == kb.Review {
			return conflict("Bản nháp này đã chờ duyệt rồi.")
		}
		if err := h.checkEntry(a.draft.Value.EntryText, true); err != nil {
			return err
		}
		return a.send()
	})
}

// onDraft is onEntry for what needs a draft, of that version: nobody sends,
// returns or publishes what was not before his eyes.
func (h *Hub) onDraft(ctx context.Context, actor Actor, id kb.EntryID, version uint64, op Operation, action Action, note string, do func(a *entryActing) error) error {
	if err := checkEntryNote(note, true); err != nil {
		return err
	}
	return h.onEntry(ctx, actor, id, op, action, func(a *entryActing) error {
		if !a.hasDraft() {
			return conflict("Mục này không có bản nháp nào.")
		}
		if a.draft.Version != version {
			return a.overtaken()
		}
		a.event.Note = note
		return do(a)
	})
}

// ReturnEntry gives a draft back to who wrote it, and says why.
func (h *Hub) ReturnEntry(ctx context.Context, actor Actor, id kb.EntryID, version uint64, reason string) error {
	if err := checkEntryNote(reason, false); err != nil {
		return err
	}
	return h.onDraft(ctx, actor, id, version, ReviewKnowledge, EntryReturned, reason, func(a *entryActing) error {
		d := &a.draft.Value
		if d.Stage != kb.Review {
			return conflict("Bản nháp này không chờ duyệt.")
		}
		d.Stage, d.SentAt, d.Returned, d.ReturnedBy = kb.Draft, time.Time{}, reason, actor.Member.ID
		if err := a.put(); err != nil {
			return err
		}
		return a.tell(func(m Member) bool { return slices.Contains(d.Authors, m.ID) },
			"%s trả lại mục “%s”, kèm lý do.", actor.Member.Name, shortened(d.Question))
	})
}

// mayPublish says why the actor may not publish the draft; nil: he may.
func (a *entryActing) mayPublish() error {
	d := a.draft.Value
	switch {
	case d.Stage != kb.Review:
		return conflict("Bản nháp này chưa được gửi duyệt.")
	case !a.actor.MayFor(ReviewKnowledge, a.owner()) || !a.actor.MayFor(ReviewKnowledge, d.Department):
		return forbidden("Mục này thuộc %s; chỉ đơn vị đó và giám sát duyệt được.", a.hub.directory.DepartmentName(a.owner()))
	case d.Base != a.stored.Version:
		return conflict("Từ khi bản này được soạn, mục đã có phiên bản %d; người soạn cần mở bản nháp, xem phiên bản mới rồi gửi duyệt lại.", a.stored.Version)
	case !slices.Contains(d.Authors, a.actor.Member.ID):
		return nil
	case a.actor.Member.Role != Admin:
		return forbidden("Anh/chị đã soạn hoặc gửi duyệt bản này, nên một người khác phải duyệt: cán bộ khác của đơn vị, hoặc giám sát.")
	case !a.hub.cfg.Knowledge.PublishAlone:
		return forbidden("Anh/chị đã soạn hoặc gửi duyệt bản này, nên một người khác phải duyệt. Nơi chỉ có một quản trị viên có thể cho phép tự đăng bằng knowledge.publish_alone trong cấu hình.")
	}
	return nil
}

// PublishEntry makes a draft in review what citizens are answered. Who wrote it
// may not; who publishes it confirms it. Where saved questions would be answered
// worse than before, the note must say why it is published nevertheless.
func (h *Hub) PublishEntry(ctx context.Context, actor Actor, id kb.EntryID, version uint64, note string) error {
	if !actor.May(ReviewKnowledge) {
		return ErrForbidden
	}
	effect, err := h.effectOf(ctx, id)
	if err != nil {
		return err
	}
	return h.onDraft(ctx, actor, id, version, ReviewKnowledge, EntryPublished, note, func(a *entryActing) error {
		if err := a.mayPublish(); err != nil {
			return err
		}
		d := a.draft.Value
		if err := h.checkEntry(d.EntryText, true); err != nil {
			return err
		}
		if a.event.Worse = len(effect.Worse); a.event.Worse > 0 && strings.TrimSpace(note) == "" {
			return Invalid{{"note", fmt.Sprintf("%d câu hỏi đã lưu sẽ được trả lời kém hơn trước. Nếu vẫn đăng, hãy ghi lý do.", a.event.Worse)}}
		}
		e := a.published()
		a.event.Authors = d.Authors
		if err := errors.Join(a.putEntry(e), EntryDrafts.Delete(a.tx, a.draft.ID)); err != nil {
			return err
		}
		return a.tell(func(m Member) bool { return slices.Contains(d.Authors, m.ID) },
			"%s đã duyệt và đăng mục “%s”.", actor.Member.Name, shortened(d.Question))
	})
}

// putEntry writes the next version of the entry.
func (a *entryActing) putEntry(e kb.Entry) error {
	e.Version, e.UpdatedAt, e.UpdatedBy = a.stored.Version+1, a.now, nameInEntries(a.actor)
	a.stored, a.event.Version = e, e.Version
	return a.tx.PutEntry(e)
}

// DropDraft throws a draft away; what is published stays. An entry that was
// never published is retired by it, if an import brought it, else it is gone.
func (h *Hub) DropDraft(ctx context.Context, actor Actor, id kb.EntryID, version uint64) error {
	return h.onDraft(ctx, actor, id, version, EditKnowledge, EntryDropped, "", func(a *entryActing) error {
		if s := a.stored.Status; s == kb.Draft || s == kb.Review {
			e := a.stored
			e.Status = kb.Retired
			if err := a.putEntry(e); err != nil {
				return err
			}
		}
		return EntryDrafts.Delete(a.tx, a.draft.ID)
	})
}

// RetireEntry ends that an entry answers citizens. A draft of it stays, over the
// version that this makes.
func (h *Hub) RetireEntry(ctx context.Context, actor Actor, id kb.EntryID, note string) error {
	if err := checkEntryNote(note, true); err != nil {
		return err
	}
	return h.onEntry(ctx, actor, id, EditKnowledge, EntryRetired, func(a *entryActing) error {
		if a.stored.Status != kb.Published {
			return conflict("Mục này không đang trả lời người dân.")
		}
		a.event.Note = note
		e := a.stored
		e.Status = kb.Retired
		return a.restate(e)
	})
}

// ConfirmEntry says that a published answer is still right.
func (h *Hub) ConfirmEntry(ctx context.Context, actor Actor, id kb.EntryID) error {
	return h.onEntry(ctx, actor, id, EditKnowledge, EntryConfirmed, func(a *entryActing) error {
		if a.stored.Status != kb.Published {
			return conflict("Mục này không đang trả lời người dân nên không cần xác nhận.")
		}
		e := a.stored
		e.ConfirmedOn = entryDay(a.now)
		return a.restate(e)
	})
}

// restate writes a version that says the same: a draft over the one before is as
// good over this one.
func (a *entryActing) restate(e kb.Entry) error {
	before := a.stored.Version
	if err := a.putEntry(e); err != nil || a.draft.Version == 0 || a.draft.Value.Base != before {
		return err
	}
	a.draft.Value.Base = a.stored.Version
	return a.put()
}

// ReviveEntry brings a retired entry back, as a draft in review.
func (h *Hub) ReviveEntry(ctx context.Context, actor Actor, id kb.EntryID, note string) error {
	if err := checkEntryNote(note, true); err != nil {
		return err
	}
	return h.onEntry(ctx, actor, id, EditKnowledge, EntryRevived, func(a *entryActing) error {
		if a.stored.Status != kb.Retired || a.hasDraft() {
			return conflict("Chỉ mục đã ngừng dùng và không có bản nháp mới đưa trở lại được.")
		}
		a.event.Note = note
		a.draft.Value = EntryDraft{EntryText: textOf(a.stored), Base: a.stored.Version}
		return errors.Join(a.wrote(), a.send())
	})
}

// RestoreEntry makes an earlier version the draft.
func (h *Hub) RestoreEntry(ctx context.Context, actor Actor, id kb.EntryID, version int) error {
	return h.onEntry(ctx, actor, id, EditKnowledge, EntryDrafted, func(a *entryActing) error {
		if a.hasDraft() {
			return conflict("Mục này đang có bản nháp; hãy gửi duyệt hoặc bỏ bản đó trước.")
		}
		old, err := a.tx.EntryVersion(id, version)
		if err != nil {
			return err
		}
		a.event.Note = fmt.Sprintf("Lấy lại phiên bản %d", version)
		a.draft.Value = EntryDraft{EntryText: textOf(old), Base: a.stored.Version, Stage: kb.Draft}
		a.draft.Value.Department = a.stored.Department // who keeps it now
		return errors.Join(a.wrote(), a.put())
	})
}

// CommentEntry says something of an entry to those who keep it.
func (h *Hub) CommentEntry(ctx context.Context, actor Actor, id kb.EntryID, text string) error {
	if err := checkEntryNote(text, false); err != nil {
		return err
	}
	return h.onEntry(ctx, actor, id, CommentKnowledge, EntryCommented, func(a *entryActing) error {
		a.event.Note = text
		return a.tell(func(m Member) bool {
			return m.Role == Staff && (Actor{Member: m}).of(a.owner()) || slices.Contains(a.draft.Value.Authors, m.ID)
		}, "%s góp ý cho mục “%s”.", actor.Member.Name, shortened(a.question()))
	})
}

// ShareEntry says which departments besides its owner contribute to an entry.
func (h *Hub) ShareEntry(ctx context.Context, actor Actor, id kb.EntryID, with []kb.DepartmentID) error {
	for _, d := range with {
		if h.directory.DepartmentName(d) == "" {
			return Invalid{{"departments", "Không có đơn vị này trong danh mục."}}
		}
	}
	return h.onEntry(ctx, actor, id, EditKnowledge, EntryShared, func(a *entryActing) error {
		share, err := EntryShares.Get(a.tx, string(id))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		var names []string
		share.ID, share.Value.Departments = string(id), nil
		for _, d := range with {
			if d != a.owner() && !slices.Contains(share.Value.Departments, d) {
				share.Value.Departments = append(share.Value.Departments, d)
				names = append(names, h.directory.DepartmentName(d))
			}
		}
		a.event.Note = strings.Join(names, ", ")
		_, err = EntryShares.Put(a.tx, share)
		return err
	})
}

// tell sends a notice about the entry to the members that whom picks.
func (a *entryActing) tell(whom func(Member) bool, format string, args ...any) error {
	members, err := a.tx.Members()
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Disabled || !whom(m) {
			continue
		}
		if err := notify(a.tx, Notice{
			Member: m.ID, Kind: NoticeKnowledge, At: a.now, From: a.actor.Member.ID, Entry: a.id(), Text: fmt.Sprintf(format, args...),
		}); err != nil {
			return err
		}
	}
	return nil
}

// shortened is a question as a notice has room for it.
func shortened(question string) string {
	const room = 80
	if r := []rune(question); len(r) > room {
		return string(r[:room]) + "…"
	}
	return question
}

func checkEntryNote(note string, mayBeEmpty bool) error {
	if err := checkText("note", note, mayBeEmpty); err != nil {
		return err
	}
	if len([]rune(note)) > entryNoteLimit {
		return Invalid{{"note", fmt.Sprintf("Viết nhiều nhất %d ký tự.", entryNoteLimit)}}
	}
	return nil
}
