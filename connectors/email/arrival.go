package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email/letter"
	"tongdai/kb/vi"
)

// arrival is a letter that came, read and ready for the hub.
type arrival struct {
	*fetched
	in      []connectors.Inbound
	trouble error // why it could not be read
}

// from is whose letter it is; all that nobody wrote are one person's.
func (a *arrival) from() connectors.RemoteID {
	if len(a.in) == 0 {
		return ""
	}
	return a.in[0].From
}

// place is Raw.Body: where in the mailbox the letter lies, or lay.
type place struct {
	Mailbox  string    `json:"mailbox"`
	Validity uint32    `json:"uidvalidity"`
	UID      uint32    `json:"uid"`
	Arrived  time.Time `json:"internaldate"`
	Size     int64     `json:"size"`
	Header   bool      `json:"header,omitempty"` // only the header was fetched
}

func (s *session) raw(a *arrival) connectors.Raw {
	body, err := json.Marshal(place{s.cfg.Folder, s.validity, a.uid, a.arrived, a.size, a.header})
	if err != nil {
		panic(err) // of words and numbers
	}
	raw := connectors.Raw{Channel: s.cfg.Channel.ID, ReceivedAt: s.now(), Type: "application/json", Body: body}
	if a.original.ID != "" {
		raw.Files = []content.Attachment{a.original}
	}
	return raw
}

// read keeps the letter whole, then looks into it. errHub: it is not the letter's
// fault.
func (c *Connector) read(ctx context.Context, f *fetched) (*arrival, error) {
	var err error
	if f.original.ID == "" {
		f.original, err = c.files.Keep(ctx, originalName, bytes.NewReader(f.small))
		if err != nil {
			return nil, ofFiles(err)
		}
	}
	var r io.Reader = bytes.NewReader(f.small)
	if f.small == nil {
		file, err := c.files.Read(ctx, f.original)
		if err != nil {
			return nil, ofFiles(err)
		}
		defer file.Close()
		r = file
	}
	l, err := c.understood(ctx, r)
	if err != nil {
		f.small = nil
		return nil, err
	}
	known, err := c.proofs(ctx, l, c.whole(f))
	f.small = nil
	if err != nil {
		return nil, err
	}
	return &arrival{fetched: f, in: c.inbounds(f, l, known)}, nil
}

// whole gives the letter from its beginning. Of one that is too long there is only the
// header, which proves nothing.
func (c *Connector) whole(f *fetched) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		switch {
		case f.header:
			return io.NopCloser(bytes.NewReader(nil)), nil
		case f.small != nil:
			return io.NopCloser(bytes.NewReader(f.small)), nil
		}
		return c.files.Read(ctx, f.original)
	}
}

func ofFiles(err error) error {
	if connectors.KindOf(err) == connectors.Permanent {
		return err
	}
	return fmt.Errorf("%w: %w", errHub, err)
}

// textMost is how many bytes of one text are read; what is beyond becomes a file.
const textMost = 256 << 10

// understood reads a letter. A fault of ours in reading strange ones must not stop
// the mailbox.
func (c *Connector) understood(ctx context.Context, r io.Reader) (l letter.Letter, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading the letter panics: %v", p)
		}
	}()
	l, err = letter.Reader{Keep: c.files.Put, Own: c.own(), TextMost: textMost, Now: c.now}.Read(ctx, r)
	if err != nil {
		return l, ofFiles(err)
	}
	return l, nil
}

// inbounds are what the letter is to the hub. Our own that comes back, and word of a
// delay, are nothing.
func (c *Connector) inbounds(f *fetched, l letter.Letter, known letter.Proofs) []connectors.Inbound {
	if c.wrote(l.MessageID) && isOwn(l.From, c.own()) {
		return nil
	}
	in := connectors.Inbound{Key: keyOf(f, l), From: sender(f, l), SentAt: f.arrived}
	if in.SentAt.IsZero() {
		in.SentAt = c.now()
	}
	if about, ok := c.reported(l.Report); ok {
		return c.report(in, l.Report, about)
	}
	in.Kind = connectors.Said
	in.Message = connectors.RemoteID(l.MessageID)
	in.Thread = threadOf(l, in.Key)
	in.Profile = connectors.Profile{Name: l.From.Name, Email: strings.ToLower(l.From.Address)}
	in.Content = contentOf(f, l)
	in.Letter = c.letterOf(l, known)
	if f.header {
		in.Letter.Notes = append(in.Letter.Notes, tooLong(f.size, c.cfg.MaxLetter))
	}
	return []connectors.Inbound{in}
}

// keyOf tells copies of a letter: they have the same id, sender, date, subject and
// body, whichever way they took. A Message-ID alone proves nothing, anybody may give
// his letter that of another.
func keyOf(f *fetched, l letter.Letter) string {
	h := sha256.New()
	if l.MessageID == "" {
		fmt.Fprintf(h, "%x %d", f.sums.whole.Sum(nil), f.arrived.Unix())
	} else {
		fmt.Fprintf(h, "%q %q %q %q %x", l.MessageID, strings.ToLower(l.From.Address), l.Header.Get("Date"), l.Subject, f.sums.body.Sum(nil))
	}
	if f.header {
		fmt.Fprintf(h, " %d", f.size)
	}
	return lower32.EncodeToString(h.Sum(nil)[:20])
}

// sender is to whom an answer goes: the address in From. Where a letter has none, it
// is nobody who can be answered.
func sender(f *fetched, l letter.Letter) connectors.RemoteID {
	if l.From.Address != "" {
		return connectors.RemoteID(strings.ToLower(l.From.Address))
	}
	if l.Envelope != "" && l.Envelope != "<>" {
		return connectors.RemoteID(strings.ToLower(l.Envelope))
	}
	return connectors.RemoteID("khong-ro-nguoi-gui-" + keyOf(f, l)[:12])
}

// threadMost is how long the id of a thread may be; a longer one is summed.
const threadMost = 200

func threadOf(l letter.Letter, key string) connectors.RemoteID {
	switch {
	case l.Root == "":
		return connectors.RemoteID("thu-" + key)
	case len(l.Root) > threadMost:
		sum := sha256.Sum256([]byte(l.Root))
		return connectors.RemoteID("sum-" + lower32.EncodeToString(sum[:20]))
	}
	return connectors.RemoteID(l.Root)
}

func isOwn(a letter.Address, own []string) bool {
	for _, address := range own {
		if a.Is(address) {
			return true
		}
	}
	return false
}

// reported is the letter of ours that a report is about; false when it is none of ours.
func (c *Connector) reported(r *letter.Report) (string, bool) {
	if r == nil {
		return "", false
	}
	for _, id := range []string{r.Original, strings.Trim(r.Envelope, "<>")} {
		if c.wrote(id) {
			return id, true
		}
	}
	return "", false
}

func (c *Connector) report(in connectors.Inbound, r *letter.Report, about string) []connectors.Inbound {
	in.Message = connectors.RemoteID(about)
	if thread := threadNamed(about); thread != "" {
		in.Letter = &connectors.Letter{Matter: thread}
	}
	switch r.Kind {
	case letter.Bounce:
		in.Kind, in.Reason = connectors.Bounced, bounceWords(r)
	case letter.Arrival:
		in.Kind = connectors.Delivered
	case letter.Reading:
		if len(r.Recipients) > 0 && r.Recipients[0].Action == "deleted" {
			return nil
		}
		in.Kind = connectors.Seen
	default: // it is on its way still, or somebody calls it spam
		return nil
	}
	if len(r.Recipients) > 0 && r.Recipients[0].Address != "" {
		in.From = connectors.RemoteID(strings.ToLower(r.Recipients[0].Address))
	}
	return []connectors.Inbound{in}
}

func bounceWords(r *letter.Report) string {
	var words []string
	for _, o := range r.Recipients {
		if o.Failed() {
			words = append(words, o.Words())
		}
	}
	if len(words) == 0 {
		return "Thư không tới được người nhận."
	}
	return strings.Join(words, " ")
}

// contentOf is what the person wrote, with all files and the letter itself.
func contentOf(f *fetched, l letter.Letter) content.Content {
	c := content.Content{Text: l.Text}
	for _, a := range l.Attachments {
		c.Attachments = append(c.Attachments, a.Attachment)
	}
	if f.header {
		c.Attachments = append(c.Attachments, content.Attachment{
			Name: "Phần còn lại của thư", Size: f.size, Problem: "Thư quá lớn nên chưa được tải về.",
		})
	}
	if f.original.ID != "" {
		c.Attachments = append(c.Attachments, f.original)
	}
	return c
}

func tooLong(size, most int64) string {
	const mb = 1 << 20
	return fmt.Sprintf("Thư nặng %d MB, quá mức %d MB nên chỉ lấy phần đầu; nội dung và tệp đính kèm còn trong hộp thư, hãy mở bằng webmail.",
		(size+mb/2)/mb, most/mb)
}

// letterOf is what else the letter has.
func (c *Connector) letterOf(l letter.Letter, known letter.Proofs) *connectors.Letter {
	out := &connectors.Letter{Subject: l.Subject, From: connectors.Address{Name: l.From.Name, Mail: l.From.Address}, To: addresses(l.To), Cc: addresses(l.Cc), Quoted: l.Quoted, Machine: machineWords(l.Automatic)}
	for _, id := range l.Answers {
		out.Answers = append(out.Answers, connectors.RemoteID(id))
	}
	matter, err := c.reply.Find(l, c.now())
	if err == nil {
		out.Matter = matter
	}
	out.Proven = known.From(l)
	out.Notes = c.notes(l, known, err)
	return out
}

func addresses(list []letter.Address) (all []connectors.Address) {
	for _, a := range list {
		all = append(all, connectors.Address{Name: a.Name, Mail: a.Address})
	}
	return all
}

func machineWords(why []letter.Reason) string {
	var words []string
	for _, r := range why {
		words = append(words, r.Words())
	}
	all := strings.Join(words, "; ")
	first, size := utf8.DecodeRuneInString(all)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + all[size:]
}

// notes tell a reader what the text does not.
func (c *Connector) notes(l letter.Letter, known letter.Proofs, reply error) (notes []string) {
	note := func(words string) {
		if words != "" {
			notes = append(notes, words)
		}
	}
	note(l.Encrypted.Words())
	if l.Signed != nil {
		note(l.Signed.Words())
	}
	note(c.origin(l, known))
	switch {
	case errors.Is(reply, letter.ErrOver):
		note("Địa chỉ trả lời trong thư đã hết hạn nên thư được mở thành phiếu mới.")
	case errors.Is(reply, letter.ErrForged):
		note("Địa chỉ trả lời trong thư không phải do tổng đài cấp.")
	}
	if len(l.ReplyTo) > 0 && l.ReplyTo[0].Address != "" && !l.ReplyTo[0].Is(l.From.Address) {
		note("Người gửi đề nghị trả lời tới địa chỉ khác (" + l.ReplyTo[0].Address + "); tổng đài vẫn trả lời địa chỉ đã gửi.")
	}
	if l.Guessed != vi.Unicode {
		note("Thư không ghi đúng bảng mã; nội dung được đọc theo phỏng đoán là " + l.Guessed.String() + ".")
	}
	for _, a := range l.Attachments {
		if n := a.Nested; n != nil {
			note("Kèm một thư khác: “" + n.Subject + "”, của " + firstOf(n.From.Name, n.From.Address, "người không rõ") + ".")
		}
	}
	if l.Calendar != nil {
		note(l.Calendar.Words())
	}
	for _, problem := range l.Problems {
		note(problem)
	}
	return notes
}

// origin says what was checked of where the letter comes from, and whether its sender
// is who he says. Where nothing is checked, nothing can be said.
func (c *Connector) origin(l letter.Letter, known letter.Proofs) string {
	switch {
	case known.From(l):
		return known.Words() + " Địa chỉ người gửi đã được xác thực."
	case len(known) == 0 && len(c.cfg.Border.IDs) == 0 && !c.cfg.Border.Microsoft:
		return ""
	}
	return known.Words() + " Địa chỉ người gửi chưa được xác thực, có thể bị giả mạo."
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// Parse implements connectors.Parser: it reads again what was kept. A letter that was
// never fetched is looked for in the mailbox.
func (c *Connector) Parse(ctx context.Context, raw connectors.Raw) ([]connectors.Inbound, error) {
	var at place
	if err := json.Unmarshal(raw.Body, &at); err != nil {
		return nil, fmt.Errorf("where the letter lay: %w", err)
	}
	f := &fetched{listed: listed{at.UID, at.Arrived, at.Size}, header: at.Header}
	if len(raw.Files) == 0 {
		return c.again(ctx, at)
	}
	f.original = raw.Files[0]
	file, err := c.files.Read(ctx, f.original)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	f.sums = newSums()
	l, err := c.understood(ctx, io.TeeReader(file, f.sums))
	if err != nil {
		return nil, err
	}
	known, err := c.proofs(ctx, l, c.whole(f))
	if err != nil {
		return nil, err
	}
	return c.inbounds(f, l, known), nil
}

// Display implements connectors.Displayer.
func (c *Connector) Display(ctx context.Context, original content.Attachment, remote bool) (connectors.Page, error) {
	file, err := c.files.Read(ctx, original)
	if err != nil {
		return connectors.Page{}, err
	}
	defer file.Close()
	pictures := &pictures{}
	l, err := letter.Reader{Keep: pictures.keep, TextMost: textMost}.Read(ctx, file)
	if err != nil {
		return connectors.Page{}, err
	}
	shown := letter.Page(l, letter.View{Picture: pictures.address, Images: "data:", Remote: remote})
	return connectors.Page{HTML: shown.HTML, Remote: shown.Remote}, nil
}
