package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email/letter"
)

// Send implements connectors.Connector. One letter goes to the citizen and to all
// copies. Where the server refuses the citizen, nobody gets it, and the error says
// why; where it refuses a copy, the others get the letter, and Receipt.Note tells
// whom it did not reach.
func (c *Connector) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return connectors.Receipt{}, err
	}
	draft, err := c.draft(out)
	if err != nil {
		return connectors.Receipt{}, err
	}
	note, err := c.dispatch(ctx, draft)
	if err != nil {
		return connectors.Receipt{}, err
	}
	return connectors.Receipt{Message: connectors.RemoteID(draft.MessageID), At: c.now(), Note: note}, nil
}

// dispatch hands a letter over to the server that takes ours, and tells in Vietnamese
// whom of its copies it did not reach. Its errors are those of Send.
func (c *Connector) dispatch(ctx context.Context, draft letter.Draft) (note string, err error) {
	size, err := letter.Size(ctx, draft)
	if err != nil {
		return "", unwritten(err)
	}
	to := []string{draft.To[0].Address}
	for _, a := range append(slices.Clone(draft.To[1:]), draft.Cc...) {
		if !slices.ContainsFunc(to, func(known string) bool { return strings.EqualFold(known, a.Address) }) {
			to = append(to, a.Address)
		}
	}
	done := c.deliver(ctx, to, size, draft)
	if done.err != nil {
		return "", c.explained(ctx, done)
	}
	return refusedWords(to, done.refused), nil
}

// deliver hands the letter over. A connection that had rested and turns out to be
// closed is replaced by a new one.
func (c *Connector) deliver(ctx context.Context, to []string, size int64, draft letter.Draft) (done outcome) {
	for {
		l, err := c.pool.take(ctx)
		if err != nil {
			return outcome{err: err}
		}
		rested := !l.used.IsZero()
		done = l.hand(ctx, c.cfg.Address, to, size, draft.MessageID, func(w io.Writer) error {
			return letter.Compose(ctx, w, draft)
		})
		no, told := errors.AsType[*smtp.SMTPError](done.err)
		sound := done.err == nil || told && no.Code != 421
		if sound && done.err != nil && l.Reset() != nil {
			sound = false
		}
		c.pool.give(l, sound && ctx.Err() == nil)
		if closed := done.err != nil && (!told || no.Code == 421) && !done.begun; !closed || !rested || ctx.Err() != nil {
			return done
		}
	}
}

// draft is the letter that says out.
func (c *Connector) draft(out connectors.Outbound) (letter.Draft, error) {
	said := out.Content
	said.Attachments = nil
	d := letter.Draft{
		From:      letter.Address{Name: c.cfg.Name, Address: c.cfg.Address},
		To:        []letter.Address{{Address: string(out.To)}},
		Subject:   c.cfg.Name,
		Date:      c.now(),
		MessageID: c.messageID(out.Key),
		Text:      content.Plain(said),
		Key:       c.cfg.DKIM,
	}
	if out.Automatic {
		d.Origin = letter.AutoReply
	}
	if strings.TrimSpace(d.Text) == "" && len(out.Content.Attachments) == 0 {
		return d, &connectors.Error{Kind: connectors.Permanent, Reason: "Thư không có nội dung.", Err: errors.New("email: the letter says nothing")}
	}
	if l := out.Letter; l != nil {
		c.frame(&d, l)
	}
	for _, a := range out.Content.Attachments {
		file, err := c.file(a)
		if err != nil {
			return d, err
		}
		d.Files = append(d.Files, file)
	}
	return d, nil
}

// frame puts a letter of ours into its matter.
func (c *Connector) frame(d *letter.Draft, l *connectors.Letter) {
	for _, a := range l.To {
		if !strings.EqualFold(a.Mail, d.To[0].Address) {
			d.To = append(d.To, letter.Address{Name: a.Name, Address: a.Mail})
		}
	}
	for _, a := range l.Cc {
		d.Cc = append(d.Cc, letter.Address{Name: a.Name, Address: a.Mail})
	}
	if l.Subject != "" {
		d.Subject = l.Subject
	}
	d.Signature, d.Answer = l.Signature, len(l.Answers) > 0
	for _, id := range slices.Backward(l.Answers) { // the nearest comes first, the thread's first comes last
		d.References = append(d.References, string(id))
	}
	if d.Answer {
		d.InReplyTo = string(l.Answers[0])
	}
	if l.Matter == "" || c.cfg.Separator == "" {
		return
	}
	address, err := c.reply.Address(l.Matter, c.now().Add(c.cfg.ReplyFor))
	if err != nil { // our own address is too long for it: answers go by what they answer
		c.log.Debug("a reply address could not be made", "err", err)
		return
	}
	d.ReplyTo = letter.Address{Name: c.cfg.Name, Address: address}
}

func (c *Connector) file(a content.Attachment) (letter.File, error) {
	if !c.Limits().Takes(a.Type, a.Size) {
		return letter.File{}, &connectors.Error{
			Kind:   connectors.Permanent,
			Reason: fmt.Sprintf("Tệp %s quá lớn để gửi bằng thư (tới %d MB); hãy gửi đường dẫn.", a.Name, c.cfg.MaxSend>>20),
			Err:    errors.New("email: the file is too large"),
		}
	}
	return letter.File{Name: a.Name, Type: a.Type, Open: func(ctx context.Context) (io.ReadCloser, error) {
		r, err := c.files.Read(ctx, a)
		if err != nil {
			return nil, &unreadable{a.Name, err}
		}
		return r, nil
	}}, nil
}

// unreadable is a file of ours that cannot be put into a letter.
type unreadable struct {
	name string
	err  error
}

func (u *unreadable) Error() string { return "read an attachment: " + u.err.Error() }
func (u *unreadable) Unwrap() error { return u.err }

// refusedWords tell whom a letter that was sent did not reach.
func refusedWords(to []string, refused map[string]error) string {
	var words []string
	for _, address := range to {
		if err := refused[address]; err != nil {
			words = append(words, refusalOf(err).about(address))
		}
	}
	return strings.Join(words, " ")
}
