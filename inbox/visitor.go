package inbox

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors"
)

// Place tells how far a visitor of the chat has read: a conversation and a
// message number in it. Conversations' identifiers grow with time, so a place
// also tells which conversations came later. The zero Place is before all.
type Place struct {
	Conversation ConversationID
	Seq          uint64
}

// String writes the place as a browser hands it back: "0192….17".
func (p Place) String() string {
	if p.Conversation == "" {
		return ""
	}
	return string(p.Conversation) + "." + strconv.FormatUint(p.Seq, 10)
}

// ParsePlace reads what String wrote; ok is false for anything else.
func ParsePlace(s string) (p Place, ok bool) {
	if s == "" {
		return Place{}, true
	}
	id, number, found := strings.Cut(s, ".")
	seq, err := strconv.ParseUint(number, 10, 64)
	if !found || id == "" || err != nil {
		return Place{}, false
	}
	return Place{ConversationID(id), seq}, true
}

// Shown is a message as its visitor may see it.
type Shown struct {
	Message
	Place Place
	Code  string // of the conversation
}

// visitsShown is how many of a visitor's matters the chat shows from the beginning.
const visitsShown = 5

// ShownTo returns what a visitor may read after a place, oldest first: what was
// said to and by the visitor, never a note.
func (h *Hub) ShownTo(ctx context.Context, channel connectors.ChannelID, visitor connectors.RemoteID, after Place, limit int) ([]Shown, error) {
	var out []Shown
	err := h.store.View(ctx, func(tx Reader) error {
		visits, err := visitsSince(tx, channel, visitor, after.Conversation)
		if err != nil {
			return err
		}
		for _, c := range visits {
			from := uint64(0)
			if c.ID == after.Conversation {
				from = after.Seq
			}
			for len(out) < limit {
				page, err := tx.Messages(c.ID, MessageQuery{After: from, Forward: true, Limit: limit})
				if err != nil {
					return err
				}
				for _, m := range page {
					from = m.Seq
					if m.Direction != Note && len(out) < limit {
						out = append(out, Shown{Message: m, Place: Place{c.ID, m.Seq}, Code: c.Code})
					}
				}
				if len(page) < limit {
					break
				}
			}
		}
		return nil
	})
	return out, err
}

// visitsSince returns the visitor's conversations from one on, oldest first.
func visitsSince(tx Reader, channel connectors.ChannelID, visitor connectors.RemoteID, from ConversationID) ([]Conversation, error) {
	visits, _, err := tx.Conversations(ListQuery{Lists: []ListID{Visits(channel, visitor)}, Limit: visitsShown})
	visits = slices.DeleteFunc(visits, func(c Conversation) bool { return c.ID < from })
	slices.SortFunc(visits, func(a, b Conversation) int { return cmp.Compare(a.ID, b.ID) })
	return visits, err
}

// ShownAttachment reports whether a file occurs in what a visitor may read.
func (h *Hub) ShownAttachment(ctx context.Context, channel connectors.ChannelID, visitor connectors.RemoteID, id string) (bool, error) {
	after := Place{}
	for {
		page, err := h.ShownTo(ctx, channel, visitor, after, 200)
		if err != nil || len(page) == 0 {
			return false, err
		}
		for _, m := range page {
			for _, a := range m.Content.Attachments {
				if a.ID == id {
					return true, nil
				}
			}
			after = m.Place
		}
	}
}

// Staffed tells whether the desk is there now, and if not, from when.
func (h *Hub) Staffed() (now bool, opens time.Time) {
	return h.directory.Staffed(h.store.Now())
}
