package inbox

import "time"

// Action is something a person did that is kept on record.
type Action string

// What is kept on record.
const (
	Looked            Action = "conversation.looked" // Target: the code, or the name of a list that shows citizens' words
	Took              Action = "conversation.taken"
	Assigned          Action = "conversation.assigned"
	Transferred       Action = "conversation.transferred"
	Replied           Action = "conversation.replied"
	Noted             Action = "conversation.noted"
	Closed            Action = "conversation.resolved"
	Reopened          Action = "conversation.reopened"
	MarkedUrgent      Action = "conversation.urgent"
	Calmed            Action = "conversation.not_urgent"
	Filed             Action = "conversation.filed"
	Placed            Action = "conversation.placed"       // Detail: the place
	Returned          Action = "conversation.returned"     // Detail: the department that gave it back
	AskedToContribute Action = "conversation.contributing" // Detail: the departments
	Promised          Action = "promise.made"              // Detail: until when
	PromiseWithdrawn  Action = "promise.withdrawn"         // Detail: until when it was
	WasOverdue        Action = "promise.broken"            // by the hub: shown in the thread
	AlarmTaken        Action = "alarm.confirmed"
	AlarmOpened       Action = "alarm.opened"           // by its link
	Snoozed           Action = "conversation.snoozed"   // Detail: until when
	Woke              Action = "conversation.woken"     // Detail: what ended its sleep
	Screened          Action = "conversation.screened"  // Detail: the Ending; of a duplicate the code of the other matter as well
	Doubled           Action = "conversation.doubled"   // shown in the thread of the matter that another said as well
	ReferredTo        Action = "conversation.referred"  // Detail: the department whose number the citizen was given
	Gathered          Action = "conversation.gathered"  // Detail: the incident that it reports
	Scattered         Action = "conversation.scattered" // Detail: the incident that it does not report after all
	Labelled          Action = "conversation.labelled"  // Detail: the labels it has now
	LabelKept         Action = "label.changed"          // Target: what it was called; Detail: what it is called now, where that changed
	LabelDropped      Action = "label.dropped"          // Target: the label
	Merged            Action = "contact.merged"         // Target: the merge; Detail: both contacts
	Unmerged          Action = "contact.unmerged"       // Target: the merge
	IncidentPut       Action = "incident.changed"       // Target: the incident; Detail: what became of it
	Resent            Action = "delivery.retried"
	HoldReleased      Action = "hold.released"                // Detail: send, or aside
	HidMessage        Action = "message.hidden"               // Target: the message, which is public no more
	ShowedMessage     Action = "message.shown"                // Target: the message, which is public again
	TookControl       Action = "conversation.control_taken"   // from another program of the account
	YieldedControl    Action = "conversation.control_yielded" // to the platform's own inbox
	Rated             Action = "conversation.rated"           // by the citizen, on the tracking page: shown in the thread
	Published         Action = "conversation.published"
	Unpublished       Action = "conversation.unpublished"
	HandedOff         Action = "conversation.handed_off" // by the bot: shown in the thread
	// What a citizen did besides writing, shown in the thread and on no audit row.
	CameAgain      Action = "contact.opened"             // To: the link or code, if any
	YieldedThere   Action = "conversation.yielded_there" // another program of the account answers from now on
	GivenBack      Action = "conversation.given_back"    // it is ours to answer again
	FollowedUs     Action = "contact.followed"
	UnfollowedUs   Action = "contact.unfollowed"
	SharedDetails  Action = "contact.shared" // name, phone, address: in the note's form
	LoggedIn       Action = "member.logged_in"
	LoginRefused   Action = "member.login_refused"
	LoggedOut      Action = "member.logged_out"
	MemberAdded    Action = "member.added"
	FactorSet      Action = "member.factor_set"
	FactorDropped  Action = "member.factor_dropped"
	CodesRenewed   Action = "member.recovery_renewed"
	SessionsEnded  Action = "member.sessions_ended"
	PasswordSet    Action = "member.password_set"
	MemberChanged  Action = "member.changed"        // Detail: what of role, departments, account
	MemberInvited  Action = "member.invited"        // an old password, if any, is gone
	MemberJoined   Action = "member.joined"         // the invited has set a password
	MembersLoaded  Action = "member.imported"       // Target: the file; Detail: how many
	Released       Action = "conversation.released" // Detail: whose it was, who may not have it any more or left the desk
	TokenMade      Action = "token.made"            // Target: the token's name; Detail: its scope
	TokenRevoked   Action = "token.revoked"
	Imported       Action = "knowledge.imported"
	ImportUndone   Action = "knowledge.import_undone" // Target: the import
	Exported       Action = "knowledge.exported"      // Target: the department; empty: all
	EntryDrafted   Action = "entry.drafted"           // Target, here and below: the entry
	EntrySent      Action = "entry.sent"              // to review
	EntryReturned  Action = "entry.returned"          // by a reviewer, to who wrote it; Detail: why
	EntryPublished Action = "entry.published"         // Detail: the version
	EntryDropped   Action = "entry.dropped"           // a draft that nobody wanted
	EntryRetired   Action = "entry.retired"
	EntryRevived   Action = "entry.revived" // as a draft in review
	EntryConfirmed Action = "entry.confirmed"
	EntryCommented Action = "entry.commented"
	EntryShared    Action = "entry.shared"      // Detail: the departments that contribute now
	EntryScheduled Action = "entry.scheduled"   // Target: department and field; Detail: the day
	ExpectedKept   Action = "expected.kept"     // Target: the question that was saved
	ExpectedLoaded Action = "expected.imported" // Target: the file; Detail: how many
	ExpectedGone   Action = "expected.dropped"  // Target: the question
	MissedSettled  Action = "missed.settled"    // Target: the entry; Detail: how many questions, and why none is needed
	Reindexed      Action = "knowledge.reindexed"
	Replayed       Action = "quarantine.replayed"
	Dismissed      Action = "quarantine.dismissed"
	Connecting     Action = "channel.connecting" // Target: the channel whose consent was asked for
	Installing     Action = "channel.installing" // Target: the channel whose platform was told where we are
	Reconciling    Action = "channel.reconciled" // Target: the channel; Detail: since when it was compared with its platform
	AnswerKept     Action = "answer.kept"        // Target: its title
	AnswerDropped  Action = "answer.dropped"     // Target: its title
	ViewShared     Action = "view.shared"        // Target: its name
	NotPosted      Action = "bridge.not_posted"  // by the hub, shown in the thread: a department (From) could not be told
	Linked         Action = "member.linked"      // Target: the bridge on which the member is known from now on
	Testing        Action = "channel.tested"     // Target: the channel; Detail: the message that was sent, none when it could not be
	// Of the directory. Target: the one thing that was changed, as "departments/so-y-te".
	DirectoryEdited   Action = "directory.edited"
	DirectoryImported Action = "directory.imported"
	DirectoryUndone   Action = "directory.undone"
	DirectoryExported Action = "directory.exported"
	// Of the duty roster.
	RosterChanged     Action = "roster.changed"   // Target: the change; Detail: how, and how many shifts
	RosterUndone      Action = "roster.undone"    // Target: the change
	LevelSet          Action = "roster.level"     // Target: the staffing level
	LeaveAdded        Action = "leave.added"      // Target: the member's login; Detail: first and last day
	LeaveRemoved      Action = "leave.removed"    // Target: the member
	DutyTaken         Action = "duty.taken"       // Target: the shift; empty: outside of the roster
	DutyProlonged     Action = "duty.prolonged"   // Target: until when
	DutyHandedOver    Action = "duty.handed_over" // Target: the hand-over note
	HandoverConfirmed Action = "duty.confirmed"   // Target: the hand-over note
)

// Audit is one act on record, written in the transaction of the act.
type Audit struct {
	Seq          uint64 // given by the Store
	At           time.Time
	Member       MemberID // empty: the console, or nobody was logged in
	Action       Action
	Conversation ConversationID
	Target       string // what else it concerned: a member's login, a message, a file
	Address      string // where from; with the name of the API token, where a program acted
	Detail       string // never the words of a citizen
}
