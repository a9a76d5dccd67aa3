package connectors

import (
	"context"
	"time"

	"tongdai/connectors/content"
)

// Bridge carries the people who answer, where a Connector carries citizens. A
// department reads of its matters at a place of its own, a mailbox or a channel of
// a team chat, and answers there. The hub tells a place of a matter by one thread
// and goes on telling what happens; what people do there comes back as Inbounds of
// the kind Acted, or, where the place is a mailbox, as letters to the reply address
// of the thread. One account may be a Connector and a Bridge at once; those that are
// only a Bridge have a Channel all the same, for their health, their vault, their
// bookmarks and what is quarantined.
//
// Webhook, Poller, Checker, Fetcher and Parser are found by type assertion, as for
// a Connector.
type Bridge interface {
	Channel() Channel
	// Place is where a unit reads by this bridge, and how people know that place;
	// false: it does not.
	Place(u Unit) (place RemoteID, name string, ok bool)
	// Post tells a place what is new in a matter, and returns the root of its thread
	// there. It does so in order within a thread. Its errors carry a Kind as those of
	// Connector.Send do. After an error of another kind than Permanent, and after a
	// crash, it is called again with the same Key and the same Items, and sees to it as
	// well as its platform lets it that nothing is there twice.
	Post(ctx context.Context, p Post) (Posted, error)
	// Terse: a post is a letter, of which nobody wants many. It then has all that is
	// new, and is made only when somebody has to know; else each Item comes by itself, and
	// a post without Items when Matter is another and nothing else is new.
	Terse() bool
}

// Unit is a department, or whom the hub posts to besides: Leaders.
type Unit struct {
	ID   string // of the directory
	Name string
	Mail string // of its contact point; empty: none is known
}

// Leaders is the ID of the Unit that is told what concerns the whole house: urgent
// reports, what is overdue, channels in trouble.
const Leaders = "leaders"

// Post is what a place is told.
type Post struct {
	// Key is the same whenever the same is posted again, and no other post's.
	Key   string
	Place RemoteID
	// Thread is the hub's name of the thread, for reply addresses and buttons: 32
	// hexadecimal digits. Whoever brings it back must prove to have it from us.
	// Empty: an announcement, which nobody answers.
	Thread string
	// Root is what Post returned for the first of the thread; empty: this is the first.
	Root   RemoteID
	Matter Matter // as it is now, and not told again until it is another
	Items  []Item // the earliest first
}

// Matter is a conversation as people at a place are to see it.
type Matter struct {
	Code    string // TH-261121-0042
	Link    string // to it at the desk; empty: the installation has no address
	Unit    string // whose thread this is
	Person  string // what the citizen is called
	Channel string // by which the citizen writes
	Field   string // empty: not known
	Place   string
	Asked   string   // in the citizen's words
	Tried   []string // entries that the bot found and did not answer with, the best first
	// Due is by when the citizen is to have an answer, zero without a target;
	// Promised: that was told to the citizen.
	Due      time.Time
	Promised bool
	Urgent   bool
	Alarm    bool   // urgent, and nobody has confirmed to have heard of it
	Holder   string // who has taken it; empty: nobody
	Standing Standing
}

// Standing is what the people at a place have to do with a matter.
type Standing string

// The standings. Only who is in charge answers.
const (
	InCharge     Standing = "in_charge"
	Contributing Standing = "contributing" // asked beside the one in charge: writes notes
	Elsewhere    Standing = "elsewhere"    // another has it now
	Closed       Standing = "closed"
)

// ItemKind tells what an Item is.
type ItemKind string

// The kinds of Items. An Outcome is word of what somebody at this place did: About is
// the Message of that Acted, State and Text tell what became of it.
const (
	ItemCitizen  ItemKind = "citizen"
	ItemAnswer   ItemKind = "answer" // said to the citizen, by the bot or by people elsewhere
	ItemNote     ItemKind = "note"   // between members
	ItemChange   ItemKind = "change" // something happened to the matter
	ItemOutcome  ItemKind = "outcome"
	ItemAnnounce ItemKind = "announce" // to Leaders
)

// Item is one thing that a place is told.
type Item struct {
	Kind  ItemKind
	By    string // who said it, for people
	At    time.Time
	Text  string // Vietnamese where it is ours
	Files []content.Attachment
	About RemoteID     // of an Outcome
	State OutcomeState // of an Outcome
}

// OutcomeState is what became of what somebody did at a place.
type OutcomeState string

// The outcomes. Refused comes with a Text that says why and what to do.
const (
	Done       OutcomeState = "done"    // a note was written, a matter taken, …
	OnItsWay   OutcomeState = "sending" // an answer that is to reach the citizen
	Reached    OutcomeState = "sent"    // the citizen's platform has it
	Arrived    OutcomeState = "delivered"
	NotReached OutcomeState = "failed"
	Refused    OutcomeState = "refused"
)

// Posted is the place's word that it has a post.
type Posted struct {
	Root RemoteID // of the thread: Post.Root, or what is new
}

// Deed is what somebody at a place does in a matter.
type Deed string

// The deeds.
const (
	// Speak: Content is meant for the citizen, unless its first line is an order, such
	// as "hẹn …" or "chuyển lại: …"; the hub reads it.
	Speak   Deed = "speak"
	Remark  Deed = "remark"  // Content is for colleagues alone
	Take    Deed = "take"    // is going to see to it
	Vow     Deed = "vow"     // an answer by Due; Content is what the citizen is told, or nothing
	GiveUp  Deed = "give_up" // it is another's to answer: back to the desk, Content says why
	Confirm Deed = "confirm" // has heard of the urgent report
	Amend   Deed = "amend"   // a Speak or Remark reads otherwise now, as Content says; what was sent stays sent
	Retract Deed = "retract" // a Speak or Remark was taken back at the place; what was sent stays sent
)

// Act is what an Acted has beside Key, Message and Content.
type Act struct {
	Do Deed
	// Thread is the hub's name of it, proven to come from us; else Root is the root of
	// the thread at the place.
	Thread string
	Root   RemoteID
	By     Colleague
	Due    time.Time // of a Vow
	About  RemoteID  // of Amend and Retract: the Message meant
}

// Colleague is somebody at a place, as the platform vouches for.
type Colleague struct {
	User RemoteID
	Name string
	Mail string // proven to be this person's or this unit's; else empty
}

// Informer is the hub as people at a place may ask it. What they may not see is
// refused with an error whose Reason (ReasonOf) is for them.
type Informer interface {
	// Search finds answers of the knowledge base, the best first.
	Search(ctx context.Context, bridge ChannelID, by Colleague, question string) ([]Found, error)
	// Show tells of a matter by its code, with its last Items.
	Show(ctx context.Context, bridge ChannelID, by Colleague, code string) (Matter, []Item, error)
	// OnDuty tells who is at the desk.
	OnDuty(ctx context.Context, bridge ChannelID, by Colleague) (names []string, err error)
	// Link makes a user of the bridge the member whom a code names, which that member
	// was shown on the page of the account; it returns the member's name.
	Link(ctx context.Context, bridge ChannelID, by Colleague, code string) (name string, err error)
}

// Found is an answer of the knowledge base.
type Found struct {
	Entry, Question, Answer, Unit string
}
