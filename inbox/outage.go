package inbox

import (
	"context"
	"math/rand/v2"
	"time"

	"tongdai/connectors"
)

// A platform may be down for hours while thousands of answers wait for it. That
// is not the fault of any of them: it costs them no attempt, or all would be
// parked for people before the platform is back, and calling it for each of them
// again and again helps nobody. So when calls for several messages in a row
// came to nothing, and none to anything, the channel counts as down: one call now
// and then finds out whether it is back, all else waits without being tried,
// longer the longer it lasts. The first answer of the platform ends it.

// outage is what a lane knows of its platform being down. The lane's mutex
// guards it.
type outage struct {
	missed map[MessageID]bool // messages whose calls came to nothing since the last that came to something
	since  time.Time          // of the first of them
	probe  time.Time          // the next call is not before that
}

const (
	// downAfter messages in a row make an outage: fewer may fail for reasons of
	// their own.
	downAfter = 5
	// downShare of the time that an outage has lasted is what waits until the next try.
	downShare = 4
	downLeast = time.Second
	downMost  = 10 * time.Minute
	// probeMost is the longest between two calls that look whether the platform is back.
	probeMost = 30 * time.Second
)

// downWords tell members why a message waits.
const downWords = "Kênh đang gián đoạn; tin sẽ tự gửi khi kênh hoạt động lại."

func (o *outage) on() bool { return len(o.missed) >= downAfter }

// lets reports whether a call may be made now, while busy others are under way.
func (o *outage) lets(now time.Time, busy int) bool {
	if !o.on() {
		return true
	}
	if busy > 0 || now.Before(o.probe) {
		return false
	}
	o.probe = now.Add(min(max(now.Sub(o.since)/downShare, downLeast), probeMost))
	return true
}

// wait is how long a message waits, spread by a fifth so that those that wait
// together do not return together.
func (o *outage) wait(now time.Time) time.Duration {
	d := min(max(now.Sub(o.since)/downShare, downLeast), downMost)
	return d + time.Duration(rand.Int64N(int64(d)/5+1))
}

// heard learns from what a call came to. It reports whether the platform is
// taken for down, and whether that is news.
func (l *lane) heard(id MessageID, now time.Time, err error) (down, news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.outage.on()
	kind := connectors.KindOf(err)
	if err == nil || kind != connectors.Retryable && kind != connectors.Uncertain {
		l.outage = outage{}
		return false, was
	}
	o := &l.outage
	if o.missed == nil {
		o.missed, o.since = map[MessageID]bool{}, now
	}
	if !was {
		o.missed[id] = true
	}
	return o.on(), o.on() != was
}

// downFor is what happens to m while its channel is down. An attempt of which
// nobody knows how it ended counts all the same.
func (l *lane) downFor(now time.Time, v verdict, kind connectors.Kind, urgent bool) verdict {
	if kind != connectors.Retryable {
		return v
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := l.outage.wait(now)
	if urgent {
		wait = min(wait, probeMost)
	}
	return verdict{State: Queued, Reason: downWords, Wait: wait, Free: true}
}

// listen has the lane of a channel learn from a call, and tells in the log when
// the platform goes down or comes back.
func (h *Hub) listen(ctx context.Context, channel connectors.ChannelID, m Message, err error) (down bool) {
	l := h.lanes[channel]
	if l == nil {
		return false
	}
	down, news := l.heard(m.ID, h.store.Now(), err)
	switch {
	case news && down:
		h.log.WarnContext(ctx, "a channel takes nothing; what is to leave waits until it does", "channel", channel, "err", err)
	case news:
		h.log.InfoContext(ctx, "a channel takes messages again", "channel", channel)
	}
	return down
}
