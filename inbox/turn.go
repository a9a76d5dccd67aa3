package inbox

import (
	"time"

	"tongdai/bot"
	"tongdai/kb"
)

// Turn is one evaluation of one incoming Message by the bot, with what it
// rested on, so that people see why the bot said what it said.
type Turn struct {
	Message      MessageID
	Conversation ConversationID
	At           time.Time
	Took         time.Duration
	Outcome      bot.Outcome
	Reason       bot.Reason
	Entry        kb.EntryID
	Confidence   float64
	Candidates   []bot.Candidate
	Rule         string
	Revision     uint64 // of the knowledge it was decided on
}
