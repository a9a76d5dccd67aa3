package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-telegram/bot"
	"golang.org/x/sync/errgroup"

	"tongdai/connectors"
)

const (
	batchMost = 100 // updates of one fetch, which is all that Telegram gives
	// keepers is how many people's updates are handed to the hub at the same time.
	keepers   = 16
	waitFirst = 100 * time.Millisecond // after a failure, doubling up to waitLast
	waitLast  = 15 * time.Second
	// answerAhead is how much longer than it waits for updates a fetch may take.
	answerAhead = 15 * time.Second
	replyTime   = 3 * time.Second
)

// fetching is what Check tells of Run.
type fetching struct {
	mu       sync.Mutex
	conflict time.Time // when another program was last seen to fetch, or a webhook to be set
}

func (f *fetching) answered(now time.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.conflict = time.Time{}
	} else if isConflict(err) {
		f.conflict = now
	}
}

// conflictLife is how long a conflict is told that is seen no more, in case Run ended.
const conflictLife = 10 * time.Minute

func (f *fetching) problem(now time.Time) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conflict.IsZero() || now.Sub(f.conflict) > conflictLife {
		return ""
	}
	return conflictWords
}

func isConflict(err error) bool {
	no, ok := errors.AsType[*refusal](err)
	return ok && no.Code == http.StatusConflict
}

// Run implements connectors.Poller. The offset of a fetch confirms all updates
// before it, so it moves only over what Receive has taken; what is not confirmed
// comes again, to this Run or to one on another node. Nothing of it is kept here:
// the server knows what is confirmed.
//
// Once a fetch that confirmed everything has come back empty, the next one names
// no offset. An old offset would confirm what nobody has seen, because after a
// week of silence the server may begin to count anew, lower.
func (p *Polled) Run(ctx context.Context, receiver connectors.Receiver) error {
	if err := p.insist(ctx, p.withoutWebhook); err != nil {
		return err
	}
	offset := int64(0)
	for {
		var batch []json.RawMessage
		err := p.insist(ctx, func(ctx context.Context) (err error) {
			batch, err = p.fetch(ctx, offset)
			return err
		})
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			offset = 0
			continue
		}
		next, err := p.keep(ctx, receiver, batch)
		offset = max(offset, next)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.log.ErrorContext(ctx, "updates could not be kept; Telegram will be asked for them again", "err", err)
			if err := pause(ctx, time.Second); err != nil {
				return err
			}
		}
	}
}

// insist tries until it works or ctx ends, at growing intervals.
func (p *Polled) insist(ctx context.Context, try func(ctx context.Context) error) error {
	for wait := waitFirst; ; wait = min(2*wait, waitLast) {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.log.WarnContext(ctx, "Telegram cannot be asked for updates", "err", err)
		if err := pause(ctx, max(wait, min(connectors.RetryAfter(err), time.Minute))); err != nil {
			return err
		}
	}
}

// withoutWebhook lets Telegram know that updates are fetched: while a webhook is
// set it gives none away.
func (p *Polled) withoutWebhook(ctx context.Context) error {
	err := p.ask(ctx, func(ctx context.Context) error {
		_, err := p.api.DeleteWebhook(ctx, &bot.DeleteWebhookParams{})
		return err
	})
	p.fetching.answered(p.now(), err)
	return err
}

// fetch asks for what comes after the offset. The library offers its loop alone.
func (p *Polled) fetch(ctx context.Context, offset int64) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.PollWait+answerAhead)
	defer cancel()
	question := map[string]any{"limit": batchMost, "timeout": int(p.cfg.PollWait / time.Second), "allowed_updates": wanted}
	if offset > 0 {
		question["offset"] = offset
	}
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.URL+"/bot"+p.cfg.Token+"/getUpdates", bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("telegram: the address cannot be asked") // err tells the token
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := p.wire.Do(req)
	p.fetching.answered(p.now(), err)
	if err != nil {
		return nil, p.explained(err, false)
	}
	defer answer.Body.Close()
	var got struct {
		Result []json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return nil, fmt.Errorf("telegram: the updates are no list: %w", err)
	}
	return got.Result, nil
}

// bunch are updates of one person in a batch that are kept together: one, or the
// parts of an album.
type bunch struct {
	readings []reading
	bodies   []json.RawMessage
	kept     bool
}

// keep hands a batch to the hub, each person's updates in order, and returns the
// offset up to which everything is kept.
func (p *Polled) keep(ctx context.Context, receiver connectors.Receiver, batch []json.RawMessage) (offset int64, err error) {
	at := p.now()
	var all []*bunch
	people := map[int64][]*bunch{}
	for _, body := range batch {
		r := p.read(body, at)
		of := people[r.chat]
		if n := len(of); n > 0 && of[n-1].joins(r) {
			of[n-1].readings, of[n-1].bodies = append(of[n-1].readings, r), append(of[n-1].bodies, body)
			continue
		}
		b := &bunch{readings: []reading{r}, bodies: []json.RawMessage{body}}
		all, people[r.chat] = append(all, b), append(of, b)
	}
	var g errgroup.Group
	g.SetLimit(keepers)
	for _, of := range people {
		g.Go(func() error {
			for _, b := range of {
				if err := p.keepBunch(ctx, receiver, b, at); err != nil {
					return err // what this person said later would overtake it
				}
				b.kept = true
			}
			return nil
		})
	}
	err = g.Wait()
	return confirmed(all), err
}

// joins reports whether r is another part of the album.
func (b *bunch) joins(r reading) bool {
	last := b.readings[len(b.readings)-1]
	return r.album != "" && r.album == last.album && r.trouble == "" && last.trouble == ""
}

// confirmed is the offset that confirms what was kept, and nothing else: the
// server counts, and what it gives first counts least.
func confirmed(all []*bunch) (offset int64) {
	lost := int64(-1) // the first update that was not kept
	for _, b := range all {
		for _, r := range b.readings {
			if !b.kept && (lost < 0 || r.id < lost) {
				lost = r.id
			}
		}
	}
	for _, b := range all {
		for _, r := range b.readings {
			if b.kept && (lost < 0 || r.id < lost) {
				offset = max(offset, r.id+1)
			}
		}
	}
	return offset
}

func (p *Polled) keepBunch(ctx context.Context, receiver connectors.Receiver, b *bunch, at time.Time) error {
	raw := p.raw(b.bodies[0], at)
	if len(b.bodies) > 1 {
		list, err := json.Marshal(b.bodies)
		if err != nil {
			return err
		}
		raw.Body = list
	}
	var in []connectors.Inbound
	for _, r := range b.readings {
		in = append(in, r.in...)
		raw.Trouble = r.trouble
	}
	if len(in) > 0 || raw.Trouble != "" {
		if err := receiver.Receive(ctx, raw, in); err != nil {
			return err
		}
	}
	for _, r := range b.readings {
		if r.reply != nil {
			p.do(ctx, *r.reply)
		}
	}
	return nil
}

// do makes a call that a webhook would have answered with. What fails is not
// repeated: an answer to a press that comes late is refused anyway.
func (p *Polled) do(ctx context.Context, r reply) {
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	err := p.ask(ctx, func(ctx context.Context) (err error) {
		switch r.Method {
		case "answerCallbackQuery":
			_, err = p.api.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: r.Callback, Text: r.Text})
		case "sendMessage":
			_, err = p.api.SendMessage(ctx, &bot.SendMessageParams{ChatID: r.Chat, Text: r.Text})
		case "leaveChat":
			_, err = p.api.LeaveChat(ctx, &bot.LeaveChatParams{ChatID: r.Chat})
		}
		return err
	})
	if err != nil {
		p.log.DebugContext(ctx, "Telegram did not take an answer to an update", "method", r.Method, "err", err)
	}
}
