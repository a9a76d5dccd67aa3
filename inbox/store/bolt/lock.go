package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lock is a file beside the store that tells which process has the store open:
// its number, then what it is. The lock itself is the kernel's, so that it ends
// with the process however that ends; the file stays, and what a process that
// was killed has left in it refuses nobody.
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
var ErrInUse = errors.New("kho đang được dùng")

func inUse(path string) error {
	holder := "một tiến trình khác"
	if b, err := os.ReadFile(path); err == nil {
		number, name, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
		if number != "" {
			holder = "tiến trình " + number
		}
		if name != "" {
			holder += " (" + name + ")"
		}
	}
	return fmt.Errorf("%w: đang được %s dùng; hãy dừng tiến trình đó trước, hoặc chọn thư mục dữ liệu khác", ErrInUse, holder)
}

func sign(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"+program(os.Args)+"\n"), 0)
	return err
}

// program is a process as people know it: its name and its command, without
// what else it was told, which may be secret.
func program(args []string) string {
	name := filepath.Base(args[0])
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		name += " " + args[1]
	}
	return name
}

// release frees the store for others.
func (l *lock) release() {
	_ = l.file.Truncate(0) // a stale number would only mislead
	_ = l.file.Close()     // the kernel frees the lock in any case
}
