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
)

// popular remembers what citizens were given most often, so that a busy first
// page does not count again for everybody.
type popular struct {
	mu      sync.Mutex
	at      time.Time
	entries []kb.EntryID
}

// Popular tells which entries the bot gave most often in the newest
// conversations, most often first.
func (h *Hub) Popular(ctx context.Context, limit int) ([]kb.EntryID, error) {
	p := &h.popular
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := h.store.Now(); p.at.IsZero() || now.Sub(p.at) > popularKept {
		entries, err := h.countGiven(ctx)
		if err != nil {
			return nil, err
		}
		p.at, p.entries = now, entries
	}
	return p.entries[:min(limit, len(p.entries))], nil
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
