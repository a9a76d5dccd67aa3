package inbox

import (
	"time"

	"tongdai/connectors"
	"tongdai/kb"
)

// Seq is an event's number. Numbers grow in the order of commits, and a
// follower who has seen one has seen all before it.
type Seq uint64

// EventKind tells what happened.
type EventKind string

// The kinds of events. They name what changed; a follower reads the present
// state from the store.
const (
	MessageAdded        EventKind = "message.added"
	MessageChanged      EventKind = "message.changed" // its delivery moved on
	ConversationChanged EventKind = "conversation.changed"
	KnowledgeChanged    EventKind = "knowledge.changed"
	DirectoryChanged    EventKind = "directory.changed" // departments, fields, places, who is in charge
	DutyChanged         EventKind = "duty.changed"      // the roster, or who is on now
	AnswersChanged      EventKind = "answers.changed"   // ready answers
	NoticeAdded         EventKind = "notice.added"      // for Member alone
	MemberPresent       EventKind = "member.present"    // Member opened, writes in, or left a conversation: Detail
)

// Event is one change. It carries no words of anybody, only who may follow it
// and where to look.
type Event struct {
	Seq          Seq
	At           time.Time
	Kind         EventKind
	Conversation ConversationID
	Message      MessageID
	Channel      connectors.ChannelID
	Remote       connectors.RemoteID
	Department   kb.DepartmentID // of the conversation after the change
	Public       bool            // the citizen may see it
	Own          bool            // the citizen said it
	Member       MemberID        // whom NoticeAdded is for, or MemberPresent is about
	Detail       string          // of MemberPresent: "here", "writing" or "gone"
}
