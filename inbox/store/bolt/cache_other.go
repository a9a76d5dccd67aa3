//go:build !linux

package bolt

// dropCache has no counterpart on other systems, where this is developed only.
func dropCache(string) error { return nil }
