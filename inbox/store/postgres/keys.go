package postgres

import (
	"context"
	"slices"
	"sync"
)

// keyLocks let functions of this node line up by what they are about to change,
// so that they do not overtake each other.
type keyLocks struct {
	mu   sync.Mutex
	held map[string]*keyLock
}

type keyLock struct {
	turn    chan struct{} // holds one token while the lock is free
	waiting int
}

// lock takes all names, in one order, and returns what releases them. waited
// tells whether another had one.
func (l *keyLocks) lock(ctx context.Context, names []string) (release func(), waited bool, err error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	taken := 0
	release = func() {
		for _, n := range names[:taken] {
			l.leave(n, true)
		}
	}
	for _, n := range names {
		k := l.join(n)
		select {
		case <-k.turn:
			taken++
			continue
		default:
			waited = true
		}
		select {
		case <-k.turn:
			taken++
		case <-ctx.Done():
			l.leave(n, false)
			release()
			return nil, waited, ctx.Err()
		}
	}
	return release, waited, nil
}

func (l *keyLocks) join(name string) *keyLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = make(map[string]*keyLock)
	}
	k := l.held[name]
	if k == nil {
		k = &keyLock{turn: make(chan struct{}, 1)}
		k.turn <- struct{}{}
		l.held[name] = k
	}
	k.waiting++
	return k
}

func (l *keyLocks) leave(name string, held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.held[name]
	if held {
		k.turn <- struct{}{}
	}
	if k.waiting--; k.waiting == 0 {
		delete(l.held, name)
	}
}
