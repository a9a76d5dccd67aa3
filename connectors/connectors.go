// Package connectors is the contract between the hub and the platforms on
// which citizens write.
//
// A connector speaks one platform for one Channel. Two methods and a Limits
// value are enough to send; what only some platforms can do has an interface
// of its own (Webhook, Poller, Profiler, Checker), found by type assertion.
// Incoming things travel the other way: the connector verifies and parses,
// hands the raw bytes and the Inbounds it understood to the hub's Receiver,
// and acknowledges to its platform only after Receive returned nil.
//
// A connector knows nothing of conversations, members or storage, and no
// connector knows another.
package connectors

import (
	"context"
	"net/http"
	"time"
)

// ChannelID is chosen in the configuration: "zalo-1022", "web".
type ChannelID string

// RemoteID is an identifier issued by a platform: a person, a thread or a
// message. Only the connector that made it may look inside; everyone else
// stores it and hands it back.
type RemoteID string

// Channel is one account on one platform through which people write.
type Channel struct {
	ID   ChannelID
	Kind string // "webchat", "zalo", …
	Name string // what people call it: "Chat trên Cổng 1022"
}

// Limits says what a platform can carry, so that people and the bot are told
// before they write and nobody has to ask which platform it is.
type Limits struct {
	TextLength     int           // characters in one message; 0: no limit
	Choices        int           // buttons in one message; 0: none, choices become numbered text
	ChoiceLabel    int           // characters on a button
	Links          bool          // links and telephone numbers as buttons
	AttachmentSize int64         // bytes of one file; 0: no attachments
	ReplyWindow    time.Duration // how long after the citizen's last message we may write; 0: always
	// FromLog: what is committed to the hub's event log counts as sent, because
	// the reader's own client follows that log (the chat widget does). Send is
	// not called for such a channel.
	FromLog bool
}

// Connector carries what the hub says to one account on one platform.
type Connector interface {
	Channel() Channel
	Limits() Limits
	// Send delivers out and returns the platform's own id for it. Its errors
	// carry a Kind. After a crash it may be called again with the same out.Key.
	Send(ctx context.Context, out Outbound) (Receipt, error)
}

// Webhook is a Connector whose platform calls us. The handler is mounted under
// a path of its own and sees that path stripped.
type Webhook interface {
	Handler(r Receiver) http.Handler
}

// Poller is a Connector that fetches. Run returns when ctx ends; one node runs
// it at a time.
type Poller interface {
	Run(ctx context.Context, r Receiver) error
}

// Profiler is a Connector that can tell who a platform's user is.
type Profiler interface {
	Profile(ctx context.Context, user RemoteID) (Profile, error)
}

// Checker is a Connector that can tell whether it would work now.
type Checker interface {
	Check(ctx context.Context) Health
}

// Parser is a Connector that can read again what was kept raw, after its
// understanding has improved: the quarantine replays through it.
type Parser interface {
	Parse(ctx context.Context, raw Raw) ([]Inbound, error)
}

// Profile is what a platform tells of a person. It is a claim, never proof.
type Profile struct {
	Name, Phone, Email, Picture, Language string
}

// Health is the state of a channel's credentials and reachability.
type Health struct {
	OK        bool
	Problem   string    // in Vietnamese, for the member who has to act
	Expires   time.Time // of the credentials; zero: they do not expire
	CheckedAt time.Time
}

// Receiver is the hub's door.
type Receiver interface {
	// Receive returns nil only when raw and all of in are durable; the platform
	// is acknowledged after that, never before. The same key again changes
	// nothing and is not an error. What raw holds and in does not explain is
	// told in raw.Trouble and kept in the quarantine.
	Receive(ctx context.Context, raw Raw, in []Inbound) error
}
