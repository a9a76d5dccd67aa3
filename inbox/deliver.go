package inbox

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"tongdai/connectors"
)

// deliver sends one outgoing message. The attempt is on record before the
// platform is called and its result after, so that a crash in between is seen
// as an attempt whose outcome nobody knows.
//
// What its channel has no room for now, or must not carry any more, is not sent.
func (h *Hub) deliver(ctx context.Context, claim Claim) error {
	l, err := h.laneOf(ctx, claim)
	if err != nil {
		return err
	}
	if l != nil {
		if !l.enter(h.store.Now(), claim.Task.Urgent) {
			return h.deliverLater(ctx, claim, l)
		}
		entered := time.Now()
		defer func() { l.leave(time.Since(entered)) }()
	}
	return h.deliverNow(ctx, claim)
}

func (h *Hub) deliverNow(ctx context.Context, claim Claim) error {
	// gofail: var deliveryClaimed struct{}
	a, claim, err := h.beginAttempt(ctx, claim)
	m, c := a.message, a.conversation
	if err != nil {
		return err
	}
	if m.Delivery.State != Sending {
		h.metrics.concluded(c.Channel, m.Delivery.State)
		return nil
	}
	conn, ok := h.connectors[c.Channel]
	if !ok {
		return h.settle(ctx, claim, c.Channel, m.ID, verdict{State: Parked, Reason: "Kênh này không còn trong cấu hình."}, connectors.Receipt{})
	}
	quotes, err := h.remoteOf(ctx, m.Quotes)
	if err != nil {
		return err
	}
	letter, err := h.letterOf(ctx, c, m)
	if err != nil {
		return err
	}
	sendCtx, cancel := context.WithTimeout(ctx, h.cfg.SendTimeout)
	defer cancel()
	begun, traced := time.Now(), h.traceBegin()
	// gofail: var deliveryBeforeCall struct{}
	receipt, err := send(sendCtx, conn, connectors.Outbound{
		Key: string(m.ID), To: c.Remote, Thread: c.Thread, Content: m.Content, Quotes: quotes, Automatic: m.Automatic,
		Private: m.Private, Heard: a.heard, Letter: letter,
	})
	// gofail: var deliverySent string
	// err = &connectors.Error{Kind: connectors.Uncertain, Err: errors.New(deliverySent)}
	h.metrics.delivered(c.Channel, time.Since(begun), h.store.Now().Sub(m.SentAt), err)
	h.traceDelivery(ctx, traced, c.Channel, m, err)
	down := h.listen(ctx, c.Channel, m, err)
	if err == nil {
		return h.settle(ctx, claim, c.Channel, m.ID, verdict{State: Sent, Reason: receipt.Note}, receipt)
	}
	v := judge(err, m.Delivery, h.cfg.MaxAttempts)
	level := slog.LevelWarn
	switch kind := connectors.KindOf(err); {
	case down:
		level = slog.LevelDebug // that it is down was told
		v = h.lanes[c.Channel].downFor(h.store.Now(), v, kind, claim.Task.Urgent)
	case kind == connectors.RateLimited && h.lanes[c.Channel] != nil:
		v.Wait = h.lanes[c.Channel].tooFast(h.store.Now(), v.Wait)
	case kind == connectors.Unauthorized && claim.Task.Attempts > 0:
		level = slog.LevelDebug // the channel's own check tells, and goes on telling
		v.Wait = min(v.Wait<<min(claim.Task.Attempts, 8), consentMost)
	}
	h.log.Log(ctx, level, "delivery failed", "message", m.ID, "channel", c.Channel,
		"attempt", m.Delivery.Attempts, "kind", connectors.KindOf(err).String(), "then", v.State, "err", err)
	return h.settle(ctx, claim, c.Channel, m.ID, v, connectors.Receipt{})
}

// send calls the platform. An error without a kind after the time was up, and a
// panic, leave open whether the platform has the message.
func send(ctx context.Context, conn connectors.Connector, out connectors.Outbound) (receipt connectors.Receipt, err error) {
	returned := false
	err = guarded(func() (err error) {
		receipt, err = conn.Send(ctx, out)
		returned = true
		return err
	})
	_, classified := errors.AsType[*connectors.Error](err)
	if err != nil && (!returned || ctx.Err() != nil && !classified) {
		err = &connectors.Error{Kind: connectors.Uncertain, Err: err}
	}
	return receipt, err
}

// remoteOf is the platform's id of a message, empty when it has none.
func (h *Hub) remoteOf(ctx context.Context, id MessageID) (remote connectors.RemoteID, err error) {
	if id == "" {
		return "", nil
	}
	err = h.store.View(ctx, func(tx Reader) error {
		m, err := tx.Message(id)
		if errors.Is(err, ErrNotFound) { // erased since
			return nil
		}
		remote = m.Remote
		return err
	})
	return remote, err
}

// beginAttempt records that the platform is about to be called, and holds the
// claim for longer than the call may take. A message that was being sent
// already is one whose attempt ended in a crash; after the second such end it
// waits for a person. Where an echo has shown
// meanwhile that the platform has the message, nothing is left to do, and
// nothing may be done where the platform would not take it any more (closed):
// the message comes back in another state than Sending.
func (h *Hub) beginAttempt(ctx context.Context, claim Claim) (a attempt, held Claim, err error) {
	err = h.store.Update(ctx, func(tx Writer) (err error) {
		var m Message
		var c Conversation
		var heard time.Time
		defer func() { a = attempt{m, c, heard} }()
		if m, err = tx.Message(MessageID(claim.Task.Ref)); err != nil {
			return err
		}
		if c, err = tx.Conversation(m.Conversation); err != nil {
			return err
		}
		now := h.store.Now()
		if m.crashed() && m.echoed(h.LimitsOf(c.Channel)) {
			if err := tx.Finish(claim); err != nil {
				return err
			}
			m, err = h.conclude(tx, m, verdict{State: Queued, Doubtful: true}, connectors.Receipt{}, now)
			return err
		}
		if m.Delivery.State.arrived() {
			return tx.Finish(claim)
		}
		reason := ""
		if reason, heard, err = h.closed(tx, c, m, now); err != nil {
			return err
		}
		if reason == "" && !claim.Task.Urgent {
			if reason, err = overtaken(tx, c, m, now); err != nil {
				return err
			}
		}
		if h.wasAside(m) {
			reason = setAside
		}
		if m.crashed() && m.Delivery.Doubtful {
			reason = cmp.Or(reason, unconfirmed) // twice nobody knows: a third copy helps nobody
		}
		if reason != "" {
			if err := tx.Finish(claim); err != nil {
				return err
			}
			m, err = h.conclude(tx, m, verdict{State: Parked, Reason: reason, Doubtful: m.crashed()}, connectors.Receipt{}, now)
			return err
		}
		if held, err = tx.Extend(claim, now.Add(2*h.cfg.SendTimeout)); err != nil {
			return err
		}
		m.Delivery.Doubtful = m.Delivery.Doubtful || m.crashed()
		m.Delivery.State = Sending
		m.Delivery.Attempts++
		m.Delivery.At = now
		return tx.PutMessage(m)
	})
	return a, held, err
}

// attempt is one try to hand a message to its platform.
type attempt struct {
	message      Message
	conversation Conversation
	heard        time.Time // see connectors.Outbound
}

// unconfirmed is the reason of a message that was sent twice without a word
// from the platform.
const unconfirmed = "Kênh không xác nhận; có thể đã gửi hai lần."

// verdict is what happens to a message after an attempt.
type verdict struct {
	State    DeliveryState
	Reason   string
	Doubtful bool
	Wait     time.Duration // of Queued: until the next attempt
	Free     bool          // of Queued: it cost no attempt, we were early, not wrong
}

// judge decides from the error's kind, and from what is known of the attempts
// before: what is in doubt is sent once more, and then waits for a person.
func judge(err error, d Delivery, maxAttempts int) verdict {
	attempts := d.Attempts
	reason := connectors.ReasonOf(err)
	or := func(words string) string {
		if reason != "" {
			return reason
		}
		return words
	}
	kind := connectors.KindOf(err)
	switch {
	case kind == connectors.Permanent:
		return verdict{State: Failed, Reason: or("Nền tảng từ chối tin này.")}
	case kind == connectors.WindowClosed:
		return verdict{State: Parked, Reason: or("Đã quá thời hạn nền tảng cho phép trả lời; hãy liên hệ người dân bằng cách khác.")}
	case kind == connectors.RateLimited:
		return verdict{State: Queued, Wait: max(connectors.RetryAfter(err), time.Second), Free: true}
	case kind == connectors.Unauthorized: // the channel's trouble: it costs the message no attempt, however long it lasts
		return verdict{State: Queued, Reason: or("Kênh mất quyền gửi, cần kết nối lại; sau đó tin tự gửi."), Wait: consentFirst, Free: true}
	case attempts >= maxAttempts:
		return verdict{State: Parked, Doubtful: kind == connectors.Uncertain, Reason: or("Đã gửi nhiều lần nhưng kênh không nhận.")}
	case kind == connectors.Uncertain && d.Doubtful:
		return verdict{State: Parked, Doubtful: true, Reason: or(unconfirmed)}
	default:
		return verdict{State: Queued, Doubtful: kind == connectors.Uncertain, Wait: backoff(attempts)}
	}
}

// How long messages wait for a channel's new consent between looks at whether
// it has come.
const (
	consentFirst = 15 * time.Second
	consentMost  = 2 * time.Minute
)

// delays between attempts; the last repeats.
var delays = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour,
}

// backoff is how long to wait after the given number of attempts, spread by a
// fifth so that what failed together does not return together.
func backoff(attempts int) time.Duration {
	d := delays[min(max(attempts-1, 0), len(delays)-1)]
	return d + time.Duration(rand.Int64N(int64(d)/5+1))
}

// settle writes the verdict with the end or the postponing of the claim.
func (h *Hub) settle(ctx context.Context, claim Claim, channel connectors.ChannelID, id MessageID, v verdict, receipt connectors.Receipt) error {
	var m Message
	err := h.store.Update(ctx, func(tx Writer) (err error) {
		now := h.store.Now()
		if m, err = tx.Message(id); err != nil {
			return err
		}
		// What an echo told may change the verdict, and with it the claim's end.
		if m, err = h.conclude(tx, m, v, receipt, now); err != nil {
			return err
		}
		if m.Delivery.State == Queued {
			return tx.Postpone(claim, now.Add(v.Wait))
		}
		return tx.Finish(claim)
	})
	if err == nil {
		h.metrics.concluded(channel, m.Delivery.State)
	}
	return err
}

// conclude ends an attempt: the verdict, corrected by what the platform has
// reported early, is written with its event. What turns out to be said by
// somebody else becomes a message of its own.
func (h *Hub) conclude(tx Writer, m Message, v verdict, receipt connectors.Receipt, now time.Time) (Message, error) {
	c, err := tx.Conversation(m.Conversation)
	if err != nil {
		return m, err
	}
	if receipt.Message != "" {
		m.Remote, m.Parts = receipt.Message, receipt.More
	}
	m, v, others := m.weigh(v, h.LimitsOf(c.Channel))
	m.Delivery.State, m.Delivery.Reason, m.Delivery.At = v.State, v.Reason, now
	m.Delivery.Doubtful = m.Delivery.Doubtful || v.Doubtful
	if v.Free {
		m.Delivery.Attempts--
	}
	if err := tx.PutMessage(m); err != nil {
		return m, err
	}
	if h.LimitsOf(c.Channel).Letters {
		if err := placeLetter(tx, c.Channel, m); err != nil {
			return m, err
		}
	}
	for _, other := range others {
		if err := h.echoedBy(tx, &c, other, now); err != nil {
			return m, err
		}
	}
	return m, tx.AppendEvent(messageEvent(MessageChanged, c, m, now))
}
