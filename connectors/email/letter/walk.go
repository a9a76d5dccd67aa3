package letter

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb/vi"
)

// walk goes through the parts of one letter, in order, and collects what they say.
type walk struct {
	ctx     context.Context
	reader  Reader
	source  *source
	split   *splitter
	letter  Letter
	failed  error // of Keep
	parts   int
	texts   int // bytes of text read
	nesting int // letters around this one
	report  reportParts
	noted   map[string]bool
}

// piece is a stretch of the letter's text, in one form or both.
type piece struct {
	plain, html       string
	hasPlain, hasHTML bool
}

func newWalk(ctx context.Context, rd Reader, src *source) *walk {
	return &walk{ctx: ctx, reader: rd, source: src, split: newSplitter(src), noted: map[string]bool{}}
}

// err is why the letter must be read again.
func (w *walk) err() error {
	if w.source.failed != nil {
		return w.source.failed
	}
	return w.failed
}

// note tells people of something that could not be read, once.
func (w *walk) note(format string, args ...any) {
	problem := fmt.Sprintf(format, args...)
	if len(w.noted) < 20 && !w.noted[problem] {
		w.noted[problem] = true
		w.letter.Problems = append(w.letter.Problems, problem)
	}
}

func (w *walk) drain() {
	for w.split.at, w.split.last = len(w.split.bounds), false; !w.split.ended; w.split.at = len(w.split.bounds) {
		w.split.drain()
	}
	if w.source.cut {
		w.note("Thư quá dài, phần cuối không đọc được.")
	}
}

// entity reads one part whose header was read. otherwise is the type of a part
// that names none.
func (w *walk) entity(h Header, otherwise string, depth int) []piece {
	if w.failed != nil || w.source.failed != nil {
		return nil
	}
	kind, ps := params(h.Get("Content-Type"))
	if !strings.Contains(kind, "/") || strings.ContainsAny(kind, " ,") {
		kind = otherwise
	}
	disposition, dps := params(h.Get("Content-Disposition"))
	p := partHead{header: h, kind: kind, params: ps, disposition: disposition, cid: contentID(h), name: cmp.Or(dps["filename"], ps["name"])}
	if strings.HasPrefix(kind, "multipart/") {
		if depth >= mostDepth {
			w.note("Thư có các phần lồng nhau quá sâu, phần trong cùng không đọc được.")
			return nil
		}
		return w.multipart(p, depth)
	}
	w.parts++
	if w.parts > mostParts {
		w.note("Thư có hơn %d phần, các phần sau không đọc được.", mostParts)
		return nil
	}
	return w.leaf(p, decoded(w.split, h.Get("Content-Transfer-Encoding")), depth)
}

// partHead is what the header of a part says.
type partHead struct {
	header      Header
	kind        string
	params      map[string]string
	disposition string
	cid         string
	name        string
}

func contentID(h Header) string {
	return strings.Trim(clean(h.Get("Content-ID")), "<> ")
}

// multipart reads the parts of one, and joins what they say by its kind.
func (w *walk) multipart(p partHead, depth int) []piece {
	s := w.split
	if strings.EqualFold(clean(p.header.Get("Content-Transfer-Encoding")), "base64") && !s.sees("--") {
		return w.wrapped(p, depth) // forbidden, and done
	}
	boundary := s.guess(p.params["boundary"])
	if boundary == "" {
		w.note("Thư không ghi ranh giới giữa các phần, nội dung được đọc liền một mạch.")
		return w.leaf(partHead{header: p.header, kind: "text/plain", params: map[string]string{}}, s, depth)
	}
	s.open(boundary)
	before := w.preamble()
	otherwise := "text/plain"
	switch p.kind {
	case "multipart/digest":
		otherwise = "message/rfc822"
	case "multipart/encrypted":
		w.letter.Encrypted = PGPSeal
		if strings.Contains(p.params["protocol"], "pkcs7") {
			w.letter.Encrypted = SMIMESeal
		}
	}
	var children [][]piece
	n := 0
	for s.part() {
		n++
		if p.kind == "multipart/signed" && n == 1 {
			w.listen(p, depth)
		}
		h := s.header(false)
		if p.kind == "multipart/appledouble" && strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "application/applefile") {
			continue // what only a Mac needs
		}
		children = append(children, w.entity(h, otherwise, depth+1))
		if w.parts > mostParts || w.err() != nil {
			break
		}
	}
	if p.kind == "multipart/signed" {
		w.unheard(n)
	}
	if s.at == len(s.bounds)-1 {
		s.skip()
	}
	s.close()
	if n == 0 {
		return w.asText(before, depth)
	}
	if p.kind == "multipart/alternative" {
		return oneOf(children)
	}
	return slices.Concat(children...)
}

// wrapped reads a multipart that was encoded as a whole.
func (w *walk) wrapped(p partHead, depth int) []piece {
	raw, rest := whole(&base64Reader{r: w.split}, mostWhole)
	if rest != nil {
		w.file(partHead{kind: "application/octet-stream"}, rest)
		return nil
	}
	around := w.split
	defer func() { w.split = around }()
	w.split = newSplitter(bytes.NewReader(raw))
	p.header = nil
	return w.multipart(p, depth+1)
}

// preamble is what stands before the first part. It is not for readers, unless no
// part comes.
func (w *walk) preamble() []byte {
	head, _ := io.ReadAll(io.LimitReader(w.split, mostSmall)) // of a splitter: never fails
	return head
}

func (w *walk) asText(raw []byte, depth int) []piece {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	w.note("Thư thiếu các phần đã ghi, chỉ đọc được phần chữ.")
	return w.leaf(partHead{kind: "text/plain", params: map[string]string{}}, bytes.NewReader(raw), depth)
}

// oneOf joins the forms of the same text.
func oneOf(children [][]piece) []piece {
	var one piece
	for _, pieces := range children {
		only := true
		for _, p := range pieces {
			only = only && !p.hasHTML
		}
		for _, p := range pieces {
			if p.hasHTML {
				one.html, one.hasHTML = joined(one.html, p.html), true
			}
			if p.hasPlain && (only || p.hasHTML) {
				one.plain, one.hasPlain = joined(one.plain, p.plain), true
			}
		}
	}
	if !one.hasPlain && !one.hasHTML {
		return nil
	}
	return []piece{one}
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return strings.TrimRight(a, "\n") + "\n\n" + b
}

// leaf reads a part that is no multipart.
func (w *walk) leaf(p partHead, r io.Reader, depth int) []piece {
	lower := strings.ToLower(p.name)
	switch {
	case p.kind == "text/calendar" || strings.HasSuffix(lower, ".ics"):
		w.calendar(p, r)
	case (p.kind == "text/plain" || p.kind == "text/html" || p.kind == "text/enriched") && p.disposition != "attachment" && p.name == "":
		return w.text(p, r)
	case p.kind == "message/delivery-status" || p.kind == "message/global-delivery-status":
		w.report.status = append(w.report.status, w.small(r)...)
	case p.kind == "message/disposition-notification" || p.kind == "message/global-disposition-notification":
		w.report.reading = w.small(r)
	case p.kind == "message/feedback-report":
		w.report.feedback = w.small(r)
	case p.kind == "text/rfc822-headers" || p.kind == "message/rfc822-headers" || p.kind == "message/global-headers":
		w.report.original(readHeader(w.small(r)))
	case p.kind == "message/rfc822" || p.kind == "message/global":
		w.nested(p, r)
	case p.kind == "application/ms-tnef" || p.kind == "application/vnd.ms-tnef" || lower == "winmail.dat":
		return w.tnef(p, r)
	case p.kind == "application/pkcs7-mime" || p.kind == "application/x-pkcs7-mime" || lower == "smime.p7m":
		return w.opaque(p, r, depth)
	case p.kind == "application/pkcs7-signature" || p.kind == "application/x-pkcs7-signature" || lower == "smime.p7s":
		w.signature(r)
	case p.kind == "application/pgp-signature":
		w.signedBy(PGPSignature)
	case p.kind == "application/pgp-encrypted":
		w.letter.Encrypted = PGPSeal
	default:
		if strings.HasSuffix(lower, ".rpmsg") {
			w.letter.Encrypted = RightsSeal
		}
		w.file(p, r)
	}
	return nil
}

// small reads what is for programs; more than 256 kB of it says nothing.
func (w *walk) small(r io.Reader) []byte {
	all, _ := io.ReadAll(io.LimitReader(r, mostSmall)) // its failure is the source's
	return all
}

// file keeps a part as an attachment.
func (w *walk) file(p partHead, r io.Reader) *Attachment {
	name := fileName(p.name, p.kind, len(w.letter.Attachments)+1)
	a := Attachment{Attachment: w.keep(name, p.kind, r), CID: p.cid}
	a.Inline = p.disposition == "inline" || p.cid != "" && p.disposition != "attachment"
	w.letter.Attachments = append(w.letter.Attachments, a)
	return &w.letter.Attachments[len(w.letter.Attachments)-1]
}

// keep hands a file over. One that is not taken stays an attachment, with the
// reason; a failure for the moment ends the reading.
func (w *walk) keep(name, kind string, r io.Reader) content.Attachment {
	if w.err() != nil {
		return content.Attachment{}
	}
	a, err := w.reader.Keep(w.ctx, name, r)
	_, _ = io.Copy(io.Discard, r) // its failure is the source's
	switch {
	case err == nil:
		return a
	case w.source.failed != nil:
	case connectors.KindOf(err) == connectors.Permanent:
		return content.Attachment{Name: name, Type: kind, Problem: cmp.Or(connectors.ReasonOf(err), "Không lưu được tệp này.")}
	default:
		w.failed = fmt.Errorf("keep a file of the letter: %w", err)
	}
	return content.Attachment{}
}

// nested keeps a letter within the letter, and reads its beginning.
func (w *walk) nested(p partHead, r io.Reader) {
	head := &headOf{most: mostNested}
	r = io.TeeReader(r, head)
	if p.name == "" {
		p.name = "thu-chuyen-tiep.eml"
	}
	a := w.file(p, r)
	const deep = 3
	if w.nesting >= deep || w.err() != nil {
		return
	}
	inner := newWalk(w.ctx, Reader{Keep: Leave, TextMost: mostText, Now: w.reader.Now}, &source{ctx: w.ctx, r: bytes.NewReader(head.heard), left: mostNested})
	inner.nesting, inner.parts = w.nesting+1, w.parts
	inner.letter.Header = inner.split.header(true)
	pieces := inner.entity(inner.letter.Header, "text/plain", 0)
	inner.finish(pieces)
	w.parts = max(w.parts, inner.parts)
	w.report.original(inner.letter.Header)
	l := inner.letter
	const most = 64 << 10
	a.Nested = &Nested{MessageID: l.MessageID, From: l.From, Subject: l.Subject, Date: l.Date, Text: shorten(joined(l.Text, l.Quoted), most)}
	for _, f := range l.Attachments {
		a.Nested.Files = append(a.Nested.Files, f.Name)
	}
}

// headOf hears the beginning of what is written.
type headOf struct {
	heard []byte
	most  int
}

func (h *headOf) Write(p []byte) (int, error) {
	h.heard = append(h.heard, p[:min(len(p), h.most-len(h.heard))]...)
	return len(p), nil
}

// finish makes the letter of what was collected.
func (w *walk) finish(pieces []piece) {
	l := &w.letter
	text, hasHTML := "", false
	for _, p := range pieces {
		text = joined(text, p.text())
		hasHTML = hasHTML || p.hasHTML
	}
	if hasHTML {
		l.HTML = pageOf(pieces)
	}
	if l.Guessed == vi.Unicode && !isPlain(text) {
		if fixed, from := toText([]byte(text), "utf-8"); from != vi.Unicode {
			text, l.Guessed = fixed, from
		}
	}
	if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
		l.Encrypted = PGPSeal
	}
	if strings.Contains(text, "-----BEGIN PGP SIGNED MESSAGE-----") {
		w.signedBy(PGPSignature)
	}
	l.Text, l.Quoted = Cut(text)
	w.heads()
	if s := l.Signed; s != nil {
		s.Matches = l.Authors == 1 && l.From.Is(s.Address)
	}
	w.reports(text)
	l.Automatic = w.reader.automatic(l)
}

// text is what a piece says, from its HTML where it has nothing better.
func (p piece) text() string {
	text := p.plain
	if p.hasHTML && strings.TrimSpace(text) == "" {
		text = htmlText(p.html)
	}
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return strings.Trim(text, "\n")
}

// pageOf is the letter's HTML, with what came as text only put in between.
func pageOf(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.hasHTML {
			b.WriteString(p.html)
		} else {
			b.WriteString(paragraphs(p.plain))
		}
	}
	return b.String()
}

// heads reads the header of the letter, knowing now how it is encoded.
func (w *walk) heads() {
	l := &w.letter
	h := l.Header
	l.threads()
	text := func(s string) string { return again(s, l.Guessed) }
	named := func(list []Address) []Address {
		for i := range list {
			list[i].Name = text(list[i].Name)
		}
		return list
	}
	list := func(field string) []Address { return named(addresses(strings.Join(h.Values(field), ", "))) }
	from := list("From")
	l.Authors = len(from)
	if len(from) == 0 {
		from = list("Sender")
	}
	if len(from) > 0 {
		l.From = from[0]
	}
	l.ReplyTo, l.To, l.Cc = list("Reply-To"), list("To"), list("Cc")
	for _, field := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"} {
		for _, a := range list(field) {
			if a.Address != "" && !slices.Contains(l.DeliveredTo, a.Address) && len(l.DeliveredTo) < mostAddresses {
				l.DeliveredTo = append(l.DeliveredTo, a.Address)
			}
		}
	}
	l.Envelope = envelope(h)
	const most = 500
	l.Subject = shorten(text(decodeHeader(h.Get("Subject"))), most)
	l.Date = date(h.Get("Date"))
}

// envelope is the sender of the envelope; "<>" for none.
func envelope(h Header) string {
	if !h.Has("Return-Path") {
		return ""
	}
	path := clean(h.Get("Return-Path"))
	if a := mailbox(strings.Trim(path, "<>")); a != "" {
		return a
	}
	if strings.Trim(path, "<> ") == "" {
		return "<>"
	}
	return ""
}
