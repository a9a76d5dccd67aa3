//go:build !race

package main

// raceDetector tells that the program was built with Go's race detector, as most
// tests are. It reserves more memory than a process that reads files may have, so
// such a program reads them itself.
const raceDetector = false
