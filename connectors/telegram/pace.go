package telegram

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors"
)

const (
	// chatBurst is how many messages one person may get at once, before one a
	// second: Telegram lets short bursts pass.
	chatBurst = 10
	// waitMost is how long a message waits for its turn before the hub is told to
	// come again.
	waitMost = time.Second
	// chatsMost bounds what is remembered.
	chatsMost = 10_000
)

// pace keeps the bot within what Telegram takes: about one message a second to
// one person, and about thirty in all. What Telegram says beyond that counts for
// the person it was said of; once it says so of a second one it counts for all.
type pace struct {
	now func() time.Time

	mu    sync.Mutex
	all   *rate.Limiter
	chats map[int64]*rate.Limiter
	until map[int64]time.Time // persons to whom nothing goes before
	hold  time.Time           // nothing goes at all before
}

func newPace(perSecond int, now func() time.Time) *pace {
	return &pace{
		now: now, all: rate.NewLimiter(rate.Limit(perSecond), max(perSecond, 1)),
		chats: map[int64]*rate.Limiter{}, until: map[int64]time.Time{},
	}
}

// turn waits for the turn of a message, or tells when to come again.
func (p *pace) turn(ctx context.Context, chat int64) error {
	delay := p.reserve(chat)
	if delay > waitMost {
		return &connectors.Error{
			Kind: connectors.RateLimited, After: delay, Reason: "Đang gửi nhanh bằng mức Telegram cho phép; tin sẽ tự gửi sau giây lát.",
			Err: errors.New("our own limit of messages a second"),
		}
	}
	if delay <= 0 {
		return nil
	}
	return pause(ctx, delay)
}

// reserve takes a turn and returns how long it is until then. A turn that is
// too far away is given back.
func (p *pace) reserve(chat int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if held := max(p.hold.Sub(now), p.until[chat].Sub(now)); held > 0 {
		return max(held, waitMost+1)
	}
	one, known := p.chats[chat]
	if !known {
		p.forget(now)
		one = rate.NewLimiter(1, chatBurst)
		p.chats[chat] = one
	}
	own, all := one.ReserveN(now, 1), p.all.ReserveN(now, 1)
	delay := max(own.DelayFrom(now), all.DelayFrom(now))
	if delay > waitMost {
		own.CancelAt(now)
		all.CancelAt(now)
	}
	return delay
}

// told notes that Telegram wants nothing for chat for so long.
func (p *pace) told(chat int64, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for other, until := range p.until {
		switch {
		case !until.After(now):
			delete(p.until, other)
		case other != chat:
			p.hold = now.Add(after)
		}
	}
	p.until[chat] = now.Add(after)
}

// forget makes room: a limiter that is full again knows nothing.
func (p *pace) forget(now time.Time) {
	if len(p.chats) < chatsMost {
		return
	}
	for chat, one := range p.chats {
		if one.TokensAt(now) >= chatBurst {
			delete(p.chats, chat)
		}
	}
	if len(p.chats) >= chatsMost {
		clear(p.chats)
	}
}

// pause waits for d, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
