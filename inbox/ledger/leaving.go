package ledger

import (
	"fmt"
	"slices"
)

// outgoing weighs I6 of what went to platforms, and I1 and I2 of what members answered.
func (c *check) outgoing() {
	taken := map[string][]int{} // places in calls, by key
	for i, call := range c.calls {
		if call.Taken {
			taken[call.Key] = append(taken[call.Key], i)
		}
	}
	answered := map[string]int{}
	for i := range c.shown.Conversations {
		conv := &c.shown.Conversations[i]
		platform := slices.Contains(c.Platforms, conv.Channel)
		last := -1
		for j := range conv.Messages {
			m := &conv.Messages[j]
			if m.Direction != "out" {
				continue
			}
			if m.Author.Kind == "member" {
				answered[m.Text]++
			}
			c.ended(conv, m)
			if !platform {
				continue
			}
			copies := taken[m.ID]
			delete(taken, m.ID)
			c.copies(conv, m, copies)
			if len(copies) > 0 {
				if copies[0] < last {
					c.bad("I6", "message %s (%s no. %d) left before one that stands above it", m.ID, conv.Code, m.Seq)
				}
				last = copies[0]
			}
		}
	}
	for key, copies := range taken {
		c.bad("I6", "%s was sent a message %s that no conversation shows: %q", c.calls[copies[0]].Channel, key, short(c.calls[copies[0]].Text))
	}
	c.replied(answered)
}

// ended: nothing is left on its way.
func (c *check) ended(conv *Conversation, m *Message) {
	if m.Delivery == nil {
		c.bad("I6", "message %s (%s no. %d) does not tell how far it has come", m.ID, conv.Code, m.Seq)
		return
	}
	switch m.Delivery.State {
	case "sent", "delivered", "read":
	case "failed", "parked":
		if m.Delivery.Reason == "" {
			c.bad("I6", "message %s (%s no. %d) is %s without a reason", m.ID, conv.Code, m.Seq, m.Delivery.State)
		}
	default:
		c.bad("I6", "message %s (%s no. %d) is still %s", m.ID, conv.Code, m.Seq, m.Delivery.State)
	}
}

// mostCopies of a message reach a platform, whatever happens to the hub: what
// is in doubt is sent once more, and then waits for a person.
const mostCopies = 2

// copies: the platform has what is shown as sent, once; twice only where the
// hub knows that it may be, and tells.
func (c *check) copies(conv *Conversation, m *Message, copies []int) {
	if m.Delivery == nil {
		return
	}
	where := fmt.Sprintf("message %s (%s no. %d, %s)", m.ID, conv.Code, m.Seq, m.Delivery.State)
	sent := m.Delivery.State == "sent" || m.Delivery.State == "delivered" || m.Delivery.State == "read"
	switch n := len(copies); {
	case n == 0 && sent:
		c.bad("I6", "%s never reached %s", where, conv.Channel)
	case n > 1 && !m.Delivery.Doubtful:
		c.bad("I6", "%s reached %s %d times and is not marked as doubtful", where, conv.Channel, n)
	case n > mostCopies:
		c.bad("I6", "%s reached %s %d times, more often than once again", where, conv.Channel, n)
	}
	for _, i := range copies {
		if call := c.calls[i]; call.Channel != conv.Channel || call.Text != m.Text {
			c.bad("I6", "%s reached %s with other words: %q", where, call.Channel, short(call.Text))
		}
	}
}

func (c *check) replied(answered map[string]int) {
	for _, r := range c.replies {
		switch n := answered[r.Text]; {
		case n == 0 && r.Acked:
			c.bad("I1", "the reply %q (key %s) in %s was acknowledged and is lost", short(r.Text), r.Key, r.Conversation)
		case n > 1:
			c.bad("I2", "the reply %q (key %s) in %s is there %d times", short(r.Text), r.Key, r.Conversation, n)
		}
		delete(answered, r.Text)
	}
	for text := range answered {
		c.bad("I2", "no member wrote the reply %q", short(text))
	}
}

// followers weighs I7: each saw every number once, in order, and all the same
// end; and every message that is shown was told of.
func (c *check) followers() {
	end := uint64(0)
	for _, w := range c.Watched {
		if n := len(w.Numbers); n > 0 {
			end = max(end, w.Numbers[n-1])
		}
	}
	for _, w := range c.Watched {
		if w.Gone > 0 {
			c.bad("I7", "%s was told %d times that its number is no longer kept", w.By, w.Gone)
		}
		last := uint64(0)
		for i, n := range w.Numbers {
			switch {
			case i == 0 && n != 1, i > 0 && n > last+1:
				c.bad("I7", "%s missed the events %d to %d", w.By, last+1, n-1)
			case i > 0 && n <= last:
				c.bad("I7", "%s was told event %d after event %d", w.By, n, last)
			}
			last = max(last, n)
		}
		if last != end {
			c.bad("I7", "%s has seen events up to %d, others up to %d", w.By, last, end)
		}
		for _, conv := range c.shown.Conversations {
			for _, m := range conv.Messages {
				if _, told := w.Messages[m.ID]; !told {
					c.bad("I7", "%s was never told of message %s (%s no. %d)", w.By, m.ID, conv.Code, m.Seq)
				}
			}
		}
	}
}

// bot weighs I8: each message that the bot weighed has one answer, and there
// are no others. It holds where no words of danger are said to people, to which
// the bot answers beside them.
func (c *check) bot() {
	for _, conv := range c.shown.Conversations {
		weighed, answers := 0, 0
		for _, m := range conv.Messages {
			switch {
			case m.Direction == "in" && m.Turn != nil:
				weighed++
			case m.Direction == "in" && conv.Handler != "people":
				c.bad("I8", "message %s (%s no. %d) was neither answered nor handed to people", m.ID, conv.Code, m.Seq)
			case m.Direction == "out" && m.Author.Kind == "bot":
				answers++
			}
		}
		if weighed != answers {
			c.bad("I8", "%s has %d answers of the bot to %d messages that it weighed", conv.Code, answers, weighed)
		}
	}
}

// answered weighs as much of I8 as citizens see, who are not told how a message
// was weighed: there are no more answers of the bot than there is to answer, and
// nobody is left without any.
func (c *check) answered() {
	for _, conv := range c.shown.Conversations {
		asked, answers := 0, 0
		for _, m := range conv.Messages {
			switch {
			case m.Direction == "in":
				asked++
			case m.Author.Kind == "bot":
				answers++
			}
		}
		switch {
		case answers > asked:
			c.bad("I8", "%s has %d answers of the bot to %d messages", conv.Code, answers, asked)
		case asked > 0 && answers == 0:
			c.bad("I8", "%s has %d messages, and nobody answered", conv.Code, asked)
		}
	}
}

// record weighs I9: an audit row for each answer of a member.
func (c *check) record() {
	rows := map[string]int{}
	for _, a := range c.shown.Audits {
		if a.Action == "conversation.replied" {
			rows[a.Conversation]++
		}
	}
	for _, conv := range c.shown.Conversations {
		answers := 0
		for _, m := range conv.Messages {
			if m.Direction == "out" && m.Author.Kind == "member" {
				answers++
			}
		}
		if answers != rows[conv.ID] {
			c.bad("I9", "%s has %d answers of members and %d of them on record", conv.Code, answers, rows[conv.ID])
		}
	}
}

// Unsettled tells what the hub has yet to do with what it has: messages that
// nobody has weighed, and answers on their way.
func (s Shown) Unsettled() (waiting int) {
	for _, conv := range s.Conversations {
		for _, m := range conv.Messages {
			switch {
			case m.Direction == "in" && m.Turn == nil && conv.Handler != "people":
				waiting++
			case m.Direction == "out" && m.Delivery != nil && (m.Delivery.State == "queued" || m.Delivery.State == "sending"):
				waiting++
			}
		}
	}
	return waiting
}
