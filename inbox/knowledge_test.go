package inbox_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

// table is a file of the health department: question and answer, line by line.
func table(lines ...string) inbox.Workbook {
	return inbox.Workbook{Name: "so-y-te.csv", Data: []byte("Mã,Câu hỏi,Trả lời,Đơn vị\n" + strings.Join(lines, "\n"))}
}

// imports applies a file that has no mistakes.
func (r *rig) imports(who inbox.Actor, retire bool, file inbox.Workbook) inbox.ImportPreview {
	r.Helper()
	p := must[inbox.ImportPreview](r)(r.hub.PreviewImport(r.ctx(), who, file))
	p = must[inbox.ImportPreview](r)(r.hub.ApplyImport(r.ctx(), who, inbox.ImportTerms{Revision: p.Revision, Retire: retire}, file))
	if len(p.Problems) > 0 {
		r.Fatalf("problems: %v", p.Problems)
	}
	return p
}

func (r *rig) entry(id kb.EntryID) (e kb.Entry) {
	r.Helper()
	r.read(func(tx inbox.Reader) (err error) {
		e, err = tx.Entry(id)
		return err
	})
	return e
}

func (r *rig) wantEntry(id kb.EntryID, answer string, status kb.Status) {
	r.Helper()
	if e := r.entry(id); e.Answer != answer || e.Status != status {
		r.Errorf("%s is %q, %s, want %q, %s", id, e.Answer, e.Status, answer, status)
	}
}

func TestAnImportIsUndone(t *testing.T) {
	idle(t, func(r *rig) {
		r.imports(boss, false, table("Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế", "Y2,Mấy giờ tiêm?,7 giờ.,Sở Y tế"))
		r.pass(time.Hour)
		second := r.imports(boss, true, table("Y1,Tiêm ở đâu?,Ở bệnh viện.,Sở Y tế", "Y3,Ai được tiêm?,Mọi người.,Sở Y tế"))
		r.wantEntry("Y2", "7 giờ.", kb.Retired)

		last := must[inbox.Import](r)(r.hub.LastImport(r.ctx(), boss))
		if last.ID != second.Import || last.New != 1 || last.Changed != 1 || last.Retired != 1 || last.By != "boss" || last.Files[0] != "so-y-te.csv" {
			t.Errorf("last import: %+v", last)
		}
		u := must[inbox.Undoing](r)(r.hub.UndoImport(r.ctx(), boss, last.ID, false))
		if !u.Done || u.Restored != 2 || u.Retired != 1 || len(u.Changed) != 0 {
			t.Errorf("undone: %+v", u)
		}
		r.wantEntry("Y1", "Ở trạm.", kb.Published)
		r.wantEntry("Y2", "7 giờ.", kb.Published)
		r.wantEntry("Y3", "Mọi người.", kb.Retired)
		if _, err := r.hub.UndoImport(r.ctx(), boss, last.ID, false); !errors.Is(err, inbox.ErrConflict) {
			t.Errorf("undone twice: %v", err)
		}
		if rows := r.audits(inbox.AuditQuery{}); rows[0].Action != inbox.ImportUndone || rows[0].Member != "boss" {
			t.Errorf("on record: %+v", rows[0])
		}

		// The import before it stands as it stood, and can be undone in its turn.
		first := must[inbox.Import](r)(r.hub.LastImport(r.ctx(), boss))
		if u := must[inbox.Undoing](r)(r.hub.UndoImport(r.ctx(), boss, first.ID, false)); u.Retired != 2 {
			t.Errorf("the first undone: %+v", u)
		}
		if _, err := r.hub.LastImport(r.ctx(), boss); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("nothing is left to undo, but %v", err)
		}
		// What was retired so comes back when it is handed in again.
		r.imports(boss, false, table("Y3,Ai được tiêm?,Mọi người.,Sở Y tế"))
		r.wantEntry("Y3", "Mọi người.", kb.Published)
	})
}

func TestWhatWasChangedSinceAnImportIsNamedAndLeft(t *testing.T) {
	idle(t, func(r *rig) {
		p := r.imports(boss, false, table("Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế", "Y2,Mấy giờ tiêm?,7 giờ.,Sở Y tế"))
		e := r.entry("Y2")
		e.Answer, e.Version, e.UpdatedBy = "8 giờ.", 2, "boss"
		r.write(func(tx inbox.Writer) error { return tx.PutEntry(e) })

		u := must[inbox.Undoing](r)(r.hub.UndoImport(r.ctx(), boss, p.Import, false))
		if u.Done || len(u.Changed) != 1 || u.Changed[0].ID != "Y2" || u.Changed[0].UpdatedBy != "boss" {
			t.Errorf("undone: %+v", u)
		}
		r.wantEntry("Y1", "Ở trạm.", kb.Published)
		u = must[inbox.Undoing](r)(r.hub.UndoImport(r.ctx(), boss, p.Import, true))
		if !u.Done || u.Retired != 1 || len(u.Changed) != 1 {
			t.Errorf("the rest undone: %+v", u)
		}
		r.wantEntry("Y1", "Ở trạm.", kb.Retired)
		r.wantEntry("Y2", "8 giờ.", kb.Published)
	})
}

func TestStaffImportRetireAndUndoOnlyTheirOwn(t *testing.T) {
	idle(t, func(r *rig) {
		both := r.imports(boss, false, table("X1,Xin phép xây ở đâu?,Ở phường.,Sở Xây dựng", "Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế"))
		p := must[inbox.ImportPreview](r)(r.hub.PreviewImport(r.ctx(), doctor, table("X1,Xin phép xây ở đâu?,Ở xã.,Sở Xây dựng")))
		if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Message, "Sở Xây dựng") {
			t.Errorf("problems: %v", p.Problems)
		}
		// The other department's entry is in the file unchanged; what it misses of theirs is not offered.
		r.imports(boss, false, table("X2,Xây cao mấy tầng?,Ba tầng.,Sở Xây dựng"))
		p = must[inbox.ImportPreview](r)(r.hub.PreviewImport(r.ctx(), doctor, table("X1,Xin phép xây ở đâu?,Ở phường.,Sở Xây dựng", "Y2,Mấy giờ tiêm?,7 giờ.,Sở Y tế")))
		if len(p.Problems) > 0 || len(p.Plan.Missing) != 1 || p.Plan.Missing[0].ID != "Y1" {
			t.Errorf("missing %+v, problems %v", p.Plan.Missing, p.Problems)
		}
		if _, err := r.hub.UndoImport(r.ctx(), doctor, both.Import, false); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("staff undo what is not theirs: %v", err)
		}
		if _, err := r.hub.LastImport(r.ctx(), doctor); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("staff are offered what is not theirs: %v", err)
		}
		if _, err := r.hub.LastImport(r.ctx(), lan); !errors.Is(err, inbox.ErrForbidden) {
			t.Errorf("an operator: %v", err)
		}
	})
}

func TestASecondImportSeesThatTheKnowledgeHasMovedOn(t *testing.T) {
	idle(t, func(r *rig) {
		file, other := table("Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế"), table("X1,Xây ở đâu?,Ở phường.,Sở Xây dựng")
		p := must[inbox.ImportPreview](r)(r.hub.PreviewImport(r.ctx(), boss, file))
		r.imports(root, false, other)
		if _, err := r.hub.ApplyImport(r.ctx(), boss, inbox.ImportTerms{Revision: p.Revision}, file); !errors.Is(err, inbox.ErrConflict) {
			t.Errorf("ApplyImport = %v, want ErrConflict", err)
		}
	})
}

func TestAnExportImportsUnchangedAndIsOnRecord(t *testing.T) {
	idle(t, func(r *rig) {
		r.imports(boss, false, table("X1,Xây ở đâu?,\"=Ở phường;\nhoặc xã.\",Sở Xây dựng", "Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế"))
		var all, one bytes.Buffer
		if err := errors.Join(r.hub.ExportKnowledge(r.ctx(), lan, "", &all), r.hub.ExportKnowledge(r.ctx(), lan, "so-y-te", &one)); err != nil {
			t.Fatal(err)
		}
		p := must[inbox.ImportPreview](r)(r.hub.PreviewImport(r.ctx(), boss, inbox.Workbook{Name: "all.xlsx", Data: all.Bytes()}))
		if len(p.Problems)+len(p.Plan.New)+len(p.Plan.Changed)+len(p.Plan.Missing) > 0 || len(p.Plan.Unchanged) != 2 {
			t.Errorf("preview of the export: %+v", p)
		}
		if c := sheet.Read(one.Bytes(), "one.xlsx"); len(c.Rows) != 1 || c.Rows[0].ID != "Y1" {
			t.Errorf("of one department: %+v", c)
		}
		if rows := r.audits(inbox.AuditQuery{}); rows[0].Action != inbox.Exported || rows[0].Target != "so-y-te" || rows[0].Member != "lan" {
			t.Errorf("on record: %+v", rows[0])
		}
	})
}

// KB-04: two members apply what both have looked over, in the same moment.
func TestOfTwoImportsAppliedAtOnceOneSeesTheConflict(t *testing.T) {
	idle(t, func(r *rig) {
		files := []inbox.Workbook{
			table("X1,Xây ở đâu?,Một.,Sở Xây dựng", "Y1,Tiêm ở đâu?,Một.,Sở Y tế"),
			table("X1,Xây ở đâu?,Hai.,Sở Xây dựng", "Y1,Tiêm ở đâu?,Hai.,Sở Y tế"),
		}
		members := []inbox.Actor{boss, root}
		for range 10 {
			var previews [2]inbox.ImportPreview
			for i, file := range files {
				previews[i] = must[inbox.ImportPreview](r)(r.hub.PreviewImport(r.ctx(), members[i], file))
			}
			results := make(chan error, 2)
			for i, file := range files {
				go func() {
					_, err := r.hub.ApplyImport(r.ctx(), members[i], inbox.ImportTerms{Revision: previews[i].Revision}, file)
					results <- err
				}()
			}
			one, other := <-results, <-results
			if one != nil {
				one, other = other, one
			}
			if unchanged := one == nil && other == nil; !unchanged && (one != nil || !errors.Is(other, inbox.ErrConflict)) {
				t.Fatalf("applied at once: %v and %v, want one of them in conflict", one, other)
			}
			if x, y := r.entry("X1").Answer, r.entry("Y1").Answer; x != y {
				t.Fatalf("one entry is of one file (%q), the other of the other (%q)", x, y)
			}
		}
	})
}

// KB-06: an export holds what its reader may see, whatever that is, and is on record.
func TestAnExportHoldsWhatItsReaderMaySee(t *testing.T) {
	idle(t, func(r *rig) {
		r.entryPeople()
		r.imports(boss, false, table("X1,Xây ở đâu?,Ở phường.,Sở Xây dựng", "Y1,Tiêm ở đâu?,Ở trạm.,Sở Y tế"))
		if err := r.entryEdit(doctor, "Y1", "Bản nháp chưa ai duyệt.", false); err != nil {
			t.Fatal(err)
		}
		var before int
		for _, who := range []inbox.Actor{{}, doctor, roads, lan, boss, root} {
			var file bytes.Buffer
			err := r.hub.ExportKnowledge(r.ctx(), who, "", &file)
			rows := slices.DeleteFunc(r.audits(inbox.AuditQuery{}), func(a inbox.Audit) bool { return a.Action != inbox.Exported })
			if !who.May(inbox.SeeKnowledge) {
				wantError(t, "exporting as nobody", err, inbox.ErrForbidden)
				if file.Len() > 0 || len(rows) > before {
					t.Errorf("nobody got %d bytes and %d rows of record", file.Len(), len(rows)-before)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range sheet.Read(file.Bytes(), "a.xlsx").Rows {
				got = append(got, row.Answer)
			}
			if want := []string{"Ở phường.", "Ở trạm."}; !slices.Equal(got, want) {
				t.Errorf("%s exports %q, want %q: what stands, of all departments, and no draft", who.Member.Login, got, want)
			}
			if len(rows) != before+1 || rows[0].Member != who.Member.ID || !strings.Contains(rows[0].Detail, "entries 2") {
				t.Errorf("on record is %+v", rows)
			}
			before = len(rows)
		}
	})
}
