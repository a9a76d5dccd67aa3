package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Letters find their matter by what they answer, not by who wrote last. Whom a
// letter may be shown to is never decided by what its sender claims: a signed
// reply address leads to its matter, whoever writes; the ids of earlier letters
// and a code in the subject lead only to matters of the same sender.

// letterPlace tells which message a letter became.
type letterPlace struct {
	Conversation ConversationID `json:"conv"`
	Message      MessageID      `json:"msg"`
}

// lettersShelf finds letters of both directions by their Message-ID.
const lettersShelf Shelf[letterPlace] = "letters"

// letterID is the id on the shelf: a Message-ID may be of any length.
func letterID(channel connectors.ChannelID, id connectors.RemoteID) string {
	sum := sha256.Sum256([]byte(id))
	return string(channel) + "/" + hex.EncodeToString(sum[:16])
}

// placeLetter makes m to be found by what answers it.
func placeLetter(tx Writer, channel connectors.ChannelID, m Message) error {
	if m.Remote == "" {
		return nil
	}
	_, err := lettersShelf.Get(tx, letterID(channel, m.Remote))
	if err == nil {
		return nil // the first of that id stays: a later one may be a forgery
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err = lettersShelf.Put(tx, Kept[letterPlace]{
		ID: letterID(channel, m.Remote), Value: letterPlace{Conversation: m.Conversation, Message: m.ID},
	})
	return err
}

// placedLetter is the message that a letter became; false when we have none of
// that id.
func placedLetter(tx Reader, channel connectors.ChannelID, id connectors.RemoteID) (letterPlace, bool, error) {
	kept, err := lettersShelf.Get(tx, letterID(channel, id))
	if errors.Is(err, ErrNotFound) {
		return letterPlace{}, false, nil
	}
	return kept.Value, err == nil, err
}

// answeredMatter is the open matter that a letter belongs to by what it answers.
func (r *receiving) answeredMatter(in connectors.Inbound) (c Conversation, found bool, err error) {
	letter := in.Letter
	if letter == nil {
		return c, false, nil
	}
	if letter.Matter != "" {
		c, err = r.tx.Conversation(ConversationID(letter.Matter))
		if found, err = r.joinable(c, err); found || err != nil {
			return c, found, err
		}
	}
	for _, id := range letter.Answers {
		place, known, err := placedLetter(r.tx, r.raw.Channel, id)
		if err != nil {
			return c, false, err
		}
		if !known {
			continue
		}
		c, err = r.tx.Conversation(place.Conversation)
		if found, err = r.joinable(c, err); err != nil || found && c.Remote == in.From {
			return c, found, err
		}
	}
	if code := r.hub.codeIn(letter.Subject); code != "" {
		c, err = r.tx.ConversationByCode(code)
		if found, err = r.joinable(c, err); err != nil || found && c.Remote == in.From {
			return c, found, err
		}
	}
	return Conversation{}, false, nil
}

// joinable reports whether a matter that was looked up with err is open on the
// channel of what arrived.
func (r *receiving) joinable(c Conversation, err error) (bool, error) {
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && c.Channel == r.raw.Channel && c.Status == Open, err
}

// codeIn is the code of a matter that a subject names, empty without one.
func (h *Hub) codeIn(subject string) string {
	return strings.ToUpper(h.codes.FindString(subject))
}

// codePattern recognises the codes of NextCode: "TH-261121-0042".
func codePattern(prefix string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(prefix) + `-\d{6}-\d{4,}\b`)
}

// byMachine reports whether no machine may answer m (RFC 3834, 2).
func (m Message) byMachine() bool { return m.Letter != nil && m.Letter.Machine != "" }

// words are what m says to whoever must understand it: the subject of a first
// letter often is the question.
func (m Message) words() string {
	if m.Letter == nil || len(m.Letter.Answers) > 0 || strings.Contains(m.Content.Text, m.Letter.Subject) {
		return m.Content.Text
	}
	return strings.TrimSpace(m.Letter.Subject + "\n" + m.Content.Text)
}

// writtenWords are the same of what is still to be kept.
func writtenWords(in connectors.Inbound) string {
	return Message{Content: in.Content, Letter: in.Letter}.words()
}

// filesSaid counts the files that somebody put to what they wrote.
func filesSaid(c content.Content) (n int) {
	for _, a := range c.Attachments {
		if a.Kind != content.Original {
			n++
		}
	}
	return n
}

// letterProgress moves a letter of ours on. Reports of a mail system come from
// itself, so the letter is found by its id alone.
func (r *receiving) letterProgress(in connectors.Inbound, to DeliveryState) error {
	m, found, err := r.ourLetter(in.Message)
	if err != nil || !found {
		return err
	}
	return r.advance(m, to)
}

// ourLetter is the letter of ours with that id.
func (r *receiving) ourLetter(id connectors.RemoteID) (m Message, found bool, err error) {
	place, known, err := placedLetter(r.tx, r.raw.Channel, id)
	if err != nil || !known {
		return m, false, err
	}
	m, err = r.tx.Message(place.Message)
	if errors.Is(err, ErrNotFound) { // erased since
		return m, false, nil
	}
	return m, err == nil && m.Direction == Out, err
}

// bounced keeps that a message of ours did not reach the citizen.
func (r *receiving) bounced(in connectors.Inbound) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	if in.Letter != nil && in.Letter.Matter != "" {
		return r.postBounced(in)
	}
	m, found, err := r.ourLetter(in.Message)
	if err != nil || !found {
		return err
	}
	m.Delivery.State, m.Delivery.Reason, m.Delivery.At = Failed, in.Reason, r.now
	return r.changed(m)
}

// letterTo tells the bot whom its letter is to; nil where it writes none.
func (h *Hub) letterTo(c Conversation, m Message) *bot.Letter {
	if !h.LimitsOf(c.Channel).Letters {
		return nil
	}
	letter := &bot.Letter{}
	if !strings.HasPrefix(c.ContactName, unnamed) {
		letter.Name = c.ContactName
	}
	for _, a := range m.Content.Attachments {
		if a.Problem != "" {
			letter.Unread = append(letter.Unread, a.Name)
		}
	}
	return letter
}

// boundLetters takes back what the bot would say once machines of ours have
// written enough letters of the day to whom c is with: people answer from now on.
func (h *Hub) boundLetters(tx Writer, c Conversation, d *bot.Decision, now time.Time) error {
	if len(d.Replies) == 0 {
		return nil
	}
	may, err := h.mayWrite(tx, c, now)
	if err != nil || may {
		return err
	}
	d.Replies = nil
	if d.Outcome != bot.Urgent {
		d.Outcome, d.Reason, d.Entry = bot.HandOff, bot.Enough, ""
	}
	return nil
}

// lettersMachine is how many letters a machine of ours writes to one address in a
// day. Two machines that answer each other stop there (RFC 3834, 2), also where
// the other does not say that it is one; a person is answered by people then.
const lettersMachine = 3

// machineLetters counts them.
type machineLetters struct {
	Day string `json:"day"`
	N   int    `json:"n"`
}

const machineLettersShelf Shelf[machineLetters] = "machine-letters"

// mayWrite counts a letter of the bot to whom c is with, and reports whether it
// may leave.
func (h *Hub) mayWrite(tx Writer, c Conversation, now time.Time) (bool, error) {
	if !h.LimitsOf(c.Channel).Letters {
		return true, nil
	}
	id := letterID(c.Channel, c.Remote)
	kept, err := machineLettersShelf.Get(tx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if today := now.In(zone).Format(time.DateOnly); kept.Value.Day != today {
		kept.Value = machineLetters{Day: today}
	}
	if kept.Value.N >= lettersMachine {
		return false, nil
	}
	kept.ID = id
	kept.Value.N++
	_, err = machineLettersShelf.Put(tx, kept)
	return err == nil, err
}

// threadIDs is how many earlier letters of a matter ours names.
const threadIDs = 20

// letterOf is what the connector needs to write m as a letter; nil where its
// channel has none.
func (h *Hub) letterOf(ctx context.Context, c Conversation, m Message) (*connectors.Letter, error) {
	if !h.LimitsOf(c.Channel).Letters {
		return nil, nil
	}
	letter := connectors.Letter{}
	if m.Letter != nil {
		letter = *m.Letter
	}
	letter.Matter = string(c.ID)
	letter.Subject = subjectOf(c)
	letter.Signature = h.signature(c, m)
	err := h.store.View(ctx, func(tx Reader) error {
		earlier, err := tx.Messages(c.ID, MessageQuery{Before: m.Seq, Limit: recentPage})
		letter.Answers = nil
		for _, e := range slices.Backward(earlier) {
			if e.Remote != "" && e.Direction != Note && len(letter.Answers) < threadIDs {
				letter.Answers = append(letter.Answers, e.Remote)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("earlier letters: %w", err)
	}
	return &letter, nil
}

// subjectOf is the subject of our letters in c. Its code leads an answer back to
// c also where a mail system drops the rest.
func subjectOf(c Conversation) string {
	code := "[" + c.Code + "]"
	switch {
	case c.Subject == "":
		return code + " Trả lời anh/chị"
	case strings.Contains(strings.ToUpper(c.Subject), c.Code):
		return c.Subject
	}
	return c.Subject + " " + code
}

// signature tells who answers.
func (h *Hub) signature(c Conversation, m Message) []string {
	if m.Automatic {
		return nil
	}
	lines := []string{}
	if m.Author.Name != "" && m.Author.Kind == ByMember {
		lines = append(lines, m.Author.Name)
	}
	if name := h.departmentName(c.Department); name != "" {
		lines = append(lines, name)
	}
	return lines
}

// bookmarksShelf keeps where connectors stand, under channel and name.
const bookmarksShelf Shelf[[]byte] = "bookmarks"

// Bookmark implements connectors.Bookmarks.
func (h *Hub) Bookmark(ctx context.Context, channel connectors.ChannelID, name string) (value []byte, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		kept, err := bookmarksShelf.Get(tx, string(channel)+"/"+name)
		value = kept.Value
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, connectors.ErrNoBookmark
	}
	return value, err
}

func (r *receiving) bookmark() error {
	b := r.raw.Bookmark
	if b == nil {
		return nil
	}
	id := string(r.raw.Channel) + "/" + b.Name
	kept, err := bookmarksShelf.Get(r.tx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	kept.ID, kept.Value = id, b.Value
	_, err = bookmarksShelf.Put(r.tx, kept)
	return err
}

// heldShelf names the files that something in the quarantine is made of.
const heldShelf Shelf[RawID] = "held-files"

func (r *receiving) holdFiles() error {
	for _, file := range r.raw.Files {
		held, err := fileHeld(r.tx, file.ID)
		if err != nil || held {
			return err
		}
		if _, err := heldShelf.Put(r.tx, Kept[RawID]{ID: file.ID, Value: r.raw.ID}); err != nil {
			return err
		}
	}
	return nil
}

func fileHeld(tx Reader, file string) (bool, error) {
	_, err := heldShelf.Get(tx, file)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
