package inbox_test

import (
	"errors"
	"testing"

	"tongdai/inbox"
)

func TestEachActInBulkIsAnActOfItsOwn(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		free, taken, closed := r.handed("u1"), r.handed("u2"), r.handed("u3")
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), minh, taken.ID))
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), minh, closed.ID))
		results := must[[]inbox.BulkResult](r)(r.hub.Bulk(r.ctx(), lan, inbox.BulkOrder{
			Act: inbox.BulkTake, Conversations: []inbox.ConversationID{taken.ID, free.ID, "none", closed.ID, free.ID},
		}))
		if len(results) != 4 {
			r.Fatalf("there are %d results, want one for each conversation named", len(results))
		}
		for i, want := range []error{inbox.ErrConflict, nil, inbox.ErrNotFound, inbox.ErrConflict} {
			if !errors.Is(results[i].Err, want) {
				r.Errorf("result %d is %v, want %v", i, results[i].Err, want)
			}
		}
		if results[1].ID != free.ID || results[1].Conversation.Assignee != "lan" || r.again(taken.ID).Assignee != "minh" {
			r.Errorf("it left %+v", results)
		}
		if got := r.actions(free.ID); len(got) != 1 || got[0] != inbox.Took {
			r.Errorf("on record is %q", got)
		}
	})
}

func TestWhatCanBeDoneInBulk(t *testing.T) {
	for name, tt := range map[string]struct {
		order inbox.BulkOrder
		left  func(c inbox.Conversation) bool
	}{
		"assign":   {inbox.BulkOrder{Act: inbox.BulkAssign, Member: "minh"}, func(c inbox.Conversation) bool { return c.Assignee == "minh" }},
		"transfer": {inbox.BulkOrder{Act: inbox.BulkTransfer, Department: "so-y-te", Note: "nhờ"}, func(c inbox.Conversation) bool { return c.Department == "so-y-te" }},
		"file":     {inbox.BulkOrder{Act: inbox.BulkFile, Category: "y-te"}, func(c inbox.Conversation) bool { return c.Category == "y-te" }},
		"resolve":  {inbox.BulkOrder{Act: inbox.BulkResolve}, func(c inbox.Conversation) bool { return c.Status == inbox.Resolved }},
		"read":     {inbox.BulkOrder{Act: inbox.BulkRead}, func(c inbox.Conversation) bool { return c.Unread == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.people()
				tt.order.Conversations = []inbox.ConversationID{r.handed("u1").ID, r.handed("u2").ID}
				for _, result := range must[[]inbox.BulkResult](r)(r.hub.Bulk(r.ctx(), lan, tt.order)) {
					if c := r.again(result.ID); result.Err != nil || !tt.left(c) {
						r.Errorf("it left %+v: %v", c, result.Err)
					}
				}
			})
		})
	}
}

func TestAnOrderInBulkIsChecked(t *testing.T) {
	idle(t, func(r *rig) {
		_, err := r.hub.Bulk(r.ctx(), lan, inbox.BulkOrder{Act: inbox.BulkTake})
		wantInvalid(t, "no conversations", err, "conversations")
		_, err = r.hub.Bulk(r.ctx(), lan, inbox.BulkOrder{Act: inbox.BulkTake, Conversations: make([]inbox.ConversationID, inbox.BulkLimit+1)})
		wantInvalid(t, "too many conversations", err, "conversations")
		_, err = r.hub.Bulk(r.ctx(), lan, inbox.BulkOrder{Act: "burn", Conversations: []inbox.ConversationID{"a"}})
		wantInvalid(t, "an unknown act", err, "act")
	})
}
