package inbox

import (
	"context"
	"sync"
	"time"

	"tongdai/connectors"
)

// lane is what one channel may take of this node's deliveries. A platform that
// does not answer keeps each call it got until SendTimeout; without lanes its
// calls would soon be all that can be under way, and every other channel would
// stand still behind it.
//
// A delivery that finds its lane full gives way: it is postponed to when its
// turn may come, so that the worker can claim those of other channels. In the
// same way those that a platform found too many return one after the other,
// at the pace that it takes, and not all together.
// While a platform takes nothing at all, its lane is closed but for one call now
// and then; see outage.
type lane struct {
	limit int           // deliveries at a time
	step  time.Duration // between two calls, as fast as the platform takes them; 0: not known

	mu   sync.Mutex
	busy int
	took time.Duration // by a call of late
	next time.Time     // when a further one that gives way has its turn

	outage outage
}

const (
	// laneMost bounds how far turns are given out: a channel that has got well
	// again is used soon.
	laneMost = time.Minute
	// laneFar does so where the platform's own pace is known: who returned sooner
	// would only be sent away again.
	laneFar = 10 * time.Minute
	// laneFirst is what a call is taken for before any has ended.
	laneFirst = time.Second
	// urgentWait is how long what is urgent gives way.
	urgentWait = time.Second
)

// newLanes gives each channel that is sent to an equal share of the deliveries
// that may be under way.
func newLanes(all map[connectors.ChannelID]connectors.Connector, deliveries int) map[connectors.ChannelID]*lane {
	lanes := map[connectors.ChannelID]*lane{}
	for id, conn := range all {
		limits := conn.Limits()
		if limits.FromLog {
			continue
		}
		l := &lane{took: laneFirst}
		if limits.PerMinute > 0 {
			l.step = time.Minute / time.Duration(limits.PerMinute)
		}
		lanes[id] = l
	}
	for _, l := range lanes {
		l.limit = max(1, deliveries/len(lanes))
	}
	return lanes
}

// enter takes a place if there is one. A few are kept for what is urgent.
func (l *lane) enter(now time.Time, urgent bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !urgent && !l.outage.lets(now, l.busy) {
		return false
	}
	limit := l.limit
	if urgent {
		limit += max(1, l.limit/4)
	}
	if l.busy >= limit {
		return false
	}
	l.busy++
	return true
}

// leave ends what enter began, and learns how long calls take.
func (l *lane) leave(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy--
	l.took += (took - l.took) / 8
}

// giveWay returns how long a delivery waits that found the lane full, or closed.
func (l *lane) giveWay(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outage.on() {
		return l.outage.wait(now)
	}
	return l.turn(now, 0, l.took/time.Duration(l.limit), laneMost)
}

// tooFast returns how long a delivery waits that the platform did not take
// because there are too many. after is what the platform asked for; more than
// a minute is about one person or one day, and has no queue.
func (l *lane) tooFast(now time.Time, after time.Duration) time.Duration {
	if after > laneMost {
		return after
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	most := laneMost
	if l.step > 0 {
		most = laneFar
	}
	return l.turn(now, after, l.step, most)
}

// turn gives out the next turn that is not before least from now, and at most
// so much later. l.mu is held.
func (l *lane) turn(now time.Time, least, step, most time.Duration) time.Duration {
	at := now.Add(least)
	if l.next.After(at) {
		at = l.next
	}
	if latest := now.Add(least + most); at.After(latest) {
		at = latest
	}
	l.next = at.Add(step)
	return max(at.Sub(now), 10*time.Millisecond)
}

// laneOf is the lane of what a claim is to send; nil where the channel is gone.
// Where there is one lane only, nothing need be read to know it.
func (h *Hub) laneOf(ctx context.Context, claim Claim) (l *lane, err error) {
	if len(h.lanes) < 2 {
		for _, l = range h.lanes {
		}
		return l, nil
	}
	err = h.store.View(ctx, func(tx Reader) error {
		m, err := tx.Message(MessageID(claim.Task.Ref))
		if err != nil {
			return err
		}
		c, err := tx.Conversation(m.Conversation)
		l = h.lanes[c.Channel]
		return err
	})
	return l, err
}

// deliverLater postpones a delivery whose lane is full.
func (h *Hub) deliverLater(ctx context.Context, claim Claim, l *lane) error {
	now := h.store.Now()
	wait := l.giveWay(now)
	if claim.Task.Urgent {
		wait = min(wait, urgentWait)
	}
	return h.store.Update(ctx, func(tx Writer) error { return tx.Postpone(claim, now.Add(wait)) })
}
