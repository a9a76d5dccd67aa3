package inbox

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"tongdai/kb"
)

// Every node keeps an index of the published entries of its own and brings it up to
// date by itself. One that is suspected to be wrong is made anew while the hub works:
// an administrator asks for it once, every node that runs hears of it and does it, and
// says on a shelf how far it is. Searches go on over the old index meanwhile.

// reindexOrder asks all nodes.
type reindexOrder struct {
	ID string    `json:"id"` // grows with time
	At time.Time `json:"at"`
	By MemberID  `json:"by"`
}

// reindexOrders has the latest order under its only id.
const reindexOrders Shelf[reindexOrder] = "reindex"

const latestOrder = "latest"

// NodeIndex is how far a node is with an order.
type NodeIndex struct {
	Order   string        `json:"order"`
	Begun   time.Time     `json:"begun"`
	Ended   time.Time     `json:"ended,omitzero"`
	Done    int           `json:"done"`    // entries read
	Total   int           `json:"total"`   // entries there are
	Entries int           `json:"entries"` // published ones in the new index
	Took    time.Duration `json:"took,omitempty"`
	Problem string        `json:"problem,omitempty"` // Vietnamese; empty: none
}

// nodeIndexes are kept under the name of the node.
const nodeIndexes Shelf[NodeIndex] = "reindex-node"

// Reindexing is the latest order and how far each node is with it.
type Reindexing struct {
	At    time.Time // zero: there was never one
	By    MemberID
	Nodes []Kept[NodeIndex] // those that have begun, by name
}

// rebuildable is a knowledge base whose index can be made anew beside the one in use.
type rebuildable interface {
	Rebuild(ctx context.Context, store kb.Store, progress func(done int)) error
	Len() int
}

// reindexTold is how often a node says how far it is.
const reindexTold = 500 * time.Millisecond

// Reindex asks every running node to make its index anew.
func (h *Hub) Reindex(ctx context.Context, actor Actor) error {
	if !actor.May(ReindexKnowledge) {
		return ErrForbidden
	}
	if _, ok := h.knowledge.(rebuildable); !ok {
		return errNoTrials
	}
	return h.store.Update(ctx, func(tx Writer) error {
		last, err := reindexOrders.Get(tx, latestOrder)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		now := h.store.Now()
		_, err = reindexOrders.Put(tx, Kept[reindexOrder]{ID: latestOrder, Version: last.Version, Value: reindexOrder{ID: newID(), At: now, By: actor.Member.ID}})
		return errors.Join(err,
			tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: Reindexed, Address: actor.Address}),
			tx.AppendEvent(Event{At: now, Kind: KnowledgeChanged}),
		)
	})
}

// Reindexing tells how far the nodes are with the latest order.
func (h *Hub) Reindexing(ctx context.Context, actor Actor) (r Reindexing, err error) {
	if !actor.May(ReindexKnowledge) {
		return r, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		order, err := reindexOrders.Get(tx, latestOrder)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		r = Reindexing{At: order.Value.At, By: order.Value.By}
		all, err := nodeIndexes.List(tx, PaperQuery{})
		for _, k := range all {
			if k.Value.Order == order.Value.ID {
				r.Nodes = append(r.Nodes, k)
			}
		}
		return err
	})
	return r, err
}

// followReindex makes this node's index anew when that is asked for, until ctx ends.
// Orders from before it began are not for it: at its start a node checks its index.
func (h *Hub) followReindex(ctx context.Context) error {
	know, ok := h.knowledge.(rebuildable)
	if !ok {
		return nil
	}
	told, stop := h.feed.WatchKind(KnowledgeChanged)
	defer stop()
	begun, done := newID(), ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-told:
		}
		var order reindexOrder
		err := h.store.View(ctx, func(tx Reader) error {
			k, err := reindexOrders.Get(tx, latestOrder)
			order = k.Value
			return err
		})
		if err != nil && !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			h.log.WarnContext(ctx, "whether the index is to be made anew could not be read", "err", err)
		}
		if err != nil || order.ID <= max(begun, done) {
			continue
		}
		done = order.ID
		h.reindex(ctx, know, order)
	}
}

// reindex makes the index of this node anew and says how far it is.
func (h *Hub) reindex(ctx context.Context, know rebuildable, order reindexOrder) {
	state := NodeIndex{Order: order.ID, Begun: h.store.Now()}
	if err := h.store.View(ctx, func(tx Reader) (err error) {
		state.Total, err = countEntries(tx)
		return err
	}); err == nil {
		h.tellReindex(ctx, state)
	}
	start := time.Now()
	var done atomic.Int64
	stop := h.tellWhile(ctx, func() NodeIndex {
		now := state
		now.Done = int(done.Load())
		return now
	})
	err := know.Rebuild(ctx, h.store, func(n int) { done.Store(int64(n)) })
	stop()
	state.Done = int(done.Load())
	state.Ended, state.Took, state.Entries = h.store.Now(), time.Since(start), know.Len()
	if err != nil {
		state.Problem = "Chưa dựng lại được; chỉ mục cũ vẫn dùng. Xem nhật ký máy chủ của nút này."
		h.log.ErrorContext(ctx, "the index could not be made anew; the old one goes on", "err", err)
	} else {
		h.log.InfoContext(ctx, "the index was made anew", "entries", state.Entries, "took", state.Took)
	}
	h.tellReindex(ctx, state)
}

// tellWhile says now and then how far the index is, until stop. It does so beside the
// rebuilding, whose reading of the store a write in its midst might wait for.
func (h *Hub) tellWhile(ctx context.Context, state func() NodeIndex) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(reindexTold)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				h.tellReindex(ctx, state())
			}
		}
	}()
	return func() { cancel(); <-ended }
}

func (h *Hub) tellReindex(ctx context.Context, state NodeIndex) {
	err := h.store.Update(ctx, func(tx Writer) error {
		k, err := nodeIndexes.Get(tx, h.cfg.Node)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		_, err = nodeIndexes.Put(tx, Kept[NodeIndex]{ID: h.cfg.Node, Version: k.Version, Value: state})
		return err
	})
	if err != nil && ctx.Err() == nil {
		h.log.WarnContext(ctx, "how far the index is could not be told", "err", err)
	}
}

func countEntries(tx kb.Reader) (n int, err error) {
	for after := kb.EntryID(""); ; {
		page, err := tx.Entries(after, entriesRead)
		if err != nil || len(page) == 0 {
			return n, err
		}
		n, after = n+len(page), page[len(page)-1].ID
	}
}
