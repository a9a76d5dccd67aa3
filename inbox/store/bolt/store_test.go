package bolt

import (
	"bytes"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"tongdai/inbox"
	"tongdai/inbox/store/storetest"
)

// What runs before the tests begin belongs to libraries that are linked in.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, now func() time.Time) inbox.Store {
			return open(t, filepath.Join(t.TempDir(), "hub.db"), Options{Now: now})
		},
		Reopen: func(t *testing.T, s inbox.Store, now func() time.Time) inbox.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			return open(t, s.(*Store).path, Options{Now: now})
		},
		Spoil: spoil,
	})
}

// spoilt is where the suite's kinds of records lie. What lies under another key
// than its id is looked for by keyOf.
var spoilt = map[storetest.SpoiltKind]bucket{
	storetest.SpoiltConversation: conversations, storetest.SpoiltMessage: messages, storetest.SpoiltContact: contacts,
	storetest.SpoiltMember: members, storetest.SpoiltEntry: entries, storetest.SpoiltPaper: papers,
	storetest.SpoiltQuarantined: quarantine, storetest.SpoiltAudit: audits, storetest.SpoiltEvent: events, storetest.SpoiltTask: tasks,
}

func spoil(t *testing.T, s inbox.Store, what storetest.Spoilt) {
	t.Helper()
	err := s.(*Store).db.Update(func(tx *bolt.Tx) error {
		tree := tx.Bucket([]byte(spoilt[what.Kind].String()))
		key := keyOf(t, tx, tree, what)
		damaged := bytes.Clone(tree.Get(key))
		damaged[len(damaged)-9] ^= 4
		return tree.Put(key, damaged)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func keyOf(t *testing.T, tx *bolt.Tx, tree *bolt.Bucket, what storetest.Spoilt) []byte {
	t.Helper()
	switch what.Kind {
	case storetest.SpoiltMessage:
		return tx.Bucket([]byte(messagesByID.String())).Get([]byte(what.ID))
	case storetest.SpoiltAudit, storetest.SpoiltEvent:
		n, err := strconv.ParseUint(what.ID, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return numberKey(n)
	case storetest.SpoiltTask:
		cursor := tree.Cursor()
		for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
			if bytes.Contains(value, []byte(what.ID)) {
				return key
			}
		}
		t.Fatalf("no task %s", what.ID)
	}
	return []byte(what.ID)
}

func open(t testing.TB, path string, options Options) *Store {
	t.Helper()
	s, err := Open(path, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
