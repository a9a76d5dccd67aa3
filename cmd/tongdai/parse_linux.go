package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// ownProgram is this program even after its file was replaced by a newer one.
func ownProgram() (string, error) { return "/proc/self/exe", nil }

// limitThisProcess bounds memory and processor time for good. Memory is counted by
// what is writable: the address space that the runtime only reserves is larger.
// When memory is short before, the kernel is to end this process and not the hub.
func limitThisProcess() error {
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil && !errors.Is(err, os.ErrPermission) && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("be the first to go: %w", err)
	}
	seconds := uint64(parseTime.Seconds())
	return errors.Join(
		syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: parseMemory, Max: parseMemory}),
		syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: seconds, Max: seconds + 1}),
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{}), // no files
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}),
	)
}

// outOfTime reports whether the kernel ended a process for the processor time it
// took, and killed whether it did so, or somebody else, before that was used up:
// for want of memory.
func outOfTime(err error) bool { return endedBy(err, true) }

func killed(err error) bool { return endedBy(err, false) }

func endedBy(err error, late bool) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGXCPU && status.Signal() != syscall.SIGKILL {
		return false
	}
	return late == (exit.UserTime()+exit.SystemTime() >= parseTime*9/10) // the kernel counts in ticks
}
