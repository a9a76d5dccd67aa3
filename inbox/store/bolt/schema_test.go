package bolt

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
)

// small are the migrations with steps so small that a store of the tests takes
// many of them.
func small() []migration { return append(slices.Clone(migrations[:3]), bindRecords(600)) }

// DUR-11: a store of every schema that was ever released is brought to today's,
// cut off before any one of the transactions that it takes, and opened again.
func TestAStoreOfEverySchemaIsBroughtToTodays(t *testing.T) {
	for schema := 1; schema <= len(migrations); schema++ {
		t.Run(fmt.Sprintf("of schema %d", schema), func(t *testing.T) {
			for cut := 0; ; cut++ {
				path := filepath.Join(t.TempDir(), "hub.db")
				unpack(t, fmt.Sprintf("testdata/schema-%d.db.gz", schema), path)
				before := readFile(t, path)
				left := cut
				whole, err := Open(path, Options{migrations: cutBefore(small(), &left)})
				if err == nil { // cut is more than all there are
					if cut < len(migrations)-schema {
						t.Errorf("it took %d transactions, and there are %d migrations", cut, len(migrations)-schema)
					}
					if err := whole.Close(); err != nil {
						t.Error(err)
					}
					return
				}
				if !errors.Is(err, errCut) {
					t.Fatal(err)
				}
				holdsWhatItHeld(t, path, schema, small())
				copied := fmt.Sprintf("%s.schema-%d", path, schema)
				if kept := readFile(t, copied); len(kept) == 0 || len(kept) > len(before) {
					t.Errorf("cut off before transaction %d: the copy has %d bytes, the store had %d", cut, len(kept), len(before))
				}
				holdsWhatItHeld(t, copied, schema, small())
			}
		})
	}
}

// cutBefore lets the migrations take so many transactions, then cuts them off.
func cutBefore(all []migration, left *int) []migration {
	var cut []migration
	for _, m := range all {
		cut = append(cut, func(tx *bolt.Tx) (bool, error) {
			if *left == 0 {
				return false, errCut
			}
			*left--
			return m(tx)
		})
	}
	return cut
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// holdsWhatItHeld opens a store and looks for what was written into one of that
// schema.
func holdsWhatItHeld(t *testing.T, path string, schema int, all []migration) {
	t.Helper()
	s := open(t, path, Options{migrations: all})
	defer s.Close()
	if schema >= 3 {
		holdsFixture(t, s)
	}
	err := s.View(t.Context(), func(tx inbox.Reader) error {
		c, err := tx.ConversationByCode("TH-261121-0001")
		if err != nil {
			return err
		}
		said, err := tx.Messages(c.ID, inbox.MessageQuery{})
		if err == nil && (len(said) == 0 || said[0].Content.Text != "Tiêm mũi 3 ở đâu?") {
			t.Errorf("what was said: %v", said)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if n := s.Condition().Damaged; n != 0 {
		t.Errorf("%d records are told to be damaged", n)
	}
}

// What a migration has half done is neither the old schema nor the new one: a
// program of before refuses it and names the copy, which was made before the
// migration began and is not made again of what is half done.
func TestAStoreHalfWayIsNotOpenedByAnOlderProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	unpack(t, "testdata/schema-3.db.gz", path)
	var said strings.Builder
	log := slog.New(slog.NewTextHandler(&said, nil))
	left := 2
	if _, err := Open(path, Options{migrations: cutBefore(small(), &left), Log: log}); !errors.Is(err, errCut) {
		t.Fatalf("Open = %v, want it cut off", err)
	}
	copied := path + ".schema-3"
	if !strings.Contains(said.String(), copied) {
		t.Errorf("the log does not name the copy: %s", said.String())
	}
	_, err := Open(path, Options{migrations: migrations[:3]})
	if err == nil || !strings.Contains(err.Error(), "lược đồ 4, bản này biết đến 3") || !strings.Contains(err.Error(), copied) {
		t.Errorf("an older program on a store half way: %v", err)
	}
	left = 1
	if _, err := Open(path, Options{migrations: cutBefore(small(), &left)}); !errors.Is(err, errCut) {
		t.Fatalf("Open = %v, want it cut off again", err)
	}
	s := open(t, copied, Options{migrations: migrations[:3]}) // as the program of before reads it
	defer s.Close()
	if found, half, err := progressOf(s.db); found != 3 || half || err != nil {
		t.Errorf("the copy has schema %d (half way: %v), %v, want that of before", found, half, err)
	}
}
