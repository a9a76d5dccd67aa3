package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// ErrMissing: this machine lacks the program that was to be started. The error
// around it names the package to install, in Vietnamese and in English.
var ErrMissing = errors.New("the program is not installed")

// oldest is the first major version of PostgreSQL that the store is written for.
const oldest = 15

// places says where programs are looked for. Debian keeps PostgreSQL's own
// outside PATH, one folder for each major version, and pgbouncer in a folder
// that only root has in PATH.
type places struct {
	versions string // glob of the folders of PostgreSQL's programs, one per version
	sbin     string // folder tried after PATH
	lookPath func(name string) (string, error)
}

var machine = places{
	versions: "/usr/lib/postgresql/*/bin",
	sbin:     "/usr/sbin",
	lookPath: exec.LookPath,
}

// postgres returns the folder with the newest PostgreSQL of at least the
// oldest version that serves; those of the distribution before the one in PATH.
func (p places) postgres(ctx context.Context) (string, error) {
	folders, err := filepath.Glob(p.versions)
	if err != nil {
		return "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	if path, err := p.lookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	type found struct {
		folder string
		major  int
	}
	var all []found
	for _, folder := range folders {
		if major, err := majorOf(ctx, folder); err == nil {
			all = append(all, found{folder, major})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return b.major - a.major })
	switch {
	case len(all) == 0:
		return "", fmt.Errorf("%w: cần PostgreSQL %d trở lên, cài bằng: sudo apt-get install postgresql "+
			"(PostgreSQL %d or newer is needed; install it with: sudo apt-get install postgresql)", ErrMissing, oldest, oldest)
	case all[0].major < oldest:
		return "", fmt.Errorf("%w: cần PostgreSQL %d trở lên, máy này chỉ có bản %d "+
			"(PostgreSQL %d or newer is needed, this machine has version %d in %s); sudo apt-get install postgresql",
			ErrMissing, oldest, all[0].major, oldest, all[0].major, all[0].folder)
	}
	return all[0].folder, nil
}

// bouncer returns the path of pgbouncer.
func (p places) bouncer() (string, error) {
	if path, err := p.lookPath("pgbouncer"); err == nil {
		return path, nil
	}
	path := filepath.Join(p.sbin, "pgbouncer")
	if executable(path) {
		return path, nil
	}
	return "", fmt.Errorf("%w: cần pgbouncer, cài bằng: sudo apt-get install pgbouncer "+
		"(pgbouncer is needed; install it with: sudo apt-get install pgbouncer)", ErrMissing)
}

// versionLine is how every PostgreSQL program answers --version:
// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 18beta1".
var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// majorOf asks the server program in folder for its major version. A folder
// from which the server was removed, with the clients left, does not count.
func majorOf(ctx context.Context, folder string) (int, error) {
	for _, name := range []string{"initdb", "pg_basebackup"} {
		if !executable(filepath.Join(folder, name)) {
			return 0, fmt.Errorf("no %s in %s", name, folder)
		}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s/postgres --version answers %q", folder, out)
	}
	return strconv.Atoi(string(m[1]))
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}
