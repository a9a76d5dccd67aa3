package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongdai/kb"
)

// NoticeKind tells what a Notice is about.
type NoticeKind string

// The kinds of notices.
const (
	NoticeUrgent    NoticeKind = "urgent"     // an alarm rings
	NoticeDueSoon   NoticeKind = "due_soon"   // a promise falls due before long
	NoticeOverdue   NoticeKind = "overdue"    // a promise was not kept in time
	NoticeMentioned NoticeKind = "mentioned"  // somebody named the member in a note
	NoticeAssigned  NoticeKind = "assigned"   // a matter was given to the member
	NoticeReturned  NoticeKind = "returned"   // a department gave a matter back, or nobody has it any more
	NoticeWoken     NoticeKind = "woken"      // a matter that the member put to sleep is awake again
	NoticeRoster    NoticeKind = "roster"     // a shift lacks people
	NoticeNotPosted NoticeKind = "not_posted" // a department could not be told of a matter, or what it sent needs somebody
	NoticeKnowledge NoticeKind = "knowledge"  // an entry wants to be confirmed, reviewed, or was sent back
)

// Notice is something one member should hear of, whatever page is open. It
// carries no words of a citizen.
type Notice struct {
	Member       MemberID       `json:"mem"`
	Kind         NoticeKind     `json:"kind"`
	At           time.Time      `json:"at"`
	Conversation ConversationID `json:"conv,omitempty"`
	Code         string         `json:"code,omitempty"` // of the conversation
	From         MemberID       `json:"from,omitempty"` // who caused it; empty: the hub
	Entry        kb.EntryID     `json:"entry,omitempty"`
	Text         string         `json:"text,omitempty"` // Vietnamese, one line
	ReadAt       time.Time      `json:"read,omitzero"`
}

// Notices are kept under the member's id, a slash, and an id that grows with time.
const Notices Shelf[Notice] = "notice"

// noticesKept is how long a notice is kept, read or not.
const noticesKept = 30 * 24 * time.Hour

// NoticesShown is how many of the newest notices a member can look at. Unread
// ones are counted among these.
const NoticesShown = 100

// notify tells a member something, in the transaction that makes it true.
func notify(tx Writer, n Notice) error {
	if n.Member == "" || n.Member == n.From {
		return nil
	}
	if _, err := Notices.Put(tx, Kept[Notice]{ID: string(n.Member) + "/" + newID(), Value: n}); err != nil {
		return err
	}
	return tx.AppendEvent(Event{At: n.At, Kind: NoticeAdded, Conversation: n.Conversation, Member: n.Member})
}

// notify tells a member of the conversation acted on.
func (a *acting) notify(to MemberID, kind NoticeKind, text string) error {
	return notify(a.tx, Notice{
		Member: to, Kind: kind, At: a.now, Conversation: a.c.ID, Code: a.c.Code, From: a.actor.Member.ID, Text: text,
	})
}

// noticesOf is the part of the shelf that is a member's.
func noticesOf(m MemberID) PaperQuery {
	return PaperQuery{From: string(m) + "/", Until: string(m) + "0", Backward: true, Limit: NoticesShown} // "0" follows "/"
}

// Notices lists the newest notices of the member who asks, newest first.
func (h *Hub) Notices(ctx context.Context, actor Actor) (all []Kept[Notice], err error) {
	if !actor.May(KeepAccount) {
		return nil, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		all, err = Notices.List(tx, noticesOf(actor.Member.ID))
		return err
	})
	return all, err
}

// ReadNotices marks notices of the member who asks as read: those named, or all
// that Notices shows when none is. What is not the member's is passed over.
func (h *Hub) ReadNotices(ctx context.Context, actor Actor, ids []string) error {
	if !actor.May(KeepAccount) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		all, err := Notices.List(tx, noticesOf(actor.Member.ID))
		if err != nil {
			return err
		}
		now, changed := h.store.Now(), false
		for _, k := range all {
			if !k.Value.ReadAt.IsZero() || len(ids) > 0 && !slices.Contains(ids, k.ID) {
				continue
			}
			k.Value.ReadAt, changed = now, true
			if _, err := Notices.Put(tx, k); err != nil {
				return err
			}
		}
		if !changed {
			return nil
		}
		// The member's other screens count anew.
		return tx.AppendEvent(Event{At: now, Kind: NoticeAdded, Member: actor.Member.ID})
	})
}

// Readers lists the members who may see a conversation, for the names in a note.
func (h *Hub) Readers(ctx context.Context, actor Actor, id ConversationID) (readers []Member, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		c, err := actor.seen(tx.Conversation(id))
		if err != nil {
			return err
		}
		all, err := tx.Members()
		readers = slices.DeleteFunc(all, func(m Member) bool { return !(Actor{Member: m}).MayWith(SeeConversation, c) })
		return err
	})
	return readers, err
}

// mentionsAllowed is how many members one note may call.
const mentionsAllowed = 20

// mention tells the members whom a note names. One who may not see the
// conversation is refused: the notice would lead nowhere.
func (a *acting) mention(members []MemberID) error {
	if len(members) > mentionsAllowed {
		return Invalid{{"mentions", fmt.Sprintf("Một ghi chú nhắc tối đa %d người.", mentionsAllowed)}}
	}
	for i, id := range members {
		if slices.Contains(members[:i], id) {
			continue
		}
		m, err := a.tx.Member(id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err != nil || !(Actor{Member: m}).MayWith(SeeConversation, a.c) {
			return Invalid{{"mentions", "Có người được nhắc không xem được phiếu này; hãy bỏ tên người đó ra."}}
		}
		if err := a.notify(id, NoticeMentioned, a.actor.Member.Name+" nhắc anh/chị trong ghi chú."); err != nil {
			return err
		}
	}
	return nil
}

// noticesForgotten is how many old notices are removed in one transaction.
const noticesForgotten = 500

// forgetNotices removes notices that have been kept long enough, hourly.
func (h *Hub) forgetNotices(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := h.forgetOldNotices(ctx); err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "old notices could not be removed and are tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (h *Hub) forgetOldNotices(ctx context.Context) error {
	members, err := h.Members(ctx)
	if err != nil {
		return err
	}
	before := h.store.Now().Add(-noticesKept)
	for _, m := range members {
		q := noticesOf(m.ID)
		q.Backward, q.Limit = false, noticesForgotten
		for n := q.Limit; n == q.Limit; {
			err := h.store.Update(ctx, func(tx Writer) error {
				old, err := Notices.List(tx, q)
				n = 0
				for _, k := range old {
					if !k.Value.At.Before(before) {
						break // ids grow with time
					}
					if err := Notices.Delete(tx, k.ID); err != nil {
						return err
					}
					n++
				}
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
