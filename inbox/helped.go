package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tongdai/kb"
	"tongdai/kb/vi"
)

// AnswerMark is what a citizen says of an answer that was read on the portal, outside
// of any conversation.
type AnswerMark struct {
	Entry  kb.EntryID
	Helped bool
	Asked  string // what was searched for; empty: the page was not reached from a search
	Sought string // what the citizen would have liked to know, where the answer did not help
}

// MarkAnswer counts with the entry what a citizen says of its answer. One that did not
// help is missed as well: with the citizen's words, or with the entry's own question
// where there are none. ErrNotFound: the entry is not published.
func (h *Hub) MarkAnswer(ctx context.Context, said AnswerMark) error {
	e, ok := h.knowledge.Entry(said.Entry)
	if !ok {
		return fmt.Errorf("entry %s: %w", said.Entry, ErrNotFound)
	}
	return h.store.Update(ctx, func(tx Writer) error {
		now := h.store.Now()
		if err := putMark(tx, e.ID, EntryMark{At: now, Helped: said.Helped}); err != nil || said.Helped {
			return err
		}
		return putMiss(tx, "/"+newID(), Miss{
			At: now, Kind: MissUnhelpful, Question: missWords(cmp.Or(said.words(), e.Question)),
			Entry: e.ID, Category: e.Category, Department: e.Department,
		})
	})
}

// words are the citizen's own: what was searched for and, where it says more, what was
// sought. Signs alone say nothing.
func (m AnswerMark) words() string {
	asked, sought := vi.Texts(m.Asked), vi.Texts(m.Sought)
	switch {
	case len(sought) == 0 && len(asked) == 0:
		return ""
	case len(sought) == 0 || slices.Equal(sought, asked):
		return m.Asked
	case len(asked) == 0:
		return m.Sought
	}
	return m.Asked + " – " + m.Sought
}
