package inbox

import (
	"cmp"
	"slices"
	"time"
)

// append says m in c: it gets the next number, by which it is counted and
// followed, and the time by which it is shown. What the platform delivers late
// is shown where it was said; everything else after what was said before it.
// The caller writes c.
func (c *Conversation) append(tx Writer, m Message) (Message, error) {
	at := m.saidAt()
	if at.Before(c.SaidAt) && m.Direction != In && !m.Elsewhere {
		at = c.SaidAt // ours is an answer to what is there
	}
	if c.SaidAt.Before(at) {
		c.SaidAt = at
	}
	m.ShownAt = at
	m, err := tx.AppendMessage(m)
	c.LastSeq = m.Seq
	return m, err
}

// saidAt is when m was said, by clocks that are all a little wrong. A platform's
// is believed, but not when it is ahead of ours. What we say ourselves counts
// as a while older than it is: a citizen whose platform's clock is behind ours
// by less than that still speaks after us.
func (m Message) saidAt() time.Time {
	at := m.ReceivedAt
	switch {
	case m.Direction != In && !m.Elsewhere:
		at = at.Add(-lateAfter)
	case !m.SentAt.IsZero() && m.SentAt.Before(at):
		at = m.SentAt
	}
	return at.Truncate(time.Millisecond)
}

// byOurClock corrects the times of what somebody said whose client has no clock
// that counts: they are those of the node that took it, and nodes' clocks are
// moments apart. What arrives after what is there was said after it.
func (m *Message) byOurClock(c Conversation) {
	for _, at := range []*time.Time{&m.SentAt, &m.ReceivedAt} {
		if behind := c.SaidAt.Sub(*at); behind > 0 && behind < lateAfter {
			*at = c.SaidAt
		}
	}
}

// InShownOrder sorts messages of one conversation as people read them.
func InShownOrder(messages []Message) {
	slices.SortFunc(messages, func(a, b Message) int {
		return cmp.Or(a.ShownAt.Compare(b.ShownAt), cmp.Compare(a.Seq, b.Seq))
	})
}
