package bot

import (
	"time"

	"tongdai/connectors/content"
	"tongdai/kb"
)

// State is what the bot remembers of one conversation between turns. It is
// kept with the conversation and handed back unchanged.
type State struct {
	Greeted   bool          // the citizen has been told that a machine answers
	Asked     string        // the question that Offered, or the place asked for, is about
	Offered   []kb.EntryID  // the choices last given, in their order
	Answered  kb.EntryID    // the entry last given as an answer
	Field     kb.CategoryID // of the last answer, until something of another field is asked
	Unhelpful int           // answers in a row that did not help
	Language  string        // "vi" or "en"; empty: not told yet
	Choices   []string      // the values of the choices last given, in their order
	AskPlace  bool          // the citizen was asked last which place is meant
	Minute    int64         // of the last reply, since 1970; counted only where Config bounds it
	Replied   int           // turns that were replied to in that minute
}

// AsksBack reports whether the bot has asked back, and goes on when the citizen
// has said what was meant.
func (s State) AsksBack() bool { return s.Answered == "" && (len(s.Choices) > 0 || s.AskPlace) }

// Message is what the citizen said, as far as the bot cares.
type Message struct {
	Text        string
	Pressed     string // the value of a pressed choice
	Attachments int
	Place       *content.Place
	Language    string
}

// Need is what the bot wants to know before it decides: the entries found for
// Query (when not empty) and the entries named in Entries.
type Need struct {
	Query   string
	Entries []kb.EntryID
}

// Evidence is everything outside the dialogue that a decision rests on.
type Evidence struct {
	Now     time.Time
	Hits    []kb.Hit                // for Need.Query, best first
	Entries map[kb.EntryID]kb.Entry // for Need.Entries, those that answer now
	// Desk tells whether people are there now, and if not, from when.
	Staffed bool
	Opens   time.Time
	// InHours: by its hours the desk is open. Where it is not staffed all the same,
	// the citizen is not told of closing hours that there are none of.
	InHours bool
	// Due is by when an answer is owed by the targets; zero: there is none.
	Due time.Time
	// Reachable: an urgent report reaches somebody outside the desk at once.
	Reachable bool
	// Code is the conversation's code, which the citizen can quote.
	Code string
	// NeedsPlace tells whether who takes over a matter of a field depends on where it
	// is, and that is not known. Of a handoff the citizen is asked then.
	NeedsPlace func(kb.CategoryID) bool
	// Letter is set where the reply is a letter.
	Letter *Letter
	// Form: a form was filled in and handed in, and nobody waits for a question back.
	Form bool
	// Department returns a department's name for people.
	Department func(kb.DepartmentID) string
}

// Letter is what the bot must know to write one.
type Letter struct {
	Name   string   // of whom it is to; may be empty
	Unread []string // names of files that could not be taken
}

// Outcome is what a turn comes to.
type Outcome string

// The outcomes of a turn.
const (
	Answer  Outcome = "answer"  // an entry answers it
	Clarify Outcome = "clarify" // the citizen is asked which entry is meant
	HandOff Outcome = "handoff" // people take over
	Urgent  Outcome = "urgent"  // danger: advice and numbers at once, and people at once
	Chat    Outcome = "chat"    // a greeting, thanks, an attachment: said something kind
)

// Reason tells why people take over.
type Reason string

// The reasons of a handoff.
const (
	Unknown     Reason = "unknown"   // nothing in the knowledge base answers it
	Requested   Reason = "requested" // the citizen asked for a person, or for what only people may take: a complaint
	NotHelped   Reason = "unhelpful" // answers in a row did not help
	Danger      Reason = "urgent"
	NotReadable Reason = "unreadable" // only pictures or files, which a person must look at
	Broken      Reason = "broken"     // the bot itself failed
	Enough      Reason = "enough"     // machines of ours have said enough to the citizen: the letters of a day, or the answers of a minute
)

// Candidate is an entry that was weighed.
type Candidate struct {
	Entry      kb.EntryID
	Question   string
	Confidence float64
}

// Reply is one thing the bot says.
type Reply struct {
	Content content.Content
	Entry   kb.EntryID // the entry it was taken from
}

// Decision is what one turn comes to.
type Decision struct {
	Outcome    Outcome
	Replies    []Reply
	State      State
	Entry      kb.EntryID  // of Answer
	Confidence float64     // of the best candidate
	Candidates []Candidate // what was weighed, best first
	Reason     Reason      // of HandOff and Urgent
	Asked      string      // the question people should answer, in the citizen's words
	Rule       string      // of Urgent: the triage rule that spoke
	AskedPlace bool        // of HandOff: the citizen was asked where it is
}
