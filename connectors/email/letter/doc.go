// Package letter is everything about one e-mail that needs no network and no
// hub: reading what a stranger sent, showing it, judging whether it is from whom
// it says, and writing our answer. The mailbox and the way out stand on it.
//
// [Read] takes a letter as it came, of any size, in one pass and with bounded
// memory: text is kept up to a limit, files go to a [Keep] as they stream by. It
// has no opinion on what is right: headers without a colon, boundaries that never
// come or come twice, wrong character sets, parts within parts within parts, all
// give what can be read of them, and [Letter.Problems] tells what could not. Only
// a source that breaks off, or a place for files that fails for the moment, is an
// error, since trying again helps there.
//
// The splitting of a letter into parts is our own, because libraries stop at the
// first malformed header line and citizens' letters have them; what libraries do
// well is theirs: character sets (go-message/charset, and kb/vi for the Vietnamese
// ones of before Unicode), cleaning HTML (bluemonday), DKIM and
// Authentication-Results (go-msgauth), and CMS for S/MIME. For the last it is
// smallstep/pkcs7, the maintained continuation of the archived
// go.mozilla.org/pkcs7: it reads BER as Outlook writes it, verifies at the time of
// signing, and has releases. It recurses into what it reads, so the depth is
// looked at first.
//
// [Letter.Text] is what the person wrote this time, [Letter.Quoted] all the rest;
// nothing is thrown away. [Show] makes a page for a frame without scripts.
// [Border] and [VerifyDKIM] say what proves the sender, [ReplyKey] makes addresses
// that name a matter and can neither be guessed nor used for ever, [Compose]
// writes.
package letter
