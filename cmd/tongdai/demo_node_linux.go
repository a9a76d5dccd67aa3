package main

import "syscall"

// endsWithUs lets the kernel kill a node when the thread that started it ends,
// which it does with this process, however that ends. The node gets a process
// group of its own, so that Ctrl-C in the terminal reaches only us, who stop it
// in order.
func endsWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
