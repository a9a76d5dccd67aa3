package connectortest

import (
	"net/http"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Harness is a connector wired to a fresh simulator of its platform. What the
// platform does not have stays nil, and is left out. Every interface that the
// connector implements needs its part here.
type Harness struct {
	Connector connectors.Connector
	Hook      *Hook  // of a Webhook
	Poll      *Poll  // of a Poller
	Wire      *Wire  // of everything but a channel that follows the log
	Who       *Who   // of a Profiler
	Fetch     *Fetch // of a Fetcher
	// Spoil makes the account unusable, as when its credentials are withdrawn:
	// of a Checker.
	Spoil func()
	// Secrets must never show in an error or a health report: tokens, keys.
	Secrets []string
}

// Thing is something that happened on the platform, for the harness to report
// in the platform's own words.
type Thing struct {
	Kind connectors.InboundKind // "": Said
	// ID is the platform's id of the message. Two things that happened have two.
	ID     string
	From   string // the citizen, also of Echo, Delivered and Seen
	Text   string
	JSON   string // the text as a JSON string, quotes and all, put in as it is; "": Text
	SentAt time.Time
	Quotes string
	// Pressed is the choice that the citizen pressed, as the platform was given
	// it with a message of ours (Shown.Content.Choices).
	Pressed *content.Choice
	Profile connectors.Profile // of Shared: Name, Phone and Address
	// Odd: in its place stands something of a kind that nobody knows yet. Only
	// within a batch.
	Odd bool
}

// Hook is how the platform calls.
type Hook struct {
	// Report returns a genuine request that reports things, all for this
	// channel. Its URL is what the handler sees: the channel's own path stripped.
	Report func(things ...Thing) *http.Request
	// Batch is how many things one request may carry; less than two: one.
	Batch int
	// Sign returns a genuine request with any body.
	Sign func(body []byte) *http.Request
	// Header is the one with the signature, or with whatever else proves where
	// the request comes from.
	Header string
	// Loose: what Header holds does not depend on the body.
	Loose bool
	// Forged are requests that must be refused, by what is wrong with them: made
	// with another channel's key, with another secret of the same account, and
	// what else the platform's scheme invites.
	Forged func(things ...Thing) map[string]*http.Request
	// Unknown and Malformed are bodies, by what is odd about them, that are
	// genuine when signed: of a kind that nobody knows yet, and of a known kind
	// that makes no sense.
	Unknown, Malformed map[string]string
	// Frank: the caller is a client of ours that can correct itself. What cannot
	// be understood is answered 400 with the reason, and not kept; there are no
	// unknown kinds.
	Frank bool
	// MaxBody is the longest body that is taken, in bytes.
	MaxBody int64
	// Kinds are what the platform reports besides Said.
	Kinds []connectors.InboundKind
	// Verbatim: From, Message, Quotes and SentAt of an Inbound are what the
	// platform wrote. Otherwise the connector makes them up.
	Verbatim bool
	// Handler mounts the hook; nil: the Connector's own Handler.
	Handler func(connectors.Receiver) http.Handler
}

// Poll is how the platform is asked.
type Poll struct {
	// Offer has the platform hold things until they are fetched and acknowledged.
	Offer func(things ...Thing)
	// Left is how many are still held.
	Left func() int
}

// Wire is how the connector speaks to the platform.
type Wire struct {
	To connectors.RemoteID // a citizen who may be written to
	// Shown is what the citizen has been shown, in order.
	Shown func() []Shown
	// Fault has every call that hands over a message answered as f says, until
	// the next Fault; the zero Fault mends all. A Faults in front of the
	// simulator does it.
	Fault func(f Fault)
	// Down makes the platform unreachable for good: nobody listens.
	Down func()
	// Refusals are the platform's own ways to refuse a message, one at least for
	// every kind but those in Lacks.
	Refusals []Refusal
	Lacks    []connectors.Kind
	// Quotes: the platform shows which message ours answers.
	Quotes bool
	// Keep puts a file where the connector reads files; nil: it sends none.
	Keep func(name string, data []byte) content.Attachment
	// File is one that the platform takes, Wrong one that it does not.
	File, Wrong FileSample
}

// FileSample is a file and its name.
type FileSample struct {
	Name string
	Data []byte
}

// Shown is one message as the citizen's app shows it. A choice's Value is
// whatever was handed over with the button.
type Shown struct {
	ID      connectors.RemoteID
	Content content.Content
	Quotes  connectors.RemoteID
}

// Refusal is one way of the platform to refuse a message.
type Refusal struct {
	Name  string // the code and what it means: "-230: no word for seven days"
	Set   func() // has every message refused so from now on
	Kind  connectors.Kind
	After time.Duration // that Error must ask for; 0: any
}

// Who is whom the platform knows.
type Who struct {
	User     connectors.RemoteID
	Profile  connectors.Profile // of User
	Stranger connectors.RemoteID
}

// Fetch is where citizens' files lie.
type Fetch struct {
	// Offer puts a file on the platform and returns how an Inbound refers to it.
	Offer func(name string, data []byte) content.Attachment
	// Gone is an attachment whose file the platform has no more.
	Gone content.Attachment
	// Inside are attachments whose Source leads into our own network: addresses
	// of the metadata service, private ranges, other schemes. The suite adds none.
	Inside []content.Attachment
	// Read gives what Media kept under an attachment's ID.
	Read func(id string) []byte
}

// Factory makes a fresh Harness. What it starts ends with t.
type Factory func(t *testing.T) *Harness
