package inbox

import (
	"slices"
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
	// InPublic: it is held before everybody, as comments are. What is said in it
	// is read by all, but for Message.Private.
	InPublic bool
	// Standby: another program of the account answers this citizen; we listen.
	Standby bool
	// CameBy names the link or code through which the citizen came; a claim.
	CameBy string
	// Subject of the letter that the matter began with; empty where nothing is one.
	Subject string

	Status     Status
	Handler    Handler
	Urgent     bool
	Category   kb.CategoryID
	Department kb.DepartmentID // in charge; empty: the permanent desk
	Locality   LocalityID
	Assignee   MemberID
	// Contributing are the departments that were asked beside the one in charge:
	// they see the matter and write notes; the one in charge answers.
	Contributing []kb.DepartmentID

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

	LastSeq uint64    // of the newest Message
	SaidAt  time.Time // the latest ShownAt
	ReadSeq uint64    // people have read up to here
	Unread  int       // messages of the citizen that people have not read

	// Due is when the next of what is owed falls due, and Owed its clock; zero
	// while nothing is owed. Overdue: something owed was not done in time.
	Due     time.Time
	Owed    Clock
	Overdue bool
	// PromisedBy is until when the citizen was promised an answer that is still owed.
	PromisedBy time.Time
	// Alarm is how far health contacts have been reached; empty: none is to be.
	Alarm AlarmState
	// SnoozedUntil: nobody needs to look before that time, or before the citizen
	// writes again; zero while awake.
	SnoozedUntil time.Time
	Incident     IncidentID // reports of one happening are answered together; empty: none
	Labels       []string   // as members named them, sorted
	Ending       Ending     // of a Resolved one
	Rating       Rating

	Dialogue bot.State
	Handoff  *Handoff
	Version  uint64 // grows by one with every write; a screen shows the highest it has seen
}

// Ending tells how a matter ended.
type Ending string

// The endings. From Spam on a matter was screened: it needed no answer of a department.
const (
	Ended     Ending = ""          // by an answer, or after the citizen fell silent
	Referred  Ending = "referred"  // "gọi số này": the citizen was given a hotline to call
	Spam      Ending = "spam"      // advertising and the like
	Abuse     Ending = "abuse"     // insults and nothing else
	Duplicate Ending = "duplicate" // of another matter, which goes on
	NotOurs   Ending = "not_ours"  // not for this hotline; the citizen was told why
)

// Screened reports whether the matter was put aside rather than answered.
func (e Ending) Screened() bool {
	return e == Spam || e == Abuse || e == Duplicate || e == NotOurs
}

// Rating is what the citizen thought of how the matter was handled. It is asked
// once, after closing.
type Rating struct {
	AskedAt time.Time
	Stars   int // 1 to 5; zero: not told
	Comment string
	At      time.Time
}

// Handoff is what the people who take over need to know.
type Handoff struct {
	At         time.Time
	Reason     bot.Reason
	Asked      string // what the citizen wanted to know, in the citizen's words
	Candidates []bot.Candidate
	AskedPlace bool // the citizen was asked where it is
}

// NeedsPeople reports whether the citizen waits for a person's answer.
func (c Conversation) NeedsPeople() bool {
	return c.Status == Open && c.Handler == ByPeople && !c.WaitingSince.IsZero()
}

// Clone returns a conversation that shares no memory with c but its texts.
func (c Conversation) Clone() Conversation {
	c.Contributing, c.Labels = slices.Clone(c.Contributing), slices.Clone(c.Labels)
	c.Dialogue.Offered, c.Dialogue.Choices = slices.Clone(c.Dialogue.Offered), slices.Clone(c.Dialogue.Choices)
	if c.Handoff != nil {
		h := *c.Handoff
		h.Candidates = slices.Clone(h.Candidates)
		c.Handoff = &h
	}
	return c
}
