package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/content"
)

// receiveTime is how long keeping what arrived may take. Zalo waits 2 s for an
// answer, and may not send again what is answered later: half a second is left
// for the network and the connector.
const receiveTime = 1500 * time.Millisecond

// Receive keeps what a connector reports: in one transaction the raw bytes,
// the platform's keys, the contact, the conversation, the messages and the
// turns they ask for. When it returns nil all of that is on disk; when it
// returns an error the platform must send again. That error is ErrUnavailable
// when the store has not kept it within receiveTime.
func (h *Hub) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	if h.speaker(raw.Channel) == nil {
		return fmt.Errorf("channel %q: %w", raw.Channel, ErrNotFound)
	}
	// gofail: var receiveVerified struct{}
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, receiveTime)
	defer cancel()
	copied := h.copied(limited, raw, in)
	kept, err := h.keep(limited, raw, in)
	err = cmp.Or(err, <-copied)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w within %s: %w", ErrUnavailable, receiveTime, err)
	}
	// gofail: var receiveKept string
	// return errors.New(receiveKept)
	h.metrics.received(raw, kept, len(in)-kept, time.Since(start), err)
	return err
}

// Journal keeps a second copy of what comes in, for the day when the store is
// lost. Keep returns nil when it is on disk.
type Journal interface {
	Keep(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error
}

// copied gives the journal its copy while the store is being written. What it
// tells is nil at once where there is no journal.
func (h *Hub) copied(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) <-chan error {
	done := make(chan error, 1)
	if h.journal == nil {
		done <- nil
		return done
	}
	go func() {
		err := h.journal.Keep(ctx, raw, in)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		done <- err
	}()
	return done
}

// keep is Receive without its frame. It returns how many of in were new.
func (h *Hub) keep(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) (kept int, err error) {
	urgent := make([]bool, len(in))
	for i, said := range in {
		urgent[i] = (said.Kind == connectors.Said || said.Kind == connectors.Edited) && h.danger(ctx, writtenWords(said))
	}
	begun := h.traceBegin()
	var r receiving
	if err := h.disk.Words(); err != nil && !slices.Contains(urgent, true) {
		return 0, err // an urgent report has the reserve
	}
	// gofail: var receiveBeforeStore struct{}
	err = h.store.Update(ctx, func(tx Writer) error {
		r = receiving{hub: h, tx: tx, raw: Raw{Raw: raw}, now: h.store.Now()}
		if raw.Trouble != "" {
			if err := r.quarantine(); err != nil {
				return err
			}
		}
		for i, reported := range in {
			if err := r.one(reported, urgent[i]); err != nil {
				return err
			}
		}
		if err := r.bookmark(); err != nil {
			return err
		}
		for _, s := range r.said {
			h.recall.said(s.message, s.conversation)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	h.traceReceived(begun, r.said)
	return r.kept, nil
}

// receiving is one call of Receive within its transaction.
type receiving struct {
	hub  *Hub
	tx   Writer
	raw  Raw
	now  time.Time
	kept int
	said []ground // the messages that ask for turns
}

func (r *receiving) one(in connectors.Inbound, urgent bool) error {
	switch in.Kind {
	case connectors.Echo:
		return r.echo(in)
	case connectors.Delivered, connectors.Seen:
		return r.progress(in)
	case connectors.Followed:
		return r.relation(in, FollowedUs)
	case connectors.Unfollowed:
		return r.relation(in, UnfollowedUs)
	case connectors.Shared:
		return r.shared(in)
	case connectors.Opened:
		return r.opened(in)
	case connectors.Edited:
		return r.edited(in, urgent)
	case connectors.Withdrawn, connectors.Reacted, connectors.Concealed:
		return r.remarked(in)
	case connectors.Controlled:
		return r.controlled(in)
	case connectors.Bounced:
		return r.bounced(in)
	case connectors.Acted:
		return r.acted(in)
	default: // a kind that this hub does not know yet still has words to be read
		return r.message(in, urgent)
	}
}

// keepRaw writes the raw bytes once, and only when something new refers to them.
func (r *receiving) keepRaw() error {
	if r.raw.ID != "" {
		return nil
	}
	r.raw.ID = RawID(newID())
	return r.tx.PutRaw(r.raw)
}

// quarantine keeps what could not be understood where people see it. The same
// bytes again are the platform's resend.
func (r *receiving) quarantine() error {
	sum := sha256.Sum256(r.raw.Body)
	key := Key{Channel: r.raw.Channel, Kind: "raw", Value: hex.EncodeToString(sum[:])}
	if known, _, err := r.tx.Remember(key, sum); err != nil || known {
		return err
	}
	if err := errors.Join(r.keepRaw(), r.holdFiles()); err != nil {
		return err
	}
	return r.tx.PutQuarantined(Quarantined{
		ID: r.raw.ID, Channel: r.raw.Channel, At: r.now, Trouble: r.raw.Trouble,
	})
}

func (r *receiving) message(in connectors.Inbound, urgent bool) error {
	fresh, clashes, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	return r.say(in, Message{Clashes: clashes}, urgent)
}

// say appends what a citizen said, and asks for a turn on it. m is what is known
// of the message besides.
func (r *receiving) say(in connectors.Inbound, m Message, urgent bool) error {
	if err := r.keepRaw(); err != nil {
		return err
	}
	if answered, err := r.answeredThread(in); err != nil || answered {
		return err
	}
	if joined, err := r.join(in); err != nil || joined {
		return err
	}
	live, open, err := liveConversation(r.tx, r.raw.Channel, in.From, in.Thread)
	if err != nil {
		return err
	}
	if rated, err := r.rating(in, urgent, open); err != nil || rated {
		return err
	}
	c, err := r.conversation(in, live, open)
	if err != nil {
		return err
	}
	quotes, err := r.quoted(in)
	if err != nil {
		return err
	}
	m.ID, m.Conversation, m.Direction = MessageID(newID()), c.ID, In
	m.Author = Author{Kind: Citizen, Name: c.ContactName}
	m.Content, m.Pressed, m.Quotes, m.Album = in.Content, in.Pressed, quotes, in.Album
	m.Key, m.Remote, m.Raw, m.Letter = in.Key, in.Message, r.raw.ID, in.Letter
	m.SentAt, m.ReceivedAt, m.Late = in.SentAt, r.now, in.Recalled || late(in, c)
	if r.hub.fromLog(c) {
		m.byOurClock(c)
	}
	if m, err = c.append(r.tx, m); err != nil {
		return err
	}
	c.heard(m)
	r.hub.filedBy(&c, m.Content.Form)
	marks, err := r.standby(&c, in)
	if err != nil {
		return err
	}
	if c.Handler == ByPeople && !c.Standby {
		c.Unread++
		if c.WaitingSince.IsZero() && !m.byMachine() {
			c.WaitingSince = r.now
			if err := r.hub.startClocks(r.tx, &c, r.now); err != nil {
				return err
			}
		}
		placed, err := r.placed(&c, m.Content.Text)
		if err != nil {
			return err
		}
		marks = append(marks, placed...)
	}
	if err := r.rouse(&c); err != nil {
		return err
	}
	if c, err = r.tx.PutConversation(c); err != nil {
		return err
	}
	r.kept++
	if r.hub.brings(in) {
		err = r.tx.Enqueue(Task{ID: newID(), Kind: Sheets, Group: string(c.ID), Ref: string(m.ID), Due: r.now})
	} else {
		err = r.ask(m, c, urgent)
	}
	if err != nil {
		return err
	}
	if m.Letter != nil {
		if err := placeLetter(r.tx, r.raw.Channel, m); err != nil {
			return err
		}
	}
	if err := fetchLater(r.tx, m, r.now); err != nil {
		return err
	}
	for _, added := range append([]Message{m}, marks...) {
		if err := r.tx.AppendEvent(messageEvent(MessageAdded, c, added, r.now)); err != nil {
			return err
		}
	}
	return nil
}

// ask asks for a turn on m, unless no machine may answer it.
func (r *receiving) ask(m Message, c Conversation, urgent bool) error {
	if m.byMachine() {
		return nil
	}
	if m.Album == "" { // what others join is read again when it is whole
		r.said = append(r.said, ground{message: m, conversation: c})
	}
	return r.tx.Enqueue(Task{
		ID: newID(), Kind: Turns, Group: string(c.ID), Ref: string(m.ID), Urgent: urgent, Due: r.whole(m),
	})
}

// lateAfter is how much older than what arrived before it a message must be to
// count as late: a little disorder is no news to people.
const lateAfter = time.Minute

func late(in connectors.Inbound, c Conversation) bool {
	return !in.SentAt.IsZero() && in.SentAt.Add(lateAfter).Before(c.LastAt)
}

// remember tells whether in is new. The same key with other content is new as
// well: once never means lost.
func (r *receiving) remember(in connectors.Inbound) (fresh, clashes bool, err error) {
	sum := digest(in)
	if in.Recalled {
		sum = recalledSum
	}
	key := Key{Channel: r.raw.Channel, Kind: in.Kind, Value: in.Key}
	known, same, err := r.tx.Remember(key, sum)
	if err != nil || !known {
		return !known, false, err
	}
	if same || in.Recalled {
		return false, false, nil
	}
	// What was recalled from the platform's history first may be told in other
	// words than the platform's own report, which comes late.
	if _, recalled, err := r.tx.Remember(key, recalledSum); err != nil || recalled {
		return false, false, err
	}
	key.Value += "#" + hex.EncodeToString(sum[:])
	known, _, err = r.tx.Remember(key, sum)
	return !known, true, err
}

// recalledSum stands in place of the digest of what was recalled.
var recalledSum = sha256.Sum256([]byte("recalled"))

// digest sums what a citizen said, so that a key used for two different things is noticed.
func digest(in connectors.Inbound) [32]byte {
	h := sha256.New()
	if in.Letter != nil { // its key sums up what was written; what is read from it may get better
		return sha256.Sum256([]byte(in.Key))
	}
	put := func(parts ...string) {
		for _, p := range parts {
			fmt.Fprintf(h, "%d:%s", len(p), p)
		}
	}
	put(string(in.From), string(in.Thread), in.Content.Text, in.Pressed)
	for _, a := range in.Content.Attachments {
		put(a.ID, a.Source)
	}
	if p := in.Content.Place; p != nil {
		put(fmt.Sprint(p.Latitude), fmt.Sprint(p.Longitude))
	}
	for _, f := range in.Content.Form {
		put(f.Name, f.Value)
	}
	for _, l := range in.Content.Links {
		put(l.Label, l.URL)
	}
	return [32]byte(h.Sum(nil))
}

// unnamed begins what a citizen is called whose name is not known.
const unnamed = "Khách "

func (r *receiving) contact(in connectors.Inbound) (Contact, error) {
	contact, err := r.tx.ContactOf(r.raw.Channel, in.From)
	if err == nil {
		asked := false
		if contact, asked, err = r.profileLater(contact, in); err == nil && asked {
			err = r.tx.PutContact(contact)
		}
	}
	if err == nil {
		return personOf(r.tx, contact)
	}
	if !errors.Is(err, ErrNotFound) {
		return contact, err
	}
	contact = Contact{
		ID: ContactID(newID()), Name: nameOf(in.Profile.Name), Phone: in.Profile.Phone,
		Email: in.Profile.Email, Language: in.Language, CreatedAt: r.now,
	}
	if contact.Name == "" {
		contact.Name = unnamed + strings.ToUpper(string(contact.ID[len(contact.ID)-4:]))
	}
	if contact, _, err = r.profileLater(contact, in); err != nil {
		return contact, err
	}
	if err := r.tx.PutContact(contact); err != nil {
		return contact, err
	}
	return contact, r.tx.PutIdentity(Identity{Channel: r.raw.Channel, Remote: in.From, Contact: contact.ID})
}

// conversation is the matter that in belongs to: the one it answers, or the one
// that is open between us (live, where open says so), or a new one.
func (r *receiving) conversation(in connectors.Inbound, live Conversation, open bool) (Conversation, error) {
	c, found, err := r.answeredMatter(in)
	if err != nil || found {
		return c, err
	}
	if open {
		return live, nil
	}
	contact, err := r.contact(in)
	if err != nil {
		return c, err
	}
	code, err := r.tx.NextCode(r.hub.cfg.CodePrefix, r.now)
	if err != nil {
		return c, err
	}
	c = Conversation{
		ID: ConversationID(newID()), Code: code, Contact: contact.ID,
		Channel: r.raw.Channel, Remote: in.From, Thread: in.Thread, InPublic: in.Public, CameBy: in.Ref,
		Status: Open, Handler: ByBot, ContactName: contact.Name, CreatedAt: r.now,
		Dialogue: bot.State{Language: in.Language},
	}
	if in.Letter != nil {
		c.Subject = in.Letter.Subject
	}
	return c, r.tx.Enqueue(Task{
		ID: newID(), Kind: Closings, Group: string(c.ID), Ref: string(c.ID), Due: r.now.Add(r.hub.cfg.CloseAfter),
	})
}

func liveConversation(tx Reader, channel connectors.ChannelID, from, thread connectors.RemoteID) (Conversation, bool, error) {
	open, _, err := tx.Conversations(ListQuery{Lists: []ListID{Live(channel, from, thread)}, Limit: 1})
	if err != nil || len(open) == 0 {
		return Conversation{}, false, err
	}
	return open[0], true, nil
}

// heard puts what the lists show of m into c.
func (c *Conversation) heard(m Message) {
	c.Unanswered = m.Direction == In && !m.byMachine()
	if m.Automatic && c.LastText != "" {
		return // the citizen's words tell more than the bot's, and keep their place in the lists
	}
	c.LastAt = m.ReceivedAt
	c.LastAuthor = m.Author.Kind
	c.LastText = preview(m.Content)
}

// previewLength is how much of a message the lists show, in characters.
const previewLength = 140

func preview(c content.Content) string {
	text := strings.Join(strings.Fields(c.Text), " ")
	switch {
	case text != "":
	case filesSaid(c) > 0 && c.Attachments[0].Kind != content.File:
		text = "[" + c.Attachments[0].Called() + "]"
	case filesSaid(c) > 0:
		text = "[tệp đính kèm] " + c.Attachments[0].Name
	case len(c.Links) > 0:
		text = "[liên kết] " + c.Links[0].Label
	case c.Place != nil:
		text = "[vị trí]"
	case len(c.Form) > 0:
		text = "[biểu mẫu]"
	}
	if utf8.RuneCountInString(text) <= previewLength {
		return text
	}
	return string([]rune(text)[:previewLength]) + "…"
}

func messageEvent(kind EventKind, c Conversation, m Message, now time.Time) Event {
	return Event{
		At: now, Kind: kind, Conversation: c.ID, Message: m.ID, Channel: c.Channel,
		Remote: c.Remote, Department: c.Department, Public: m.Direction != Note, Own: m.Direction == In,
	}
}

func conversationEvent(c Conversation, now time.Time) Event {
	return Event{
		At: now, Kind: ConversationChanged, Conversation: c.ID, Channel: c.Channel,
		Remote: c.Remote, Department: c.Department,
	}
}
