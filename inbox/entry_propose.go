package inbox

import (
	"context"
	"errors"
	"fmt"

	"tongdai/kb"
)

// ProposeEntry makes what a member answered a citizen the draft of a new entry, in
// review: whoever answers the matter may propose, the department that will keep the
// entry decides. Numbers that are a person's are masked in what the citizen asked, not
// in the answer, which the member reads over.
func (h *Hub) ProposeEntry(ctx context.Context, actor Actor, id ConversationID, text EntryText) (kb.EntryID, error) {
	text = text.tidied()
	text.Question, text.Files = veil(text.Question), nil
	if err := h.checkEntry(text, true); err != nil {
		return "", err
	}
	fresh := newID()
	entry := kb.EntryID("M-" + fresh[len(fresh)-8:]) // the end is random
	err := h.store.Update(ctx, func(tx Writer) error {
		c, err := tx.Conversation(id)
		if err != nil {
			return err
		}
		if err := actor.require(AnswerConversation, c); err != nil {
			return err
		}
		a := &entryActing{hub: h, read: tx, tx: tx, actor: actor, now: h.store.Now(), event: EntryEvent{
			Action: EntrySent, Note: fmt.Sprintf("Đề xuất từ phiếu %s", c.Code),
		}}
		if err := a.load(entry); !errors.Is(err, ErrNotFound) {
			return errors.Join(err, conflict("Chưa đặt được mã cho mục mới; hãy gửi lại lần nữa."))
		}
		a.draft.Value = EntryDraft{EntryText: text}
		return errors.Join(a.wrote(), a.send(), a.record())
	})
	return entry, err
}
