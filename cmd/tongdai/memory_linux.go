package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// controlGroups is where the kernel shows control groups.
const controlGroups = "/sys/fs/cgroup"

// memoryAllowed is how many bytes this process and those of its control group may
// have together; 0: as many as there are. See cgroups(7): of either version, the
// narrowest limit on the way up counts.
func memoryAllowed() int64 {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return memoryAllowedTo(string(groups), controlGroups)
}

// memoryAllowedTo reads the limits of a process's groups, told as in /proc/self/cgroup, under root.
func memoryAllowedTo(groups, root string) (least int64) {
	for line := range strings.Lines(groups) {
		number, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		switch {
		case number == "0" && controllers == "":
			least = narrower(least, root, path, "memory.max", "memory.high")
		case slices.Contains(strings.Split(controllers, ","), "memory"):
			least = narrower(least, filepath.Join(root, "memory"), path, "memory.limit_in_bytes")
		}
	}
	return least
}

// unlimited1 is more than any machine has: version 1 tells "no limit" by a number near the largest.
const unlimited1 = 1 << 60

// narrower is the least of a limit (0: none) and those of a group and all above it.
// A container may see its own group at root, under another path than it is told.
func narrower(least int64, root, path string, files ...string) int64 {
	for path = filepath.Clean("/" + path); ; path = filepath.Dir(path) {
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join(root, path, file))
			if err != nil {
				continue
			}
			limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is no number
			if err == nil && limit > 0 && limit < unlimited1 && (least == 0 || limit < least) {
				least = limit
			}
		}
		if path == "/" {
			return least
		}
	}
}
