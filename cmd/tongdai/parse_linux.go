package main

import (
	"errors"
	"os/exec"
	"syscall"
)

// ownProgram is this program even after its file was replaced by a newer one.
func ownProgram() (string, error) { return "/proc/self/exe", nil }

// limitThisProcess bounds memory and processor time for good. Memory is counted by
// what is writable: the address space that the runtime only reserves is larger.
func limitThisProcess() error {
	seconds := uint64(parseTime.Seconds())
	return errors.Join(
		syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: parseMemory, Max: parseMemory}),
		syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: seconds, Max: seconds + 1}),
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{}), // no files
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}),
	)
}

// outOfTime reports whether the kernel ended a process for the processor time it took.
func outOfTime(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGXCPU || status.Signal() == syscall.SIGKILL)
}
