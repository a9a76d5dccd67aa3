// Package connectors is the contract between the hub and the platforms on
// which citizens write.
//
// A connector speaks one platform for one Channel. Two methods and a Limits
// value are enough to send; what only some platforms can do has an interface
// of its own (Webhook, Poller, Profiler, Checker, Fetcher, Authorizer,
// Installer, Historian, Signaler, Moderator, Controller, Displayer), found by
// type assertion. Incoming things travel the other way: the connector
// verifies and parses, hands the raw bytes and the Inbounds it understood to
// the hub's Receiver, and acknowledges to its platform only after Receive
// returned nil. A Bridge (bridge.go) carries the people who answer instead.
//
// A connector knows nothing of conversations, members or storage, and no
// connector knows another. What it must keep of its own, its tokens, it keeps
// in a Vault; files go through Media. The promises written here are tried, for
// every connector, by the suite in connectortest.
package connectors

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"tongdai/connectors/content"
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
	Name string // what people call it: "Trò chuyện trên Cổng 1022"
}

// Limits says what a platform can carry, so that people and the bot are told
// before they write and nobody has to ask which platform it is.
type Limits struct {
	TextLength     int           // characters in one message; 0: no limit
	Choices        int           // buttons in one message; 0: none, choices become numbered text
	ChoiceLabel    int           // characters on a button
	Links          bool          // links and telephone numbers as buttons
	Quotes         bool          // a message shows which one it answers; see Outbound.Quotes
	AttachmentSize int64         // bytes of one file; 0: no attachments
	ReplyWindow    time.Duration // how long after the citizen's last message we may write; 0: always
	// AttachmentTypes are the media types that can be sent, "image/*" among
	// them; none: all. See Takes.
	AttachmentTypes []string
	// FreeWindow is how long after the citizen's last message our messages cost
	// nothing, where that is shorter than ReplyWindow; 0: as long as ReplyWindow.
	FreeWindow time.Duration
	// AutomaticWindow is how long after the citizen's last message a machine may
	// write, where that is shorter than ReplyWindow; 0: as long as ReplyWindow.
	AutomaticWindow time.Duration
	// PrivateReplies: what was said in public can be answered in private, once. The
	// windows hold for what is private only.
	PrivateReplies bool
	// FreeReplies is how many messages of ours cost nothing, or are allowed at
	// all, after each message of the citizen; 0: they are not counted.
	FreeReplies int
	// PerMinute is how many calls a minute the platform takes from this channel;
	// 0: not known. Beyond it Send fails with RateLimited.
	PerMinute int
	// Letters: what is said are letters, with a subject and a form: the bot writes
	// one for a turn, and messages carry a Letter.
	Letters bool
	// FromLog: what is committed to the hub's event log counts as sent, because
	// the reader's own client follows that log (the chat widget does). Send is
	// not called for such a channel.
	FromLog bool
}

// Takes reports whether a file of that media type and size, in bytes, can be sent.
func (l Limits) Takes(mediaType string, size int64) bool {
	if size > l.AttachmentSize {
		return false
	}
	return len(l.AttachmentTypes) == 0 || slices.ContainsFunc(l.AttachmentTypes, func(taken string) bool {
		family, all := strings.CutSuffix(taken, "*")
		return taken == mediaType || all && strings.HasPrefix(mediaType, family)
	})
}

// Connector carries what the hub says to one account on one platform.
type Connector interface {
	Channel() Channel
	Limits() Limits
	// Send delivers out and returns the platform's own ids for it. Text longer
	// than the platform takes is split between words (content.Split); choices,
	// links and files that it cannot show become plain text (content.Plain).
	// Its errors carry a Kind; where the platform may have the message although
	// it never said so, that kind is Uncertain. After a crash, or after an
	// error, it may be called again with the same out.Key.
	Send(ctx context.Context, out Outbound) (Receipt, error)
}

// Webhook is a Connector whose platform calls us. The handler is mounted under
// a path of its own and sees that path stripped.
//
// It answers 401 to what is not signed by the platform for this channel and 413
// to a body over its limit, and keeps neither. It answers 2xx only after
// Receive returned nil, and 503 when Receive failed, so that the platform sends
// again. What is signed but cannot be understood, in whole or in part, goes to
// Receive with Raw.Trouble and is acknowledged: sent again it would be no
// clearer. A resend of what is known is acknowledged as well; Receive tells
// copies apart, the connector does not.
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

// Fetcher is a Connector whose platform hands files over by reference. The hub
// calls Fetch soon after Receive returned, because such references expire.
type Fetcher interface {
	// Fetch gets the file from a.Source, never from an address inside our own
	// network, and keeps it through Media. The result has an ID and Type, Size
	// and a safe Name as Media found them, the Kind of a, and no Source. An error
	// of the kind Permanent, with a Reason for people, means that the file is not
	// to be had any more or is not taken; any other is worth another try. No
	// error names the address: whoever has it has the file.
	Fetch(ctx context.Context, a content.Attachment) (content.Attachment, error)
}

// Authorizer is a Connector whose credentials come from the consent that the
// account's administrator gives on the platform's own page. The platform sends
// the administrator back to the connector's Webhook handler, which keeps the
// tokens in the Vault.
type Authorizer interface {
	// Authorize returns the page to open. The address is good for one consent,
	// within the minutes that the platform allows.
	Authorize(ctx context.Context) (url string, err error)
}

// Installer is a Connector whose platform must be told where we are and how we
// introduce ourselves: address of the webhook, fields, greeting, menu.
type Installer interface {
	// Install tells the platform, and may be run again at any time. hook is the
	// public https address of the connector's Webhook handler. It returns what was
	// done, in Vietnamese, a line each; a failure keeps the lines before it.
	Install(ctx context.Context, hook string) (done []string, err error)
}

// Sign is a small thing that the citizen's app shows while nothing is said.
type Sign int

// The signs.
const (
	Typing Sign = iota // somebody writes an answer
	Looked             // what the citizen said was seen by a person
)

// Signaler is a Connector whose platform shows Signs. They are worth one try:
// the hub neither keeps nor repeats them.
type Signaler interface {
	// Signal shows sign to the citizen. last is what the citizen said last, as far
	// as the platform gave it an id.
	Signal(ctx context.Context, to RemoteID, last RemoteID, sign Sign) error
}

// Moderator is a Connector on whose platform a person may hide what a citizen
// said in public.
type Moderator interface {
	// Conceal hides a message from the public, or shows it again. Errors carry a
	// Kind and a Reason. Doing it twice is no error.
	Conceal(ctx context.Context, message RemoteID, hidden bool) error
}

// Controller is a Connector on whose platform several programs share an
// account and one at a time may answer a citizen. What comes of a call is
// reported by the platform as Controlled. Errors carry a Kind and a Reason.
type Controller interface {
	// Take makes it ours to answer, asking the other program where the platform
	// does not let us take it.
	Take(ctx context.Context, user RemoteID) error
	// Yield leaves the citizen to the platform's own inbox.
	Yield(ctx context.Context, user RemoteID) error
}

// Historian is a Connector whose platform can be asked again what was said, for
// what never came: the platform sends again for a while only, and an outage may
// be longer.
type Historian interface {
	// Recent tells with whom something was said since then, the latest first.
	Recent(ctx context.Context, since time.Time) ([]Heard, error)
	// Recall returns what was said with one of them, by both sides, the earliest
	// first: everything since then and, where the platform still tells it, the last
	// thing before, so that one can see that nothing lies between. Every Inbound
	// has Recalled set, and the Key under which the platform reports it by itself.
	// What is there and cannot be read is told in the Raw's Trouble.
	Recall(ctx context.Context, user RemoteID, since time.Time) (Raw, []Inbound, error)
}

// Parser is a Connector that can read again what was kept raw, after its
// understanding has improved: the quarantine replays through it.
type Parser interface {
	Parse(ctx context.Context, raw Raw) ([]Inbound, error)
}

// Profile is what a platform tells of a person. It is a claim, never proof.
type Profile struct {
	Name     string
	Phone    string // as the platform wrote it
	Email    string
	Address  string // where the person lives, in one line
	Picture  string // address of a picture of the person, kept by the platform
	Language string // "vi", "en"
}

// Heard is the last thing that was said with somebody.
type Heard struct {
	User    RemoteID
	Message RemoteID
	At      time.Time // the platform's clock
}

// Health is the state of a channel's credentials and reachability.
type Health struct {
	OK        bool
	Problem   string    // in Vietnamese, for the member who has to act
	Expires   time.Time // of the credentials; zero: they do not expire
	CheckedAt time.Time
	// Standing is how far a channel that is read has been read, in Vietnamese; empty:
	// there is nothing to tell.
	Standing string
}

// Receiver is the hub's door.
type Receiver interface {
	// Receive returns nil only when raw and all of in are durable; the platform
	// is acknowledged after that, never before. The same key again changes
	// nothing and is not an error. What raw holds and in does not explain is
	// told in raw.Trouble and kept in the quarantine.
	Receive(ctx context.Context, raw Raw, in []Inbound) error
}
