package inbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

func TestWhatStaffImportIsReviewed(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		r.imports(boss, false, table("Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế"))
		r.wantEntry("Y1", "Ở trạm.", kb.Published) // a supervisor has read what the department sent

		file := table("Y1,Tiêm ở đâu?,Ở bệnh viện.,Sở Y tế", "Y2,Mấy giờ tiêm?,7 giờ.,Sở Y tế")
		p := r.imports(doctor, false, file)
		if p.Review != 2 || len(p.Plan.New) != 1 || len(p.Plan.Changed) != 1 || !strings.Contains(p.Notes[0].Message, "2 mục mới hoặc thay đổi sẽ chờ duyệt") {
			r.Errorf("imported is %+v", p)
		}
		r.wantEntry("Y1", "Ở trạm.", kb.Published)
		r.entryWantTold(nurse, "nhập 2 mục hỏi đáp của Sở Y tế chờ duyệt")
		r.entryWantTold(boss)
		wantError(t, "publishing one's own import", r.entryPublish(doctor, "Y2"), inbox.ErrForbidden)

		// The same file again is nothing new; a corrected one takes the place of the draft.
		again := must[inbox.ImportPreview](r)(r.hub.PreviewImport(r.ctx(), doctor, file))
		if len(again.Plan.Unchanged) != 2 || again.Review != 0 {
			r.Errorf("the same file again: %+v", again)
		}
		second := r.imports(doctor, false, table("Y1,Tiêm ở đâu?,Ở bệnh viện.,Sở Y tế", "Y2,Mấy giờ tiêm?,8 giờ.,Sở Y tế"))
		if second.Review != 1 || !strings.Contains(second.Notes[1].Message, "1 mục đang có bản nháp") {
			r.Errorf("a corrected file: %+v", second)
		}
		for _, id := range []kb.EntryID{"Y1", "Y2"} {
			if err := r.entryPublish(nurse, id); err != nil {
				r.Fatal(err)
			}
		}
		r.wantEntry("Y1", "Ở bệnh viện.", kb.Published)
		r.wantEntry("Y2", "8 giờ.", kb.Published)
	})
}

func TestAnImportOfStaffIsUndone(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		r.imports(boss, false, table("Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế", "Y4,Đợt này hết chưa?,Chưa.,Sở Y tế"))
		r.imports(doctor, false, table("Y2,Mấy giờ tiêm?,7 giờ.,Sở Y tế"))
		r.pass(time.Minute)
		p := r.imports(doctor, true, table("Y1,Tiêm ở đâu?,Ở bệnh viện.,Sở Y tế", "Y2,Mấy giờ tiêm?,8 giờ.,Sở Y tế", "Y3,Ai được tiêm?,Mọi người.,Sở Y tế"))
		r.wantEntry("Y4", "Chưa.", kb.Retired) // to withdraw an answer needs no other's eye
		if err := r.entryPublish(nurse, "Y1"); err != nil {
			r.Fatal(err)
		}
		u := must[inbox.Undoing](r)(r.hub.UndoImport(r.ctx(), doctor, p.Import, false))
		if u.Done || len(u.Changed) != 1 || u.Changed[0].ID != "Y1" {
			r.Errorf("undone over a publication: %+v", u)
		}
		u = must[inbox.Undoing](r)(r.hub.UndoImport(r.ctx(), doctor, p.Import, true))
		if !u.Done || u.Retired != 1 || u.Restored != 2 {
			r.Errorf("the rest undone: %+v", u)
		}
		r.wantEntry("Y1", "Ở bệnh viện.", kb.Published)
		r.wantEntry("Y4", "Chưa.", kb.Published)
		if d := r.entryLife(doctor, "Y2").Draft.Value; d.Answer != "7 giờ." {
			r.Errorf("the draft before is %+v", d)
		}
		if _, err := r.hub.Entry(r.ctx(), doctor, "Y3"); !errors.Is(err, inbox.ErrNotFound) {
			r.Errorf("what the import brought is still there: %v", err)
		}
	})
}

func TestAFileThatOnlyConfirmsIsNotReviewed(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		r.imports(boss, false, table("Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế"))
		file := inbox.Workbook{Name: "so-y-te.csv", Data: []byte("Mã,Câu hỏi,Trả lời,Đơn vị,Ngày xác nhận,Trạng thái\nY1,Tiêm ở đâu?,Ở trạm.,Sở Y tế,01/01/2000,\nY2,Mấy giờ tiêm?,7 giờ.,Sở Y tế,,nháp")}
		p := r.imports(doctor, false, file)
		if p.Review != 1 || r.entry("Y1").ConfirmedOn.IsZero() {
			r.Errorf("imported is %+v and %+v", p, r.entry("Y1"))
		}
		if d := r.entryLife(doctor, "Y2").Draft.Value; d.Stage != kb.Draft {
			r.Errorf("a row that says it is a draft is %+v", d)
		}
	})
}
