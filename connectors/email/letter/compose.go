package letter

import (
	"cmp"
	"context"
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/dkim"

	"tongdai/connectors"
)

// Origin says whether a person or a machine wrote a letter of ours (RFC 3834).
type Origin int

// The origins.
const (
	ByPerson  Origin = iota // a member: such a letter carries no marks of automatic mail
	AutoReply               // the bot answers what somebody wrote
	AutoNote                // something happened, and the hub tells of it
)

// File is a file to be sent along.
type File struct {
	Name string
	Type string // media type
	// Open gives the file from its beginning. It is called once for each pass: a
	// signed letter takes two.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// DKIMKey signs our letters (RFC 6376).
type DKIMKey struct {
	Domain   string
	Selector string
	Signer   crypto.Signer // RSA or Ed25519
}

// Draft is a letter to be written. From, MessageID, Date and one of To are needed.
type Draft struct {
	From    Address
	To, Cc  []Address
	ReplyTo Address // empty: From; the address of a ReplyKey comes here
	// Subject is that of the matter; Answer makes it "Re: …", once, whatever stood
	// before it.
	Subject string
	Answer  bool
	// Code is that of the conversation, as "TH-261121-0042": it stands in the subject
	// and below the text, so that a citizen can quote it. Empty: none.
	Code string
	Date time.Time
	// MessageID is ours, without < and >: the same for the same letter, however often
	// it is sent.
	MessageID string
	// InReplyTo is the letter answered, References the ids of its thread, oldest first;
	// InReplyTo is put behind them. What is no id is left out.
	InReplyTo  string
	References []string
	// Text is what is said, empty lines between paragraphs. Addresses in it become links.
	Text string
	// Signature are the lines of the department that speaks; none: none.
	Signature []string
	// Delimiter puts Delimiter above all that the letter says, and End below it, so that
	// what is quoted of it is known when it comes back; see Cut.
	Delimiter bool
	Files     []File
	Origin    Origin
	Urgent    bool // marked so that programs of people show it above others
	// Key signs the letter; nil: none.
	Key *DKIMKey
}

// Compose writes the letter. It can be written again with the same result. What of
// the draft cannot be sent, such as an address that is none, is an error of the kind
// Permanent with a Reason; then nothing was written. Other errors are those of w
// and of files.
func Compose(ctx context.Context, w io.Writer, d Draft) error {
	header, err := d.header()
	if err != nil {
		return err
	}
	if d.Key == nil {
		return d.write(ctx, w, header)
	}
	signer, err := dkim.NewSigner(&dkim.SignOptions{
		Domain: d.Key.Domain, Selector: d.Key.Selector, Signer: d.Key.Signer,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: signedFields,
	})
	if err != nil {
		return fmt.Errorf("sign the letter: %w", err)
	}
	err = d.write(ctx, signer, header)
	if err = cmp.Or(err, signer.Close()); err != nil {
		return fmt.Errorf("sign the letter: %w", err)
	}
	if _, err := io.WriteString(w, signer.Signature()); err != nil {
		return err
	}
	return d.write(ctx, w, header)
}

// Size is how many bytes Compose would write, for servers that want to know before.
func Size(ctx context.Context, d Draft) (int64, error) {
	d.Key = nil
	var n counter
	err := Compose(ctx, &n, d)
	const signature = 1 << 10 // a DKIM field at most
	return int64(n) + signature, err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// signedFields are those that RFC 6376 §5.4.1 recommends and we write. From and
// Subject are named twice, so that a second one cannot be added on the way.
var signedFields = []string{"From", "From", "Subject", "Subject", "To", "Cc", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Auto-Submitted"}

const (
	mostReferences  = 20
	mostRecipients  = 100
	referencesBytes = 900 // of 998 for the whole line
)

var (
	ourID    = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+$`)
	anyID    = regexp.MustCompile(`^[\x21-\x3B\x3D\x3F-\x7E]+$`)
	validBox = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$`)
)

// isID reports whether id can be named in a header. Longer ones would not fit a line.
func isID(id string) bool { return len(id) <= idMost && anyID.MatchString(id) }

const idMost = 300

func refused(reason string, err error) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: err}
}

var (
	errAddress   = errors.New("letter: an address cannot be written to")
	errRecipient = errors.New("letter: no recipient, or too many")
	errID        = errors.New("letter: the Message-ID is none")
)

// header writes all fields from checked values. No value brings a line end: names
// and subjects are made one line, everything else must look as it should.
func (d Draft) header() (mail.Header, error) {
	var h mail.Header
	if len(d.MessageID) > idMost || !ourID.MatchString(d.MessageID) {
		return h, refused("Thư chưa gửi được: mã thư không hợp lệ.", errID)
	}
	if n := len(d.To) + len(d.Cc); len(d.To) == 0 || n > mostRecipients {
		return h, refused(fmt.Sprintf("Thư chưa gửi được: cần từ 1 đến %d người nhận.", mostRecipients), errRecipient)
	}
	// The header is written from its last field to its first.
	fields := []struct {
		name string
		list []Address
	}{{"Reply-To", []Address{d.ReplyTo}}, {"Cc", d.Cc}, {"To", d.To}, {"From", []Address{d.From}}}
	h.Set("MIME-Version", "1.0")
	if d.Urgent {
		h.Set("Importance", "high")
		h.Set("X-Priority", "1") // for programs that know no Importance
	}
	d.mark(&h)
	if refs := d.references(); len(refs) > 0 {
		h.SetMsgIDList("References", refs)
	}
	if id := strings.Trim(d.InReplyTo, "<> "); isID(id) {
		h.SetMsgIDList("In-Reply-To", []string{id})
	}
	h.SetMsgIDList("Message-Id", []string{d.MessageID})
	h.SetDate(d.Date.In(vietnam))
	setSubject(&h, d.subject())
	for _, f := range fields {
		if f.name == "Reply-To" && d.ReplyTo.Address == "" || f.name == "Cc" && len(d.Cc) == 0 {
			continue
		}
		list, err := writable(f.list)
		if err != nil {
			return h, err
		}
		h.SetAddressList(f.name, list)
	}
	return h, nil
}

// mark tells other machines that a machine wrote, so that they do not answer.
func (d Draft) mark(h *mail.Header) {
	switch d.Origin {
	case ByPerson:
		return
	case AutoReply:
		h.Set("Auto-Submitted", "auto-replied")
	case AutoNote:
		h.Set("Auto-Submitted", "auto-generated")
	}
	h.Set("Precedence", "bulk")
	// Not "All": reports of what could not be delivered are wanted.
	h.Set("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply")
	h.Set(loopField, d.From.Address)
}

// writable checks addresses. One with a name in it that is no address is refused:
// a letter goes where it was meant to, or nowhere.
func writable(list []Address) (all []*mail.Address, err error) {
	for _, a := range list {
		if !validBox.MatchString(a.Address) || strings.Contains(a.Address, "..") || len(a.Address) > 254 || strings.IndexByte(a.Address, '@') > localMost {
			return nil, refused(fmt.Sprintf("Thư chưa gửi được: địa chỉ “%s” không hợp lệ.", shorten(clean(a.Address), 100)), errAddress)
		}
		const most = 100
		all = append(all, &mail.Address{Name: shorten(clean(a.Name), most), Address: a.Address})
	}
	return all, nil
}

// subject is one line with one "Re:" and one code.
func (d Draft) subject() string {
	const most = 200
	subject := clean(d.Subject)
	if d.Answer {
		subject = BareSubject(subject)
	}
	code := clean(d.Code)
	if code != "" {
		subject = strings.TrimSpace(strings.ReplaceAll(subject, "["+code+"]", ""))
		if d.Answer {
			subject = BareSubject(subject)
		}
	}
	subject = shorten(cmp.Or(subject, "Tổng đài 1022"), most)
	if code != "" {
		subject = "[" + code + "] " + subject
	}
	if d.Answer {
		subject = "Re: " + subject
	}
	return subject
}

// setSubject folds between encoded words, which the library does not where the
// first one fills its line.
func setSubject(h *mail.Header, subject string) {
	encoded := mime.QEncoding.Encode("utf-8", subject)
	if encoded == subject {
		h.Set("Subject", subject)
		return
	}
	h.AddRaw([]byte("Subject: " + strings.ReplaceAll(encoded, "?= =?", "?=\r\n =?") + "\r\n"))
}

// references are the thread's ids with the letter answered last. Of a long thread
// the first is kept, by which all programs know it, and the newest.
func (d Draft) references() (all []string) {
	last := strings.Trim(d.InReplyTo, "<> ")
	add := func(id string) {
		if isID(id) && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	for _, id := range d.References[:min(len(d.References), 2*mostIDs)] {
		if id = strings.Trim(id, "<> "); id != last {
			add(id)
		}
	}
	add(last)
	for len(all) > 2 && (len(all) > mostReferences || bytesOf(all) > referencesBytes) {
		all = slices.Delete(all, 1, 2)
	}
	return all
}

func bytesOf(ids []string) (n int) {
	for _, id := range ids {
		n += len(id) + 3
	}
	return n
}

// write writes header and parts: the text in two forms, then the files. Boundaries
// come from the Message-ID, so that every pass is the same.
func (d Draft) write(ctx context.Context, w io.Writer, header mail.Header) error {
	body := message.Header{Header: header.Copy().Header.Header}
	if len(d.Files) == 0 {
		body.SetContentType("multipart/alternative", map[string]string{"boundary": d.boundary("a")})
		mw, err := message.CreateWriter(w, body)
		if err != nil {
			return err
		}
		return cmp.Or(d.forms(mw), mw.Close())
	}
	body.SetContentType("multipart/mixed", map[string]string{"boundary": d.boundary("m")})
	mw, err := message.CreateWriter(w, body)
	if err != nil {
		return err
	}
	var h message.Header
	h.SetContentType("multipart/alternative", map[string]string{"boundary": d.boundary("a")})
	aw, err := mw.CreatePart(h)
	if err != nil {
		return err
	}
	if err := cmp.Or(d.forms(aw), aw.Close()); err != nil {
		return err
	}
	for _, f := range d.Files {
		if err := attach(ctx, mw, f); err != nil {
			return err
		}
	}
	return mw.Close()
}

// boundary is one that no text of ours contains: "=" is written as "=3D" within
// quoted-printable, and base64 has none at the beginning of a line.
func (d Draft) boundary(which string) string {
	return "=_" + which + "_" + shortMAC([]byte("letter boundary"), d.MessageID)
}

// forms writes the text plainly and in HTML.
func (d Draft) forms(aw *message.Writer) error {
	for _, form := range []struct{ kind, text string }{{"text/plain", d.plain()}, {"text/html", d.html()}} {
		var h message.Header
		h.SetContentType(form.kind, map[string]string{"charset": "utf-8"})
		h.Set("Content-Transfer-Encoding", "quoted-printable")
		pw, err := aw.CreatePart(h)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(pw, strings.ReplaceAll(form.text, "\n", "\r\n")); err != nil {
			return err
		}
		if err := pw.Close(); err != nil {
			return err
		}
	}
	return nil
}

// attach streams one file.
func attach(ctx context.Context, mw *message.Writer, f File) error {
	r, err := f.Open(ctx)
	if err != nil {
		return fmt.Errorf("open a file of the letter: %w", err)
	}
	defer r.Close()
	var h message.Header
	kind := f.Type
	if len(kind) > 100 || !mediaType.MatchString(kind) || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") {
		kind = "application/octet-stream"
	}
	named := fileName(shortName(f.Name), kind, 1)
	h.Set("Content-Type", kind+"; name=\""+encodedWord(named)+"\"") // for programs that know no RFC 2231
	h.Set("Content-Disposition", "attachment; "+param2231("filename", named))
	h.Set("Content-Transfer-Encoding", "base64")
	pw, err := mw.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := io.Copy(pw, &withContext{ctx, r}); err != nil {
		return fmt.Errorf("copy a file into the letter: %w", err)
	}
	return pw.Close()
}

// shortName keeps a name so short that it fits a line of 998 characters in any encoding.
func shortName(named string) string {
	const most = 65
	short := shorten(clean(named), most)
	if ext := path.Ext(clean(named)); short != clean(named) && len(ext) <= 10 && isASCII(ext) {
		return shorten(short, most-len(ext)) + ext
	}
	return short
}

var mediaType = regexp.MustCompile(`^[a-z0-9.+-]+/[a-z0-9.+-]+$`)

// encodedWord is a name fit for quotes: as it is, or one encoded word.
func encodedWord(named string) string {
	if isASCII(strings.ReplaceAll(named, " ", "")) && !strings.ContainsAny(named, `"\`) {
		return named
	}
	return "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(named)) + "?="
}

// param2231 writes a parameter of a name that may have any characters.
func param2231(param, named string) string {
	if isASCII(strings.ReplaceAll(named, " ", "")) && !strings.ContainsAny(named, `"\%`) {
		return param + `="` + named + `"`
	}
	var b strings.Builder
	b.WriteString(param + "*=UTF-8''")
	for i := 0; i < len(named); i++ {
		c := named[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("-._", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// withContext ends a copy when nobody waits for it any more.
type withContext struct {
	ctx context.Context
	r   io.Reader
}

func (c *withContext) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
