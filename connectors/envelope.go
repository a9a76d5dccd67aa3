package connectors

import (
	"time"

	"tongdai/connectors/content"
)

// Raw is what arrived, byte for byte. It is kept with the messages made of it,
// so that a parser's mistake can be put right later.
type Raw struct {
	Channel    ChannelID
	ReceivedAt time.Time
	Type       string // media type of Body
	Body       []byte
	// Trouble is why Body, or a part of it, could not be understood. Raw is then
	// also put in the quarantine, where people see it and can replay it.
	Trouble string
	// Files hold what is too big for Body; they are kept as long as Raw is.
	Files []content.Attachment
	// Bookmark is where the connector stands after this; nil: nowhere new.
	Bookmark *Bookmark
}

// InboundKind tells what a platform reports. Keys of different kinds are never
// compared with each other.
type InboundKind string

// What platforms report. Beside each kind stands what its Inbound holds more
// than Key, Kind, From and SentAt.
const (
	// Said: a citizen said something. Message, Content, Pressed, Quotes.
	Said InboundKind = "said"
	// Echo: a message of ours, as the platform shows it to the citizen From. It
	// may be one that Send handed over, reported before Send returned or after,
	// or one that somebody wrote in the platform's own app. Message, Content,
	// Sent and By where the platform tells them.
	Echo InboundKind = "echo"
	// Delivered: a message of ours is on the citizen's device. Message or UpTo.
	Delivered InboundKind = "delivered"
	// Seen: the citizen has opened a message of ours. Message or UpTo.
	Seen InboundKind = "seen"
	// Followed: the citizen follows the account from now on, without a word.
	Followed InboundKind = "followed"
	// Unfollowed: the citizen follows the account no longer, or has blocked it.
	Unfollowed InboundKind = "unfollowed"
	// Shared: the citizen filled in the platform's own form with name, telephone
	// number or address. Profile; Content.Form where the form had more.
	Shared InboundKind = "shared"
	// Opened: the citizen opened the conversation without a word: pressed "start",
	// or came by a link or code of ours. Ref. The bot greets whom it does not know.
	Opened InboundKind = "opened"
	// Edited: the citizen changed what was said before. Message, Content: all of it
	// as it reads now. It may come before the Said that it changes.
	Edited InboundKind = "edited"
	// Withdrawn: the citizen took back what was said. Message.
	Withdrawn InboundKind = "withdrawn"
	// Reacted: the citizen put a sign on a message of either side. Message,
	// Reaction; no Reaction: took it back.
	Reacted InboundKind = "reacted"
	// Concealed: what the citizen said in public was hidden from the public, or
	// shown again, in the platform's own app. Message, Hidden.
	Concealed InboundKind = "concealed"
	// Bounced: a message of ours did not reach the citizen, as is told only after
	// Send. Message, Reason.
	Bounced InboundKind = "bounced"
	// Controlled: the right to answer this citizen moved between us and another
	// program of the same account. Held.
	Controlled InboundKind = "controlled"
	// Acted: somebody of ours did something at a place of a Bridge. From is that
	// person, Thread empty. Message, Content, Act.
	Acted InboundKind = "acted"
)

// Inbound is one thing a platform reported.
type Inbound struct {
	// Key is repeated by the platform when it delivers the same thing again. It
	// is unique within channel and Kind and holds the sender where the
	// platform's own ids repeat between people.
	Key    string
	Kind   InboundKind
	From   RemoteID // the citizen, also of what others did: Echo, Delivered, Seen
	Thread RemoteID // where the platform keeps several matters of one person apart (e-mail, comments); else empty
	// Public: it was said before everybody, as comments are, and so will be what
	// we answer, unless Outbound.Private is set. Thread is then never empty.
	Public bool
	// Message is the platform's id of the message that was said or echoed, or
	// that Delivered and Seen are about.
	Message RemoteID
	SentAt  time.Time // the platform's clock
	Content content.Content
	// Pressed is the Value of the choice that was pressed, as the hub gave it.
	Pressed string
	// Quotes is the message that this one answers, as the citizen's app shows it.
	Quotes RemoteID
	// Album joins what the citizen sent as one and the platform reports one by one:
	// parts with the same From and Album are one message. Empty: stands alone.
	Album RemoteID
	// Standby: another program of the account answers this citizen now; we listen.
	Standby bool
	// Held: of Controlled, whether it is ours to answer now.
	Held bool
	// Hidden: of Concealed, whether it is hidden now.
	Hidden bool
	// Reason of a Bounced is shown to members, in Vietnamese.
	Reason string
	// Reaction is the sign of a Reacted, as text: "❤", "👍".
	Reaction string
	// Ref names the link or code through which the citizen came, as whoever made it
	// chose: "qr-phuong1". A claim: anybody can make such a link.
	Ref string
	// UpTo: Delivered or Seen is about everything we sent up to this time of the
	// platform's clock, for platforms that name no message. Message is then empty.
	UpTo time.Time
	// Sent is the Outbound.Key of an Echo, on platforms that give it back.
	Sent string
	// By is who wrote an Echo in the platform's own app, where the platform
	// tells: then it is none that Send handed over.
	By RemoteID
	// Profile is what came along about the person; its fields may be empty.
	Profile Profile
	// Recalled: it comes from the platform's history (Historian), which may tell it
	// in other words than the first time: its Key alone says whether it is known.
	Recalled bool
	// Letter is set where Limits.Letters is.
	Letter *Letter
	// Act is set for what is Acted.
	Act *Act
	// Language the person's client asked for ("vi", "en"), if known.
	Language string
	// Page is where on the web the person was, for the chat widget.
	Page string
}

// Outbound is one message on its way to a platform.
type Outbound struct {
	Key     string // the Message's id; the same after a crash
	To      RemoteID
	Thread  RemoteID
	Content content.Content
	// Quotes is the message of this conversation that ours answers; empty: none.
	// A platform that cannot quote, or no longer knows it, carries ours without.
	Quotes RemoteID
	// Private: answer in private what was said in public (Inbound.Public). Quotes is
	// then what is answered, and never empty. Only where Limits.PrivateReplies is set.
	Private bool
	// Heard is when the citizen was last heard, by our clock, for platforms that
	// want to be told by what right we write; zero: not known. Kept only where
	// Limits has a window.
	Heard time.Time
	// Letter is set where Limits.Letters is.
	Letter *Letter
	// Automatic messages are marked as such where the platform can show it
	// (Law on Artificial Intelligence 134/2025/QH15, Art. 11).
	Automatic bool
}

// Receipt is the platform's word that it has the message.
type Receipt struct {
	Message RemoteID   // of the message, of its first part when it was split; empty: the platform names none
	More    []RemoteID // of the parts after the first, in order
	At      time.Time  // the platform's clock, ours where it tells none
	// Note is what members ought to know although the message was taken, in Vietnamese:
	// a copy that the platform refused. Mostly empty.
	Note string
}
