package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tongdai/bot"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// hitsWanted is how many entries the bot weighs.
const hitsWanted = 5

// brokenAfter is how often a turn may fail before people get the message.
const brokenAfter = 3

// turn evaluates one incoming message. Deciding is free of effects, so a turn
// may be repeated after a crash; applying the decision and finishing the claim
// are one transaction, so it counts once.
func (h *Hub) turn(ctx context.Context, claim Claim) error {
	g, err := h.groundOf(ctx, MessageID(claim.Task.Ref))
	if err != nil {
		return err
	}
	err = h.turnOn(ctx, claim, g)
	if errors.Is(err, errMoved) {
		if g, err = h.readGround(ctx, g.message.ID); err == nil {
			err = h.turnOn(ctx, claim, g)
		}
	}
	return err
}

func (h *Hub) turnOn(ctx context.Context, claim Claim, g ground) error {
	// gofail: var turnClaimed struct{}
	start := time.Now()
	m, c := g.message, g.conversation
	if c.Handler == ByPeople && !h.danger(ctx, m.words()) {
		return h.store.Update(ctx, func(tx Writer) error { return tx.Finish(claim) })
	}
	revision := h.knowledge.Revision()
	decision, err := h.decide(ctx, c, m, claim.Task.Attempts+1 >= brokenAfter)
	if err != nil {
		return err
	}
	t := Turn{
		Message: m.ID, Conversation: m.Conversation, Took: time.Since(start), Outcome: decision.Outcome,
		Reason: decision.Reason, Entry: decision.Entry, Confidence: decision.Confidence,
		Candidates: decision.Candidates, Rule: decision.Rule, Revision: revision,
	}
	// gofail: var turnDecided string
	// return errors.New(turnDecided)
	if err := h.apply(ctx, claim, g, t, decision); err != nil {
		return err
	}
	// gofail: var turnCommitted struct{}
	h.metrics.turned(decision.Outcome, h.store.Now().Sub(m.ReceivedAt), time.Since(start))
	h.traceTurn(time.Since(start), c.Channel, t)
	return nil
}

// decide gathers the evidence and asks the bot, within the turn's deadline. At
// the last attempt a failure becomes a decision too: people get the message.
func (h *Hub) decide(ctx context.Context, c Conversation, m Message, last bool) (bot.Decision, error) {
	return h.decideOn(ctx, h.knowledge, c, m, last)
}

// decideOn is decide with a knowledge base that may be another than the hub's.
func (h *Hub) decideOn(ctx context.Context, know Knowledge, c Conversation, m Message, last bool) (d bot.Decision, err error) {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.TurnTimeout)
	defer cancel()
	said := bot.Message{
		Text: m.words(), Pressed: m.Pressed, Attachments: filesSaid(m.Content),
		Place: m.Content.Place, Language: c.Dialogue.Language,
	}
	if m.Pressed == Opening { // no words are an opening to the bot as well
		said.Pressed = ""
	}
	now := h.store.Now()
	staffed, opens := h.directory.Staffed(now)
	e := bot.Evidence{
		Now: now, Staffed: staffed, Opens: opens, InHours: h.directory.InHours(now), Code: c.Code,
		Due: h.answerDue(c, now), Reachable: h.reachable(c, now), Letter: h.letterTo(c, m),
		Form:       len(m.Content.Form) > 0,
		Department: h.directory.DepartmentName, Entries: map[kb.EntryID]kb.Entry{},
		NeedsPlace: func(field kb.CategoryID) bool { return h.needsPlace(c, field, m.words(), now) },
	}
	defer h.think()()
	err = guarded(func() error {
		need := h.bot.Need(c.Dialogue, said)
		if need.Query != "" {
			if e.Hits, err = know.Search(ctx, need.Query, hitsWanted); err != nil {
				return fmt.Errorf("search: %w", err)
			}
		}
		for _, id := range need.Entries {
			if entry, ok := know.Entry(id); ok && entry.Answers(now) {
				e.Entries[id] = entry
			}
		}
		d = h.bot.Decide(c.Dialogue, said, e)
		return nil
	})
	if err == nil || !last {
		return d, err
	}
	h.log.ErrorContext(ctx, "the bot failed; people get the message", "message", m.ID, "err", err)
	if err := guarded(func() error {
		d = h.bot.Broken(c.Dialogue, said, e)
		return nil
	}); err != nil { // then people get it at least, though the citizen hears nothing yet
		h.log.ErrorContext(ctx, "the bot cannot even say that it failed", "message", m.ID, "err", err)
		d = bot.Decision{Outcome: bot.HandOff, Reason: bot.Broken, State: c.Dialogue}
	}
	return d, nil
}

// patience is how long a turn waits for its turn to think.
const patience = 100 * time.Millisecond

// think waits for a processor to be spared for thinking: turns that are all at
// it together make whoever brings the next message wait for each of them, and
// none is done sooner. One that thinks for very long holds nobody up for longer
// than their patience.
func (h *Hub) think() (done func()) {
	select {
	case h.thinking <- struct{}{}:
		return func() { <-h.thinking }
	default:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case h.thinking <- struct{}{}:
		return func() { <-h.thinking }
	case <-late.C:
		return func() {}
	}
}

// danger tells whether a text reports danger. That the bot fails on a text must
// keep it neither from being kept nor from being read by people.
func (h *Hub) danger(ctx context.Context, text string) (danger bool) {
	if err := guarded(func() error {
		_, danger = h.bot.Danger(text)
		return nil
	}); err != nil {
		h.log.ErrorContext(ctx, "the bot failed while it looked for danger", "err", err)
	}
	return danger
}

// apply writes everything a turn decided, together with the end of its claim.
// errMoved when it was decided on a ground that does not hold.
func (h *Hub) apply(ctx context.Context, claim Claim, g ground, t Turn, d bot.Decision) error {
	return h.store.Update(ctx, func(tx Writer) error {
		now := h.store.Now()
		c, err := tx.Conversation(t.Conversation)
		if err != nil {
			return err
		}
		if err := tx.Finish(claim); err != nil {
			return err
		}
		if !g.holds(c) {
			return errMoved
		}
		if c.Handler == ByPeople { // before, or since the bot began to think
			return h.raise(tx, c, d, t.Message, now)
		}
		t.At = now
		if err := tx.PutTurn(t); err != nil {
			return err
		}
		if err := h.boundLetters(tx, c, &d, now); err != nil {
			return err
		}
		was := c.Dialogue
		c.Category = c.fieldWith(d.State.Field)
		c.Dialogue = d.State
		var said []Message
		for _, reply := range d.Replies {
			m, err := h.say(tx, &c, Message{
				Author: Author{Kind: Bot}, Content: reply.Content, Entry: reply.Entry, Automatic: true,
			}, d.Outcome == bot.Urgent, now)
			if err != nil {
				return err
			}
			said = append(said, m)
		}
		if d.Outcome == bot.HandOff || d.Outcome == bot.Urgent {
			marks, err := h.handOff(tx, &c, d, t.Message, now)
			if err != nil {
				return err
			}
			said = append(said, marks...)
		}
		if err := h.noteMissed(tx, c, was, g.message, d, now); err != nil {
			return err
		}
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		for _, m := range said {
			if err := tx.AppendEvent(messageEvent(MessageAdded, c, m, now)); err != nil {
				return err
			}
		}
		h.recall.wrote(c)
		return nil
	})
}

// say appends an outgoing message to c and sets it on its way. The caller
// writes c and the event.
func (h *Hub) say(tx Writer, c *Conversation, m Message, urgent bool, now time.Time) (Message, error) {
	m.ID = MessageID(newID())
	m.Conversation = c.ID
	m.Direction = Out
	m.SentAt, m.ReceivedAt = now, now
	fromLog := h.fromLog(*c)
	m.Delivery = Delivery{State: Queued, At: now}
	if fromLog {
		m.Delivery.State = Sent
	}
	m, err := c.append(tx, m)
	if err != nil {
		return m, err
	}
	c.heard(m)
	if fromLog {
		return m, nil
	}
	return m, tx.Enqueue(Task{
		ID: newID(), Kind: Deliveries, Group: string(c.ID), Ref: string(m.ID), Urgent: urgent, Due: now,
	})
}

// fromLog reports whether the reader's own client follows our log, so that
// what is committed is sent.
func (h *Hub) fromLog(c Conversation) bool {
	conn, ok := h.connectors[c.Channel]
	return ok && conn.Limits().FromLog
}

// handOff gives c to people with what they need to know, and says so in the thread.
func (h *Hub) handOff(tx Writer, c *Conversation, d bot.Decision, about MessageID, now time.Time) ([]Message, error) {
	marks, err := h.revive(tx, c, now)
	if err != nil {
		return nil, err
	}
	c.Handler = ByPeople
	c.WaitingSince = now
	c.Unread = max(c.Unread, 1)
	c.Urgent = c.Urgent || d.Outcome == bot.Urgent
	c.Handoff = &Handoff{At: now, Reason: d.Reason, Asked: d.Asked, Candidates: d.Candidates, AskedPlace: d.AskedPlace}
	m, err := h.mark(tx, c, Change{Action: HandedOff, To: string(d.Reason)}, Author{Kind: System}, now)
	if err != nil {
		return nil, err
	}
	h.place(c, d.Asked)
	routed, err := h.route(tx, c, now)
	if err != nil {
		return nil, err
	}
	if d.Outcome == bot.Urgent {
		if err := h.ring(tx, c, about, now); err != nil {
			return nil, err
		}
	}
	return append(append(marks, m), routed...), h.startClocks(tx, c, now)
}

// revive opens a matter that somebody closed before the citizen's last words
// had been weighed, so that people find it in their lists. Where the citizen
// has begun a newer matter meanwhile, this one stays closed: a person has at
// most one open matter in one place.
func (h *Hub) revive(tx Writer, c *Conversation, now time.Time) ([]Message, error) {
	if c.Status == Open {
		return nil, nil
	}
	_, newer, err := liveConversation(tx, c.Channel, c.Remote, c.Thread)
	if err != nil || newer {
		return nil, err
	}
	if err := unend(tx, c); err != nil {
		return nil, err
	}
	c.Status, c.ResolvedAt = Open, time.Time{}
	m, err := h.mark(tx, c, Change{Action: Reopened}, Author{Kind: System}, now)
	return []Message{m}, err
}

// mark puts a system note into the thread: what happened, and by whom. The
// caller writes c; its last words for the lists stay what people said.
func (h *Hub) mark(tx Writer, c *Conversation, change Change, by Author, now time.Time) (Message, error) {
	return c.append(tx, Message{
		ID: MessageID(newID()), Conversation: c.ID, Direction: Note, Author: by,
		Content: content.Content{}, Change: &change, SentAt: now, ReceivedAt: now,
	})
}

// raise is all that the bot does while people answer: words of danger get the
// advice and the numbers at once, and go to the top of the desk. All else is
// left to the people; what is urgent already is with them.
func (h *Hub) raise(tx Writer, c Conversation, d bot.Decision, about MessageID, now time.Time) error {
	if d.Outcome != bot.Urgent || c.Urgent && c.Status == Open {
		return nil
	}
	said, err := h.revive(tx, &c, now)
	if err != nil {
		return err
	}
	for _, reply := range d.Replies {
		m, err := h.say(tx, &c, Message{Author: Author{Kind: Bot}, Content: reply.Content, Automatic: true}, true, now)
		if err != nil {
			return err
		}
		said = append(said, m)
	}
	c.Urgent = true
	if c.WaitingSince.IsZero() {
		c.WaitingSince = now
	}
	c.Unread = max(c.Unread, 1)
	note, err := h.mark(tx, &c, Change{Action: MarkedUrgent}, Author{Kind: System}, now)
	if err != nil {
		return err
	}
	h.place(&c, d.Asked)
	if err := errors.Join(h.ring(tx, &c, about, now), h.startClocks(tx, &c, now)); err != nil {
		return err
	}
	if c, err = tx.PutConversation(c); err != nil {
		return err
	}
	for _, m := range append(said, note) {
		if err := tx.AppendEvent(messageEvent(MessageAdded, c, m, now)); err != nil {
			return err
		}
	}
	return nil
}

// closeSilent closes a matter that the bot handled once the citizen has been
// silent long enough. People close theirs themselves. While the citizen's last
// words are unanswered, as after a long standstill, nothing is closed.
func (h *Hub) closeSilent(ctx context.Context, claim Claim) error {
	return h.store.Update(ctx, func(tx Writer) error {
		now := h.store.Now()
		c, err := tx.Conversation(ConversationID(claim.Task.Ref))
		if errors.Is(err, ErrNotFound) {
			return tx.Finish(claim)
		}
		if err != nil {
			return err
		}
		due := c.LastAt.Add(h.cfg.CloseAfter)
		if c.Handler == ByBot && c.Unanswered && !due.After(now) {
			due = now.Add(h.cfg.CloseAfter)
		}
		if c.Status == Open && due.After(now) {
			return tx.Postpone(claim, due)
		}
		if err := tx.Finish(claim); err != nil || c.Status != Open || c.Handler != ByBot {
			return err
		}
		note, err := h.mark(tx, &c, Change{Action: Closed}, Author{Kind: System}, now)
		if err != nil {
			return err
		}
		c.Status, c.ResolvedAt = Resolved, now
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		return tx.AppendEvent(messageEvent(MessageAdded, c, note, now))
	})
}
