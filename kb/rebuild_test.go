package kb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"tongdai/kb"
	"tongdai/kb/kbtest"
)

// searching searches on and on until stop is called, which tells how often it did.
func searching(t *testing.T, ix *kb.Index) (count *atomic.Int64, stop func()) {
	t.Helper()
	count = &atomic.Int64{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			hits, err := ix.Search(context.Background(), "đăng ký tiêm vắc xin ở đâu", 3)
			if err != nil || len(hits) == 0 || hits[0].Entry.ID != "TIEM" {
				t.Errorf("a search during a publication found %v, %v", hits, err)
				return
			}
			count.Add(1)
		}
	}()
	return count, func() {
		cancel()
		<-done
	}
}

// watched is a store that tells when it is read, in the midst of it.
type watched struct {
	*kbtest.Store
	read func()
}

func (w watched) ViewEntries(ctx context.Context, fn func(kb.Reader) error) error {
	return w.Store.ViewEntries(ctx, func(tx kb.Reader) error {
		err := fn(tx)
		w.read()
		return err
	})
}

// many are the small base and n other entries.
func many(n int) []kb.Entry {
	entries := smallBase()
	for i := range n {
		entries = append(entries, published(kb.EntryID(fmt.Sprintf("M%04d", i)), fmt.Sprintf("Thủ tục số %d cần giấy tờ nào?", i), "Nộp tại bộ phận một cửa."))
	}
	return entries
}

func TestSearchesGoOnDuringAPublication(t *testing.T) {
	ix := openIndex(t, smallBase())
	count, stop := searching(t, ix)
	defer stop()
	// In the midst of the publication ten searches begin and end: none waits for it.
	store := watched{kbtest.NewStore(many(1000)...), func() {
		for at := count.Load(); count.Load() < at+10; {
			first(t, ix, "đăng ký tiêm vắc xin ở đâu")
		}
		if n := ix.Len(); n != len(smallBase()) {
			t.Errorf("a half-made publication shows %d entries", n)
		}
	}}
	before := count.Load()
	if err := kb.Sync(t.Context(), store, ix); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d searches during a publication of 1,000 entries", count.Load()-before)
	if n := ix.Len(); n != len(smallBase())+1000 {
		t.Errorf("published are %d entries", n)
	}
}

func TestTheIndexIsRebuiltWhileSearchesGoOn(t *testing.T) {
	for name, path := range map[string]string{"in memory": "", "on disk": filepath.Join(t.TempDir(), "index")} {
		t.Run(name, func(t *testing.T) {
			ix, err := kb.OpenIndex(path)
			if err != nil {
				t.Fatal(err)
			}
			store := kbtest.NewStore(many(1000)...)
			if err := kb.Sync(t.Context(), store, ix); err != nil {
				t.Fatal(err)
			}
			revision := ix.Revision()
			// What is there and in no store is what a rebuild is for.
			if err := ix.Put(published("MA", "Mục không còn trong kho?", "Không còn.")); err != nil {
				t.Fatal(err)
			}
			count, stop := searching(t, ix)
			var told []int
			err = kb.Rebuild(t.Context(), watched{store, func() {
				for at := count.Load(); count.Load() < at+10; {
					first(t, ix, "đăng ký tiêm vắc xin ở đâu")
				}
			}}, ix, func(done int) { told = append(told, done) })
			stop()
			if err != nil {
				t.Fatal(err)
			}
			if len(told) < 3 || told[len(told)-1] != 1004 {
				t.Errorf("progress was told as %v", told)
			}
			if _, there := ix.Entry("MA"); there || ix.Len() != 1004 || ix.Revision() != revision {
				t.Errorf("rebuilt it has %d entries of revision %d", ix.Len(), ix.Revision())
			}
			// It is written to as before, and opens again as it was left.
			if err := ix.Put(published("MOI", "Mục mới soạn hôm nay?", "Vâng.")); err != nil {
				t.Fatal(err)
			}
			if err := ix.Close(); err != nil {
				t.Fatal(err)
			}
			if path == "" {
				return
			}
			again, err := kb.OpenIndex(path)
			if err != nil {
				t.Fatal(err)
			}
			if again.Len() != 1005 {
				t.Errorf("opened again it has %d entries", again.Len())
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAnIndexWhosePlaceCouldNotBeTakenIsReplacedLater(t *testing.T) {
	folder := t.TempDir()
	opened := func(name string) *kb.Index {
		ix, err := kb.OpenIndex(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return ix
	}
	ix := opened("entries")
	for try := range 2 {
		fresh := opened("fresh")
		if err := os.RemoveAll(filepath.Join(folder, "fresh")); err != nil {
			t.Fatal(err)
		}
		if err := ix.ReplaceBleve(fresh); err == nil {
			t.Fatalf("try %d: what is gone has taken the place", try+1)
		}
	}
	if err := ix.ReplaceBleve(opened("fresh")); err != nil {
		t.Fatal(err)
	}
	if err := ix.Put(published("MOI", "Mục mới soạn hôm nay?", "Vâng.")); err != nil {
		t.Error(err)
	}
	if err := errors.Join(ix.Close(), ix.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}
