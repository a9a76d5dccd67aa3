package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tongdai/connectors"
)

// ChannelState is a channel as those see it who look after it. It holds no secret.
type ChannelState struct {
	connectors.Channel
	// Citizens write by it; Bridge: departments are told of their matters by it.
	Citizens, Bridge bool
	// Checks: the channel can tell how it is. Health is what it told last, nil
	// while it has not.
	Checks bool
	Health *connectors.Health
	// Connects: its credentials come from a consent; see ConnectChannel.
	Connects bool
	// Installs: its platform is told where we are; see InstallChannel.
	Installs bool
	// Tests: a test message can be sent; see SendTest.
	Tests bool
	// Recalls: its platform can be asked what was said; see ReconcileChannel.
	Recalls bool
	// Gaps are times of which the platform told nothing any more, and that nobody
	// has dealt with yet.
	Gaps []Gap
	// When a citizen's message last came, and when one that the platform took
	// was last written. Zero: never, or not of late.
	LastIn, LastOut time.Time
	// Messages that wait for a person since today: what could still leave, and
	// what was refused. Counted up to CountLimit over all channels.
	Parked, Failed int
}

// Channels that are looked at are asked how they are, unless they told within
// glanceAgain. A page waits for them no longer than glanceTime; what they tell
// later is there for the next.
const (
	glanceAgain = time.Minute
	glanceTime  = 3 * time.Second
)

// ChannelStates tells how all channels are, in the order of the configuration, and
// the bridges that are none after them.
func (h *Hub) ChannelStates(ctx context.Context, actor Actor) ([]ChannelState, error) {
	if !actor.May(SeeChannels) {
		return nil, ErrForbidden
	}
	h.glance(ctx)
	var states []ChannelState
	for _, id := range h.accounts() {
		states = append(states, h.stateOf(id))
	}
	err := h.store.View(ctx, func(tx Reader) error {
		waiting, err := waitingSince(tx, midnight(h.store.Now()))
		if err != nil {
			return err
		}
		gaps, err := waitingGaps(tx)
		if err != nil {
			return err
		}
		for i := range states {
			s := &states[i]
			s.Gaps = gaps[s.ID]
			s.Parked, s.Failed = waiting[s.ID].parked, waiting[s.ID].failed
			if s.LastIn, s.LastOut, err = lastWords(tx, s.ID); err != nil {
				return fmt.Errorf("what came and left last by %s: %w", s.ID, err)
			}
		}
		return nil
	})
	return states, err
}

// stateOf is what a channel or a bridge can do and told last.
func (h *Hub) stateOf(id connectors.ChannelID) ChannelState {
	speaker := h.speaker(id)
	_, checks := speaker.(connectors.Checker)
	_, connects := speaker.(connectors.Authorizer)
	_, installs := speaker.(connectors.Installer)
	_, recalls := speaker.(connectors.Historian)
	s := ChannelState{Checks: checks, Connects: connects, Installs: installs, Recalls: recalls, Health: h.lastTold(id)}
	if conn, ok := h.connectors[id]; ok {
		s.Channel, s.Citizens, s.Tests = conn.Channel(), true, !conn.Limits().FromLog
	}
	if bridge, ok := h.bridges[id]; ok {
		s.Channel, s.Bridge = bridge.Channel(), true
	}
	return s
}

// ConnectChannel returns the page on which the administrator of the channel's
// account consents to our speaking for it, and puts on record who asked. The
// address is good for one consent, and is nobody else's business.
func (h *Hub) ConnectChannel(ctx context.Context, actor Actor, id connectors.ChannelID) (url string, err error) {
	if !actor.May(ConnectChannels) {
		return "", ErrForbidden
	}
	conn, ok := h.connectors[id]
	if !ok {
		return "", ErrNotFound
	}
	authorizer, ok := conn.(connectors.Authorizer)
	if !ok {
		return "", conflict("Kênh này không cần cấp quyền; không có gì để kết nối.")
	}
	err = h.store.Update(ctx, func(tx Writer) error {
		return tx.AppendAudit(Audit{
			At: h.store.Now(), Member: actor.Member.ID, Action: Connecting, Target: string(id), Address: actor.Address,
		})
	})
	if err != nil {
		return "", err
	}
	err = guarded(func() (err error) {
		url, err = authorizer.Authorize(ctx)
		return err
	})
	if reason := connectors.ReasonOf(err); reason != "" {
		return "", &Refusal{Kind: ErrConflict, Message: reason}
	}
	if err != nil {
		return "", fmt.Errorf("ask for consent for channel %s: %w", id, err)
	}
	return url, nil
}

// glances are what channels told because somebody looked, on this node. What
// the node that watches a channel learns is in Hub.health.
type glances struct {
	mu sync.Mutex
	of map[connectors.ChannelID]*glance
}

type glance struct {
	told  *connectors.Health
	at    time.Time
	asked chan struct{} // closed when the channel has answered; nil while nobody asks
}

// glance asks the channels that have not told lately how they are, all at once.
func (h *Hub) glance(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, glanceTime)
	defer cancel()
	var answers []<-chan struct{}
	for _, id := range h.accounts() {
		if c, ok := h.speaker(id).(connectors.Checker); ok {
			answers = append(answers, h.askSoon(ctx, id, c))
		}
	}
	for _, answered := range answers {
		select {
		case <-answered:
		case <-ctx.Done():
			return
		}
	}
}

// answeredBefore is the channel of who need not be asked.
var answeredBefore = func() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}()

// askSoon asks one channel, unless it has told lately or is being asked. The
// asking outlives a page that is left: credentials may be renewed on that
// occasion. It is over within checkTime, and there is one at a time.
func (h *Hub) askSoon(ctx context.Context, id connectors.ChannelID, channel connectors.Checker) <-chan struct{} {
	h.glances.mu.Lock()
	defer h.glances.mu.Unlock()
	g := h.glances.of[id]
	if g == nil {
		g = &glance{}
		h.glances.of[id] = g
	}
	if g.asked != nil {
		return g.asked
	}
	watched, ok := h.Health()[id]
	now := h.store.Now()
	if ok && now.Sub(watched.CheckedAt) < glanceAgain || g.told != nil && now.Sub(g.at) < glanceAgain {
		return answeredBefore
	}
	asked := make(chan struct{})
	g.asked = asked
	go func() {
		defer close(asked)
		health := h.ask(context.WithoutCancel(ctx), id, channel)
		h.glances.mu.Lock()
		defer h.glances.mu.Unlock()
		g.told, g.at, g.asked = &health, h.store.Now(), nil
	}()
	return asked
}

// lastTold is the newest that is known of how a channel is.
func (h *Hub) lastTold(id connectors.ChannelID) *connectors.Health {
	h.glances.mu.Lock()
	defer h.glances.mu.Unlock()
	var told *connectors.Health
	if g := h.glances.of[id]; g != nil {
		told = g.told
	}
	if watched, ok := h.Health()[id]; ok && (told == nil || watched.CheckedAt.After(told.CheckedAt)) {
		told = &watched
	}
	return told
}

// How far back the last words of a channel are looked for: whoever answers at
// all answers within a few conversations.
const (
	lastMatters  = 50
	lastMessages = 20 // of each
)

// lastWords is when the newest message of a citizen came by a channel, and when
// the newest that the platform has was written.
func lastWords(tx Reader, channel connectors.ChannelID) (in, out time.Time, err error) {
	found, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfChannel(channel)}, Limit: lastMatters})
	if err != nil {
		return in, out, err
	}
	for _, c := range found {
		if !in.Before(c.LastAt) && !out.Before(c.LastAt) {
			break // the rest is older still
		}
		messages, err := tx.Messages(c.ID, MessageQuery{Limit: lastMessages})
		if err != nil {
			return in, out, err
		}
		for _, m := range messages {
			switch {
			case m.Direction == In && m.ReceivedAt.After(in):
				in = m.ReceivedAt
			case m.Direction == Out && m.Delivery.State.arrived() && m.ReceivedAt.After(out):
				out = m.ReceivedAt
			}
		}
	}
	return in, out, nil
}

// triedFor is longer than the attempts at one delivery go on.
const triedFor = 2 * 24 * time.Hour

type stuckCount struct{ parked, failed int }

// waitingSince counts, by channel, the messages that wait for a person and have
// done so only since then. It reads those written not long before, and no others.
func waitingSince(tx Reader, since time.Time) (map[connectors.ChannelID]stuckCount, error) {
	counts := map[connectors.ChannelID]stuckCount{}
	channels := map[ConversationID]connectors.ChannelID{}
	stuck, err := tx.Stuck(firstOf(since.Add(-triedFor)), CountLimit)
	if err != nil {
		return nil, err
	}
	for _, m := range stuck {
		if m.Delivery.At.Before(since) {
			continue
		}
		channel, known := channels[m.Conversation]
		if !known {
			c, err := tx.Conversation(m.Conversation)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			channel = c.Channel
			channels[m.Conversation] = channel
		}
		n := counts[channel]
		if m.Delivery.State == Failed {
			n.failed++
		} else {
			n.parked++
		}
		counts[channel] = n
	}
	return counts, nil
}

// firstOf comes before the ids of all messages written from at on: ids begin
// with the time in milliseconds (RFC 9562, 5.7).
func firstOf(at time.Time) MessageID {
	return MessageID(fmt.Sprintf("%012x", max(at.UnixMilli(), 0)))
}

// hanoi is the time of the people who work here; Vietnam has no summer time.
var hanoi = time.FixedZone("ICT", 7*60*60)

// midnight is when the day of at began, here.
func midnight(at time.Time) time.Time {
	y, m, d := at.In(hanoi).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, hanoi)
}
