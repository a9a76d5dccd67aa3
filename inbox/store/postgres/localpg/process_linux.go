package localpg

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// attributes lets the kernel send orphaned to the process when this one ends,
// by SIGKILL too. The process gets a group of its own, so that Ctrl-C in the
// terminal reaches only us, who stop the servers after their clients.
func attributes(acc account, orphaned syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: acc.credential(), Setpgid: true, Pdeathsig: orphaned}
}

// children are the processes that pid has started. PostgreSQL puts each in a
// session of its own, so that no signal to a group reaches them.
func children(pid int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range stats {
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if parent, state := ancestry(child); parent == pid && state != "Z" {
			found = append(found, child)
		}
	}
	return found
}

// alive: the process exists and is more than an entry that waits to be collected.
func alive(pid int) bool {
	_, state := ancestry(pid)
	return state != "" && state != "Z" && state != "X"
}

// ancestry reads the parent and the state from /proc/pid/stat, described in
// proc(5): "pid (name) state ppid …", where the name may hold anything.
func ancestry(pid int) (parent int, state string) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, ""
	}
	_, rest, _ := strings.Cut(string(b[strings.LastIndexByte(string(b), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0, ""
	}
	parent, _ = strconv.Atoi(fields[1])
	return parent, fields[0]
}

// serves: the process is a server on the data folder, which it works in.
func serves(pid int, data string) bool {
	cwd, err1 := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	want, err2 := os.Stat(data)
	return err1 == nil && err2 == nil && os.SameFile(cwd, want)
}

// enough is the room in memory for a server and what tests write, in bytes.
// Docker gives 64 MB where nobody asked for more, which is not.
const enough = 2 << 30

func roomInMemory() bool {
	var fs syscall.Statfs_t
	err := syscall.Statfs(memory, &fs)
	return err == nil && fs.Bavail*uint64(fs.Bsize) >= enough
}
