package inbox

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tongdai/kb"
)

// BulkAct is what is done with many conversations at once.
type BulkAct string

// The acts that can be done in bulk.
const (
	BulkTake     BulkAct = "take"
	BulkAssign   BulkAct = "assign"   // to Member, or to nobody
	BulkTransfer BulkAct = "transfer" // to Department, or to the desk, with Note
	BulkFile     BulkAct = "file"     // under Category
	BulkResolve  BulkAct = "resolve"
	BulkReopen   BulkAct = "reopen"
	BulkRead     BulkAct = "read"
	BulkUnread   BulkAct = "unread"
)

// BulkOrder asks for one act on many conversations.
type BulkOrder struct {
	Act           BulkAct
	Conversations []ConversationID
	Member        MemberID
	Department    kb.DepartmentID
	Category      kb.CategoryID
	Note          string
}

// BulkResult is what became of one conversation of an order.
type BulkResult struct {
	ID           ConversationID
	Conversation Conversation // as it stands now, where Err is nil
	Err          error
}

// BulkLimit is how many conversations one order may name. A screen sends more
// in several orders, and shows how far it has come.
const BulkLimit = 20

// Bulk does an act on each conversation named, one after the other: each is an
// act of its own, with its rights, its row on record and its events, and one
// that is refused holds up no other. Every conversation named has a result, in
// the order named.
func (h *Hub) Bulk(ctx context.Context, actor Actor, o BulkOrder) ([]BulkResult, error) {
	if !actor.May(SeeConversation) {
		return nil, ErrForbidden
	}
	if n := len(o.Conversations); n == 0 || n > BulkLimit {
		return nil, Invalid{{"conversations", fmt.Sprintf("Chọn từ 1 đến %d phiếu một lần.", BulkLimit)}}
	}
	do, known := bulkActs[o.Act]
	if !known {
		return nil, Invalid{{"act", "Không có việc này."}}
	}
	results := make([]BulkResult, 0, len(o.Conversations))
	for i, id := range o.Conversations {
		if slices.Contains(o.Conversations[:i], id) {
			continue
		}
		c, err := do(h, ctx, actor, id, o)
		results = append(results, BulkResult{ID: id, Conversation: c, Err: err})
	}
	return results, nil
}

var bulkActs = map[BulkAct]func(h *Hub, ctx context.Context, actor Actor, id ConversationID, o BulkOrder) (Conversation, error){
	BulkTake: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, _ BulkOrder) (Conversation, error) {
		return h.Take(ctx, actor, id)
	},
	BulkAssign: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, o BulkOrder) (Conversation, error) {
		return h.Assign(ctx, actor, id, o.Member)
	},
	BulkTransfer: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, o BulkOrder) (Conversation, error) {
		return h.Transfer(ctx, actor, id, o.Department, o.Note)
	},
	BulkFile: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, o BulkOrder) (Conversation, error) {
		return h.File(ctx, actor, id, o.Category)
	},
	BulkResolve: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, _ BulkOrder) (Conversation, error) {
		return h.Resolve(ctx, actor, id)
	},
	BulkReopen: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, _ BulkOrder) (Conversation, error) {
		return h.Reopen(ctx, actor, id)
	},
	BulkRead: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, _ BulkOrder) (Conversation, error) {
		return h.MarkRead(ctx, actor, id, math.MaxUint64)
	},
	BulkUnread: func(h *Hub, ctx context.Context, actor Actor, id ConversationID, _ BulkOrder) (Conversation, error) {
		return h.MarkRead(ctx, actor, id, 0)
	},
}
