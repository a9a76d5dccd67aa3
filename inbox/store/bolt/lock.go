package bolt

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// lock is a file beside the store that holds the number of the process that
// has the store open. The lock itself is the kernel's, so that it ends with the
// process however that ends; the file stays.
type lock struct{ file *os.File }

func acquire(path string) (*lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = inUse(path)
	} else if err == nil {
		err = sign(file)
	}
	if err != nil {
		_ = file.Close() // nothing was done with it
		return nil, err
	}
	return &lock{file}, nil
}

// ErrInUse: another process has the store open.
var ErrInUse = errors.New("it is in use")

func inUse(path string) error {
	holder := "another process"
	if b, err := os.ReadFile(path); err == nil && len(b) > 0 {
		holder = "process " + strings.TrimSpace(string(b))
	}
	return fmt.Errorf("%w by %s; stop that one first, or choose another data folder", ErrInUse, holder)
}

func sign(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// release frees the store for others.
func (l *lock) release() {
	_ = l.file.Truncate(0) // a stale number would only mislead
	_ = l.file.Close()     // the kernel frees the lock in any case
}
