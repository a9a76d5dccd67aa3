package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tongdai/connectors"
)

// A platform sends again what we did not acknowledge, but not for ever: after an
// outage that was longer, or while it does not call us at all, things have been
// said that nobody here has heard. Where the platform can be asked what was said
// (connectors.Historian), one node asks it when it begins to look after the
// channel and every few minutes from then on, and a person can have it asked at
// any time. What is missing comes in by the door that everything comes in by,
// under the same keys, so that nothing is there twice however it came. What the
// platform does not tell any more is a gap: it is put into the quarantine, where
// people see it until somebody has dealt with it.

const (
	// reconcileEvery is how often the newest of a channel is compared.
	reconcileEvery = 5 * time.Minute
	// reconcileBack is how far back that looks: twice what lies between, and more.
	reconcileBack = time.Hour
	// ReconcileMost is how far back a person may have a platform asked.
	ReconcileMost = 30 * 24 * time.Hour
	// reconcileTime bounds one comparison; the next goes on where it ended, as what
	// came in by then is known. reconcileHold is longer.
	reconcileTime = 4 * time.Minute
	reconcileHold = reconcileTime + time.Minute
	// reconcilePause is left between two questions, so that answers to citizens,
	// which share the platform's limit of calls, come first.
	reconcilePause = 50 * time.Millisecond
	// reconcilePatience is the longest wait that a platform may ask for.
	reconcilePatience = 90 * time.Second
	// reconcileBatch is how many things are kept in one transaction.
	reconcileBatch = 50
)

// Reconciled is what a comparison with a platform's history came to.
type Reconciled struct {
	Since  time.Time
	People int // whose history was read
	Filled int // messages that were missing, and are here now
	Gaps   []Gap
	// Problem is why it ended before everything was compared, for people; "" when it did not.
	Problem string
}

// Gap is a time in which things may have been said that the platform does not
// tell any more.
type Gap struct {
	From, To time.Time
	People   []connectors.RemoteID
}

// gapType marks a gap among the raw things of the quarantine.
const gapType = "application/vnd.tongdai.gap+json"

// ReconcileChannel compares what is here with what the platform tells of the time
// since then, on behalf of actor and on record. ErrConflict where the platform
// cannot be asked, or is being asked.
func (h *Hub) ReconcileChannel(ctx context.Context, actor Actor, id connectors.ChannelID, since time.Time) (Reconciled, error) {
	if !actor.May(ReconcileChannels) {
		return Reconciled{}, ErrForbidden
	}
	conn, ok := h.connectors[id]
	if !ok {
		return Reconciled{}, ErrNotFound
	}
	historian, ok := conn.(connectors.Historian)
	if !ok {
		return Reconciled{}, conflict("Nền tảng của kênh này không cho hỏi lại những gì đã nhắn, nên không có gì để đối chiếu.")
	}
	now := h.store.Now()
	if since.Before(now.Add(-ReconcileMost)) || since.After(now) {
		return Reconciled{}, Invalid{{Field: "since", Message: "Chỉ đối chiếu được tới 30 ngày trước."}}
	}
	err := h.store.Update(ctx, func(tx Writer) error {
		return tx.AppendAudit(Audit{
			At: h.store.Now(), Member: actor.Member.ID, Action: Reconciling, Target: string(id), Address: actor.Address,
			Detail: since.In(hanoi).Format("15:04 02/01/2006"),
		})
	})
	if err != nil {
		return Reconciled{}, err
	}
	return h.reconcile(ctx, id, historian, since, true)
}

// catchUp compares a channel with its platform until ctx ends: at first since the
// last that was heard on it, however long ago, then what is new. A channel on which
// nobody was ever heard has nothing to catch up with: what was said to the account
// before it was ours is not ours to answer.
func (h *Hub) catchUp(ctx context.Context, id connectors.ChannelID, historian connectors.Historian) error {
	var since time.Time // zero: nobody was ever heard
	for whole := true; ; {
		begun := h.store.Now()
		if since.IsZero() {
			heard, err := h.lastHeard(ctx, id)
			if err != nil {
				h.log.WarnContext(ctx, "a channel could not be compared with its platform", "channel", id, "err", err)
			} else if !heard.IsZero() {
				since = heard.Add(-reconcileBack)
			}
		}
		if !since.IsZero() {
			done, err := h.reconcile(ctx, id, historian, latest(since, begun.Add(-ReconcileMost)), whole)
			switch {
			case err != nil:
				h.log.WarnContext(ctx, "a channel could not be compared with its platform", "channel", id, "err", err)
			case done.Problem == "":
				since, whole = begun.Add(-reconcileBack), false
			}
		}
		if !pause(ctx, nil, reconcileEvery) {
			return nil
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lastHeard is when the newest message of a citizen came by a channel.
func (h *Hub) lastHeard(ctx context.Context, id connectors.ChannelID) (at time.Time, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		at, _, err = lastWords(tx, id)
		return err
	})
	return at, err
}

// reconcile compares once, on one node at a time. Where whole is not set, people
// whose last words are known are taken to be complete.
func (h *Hub) reconcile(ctx context.Context, id connectors.ChannelID, historian connectors.Historian, since time.Time, whole bool) (Reconciled, error) {
	done := Reconciled{Since: since}
	name, holder := "history "+string(id), newID()
	ok, err := h.store.Lease(ctx, name, holder, reconcileHold)
	if err != nil {
		return done, err
	}
	if !ok {
		return done, conflict("Kênh đang được đối chiếu; hãy thử lại sau ít phút.")
	}
	defer func() {
		if _, err := h.store.Lease(context.WithoutCancel(ctx), name, holder, 0); err != nil {
			h.log.DebugContext(ctx, "a lease was not given back and ends by itself", "lease", name, "err", err)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, reconcileTime)
	defer cancel()
	c := comparing{hub: h, channel: id, historian: historian, since: since, whole: whole, done: &done}
	err = guarded(func() error { return c.all(limited) })
	if ctx.Err() != nil {
		return done, ctx.Err()
	}
	if err != nil {
		done.Problem = "Chưa đối chiếu hết; tổng đài sẽ tự làm tiếp."
		if reason := connectors.ReasonOf(err); reason != "" {
			done.Problem = reason
		}
		level := slog.LevelWarn
		if connectors.KindOf(err) == connectors.Unauthorized {
			level = slog.LevelDebug // the channel's own check tells, and goes on telling
		}
		h.log.Log(ctx, level, "a channel could not be compared with its platform to the end", "channel", id,
			"kind", connectors.KindOf(err).String(), "people", done.People, "err", err)
	}
	if err := c.tellGaps(ctx); err != nil {
		return done, err
	}
	if done.Filled > 0 || len(done.Gaps) > 0 {
		h.log.WarnContext(ctx, "a platform's history held what never came; see whether it calls us", "channel", id,
			"since", since, "people", done.People, "filled", done.Filled, "gaps", len(done.Gaps))
	}
	return done, nil
}

// comparing is one comparison.
type comparing struct {
	hub       *Hub
	channel   connectors.ChannelID
	historian connectors.Historian
	since     time.Time
	whole     bool
	done      *Reconciled
}

func (c *comparing) all(ctx context.Context) error {
	people, err := asked(ctx, func() ([]connectors.Heard, error) { return c.historian.Recent(ctx, c.since) })
	if err != nil {
		return err
	}
	for _, heard := range slices.Backward(people) { // whoever has waited longest comes first
		here, err := c.here(ctx, heard.User, heard.Message)
		if err != nil {
			return err
		}
		if here.known[heard.Message] && !c.whole {
			continue
		}
		if err := c.person(ctx, heard.User, here.last); err != nil {
			return err
		}
		if !pause(ctx, nil, reconcilePause) {
			return ctx.Err()
		}
	}
	return nil
}

// person takes in what is missing of one person, of whom the last that is known
// was said at last; zero when nothing is.
func (c *comparing) person(ctx context.Context, user connectors.RemoteID, last time.Time) error {
	since := c.since
	if !last.IsZero() && last.Before(since) {
		since = last
	}
	type history struct {
		raw connectors.Raw
		in  []connectors.Inbound
	}
	told, err := asked(ctx, func() (h history, err error) {
		h.raw, h.in, err = c.historian.Recall(ctx, user, since)
		return h, err
	})
	if err != nil {
		return err
	}
	c.done.People++
	ids := make([]connectors.RemoteID, len(told.in))
	for i, in := range told.in {
		ids[i] = in.Message
	}
	here, err := c.here(ctx, user, ids...)
	if err != nil {
		return err
	}
	if len(told.in) > 0 && len(here.known) == 0 && !last.IsZero() && told.in[0].SentAt.After(last) {
		c.gap(user, last, told.in[0].SentAt)
	}
	missing := slices.DeleteFunc(slices.Clone(told.in), func(in connectors.Inbound) bool {
		// What we ourselves said longer ago than was looked through is no news.
		return here.known[in.Message] || in.SentAt.Before(since) || in.Kind == connectors.Echo && in.SentAt.Before(here.first)
	})
	if told.raw.Trouble == "" && len(missing) == 0 {
		return nil
	}
	for batch := range slices.Chunk(missing, reconcileBatch) {
		kept, err := c.hub.keep(ctx, told.raw, batch)
		if err != nil {
			return fmt.Errorf("keep what was recalled: %w", err)
		}
		c.done.Filled += kept
	}
	if len(missing) == 0 {
		_, err = c.hub.keep(ctx, told.raw, nil)
	}
	return err
}

// here is what is kept of one person's conversation with us: which of the
// messages that were asked about, and when the first and the last of those that
// were looked through were said; zero when there is none.
type here struct {
	known       map[connectors.RemoteID]bool
	first, last time.Time
}

// here looks for the messages with these ids, as far back as reports of a
// platform are looked up.
func (c *comparing) here(ctx context.Context, user connectors.RemoteID, ids ...connectors.RemoteID) (h here, err error) {
	err = c.hub.store.View(ctx, func(tx Reader) error {
		h = here{known: map[connectors.RemoteID]bool{}}
		for m, err := range lately(tx, c.channel, connectors.Inbound{From: user}) {
			if err != nil {
				return err
			}
			if m.Direction == Note || m.Remote == "" {
				continue
			}
			h.first, h.last = m.SentAt, latest(h.last, m.SentAt)
			for _, id := range ids {
				if m.carries(id) {
					h.known[id] = true
				}
			}
			if len(h.known) == len(ids) {
				return nil
			}
		}
		return nil
	})
	return h, err
}

// gap takes down a time of which one person's history tells nothing; those of
// several people that touch are one.
func (c *comparing) gap(user connectors.RemoteID, from, to time.Time) {
	for i := range c.done.Gaps {
		g := &c.done.Gaps[i]
		if !from.After(g.To) && !to.Before(g.From) {
			if from.Before(g.From) {
				g.From = from
			}
			g.To = latest(g.To, to)
			g.People = append(g.People, user)
			return
		}
	}
	c.done.Gaps = append(c.done.Gaps, Gap{From: from, To: to, People: []connectors.RemoteID{user}})
}

// tellGaps puts the gaps where people see them; one that is there already stays one.
func (c *comparing) tellGaps(ctx context.Context) error {
	for _, g := range c.done.Gaps {
		slices.Sort(g.People)
		body, err := json.Marshal(g)
		if err != nil {
			return err
		}
		const minute = "15:04 02/01/2006"
		raw := connectors.Raw{Channel: c.channel, ReceivedAt: c.hub.store.Now(), Type: gapType, Body: body, Trouble: fmt.Sprintf(
			"Từ %s đến %s nền tảng không còn cho xem tin của %d người; nếu có tin trong lúc đó thì tổng đài không nhận được. Hãy xem trong ứng dụng của nền tảng, rồi bỏ qua mục này.",
			g.From.In(hanoi).Format(minute), g.To.In(hanoi).Format(minute), len(g.People))}
		if _, err := c.hub.keep(ctx, raw, nil); err != nil {
			return fmt.Errorf("tell a gap: %w", err)
		}
	}
	return nil
}

// asked asks a platform, again once it may where it asks for patience.
func asked[T any](ctx context.Context, ask func() (T, error)) (answer T, err error) {
	for try := 1; ; try++ {
		answer, err = ask()
		wait := connectors.RetryAfter(err)
		if err == nil || connectors.KindOf(err) != connectors.RateLimited || wait > reconcilePatience || try == 3 {
			return answer, err
		}
		if !pause(ctx, nil, max(wait, time.Second)) {
			return answer, ctx.Err()
		}
	}
}

// gapsShown is how much of the quarantine is looked through for gaps.
const gapsShown = 100

// waitingGaps are the gaps by channel that nobody has dealt with yet, newest first.
func waitingGaps(tx Reader) (map[connectors.ChannelID][]Gap, error) {
	gaps := map[connectors.ChannelID][]Gap{}
	waiting, err := tx.Quarantine(true, "", gapsShown)
	if err != nil {
		return nil, err
	}
	for _, q := range waiting {
		raw, err := tx.Raw(q.ID)
		if err != nil {
			return nil, err
		}
		var g Gap
		if raw.Type != gapType || json.Unmarshal(raw.Body, &g) != nil {
			continue
		}
		gaps[q.Channel] = append(gaps[q.Channel], g)
	}
	return gaps, nil
}
