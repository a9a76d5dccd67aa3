package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/store/backup"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/transfer"
)

// picture is an attachment, named by its sum as the media room does.
var (
	picture   = []byte("\x89PNG a picture of a hole in the road")
	pictureID = func() string { sum := sha256.Sum256(picture); return hex.EncodeToString(sum[:]) }()
)

func opened(t *testing.T, path string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a second Close is none
	return s
}

// say keeps message number n, with what belongs to it.
func say(t *testing.T, s inbox.Store, n int) {
	t.Helper()
	err := s.Update(t.Context(), func(tx inbox.Writer) error {
		c := inbox.Conversation{
			ID: inbox.ConversationID(fmt.Sprintf("c%04d", n)), Code: fmt.Sprintf("TH-261122-%04d", n), Contact: "p1", Channel: "web",
			Remote: connectors.RemoteID(fmt.Sprint(n)), Status: inbox.Open, ContactName: "Trần Thị Mẫu", CreatedAt: s.Now(), LastAt: s.Now(),
		}
		m, err := tx.AppendMessage(inbox.Message{
			ID: inbox.MessageID(fmt.Sprintf("m%04d", n)), Conversation: c.ID, Direction: inbox.Out,
			Content:  content.Content{Text: fmt.Sprintf("tin %d", n), Attachments: []content.Attachment{{ID: pictureID, Name: "a.png"}}},
			Delivery: inbox.Delivery{State: inbox.Queued, At: s.Now()}, ReceivedAt: s.Now(),
		})
		if err != nil {
			return err
		}
		c.LastSeq = m.Seq
		if _, err := tx.PutConversation(c); err != nil {
			return err
		}
		return errors.Join(
			tx.PutContact(inbox.Contact{ID: "p1", Name: "Trần Thị Mẫu"}),
			tx.Enqueue(inbox.Task{ID: string(m.ID), Kind: inbox.Deliveries, Group: string(c.ID), Ref: string(m.ID), Due: s.Now()}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func attachment(_ context.Context, id string) (io.ReadCloser, error) {
	if id != pictureID {
		return nil, nil
	}
	return io.NopCloser(bytes.NewReader(picture)), nil
}

// write makes a backup of s at path, encrypted for to, if any.
func write(t *testing.T, s *bolt.Store, path string, to ...age.Recipient) backup.Manifest {
	t.Helper()
	shot, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := shot.Close(); err != nil {
			t.Error(err)
		}
	}()
	say(t, s, 9000) // said after the moment: not in it
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var w io.WriteCloser = file
	if len(to) > 0 {
		if w, err = age.Encrypt(file, to...); err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	m, err := backup.Write(t.Context(), w, backup.Parts{
		Store: shot, Program: "test", Key: "k", Now: time.Now(), Attachment: attachment,
		Config: map[string][]byte{"tongdai.yaml": []byte("organisation: {name: A}\n")},
	})
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAHubBeginsAgainFromABackupOfARunningOne(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, filepath.Join(dir, "hub.db"))
	for n := range 300 {
		say(t, s, n)
	}
	if err := s.Update(t.Context(), func(tx inbox.Writer) error {
		_, err := inbox.Shelf[string]("zz").Put(tx, inbox.Kept[string]{ID: "a", Value: "after the order"})
		return errors.Join(err, tx.PutSession(inbox.Session{TokenHash: "hash", Member: "lan"}))
	}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tongdai.backup")
	written := write(t, s, path)
	if n := len(written.Files); n != 1 || len(written.Missing) != 0 || written.Bytes() != int64(len(picture)) {
		t.Errorf("%d attachments, missing %v", n, written.Missing)
	}

	f, err := backup.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Verify(t.Context(), nil); err != nil {
		t.Errorf("Verify = %v", err)
	}
	if c, err := f.Config("tongdai.yaml"); err != nil || !strings.Contains(string(c), "name: A") {
		t.Errorf("the configuration is %q, %v", c, err)
	}
	target, err := bolt.OpenTarget(filepath.Join(dir, "new.db"))
	if err != nil {
		t.Fatal(err)
	}
	held := backup.Held{File: f, Hold: inbox.Hold{BackupAt: f.Manifest.At}}
	if _, err := transfer.Move(t.Context(), held, target, func(transfer.Step, transfer.Kind, int64, bool) {}); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}

	again := opened(t, filepath.Join(dir, "new.db"))
	err = again.View(t.Context(), func(tx inbox.Reader) error {
		m, err := tx.Message("m0299")
		if err != nil || m.Content.Text != "tin 299" {
			t.Errorf("the last message before the backup is %q, %v", m.Content.Text, err)
		}
		if _, err := tx.Message("m9000"); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("a message of after the backup: %v", err)
		}
		if _, err := tx.Session("hash"); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("a session of that time still opens the desk: %v", err)
		}
		hold, err := inbox.HoldShelf.Get(tx, inbox.HoldID)
		if err != nil || !hold.Value.BackupAt.Equal(f.Manifest.At) {
			t.Errorf("the order to hold is %+v, %v", hold.Value, err)
		}
		kept, err := inbox.Shelf[string]("zz").Get(tx, "a")
		if err != nil || kept.Value != "after the order" {
			t.Errorf("what lies on a shelf behind it is %+v, %v", kept, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADamagedBackupIsNeverTakenForWhole(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, filepath.Join(dir, "hub.db"))
	for n := range 50 {
		say(t, s, n)
	}
	path := filepath.Join(dir, "tongdai.backup")
	written := write(t, s, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.backup")
	found := 0
	for i := 0; i < len(whole); i += max(1, len(whole)/400) {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x10
		if err := os.WriteFile(bad, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := backup.Open(bad)
		if err != nil {
			found++
			continue
		}
		// What a bit in a ZIP file's own dates and flags says matters to nobody:
		// where nothing is found, everything must be what was written.
		switch err := f.Verify(t.Context(), nil); {
		case err != nil:
			found++
		case fmt.Sprint(f.Manifest) != fmt.Sprint(written):
			t.Errorf("with byte %d flipped it passes for whole with the manifest %+v", i, f.Manifest)
		}
		_ = f.Close()
	}
	if found < 200 {
		t.Errorf("of 400 flips only %d were found", found)
	}
	for name, cut := range map[string][]byte{"cut off": whole[:len(whole)/2], "empty": nil, "something else": []byte("PK, but no more")} {
		if err := os.WriteFile(bad, cut, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Open(bad); !errors.Is(err, backup.ErrNot) {
			t.Errorf("%s: %v, want ErrNot", name, err)
		}
	}
}

func TestAnEncryptedBackupOpensWithItsIdentityAlone(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, filepath.Join(dir, "hub.db"))
	say(t, s, 1)
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tongdai.backup.age")
	write(t, s, path, mine.Recipient())
	b, err := os.ReadFile(path)
	if err != nil || bytes.Contains(b, []byte("PNG a picture")) {
		t.Errorf("the picture can be read in the file, %v", err)
	}
	for _, ids := range [][]age.Identity{nil, {other}} {
		if _, err := backup.Open(path, ids...); !errors.Is(err, backup.ErrSealed) {
			t.Errorf("opened with %v: %v, want ErrSealed", ids, err)
		}
	}
	f, err := backup.Open(path, other, mine)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Verify(t.Context(), nil); err != nil {
		t.Errorf("Verify = %v", err)
	}
}
