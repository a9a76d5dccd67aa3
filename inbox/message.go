package inbox

import (
	"log/slog"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// Direction tells whom a Message is for.
type Direction string

// A note is read by members only.
const (
	In   Direction = "in"
	Out  Direction = "out"
	Note Direction = "note"
)

// AuthorKind tells who said a Message.
type AuthorKind string

// The authors of Messages.
const (
	Citizen      AuthorKind = "citizen"
	Bot          AuthorKind = "bot"
	ByMember     AuthorKind = "member"
	ByDepartment AuthorKind = "department"
	System       AuthorKind = "system"
)

// Author is who said a Message. Name is how it was shown at that time.
type Author struct {
	Kind   AuthorKind
	Member MemberID
	Name   string
}

// Message is one thing said in a Conversation, whichever platform carried it.
type Message struct {
	ID           MessageID
	Conversation ConversationID
	Seq          uint64 // order within the conversation, given by the Store, from 1
	Direction    Direction
	Author       Author
	Content      content.Content
	Pressed      string // the value of the choice that was pressed

	Key    string              // incoming: the platform's key; a member's: the client's, against doubles
	Remote connectors.RemoteID // the platform's id of the message
	// Parts are the platform's ids of what follows Remote where an outgoing
	// message was split.
	Parts      []connectors.RemoteID
	SentAt     time.Time // the sender's clock: shown to people
	ReceivedAt time.Time // ours
	Raw        RawID     // incoming: the bytes it was made of
	// ShownAt is the time by which it is shown among the others, Seq deciding among
	// equals; see InShownOrder. It is no time to show.
	ShownAt time.Time
	// Late is set when it was said well before something that had already arrived,
	// as after an outage: people may have read past where it stands.
	Late bool
	// Clashes is set when another message had the same key but other content:
	// both are kept.
	Clashes bool

	Quotes MessageID // what this message answers; empty: nothing in particular, or nothing we have
	// Private: our answer, in private, to what was said before everybody.
	Private bool
	// Revises is the message of the citizen that this one says anew, as it reads
	// since it was edited. What was said before stays as it was.
	Revises MessageID
	// Album joins what the citizen sent as one; see connectors.Inbound.Album.
	Album connectors.RemoteID
	// WithdrawnAt is when the citizen took the message back; people still see it.
	WithdrawnAt time.Time
	// Hidden: a person hid it from the public.
	Hidden bool
	// Reaction is the sign that the citizen put on it: "❤".
	Reaction string
	// Elsewhere: an answer that somebody wrote in the platform's own app, not at
	// the desk. Its author is a member whom the platform did not name.
	Elsewhere bool

	Automatic bool       // said by a machine, and marked as such
	Entry     kb.EntryID // the entry that the answer was taken from
	Change    *Change    // of a System note: what happened
	// Proposed: a note that a department would answer with, once the desk agrees.
	Proposed bool
	// Letter is what a letter has beside its content; nil where nothing is one.
	Letter *connectors.Letter

	Delivery Delivery // of an outgoing message
	// Early is what the platform reported while the message was being sent: it may
	// be about this message, whose id is not known yet. Empty in all other states.
	Early []Early
}

// Early is an Echo, Delivered or Seen that came before the answer to the Send
// that it may be about.
type Early struct {
	Kind    connectors.InboundKind
	Remote  connectors.RemoteID
	Key     string
	Content content.Content // of an Echo
	SentAt  time.Time
	Raw     RawID
}

// Change is something that happened to a Conversation, shown in its thread.
// Kind is one of the audit actions; the screen has words for each.
type Change struct {
	Action Action
	From   string
	To     string
}

// DeliveryState is how far an outgoing Message has come.
type DeliveryState string

// The states of a Delivery. Parked and Failed wait for a person: Parked could
// still leave by another way or later, Failed was refused for good. Doubtful
// is one whose platform may have it, though it never said so.
const (
	NoDelivery DeliveryState = ""
	Queued     DeliveryState = "queued"
	Sending    DeliveryState = "sending"
	Sent       DeliveryState = "sent"
	Delivered  DeliveryState = "delivered"
	Read       DeliveryState = "read"
	Parked     DeliveryState = "parked"
	Failed     DeliveryState = "failed"
)

// Delivery is an outgoing Message on its way to the platform.
type Delivery struct {
	State    DeliveryState
	Attempts int
	Reason   string    // of Parked and Failed, in Vietnamese, for members
	Doubtful bool      // an attempt ended without an answer: the citizen may have it twice
	At       time.Time // of the last change of State
	Again    time.Time // when a person last had it sent again; zero: never
}

// LogValue keeps the citizen's words out of the log, whoever logs the message.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", string(m.ID)),
		slog.String("conversation", string(m.Conversation)),
		slog.Int("chars", utf8.RuneCountInString(m.Content.Text)))
}
