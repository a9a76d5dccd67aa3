package record

import (
	"slices"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// Messages keeps inbox.Message.
var Messages = codec(keepMessage, message.domain)

type message struct {
	ID           inbox.MessageID      `json:"id"`
	Conversation inbox.ConversationID `json:"conv"`
	Seq          uint64               `json:"seq"`
	Direction    inbox.Direction      `json:"dir,omitempty"`
	AuthorKind   inbox.AuthorKind     `json:"by,omitempty"`
	Member       inbox.MemberID       `json:"mem,omitempty"`
	AuthorName   string               `json:"name,omitempty"`

	said
	Pressed string `json:"pressed,omitempty"`

	Key        string                `json:"key,omitempty"`
	Remote     connectors.RemoteID   `json:"rem,omitempty"`
	Parts      []connectors.RemoteID `json:"parts,omitempty"`
	Quotes     inbox.MessageID       `json:"quotes,omitempty"`
	Private    bool                  `json:"priv,omitempty"`
	Revises    inbox.MessageID       `json:"revises,omitempty"`
	Album      connectors.RemoteID   `json:"album,omitempty"`
	Withdrawn  stamp                 `json:"gone,omitempty"`
	Hidden     bool                  `json:"hid,omitempty"`
	Reaction   string                `json:"sign,omitempty"`
	Elsewhere  bool                  `json:"else,omitempty"`
	Early      []early               `json:"early,omitempty"`
	SentAt     stamp                 `json:"sent,omitempty"`
	ReceivedAt stamp                 `json:"at,omitempty"`
	ShownAt    stamp                 `json:"shown,omitempty"`
	Raw        inbox.RawID           `json:"raw,omitempty"`
	Late       bool                  `json:"late,omitempty"`
	Clashes    bool                  `json:"clash,omitempty"`
	Automatic  bool                  `json:"auto,omitempty"`
	Entry      kb.EntryID            `json:"entry,omitempty"`
	Change     *change               `json:"chg,omitempty"`
	Delivery   *delivery             `json:"dlv,omitempty"`
	Letter     *letter               `json:"mail,omitempty"`
	Proposed   bool                  `json:"prop,omitempty"`
}

// letter is connectors.Letter.
type letter struct {
	Subject   string                `json:"subj,omitempty"`
	From      *address              `json:"from,omitempty"`
	To        []address             `json:"to,omitempty"`
	Cc        []address             `json:"cc,omitempty"`
	Answers   []connectors.RemoteID `json:"re,omitempty"`
	Matter    string                `json:"conv,omitempty"`
	Proven    bool                  `json:"prov,omitempty"`
	Quoted    string                `json:"cut,omitempty"`
	Machine   string                `json:"auto,omitempty"`
	Notes     []string              `json:"notes,omitempty"`
	Signature []string              `json:"sign,omitempty"`
}

type address struct {
	Name string `json:"n,omitempty"`
	Mail string `json:"m,omitempty"`
}

func keepLetter(l *connectors.Letter) *letter {
	if l == nil {
		return nil
	}
	keep := func(a connectors.Address) address { return address(a) }
	var from *address
	if l.From != (connectors.Address{}) {
		from = new(keep(l.From))
	}
	return &letter{
		Subject: l.Subject, From: from, To: mapped(l.To, keep), Cc: mapped(l.Cc, keep), Answers: slices.Clone(l.Answers), Matter: l.Matter, Proven: l.Proven,
		Quoted: l.Quoted, Machine: l.Machine, Notes: slices.Clone(l.Notes), Signature: slices.Clone(l.Signature),
	}
}

func (s *letter) domain() *connectors.Letter {
	if s == nil {
		return nil
	}
	back := func(a address) connectors.Address { return connectors.Address(a) }
	var from connectors.Address
	if s.From != nil {
		from = back(*s.From)
	}
	return &connectors.Letter{
		Subject: s.Subject, From: from, To: mapped(s.To, back), Cc: mapped(s.Cc, back), Answers: s.Answers, Matter: s.Matter, Proven: s.Proven,
		Quoted: s.Quoted, Machine: s.Machine, Notes: s.Notes, Signature: s.Signature,
	}
}

// said is content.Content. Its fields stand among those of what holds it.
type said struct {
	Text        string       `json:"text,omitempty"`
	Choices     []choice     `json:"choices,omitempty"`
	Links       []link       `json:"links,omitempty"`
	Attachments []attachment `json:"files,omitempty"`
	Place       *place       `json:"place,omitempty"`
	Form        []field      `json:"form,omitempty"`
}

func keepSaid(c content.Content) said {
	return said{
		Text:        c.Text,
		Choices:     mapped(c.Choices, func(c content.Choice) choice { return choice(c) }),
		Links:       mapped(c.Links, func(l content.Link) link { return link(l) }),
		Attachments: mapped(c.Attachments, func(a content.Attachment) attachment { return attachment(a) }),
		Place:       (*place)(c.Place),
		Form:        mapped(c.Form, func(f content.Field) field { return field(f) }),
	}
}

func (s said) content() content.Content {
	return content.Content{
		Text:        s.Text,
		Choices:     mapped(s.Choices, func(c choice) content.Choice { return content.Choice(c) }),
		Links:       mapped(s.Links, func(l link) content.Link { return content.Link(l) }),
		Attachments: mapped(s.Attachments, func(a attachment) content.Attachment { return content.Attachment(a) }),
		Place:       (*content.Place)(s.Place),
		Form:        mapped(s.Form, func(f field) content.Field { return content.Field(f) }),
	}
}

// early is inbox.Early.
type early struct {
	Kind   connectors.InboundKind `json:"k,omitempty"`
	Remote connectors.RemoteID    `json:"rem,omitempty"`
	Key    string                 `json:"key,omitempty"`
	said
	SentAt stamp       `json:"sent,omitempty"`
	Raw    inbox.RawID `json:"raw,omitempty"`
}

func keepEarly(e inbox.Early) early {
	return early{Kind: e.Kind, Remote: e.Remote, Key: e.Key, said: keepSaid(e.Content), SentAt: keepTime(e.SentAt), Raw: e.Raw}
}

func (s early) domain() inbox.Early {
	return inbox.Early{Kind: s.Kind, Remote: s.Remote, Key: s.Key, Content: s.content(), SentAt: s.SentAt.time(), Raw: s.Raw}
}

type choice struct {
	Label string `json:"l,omitempty"`
	Value string `json:"v,omitempty"`
}

type link struct {
	Label string `json:"l,omitempty"`
	URL   string `json:"u,omitempty"`
}

type attachment struct {
	ID      string                 `json:"id,omitempty"`
	Kind    content.AttachmentKind `json:"as,omitempty"`
	Name    string                 `json:"name,omitempty"`
	Type    string                 `json:"type,omitempty"`
	Size    int64                  `json:"size,omitempty"`
	Source  string                 `json:"src,omitempty"`
	Problem string                 `json:"prob,omitempty"`
}

type place struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lon"`
	Label     string  `json:"l,omitempty"`
}

type field struct {
	Name  string `json:"n,omitempty"`
	Label string `json:"l,omitempty"`
	Value string `json:"v,omitempty"`
}

type change struct {
	Action inbox.Action `json:"a,omitempty"`
	From   string       `json:"from,omitempty"`
	To     string       `json:"to,omitempty"`
}

type delivery struct {
	State    inbox.DeliveryState `json:"st,omitempty"`
	Attempts int                 `json:"n,omitempty"`
	Reason   string              `json:"why,omitempty"`
	Doubtful bool                `json:"doubt,omitempty"`
	At       stamp               `json:"at,omitempty"`
	Again    stamp               `json:"again,omitempty"`
}

func keepMessage(m inbox.Message) message {
	s := message{
		ID: m.ID, Conversation: m.Conversation, Seq: m.Seq, Direction: m.Direction,
		AuthorKind: m.Author.Kind, Member: m.Author.Member, AuthorName: m.Author.Name,
		said:  keepSaid(m.Content),
		Parts: slices.Clone(m.Parts), Quotes: m.Quotes, Elsewhere: m.Elsewhere, Early: mapped(m.Early, keepEarly),
		Private: m.Private, Revises: m.Revises, Album: m.Album, Withdrawn: keepTime(m.WithdrawnAt), Hidden: m.Hidden, Reaction: m.Reaction,
		Pressed: m.Pressed, Key: m.Key, Remote: m.Remote,
		SentAt: keepTime(m.SentAt), ReceivedAt: keepTime(m.ReceivedAt), ShownAt: keepTime(m.ShownAt), Raw: m.Raw, Late: m.Late, Clashes: m.Clashes,
		Automatic: m.Automatic, Entry: m.Entry, Change: (*change)(m.Change), Letter: keepLetter(m.Letter), Proposed: m.Proposed,
	}
	if d := m.Delivery; d != (inbox.Delivery{}) {
		s.Delivery = &delivery{State: d.State, Attempts: d.Attempts, Reason: d.Reason, Doubtful: d.Doubtful, At: keepTime(d.At), Again: keepTime(d.Again)}
	}
	return s
}

func (s message) domain() inbox.Message {
	m := inbox.Message{
		ID: s.ID, Conversation: s.Conversation, Seq: s.Seq, Direction: s.Direction,
		Author:  inbox.Author{Kind: s.AuthorKind, Member: s.Member, Name: s.AuthorName},
		Content: s.content(),
		Parts:   s.Parts, Quotes: s.Quotes, Elsewhere: s.Elsewhere, Early: mapped(s.Early, early.domain),
		Private: s.Private, Revises: s.Revises, Album: s.Album, WithdrawnAt: s.Withdrawn.time(), Hidden: s.Hidden, Reaction: s.Reaction,
		Pressed: s.Pressed, Key: s.Key, Remote: s.Remote,
		SentAt: s.SentAt.time(), ReceivedAt: s.ReceivedAt.time(), ShownAt: s.ShownAt.time(), Raw: s.Raw, Late: s.Late, Clashes: s.Clashes,
		Automatic: s.Automatic, Entry: s.Entry, Change: (*inbox.Change)(s.Change), Letter: s.Letter.domain(), Proposed: s.Proposed,
	}
	if d := s.Delivery; d != nil {
		m.Delivery = inbox.Delivery{State: d.State, Attempts: d.Attempts, Reason: d.Reason, Doubtful: d.Doubtful, At: d.At.time(), Again: d.Again.time()}
	}
	return m
}
