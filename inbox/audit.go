package inbox

import "time"

// Action is something a person did that is kept on record.
type Action string

// What is kept on record.
const (
	Looked       Action = "conversation.looked" // Target: the code, or the name of a list that shows citizens' words
	Took         Action = "conversation.taken"
	Assigned     Action = "conversation.assigned"
	Transferred  Action = "conversation.transferred"
	Replied      Action = "conversation.replied"
	Noted        Action = "conversation.noted"
	Closed       Action = "conversation.resolved"
	Reopened     Action = "conversation.reopened"
	MarkedUrgent Action = "conversation.urgent"
	Calmed       Action = "conversation.not_urgent"
	Filed        Action = "conversation.filed"
	Resent       Action = "delivery.retried"
	HandedOff    Action = "conversation.handed_off" // by the bot: shown in the thread
	// What a citizen did besides writing, shown in the thread and on no audit row.
	FollowedUs    Action = "contact.followed"
	UnfollowedUs  Action = "contact.unfollowed"
	SharedDetails Action = "contact.shared" // name, phone, address: in the note's form
	LoggedIn      Action = "member.logged_in"
	LoginRefused  Action = "member.login_refused"
	LoggedOut     Action = "member.logged_out"
	MemberAdded   Action = "member.added"
	PasswordSet   Action = "member.password_set"
	Imported      Action = "knowledge.imported"
	ImportUndone  Action = "knowledge.import_undone" // Target: the import
	Exported      Action = "knowledge.exported"      // Target: the department; empty: all
	Replayed      Action = "quarantine.replayed"
	Dismissed     Action = "quarantine.dismissed"
	Connecting    Action = "channel.connecting" // Target: the channel whose consent was asked for
	Reconciling   Action = "channel.reconciled" // Target: the channel; Detail: since when it was compared with its platform
	Testing       Action = "channel.tested"     // Target: the channel; Detail: the message that was sent, none when it could not be
)

// Audit is one act on record, written in the transaction of the act.
type Audit struct {
	Seq          uint64 // given by the Store
	At           time.Time
	Member       MemberID // empty: the console, or nobody was logged in
	Action       Action
	Conversation ConversationID
	Target       string // what else it concerned: a member's login, a message, a file
	Address      string // where from
	Detail       string // never the words of a citizen
}
