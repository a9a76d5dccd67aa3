package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tongdai/inbox"
)

var eventTests = []test{
	{"followers see every event once and in order, whoever writes meanwhile", func(b *bench) { b.followWriters() }},
	{"a follower resumes at any number", func(b *bench) {
		b.happen(600, morning)
		for _, after := range []inbox.Seq{0, 1, 255, 256, 257, 599} {
			equal(b, fmt.Sprint("first after ", after), b.followed(after, 1)[0].Seq, after+1)
		}
	}},
	{"an event is read back whole", func(b *bench) {
		want := inbox.Event{Seq: 1, At: morning, Kind: inbox.MessageAdded, Conversation: "c", Message: "m", Channel: "web", Remote: "r", Department: "d", Public: true}
		b.write(func(tx inbox.Writer) error { return tx.AppendEvent(want) })
		equal(b, "event", b.followed(0, 1)[0], want)
	}},
	{"a follower waits for what comes", func(b *bench) {
		b.happen(2, morning)
		seen := make(chan inbox.Seq)
		ctx, cancel := context.WithCancel(b.ctx())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for e, err := range b.Follow(ctx, 2) {
				if err != nil {
					b.Errorf("Follow: %v", err)
					return
				}
				seen <- e.Seq
			}
		}()
		for want := inbox.Seq(3); want < 6; want++ {
			b.happen(1, morning)
			select {
			case got := <-seen:
				equal(b, "seen", got, want)
			case <-time.After(patience):
				b.Fatalf("event %d was not seen", want)
			}
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			b.Fatal("the follower did not end with its context")
		}
	}},
	{"events that were trimmed are gone, and said to be", func(b *bench) {
		b.happen(3, morning)
		b.happen(3, morning.Add(time.Hour))
		b.write(func(tx inbox.Writer) error { return tx.TrimEvents(morning.Add(time.Minute)) })
		b.gone(0)
		b.gone(2)
		equal(b, "first after the trimmed ones", b.followed(3, 1)[0].Seq, 4)
		b.write(func(tx inbox.Writer) error { return tx.TrimEvents(morning.Add(2 * time.Hour)) })
		b.gone(5)
		b.read(func(tx inbox.Reader) error {
			last, err := tx.LastEvent()
			equal(b, "last event", last, 6)
			return err
		})
		b.reopen()
		b.happen(1, morning)
		equal(b, "next after all were trimmed", b.followed(6, 1)[0].Seq, 7)
	}},
	{"a number that was never given is gone too: the follower knows another store", func(b *bench) {
		b.happen(3, morning)
		b.gone(4)
	}},
	{"an event whose function failed takes no number", func(b *bench) {
		b.happen(1, morning)
		b.refused(errOwn, func(tx inbox.Writer) error {
			if err := tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded}); err != nil {
				return err
			}
			return errOwn
		})
		b.happen(1, morning)
		equal(b, "next", b.followed(1, 1)[0].Seq, 2)
	}},
}

// happen appends n events in one transaction.
func (b *bench) happen(n int, at time.Time) {
	b.Helper()
	b.write(func(tx inbox.Writer) error {
		for range n {
			if err := tx.AppendEvent(inbox.Event{Kind: inbox.ConversationChanged, At: at}); err != nil {
				return err
			}
		}
		return nil
	})
}

// followed returns the first n events after a number.
func (b *bench) followed(after inbox.Seq, n int) (all []inbox.Event) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx(), patience)
	defer cancel()
	for e, err := range b.Follow(ctx, after) {
		if err != nil {
			b.Fatalf("Follow after %d: %v", after, err)
		}
		if all = append(all, e); len(all) == n {
			return all
		}
	}
	b.Fatalf("after %d came %d events, want %d", after, len(all), n)
	return nil
}

func (b *bench) gone(after inbox.Seq) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx(), patience)
	defer cancel()
	for e, err := range b.Follow(ctx, after) {
		if !errors.Is(err, inbox.ErrGone) {
			b.Errorf("Follow after %d: event %d, error %v, want ErrGone", after, e.Seq, err)
		}
		return
	}
	b.Errorf("Follow after %d: nothing came", after)
}

// followWriters lets three followers watch eight writers, some of whose
// functions fail.
func (b *bench) followWriters() {
	const writers, each, perWrite = 8, 25, 2
	const total = writers * each * perWrite
	seen := make(chan []inbox.Event)
	ctx, cancel := context.WithTimeout(b.ctx(), patience)
	defer cancel()
	for range 3 {
		go func() {
			var all []inbox.Event
			for e, err := range b.Follow(ctx, 0) {
				if err != nil {
					b.Errorf("Follow: %v", err)
					break
				}
				if all = append(all, e); len(all) == total {
					break
				}
			}
			seen <- all
		}()
	}
	inParallel(writers, func(w int) {
		for i := range each {
			id := inbox.MessageID(fmt.Sprintf("%d-%d", w, i))
			for _, fails := range []bool{true, false} {
				err := b.Update(ctx, func(tx inbox.Writer) error {
					for range perWrite {
						if err := tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded, Message: id}); err != nil {
							return err
						}
					}
					if fails && i%5 == 0 {
						return errOwn
					}
					return nil
				})
				if err == nil {
					break
				}
				if !errors.Is(err, errOwn) {
					b.Errorf("Update: %v", err)
				}
			}
		}
	})
	for range 3 {
		all := <-seen
		equal(b, "events seen", len(all), total)
		times := make(map[inbox.MessageID]int)
		for i, e := range all {
			equal(b, "number", e.Seq, inbox.Seq(i+1))
			times[e.Message]++
		}
		for id, n := range times {
			equal(b, "events of "+string(id), n, perWrite)
		}
	}
}
