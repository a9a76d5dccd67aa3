package main

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// mutant is a fault that a node of a test is given, to show that the checkers
// can fail. A run in which a mutant is not noticed is worth nothing.
type mutant string

const (
	healthy          mutant = ""
	acksFirst        mutant = "acknowledges before the commit"
	looksThenInserts mutant = "looks for a copy, then inserts"
	keysWithout      mutant = "keys without their channel"
	sentBeforeCall   mutant = "marked as sent before the call"
	skipsLate        mutant = "follower skips late commits"
	resumesOff       mutant = "resumes one event too far"
	noFence          mutant = "finishes tasks without their fence"
	allHold          mutant = "holds tokens that another node holds"
)

// late and later are how long mutants put off what they should have done at
// once: messages come thick and fast, answers do not.
const (
	late  = 250 * time.Millisecond
	later = 2 * time.Second
)

// infect changes what a hub is put together from.
func (m mutant) infect(p *inbox.Parts) {
	sick := &sickStore{Store: p.Store, mutant: m}
	if m != healthy {
		p.Store = sick
	}
	for i, conn := range p.Connectors {
		hook, ok := conn.(connectors.Webhook)
		switch {
		case m == acksFirst && ok:
			p.Connectors[i] = sickHook{conn, hook, func(r connectors.Receiver) connectors.Receiver { return hasty{r} }}
		case m == looksThenInserts && ok:
			p.Connectors[i] = sickHook{conn, hook, func(r connectors.Receiver) connectors.Receiver { return looking{r, sick.Store} }}
		case m == sentBeforeCall && !conn.Limits().FromLog:
			p.Connectors[i] = sickHook{boastful{conn}, hook, func(r connectors.Receiver) connectors.Receiver { return r }}
		}
	}
}

// sickHook is a connector whose door leads to another receiver.
type sickHook struct {
	connectors.Connector
	hook connectors.Webhook
	wrap func(connectors.Receiver) connectors.Receiver
}

func (s sickHook) Handler(r connectors.Receiver) http.Handler { return s.hook.Handler(s.wrap(r)) }

// hasty acknowledges and keeps afterwards.
type hasty struct{ connectors.Receiver }

func (h hasty) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	ctx = context.WithoutCancel(ctx)
	time.AfterFunc(late, func() { _ = h.Receiver.Receive(ctx, raw, in) }) // nobody is left to be told
	return nil
}

// looking looks whether it has a message, then keeps it; see sickWriter.Remember.
type looking struct {
	connectors.Receiver
	store inbox.Store
}

func (l looking) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	var fresh []connectors.Inbound
	err := l.store.View(ctx, func(tx inbox.Reader) error {
		fresh = nil
		for _, said := range in {
			known, err := has(tx, raw.Channel, said)
			if err != nil {
				return err
			}
			if !known {
				fresh = append(fresh, said)
			}
		}
		return nil
	})
	if err != nil || len(fresh) == 0 {
		return err
	}
	return l.Receiver.Receive(ctx, raw, fresh)
}

func has(tx inbox.Reader, channel connectors.ChannelID, said connectors.Inbound) (bool, error) {
	open, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Live(channel, said.From, said.Thread)}, Limit: 1})
	if err != nil || len(open) == 0 {
		return false, err
	}
	messages, err := tx.Messages(open[0].ID, inbox.MessageQuery{Forward: true, Limit: 1000})
	for _, m := range messages {
		if m.Key == said.Key {
			return true, err
		}
	}
	return false, err
}

// boastful says that a message has left and sends it afterwards.
type boastful struct{ connectors.Connector }

func (b boastful) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	ctx = context.WithoutCancel(ctx)
	time.AfterFunc(later, func() { _, _ = b.Connector.Send(ctx, out) }) // nobody is left to be told
	return connectors.Receipt{}, nil
}

// sickStore is a store with the mutant's fault.
type sickStore struct {
	inbox.Store
	mutant mutant
}

func (s *sickStore) Update(ctx context.Context, fn func(inbox.Writer) error) error {
	return s.Store.Update(ctx, func(tx inbox.Writer) error { return fn(sickWriter{tx, s.mutant}) })
}

// lateOne is one of how many commits that a mutant sees too late.
const lateOne = 23

func (s *sickStore) Follow(ctx context.Context, after inbox.Seq) iter.Seq2[inbox.Event, error] {
	if s.mutant == resumesOff && after > 0 {
		return s.Store.Follow(ctx, after+1)
	}
	return func(yield func(inbox.Event, error) bool) {
		for e, err := range s.Store.Follow(ctx, after) {
			if s.mutant == skipsLate && err == nil && e.Seq%lateOne == 0 {
				continue // when it could be seen, the follower was past its number
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Lease is what nodes hold secrets by, among other things.
func (s *sickStore) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	held, err := s.Store.Lease(ctx, name, holder, ttl)
	return held || s.mutant == allHold && strings.HasPrefix(name, "secret "), err
}

type sickWriter struct {
	inbox.Writer
	mutant mutant
}

func (w sickWriter) Remember(k inbox.Key, sum [32]byte) (known, same bool, err error) {
	switch w.mutant {
	case keysWithout:
		k.Channel = ""
	case looksThenInserts:
		k.Value += " " + rand.Text() // there is no unique key to stop a second one
	}
	return w.Writer.Remember(k, sum)
}

func (w sickWriter) Finish(c inbox.Claim) error {
	err := w.Writer.Finish(c)
	if w.mutant == noFence && errors.Is(err, inbox.ErrStale) {
		return nil
	}
	return err
}
