package letter

import (
	"context"
	"crypto/x509"
	"io"
	"strings"
	"time"

	"tongdai/connectors/content"
	"tongdai/kb/vi"
)

// Keep takes one file of a letter and returns it as an attachment, as
// [connectors.Media] does: Media.Put is a Keep. A file that is not taken gives an
// error with a Kind of Permanent and a Reason; any other error ends the reading.
type Keep func(ctx context.Context, name string, r io.Reader) (content.Attachment, error)

// Leave is a Keep that keeps nothing, for reading a letter again whose files are
// kept already. The order of a letter's Attachments is always the same.
func Leave(_ context.Context, name string, _ io.Reader) (content.Attachment, error) {
	return content.Attachment{Name: name}, nil
}

// Address is one address of a letter, with the name beside it, both decoded and
// free of control characters.
type Address struct {
	Name    string
	Address string // as written, the domain in small letters; empty where there was none to be read
}

// Domain is what stands after the @, in small letters; empty without one.
func (a Address) Domain() string { return domainOf(a.Address) }

// Is reports whether a is that address, whatever the case of letters.
func (a Address) Is(address string) bool {
	return a.Address != "" && strings.EqualFold(a.Address, strings.TrimSpace(address))
}

// Letter is what a letter says.
type Letter struct {
	// MessageID is the letter's own, without < and >; empty where it has none, or
	// one too long to be kept (998 characters).
	MessageID string
	// Answers are the ids of letters that this one answers, the likeliest first:
	// In-Reply-To, then References from last to first, each once, at most 100. A
	// claim of the sender: anybody may name any letter.
	Answers []string
	// Root is the id of the letter that began the thread: the first of References,
	// else MessageID.
	Root string

	From        Address   // the first, where there are several
	Authors     int       // how many addresses stand in From; a letter with two is signed by nobody
	ReplyTo     []Address // where the sender wants answers; empty: From
	To, Cc      []Address // at most 200 each
	DeliveredTo []string  // Delivered-To, X-Original-To, Envelope-To: addresses that the server noted, for reply addresses
	// Envelope is the sender of the envelope (Return-Path); empty where not noted,
	// and "<>" for the null sender of bounces.
	Envelope string
	Subject  string    // decoded, in one line
	Date     time.Time // the sender's clock; zero when not to be read

	// Text is what the person wrote this time; Quoted the rest: letters before it,
	// signatures. See Cut.
	Text, Quoted string
	// HTML is the letter as the sender laid it out, never to be shown as it is: see
	// Show. Empty when it was sent as text only.
	HTML        string
	Attachments []Attachment
	Calendar    *Invitation // nil: none

	// Automatic tells why no machine may answer; none for a person's letter.
	Automatic []Reason
	Report    *Report // of a bounce, a delivery or a reading; else nil
	Signed    *Signature
	Encrypted Encryption
	// Guessed is the encoding that the text was read in although the letter named
	// another or none; vi.Unicode: nothing was guessed.
	Guessed vi.Encoding
	// Problems tell people what could not be read, in Vietnamese.
	Problems []string
	// Header is that of the letter, as it came, for Border and for what else the
	// sender's programs tell.
	Header Header
}

// Attachment is a file of a letter.
type Attachment struct {
	content.Attachment
	// CID is the name by which the letter's HTML shows it; empty: none.
	CID string
	// Inline: it belongs into the text, as pictures do.
	Inline bool
	// Nested is the letter that the file is, as far as it can be read; else nil.
	Nested *Nested
}

// Nested is a letter within a letter. Its files are within the file.
type Nested struct {
	MessageID string
	From      Address
	Subject   string
	Date      time.Time
	Text      string   // all of it, quotes included; at most 64 kB
	Files     []string // names
}

// Encryption is how a letter was made unreadable for us.
type Encryption string

// The encryptions.
const (
	Open       Encryption = ""
	SMIMESeal  Encryption = "smime"
	PGPSeal    Encryption = "pgp"
	RightsSeal Encryption = "rights" // Microsoft's rights management
)

// Words tell members what to do with such a letter; empty for an open one.
func (e Encryption) Words() string {
	switch e {
	case SMIMESeal:
		return "Thư được mã hóa bằng S/MIME, hệ thống không đọc được; xin người gửi gửi lại thư không mã hóa."
	case PGPSeal:
		return "Thư được mã hóa bằng PGP, hệ thống không đọc được; xin người gửi gửi lại thư không mã hóa."
	case RightsSeal:
		return "Thư được bảo vệ quyền của Microsoft, hệ thống không đọc được; xin người gửi gửi lại thư thường."
	}
	return ""
}

// Reader reads letters. The zero value reads them and leaves the files.
type Reader struct {
	Keep Keep
	// Own are the addresses that we write from: a letter from one of them is our
	// own come back.
	Own []string
	// Roots are the authorities whose S/MIME certificates are trusted; nil: none is,
	// and a signature tells only that the letter was not changed since.
	Roots *x509.CertPool
	// TextMost is how many bytes of one text part are read as text, 1 MB when zero;
	// what comes after it is kept as a file.
	TextMost int
	// Now is the clock, for certificates; nil: time.Now.
	Now func() time.Time
}

// Read reads a letter with keep and nothing else of a Reader.
func Read(ctx context.Context, r io.Reader, keep Keep) (Letter, error) {
	return Reader{Keep: keep}.Read(ctx, r)
}

// Limits of one letter. What is beyond them is passed over and noted in Problems.
const (
	mostBytes     = 64 << 20
	mostHeader    = 256 << 10 // of all fields of one part
	mostField     = 64 << 10
	mostFields    = 2000
	mostDepth     = 50
	mostParts     = 500
	mostAddresses = 200
	mostIDs       = 100
	mostID        = 998
	mostText      = 1 << 20
	mostTexts     = 4 << 20 // of all text parts together
	mostWhole     = 8 << 20 // of what must be held in memory to be understood: S/MIME, winmail.dat
	mostNested    = 1 << 20 // of a letter within, read for its text
	mostSmall     = 256 << 10
)

// Read reads one letter to its end. An error is the context's, the source's, or
// that of a Keep that failed for the moment: the same letter may be read again.
func (rd Reader) Read(ctx context.Context, r io.Reader) (Letter, error) {
	if rd.Keep == nil {
		rd.Keep = Leave
	}
	if rd.TextMost <= 0 {
		rd.TextMost = mostText
	}
	if rd.Now == nil {
		rd.Now = time.Now
	}
	w := newWalk(ctx, rd, &source{ctx: ctx, r: r, left: mostBytes})
	w.letter.Header = w.split.header(true)
	pieces := w.entity(w.letter.Header, "text/plain", 0)
	w.drain()
	if w.err() != nil {
		return Letter{}, w.err()
	}
	w.finish(pieces)
	return w.letter, nil
}
