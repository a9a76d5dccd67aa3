package localpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user whom the programs run as. They refuse root, who
// therefore lends them the user that PostgreSQL's package made; everybody else
// runs them as themselves.
type account struct {
	uid, gid int
	lent     bool
}

func currentAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL does not run as root, and its own user is missing: %w; "+
			"install the package postgresql or start this program as another user", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return account{}, fmt.Errorf("user postgres: %w", err)
	}
	return account{uid: uid, gid: gid, lent: true}, nil
}

// credential is nil when nothing has to change.
func (a account) credential() *syscall.Credential {
	if !a.lent {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// give makes path the account's.
func (a account) give(path string) error {
	if !a.lent {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// folder makes a folder of the account's that nobody else may enter.
func (a account) folder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return a.give(path)
}

// write replaces the file at path with one of the account's.
func (a account) write(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return a.give(path)
}

// reaches says whether the account may pass through every folder above dir,
// and names the first that keeps it out.
func (a account) reaches(dir string) error {
	if !a.lent {
		return nil
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return err
		}
		if !a.mayEnter(info) {
			return fmt.Errorf("user postgres may not pass through %s on the way to %s; allow it with chmod o+x %s, "+
				"choose another folder, or start this program as another user than root", parent, dir, parent)
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}

func (a account) mayEnter(info fs.FileInfo) bool {
	search := info.Mode() & 0o001
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		switch {
		case int(st.Uid) == a.uid:
			search = info.Mode() & 0o100
		case int(st.Gid) == a.gid:
			search = info.Mode() & 0o010
		}
	}
	return search != 0
}
