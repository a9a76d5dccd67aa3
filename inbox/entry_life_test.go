package inbox_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

// nurse is another of the health department's staff, who reviews what the doctor writes.
var nurse = member("nurse", inbox.Staff, "so-y-te")

// entryPeople keeps the members, the nurse among them.
func (r *rig) entryPeople() {
	r.Helper()
	r.people()
	r.write(func(tx inbox.Writer) error { return tx.PutMember(nurse.Member) })
}

// entryNew writes the draft of an entry of the health department, and gives its id.
func (r *rig) entryNew(who inbox.Actor, question, answer string, send bool) kb.EntryID {
	r.Helper()
	return must[kb.EntryID](r)(r.hub.KeepDraft(r.ctx(), who, "", inbox.EntryEdit{Text: entryOf(question, answer), Send: send}))
}

func entryOf(question, answer string) inbox.EntryText {
	return inbox.EntryText{Question: question, Answer: answer, Department: "so-y-te", Category: "y-te"}
}

func (r *rig) entryLife(who inbox.Actor, id kb.EntryID) inbox.EntryLife {
	r.Helper()
	return must[inbox.EntryLife](r)(r.hub.Entry(r.ctx(), who, id))
}

// entryEdit writes over what is before the member's eyes.
func (r *rig) entryEdit(who inbox.Actor, id kb.EntryID, answer string, send bool) error {
	r.Helper()
	l := r.entryLife(who, id)
	text := entryOf(l.Stored.Question, answer)
	if l.HasDraft() {
		text.Question = l.Draft.Value.Question
	}
	_, err := r.hub.KeepDraft(r.ctx(), who, id, inbox.EntryEdit{Text: text, Base: l.Stored.Version, Version: l.Draft.Version, Send: send})
	return err
}

func (r *rig) entryPublish(who inbox.Actor, id kb.EntryID) error {
	r.Helper()
	return r.hub.PublishEntry(r.ctx(), who, id, r.entryLife(who, id).Draft.Version, "")
}

// entryPublished is an entry that the doctor wrote and the nurse published.
func (r *rig) entryPublished(question, answer string) kb.EntryID {
	r.Helper()
	id := r.entryNew(doctor, question, answer, true)
	if err := r.entryPublish(nurse, id); err != nil {
		r.Fatal(err)
	}
	return id
}

// entryTold are the notices about the knowledge base that a member got since then, oldest first.
func (r *rig) entryTold(who inbox.Actor, since time.Time) (texts []string) {
	r.Helper()
	for _, k := range slices.Backward(must[[]inbox.Kept[inbox.Notice]](r)(r.hub.Notices(r.ctx(), who))) {
		if k.Value.Kind == inbox.NoticeKnowledge && !k.Value.At.Before(since) {
			texts = append(texts, k.Value.Text)
		}
	}
	return texts
}

func (r *rig) entryWantTold(who inbox.Actor, want ...string) {
	r.Helper()
	got := r.entryTold(who, time.Time{})
	if len(got) != len(want) {
		r.Errorf("%s was told %q, want %d", who.Member.ID, got, len(want))
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			r.Errorf("%s was told %q, want %q in it", who.Member.ID, got[i], want[i])
		}
	}
}

func TestAnEntryGoesFromDraftToPublishedThroughAnother(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryNew(doctor, "Tiêm ở đâu?", "Ở trạm.", false)
		if l := r.entryLife(lan, id); l.Stored.Version != 0 || l.Draft.Value.Stage != kb.Draft || l.MayEdit || l.MayReview || !l.MayComment {
			r.Errorf("a new draft is %+v", l)
		}
		wantError(t, "publishing what nobody sent", r.entryPublish(nurse, id), inbox.ErrConflict)
		if err := r.hub.SendEntry(r.ctx(), doctor, id, r.entryLife(doctor, id).Draft.Version, "xin duyệt"); err != nil {
			r.Fatal(err)
		}
		r.entryWantTold(nurse, "gửi duyệt mục “Tiêm ở đâu?”")
		r.entryWantTold(roads)
		err := r.entryPublish(doctor, id)
		wantError(t, "publishing one's own", err, inbox.ErrForbidden)
		if !strings.Contains(err.Error(), "một người khác phải duyệt") {
			r.Errorf("it is refused with %q", err)
		}
		wantError(t, "publishing another department's", r.entryPublish(roads, id), inbox.ErrForbidden)

		seen := r.entryLife(nurse, id).Draft.Version
		wantInvalid(t, "sending back without a reason", r.hub.ReturnEntry(r.ctx(), nurse, id, seen, " "), "note")
		if err := r.hub.ReturnEntry(r.ctx(), nurse, id, seen, "Thiếu giờ làm việc."); err != nil {
			r.Fatal(err)
		}
		r.entryWantTold(doctor, "trả lại")
		if d := r.entryLife(doctor, id).Draft.Value; d.Stage != kb.Draft || d.Returned != "Thiếu giờ làm việc." {
			r.Errorf("sent back it is %+v", d)
		}
		if err := r.entryEdit(doctor, id, "Ở trạm, từ 7 giờ.", true); err != nil {
			r.Fatal(err)
		}
		wantError(t, "publishing what was not seen", r.hub.PublishEntry(r.ctx(), nurse, id, seen, ""), inbox.ErrConflict)
		if err := r.entryPublish(nurse, id); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở trạm, từ 7 giờ.", kb.Published)
		l := r.entryLife(doctor, id)
		var acts []inbox.Action
		for _, e := range slices.Backward(l.Events) {
			acts = append(acts, e.Value.Action)
		}
		want := []inbox.Action{inbox.EntryDrafted, inbox.EntrySent, inbox.EntryReturned, inbox.EntrySent, inbox.EntryPublished}
		if l.HasDraft() || len(l.Versions) != 1 || !slices.Equal(acts, want) || l.Stored.UpdatedBy != "nurse" {
			r.Errorf("published it is %+v with the acts %q", l, acts)
		}
		if rows := r.audits(inbox.AuditQuery{}); rows[0].Action != inbox.EntryPublished || rows[0].Target != string(id) || rows[2].Detail != "Thiếu giờ làm việc." {
			r.Errorf("on record is %+v", rows)
		}
	})
}

func TestThePublishedAnswerStandsUntilTheNextIsPublished(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryPublished("Tiêm ở đâu?", "Ở trạm.")
		if err := r.entryEdit(nurse, id, "Ở bệnh viện.", true); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở trạm.", kb.Published)
		err := r.entryEdit(roads, id, "Ở đường.", false)
		wantError(t, "editing another's", err, inbox.ErrForbidden)

		// A confirmation is no other answer: what is in review can still be published.
		if err := r.hub.ConfirmEntry(r.ctx(), doctor, id); err != nil {
			r.Fatal(err)
		}
		if err := r.entryPublish(doctor, id); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở bệnh viện.", kb.Published)

		// And back to what was said before.
		if err := r.hub.RestoreEntry(r.ctx(), doctor, id, 1); err != nil {
			r.Fatal(err)
		}
		if l := r.entryLife(doctor, id); l.Draft.Value.Answer != "Ở trạm." || l.Draft.Value.Base != 3 || len(l.Versions) != 3 {
			r.Errorf("restored is %+v", l.Draft.Value)
		}
		wantError(t, "restoring over a draft", r.hub.RestoreEntry(r.ctx(), doctor, id, 1), inbox.ErrConflict)
		if err := r.hub.DropDraft(r.ctx(), doctor, id, 1); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở bệnh viện.", kb.Published)
	})
}

func TestADraftOverAnOldVersionIsNotPublished(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryPublished("Tiêm ở đâu?", "Ở trạm.")
		if err := r.entryEdit(doctor, id, "Ở bệnh viện.", true); err != nil {
			r.Fatal(err)
		}
		// Meanwhile the desk publishes another answer, by a file.
		r.imports(boss, false, table(string(id)+",Tiêm ở đâu?,Ở nhà văn hoá.,Sở Y tế"))
		err := r.entryPublish(nurse, id)
		wantError(t, "publishing over what was not seen", err, inbox.ErrConflict)
		if !strings.Contains(err.Error(), "phiên bản 2") {
			r.Errorf("it is refused with %q", err)
		}
		_, err = r.hub.KeepDraft(r.ctx(), doctor, id, inbox.EntryEdit{Text: entryOf("Tiêm ở đâu?", "Ở bệnh viện."), Base: 1, Version: 1})
		wantError(t, "writing on over the old version", err, inbox.ErrConflict)
		if err := r.entryEdit(doctor, id, "Ở bệnh viện.", true); err != nil {
			r.Fatal(err)
		}
		if err := r.entryPublish(nurse, id); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở bệnh viện.", kb.Published)
	})
}

func TestTwoWhoWriteInOneDraft(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryNew(doctor, "Tiêm ở đâu?", "Ở trạm.", false)
		edit := inbox.EntryEdit{Text: entryOf("Tiêm ở đâu?", "Ở bệnh viện."), Version: 1}
		must[kb.EntryID](r)(r.hub.KeepDraft(r.ctx(), nurse, id, edit))
		_, err := r.hub.KeepDraft(r.ctx(), doctor, id, edit)
		wantError(t, "the slower one", err, inbox.ErrConflict)
		if err := r.hub.SendEntry(r.ctx(), doctor, id, 2, ""); err != nil {
			r.Fatal(err)
		}
		wantError(t, "publishing what one helped to write", r.entryPublish(nurse, id), inbox.ErrForbidden)
		if err := r.entryPublish(boss, id); err != nil {
			r.Fatal(err)
		}
	})
}

func TestALoneAdministratorPublishesWhereTheInstallationSaysSo(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryNew(root, "Tiêm ở đâu?", "Ở trạm.", true)
		err := r.entryPublish(root, id)
		wantError(t, "publishing alone", err, inbox.ErrForbidden)
		if !strings.Contains(err.Error(), "knowledge.publish_alone") {
			r.Errorf("the setting is not named: %q", err)
		}
		r.entryRules(inbox.EntryRules{PublishAlone: true})
		if err := r.entryPublish(root, id); err != nil {
			r.Fatal(err)
		}
		id = r.entryNew(boss, "Mấy giờ tiêm?", "7 giờ.", true)
		wantError(t, "a supervisor alone", r.entryPublish(boss, id), inbox.ErrForbidden)
	})
}

// entryRules goes on with a hub that has other rules of the knowledge base.
func (r *rig) entryRules(rules inbox.EntryRules) {
	r.Helper()
	hub, err := inbox.New(inbox.Parts{Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: r.names}, inbox.Config{Knowledge: rules})
	if err != nil {
		r.Fatal(err)
	}
	r.hub = hub
}

func TestAnEntryIsRetiredAndBroughtBack(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryPublished("Tiêm ở đâu?", "Ở trạm.")
		wantError(t, "retiring another's", r.hub.RetireEntry(r.ctx(), roads, id, ""), inbox.ErrForbidden)
		if err := r.hub.RetireEntry(r.ctx(), doctor, id, "Đợt tiêm đã hết."); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở trạm.", kb.Retired)
		wantError(t, "confirming what is retired", r.hub.ConfirmEntry(r.ctx(), doctor, id), inbox.ErrConflict)
		if err := r.hub.ReviveEntry(r.ctx(), doctor, id, ""); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở trạm.", kb.Retired)
		wantError(t, "publishing what one brought back", r.entryPublish(doctor, id), inbox.ErrForbidden)
		if err := r.entryPublish(nurse, id); err != nil {
			r.Fatal(err)
		}
		r.wantEntry(id, "Ở trạm.", kb.Published)
	})
}

func TestContributingUnitsComment(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryPublished("Tiêm ở đâu?", "Ở trạm.")
		told := len(r.entryTold(doctor, time.Time{}))
		wantError(t, "a comment of a stranger", r.hub.CommentEntry(r.ctx(), roads, id, "Đường đang sửa."), inbox.ErrForbidden)
		if err := r.hub.ShareEntry(r.ctx(), doctor, id, []kb.DepartmentID{"so-xay-dung", "so-y-te", "so-xay-dung"}); err != nil {
			r.Fatal(err)
		}
		if err := r.hub.CommentEntry(r.ctx(), roads, id, "Đường đang sửa."); err != nil {
			r.Fatal(err)
		}
		if got := r.entryTold(doctor, time.Time{})[told:]; len(got) != 1 || !strings.Contains(got[0], "góp ý") {
			r.Errorf("the owner was told %q", got)
		}
		l := r.entryLife(roads, id)
		if l.Events[0].Value.Note != "Đường đang sửa." || !slices.Equal(l.Contributing, []kb.DepartmentID{"so-xay-dung"}) || l.MayEdit {
			r.Errorf("it is %+v", l)
		}
	})
}

func TestFilesOfEntriesAreKept(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		text := entryOf("Tiêm ở đâu?", "Ở trạm.")
		text.Files = []kb.File{{ID: "f1", Name: "QD-12.pdf", Type: "application/pdf", Size: 9}}
		id := must[kb.EntryID](r)(r.hub.KeepDraft(r.ctx(), doctor, "", inbox.EntryEdit{Text: text, Send: true}))
		if err := r.entryPublish(nurse, id); err != nil {
			r.Fatal(err)
		}
		if err := r.entryEdit(doctor, id, "Ở bệnh viện.", false); err != nil { // without the file
			r.Fatal(err)
		}
		if used := must[bool](r)(r.hub.AttachmentUsed(r.ctx(), "f1")); !used {
			r.Error("the file of an earlier version would be swept away")
		}
		if used := must[bool](r)(r.hub.AttachmentUsed(r.ctx(), "f")); used {
			r.Error("a file that nobody has is kept")
		}
		if f := must[kb.File](r)(r.hub.EntryFile(r.ctx(), lan, id, "f1")); f.Name != "QD-12.pdf" {
			r.Errorf("the file is %+v", f)
		}
		_, err := r.hub.EntryFile(r.ctx(), lan, "other", "f1")
		wantError(t, "a file of another entry", err, inbox.ErrNotFound)
		if e := r.entry(id); len(e.Files) != 1 || e.Files[0].Size != 9 {
			r.Errorf("published with %+v", e.Files)
		}
	})
}

func TestOwnersAreRemindedOnceForEachReason(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		first := r.entryPublished("Tiêm ở đâu?", "Ở trạm.")
		r.entryPublished("Mấy giờ tiêm?", "7 giờ.")
		ends := entryOf("Đợt tiêm tháng hai?", "Đến giữa tháng.")
		ends.ValidUntil = time.Now().AddDate(0, 0, 45)
		id := must[kb.EntryID](r)(r.hub.KeepDraft(r.ctx(), doctor, "", inbox.EntryEdit{Text: ends, Send: true}))
		if err := r.entryPublish(nurse, id); err != nil {
			r.Fatal(err)
		}
		// after lets days go by with the hub at rest, then lets it work for two hours.
		after := func(days int) (texts []string) {
			r.pass(time.Duration(days) * 24 * time.Hour)
			since := time.Now()
			r.start()
			r.pass(2 * time.Hour)
			r.stop()
			return r.entryTold(nurse, since)
		}
		want := func(when string, got []string, text string) {
			if text == "" && len(got) == 0 || len(got) == 1 && text != "" && strings.Contains(got[0], text) {
				return
			}
			r.Errorf("%s the owner was told %q, want %q", when, got, text)
		}
		want("before the time", after(29), "")
		want("when it is up", after(2), "3 mục hỏi đáp của Sở Y tế quá 30 ngày chưa xác nhận")
		want("a day later", after(1), "")
		if err := r.hub.ConfirmEntry(r.ctx(), doctor, first); err != nil {
			r.Fatal(err)
		}
		want("before the end, and after a standstill", after(8), "“Đợt tiêm tháng hai?” sắp hoặc đã hết hiệu lực")
		want("again a month after the confirmation", after(24), "“Tiêm ở đâu?” quá 30 ngày")
		if got := r.entryTold(roads, time.Time{}); len(got) > 0 {
			r.Errorf("a stranger was told %q", got)
		}
	})
}

func TestTheBoardShowsWhoIsLate(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		r.entryPublished("Tiêm ở đâu?", "Ở trạm.")
		r.entryNew(doctor, "Mấy giờ tiêm?", "7 giờ.", true)
		due := time.Now().AddDate(0, 0, 10)
		wantError(t, "a day set by staff", r.hub.SetDeadline(r.ctx(), doctor, "so-y-te", "y-te", due), inbox.ErrForbidden)
		for _, d := range []kb.DepartmentID{"so-y-te", "so-xay-dung"} {
			if err := r.hub.SetDeadline(r.ctx(), boss, d, "y-te", due); err != nil {
				r.Fatal(err)
			}
		}
		r.entryWantTold(roads, "lĩnh vực Y tế trước hết ngày")
		board := func() (health, roads inbox.BoardRow) {
			rows := must[[]inbox.BoardRow](r)(r.hub.KnowledgeBoard(r.ctx(), lan, nil))
			if len(rows) != 2 {
				r.Fatalf("the board has %+v", rows)
			}
			return rows[1], rows[0]
		}
		h, x := board()
		if h.State != inbox.EntriesDelivered || h.Published != 1 || h.Entries != 2 || h.InReview != 1 || h.Late || x.State != inbox.EntriesAbsent || x.Late {
			r.Errorf("at first %+v and %+v", h, x)
		}
		r.pass(11 * 24 * time.Hour)
		if h, x = board(); h.Late || !x.Late {
			r.Errorf("after the day %+v and %+v", h, x)
		}
		r.pass(30 * 24 * time.Hour)
		if h, _ = board(); h.State != inbox.EntriesOld || h.Unconfirmed != 1 || !h.Late {
			r.Errorf("a month later %+v", h)
		}
		if err := r.hub.SetDeadline(r.ctx(), boss, "so-y-te", "y-te", time.Time{}); err != nil {
			r.Fatal(err)
		}
		if h, _ = board(); h.Late || !h.Due.IsZero() {
			r.Errorf("without a day %+v", h)
		}
	})
}

func TestDraftsAreListedBesideWhatStands(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		id := r.entryPublished("Tiêm ở đâu?", "Ở trạm.")
		if err := r.entryEdit(doctor, id, "Ở bệnh viện.", true); err != nil {
			r.Fatal(err)
		}
		fresh := r.entryNew(doctor, "Mấy giờ tiêm?", "7 giờ.", false)
		rows := map[kb.EntryID]inbox.EntryRow{}
		var ids []kb.EntryID
		if err := r.hub.EachEntry(r.ctx(), lan, func(row inbox.EntryRow) bool {
			rows[row.ID], ids = row, append(ids, row.ID)
			return true
		}); err != nil {
			r.Fatal(err)
		}
		if !slices.IsSorted(ids) || len(ids) != 2 {
			r.Errorf("listed are %q", ids)
		}
		if row := rows[id]; row.Status != kb.Published || row.Answer != "Ở trạm." || row.Pending != kb.Review {
			r.Errorf("what stands is %+v", row)
		}
		if row := rows[fresh]; row.Status != kb.Draft || row.Answer != "7 giờ." || row.Version != 0 {
			r.Errorf("what is new is %+v", row)
		}
		err := r.hub.EachEntry(r.ctx(), inbox.Actor{}, func(inbox.EntryRow) bool { return true })
		if !errors.Is(err, inbox.ErrForbidden) {
			r.Errorf("nobody reads it: %v", err)
		}
	})
}
