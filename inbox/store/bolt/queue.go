package bolt

import (
	"cmp"
	"container/heap"
	"fmt"
	"sync"
	"time"

	"tongdai/inbox"
)

// queue is what is known in memory of the tasks on disk, so that claiming
// costs no reading and no flush: a store has one process, and a claim need not
// outlive it. After a restart nothing is claimed.
//
// Only the first task of a group can be claimed. A group's first task stands
// in one of three heaps of its kind: urgent or calm while it is free, held
// while somebody has it. While a transaction that settles it is under way it
// stands in none ("pinned"), so that nobody else can take what is being
// written.
type queue struct {
	mu    sync.Mutex
	lanes map[inbox.Work]*lane
	ids   map[string]struct{}
	fence uint64
}

type lane struct {
	groups             map[string]*group
	urgent, calm, held groupHeap
	wake               chan struct{}
}

// item is one task on disk. number is its place in the order of enqueueing.
type item struct {
	number uint64
	task   inbox.Task
}

type group struct {
	items []item // in order; never empty
	// Of the claim of items[0]. fence 0: free.
	fence    uint64
	until    time.Time
	pinned   bool
	settling bool // pinned by Finish or Postpone
	heap     *groupHeap
	index    int // in heap
}

func (g *group) head() *item { return &g.items[0] }

// groupHeap orders groups by when something happens to their first task.
type groupHeap struct {
	groups []*group
	at     func(*group) time.Time
}

func (h *groupHeap) Len() int { return len(h.groups) }
func (h *groupHeap) Less(i, j int) bool {
	a, b := h.groups[i], h.groups[j]
	return cmp.Or(h.at(a).Compare(h.at(b)), cmp.Compare(a.head().number, b.head().number)) < 0
}
func (h *groupHeap) Swap(i, j int) {
	h.groups[i], h.groups[j] = h.groups[j], h.groups[i]
	h.groups[i].index, h.groups[j].index = i, j
}
func (h *groupHeap) Push(x any) {
	g := x.(*group)
	g.heap, g.index = h, len(h.groups)
	h.groups = append(h.groups, g)
}
func (h *groupHeap) Pop() any {
	last := len(h.groups) - 1
	g := h.groups[last]
	h.groups[last] = nil
	h.groups = h.groups[:last]
	g.heap = nil
	return g
}

// first returns the group whose time comes first, if it is not after now.
func (h *groupHeap) first(now time.Time) *group {
	if len(h.groups) == 0 || h.at(h.groups[0]).After(now) {
		return nil
	}
	return h.groups[0]
}

func newQueue(fence uint64) *queue {
	return &queue{lanes: make(map[inbox.Work]*lane), ids: make(map[string]struct{}), fence: fence}
}

func (q *queue) lane(kind inbox.Work) *lane {
	l := q.lanes[kind]
	if l == nil {
		due := func(g *group) time.Time { return g.head().task.Due }
		l = &lane{
			groups: make(map[string]*group), wake: make(chan struct{}, 1),
			urgent: groupHeap{at: due}, calm: groupHeap{at: due},
			held: groupHeap{at: func(g *group) time.Time { return g.until }},
		}
		q.lanes[kind] = l
	}
	return l
}

// stand puts a group into the heap where its first task belongs.
func (l *lane) stand(g *group) {
	if g.heap != nil {
		heap.Remove(g.heap, g.index)
	}
	switch {
	case g.pinned:
	case g.fence != 0:
		heap.Push(&l.held, g)
	case g.head().task.Urgent:
		heap.Push(&l.urgent, g)
	default:
		heap.Push(&l.calm, g)
	}
}

func (l *lane) ring() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// add puts a task behind those of its group. The caller holds mu.
func (q *queue) add(it item) {
	l := q.lane(it.task.Kind)
	q.ids[it.task.ID] = struct{}{}
	if g := l.groups[it.task.Group]; g != nil {
		g.items = append(g.items, it)
		return
	}
	g := &group{items: []item{it}}
	l.groups[it.task.Group] = g
	l.stand(g)
	l.ring()
}

// claim takes up to n free tasks that are due.
func (q *queue) claim(kind inbox.Work, n int, now, until time.Time) []inbox.Claim {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(kind)
	for g := l.held.first(now); g != nil; g = l.held.first(now) {
		// Lapsed: free for others, but whoever held it may still settle it first.
		heap.Remove(&l.held, g.index)
		if g.head().task.Urgent {
			heap.Push(&l.urgent, g)
		} else {
			heap.Push(&l.calm, g)
		}
	}
	var claims []inbox.Claim
	for len(claims) < n {
		g := l.urgent.first(now)
		if g == nil {
			g = l.calm.first(now)
		}
		if g == nil {
			break
		}
		q.fence++
		g.fence, g.until = q.fence, until
		l.stand(g)
		claims = append(claims, inbox.Claim{Task: g.head().task, Fence: g.fence, Until: until})
	}
	return claims
}

// nextDue is when claim may find something; zero when nothing waits.
func (q *queue) nextDue(kind inbox.Work) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(kind)
	var next time.Time
	for _, h := range []*groupHeap{&l.urgent, &l.calm, &l.held} {
		if len(h.groups) == 0 {
			continue
		}
		if at := h.at(h.groups[0]); next.IsZero() || at.Before(next) {
			next = at
			if next.IsZero() { // due since ever, which must not read as nothing
				next = time.Unix(0, 0)
			}
		}
	}
	return next
}

func (q *queue) wake(kind inbox.Work) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lane(kind).wake
}

// pin keeps a claimed task from being claimed by others until unpin. It fails
// with ErrStale when the claim is no longer the task's, or is being settled.
func (q *queue) pin(c inbox.Claim, settle bool) (*group, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(c.Task.Kind)
	g := l.groups[c.Task.Group]
	if g == nil || c.Fence == 0 || g.fence != c.Fence || g.head().task.ID != c.Task.ID || g.settling {
		return nil, fmt.Errorf("task %s: %w", c.Task.ID, inbox.ErrStale)
	}
	g.pinned, g.settling = true, settle
	l.stand(g)
	return g, nil
}

// unpin ends pin without settling.
func (q *queue) unpin(kind inbox.Work, g *group) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if g.pinned && len(g.items) > 0 {
		g.pinned, g.settling = false, false
		q.lane(kind).stand(g)
	}
}

// settle applies a committed Finish (postponed nil) or Postpone. The caller holds mu.
func (q *queue) settle(kind inbox.Work, g *group, postponed *inbox.Task) {
	l := q.lane(kind)
	g.pinned, g.settling, g.fence, g.until = false, false, 0, time.Time{}
	if postponed != nil {
		g.head().task = *postponed
	} else {
		delete(q.ids, g.head().task.ID)
		name := g.head().task.Group
		g.items[0] = item{}
		if g.items = g.items[1:]; len(g.items) == 0 {
			delete(l.groups, name)
			return
		}
	}
	l.stand(g)
	l.ring()
}

// reset replaces what is known by what the file holds. Claims of tasks that
// are as they were stay valid: workers may hold some while the store is
// reopened under them.
func (q *queue) reset(items []item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	known := q.lanes
	q.lanes, q.ids = make(map[inbox.Work]*lane), make(map[string]struct{}, len(items))
	for kind, l := range known {
		q.lane(kind).wake = l.wake
	}
	for _, it := range items {
		q.add(it)
	}
	for kind, l := range known {
		for name, was := range l.groups {
			q.keepClaim(q.lane(kind), q.lane(kind).groups[name], was)
		}
	}
}

func (q *queue) keepClaim(l *lane, g, was *group) {
	if g == nil || was.fence == 0 || g.head().number != was.head().number || g.head().task.Attempts != was.head().task.Attempts {
		return
	}
	g.fence, g.until = was.fence, was.until
	l.stand(g)
}
