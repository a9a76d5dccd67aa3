package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// powerDisk is an ext4 file system whose power can be cut: it lies in a file, of
// which a copy at any moment is what a machine finds that was switched off then.
//
// The copy has to be of one moment, or it would show pages of a later commit
// beside none of an earlier one, which no cut leaves. The file therefore lies on
// another file system in a file, which the kernel can freeze: what the disk
// writes waits while it is copied, however far a flush has come.
type powerDisk struct {
	t      *testing.T
	base   string // folder of the files and of the mounts
	at     string // where the disk is mounted
	commit int    // seconds after which the file system writes its own journal without being asked
}

// newPowerDisk mounts a disk at a folder. It needs root, and says so where it is not.
func newPowerDisk(t *testing.T, at string, commit int) *powerDisk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a disk whose power is cut needs root, who alone may mount one")
	}
	for _, program := range []string{"mkfs.ext4", "mount", "cp"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED, NOT TESTED: a disk whose power is cut needs %s: %v", program, err)
		}
	}
	base, err := os.MkdirTemp("", "tongdai-power-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) }) // after what is mounted there was taken away
	d := &powerDisk{t: t, base: base, at: at, commit: commit}
	d.make(filepath.Join(base, "outer.img"), 1<<30, "-O", "^has_journal")
	if err := d.mount(filepath.Join(base, "outer.img"), d.outer(), "noatime"); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no file can be mounted as a disk here: %v", err)
	}
	d.make(d.image(), 512<<20, "-J", "size=8")
	if err := d.mount(d.image(), at, d.options()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *powerDisk) outer() string { return filepath.Join(d.base, "outer") }

func (d *powerDisk) image() string { return filepath.Join(d.outer(), "disk.img") }

func (d *powerDisk) options() string { return fmt.Sprintf("commit=%d", d.commit) }

// make makes a file with an empty file system, which takes no more room than it needs.
func (d *powerDisk) make(path string, size int64, options ...string) {
	d.t.Helper()
	err := os.WriteFile(path, nil, 0o600)
	if err == nil {
		err = os.Truncate(path, size)
	}
	if err == nil {
		err = said(exec.CommandContext(d.t.Context(), "mkfs.ext4", append(options, "-q", "-F", "-m", "0", "-N", "4096", path)...))
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// mount mounts a file as a disk, until the test ends.
func (d *powerDisk) mount(file, at, options string) error {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return err
	}
	if err := said(exec.CommandContext(d.t.Context(), "mount", "-t", "ext4", "-o", "loop,"+options, file, at)); err != nil {
		return err
	}
	d.t.Cleanup(func() {
		if err := unmount(at); err != nil {
			d.t.Errorf("take the disk at %s away: %v", at, err)
		}
	})
	return nil
}

// unmount takes away what is mounted at a folder, if something is. Whoever has
// just ended may hold it for a moment.
func unmount(at string) error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for until := time.Now().Add(5 * time.Second); ; <-again.C {
		err := syscall.Unmount(at, 0)
		switch {
		case err == nil, errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOENT): // nothing is mounted any more
			return nil
		case !errors.Is(err, syscall.EBUSY):
			return err
		case time.Now().After(until):
			return errors.Join(err, syscall.Unmount(at, syscall.MNT_DETACH))
		}
	}
}

func said(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", cmd, err, out)
	}
	return nil
}

// Requests to freeze a file system and to let it go on (linux/fs.h), which
// golang.org/x/sys does not name.
const (
	fiFreeze = 0xC0045877
	fiThaw   = 0xC0045878
)

// cut copies the disk as it is at one moment, and returns the file. frozen is for
// how long it could write nothing.
func (d *powerDisk) cut(ctx context.Context) (file string, frozen time.Duration, err error) {
	outer, err := os.Open(d.outer())
	if err != nil {
		return "", 0, err
	}
	defer outer.Close()
	file = filepath.Join(d.base, "cut.img")
	began := time.Now()
	if err := unix.IoctlSetInt(int(outer.Fd()), fiFreeze, 0); err != nil {
		return "", 0, fmt.Errorf("freeze the disk: %w", err)
	}
	defer func() {
		err = errors.Join(err, unix.IoctlSetInt(int(outer.Fd()), fiThaw, 0))
		frozen = time.Since(began)
	}()
	return file, 0, said(exec.CommandContext(ctx, "cp", "--sparse=always", d.image(), file))
}

// boot mounts what a cut has left, for which the file system goes through its
// journal. end takes it away again.
func (d *powerDisk) boot(file string) (at string, end func(), err error) {
	at = filepath.Join(d.base, "after")
	if err := d.mount(file, at, d.options()); err != nil {
		return "", nil, err
	}
	return at, func() {
		if err := errors.Join(unmount(at), os.Remove(file)); err != nil {
			d.t.Error(err)
		}
	}, nil
}

// withoutFlushes has the kernel answer every request of this process to flush a
// file as if it were done, for good. So a test shows what flushing is there for,
// without any setting of the hub.
func withoutFlushes() error {
	ends := func(code uint16, value uint32) unix.SockFilter {
		return unix.SockFilter{Code: code, K: value}
	}
	filter := []unix.SockFilter{ends(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, 0)} // the number of the system call
	for _, call := range []uint32{unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_SYNC_FILE_RANGE, unix.SYS_SYNCFS, unix.SYS_MSYNC} {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
			ends(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ERRNO), // error 0: it is done
		)
	}
	filter = append(filter, ends(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ALLOW))
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if failed != 0 {
		return failed
	}
	return nil
}
