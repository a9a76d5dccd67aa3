package bolt

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func TestASecondProcessIsToldWhoHasTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	if os.Getenv("STORE_TO_OPEN") != "" {
		_, err := Open(os.Getenv("STORE_TO_OPEN"), Options{})
		t.Logf("refused: %v", err)
		return
	}
	s := open(t, path, Options{})
	defer s.Close()
	second := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	second.Env = append(os.Environ(), "STORE_TO_OPEN="+path)
	out, err := second.CombinedOutput()
	if want := "đang được tiến trình " + strconv.Itoa(os.Getpid()) + " (bolt.test"; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("the second process says\n%s\n(%v), want %q", out, err, want)
	}
}

func TestAStoreOfTheFirstSchemaIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	unpack(t, "testdata/schema-1.db.gz", path)
	s := open(t, path, Options{})
	defer s.Close()
	err := s.View(t.Context(), func(tx inbox.Reader) error {
		c, err := tx.ConversationByCode("TH-261121-0001")
		if err != nil {
			return err
		}
		page, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.BotList}})
		if len(page) != 1 || page[0].ID != c.ID {
			t.Errorf("the bot's list holds %v", page)
		}
		if err != nil {
			return err
		}
		said, err := tx.Messages(c.ID, inbox.MessageQuery{})
		if len(said) != 1 || said[0].Content.Text != "Tiêm mũi 3 ở đâu?" {
			t.Errorf("what was said: %v", said)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	claims, err := s.Claim(t.Context(), inbox.Turns, 9, 1)
	if err != nil || len(claims) != 1 {
		t.Errorf("its task: %v, %v", claims, err)
	}
}

func fillStore(t *testing.T, s *Store) {
	t.Helper()
	err := s.Update(t.Context(), func(tx inbox.Writer) error {
		c, err := tx.PutConversation(inbox.Conversation{ID: "c1", Code: "TH-261121-0001", Channel: "web", Remote: "v1", Status: inbox.Open, Handler: inbox.ByBot})
		if err != nil {
			return err
		}
		m := inbox.Message{ID: "m1", Conversation: c.ID}
		m.Content.Text = "Tiêm mũi 3 ở đâu?"
		if m, err = tx.AppendMessage(m); err != nil {
			return err
		}
		return errors.Join(tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded}), tx.Enqueue(inbox.Task{ID: "t1", Kind: inbox.Turns, Ref: string(m.ID)}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func pack(t *testing.T, s *Store) []byte {
	t.Helper()
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	err := s.db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(z)
		return err
	})
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return []byte(packed.String())
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err := errors.Join(err, os.WriteFile(to, b, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestSchemas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path, Options{})
	fillStore(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fails := errors.New("half done")
	addsThenFails := func(tx *bolt.Tx) (bool, error) {
		if _, err := tx.CreateBucket([]byte("second")); err != nil {
			return false, err
		}
		return false, fails
	}
	if _, err := Open(path, Options{migrations: append(slices.Clone(migrations), addsThenFails)}); !errors.Is(err, fails) {
		t.Fatalf("a migration that fails: %v", err)
	}
	adds := func(tx *bolt.Tx) (bool, error) {
		_, err := tx.CreateBucket([]byte("second"))
		return true, err
	}
	s = open(t, path, Options{migrations: append(slices.Clone(migrations), adds)}) // nothing was left of the first try
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path, Options{})
	if err == nil || !strings.Contains(err.Error(), "bản mới hơn") || !strings.Contains(err.Error(), "bản chép") {
		t.Errorf("an older program on a newer store: %v", err)
	}
	s = open(t, fmt.Sprintf("%s.schema-%d", path, len(migrations)), Options{}) // the copy made before
	if err := s.View(t.Context(), func(tx inbox.Reader) error { _, err := tx.Message("m1"); return err }); err != nil {
		t.Errorf("in the copy: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFilesThatAreNoStores(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"an empty file", "", "tệp trống"},
		{"another kind of file", strings.Repeat("no store at all ", 4096), "không phải kho"},
		{"nothing but zeros", strings.Repeat("\x00", 1<<16), "không phải kho"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hub.db")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the lock is given back
				if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "tongdai restore") {
					t.Errorf("Open = %v, want %q and the way back", err, tt.want)
				}
			}
		})
	}
}

func TestAnUnfinishedCreationIsBegunAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	if err := os.WriteFile(path+".new", []byte("cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{})
	fillStore(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unfinished file is still there: %v", err)
	}
}

func TestADamagedRecordIsNamedAndNeverShown(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "hub.db"), Options{})
	defer s.Close()
	fillStore(t, s)
	err := s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("messages"))
		key, value := b.Cursor().First()
		damaged := append([]byte(nil), value...)
		damaged[len(damaged)-9] ^= 4
		return b.Put(key, damaged)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx inbox.Reader) error {
		m, err := tx.Message("m1")
		if err == nil {
			t.Errorf("it was shown: %+v", m)
		}
		return err
	})
	var damage *Damage
	if !errors.As(err, &damage) || !errors.Is(err, record.ErrDamaged) || damage.Bucket != "messages" || !strings.HasPrefix(string(damage.Key), "c1") {
		t.Errorf("View = %v, want the damage in messages named", err)
	}
}
