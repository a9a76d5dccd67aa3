package inbox

import (
	"context"
	"fmt"

	"tongdai/connectors"
)

// quarantinePage is how many waiting items are listed at a time.
const quarantinePage = 200

// QuarantinedRaw is something in the quarantine with its bytes.
type QuarantinedRaw struct {
	Quarantined
	Body []byte
}

// Quarantine lists what waits in the quarantine, newest first. Reading it is a look.
func (h *Hub) Quarantine(ctx context.Context, actor Actor) ([]QuarantinedRaw, error) {
	if !actor.May(SettleQuarantine) {
		return nil, ErrForbidden
	}
	var out []QuarantinedRaw
	err := h.store.View(ctx, func(tx Reader) error {
		waiting, err := tx.Quarantine(true, "", quarantinePage)
		if err != nil {
			return err
		}
		out = make([]QuarantinedRaw, 0, len(waiting))
		for _, q := range waiting {
			raw, err := tx.Raw(q.ID)
			if err != nil {
				return err
			}
			out = append(out, QuarantinedRaw{Quarantined: q, Body: raw.Body})
		}
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, h.recordLook(ctx, actor, "", quarantineShown)
}

// Replay has a quarantined item parsed again. Only when the connector now
// understands it, and what it holds is kept, does it leave the quarantine.
func (h *Hub) Replay(ctx context.Context, actor Actor, id RawID) error {
	if !actor.May(SettleQuarantine) {
		return ErrForbidden
	}
	var raw Raw
	err := h.store.View(ctx, func(tx Reader) (err error) {
		raw, err = tx.Raw(id)
		return err
	})
	if err == nil && raw.Trouble == "" { // the bytes of a message that was understood
		err = fmt.Errorf("quarantined %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return err
	}
	parser, ok := h.speaker(raw.Channel).(connectors.Parser)
	if !ok {
		return conflict("Kênh %s không đọc lại được dữ liệu đã giữ.", raw.Channel)
	}
	in, err := parser.Parse(ctx, raw.Raw)
	if err != nil {
		return conflict("Vẫn chưa đọc được: %v", err)
	}
	again := raw.Raw
	again.Trouble = ""
	if err := h.Receive(ctx, again, in); err != nil {
		return err
	}
	return h.settleQuarantined(ctx, actor, id, Replayed)
}

// Dismiss sets a quarantined item aside; its bytes stay kept.
func (h *Hub) Dismiss(ctx context.Context, actor Actor, id RawID) error {
	if !actor.May(SettleQuarantine) {
		return ErrForbidden
	}
	return h.settleQuarantined(ctx, actor, id, Dismissed)
}

func (h *Hub) settleQuarantined(ctx context.Context, actor Actor, id RawID, action Action) error {
	return h.store.Update(ctx, func(tx Writer) error {
		raw, err := tx.Raw(id)
		if err != nil {
			return err
		}
		if raw.Trouble == "" { // the bytes of a message that was understood
			return fmt.Errorf("quarantined %q: %w", id, ErrNotFound)
		}
		now := h.store.Now()
		if err := tx.PutQuarantined(Quarantined{
			ID: id, Channel: raw.Channel, At: raw.ReceivedAt, Trouble: raw.Trouble, Settled: now, By: actor.Member.ID,
		}); err != nil {
			return err
		}
		return tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: action, Target: string(id), Address: actor.Address})
	})
}
