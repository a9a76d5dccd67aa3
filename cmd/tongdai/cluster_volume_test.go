package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox/store/postgres/localpg"
)

// volume is a small disk of its own under a part of a PostgreSQL server.
type volume struct {
	t    *testing.T
	path string
	size int64

	mu   sync.Mutex
	file *os.File // what somebody else fills it with; nil: nothing
	end  context.CancelFunc
	over sync.WaitGroup
}

// confine puts a folder of the server's data on a volume with so many bytes
// left. The server is restarted for it; what is cleaned up ends it.
func confine(t *testing.T, server *localpg.Server, folder string, left int64) *volume {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a full disk under the database needs root, who alone may mount one")
	}
	if err := server.Stop(localpg.Fast); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(server.Folder(), "data", folder)
	was := path + ".was"
	if err := os.Rename(path, was); err != nil {
		t.Fatal(err)
	}
	used, err := sizeOf(was)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	v := &volume{t: t, path: path, size: used + left}
	if err := v.mount(0); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no volume can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		v.free()
		if err := errors.Join(server.Stop(localpg.Immediate), syscall.Unmount(path, 0)); err != nil {
			t.Errorf("take the volume away: %v", err)
		}
	})
	for _, copying := range [][]string{{"cp", "-a", was + "/.", path}, {"chown", "--reference", was, path}} {
		if said, err := exec.CommandContext(t.Context(), copying[0], copying[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", copying[0], err, said)
		}
	}
	if err := os.RemoveAll(was); err != nil {
		t.Fatal(err)
	}
	if err := server.StartAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *volume) mount(flags uintptr) error {
	return syscall.Mount("tongdai-test", v.path, "tmpfs", flags, fmt.Sprintf("size=%d", v.size))
}

// enlarge gives the volume so many bytes more: what the database itself has
// filled it with, nobody may remove.
func (v *volume) enlarge(by int64) {
	v.t.Helper()
	v.size += by
	if err := v.mount(syscall.MS_REMOUNT); err != nil {
		v.t.Fatal(err)
	}
}

// sizeOf is what the files of a folder take on a volume, in whole pages.
func sizeOf(folder string) (bytes int64, err error) {
	const page = 4096
	err = filepath.Walk(folder, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			bytes += (info.Size() + page - 1) / page * page
		}
		return err
	})
	return bytes, err
}

// fill takes all the room there is, and all that comes free, until free is called.
func (v *volume) fill() {
	v.t.Helper()
	file, err := os.OpenFile(filepath.Join(v.path, "somebody-else"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		v.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(v.t.Context())
	v.mu.Lock()
	v.file, v.end = file, cancel
	v.mu.Unlock()
	v.over.Go(func() {
		for page := make([]byte, 64<<10); ctx.Err() == nil; {
			_, err := file.Write(page)
			switch {
			case err == nil:
			case !errors.Is(err, syscall.ENOSPC):
				v.t.Errorf("fill the volume: %v", err)
				return
			default:
				sleep(ctx, 10*time.Millisecond)
			}
		}
	})
}

// free gives back what fill took.
func (v *volume) free() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.file == nil {
		return
	}
	v.end()
	v.over.Wait()
	if err := errors.Join(v.file.Close(), os.Remove(v.file.Name())); err != nil {
		v.t.Error(err)
	}
	v.file = nil
}

// writeAlot is a client who writes to the database's log of writes, and to
// nothing else, until it cannot.
func writeAlot(ctx context.Context, database string) {
	conn, err := pgx.Connect(ctx, database)
	for err == nil {
		_, err = conn.Exec(ctx, "SELECT pg_logical_emit_message(false, 'somebody-else', repeat('x', 200000))")
	}
	if conn != nil {
		_ = conn.Close(ctx) // it broke
	}
}

// supervise starts the server again whenever it has ended, as a machine's
// supervisor does, until the test ends.
func supervise(t *testing.T, server *localpg.Server) {
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() {
		for sleep(ctx, 200*time.Millisecond) {
			_ = server.StartAgain(ctx) // while there is no room it may fail, and is tried again
		}
	})
	t.Cleanup(func() {
		cancel()
		watching.Wait()
	})
}
