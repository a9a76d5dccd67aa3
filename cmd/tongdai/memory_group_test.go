package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// memoryGroup is a control group of the kernel whose processes together may have
// so much memory and no more: beyond it the kernel kills one of them.
type memoryGroup struct {
	t    *testing.T
	path string
	v2   bool
}

// Where control groups are: a tree for memory of its own, or one tree for all.
const (
	memoryTree = "/sys/fs/cgroup/memory"
	oneTree    = "/sys/fs/cgroup"
)

// newMemoryGroup makes one, for root; elsewhere it says that nothing is tested.
func newMemoryGroup(t *testing.T, limit int64) *memoryGroup {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a limit of memory needs root, who alone may set one")
	}
	tree, err := os.ReadFile(filepath.Join(oneTree, "cgroup.subtree_control"))
	g := &memoryGroup{t: t, v2: err == nil && bytes.Contains(tree, []byte("memory"))}
	root := memoryTree
	if g.v2 {
		root = oneTree
	}
	if g.path, err = os.MkdirTemp(root, "tongdai-test-"); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no control group for memory can be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := os.Remove(g.path); err != nil {
			t.Errorf("take the control group away: %v", err)
		}
	})
	limits := map[string]int64{"memory.limit_in_bytes": limit}
	if g.v2 {
		limits = map[string]int64{"memory.max": limit, "memory.swap.max": 0}
	}
	for name, bytes := range limits {
		if err := os.WriteFile(filepath.Join(g.path, name), strconv.AppendInt(nil, bytes, 10), 0); err != nil {
			t.Skipf("SKIPPED, NOT TESTED: the memory of a control group cannot be limited here: %v", err)
		}
	}
	return g
}

// kills is how many processes the kernel has killed because they had no more memory.
func (g *memoryGroup) kills() int {
	if g.v2 {
		return g.figure("memory.events", "oom_kill")
	}
	return g.figure("memory.oom_control", "oom_kill")
}

// refused is how often there was no more memory, and some had to be found.
func (g *memoryGroup) refused() int {
	if g.v2 {
		return g.figure("memory.events", "max")
	}
	return g.figure("memory.failcnt", "")
}

// figure reads a number from a file of the group: the one behind a name, or the first.
func (g *memoryGroup) figure(file, name string) int {
	g.t.Helper()
	data, err := os.ReadFile(filepath.Join(g.path, file))
	if err != nil {
		g.t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if name == "" || len(words) == 2 && words[0] == name {
			n, err := strconv.Atoi(words[len(words)-1])
			if err != nil {
				g.t.Fatal(fmt.Errorf("%s: %w", file, err))
			}
			return n
		}
	}
	g.t.Fatalf("%s does not tell %s: %s", file, name, data)
	return 0
}

// onDisk has the test's temporary files lie on a disk: what a process writes to a
// file system that is memory counts as its own.
func onDisk(t *testing.T) {
	t.Helper()
	for _, folder := range []string{os.TempDir(), os.Getenv("GOTMPDIR"), "/var/tmp", "/tmp"} {
		var where unix.Statfs_t
		if folder != "" && unix.Statfs(folder, &where) == nil && where.Type != unix.TMPFS_MAGIC {
			t.Setenv("TMPDIR", folder)
			return
		}
	}
	t.Skip("SKIPPED, NOT TESTED: all places for temporary files are memory here")
}
