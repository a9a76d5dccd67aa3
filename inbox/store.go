package inbox

import (
	"context"
	"iter"
	"time"

	"tongdai/connectors"
	"tongdai/kb"
)

// Store keeps what must not be lost. Two implementations behave the same and
// pass the same suite (inbox/store/storetest): an embedded one and PostgreSQL.
//
// The functions handed to View and Update may run more than once: they touch
// nothing but tx, and set what they return only as a result of tx. When Update
// returns nil, everything fn wrote is on disk; when it returns an error that
// fn did not return, the outcome is unknown and the error is ErrUnavailable,
// or that of ctx when fn was never run. A panic of fn stays with its caller.
//
// What fn writes over, in an Update, is what it has read: had another changed
// it meanwhile, fn would have run again. What fn only reads may be changed by
// others before fn's own writes are kept; where that matters, LineUp.
//
// A Limit of zero, or less, is none. Instants come back in UTC.
type Store interface {
	View(ctx context.Context, fn func(tx Reader) error) error
	Update(ctx context.Context, fn func(tx Writer) error) error

	// Claim takes up to n due tasks of a kind for ttl, urgent ones first, then
	// by due time. Of one group only the first task is ever claimed. The result
	// is written with tx.Finish or tx.Postpone, which fail with ErrStale once
	// somebody else may hold the task. ErrUnavailable while it could not be written.
	Claim(ctx context.Context, kind Work, n int, ttl time.Duration) ([]Claim, error)
	// NextDue is when Claim may find something of that kind: due tasks and
	// claims that lapse. Zero: nothing waits. New tasks wake Wake.
	NextDue(ctx context.Context, kind Work) (time.Time, error)
	// Wake returns a channel that receives after tasks of that kind were
	// committed by this process or, as far as the store can tell, by another.
	// One receive may stand for many tasks, and all callers share one channel
	// for a kind.
	Wake(kind Work) <-chan struct{}

	// Lease takes or renews the right to be the only one who does name, for
	// ttl. ok is false while another holder has it. A holder gives it back by a
	// ttl of zero or less.
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (ok bool, err error)

	// Follow yields every event after the given number, in order and without
	// end, until ctx ends or the consumer stops. Its error is ErrGone when
	// events after the number have been trimmed, or the number was never given,
	// and ErrUnavailable once the store is closed.
	Follow(ctx context.Context, after Seq) iter.Seq2[Event, error]

	// Now is the clock that due times and claims are measured by.
	Now() time.Time
	Close() error

	kb.Store
}

// Reader reads as of one moment.
type Reader interface {
	kb.Reader

	Conversation(id ConversationID) (Conversation, error)          // ErrNotFound
	ConversationByCode(code string) (Conversation, error)          // ErrNotFound
	Conversations(q ListQuery) ([]Conversation, Cursor, error)     // one page; no Cursor after the last
	CountConversations(lists []ListID, limit int) (int, error)     // counts no further than limit
	Message(id MessageID) (Message, error)                         // ErrNotFound
	Messages(id ConversationID, q MessageQuery) ([]Message, error) // in order of Seq
	// AttachmentUsed reports whether any message carries the file.
	AttachmentUsed(file string) (bool, error)
	Turn(id MessageID) (Turn, error)                                        // ErrNotFound
	Contact(id ContactID) (Contact, error)                                  // ErrNotFound
	ContactOf(connectors.ChannelID, connectors.RemoteID) (Contact, error)   // ErrNotFound
	Raw(id RawID) (Raw, error)                                              // ErrNotFound
	Quarantine(waiting bool, after RawID, limit int) ([]Quarantined, error) // newest first; all, or those that wait
	Member(id MemberID) (Member, error)                                     // ErrNotFound
	MemberByLogin(login string) (Member, error)                             // ErrNotFound
	Members() ([]Member, error)                                             // by login
	Session(tokenHash string) (Session, error)                              // ErrNotFound
	Sessions(of MemberID) ([]Session, error)
	Secret(name string) (Secret, error)   // ErrNotFound
	Audits(q AuditQuery) ([]Audit, error) // newest first
	// EntryVersion is an entry as it was; kb.ErrNotFound.
	EntryVersion(id kb.EntryID, version int) (kb.Entry, error)
	Import(id ImportID) (Import, error)  // ErrNotFound
	Imports(limit int) ([]Import, error) // newest first
	// Paper and Papers are for Shelf, which says what they hold.
	Paper(shelf, id string) (Paper, error) // ErrNotFound
	Papers(shelf string, q PaperQuery) ([]Paper, error)
	// LastEvent is a number to follow from: what is read in the same transaction
	// holds every change up to it, and perhaps later ones that follow as well.
	LastEvent() (Seq, error)
	// Stuck lists outgoing messages that wait for a person, oldest first.
	Stuck(after MessageID, limit int) ([]Message, error)

	// Prefetch says what will be asked for next: these conversations with their
	// contacts, and these messages. A store to which every question is a journey
	// brings them all at once; what is asked for later is the same either way.
	Prefetch(of []ConversationID, messages []MessageID) error
}

// Writer changes what is kept, within one transaction.
type Writer interface {
	Reader
	kb.Writer

	// Remember keeps a key of the platform for good. known tells whether it was
	// there, and same whether with the same sum over the content.
	Remember(k Key, sum [32]byte) (known, same bool, err error)
	// NextCode gives a conversation code of that day: "TH-261121-0042".
	NextCode(prefix string, day time.Time) (string, error)

	// PutConversation writes c and its Placements. c.Version must be the stored
	// one (zero for a new conversation), c.Code no other's, and nobody may stand
	// where c is to stand alone, else ErrConflict; the version is raised by one
	// in the result.
	PutConversation(c Conversation) (Conversation, error)
	// AppendMessage gives m the next Seq of its conversation and writes it.
	// ErrConflict when there is a message with its ID.
	AppendMessage(m Message) (Message, error)
	PutMessage(m Message) error // over an existing one, in its place
	PutTurn(t Turn) error
	PutContact(c Contact) error
	PutIdentity(i Identity) error // ErrConflict when it belongs to another contact
	PutRaw(r Raw) error
	PutQuarantined(q Quarantined) error
	PutMember(m Member) error // ErrConflict when another has the login
	PutSession(s Session) error
	DeleteSession(tokenHash string) error
	// PutSecret writes s. s.Version must be the stored one (zero for a new
	// secret), else ErrConflict; it is raised by one in the result.
	PutSecret(s Secret) (Secret, error)
	PutImport(i Import) error
	// PutPaper writes p. p.Version must be the stored one (zero for a new
	// paper), else ErrConflict; it is raised by one in the result.
	PutPaper(p Paper) (Paper, error)
	DeletePaper(shelf, id string) error
	AppendAudit(a Audit) error
	AppendEvent(e Event) error // the number is given by the Store, not before the commit
	// TrimEvents forgets events older than before.
	TrimEvents(before time.Time) error

	Enqueue(t Task) error                  // ErrConflict while a task with its ID waits
	Finish(c Claim) error                  // ErrStale
	Postpone(c Claim, due time.Time) error // ErrStale; counts an attempt
	// Extend holds the claim for longer. ErrStale when it has lapsed and another holds it.
	Extend(c Claim, until time.Time) (Claim, error)

	// LineUp lets one Update after the other pass that names the same: what it
	// reads from here on is not changed by those behind it until it has ended.
	LineUp(name string) error
}

// Key tells one thing a platform reported from every other. Two channels, or
// two kinds, never share a key.
type Key struct {
	Channel connectors.ChannelID
	Kind    connectors.InboundKind
	Value   string
}

// Cursor is where a page ended. It is opaque and safe to hand to a browser.
type Cursor string

// ListQuery asks for one page of the lists named, merged by rank. A
// conversation in several of them is given once.
type ListQuery struct {
	Lists []ListID
	After Cursor // empty: from the top
	Limit int
}

// MessageQuery asks for messages of a conversation: the newest Limit ones
// before Before (0: from the end), or the first Limit ones after After when
// Forward is set.
type MessageQuery struct {
	Before, After uint64
	Forward       bool
	Limit         int
}

// AuditQuery asks for acts on record. Zero fields do not narrow.
type AuditQuery struct {
	Conversation ConversationID
	Member       MemberID
	Before       uint64 // only those with a smaller Seq
	Limit        int
}
