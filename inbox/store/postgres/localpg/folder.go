package localpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// prefix begins the names of the temporary folders, by which leftovers are found.
const prefix = "tongdai-pg-"

// memory is Linux's folder for files that lie in memory, where making a database
// of three hundred files takes a tenth of the time it takes on a disk.
const memory = "/dev/shm"

// folder is where one server lives: data, socket, log. A lock in it, which the
// kernel frees however its holder ends, tells a folder in use from a leftover.
type folder struct {
	path      string
	lock      *os.File
	temporary bool
}

// temporaryFolder makes a folder for acc, in memory if asked and possible.
// Otherwise it lies directly under the system's temporary folder, because what
// is deeper (testing's TempDir) is closed to other users.
func temporaryFolder(acc account, inMemory bool) (*folder, error) {
	parent := os.TempDir()
	if inMemory && roomInMemory() {
		parent = memory
	}
	if acc.reaches(filepath.Join(parent, prefix)) != nil {
		parent = "/tmp" // TMPDIR is root's alone
	}
	path, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, err
	}
	if err := acc.reaches(path); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	f, err := claim(path, acc)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	f.temporary = true
	return f, nil
}

// keptFolder makes or takes over the folder at path, which stays when the
// server is closed.
func keptFolder(path string, acc account) (*folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if err := acc.reaches(path); err != nil {
		return nil, err
	}
	if err := acc.folder(path); err != nil {
		return nil, err
	}
	return claim(path, acc)
}

// claim locks the folder, for as long as this process lives or until release.
func claim(path string, acc account) (*folder, error) {
	if err := acc.give(path); err != nil {
		return nil, err
	}
	lock, err := lockFile(path)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%s is in use by another process; stop that one first, or choose another folder", path)
	}
	if err != nil {
		return nil, err
	}
	return &folder{path: path, lock: lock}, nil
}

func lockFile(path string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close() // nothing was done with it
		return nil, err
	}
	return lock, nil
}

func (f *folder) in(name string) string { return filepath.Join(f.path, name) }

// release gives the folder up; a temporary one goes away. Once is enough.
func (f *folder) release() error {
	if f.lock == nil {
		return nil
	}
	var err error
	if f.temporary {
		err = os.RemoveAll(f.path)
	}
	err = errors.Join(err, f.lock.Close())
	f.lock = nil
	return err
}

// settling is the age up to which a temporary folder may still be in the
// making, between its name and its lock.
const settling = time.Minute

// sweep removes what processes that were killed have left behind: their
// servers normally end with them (see launch), their folders do not. What it
// may not touch, another user's, it leaves.
func sweep() {
	for _, parent := range []string{os.TempDir(), "/tmp", memory} {
		left, _ := filepath.Glob(filepath.Join(parent, prefix+"*")) // the pattern is well-formed
		for _, path := range left {
			sweepOne(path)
		}
	}
}

func sweepOne(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || time.Since(info.ModTime()) < settling {
		return
	}
	lock, err := lockFile(path)
	if err != nil {
		return
	}
	defer lock.Close()
	if endServing(filepath.Join(path, "data"), 0) == nil {
		_ = os.RemoveAll(path) // the next sweep tries again
	}
}
