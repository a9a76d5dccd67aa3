package inbox

import (
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// A platform's echo shows a message of the account to us as it shows it to the
// citizen: one that Send handed over, or one that somebody wrote in the
// platform's own app. The first must not become a second Message; the second
// must become one, and silences the bot as any person's answer does.
//
// They are told apart by the platform's id. Send learns that id only from the
// platform's answer, and the echo may be here before it, on another node. But
// no echo of ours can come before the attempt is on record (beginAttempt). So
// while a message to that person is Sending, its echo waits with it (Early),
// and is judged in the transaction that ends the attempt (weigh). A message
// that was sent with an unknown outcome is recognised by its words: then the
// echo is the answer that was lost, and nothing is sent twice. Where it comes
// too late for that, it shows the other one of two copies, and is nobody's answer.

// elsewhere is the author's name of an answer from the platform's own app.
const elsewhere = "Cán bộ (trả lời trên ứng dụng của kênh)"

// echo keeps a message of the account as the platform shows it.
func (r *receiving) echo(in connectors.Inbound) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	if in.By == "" {
		if ours, err := r.ownEcho(in); err != nil || ours {
			return err
		}
	}
	c, err := r.matterOf(in)
	if err != nil {
		return err
	}
	if err := r.keepRaw(); err != nil {
		return err
	}
	r.kept++
	return saidElsewhere(r.tx, &c, r.early(in), r.now)
}

// ownEcho finds the message of ours that in echoes, and learns from it. It
// returns false when in is nobody's whom we know of.
func (r *receiving) ownEcho(in connectors.Inbound) (bool, error) {
	e, limits := r.early(in), r.hub.LimitsOf(r.raw.Channel)
	var sending, whole, part, twin *Message
	for m, err := range lately(r.tx, r.raw.Channel, in) {
		switch {
		case err != nil:
			return false, err
		case m.Direction != Out:
		case m.carries(in.Message):
			return true, nil
		case m.Delivery.State == Sending:
			sending = &m
		case twin == nil && m.twiceIn(e, limits):
			twin = &m
		case !m.unsettled():
		case whole == nil && (m.wholeIn(e, limits) || in.Sent == string(m.ID) && m.fits(limits)):
			whole = &m
		case part == nil && m.Delivery.Doubtful && m.partIn(e):
			part = &m
		}
	}
	// What says another's words does not wait for the one that is being sent.
	if sending != nil && (twin != nil || whole != nil) && !sending.wholeIn(e, limits) ||
		sending != nil && part != nil && !sending.partIn(e) {
		sending = nil
	}
	switch {
	case twin != nil && sending == nil:
		twin.Parts = append(twin.Parts, in.Message)
		return true, r.tx.PutMessage(*twin)
	case sending != nil:
		return true, r.await(*sending, in)
	case whole != nil:
		whole.Remote = in.Message
		if whole.Delivery.State.arrived() {
			return true, r.tx.PutMessage(*whole)
		}
		whole.Delivery = Delivery{State: Sent, Attempts: whole.Delivery.Attempts, Doubtful: whole.Delivery.Attempts > 1, At: r.now}
		return true, r.changed(*whole)
	case part != nil:
		part.Parts = append(part.Parts, in.Message)
		return true, r.tx.PutMessage(*part)
	}
	return false, nil
}

// echoedBy takes up an echo that waited with a message and is not by it: it is by
// another of ours that says the same, or somebody else's answer.
func (h *Hub) echoedBy(tx Writer, c *Conversation, e Early, now time.Time) error {
	r := &receiving{hub: h, tx: tx, raw: Raw{Raw: connectors.Raw{Channel: c.Channel}, ID: e.Raw}, now: now}
	ours, err := r.ownEcho(connectors.Inbound{
		Kind: connectors.Echo, Key: e.Key, From: c.Remote, Thread: c.Thread, Message: e.Remote, Content: e.Content, SentAt: e.SentAt,
	})
	if err != nil || ours {
		return err
	}
	return saidElsewhere(tx, c, e, now)
}

// await keeps a report with the message that is being sent, until it is known
// whether it is about that message.
func (r *receiving) await(m Message, in connectors.Inbound) error {
	if in.Kind == connectors.Echo { // it may become a message
		if err := r.keepRaw(); err != nil {
			return err
		}
	}
	m.Early = append(m.Early, r.early(in))
	r.kept++
	return r.tx.PutMessage(m)
}

// changed writes a message whose delivery has moved on, and tells it.
func (r *receiving) changed(m Message) error {
	if err := r.tx.PutMessage(m); err != nil {
		return err
	}
	c, err := r.tx.Conversation(m.Conversation)
	if err != nil {
		return err
	}
	r.kept++
	return r.tx.AppendEvent(messageEvent(MessageChanged, c, m, r.now))
}

func (r *receiving) early(in connectors.Inbound) Early {
	return Early{Kind: in.Kind, Remote: in.Message, Key: in.Key, Content: in.Content, SentAt: in.SentAt, Raw: r.raw.ID}
}

// matterOf is the conversation that something said elsewhere belongs to: the
// open one, else the latest, else a new one, so that people see it.
func (r *receiving) matterOf(in connectors.Inbound) (Conversation, error) {
	c, found, err := liveConversation(r.tx, r.raw.Channel, in.From, in.Thread)
	if err != nil || found {
		return c, err
	}
	past, err := visits(r.tx, r.raw.Channel, in)
	if err != nil {
		return c, err
	}
	if len(past) > 0 {
		return past[0], nil
	}
	return r.conversation(in, c, false)
}

// saidElsewhere appends an answer from the platform's own app to c, and writes
// c with the event. Whoever answers there has the matter in hand: the bot is
// silent from now on, and the citizen waits no more, unless the citizen has
// spoken since.
func saidElsewhere(tx Writer, c *Conversation, e Early, now time.Time) error {
	m, err := c.append(tx, Message{
		ID: MessageID(newID()), Conversation: c.ID, Direction: Out, Elsewhere: true,
		Author: Author{Kind: ByMember, Name: elsewhere}, Content: e.Content,
		Key: e.Key, Remote: e.Remote, SentAt: e.SentAt, ReceivedAt: now, Raw: e.Raw,
		Delivery: Delivery{State: Sent, At: now},
	})
	if err != nil {
		return err
	}
	spokenSince, err := spokenAfter(tx, *c, e.SentAt)
	if err != nil {
		return err
	}
	lastSaid := c.LastAt
	c.heard(m)
	if c.Status == Open {
		c.Handler = ByPeople
		c.Unanswered = spokenSince
		switch {
		case !spokenSince:
			c.WaitingSince, c.Unread, c.ReadSeq = time.Time{}, 0, c.LastSeq
		case c.WaitingSince.IsZero():
			c.WaitingSince, c.Unread = lastSaid, max(c.Unread, 1)
		}
	}
	if *c, err = tx.PutConversation(*c); err != nil {
		return err
	}
	if err := fetchLater(tx, m, now); err != nil {
		return err
	}
	return tx.AppendEvent(messageEvent(MessageAdded, *c, m, now))
}

// spokenAfter reports whether the citizen waits for an answer to something said
// after at, by the platform's clock: what comes late was not.
func spokenAfter(tx Reader, c Conversation, at time.Time) (bool, error) {
	if !c.Unanswered {
		return false, nil
	}
	latest, err := tx.Messages(c.ID, MessageQuery{Limit: recentPage})
	for _, m := range slices.Backward(latest) {
		if m.Direction == In {
			return m.SentAt.After(at), err
		}
	}
	return c.LastAt.After(at), err
}

// weigh ends the waiting of what came early, once an attempt has a verdict. An
// echo that says what m says is the platform's word that it has m, whatever the
// attempt came to. Reports on m move its state on. What is left was said by
// somebody else.
func (m Message) weigh(v verdict, limits connectors.Limits) (_ Message, _ verdict, others []Early) {
	early, doubtful := m.Early, v.Doubtful || m.Delivery.Doubtful
	m.Early = nil
	for _, e := range early {
		switch {
		case e.Kind != connectors.Echo || m.carries(e.Remote):
		case (v.State != Sent || m.Remote == "") && m.wholeIn(e, limits):
			m.Remote = e.Remote
			v = verdict{State: Sent}
		case doubtful && m.wholeIn(e, limits), v.State != Sent && doubtful && m.partIn(e):
			m.Parts = append(m.Parts, e.Remote)
		default:
			others = append(others, e)
		}
	}
	for _, e := range early {
		if state := stateOf(e.Kind); v.State.before(state) && m.carries(e.Remote) {
			v.State = state
		}
	}
	return m, v, others
}

// crashed reports whether an attempt was begun and never ended.
func (m Message) crashed() bool { return m.Delivery.State == Sending }

// echoed reports whether the platform has shown m while it was being sent.
func (m Message) echoed(limits connectors.Limits) bool {
	return slices.ContainsFunc(m.Early, func(e Early) bool { return e.Kind == connectors.Echo && m.wholeIn(e, limits) })
}

// unsettled reports whether the platform may have m under an id that we do not
// know: its answer to Send is missing, or named none.
func (m Message) unsettled() bool {
	switch m.Delivery.State {
	case Queued, Parked:
		return m.Delivery.Attempts > 0
	case Sent, Delivered, Read:
		return m.Remote == ""
	}
	return false
}

// carries reports whether m, or a part of it, is the platform's message id.
func (m Message) carries(id connectors.RemoteID) bool {
	return id != "" && (m.Remote == id || slices.Contains(m.Parts, id))
}

// fits reports whether m is one message on its platform.
func (m Message) fits(limits connectors.Limits) bool {
	return limits.TextLength == 0 || utf8.RuneCountInString(content.Plain(m.Content)) <= limits.TextLength
}

// wholeIn reports whether an echo says all that m says.
func (m Message) wholeIn(e Early, limits connectors.Limits) bool {
	said := spaced(e.Content.Text)
	if said == "" {
		return spaced(m.Content.Text) == "" && len(m.Content.Attachments) == 1 && len(e.Content.Attachments) == 1
	}
	return said == spaced(content.Plain(m.Content)) || m.fits(limits) && len(m.Content.Attachments) == 0 && said == spaced(m.Content.Text)
}

// twiceIn reports whether an echo is of a copy: m was sent once more while it was
// in doubt, the platform has named one of the two, and here is the other.
func (m Message) twiceIn(e Early, limits connectors.Limits) bool {
	return m.Delivery.Doubtful && m.Delivery.State.arrived() && m.Remote != "" &&
		(m.wholeIn(e, limits) || !m.fits(limits) && m.partIn(e))
}

// partIn reports whether an echo says a part of what m says.
func (m Message) partIn(e Early) bool {
	said := spaced(e.Content.Text)
	if said == "" {
		return len(m.Content.Attachments) > 0 && len(e.Content.Attachments) > 0
	}
	return strings.Contains(spaced(content.Plain(m.Content)), said)
}

// spaced is text with single blanks: platforms change white space.
func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// How far back a platform's report is looked up: it follows what it is about
// within a few messages, and only some are of an older matter.
const (
	recentMatters  = 3
	recentMessages = 200 // of each
	firstPage      = 4   // mostly it is among the very last
	recentPage     = 40
)

// visits are the latest conversations of the person, and of the thread where
// in names one, newest first.
func visits(tx Reader, channel connectors.ChannelID, in connectors.Inbound) ([]Conversation, error) {
	found, _, err := tx.Conversations(ListQuery{Lists: []ListID{Visits(channel, in.From)}, Limit: recentMatters})
	return slices.DeleteFunc(found, func(c Conversation) bool { return in.Thread != "" && c.Thread != in.Thread }), err
}

// lately yields what was said of late in the person's matters, newest first.
func lately(tx Reader, channel connectors.ChannelID, in connectors.Inbound) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		matters, err := visits(tx, channel, in)
		if err != nil {
			yield(Message{}, err)
			return
		}
		for _, c := range matters {
			for before, n, limit := uint64(0), 0, firstPage; n < recentMessages; n, limit = n+limit, recentPage {
				page, err := tx.Messages(c.ID, MessageQuery{Before: before, Limit: limit})
				if err != nil {
					yield(Message{}, err)
					return
				}
				for _, m := range slices.Backward(page) {
					if !yield(m, nil) {
						return
					}
				}
				if len(page) < limit {
					break
				}
				before = page[0].Seq
			}
		}
	}
}

// quoted is the message that in answers, empty when we do not have it.
func (r *receiving) quoted(in connectors.Inbound) (MessageID, error) {
	if in.Quotes == "" {
		return "", nil
	}
	for m, err := range lately(r.tx, r.raw.Channel, in) {
		if err != nil {
			return "", err
		}
		if m.carries(in.Quotes) {
			return m.ID, nil
		}
	}
	return "", nil
}
