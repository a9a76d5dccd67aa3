package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox/ledger"
)

// storm is what people do at the same time.
type storm struct {
	batch    int // tells these people from those of another storm
	visitors int // of the web chat
	persons  int // on each test platform
	rounds   int // messages of each, one after the other
	copies   int // of each item of a platform, at once: 1 to so many, at random
	broken   int // items of each platform that cannot be understood
	replies  int // of members
}

// items is how many items there will be.
func (s storm) items() int { return s.visitors*s.rounds + 2*(s.persons*s.rounds+s.broken) }

// rage lets everybody talk, and returns a function that waits for the end.
func (c *cluster) rage(ctx context.Context, s storm) (wait func()) {
	var talking sync.WaitGroup
	random := rand.New(rand.NewPCG(c.seed, 1))
	for i := range s.visitors {
		talking.Go(func() { c.chat(ctx, fmt.Sprintf("visitor %d.%d", s.batch, i), i, s.rounds) })
	}
	for i := range s.persons {
		for place, p := range c.hooks {
			seed := random.Uint64()
			talking.Go(func() { c.write(ctx, p, place, i, s, rand.New(rand.NewPCG(seed, 2))) })
		}
	}
	for i := range s.broken {
		for _, p := range c.hooks {
			talking.Go(func() {
				c.push(ctx, p, ledger.Item{Channel: p.id, Person: "nobody", Text: fmt.Sprintf("{%s %d.%d", p.id, s.batch, i), Broken: true}, s.copies)
			})
		}
	}
	said := make(chan struct{})
	var answering sync.WaitGroup
	if s.replies > 0 {
		seed := random.Uint64()
		answering.Go(func() { c.answer(ctx, s, rand.New(rand.NewPCG(seed, 3)), said) })
	}
	return func() {
		talking.Wait()
		close(said)
		answering.Wait()
	}
}

// question is the nth thing that somebody says: no two are the same.
func question(who string, n int) string { return fmt.Sprintf("%s (%s, %d)", loadQuestion(n), who, n) }

// chat is one visitor of the web chat, who says one thing after the other.
func (c *cluster) chat(ctx context.Context, person string, number, rounds int) {
	hub := &webchatsim.Hub{URL: c.front, Channel: "web", Client: &http.Client{Timeout: 30 * time.Second}}
	var v *webchatsim.Visitor
	err := insistently(ctx, func() (err error) {
		v, err = hub.Open(ctx)
		c.note(err)
		return err
	})
	if err != nil {
		c.t.Errorf("%s: %v", person, err)
		return
	}
	c.mu.Lock()
	c.callers = append(c.callers, caller{person, hub, v})
	c.mu.Unlock()
	for round := range rounds {
		key := fmt.Sprint("m", round)
		item := c.journal.Said(ledger.Item{Channel: "web", Person: person, Key: key, Round: round, Text: question(person, number*rounds+round)})
		err := insistently(ctx, func() error {
			err := v.Say(ctx, item.Key, item.Text)
			c.note(err)
			c.journal.Answer(item, err == nil)
			return err
		})
		if err != nil {
			c.t.Errorf("%s said %s: %v", person, key, err)
			return
		}
		c.acked.Add(1)
	}
}

// insistently tries until do succeeds or ctx ends.
func insistently(ctx context.Context, do func() error) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := do()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}

// write is one person on a platform. The same person exists on both, and says
// the same words under the same keys: only the channel tells them apart.
func (c *cluster) write(ctx context.Context, p *platform, place, number int, s storm, random *rand.Rand) {
	person := fmt.Sprintf("person %d.%d", s.batch, number)
	for round := range s.rounds {
		if !c.push(ctx, p, ledger.Item{
			Channel: p.id, Person: person, Key: fmt.Sprint(person, "-", round), Round: round,
			Text: question(person, number*s.rounds+round),
		}, 1+random.IntN(max(s.copies, 1))) {
			return
		}
	}
}

func (c *cluster) push(ctx context.Context, p *platform, item ledger.Item, copies int) bool {
	kept := c.journal.Said(item)
	start := rand.IntN(len(c.doors))
	err := p.insist(ctx, append(slices.Clone(c.doors[start:]), c.doors[:start]...), kept, max(copies, 1), c.note)
	if err != nil {
		c.t.Errorf("%s: %v", kept.Text, err)
		return false
	}
	c.acked.Add(1)
	return true
}

// answer is the members: they answer whoever is there until they have answered
// so often, or nobody says anything any more.
func (c *cluster) answer(ctx context.Context, s storm, random *rand.Rand, said <-chan struct{}) {
	for n := 0; n < s.replies; {
		open, err := c.desk.List(ctx)
		c.note(err)
		if err != nil || len(open) == 0 {
			if !sleep(ctx, 50*time.Millisecond) {
				return
			}
			continue
		}
		r := ledger.Reply{
			Conversation: open[random.IntN(len(open))].ID, Key: fmt.Sprintf("reply-%d.%d", s.batch, n),
			Text: fmt.Sprintf("Dạ, đây là câu trả lời số %d.%d của tổng đài ạ.", s.batch, n),
		}
		if err := c.desk.Insist(ctx, c.journal, r, c.note); err != nil {
			c.t.Errorf("reply %s: %v", r.Key, err)
			return
		}
		n++
		select {
		case <-said:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// note counts what somebody was answered.
func (c *cluster) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[statusOf(err)]++
}

// statusOf is the status that a caller was answered; 0 when there was no answer.
func statusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if refused, ok := errors.AsType[*ledger.Refused](err); ok {
		return refused.Status
	}
	if refused, ok := errors.AsType[*webchatsim.Refused](err); ok {
		return refused.Status
	}
	return 0
}

// awaitAcked waits until so many items are acknowledged.
func (c *cluster) awaitAcked(ctx context.Context, n int) {
	c.t.Helper()
	await(ctx, c.t, fmt.Sprintf("item %d", n), func() bool { return c.acked.Load() >= int64(n) || c.t.Failed() })
}
