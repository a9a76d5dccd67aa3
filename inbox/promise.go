package inbox

import (
	"time"

	"tongdai/kb"
)

// Clock names what is owed by a due time.
type Clock string

// The clocks of a matter. PassOn and Progress are the house's own; what the
// citizen was told is Result.
const (
	PassOn   Clock = "pass_on"  // the desk gives the matter to whoever is in charge, or answers
	Progress Clock = "progress" // the department takes it, or says anything
	Result   Clock = "result"   // the citizen gets the answer
)

// PromiseState is how far a Promise has come.
type PromiseState string

// The states of a Promise. A broken one is still owed; keeping it late does not
// make it kept.
const (
	PromiseOpen   PromiseState = "open"
	PromiseKept   PromiseState = "kept"
	PromiseBroken PromiseState = "broken"
	PromiseMoot   PromiseState = "moot" // nothing is owed any more: passed on, taken back, or closed as not needing an answer
)

// Promise is something owed to a citizen by a due time. It is given by a
// member, who tells the citizen, or set by the targets of field, department and
// priority. What became of it stays on record.
type Promise struct {
	Conversation ConversationID  `json:"conv"`
	Code         string          `json:"code"`          // of the conversation
	Clock        Clock           `json:"clock"`         // Result, where the citizen was told
	Department   kb.DepartmentID `json:"dep,omitempty"` // who owes it; empty: the desk
	Category     kb.CategoryID   `json:"cat,omitempty"`
	By           MemberID        `json:"by,omitempty"`   // who promised; empty: it follows from the targets
	Told         bool            `json:"told,omitempty"` // the citizen was told the due time
	Note         string          `json:"note,omitempty"` // for members: what has to be done until then
	Urgent       bool            `json:"urgent,omitempty"`
	MadeAt       time.Time       `json:"made"`
	Due          time.Time       `json:"due"`
	State        PromiseState    `json:"state"`
	SettledAt    time.Time       `json:"settled,omitzero"`  // when it was kept, be it late, or became moot
	BrokenAt     time.Time       `json:"broken,omitzero"`   // when the due time passed unkept
	RemindedAt   time.Time       `json:"reminded,omitzero"` // people were reminded before it fell due
}

// Promises are all promises, under ids that grow with time. PromisesOf finds
// those of one conversation.
const Promises Shelf[Promise] = "promise"

// PromisesOf lists the promises of a conversation in the order they were made;
// their ids on the shelf Promises.
const PromisesOf Shelf[[]PromiseID] = "promises-of"
