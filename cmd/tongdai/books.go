package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// happened is one thing that a citizen said on a simulated platform.
type happened struct {
	ID, Text string
	At       time.Time
	Acked    bool
}

// books compare what happened on a simulated platform with what the hub kept of it.
type books struct {
	channel  connectors.ChannelID
	said     map[string][]happened // what citizens wrote, by user, in order
	taken    map[string]time.Time  // what the hub sent and the platform accepted, by message
	mute     bool                  // the platform never shows what it has accepted
	webhooks []time.Duration       // how long the acknowledgement of each took, whatever it tells

	acked, answers int
	doubtful       int // messages of which the hub knows that they may have left twice
	left           int // of those, to people: two attempts ended without a word
	waits          []time.Duration
	problems       []string
}

func (b *books) bad(format string, args ...any) {
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

// check compares one citizen's chat on the platform with the conversations the
// hub kept: every acknowledged event is a message, once, unchanged and in order,
// each weighed by the bot or left to people, and every answer was accepted by the
// platform once.
func (b *books) check(ctx context.Context, store inbox.Store, user string) error {
	var kept []inbox.Message
	var weighed int
	var handedOff bool
	err := store.View(ctx, func(tx inbox.Reader) error {
		kept, weighed, handedOff = nil, 0, false
		visits, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(b.channel, connectors.RemoteID(user))}, Limit: 100})
		if err != nil {
			return err
		}
		for _, c := range slices.Backward(visits) {
			messages, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 10_000})
			if err != nil {
				return err
			}
			kept = append(kept, messages...)
			handedOff = handedOff || c.Handoff != nil
			for _, m := range messages {
				if _, err := tx.Turn(m.ID); m.Direction == inbox.In && err == nil {
					weighed++
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	said := b.incoming(user, kept)
	answered := b.outgoing(user, kept)
	switch {
	case weighed < said && !handedOff:
		b.bad("citizen %s said %d things, and %d were weighed", user, said, weighed)
	case answered != weighed:
		b.bad("citizen %s has %d answers of the bot to %d messages", user, answered, weighed)
	}
	return nil
}

// incoming compares what a citizen said with what the hub kept, and counts it.
func (b *books) incoming(user string, kept []inbox.Message) (said int) {
	place := map[connectors.RemoteID]int{}
	for i, e := range b.said[user] {
		place[connectors.RemoteID(e.ID)] = i
		if e.Acked {
			b.acked++
		}
	}
	times := make([]int, len(b.said[user]))
	last := -1
	for _, m := range kept {
		if m.Direction != inbox.In {
			continue
		}
		said++
		i, known := place[m.Remote]
		switch {
		case !known:
			b.bad("the hub kept a message %s of citizen %s that was never said", m.Remote, user)
			continue
		case i < last:
			b.bad("message %s of citizen %s stands after a later one", m.Remote, user)
		case m.Content.Text != b.said[user][i].Text:
			b.bad("message %s of citizen %s has other words", m.Remote, user)
		}
		last = max(last, i)
		times[i]++
	}
	for i, e := range b.said[user] {
		switch {
		case times[i] > 1:
			b.bad("message %s of citizen %s is there %d times", e.ID, user, times[i])
		case times[i] == 0 && e.Acked:
			b.bad("message %s of citizen %s was acknowledged and is lost", e.ID, user)
		}
	}
	return said
}

// outgoing looks for every answer of the bot among what the platform accepted.
func (b *books) outgoing(user string, kept []inbox.Message) (answered int) {
	for _, m := range kept {
		if m.Direction != inbox.Out {
			continue
		}
		if m.Delivery.Doubtful {
			b.doubtful++
		}
		unsaid := false
		switch d := m.Delivery; {
		case d.State == inbox.Sent, d.State == inbox.Delivered, d.State == inbox.Read:
		case b.mute && d.State == inbox.Parked && d.Doubtful:
			unsaid = true
			b.left++
		default:
			b.bad("an answer to citizen %s is still %s: %s", user, d.State, d.Reason)
		}
		if m.Author.Kind != inbox.Bot {
			b.bad("citizen %s was answered by %s, whom there is none of", user, m.Author.Kind)
			continue
		}
		answered++
		b.answers++
		if unsaid {
			continue
		}
		for i, id := range append([]connectors.RemoteID{m.Remote}, m.Parts...) {
			at, known := b.taken[string(id)]
			if !known {
				b.bad("an answer to citizen %s has the id %q, which the platform never gave, or gave another answer", user, id)
				continue
			}
			if i == 0 && answered <= len(b.said[user]) {
				b.waits = append(b.waits, at.Sub(b.said[user][answered-1].At))
			}
			delete(b.taken, string(id))
		}
	}
	return answered
}

// unowned are the messages that the platform accepted and the hub knows nothing
// of: what left twice. So many may be as the hub itself says are doubtful, and
// twice as many where it has given up.
func (b *books) unowned() []string {
	if len(b.taken) <= b.doubtful+b.left {
		return nil
	}
	return []string{fmt.Sprintf("%d messages reached the platform beside those the hub knows of, and %d are marked as doubtful", len(b.taken), b.doubtful)}
}
