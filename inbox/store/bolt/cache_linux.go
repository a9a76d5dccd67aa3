package bolt

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropCache has the kernel forget what it holds of a file and takes for written.
func dropCache(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // nothing was written
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
