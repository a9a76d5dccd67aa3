package bolt

import (
	"path/filepath"
	"testing"
	"time"

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
	})
}

func open(t testing.TB, path string, options Options) *Store {
	t.Helper()
	s, err := Open(path, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
