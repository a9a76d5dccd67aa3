package inbox

import "time"

// NoticeKind tells what a Notice is about.
type NoticeKind string

// The kinds of notices.
const (
	NoticeUrgent    NoticeKind = "urgent"    // an alarm rings
	NoticeDueSoon   NoticeKind = "due_soon"  // a promise falls due before long
	NoticeOverdue   NoticeKind = "overdue"   // a promise was not kept in time
	NoticeMentioned NoticeKind = "mentioned" // somebody named the member in a note
	NoticeAssigned  NoticeKind = "assigned"  // a matter was given to the member
	NoticeReturned  NoticeKind = "returned"  // a department gave a matter back, or nobody has it any more
	NoticeRoster    NoticeKind = "roster"    // a shift lacks people
	NoticeKnowledge NoticeKind = "knowledge" // an entry wants to be confirmed, reviewed, or was sent back
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
	Text         string         `json:"text,omitempty"` // Vietnamese, one line
	ReadAt       time.Time      `json:"read,omitzero"`
}

// Notices are kept under the member's id, a slash, and an id that grows with time.
const Notices Shelf[Notice] = "notice"

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
