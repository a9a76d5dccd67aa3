package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"tongdai/inbox"
)

// patience is how long a test waits for what should happen soon.
const patience = 20 * time.Second

func TestUpdatesThatWaitShareACommit(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "hub.db"), Options{})
	defer s.Close()
	const waiting = 50
	before := commits(t, s)
	inside, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := s.Update(t.Context(), func(tx inbox.Writer) error {
			close(inside)
			<-goOn
			return tx.PutContact(inbox.Contact{ID: "first"})
		}); err != nil {
			t.Errorf("first: %v", err)
		}
	})
	<-inside
	for i := range waiting {
		all.Go(func() {
			if err := s.Update(t.Context(), func(tx inbox.Writer) error {
				return tx.PutContact(inbox.Contact{ID: inbox.ContactID(fmt.Sprint(i))})
			}); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	until(t, func() bool {
		s.line.mu.Lock()
		defer s.line.mu.Unlock()
		return len(s.line.waiting) == waiting
	})
	close(goOn)
	all.Wait()
	if n := commits(t, s) - before; n != 2 {
		t.Errorf("%d Updates took %d commits, want 2: the one under way, and one for all that waited", waiting+1, n)
	}
}

// commits is the number of the last commit of the file.
func commits(t *testing.T, s *Store) int {
	t.Helper()
	tx, err := s.db.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	return tx.ID()
}

func until(t *testing.T, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !true(); {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
		select {
		case <-t.Context().Done():
		case <-time.After(time.Millisecond):
		}
	}
}

// failingDisk hands out files and can make the one in use fail, as a disk
// does: its descriptor is exchanged for one that cannot be written.
type failingDisk struct {
	mu     sync.Mutex
	file   *os.File
	broken bool
}

func (d *failingDisk) open(name string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(name, flag, mode)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.file = f
	if err == nil && d.broken {
		d.exchange()
	}
	return f, err
}

func (d *failingDisk) exchange() {
	readOnly, err := os.Open(d.file.Name())
	if err != nil {
		panic(err)
	}
	defer readOnly.Close()
	if err := syscall.Dup3(int(readOnly.Fd()), int(d.file.Fd()), 0); err != nil {
		panic(err)
	}
}

func (d *failingDisk) set(broken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken = broken; broken {
		d.exchange()
	}
}

func TestAfterAWriteErrorNothingIsAcknowledgedUntilTheFileIsWrittenAgain(t *testing.T) {
	disk := &failingDisk{}
	s := open(t, filepath.Join(t.TempDir(), "hub.db"), Options{openFile: disk.open})
	defer s.Close()
	put := func(id string) error {
		return s.Update(t.Context(), func(tx inbox.Writer) error {
			return errors.Join(tx.PutContact(inbox.Contact{ID: inbox.ContactID(id)}), tx.Enqueue(inbox.Task{ID: id, Kind: inbox.Turns, Group: id}))
		})
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	held, err := s.Claim(t.Context(), inbox.Turns, 1, time.Hour)
	if err != nil || len(held) != 1 {
		t.Fatalf("Claim = %v, %v", held, err)
	}

	disk.set(true)
	for _, id := range []string{"during 1", "during 2"} {
		if err := put(id); !errors.Is(err, inbox.ErrUnavailable) {
			t.Errorf("Update = %v, want ErrUnavailable", err)
		}
	}
	if err := s.Update(t.Context(), func(inbox.Writer) error { return nil }); !errors.Is(err, inbox.ErrUnavailable) {
		t.Errorf("an empty Update = %v, want ErrUnavailable", err)
	}
	if _, err := s.Claim(t.Context(), inbox.Turns, 1, time.Hour); !errors.Is(err, inbox.ErrUnavailable) {
		t.Errorf("a claim whose result could not be kept: %v, want ErrUnavailable", err)
	}
	read := func() error {
		return s.View(t.Context(), func(tx inbox.Reader) error { _, err := tx.Contact("before"); return err })
	}
	if err := read(); err != nil {
		t.Errorf("reading meanwhile: %v", err)
	}

	disk.set(false)
	until(t, func() bool { return put("after") == nil })
	if err := read(); err != nil {
		t.Errorf("reading afterwards: %v", err)
	}
	if err := s.Update(t.Context(), func(tx inbox.Writer) error { return tx.Finish(held[0]) }); err != nil {
		t.Errorf("a claim held meanwhile: %v", err)
	}
	claims, err := s.Claim(t.Context(), inbox.Turns, 9, time.Hour)
	if err != nil || len(claims) == 0 || claims[len(claims)-1].Task.ID != "after" {
		t.Errorf("Claim = %v, %v", claims, err)
	}
}

func TestAStoreThatCannotBeWrittenIsClosed(t *testing.T) {
	disk := &failingDisk{}
	s := open(t, filepath.Join(t.TempDir(), "hub.db"), Options{openFile: disk.open})
	disk.set(true)
	if err := s.Update(t.Context(), func(tx inbox.Writer) error { return tx.PutContact(inbox.Contact{ID: "k"}) }); !errors.Is(err, inbox.ErrUnavailable) {
		t.Errorf("Update = %v, want ErrUnavailable", err)
	}
	_ = s.Close() // returns; what it says of the broken file does not matter
}
