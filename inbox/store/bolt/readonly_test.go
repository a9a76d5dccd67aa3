package bolt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/transfer"
)

func TestALookAtAStoreLeavesNoTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	if _, err := bolt.OpenToRead(path); !errors.Is(err, transfer.ErrMissing) {
		t.Errorf("a look at nothing = %v, want ErrMissing", err)
	}
	store, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), func(tx inbox.Writer) error {
		return tx.PutMember(inbox.Member{ID: "lan", Login: "lan", Name: "Lan", Role: inbox.Operator})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.OpenToRead(path); !errors.Is(err, transfer.ErrInUse) || !strings.Contains(err.Error(), "tiến trình") {
		t.Errorf("a look at a store in use = %v, want ErrInUse and who has it", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	look, err := bolt.OpenToRead(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := look.View(t.Context(), func(tx inbox.Reader) error {
		_, err := tx.MemberByLogin("lan")
		return err
	}); err != nil {
		t.Errorf("what is there cannot be read: %v", err)
	}
	if err := look.Update(t.Context(), func(inbox.Writer) error { return nil }); !errors.Is(err, inbox.ErrUnavailable) {
		t.Errorf("Update = %v, want ErrUnavailable", err)
	}
	if err := look.Close(); err != nil {
		t.Error(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the look changed the file (%v)", err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("the look left %v, %v", files, err)
	}
}

func TestALookTellsADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	if err := os.WriteFile(path, []byte("not a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.OpenToRead(path); err == nil {
		t.Error("a file that is no store was opened")
	}
}
