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
}

// InboundKind tells what a platform reports. Keys of different kinds are never
// compared with each other.
type InboundKind string

// Said is reported when a citizen said something.
const Said InboundKind = "said"

// Inbound is one thing a platform reported.
type Inbound struct {
	// Key is repeated by the platform when it delivers the same thing again. It
	// is unique within channel and Kind and holds the sender where the
	// platform's own ids repeat between people.
	Key     string
	Kind    InboundKind
	From    RemoteID  // the person
	Thread  RemoteID  // where the platform keeps several matters of one person apart (e-mail); else empty
	Message RemoteID  // the platform's id of the message
	SentAt  time.Time // the platform's clock
	Content content.Content
	// Pressed is the Value of the choice that was pressed, as the hub gave it.
	Pressed string
	// Profile is what came along about the person; its fields may be empty.
	Profile Profile
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
	// Automatic messages are marked as such where the platform can show it
	// (Law on Artificial Intelligence 134/2025/QH15, Art. 11).
	Automatic bool
}

// Receipt is the platform's word that it has the message.
type Receipt struct {
	Message RemoteID
	At      time.Time
}
