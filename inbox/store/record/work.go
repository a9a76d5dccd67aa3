package record

import (
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb"
)

// Codecs of what is to be done and what was done.
var (
	Tasks  = codec(keepTask, task.domain)
	Turns  = codec(keepTurn, turn.domain)
	Events = codec(keepEvent, event.domain)
	Audits = codec(keepAudit, audit.domain)
)

type task struct {
	ID       string     `json:"id"`
	Kind     inbox.Work `json:"kind"`
	Group    string     `json:"group,omitempty"`
	Ref      string     `json:"ref,omitempty"`
	Urgent   bool       `json:"urg,omitempty"`
	Due      stamp      `json:"due,omitempty"`
	Attempts int        `json:"n,omitempty"`
}

func keepTask(t inbox.Task) task {
	return task{ID: t.ID, Kind: t.Kind, Group: t.Group, Ref: t.Ref, Urgent: t.Urgent, Due: keepTime(t.Due), Attempts: t.Attempts}
}

func (s task) domain() inbox.Task {
	return inbox.Task{ID: s.ID, Kind: s.Kind, Group: s.Group, Ref: s.Ref, Urgent: s.Urgent, Due: s.Due.time(), Attempts: s.Attempts}
}

type turn struct {
	Message      inbox.MessageID      `json:"msg"`
	Conversation inbox.ConversationID `json:"conv,omitempty"`
	At           stamp                `json:"at,omitempty"`
	Took         int64                `json:"took,omitempty"` // nanoseconds
	Outcome      bot.Outcome          `json:"out,omitempty"`
	Reason       bot.Reason           `json:"why,omitempty"`
	Entry        kb.EntryID           `json:"entry,omitempty"`
	Confidence   float64              `json:"conf,omitempty"`
	Candidates   []candidate          `json:"cand,omitempty"`
	Rule         string               `json:"rule,omitempty"`
	Revision     uint64               `json:"rev,omitempty"`
}

func keepTurn(t inbox.Turn) turn {
	return turn{
		Message: t.Message, Conversation: t.Conversation, At: keepTime(t.At), Took: t.Took.Nanoseconds(),
		Outcome: t.Outcome, Reason: t.Reason, Entry: t.Entry, Confidence: t.Confidence,
		Candidates: mapped(t.Candidates, keepCandidate), Rule: t.Rule, Revision: t.Revision,
	}
}

func (s turn) domain() inbox.Turn {
	return inbox.Turn{
		Message: s.Message, Conversation: s.Conversation, At: s.At.time(), Took: time.Duration(s.Took),
		Outcome: s.Outcome, Reason: s.Reason, Entry: s.Entry, Confidence: s.Confidence,
		Candidates: mapped(s.Candidates, candidate.domain), Rule: s.Rule, Revision: s.Revision,
	}
}

type event struct {
	Seq          inbox.Seq            `json:"seq"`
	At           stamp                `json:"at,omitempty"`
	Kind         inbox.EventKind      `json:"kind"`
	Conversation inbox.ConversationID `json:"conv,omitempty"`
	Message      inbox.MessageID      `json:"msg,omitempty"`
	Channel      connectors.ChannelID `json:"chan,omitempty"`
	Remote       connectors.RemoteID  `json:"rem,omitempty"`
	Department   kb.DepartmentID      `json:"dep,omitempty"`
	Public       bool                 `json:"pub,omitempty"`
	Own          bool                 `json:"own,omitempty"`
	Member       inbox.MemberID       `json:"mem,omitempty"`
	Detail       string               `json:"detail,omitempty"`
}

func keepEvent(e inbox.Event) event {
	return event{
		Seq: e.Seq, At: keepTime(e.At), Kind: e.Kind, Conversation: e.Conversation, Message: e.Message,
		Channel: e.Channel, Remote: e.Remote, Department: e.Department, Public: e.Public, Own: e.Own,
		Member: e.Member, Detail: e.Detail,
	}
}

func (s event) domain() inbox.Event {
	return inbox.Event{
		Seq: s.Seq, At: s.At.time(), Kind: s.Kind, Conversation: s.Conversation, Message: s.Message,
		Channel: s.Channel, Remote: s.Remote, Department: s.Department, Public: s.Public, Own: s.Own,
		Member: s.Member, Detail: s.Detail,
	}
}

type audit struct {
	Seq          uint64               `json:"seq"`
	At           stamp                `json:"at,omitempty"`
	Member       inbox.MemberID       `json:"mem,omitempty"`
	Action       inbox.Action         `json:"act"`
	Conversation inbox.ConversationID `json:"conv,omitempty"`
	Target       string               `json:"target,omitempty"`
	Address      string               `json:"addr,omitempty"`
	Detail       string               `json:"detail,omitempty"`
}

func keepAudit(a inbox.Audit) audit {
	return audit{
		Seq: a.Seq, At: keepTime(a.At), Member: a.Member, Action: a.Action, Conversation: a.Conversation,
		Target: a.Target, Address: a.Address, Detail: a.Detail,
	}
}

func (s audit) domain() inbox.Audit {
	return inbox.Audit{
		Seq: s.Seq, At: s.At.time(), Member: s.Member, Action: s.Action, Conversation: s.Conversation,
		Target: s.Target, Address: s.Address, Detail: s.Detail,
	}
}
