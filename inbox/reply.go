package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// NewReply is a member's answer to the citizen.
type NewReply struct {
	Text        string
	Key         string // made by the client: the same key again is the same message
	Attachments []content.Attachment
	Cc          []connectors.Address // who else gets the letter; only where Limits.Letters
	Entry       kb.EntryID
	Quotes      MessageID // of the same conversation; empty: none
	// SeenSeq is the last message the writer had seen. When somebody has said
	// something since, the answer is refused with ErrConflict unless Force is set.
	SeenSeq uint64
	Force   bool
	Resolve bool
	// Private: in a conversation before everybody, answer the citizen alone.
	Private bool
	// Interim: more is to follow, so a promised answer is still owed.
	Interim bool
}

// Reply answers the citizen. Who answers a matter that nobody has takes it.
func (h *Hub) Reply(ctx context.Context, actor Actor, id ConversationID, r NewReply) (Message, error) {
	if err := h.checkReply(r); err != nil {
		return Message{}, err
	}
	letter, err := copiesTo(r.Cc)
	if err != nil {
		return Message{}, err
	}
	var sent Message
	_, err = h.act(ctx, actor, id, Replied, func(a *acting) (string, error) {
		earlier, found, err := a.byKey(r.Key, Out, r.Text)
		if err != nil || found {
			sent = earlier
			return "", cmp.Or(err, errUnchanged)
		}
		if err := h.checkLimits(a.c, r); err != nil {
			return "", err
		}
		if a.c.Status == Resolved {
			return "", conflict("Phiếu %s đã đóng; hãy mở lại trước khi trả lời.", a.c.Code)
		}
		if err := errors.Join(a.nothingNewSince(r), a.quotable(r.Quotes)); err != nil {
			return "", err
		}
		if a.c.Assignee == "" || a.c.Handler == ByBot {
			if err := errors.Join(a.take(), a.audit(Took, "")); err != nil {
				return "", err
			}
		}
		if r.Quotes, err = a.private(r); err != nil {
			return "", err
		}
		err = a.speak(Message{
			Key: r.Key, Entry: r.Entry, Quotes: r.Quotes, Private: r.Private, Letter: letter,
			Content: content.Content{Text: r.Text, Attachments: r.Attachments},
		})
		if err != nil {
			return "", err
		}
		sent = a.added[len(a.added)-1]
		answered := of(PassOn, Progress, Result)
		if r.Interim {
			answered = of(PassOn, Progress)
		}
		if err := h.settleClocks(a.tx, &a.c, a.now, PromiseKept, answered); err != nil {
			return "", err
		}
		if r.Resolve {
			return "", errors.Join(a.resolve(), a.audit(Closed, ""))
		}
		return "", nil
	})
	return sent, err
}

// speak says something to the citizen, who waits no longer.
func (a *acting) speak(m Message) error {
	m.Author = a.author()
	sent, err := a.hub.say(a.tx, &a.c, m, a.c.Urgent, a.now)
	if err != nil {
		return err
	}
	a.added = append(a.added, sent)
	a.c.WaitingSince, a.c.Unread, a.c.ReadSeq = time.Time{}, 0, a.c.LastSeq
	return nil
}

// resendWindow is how far back a client's key is looked for: a resend follows
// its first try within the few messages said in between.
const resendWindow = 200

// byKey finds the message that the same client key made before. Other words
// under that key are refused: taking them for the earlier ones would lose them.
func (a *acting) byKey(key string, direction Direction, text string) (Message, bool, error) {
	if key == "" {
		return Message{}, false, nil
	}
	latest, err := a.tx.Messages(a.c.ID, MessageQuery{Limit: resendWindow})
	if err != nil {
		return Message{}, false, err
	}
	for _, m := range latest {
		if m.Key != key || m.Author.Member != a.actor.Member.ID || m.Author.Member == "" {
			continue
		}
		if m.Direction != direction || m.Content.Text != text {
			return m, false, conflict("Tin này đã được gửi với nội dung khác; hãy tải lại trang rồi gửi lại.")
		}
		return m, true, nil
	}
	return Message{}, false, nil
}

// nothingNewSince refuses an answer whose writer has not seen the last words
// of the citizen or of a colleague.
func (a *acting) nothingNewSince(r NewReply) error {
	if r.Force || r.SeenSeq == 0 || r.SeenSeq >= a.c.LastSeq {
		return nil
	}
	unseen, err := a.tx.Messages(a.c.ID, MessageQuery{After: r.SeenSeq, Forward: true, Limit: resendWindow})
	if err != nil {
		return err
	}
	for _, m := range unseen {
		if m.Direction != Note && m.Author.Member != a.actor.Member.ID {
			return conflict("Có tin mới trong khi anh/chị soạn câu trả lời; hãy đọc rồi gửi lại.")
		}
	}
	return nil
}

// quotable refuses to answer a message that is not part of this conversation.
func (a *acting) quotable(id MessageID) error {
	if id == "" {
		return nil
	}
	m, err := a.tx.Message(id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err != nil || m.Conversation != a.c.ID || m.Direction == Note {
		return Invalid{{Field: "quotes", Message: "Tin được trích không thuộc phiếu này; hãy chọn lại."}}
	}
	return nil
}

// textLimit is the longest text a member may write, in characters; a channel may allow less.
const textLimit = 20_000

func checkText(field, text string, mayBeEmpty bool) error {
	switch {
	case !utf8.ValidString(text):
		return Invalid{{Field: field, Message: "Nội dung có ký tự hỏng; hãy soạn lại."}}
	case !mayBeEmpty && strings.TrimSpace(text) == "":
		return Invalid{{Field: field, Message: "Hãy nhập nội dung."}}
	case utf8.RuneCountInString(text) > textLimit:
		return Invalid{{Field: field, Message: fmt.Sprintf("Nội dung dài quá %d ký tự; hãy rút ngắn.", textLimit)}}
	}
	return nil
}

func (h *Hub) checkReply(r NewReply) error {
	if r.Key == "" {
		return Invalid{{Field: "key", Message: "Thiếu khóa của tin; hãy tải lại trang."}}
	}
	return checkText("text", r.Text, len(r.Attachments) > 0)
}

// checkLimits holds an answer to what its channel can carry.
func (h *Hub) checkLimits(c Conversation, r NewReply) error {
	conn, ok := h.connectors[c.Channel]
	if !ok {
		return Invalid{{Field: "text", Message: "Kênh của cuộc hội thoại này không còn trong cấu hình."}}
	}
	limits := conn.Limits()
	if most := limits.TextLength; most > 0 && utf8.RuneCountInString(r.Text) > most {
		return Invalid{{Field: "text", Message: fmt.Sprintf("Kênh này nhận tối đa %d ký tự một tin; hãy rút ngắn.", most)}}
	}
	if len(r.Cc) > 0 && !limits.Letters {
		return Invalid{{Field: "cc", Message: "Kênh này không gửi bản sao được; hãy bỏ người nhận bản sao ra."}}
	}
	if limits.AttachmentSize == 0 && len(r.Attachments) > 0 {
		return Invalid{{Field: "attachments", Message: "Kênh này không nhận tệp đính kèm; hãy bỏ tệp ra."}}
	}
	for _, a := range r.Attachments {
		if a.Size > limits.AttachmentSize {
			return Invalid{{Field: "attachments", Message: fmt.Sprintf("Tệp %q lớn hơn mức kênh này nhận được.", a.Name)}}
		}
		if !limits.Takes(a.Type, a.Size) {
			return Invalid{{Field: "attachments", Message: fmt.Sprintf("Kênh này không nhận loại tệp của %q; hãy gửi tệp loại khác.", a.Name)}}
		}
	}
	return nil
}
