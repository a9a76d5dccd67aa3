package record

import (
	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb"
)

// Conversations keeps inbox.Conversation.
var Conversations = codec(keepConversation, conversation.domain)

type conversation struct {
	ID         inbox.ConversationID `json:"id"`
	Code       string               `json:"code,omitempty"`
	Contact    inbox.ContactID      `json:"contact,omitempty"`
	Channel    connectors.ChannelID `json:"chan,omitempty"`
	Remote     connectors.RemoteID  `json:"rem,omitempty"`
	Thread     connectors.RemoteID  `json:"thread,omitempty"`
	InPublic   bool                 `json:"pub,omitempty"`
	Standby    bool                 `json:"stand,omitempty"`
	CameBy     string               `json:"ref,omitempty"`
	Subject    string               `json:"subj,omitempty"`
	Status     inbox.Status         `json:"st,omitempty"`
	Handler    inbox.Handler        `json:"by,omitempty"`
	Urgent     bool                 `json:"urg,omitempty"`
	Category   kb.CategoryID        `json:"cat,omitempty"`
	Department kb.DepartmentID      `json:"dep,omitempty"`
	Locality   inbox.LocalityID     `json:"loc,omitempty"`
	Assignee   inbox.MemberID       `json:"mem,omitempty"`

	ContactName  string           `json:"name,omitempty"`
	LastText     string           `json:"last,omitempty"`
	LastAuthor   inbox.AuthorKind `json:"lastBy,omitempty"`
	Unanswered   bool             `json:"unanswered,omitempty"`
	LastAt       stamp            `json:"lastAt,omitempty"`
	CreatedAt    stamp            `json:"at,omitempty"`
	ResolvedAt   stamp            `json:"resAt,omitempty"`
	WaitingSince stamp            `json:"wait,omitempty"`

	Contributing []kb.DepartmentID `json:"with,omitempty"`
	Due          stamp             `json:"due,omitempty"`
	Owed         inbox.Clock       `json:"owed,omitempty"`
	Overdue      bool              `json:"late,omitempty"`
	PromisedBy   stamp             `json:"promised,omitempty"`
	Alarm        inbox.AlarmState  `json:"alarm,omitempty"`
	Snoozed      stamp             `json:"sleep,omitempty"`
	Incident     inbox.IncidentID  `json:"inc,omitempty"`
	Labels       []string          `json:"labels,omitempty"`
	Ending       inbox.Ending      `json:"end,omitempty"`
	Rating       *rating           `json:"rate,omitempty"`

	LastSeq  uint64   `json:"seq,omitempty"`
	SaidAt   stamp    `json:"said,omitempty"`
	ReadSeq  uint64   `json:"read,omitempty"`
	Unread   int      `json:"unread,omitempty"`
	Dialogue dialogue `json:"dlg,omitzero"`
	Handoff  *handoff `json:"hand,omitempty"`
	Version  uint64   `json:"v"`
}

type dialogue struct {
	Greeted   bool          `json:"greeted,omitempty"`
	Asked     string        `json:"asked,omitempty"`
	Offered   []kb.EntryID  `json:"offered,omitempty"`
	Answered  kb.EntryID    `json:"ans,omitempty"`
	Field     kb.CategoryID `json:"field,omitempty"`
	Unhelpful int           `json:"unhelp,omitempty"`
	Language  string        `json:"lang,omitempty"`
	Choices   []string      `json:"choices,omitempty"`
	AskPlace  bool          `json:"place,omitempty"`
	Minute    int64         `json:"min,omitempty"`
	Replied   int           `json:"said,omitempty"`
}

// IsZero keeps the state of a bot that has not spoken out of the record.
func (d dialogue) IsZero() bool {
	return !d.Greeted && d.Asked == "" && len(d.Offered) == 0 && d.Answered == "" && d.Field == "" && d.Unhelpful == 0 &&
		d.Language == "" && len(d.Choices) == 0 && !d.AskPlace && d.Minute == 0
}

type rating struct {
	AskedAt stamp  `json:"ask,omitempty"`
	Stars   int    `json:"n,omitempty"`
	Comment string `json:"text,omitempty"`
	At      stamp  `json:"at,omitempty"`
}

type handoff struct {
	At         stamp       `json:"at,omitempty"`
	Reason     bot.Reason  `json:"why,omitempty"`
	Asked      string      `json:"asked,omitempty"`
	Candidates []candidate `json:"cand,omitempty"`
	AskedPlace bool        `json:"place,omitempty"`
}

type candidate struct {
	Entry      kb.EntryID `json:"e"`
	Question   string     `json:"q,omitempty"`
	Confidence float64    `json:"c,omitempty"`
}

func keepConversation(c inbox.Conversation) conversation {
	s := conversation{
		ID: c.ID, Code: c.Code, Contact: c.Contact, Channel: c.Channel, Remote: c.Remote, Thread: c.Thread,
		InPublic: c.InPublic, Standby: c.Standby, CameBy: c.CameBy, Subject: c.Subject,
		Status: c.Status, Handler: c.Handler, Urgent: c.Urgent, Category: c.Category,
		Department: c.Department, Locality: c.Locality, Assignee: c.Assignee,
		ContactName: c.ContactName, LastText: c.LastText, LastAuthor: c.LastAuthor, Unanswered: c.Unanswered,
		LastAt: keepTime(c.LastAt), CreatedAt: keepTime(c.CreatedAt),
		ResolvedAt: keepTime(c.ResolvedAt), WaitingSince: keepTime(c.WaitingSince),
		LastSeq: c.LastSeq, SaidAt: keepTime(c.SaidAt), ReadSeq: c.ReadSeq, Unread: c.Unread,
		Dialogue: dialogue(c.Dialogue), Version: c.Version,
		Contributing: c.Contributing, Due: keepTime(c.Due), Owed: c.Owed, Overdue: c.Overdue, PromisedBy: keepTime(c.PromisedBy), Alarm: c.Alarm,
		Snoozed: keepTime(c.SnoozedUntil), Incident: c.Incident, Labels: c.Labels, Ending: c.Ending,
	}
	if r := c.Rating; r != (inbox.Rating{}) {
		s.Rating = &rating{AskedAt: keepTime(r.AskedAt), Stars: r.Stars, Comment: r.Comment, At: keepTime(r.At)}
	}
	if h := c.Handoff; h != nil {
		s.Handoff = &handoff{At: keepTime(h.At), Reason: h.Reason, Asked: h.Asked, Candidates: mapped(h.Candidates, keepCandidate), AskedPlace: h.AskedPlace}
	}
	return s
}

func (s conversation) domain() inbox.Conversation {
	c := inbox.Conversation{
		ID: s.ID, Code: s.Code, Contact: s.Contact, Channel: s.Channel, Remote: s.Remote, Thread: s.Thread,
		InPublic: s.InPublic, Standby: s.Standby, CameBy: s.CameBy, Subject: s.Subject,
		Status: s.Status, Handler: s.Handler, Urgent: s.Urgent, Category: s.Category,
		Department: s.Department, Locality: s.Locality, Assignee: s.Assignee,
		ContactName: s.ContactName, LastText: s.LastText, LastAuthor: s.LastAuthor, Unanswered: s.Unanswered,
		LastAt: s.LastAt.time(), CreatedAt: s.CreatedAt.time(),
		ResolvedAt: s.ResolvedAt.time(), WaitingSince: s.WaitingSince.time(),
		LastSeq: s.LastSeq, SaidAt: s.SaidAt.time(), ReadSeq: s.ReadSeq, Unread: s.Unread,
		Dialogue: bot.State(s.Dialogue), Version: s.Version,
		Contributing: s.Contributing, Due: s.Due.time(), Owed: s.Owed, Overdue: s.Overdue, PromisedBy: s.PromisedBy.time(), Alarm: s.Alarm,
		SnoozedUntil: s.Snoozed.time(), Incident: s.Incident, Labels: s.Labels, Ending: s.Ending,
	}
	if r := s.Rating; r != nil {
		c.Rating = inbox.Rating{AskedAt: r.AskedAt.time(), Stars: r.Stars, Comment: r.Comment, At: r.At.time()}
	}
	if h := s.Handoff; h != nil {
		c.Handoff = &inbox.Handoff{At: h.At.time(), Reason: h.Reason, Asked: h.Asked, Candidates: mapped(h.Candidates, candidate.domain), AskedPlace: h.AskedPlace}
	}
	return c
}

func keepCandidate(c bot.Candidate) candidate { return candidate(c) }

func (s candidate) domain() bot.Candidate { return bot.Candidate(s) }

// mapped applies f to every element; of none it makes nil.
func mapped[A, B any](from []A, f func(A) B) []B {
	if len(from) == 0 {
		return nil
	}
	to := make([]B, len(from))
	for i, a := range from {
		to[i] = f(a)
	}
	return to
}
