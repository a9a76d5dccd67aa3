package inbox

import (
	"slices"

	"tongdai/kb"
)

// Operation is something a member may want to do.
type Operation string

// The operations that the policy speaks of.
const (
	SeeConversation    Operation = "conversation.see"
	NoteConversation   Operation = "conversation.note"
	AnswerConversation Operation = "conversation.answer" // and take, file, transfer, resolve
	SeeStuck           Operation = "stuck.see"
	SettleQuarantine   Operation = "quarantine.settle"
	SeeAudit           Operation = "audit.see"
	SeeKnowledge       Operation = "knowledge.see"
	ImportKnowledge    Operation = "knowledge.import"
	ManageMembers      Operation = "members.manage"
	SeeChannels        Operation = "channels.see"
	ConnectChannels    Operation = "channels.connect"
	TestChannels       Operation = "channels.test"
	ReconcileChannels  Operation = "channels.reconcile"
)

// reach is how far a right goes.
type reach int

const (
	none         reach = iota
	departments        // what a department of the member is in charge of
	contributing       // that, and what one was asked to contribute to
	everywhere
)

// policy is the one table of rights: what is not in it is refused. Handlers,
// lists, events and counts all ask it through may.
var policy = map[Role]map[Operation]reach{
	Admin: {
		SeeConversation: everywhere, NoteConversation: everywhere, AnswerConversation: everywhere, SeeStuck: everywhere,
		SettleQuarantine: everywhere, SeeAudit: everywhere, SeeKnowledge: everywhere,
		ImportKnowledge: everywhere, ManageMembers: everywhere,
		SeeChannels: everywhere, ConnectChannels: everywhere, TestChannels: everywhere, ReconcileChannels: everywhere,
	},
	Supervisor: {
		SeeConversation: everywhere, NoteConversation: everywhere, AnswerConversation: everywhere, SeeStuck: everywhere,
		SettleQuarantine: everywhere, SeeKnowledge: everywhere, ImportKnowledge: everywhere,
		SeeChannels: everywhere,
	},
	Operator: {
		SeeConversation: everywhere, NoteConversation: everywhere, AnswerConversation: everywhere, SeeStuck: everywhere,
		SeeKnowledge: everywhere,
	},
	Staff: {
		SeeConversation: contributing, NoteConversation: contributing, AnswerConversation: departments,
		SeeKnowledge: everywhere, ImportKnowledge: departments,
	},
	Viewer: {
		SeeConversation: everywhere, SeeKnowledge: everywhere,
	},
}

// Actor is a member at work: who acts, and from where.
type Actor struct {
	Member  Member
	Address string
}

// reach returns how far a's right to op goes.
func (a Actor) reach(op Operation) reach {
	if a.Member.ID == "" || a.Member.Disabled {
		return none
	}
	return policy[a.Member.Role][op]
}

// May reports whether a may do op at all, be it only for some departments.
func (a Actor) May(op Operation) bool { return a.reach(op) != none }

// MayEverywhere reports whether a may do op whichever department is concerned.
func (a Actor) MayEverywhere(op Operation) bool { return a.reach(op) == everywhere }

// MayWith reports whether a may do op with conversation c.
func (a Actor) MayWith(op Operation, c Conversation) bool {
	switch a.reach(op) {
	case everywhere:
		return true
	case contributing:
		return a.of(c.Department) || slices.ContainsFunc(c.Contributing, a.of)
	case departments:
		return a.of(c.Department)
	default:
		return false
	}
}

// of reports whether a belongs to a department.
func (a Actor) of(d kb.DepartmentID) bool { return d != "" && slices.Contains(a.Member.Departments, d) }

// require turns a refusal into the error that the outside sees: what may not
// even be seen does not exist.
func (a Actor) require(op Operation, c Conversation) error {
	if a.MayWith(op, c) {
		return nil
	}
	if a.MayWith(SeeConversation, c) {
		return ErrForbidden
	}
	return ErrNotFound
}
