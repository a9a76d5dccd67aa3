package inbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Members read of a letter what it says; how its sender laid it out is a look of
// its own, at a page that somebody outside made. What they write is a letter
// too, of which others than the citizen may get a copy.

// LetterPage is the letter of conversation id as its sender laid it out. Seeing it
// is a look, and on record like one. ErrNotFound for what is no letter, was not
// kept whole, or is not to be seen by actor as it is; ErrConflict with words for
// people when it cannot be shown. Pictures of other servers, which tell their
// owner that the letter is read, are in it only if remote is set.
func (h *Hub) LetterPage(ctx context.Context, actor Actor, id ConversationID, message MessageID, remote bool) (page connectors.Page, err error) {
	var c Conversation
	var original content.Attachment
	err = h.store.View(ctx, func(tx Reader) (err error) {
		if c, err = actor.seen(tx.Conversation(id)); err != nil {
			return err
		}
		m, err := tx.Message(message)
		if err != nil {
			return err
		}
		if m.Conversation != id {
			return ErrNotFound
		}
		original, err = actor.shownMessage(m, c).original()
		return err
	})
	if err != nil {
		return page, err
	}
	displayer, ok := h.connectors[c.Channel].(connectors.Displayer)
	if !ok {
		return page, ErrNotFound
	}
	if err := h.recordLook(ctx, actor, id, c.Code); err != nil {
		return page, err
	}
	err = h.display(ctx, func(ctx context.Context) (err error) {
		page, err = displayer.Display(ctx, original, remote)
		return err
	})
	return page, err
}

// display tells in people's words why a letter cannot be shown.
func (h *Hub) display(ctx context.Context, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.SendTimeout)
	defer cancel()
	err := guarded(func() error { return call(ctx) })
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), err)
	}
	h.log.WarnContext(ctx, "a letter could not be shown as its sender laid it out", "kind", connectors.KindOf(err).String(), "err", err)
	if reason := connectors.ReasonOf(err); reason != "" {
		return conflict("%s", reason)
	}
	return conflict("Chưa hiện được thư gốc; hãy tải thư gốc về máy để xem.")
}

// original is what m was made of, whole.
func (m Message) original() (content.Attachment, error) {
	for _, a := range m.Content.Attachments {
		if a.Kind == content.Original && a.ID != "" {
			return a, nil
		}
	}
	return content.Attachment{}, ErrNotFound
}

// withoutOriginal is c without what it was made of: that is no file somebody put
// to it, and tells all that was kept from c.
func withoutOriginal(c content.Content) content.Content {
	c.Attachments = slices.DeleteFunc(slices.Clone(c.Attachments), func(a content.Attachment) bool { return a.Kind == content.Original })
	return c
}

// ownSubject is the subject of a letter where it tells more than that of its
// matter c: answers repeat it behind "Re:" and with the code.
func (m Message) ownSubject(c Conversation) string {
	if m.Letter == nil || m.Letter.Subject == "" {
		return ""
	}
	plain := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(m.Letter.Subject, "["+c.Code+"]", "")))
	if c.Subject != "" && strings.HasSuffix(plain, strings.ToLower(strings.TrimSpace(c.Subject))) {
		return ""
	}
	return m.Letter.Subject
}

const (
	// copiesMost is how many others may get one letter.
	copiesMost = 20
	// addressMost of a whole address and localMost of what stands before its "@" are
	// bytes (RFC 5321, 4.5.3.1).
	addressMost = 254
	localMost   = 64
)

// mailbox is an address as letters of ours can be sent to it.
var mailbox = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$`)

// copiesTo makes an answer a letter with copies. What stands twice is taken once.
// nil: nobody gets one.
func copiesTo(cc []connectors.Address) (*connectors.Letter, error) {
	var letter connectors.Letter
	var wrong Invalid
	seen := map[string]bool{}
	for _, a := range cc {
		a.Name, a.Mail = strings.Join(strings.Fields(a.Name), " "), strings.TrimSpace(a.Mail)
		if len(a.Mail) > addressMost || strings.IndexByte(a.Mail, '@') > localMost || !mailbox.MatchString(a.Mail) {
			wrong = append(wrong, Problem{Field: "cc", Message: fmt.Sprintf("Địa chỉ “%s” không đúng; hãy nhập như ten@thanhhoa.gov.vn.", a.Mail)})
			continue
		}
		if key := strings.ToLower(a.Mail); !seen[key] {
			seen[key] = true
			letter.Cc = append(letter.Cc, a)
		}
	}
	switch {
	case len(wrong) > 0:
		return nil, wrong
	case len(letter.Cc) > copiesMost:
		return nil, Invalid{{Field: "cc", Message: fmt.Sprintf("Một thư gửi bản sao cho tối đa %d người; hãy bỏ bớt.", copiesMost)}}
	case len(letter.Cc) == 0:
		return nil, nil
	}
	return &letter, nil
}
