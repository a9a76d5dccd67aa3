package bolt

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
)

func TestAStoreOfSchema3IsBoundToItsPlaces(t *testing.T) {
	for _, tt := range []struct {
		name string
		step int // bytes at a time
		cuts int // times the program is cut off between two steps
	}{
		{"in one go", stepBytes, 0},
		{"record by record, cut off after each", 1, 1000},
		{"in steps, cut off now and then", 600, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hub.db")
			unpack(t, "testdata/schema-3.db.gz", path)
			raise := append(slices.Clone(migrations[:3]), cutOff(bindRecords(tt.step), tt.cuts))
			var s *Store
			for cuts := 0; s == nil; cuts++ {
				var err error
				if s, err = Open(path, Options{migrations: raise}); err != nil && !errors.Is(err, errCut) {
					t.Fatal(err)
				}
				if cuts == 0 && tt.cuts > 0 && err == nil {
					t.Error("it was never cut off")
				}
			}
			holdsFixture(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, path, Options{}) // and is opened again as one of today
			defer s.Close()
			holdsFixture(t, s)
		})
	}
}

var errCut = errors.New("cut off")

// cutOff lets a migration take one step at a time as often as told.
func cutOff(m migration, cuts int) migration {
	began := false
	return func(tx *bolt.Tx) (bool, error) {
		if began && cuts > 0 {
			began = false
			cuts--
			return false, errCut
		}
		began = true
		return m(tx)
	}
}

// holdsFixture looks for what fillEverything has written, in three conversations.
func holdsFixture(t *testing.T, s *Store) {
	t.Helper()
	err := s.View(t.Context(), func(tx inbox.Reader) error {
		page, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}})
		if len(page) != 3 {
			t.Errorf("the list holds %d conversations, want 3: %v", len(page), err)
		}
		for _, c := range page {
			said, err := tx.Messages(c.ID, inbox.MessageQuery{})
			if err != nil || len(said) != 2 || said[0].Content.Text != "Tiêm mũi 3 ở đâu?" {
				t.Errorf("what was said in %s: %v, %v", c.Code, said, err)
			}
		}
		member, err := tx.MemberByLogin("lan")
		if err != nil || member.Name != "Lê Thị Lan" {
			t.Errorf("the member: %+v, %v", member, err)
		}
		_, err = tx.Secret("zalo")
		_, paper := tx.Paper("answers", "a1")
		return errors.Join(err, paper)
	})
	if err != nil {
		t.Error(err)
	}
	if n := s.Condition().Damaged; n != 0 {
		t.Errorf("%d records are told to be damaged", n)
	}
	err = s.Update(t.Context(), func(tx inbox.Writer) error {
		code, err := tx.NextCode("TH", noon)
		if code != "TH-261121-0004" {
			t.Errorf("the next code is %q, want the fourth", code)
		}
		return errors.Join(err, errNotKept)
	})
	if !errors.Is(err, errNotKept) {
		t.Error(err)
	}
}

var errNotKept = errors.New("nothing is to be kept")

func TestARecordUnderAnothersKeyIsNoticed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "hub.db"), Options{})
	defer s.Close()
	fillEverything(t, s, 2)
	err := s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("contacts"))
		first, second := bytes.Clone(b.Get([]byte("p0000"))), bytes.Clone(b.Get([]byte("p0001")))
		return errors.Join(b.Put([]byte("p0000"), second), b.Put([]byte("p0001"), first))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []inbox.ContactID{"p0000", "p0001"} {
		err := s.View(t.Context(), func(tx inbox.Reader) error { _, err := tx.Contact(id); return err })
		if !errors.Is(err, inbox.ErrDamaged) {
			t.Errorf("contact %s, exchanged for another: %v, want ErrDamaged", id, err)
		}
	}
	if n := s.Condition().Damaged; n != 2 {
		t.Errorf("%d records are told to be damaged, want 2", n)
	}
}
