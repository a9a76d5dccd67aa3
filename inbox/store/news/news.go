// Package news tells any number of waiting followers that something happened.
// Each store's Follow waits with it: Next before reading the log, so that
// nothing falls between, and then for the channel that Next returned.
package news

import "sync"

// News is ready to use as it is.
type News struct {
	mu sync.Mutex
	ch chan struct{}
}

// Next returns a channel that is closed by the next Tell.
func (n *News) Next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch == nil {
		n.ch = make(chan struct{})
	}
	return n.ch
}

// Tell wakes everybody who waits now.
func (n *News) Tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch != nil {
		close(n.ch)
		n.ch = nil
	}
}
