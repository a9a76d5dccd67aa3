package inbox

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tongdai/connectors"
)

// Shown is a message as its visitor may see it.
type Shown struct {
	Message
	Code string // of the conversation
}

// visitsShown is how many of a visitor's matters the chat shows, the newest ones.
const visitsShown = 16

// ShownTo returns what a visitor of the chat may read and has not seen: what
// was said to and by the visitor, never a note; conversation by conversation
// from the oldest, each in order, at most limit in all. seen tells up to which
// number of a conversation the visitor has read.
func (h *Hub) ShownTo(ctx context.Context, channel connectors.ChannelID, visitor connectors.RemoteID, seen func(ConversationID) uint64, limit int) ([]Shown, error) {
	var out []Shown
	err := h.store.View(ctx, func(tx Reader) error {
		out = nil
		visits, _, err := tx.Conversations(ListQuery{Lists: []ListID{Visits(channel, visitor)}, Limit: visitsShown})
		if err != nil {
			return err
		}
		slices.SortFunc(visits, func(a, b Conversation) int { return cmp.Compare(a.ID, b.ID) })
		for _, c := range visits {
			shown, err := shownOf(tx, c, seen(c.ID), limit-len(out))
			if err != nil {
				return err
			}
			out = append(out, shown...)
		}
		return nil
	})
	return out, err
}

// shownOf returns up to limit messages of c after a number that are no notes.
func shownOf(tx Reader, c Conversation, after uint64, limit int) ([]Shown, error) {
	var out []Shown
	for len(out) < limit && after < c.LastSeq {
		page, err := tx.Messages(c.ID, MessageQuery{After: after, Forward: true, Limit: limit})
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, m := range page {
			if after = m.Seq; m.Direction != Note && len(out) < limit {
				out = append(out, Shown{Message: m, Code: c.Code})
			}
		}
	}
	return out, nil
}

// Staffed tells whether the desk is there now, and if not, from when.
func (h *Hub) Staffed() (now bool, opens time.Time) {
	return h.directory.Staffed(h.store.Now())
}
