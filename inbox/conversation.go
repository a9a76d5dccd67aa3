package inbox

import (
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/kb"
)

// Status tells whether a matter is still being worked on.
type Status string

// A Conversation is open from its first message until somebody, or a long
// silence after a bot's answer, closes it. What a citizen writes after that
// begins a new one.
const (
	Open     Status = "open"
	Resolved Status = "resolved"
)

// Handler tells who answers: the bot, or people. While people do, the bot is silent.
type Handler string

// The two handlers of a Conversation.
const (
	ByBot    Handler = "bot"
	ByPeople Handler = "people"
)

// Conversation is one matter raised by one Contact on one Channel, from first
// message to closing.
type Conversation struct {
	ID      ConversationID
	Code    string // "TH-261121-0042": what the citizen can quote and look up
	Contact ContactID
	Channel connectors.ChannelID
	Remote  connectors.RemoteID // the person on the platform
	Thread  connectors.RemoteID // see connectors.Inbound.Thread

	Status     Status
	Handler    Handler
	Urgent     bool
	Category   kb.CategoryID
	Department kb.DepartmentID // in charge; empty: the permanent desk
	Locality   LocalityID
	Assignee   MemberID

	ContactName string     // as the lists show it
	LastText    string     // the beginning of what people last said, for the lists; the bot's words only when there are no others
	LastAuthor  AuthorKind // of LastText
	LastAt      time.Time  // arrival of LastText
	CreatedAt   time.Time
	ResolvedAt  time.Time
	// Unanswered: the citizen spoke last, and neither the bot nor anybody has said a word since.
	Unanswered bool
	// WaitingSince is when the citizen began to wait for people; zero while nobody waits.
	WaitingSince time.Time

	LastSeq uint64 // of the newest Message
	ReadSeq uint64 // people have read up to here
	Unread  int    // messages of the citizen that people have not read

	Dialogue bot.State
	Handoff  *Handoff
	Version  uint64 // grows by one with every write; a screen shows the highest it has seen
}

// Handoff is what the people who take over need to know.
type Handoff struct {
	At         time.Time
	Reason     bot.Reason
	Asked      string // what the citizen wanted to know, in the citizen's words
	Candidates []bot.Candidate
}

// NeedsPeople reports whether the citizen waits for a person's answer.
func (c Conversation) NeedsPeople() bool {
	return c.Status == Open && c.Handler == ByPeople && !c.WaitingSince.IsZero()
}
