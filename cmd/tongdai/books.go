package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/ledger"
)

// happened is one thing that a citizen said on a simulated platform.
type happened struct {
	ID, Text string
	At       time.Time
	Acked    bool
}

// books put what happened on a simulated platform beside what the hub kept of it,
// for package ledger to judge.
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
	kept           []ledger.Conversation
	items          []ledger.Item
	calls          []ledger.Call
	unsent         []string // answers that ended otherwise than with the citizen
}

// check enters one citizen's chat on the platform, and the conversations that the
// hub kept of it.
func (b *books) check(ctx context.Context, store inbox.Store, user string) error {
	var kept []ledger.Conversation
	var messages [][]inbox.Message
	err := store.View(ctx, func(tx inbox.Reader) error {
		kept, messages = nil, nil
		visits, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(b.channel, connectors.RemoteID(user))}, Limit: 100})
		if err != nil {
			return err
		}
		for _, c := range slices.Backward(visits) {
			all, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 10_000})
			if err != nil {
				return err
			}
			shown, err := b.shown(tx, user, c, all)
			if err != nil {
				return err
			}
			kept, messages = append(kept, shown), append(messages, all)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.kept = append(b.kept, kept...)
	for i, e := range b.said[user] {
		item := ledger.Item{Channel: string(b.channel), Person: user, Key: e.ID, Text: e.Text, Round: i, Sent: 1}
		if e.Acked {
			item.Acked = 1
			b.acked++
		}
		b.items = append(b.items, item)
	}
	b.outgoing(user, slices.Concat(messages...))
	return nil
}

// shown is a conversation as the ledger knows it.
func (b *books) shown(tx inbox.Reader, user string, c inbox.Conversation, all []inbox.Message) (ledger.Conversation, error) {
	out := ledger.Conversation{
		ID: string(c.ID), Code: c.Code, Channel: string(c.Channel), ContactID: string(c.Contact), Person: user,
		Status: string(c.Status), Handler: string(c.Handler), LastSeq: c.LastSeq,
	}
	if c.Handoff != nil {
		out.Handler = string(inbox.ByPeople)
	}
	for _, m := range all {
		shown := ledger.Message{
			ID: string(m.ID), Seq: m.Seq, Direction: string(m.Direction), SentAt: m.SentAt, ShownAt: m.ShownAt, Text: m.Content.Text, Key: string(m.Remote),
		}
		shown.Author.Kind = string(m.Author.Kind)
		switch m.Direction {
		case inbox.In:
			if turn, err := tx.Turn(m.ID); err == nil {
				shown.Turn = &ledger.Turn{Outcome: string(turn.Outcome)}
			}
		case inbox.Out:
			shown.Delivery = &ledger.Delivery{State: string(m.Delivery.State), Reason: m.Delivery.Reason, Doubtful: m.Delivery.Doubtful}
		}
		out.Messages = append(out.Messages, shown)
	}
	return out, nil
}

// outgoing looks for every answer among what the platform accepted.
func (b *books) outgoing(user string, kept []inbox.Message) {
	answered := 0
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
		case d.State == inbox.Parked && d.Doubtful: // two attempts ended in a kill: a person decides
			unsaid = true
			if b.mute { // else an echo would have told of each copy
				b.left++
			}
		default:
			b.unsent = append(b.unsent, fmt.Sprintf("I6: an answer to citizen %s is %s: %s", user, d.State, d.Reason))
		}
		answered++
		b.answers++
		if unsaid {
			continue
		}
		for i, id := range append([]connectors.RemoteID{m.Remote}, m.Parts...) {
			at, known := b.taken[string(id)]
			if !known {
				continue // the ledger finds that it never arrived
			}
			delete(b.taken, string(id))
			if i > 0 {
				continue
			}
			b.calls = append(b.calls, ledger.Call{Channel: string(b.channel), To: user, Key: string(m.ID), Text: m.Content.Text, Taken: true, At: at})
			if answered <= len(b.said[user]) {
				b.waits = append(b.waits, at.Sub(b.said[user][answered-1].At))
			}
		}
	}
}

// problems has the books judged. What left twice has two of the platform's ids,
// of which the hub knows one: so many may be beyond those that it knows as it
// says itself are doubtful, and twice as many where it has given up.
func (b *books) problems() []string {
	calls := slices.Clone(b.calls)
	if len(b.taken) > b.doubtful+b.left {
		for _, id := range slices.Sorted(maps.Keys(b.taken)) {
			calls = append(calls, ledger.Call{Channel: string(b.channel), Key: "which the platform calls " + id, Taken: true, At: b.taken[id]})
		}
	}
	slices.SortStableFunc(calls, func(x, y ledger.Call) int { return cmp.Or(x.At.Compare(y.At)) })
	journal := &ledger.Journal{}
	for _, item := range b.items {
		journal.Said(item)
	}
	for _, call := range calls {
		journal.Called(call)
	}
	return append(b.unsent, problemsOf(ledger.Evidence{
		Journal: journal, Shown: []ledger.Shown{{By: "the store", Conversations: b.kept}}, Platforms: []string{string(b.channel)}, ByKey: true,
	})...)
}
