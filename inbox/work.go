package inbox

import "time"

// Work is a kind of task that workers claim.
type Work string

// The kinds of work.
const (
	Turns      Work = "turn"     // Ref is the MessageID of what the citizen said
	Deliveries Work = "delivery" // Ref is the MessageID of what is to be sent
	Fetches    Work = "fetch"    // Ref is the MessageID of a message with files that still lie with its platform
	Profiles   Work = "profile"  // Ref is channel/user: whom a platform is asked about
	Closings   Work = "closing"  // Ref is the ConversationID that may have fallen silent
	Dues       Work = "due"      // Ref is the PromiseID that is to be reminded of, or has fallen due
	Alarms     Work = "alarm"    // Ref is the ConversationID whose contacts have not confirmed yet
	Wakings    Work = "waking"   // Ref is the ConversationID that was put to sleep
	Mergings   Work = "merging"  // Ref is the Merge that has more matters to move
	Tellings   Work = "telling"  // Ref is the Thread whose place is to be told what is new
	Sheets     Work = "sheet"    // Ref is the MessageID of a department's letter with workbooks
	Deeds      Work = "deed"     // Ref is what somebody did at a place of a bridge
)

// Task is something to be done once, later or now. Tasks of one Kind and Group
// are done in the order they were enqueued, one at a time.
type Task struct {
	ID       string
	Kind     Work
	Group    string
	Ref      string
	Urgent   bool // claimed before all that is not
	Due      time.Time
	Attempts int // how often it was postponed
}

// Claim is a Task held by one worker until Until. Fence tells this claim from
// any other of the same task: whoever slept past Until holds a stale one.
type Claim struct {
	Task  Task
	Fence uint64
	Until time.Time
}
