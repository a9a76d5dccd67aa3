//go:build !linux

package localpg

import "syscall"

// attributes gives the process a group of its own, so that Ctrl-C in the
// terminal reaches only us, who stop the servers after their clients. Nothing
// ends it when this process is killed; the next Start does.
func attributes(acc account, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: acc.credential(), Setpgid: true}
}

// children: without procfs they are left to notice the end of their parent,
// on which PostgreSQL's processes end themselves.
func children(int) []int { return nil }

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// serves trusts the number in postmaster.pid.
func serves(pid int, _ string) bool { return alive(pid) }

func roomInMemory() bool { return false }
