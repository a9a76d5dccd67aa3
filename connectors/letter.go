package connectors

import (
	"context"
	"errors"
	"io"

	"tongdai/connectors/content"
)

// Letter is what an e-mail has beside what is said in it.
type Letter struct {
	Subject string
	// From is who says to have written an Inbound; of an Outbound it is the
	// connector's own matter.
	From   Address
	To, Cc []Address
	// Answers are the letters that this one answers, the nearest first. Of an
	// Inbound it is the sender's claim.
	Answers []RemoteID
	// Matter is the hub's own name of the conversation. An Outbound's is to be put
	// into the reply address, signed; an Inbound has it only where it was written to
	// such an address whose signature is ours and not too old.
	Matter string
	// Proven: a mail system that we believe, or the sender's own domain by its
	// signature, vouches for From. Of an Inbound.
	Proven bool

	// Quoted is what Content.Text leaves out of what arrived: quotes of earlier
	// letters, signatures.
	Quoted string
	// Machine is why no machine may answer, in Vietnamese: a notice of absence, a
	// list, a report of the mail system. Empty: a person wrote.
	Machine string
	// Notes are what a reader ought to know, in Vietnamese, a line each: who signed,
	// that the character set was guessed, that the sender's address is not proven.
	Notes []string

	// Signature stands below an Outbound, a line each.
	Signature []string
}

// Displayer is a Connector whose letters have a form of their own, which people
// may want to see.
type Displayer interface {
	// Display makes a page of the letter that was kept whole as original (Kind
	// content.Original). Pictures that lie on other servers tell their owner that the
	// letter is being read: they are in it only if remote is set. An error of the
	// kind Permanent means that it cannot be shown.
	Display(ctx context.Context, original content.Attachment, remote bool) (Page, error)
}

// Page is a letter as its sender laid it out: HTML without scripts, forms and
// frames, with its own pictures inside, to be shown in a sandboxed frame.
type Page struct {
	HTML   string
	Remote int // pictures of other servers, shown or left out
}

// Address is a mailbox and what its owner is called.
type Address struct {
	Name string `json:"name,omitempty"`
	Mail string `json:"mail"`
}

// Bookmark is where a connector stands in what it reads. It is kept in the
// transaction of the Receive whose Raw carries it, so that nothing is read twice
// and nothing skipped. Names are the connector's own within its channel.
type Bookmark struct {
	Name  string
	Value []byte
}

// ErrNoBookmark is returned where nothing was kept under the name yet.
var ErrNoBookmark = errors.New("connectors: no such bookmark")

// Bookmarks gives back what was kept; ErrNoBookmark.
type Bookmarks interface {
	Bookmark(ctx context.Context, channel ChannelID, name string) ([]byte, error)
}

// Originals is Files that also keeps what arrived whole, whatever it holds. It is
// given back as a download only, never shown.
type Originals interface {
	Files
	// Keep is Put without a look at what r holds. The attachment's Kind is
	// content.Original. The error says how much may be kept.
	Keep(ctx context.Context, name string, r io.Reader) (content.Attachment, error)
}
