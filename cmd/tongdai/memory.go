package main

import (
	"log/slog"
	"os"
	"runtime/debug"
)

// Where the memory of the hub is limited from outside, by MemoryMax of systemd or
// for a container, the kernel kills it when it takes more. The collector, which
// knows nothing of that limit, would let garbage grow into it: it is told to keep
// within ownShare. The rest is for what it does not count, pages of files and
// buffers of sockets, and for the processes that read files for the hub.
const ownShare = 2.0 / 3

// keepWithinMemory tells the collector how much memory there is. Whoever sets
// GOMEMLIMIT has decided that already.
func keepWithinMemory(log *slog.Logger) {
	allowed := memoryAllowed()
	if allowed <= 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	own := int64(float64(allowed) * ownShare)
	debug.SetMemoryLimit(own)
	log.Info("memory is limited from outside; the hub keeps within its share", "allowed_bytes", allowed, "own_bytes", own)
}
