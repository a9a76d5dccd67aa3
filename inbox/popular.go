package inbox

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tongdai/kb"
)

// What "of late" means for Popular, and for how long it is told again.
const (
	popularAmong = 300 // the newest conversations
	popularKept  = 10 * time.Minute
	popularAgain = 30 * time.Second // after it could not be counted
	popularTime  = time.Second      // that counting may take; the first page waits for it
)

// popular remembers what citizens were given most often, so that a busy first
// page does not count again for everybody.
type popular struct {
	mu      sync.Mutex
	due     time.Time // when it is to be counted again
	entries []kb.EntryID
}

// Popular tells which entries the bot gave most often in the newest
// conversations, most often first. When it is to be counted again, one caller does
// it, and all others are told what was counted before. Each node counts for itself.
func (h *Hub) Popular(ctx context.Context, limit int) (entries []kb.EntryID, err error) {
	if h.popular.take(h.store.Now()) {
		ctx, cancel := context.WithTimeout(ctx, popularTime)
		defer cancel()
		if entries, err = h.countGiven(ctx); err == nil {
			h.popular.keep(entries, h.store.Now())
		}
	}
	entries = h.popular.kept()
	return entries[:min(limit, len(entries))], err
}

// take tells the caller whether it is to count: nobody else will soon.
func (p *popular) take(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.due) {
		return false
	}
	p.due = now.Add(popularAgain)
	return true
}

func (p *popular) keep(entries []kb.EntryID, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries, p.due = entries, now.Add(popularKept)
}

func (p *popular) kept() []kb.EntryID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.entries
}

func (h *Hub) countGiven(ctx context.Context) ([]kb.EntryID, error) {
	given := map[kb.EntryID]int{}
	err := h.store.View(ctx, func(tx Reader) error {
		clear(given)
		newest, _, err := tx.Conversations(ListQuery{Lists: []ListID{AllList}, Limit: popularAmong})
		if err != nil {
			return err
		}
		for _, c := range newest {
			messages, err := tx.Messages(c.ID, MessageQuery{Limit: 20})
			if err != nil {
				return err
			}
			for _, m := range messages {
				if m.Entry != "" && m.Automatic {
					given[m.Entry]++
				}
			}
		}
		return nil
	})
	return slices.SortedFunc(maps.Keys(given), func(a, b kb.EntryID) int {
		return cmp.Or(cmp.Compare(given[b], given[a]), cmp.Compare(a, b))
	}), err
}
