package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tongdai/connectors"
	"tongdai/inbox"
)

// lose exchanges the file in use for one that takes every write, keeps none and
// cannot be flushed: a disk whose cache was lost.
func (d *failingDisk) lose() {
	d.mu.Lock()
	defer d.mu.Unlock()
	nothing, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	defer nothing.Close()
	if err := syscall.Dup3(int(nothing.Fd()), int(d.file.Fd()), 0); err != nil {
		panic(err)
	}
}

func TestWhatAFailedFlushHasLostIsNotBuiltUpon(t *testing.T) {
	disk := &failingDisk{}
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path, Options{openFile: disk.open})
	put := func(i int) error {
		return s.Update(t.Context(), func(tx inbox.Writer) error { return fillConversation(tx, i) })
	}
	if err := put(0); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 5; i++ {
		disk.lose()
		if err := put(i); !errors.Is(err, inbox.ErrUnavailable) {
			t.Fatalf("Update %d, whose flush failed = %v, want ErrUnavailable", i, err)
		}
		until(t, func() bool { return put(i) == nil }) // as a platform sends again
		if c := s.Condition(); c.Err != nil || c.Repairs != i {
			t.Errorf("the condition is told as %+v, want none and %d repairs", c, i)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, path); !v.Sound() {
		t.Errorf("afterwards the file is not sound: %v", v.Findings)
	}
}

// TestAFileThatMayNotGrowIsReadAndWrittenAgainWhenItMay lets a child process
// meet the kernel's own refusal of a write.
func TestAFileThatMayNotGrowIsReadAndWrittenAgainWhenItMay(t *testing.T) {
	if path := os.Getenv("STORE_THAT_MAY_NOT_GROW"); path != "" {
		growTooFar(t, path)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), "STORE_THAT_MAY_NOT_GROW="+filepath.Join(t.TempDir(), "hub.db"))
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "refused by the kernel, and kept again afterwards") {
		t.Errorf("%v\n%s", err, out)
	}
}

func growTooFar(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	s := open(t, path, Options{})
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	bound := was
	bound.Cur = 8 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &bound); err != nil {
		t.Fatal(err)
	}
	photo, kept := bytes.Repeat([]byte("x"), 256<<10), 0
	put := func(i int) error {
		return s.Update(t.Context(), func(tx inbox.Writer) error {
			return tx.PutRaw(inbox.Raw{ID: inbox.RawID(fmt.Sprint(i)), Raw: connectors.Raw{Body: photo}})
		})
	}
	for ; kept < 200; kept++ {
		if err := put(kept); errors.Is(err, inbox.ErrUnavailable) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := put(kept); !errors.Is(err, inbox.ErrUnavailable) || s.Condition().Err == nil {
		t.Errorf("after a refused write: %v, want ErrUnavailable", err)
	}
	until(t, func() bool {
		return s.View(t.Context(), func(tx inbox.Reader) error { _, err := tx.Raw("0"); return err }) == nil
	})
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return put(kept) == nil })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, path); !v.Sound() || kept == 0 || kept == 200 {
		t.Errorf("%d were kept before the refusal; afterwards: %+v", kept, v.Findings)
	}
	t.Log("refused by the kernel, and kept again afterwards")
}
