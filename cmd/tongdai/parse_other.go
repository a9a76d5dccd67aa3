//go:build !linux

package main

import "os"

func ownProgram() (string, error) { return os.Executable() }

// limitThisProcess leaves it to the runtime's own limit to keep the memory low, and
// to the hub to stop what takes too long: there is no sure limit here.
func limitThisProcess() error { return nil }

func outOfTime(error) bool { return false }

func killed(error) bool { return false }
