//go:build !linux

package main

import "syscall"

// endsWithUs gives the node a process group of its own, so that Ctrl-C in the
// terminal reaches only us, who stop it in order. Nothing ends it when this
// process is killed.
func endsWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
