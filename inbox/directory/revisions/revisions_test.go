package revisions_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/annex"
	"tongdai/inbox/directory/revisions"
	"tongdai/inbox/store/bolt"
	"tongdai/kb"
)

var (
	admin    = inbox.Actor{Member: inbox.Member{ID: "m1", Login: "an", Name: "Nguyễn An", Role: inbox.Admin}, Address: "10.0.0.1"}
	operator = inbox.Actor{Member: inbox.Member{ID: "m2", Role: inbox.Operator}}
)

func openStore(t *testing.T) inbox.Store {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "hub.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.Update(t.Context(), func(tx inbox.Writer) error { return tx.PutMember(admin.Member) }); err != nil {
		t.Fatal(err)
	}
	return store
}

func seed() directory.Data { return configs.ShippedData().Directory.Data() }

func openKeeper(t *testing.T, store inbox.Store) *revisions.Keeper {
	t.Helper()
	k, err := revisions.Open(t.Context(), store, seed(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// calling is an edit that gives Sở Y tế a hotline.
func calling(hotline string) func(*directory.Data) error {
	return func(d *directory.Data) error {
		d.Departments[health(d)].Hotline = hotline
		return nil
	}
}

func health(d *directory.Data) int {
	return slices.IndexFunc(d.Departments, func(x directory.Department) bool { return x.ID == "so-y-te" })
}

func hotline(k *revisions.Keeper) string {
	d, _ := k.Now().Department("so-y-te")
	return d.Hotline
}

func TestTheFilesSeedTheDirectoryOnce(t *testing.T) {
	store := openStore(t)
	k := openKeeper(t, store)
	if got := k.Current().Revision; got != 1 {
		t.Fatalf("revision %d at first start", got)
	}
	if changes := directory.Compare(seed(), k.Now().Data()); len(changes) > 0 {
		t.Fatalf("the first revision is not the files: %v", changes)
	}
	if _, err := k.Edit(t.Context(), admin, 1, calling("1900 1022")); err != nil {
		t.Fatal(err)
	}
	again := openKeeper(t, store)
	if again.Current().Revision != 2 || hotline(again) != "1900 1022" {
		t.Errorf("the files came back: revision %d, hotline %s", again.Current().Revision, hotline(again))
	}
}

func TestAChangeIsARevisionWithWhoWhenWhat(t *testing.T) {
	store := openStore(t)
	k := openKeeper(t, store)
	other := openKeeper(t, store)
	made, err := k.Edit(t.Context(), admin, 1, calling("1900 1022"))
	if err != nil {
		t.Fatal(err)
	}
	if hotline(k) != "1900 1022" {
		t.Error("the keeper that changed it still has the old")
	}
	if hotline(other) == "1900 1022" {
		t.Error("the other node knows before it was told")
	}
	if err := other.Reload(t.Context()); err != nil || hotline(other) != "1900 1022" {
		t.Errorf("the other node after it was told: %s, %v", hotline(other), err)
	}
	history, err := k.History(t.Context(), admin, 0, 10)
	if err != nil || len(history) != 2 || history[0].No != made.No || history[0].By != "m1" || history[0].What != revisions.Edited {
		t.Fatalf("history %+v, %v", history, err)
	}
	if c := history[0].Changes; len(c) != 1 || c[0].Fields[0] != (directory.FieldChange{Key: "hotline", Old: "1022", New: "1900 1022"}) {
		t.Errorf("what: %+v", c)
	}
	if history[1].What != revisions.Seeded || history[1].At.IsZero() {
		t.Errorf("the first: %+v", history[1])
	}
	err = store.View(t.Context(), func(tx inbox.Reader) error {
		audits, err := tx.Audits(inbox.AuditQuery{Limit: 5})
		if len(audits) != 1 || audits[0].Action != inbox.DirectoryEdited || audits[0].Target != "departments/so-y-te" || audits[0].Address != "10.0.0.1" {
			t.Errorf("on record: %+v", audits)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAChangeOfAnOldRevisionIsToldByWhomItWasOvertaken(t *testing.T) {
	k := openKeeper(t, openStore(t))
	if _, err := k.Edit(t.Context(), admin, 1, calling("1900 1022")); err != nil {
		t.Fatal(err)
	}
	_, err := k.Edit(t.Context(), admin, 1, calling("115"))
	if !errors.Is(err, inbox.ErrConflict) || !strings.Contains(err.Error(), "Nguyễn An vừa sửa danh mục lúc") {
		t.Errorf("Edit = %v", err)
	}
	if hotline(k) != "1900 1022" || k.Current().Revision != 2 {
		t.Error("the overtaken change was made")
	}
}

func TestBadInputChangesNothingAndIsToldAtOnce(t *testing.T) {
	k := openKeeper(t, openStore(t))
	_, err := k.Edit(t.Context(), admin, 1, func(d *directory.Data) error {
		i := health(d)
		d.Departments[i].Hotline = "gọi cho tôi"
		d.Departments[i].Email = "@"
		d.Departments[i].Contacts = []directory.Point{{Name: "Không số"}}
		return nil
	})
	var problems directory.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("Edit = %v", err)
	}
	if k.Current().Revision != 1 || hotline(k) != "1022" {
		t.Error("something was changed")
	}
	if _, err := k.Edit(t.Context(), admin, 1, calling("1022")); err != nil || k.Current().Revision != 1 {
		t.Errorf("a change that changes nothing made revision %d, %v", k.Current().Revision, err)
	}
}

func TestUndoIsANewRevisionThatEqualsAnEarlierOne(t *testing.T) {
	k := openKeeper(t, openStore(t))
	for i, number := range []string{"111", "222"} {
		if _, err := k.Edit(t.Context(), admin, i+1, calling(number)); err != nil {
			t.Fatal(err)
		}
	}
	made, err := k.Undo(t.Context(), admin, 3, 2)
	if err != nil || made.No != 4 || made.What != revisions.Undone || made.Source != "2" || hotline(k) != "111" {
		t.Fatalf("Undo = %+v, %v; hotline %s", made, err, hotline(k))
	}
	if _, err := k.Undo(t.Context(), admin, 4, 1); err != nil || hotline(k) != "1022" {
		t.Errorf("back to the first: %v, %s", err, hotline(k))
	}
	if _, err := k.Undo(t.Context(), admin, 5, 99); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("back to what never was: %v", err)
	}
	if _, err := k.Undo(t.Context(), admin, 1, 2); !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("an undo that was overtaken: %v", err)
	}
}

func TestWhatOthersNameDoesNotDisappear(t *testing.T) {
	store := openStore(t)
	k := openKeeper(t, store)
	staff := inbox.Member{ID: "m3", Login: "ha", Name: "Hà", Role: inbox.Staff, Departments: []kb.DepartmentID{"vp-ubnd-tinh"}}
	if err := store.Update(t.Context(), func(tx inbox.Writer) error { return tx.PutMember(staff) }); err != nil {
		t.Fatal(err)
	}
	dropping := func(d *directory.Data) error {
		d.Departments = slices.DeleteFunc(d.Departments, func(x directory.Department) bool { return x.ID == "vp-ubnd-tinh" })
		d.Fields[0].Contributing = nil
		return nil
	}
	_, err := k.Edit(t.Context(), admin, 1, dropping)
	if !errors.Is(err, inbox.ErrConflict) || !strings.Contains(err.Error(), "Văn phòng UBND tỉnh còn tài khoản cán bộ") {
		t.Fatalf("Edit = %v", err)
	}
	staff.Departments = nil
	if err := store.Update(t.Context(), func(tx inbox.Writer) error { return tx.PutMember(staff) }); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Edit(t.Context(), admin, 1, dropping); err != nil {
		t.Errorf("nobody names it any more: %v", err)
	}
}

func TestAWorkbookIsPreviewedAppliedAndUndone(t *testing.T) {
	k := openKeeper(t, openStore(t))
	var export bytes.Buffer
	if err := k.Export(t.Context(), admin, &export); err != nil {
		t.Fatal(err)
	}
	same := inbox.Workbook{Name: "pl2.xlsx", Data: export.Bytes()}
	p, err := k.PreviewImport(t.Context(), admin, same)
	if err != nil || len(p.Problems)+len(p.Changes) > 0 || p.Revision != 1 {
		t.Fatalf("an export: %+v, %v", p, err)
	}
	if p, err = k.ApplyImport(t.Context(), admin, 1, same); err != nil || p.Applied || k.Current().Revision != 1 {
		t.Fatalf("an export applied: %+v, %v", p, err)
	}

	changed := k.Now().Data().Clone()
	if err := calling("")(&changed); err != nil {
		t.Fatal(err)
	}
	changed.Departments[health(&changed)].Contacts = []directory.Point{{Name: "Trực ban", Phone: "0237 385 2777", Urgent: true}}
	file := workbook(t, changed)
	p, err = k.PreviewImport(t.Context(), admin, file)
	if err != nil || len(p.Changes) != 1 || len(p.Changes[0].Fields) != 2 || k.Current().Revision != 1 {
		t.Fatalf("preview: %+v, %v", p, err)
	}
	if p, err = k.ApplyImport(t.Context(), admin, p.Revision, file); err != nil || !p.Applied || p.Revision != 2 {
		t.Fatalf("apply: %+v, %v", p, err)
	}
	if d, _ := k.Now().Department("so-y-te"); len(d.UrgentPoints()) != 1 {
		t.Errorf("applied: %+v", d)
	}
	if _, err := k.ApplyImport(t.Context(), admin, 1, workbook(t, seed())); !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("a preview that was overtaken: %v", err)
	}
	if _, err := k.Undo(t.Context(), admin, 2, 1); err != nil || hotline(k) != "1022" {
		t.Errorf("undo: %v, %s", err, hotline(k))
	}
}

func TestAWorkbookWithMistakesChangesNothing(t *testing.T) {
	k := openKeeper(t, openStore(t))
	broken := k.Now().Data().Clone()
	broken.Departments[health(&broken)].Hotline = "không có"
	p, err := k.ApplyImport(t.Context(), admin, 1, workbook(t, broken))
	if err != nil || p.Applied || len(p.Problems) == 0 || p.Problems[0].Cell == "" || k.Current().Revision != 1 {
		t.Errorf("apply: %+v, %v", p, err)
	}
	p, err = k.PreviewImport(t.Context(), admin, inbox.Workbook{Name: "ảnh.xlsx", Data: []byte("không phải bảng tính")})
	if err != nil || len(p.Problems) != 1 {
		t.Errorf("a file that is none: %+v, %v", p, err)
	}
}

func TestOnlyWhoMayManagesTheDirectory(t *testing.T) {
	k := openKeeper(t, openStore(t))
	_, edit := k.Edit(t.Context(), operator, 1, calling("111"))
	_, undo := k.Undo(t.Context(), operator, 1, 1)
	_, history := k.History(t.Context(), operator, 0, 10)
	_, preview := k.PreviewImport(t.Context(), operator, inbox.Workbook{})
	_, apply := k.ApplyImport(t.Context(), operator, 1, inbox.Workbook{})
	for name, err := range map[string]error{
		"edit": edit, "undo": undo, "history": history, "preview": preview, "apply": apply, "export": k.Export(t.Context(), operator, &bytes.Buffer{}),
	} {
		if !errors.Is(err, inbox.ErrForbidden) {
			t.Errorf("%s = %v", name, err)
		}
	}
}

func workbook(t *testing.T, data directory.Data) inbox.Workbook {
	t.Helper()
	var book bytes.Buffer
	if err := annex.Write(&book, data); err != nil {
		t.Fatal(err)
	}
	return inbox.Workbook{Name: "pl2.xlsx", Data: book.Bytes()}
}
