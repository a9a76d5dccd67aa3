package inbox

import (
	"context"
	"errors"

	"tongdai/bot"
)

// damagedAfter is how often work that meets damage is tried: what a disk reads
// wrongly once it may read well the next time.
const damagedAfter = 3

// damagedMatter is the reason of a message that cannot be sent because its
// matter cannot be read.
const damagedMatter = "Phiếu của tin này bị hỏng trong kho dữ liệu nên không gửi được; quản trị viên cần khôi phục từ bản sao lưu."

// parked ends work that meets damage time and again, so that what waits behind
// it goes on, and gives it to people as far as what it is about can still be
// read. The damage itself is told by the store.
func (h *Hub) parked(ctx context.Context, c Claim) error {
	err := h.store.Update(ctx, func(tx Writer) error {
		if err := tx.Finish(c); err != nil {
			return err
		}
		switch c.Task.Kind {
		case Turns:
			return h.turnToPeople(tx, c)
		case Deliveries:
			return h.parkDelivery(tx, c)
		}
		return nil
	})
	if err == nil {
		h.metrics.parked.WithLabelValues(string(c.Task.Kind)).Inc()
	}
	return err
}

// turnToPeople hands a matter over of which a message cannot be weighed.
func (h *Hub) turnToPeople(tx Writer, claim Claim) error {
	c, err := tx.Conversation(ConversationID(claim.Task.Group))
	if unreadable(err) || err == nil && c.Handler == ByPeople {
		return nil
	}
	if err != nil {
		return err
	}
	now := h.store.Now()
	broken := bot.Decision{Outcome: bot.HandOff, Reason: bot.Broken, State: c.Dialogue}
	marks, err := h.handOff(tx, &c, broken, MessageID(claim.Task.Ref), now)
	if err != nil {
		return err
	}
	if c, err = tx.PutConversation(c); err != nil {
		return err
	}
	for _, m := range marks {
		if err := tx.AppendEvent(messageEvent(MessageAdded, c, m, now)); err != nil {
			return err
		}
	}
	return nil
}

// parkDelivery leaves a message to people whose matter cannot be read. One that
// cannot be read itself is shown as such in its thread.
func (h *Hub) parkDelivery(tx Writer, claim Claim) error {
	m, err := tx.Message(MessageID(claim.Task.Ref))
	if unreadable(err) || err == nil && m.Delivery.State.arrived() {
		return nil
	}
	if err != nil {
		return err
	}
	m.Delivery.Doubtful = m.Delivery.Doubtful || m.crashed()
	m.Delivery.State, m.Delivery.Reason, m.Delivery.At = Parked, damagedMatter, h.store.Now()
	return tx.PutMessage(m)
}

// unreadable reports whether a record is damaged, or gone with what led to it.
func unreadable(err error) bool { return errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotFound) }
