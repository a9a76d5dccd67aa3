package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tongdai/connectors"
)

// A channel on which people write every day and nobody has for hours of the day may be
// broken where no check sees it: a webhook switched off, an account that was locked. Those
// who lead the house are told, once, and again when somebody has written.

const (
	quietEvery = 15 * time.Minute
	// quietAfter is how long nobody writes, between quietFrom and quietTo o'clock, on a
	// channel with at least quietUsual matters a week.
	quietAfter = 3 * time.Hour
	quietFrom  = 7
	quietTo    = 22
	quietUsual = 50
)

// quietShelf keeps since when a channel is quiet that was told to be, under its id.
const quietShelf Shelf[time.Time] = "quiet"

// watchQuiet looks now and then whether a channel has gone quiet, until ctx ends.
func (h *Hub) watchQuiet(ctx context.Context) error {
	for pause(ctx, nil, quietEvery) {
		for _, id := range h.channels {
			if err := h.store.Update(ctx, func(tx Writer) error { return h.tellQuiet(tx, id, h.store.Now()) }); err != nil && ctx.Err() == nil {
				h.log.WarnContext(ctx, "whether a channel is quiet could not be told", "channel", id, "err", err)
			}
		}
	}
	return nil
}

// tellQuiet announces that a channel has gone quiet, or that somebody writes again.
func (h *Hub) tellQuiet(tx Writer, id connectors.ChannelID, now time.Time) error {
	told, err := quietShelf.Get(tx, string(id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	was := err == nil
	last, _, err := lastWords(tx, id)
	if err != nil {
		return err
	}
	if was && last.After(told.Value) {
		err := h.announce(tx, fmt.Sprintf("Kênh %s: người dân đã nhắn trở lại.", h.ChannelName(id)), now)
		return errors.Join(err, quietShelf.Delete(tx, string(id)))
	}
	if was || last.IsZero() || !goneQuiet(last, now) {
		return nil
	}
	busy, err := busyChannel(tx, id, now)
	if err != nil || !busy {
		return err
	}
	if _, err := quietShelf.Put(tx, Kept[time.Time]{ID: string(id), Value: last}); err != nil {
		return err
	}
	return h.announce(tx, fmt.Sprintf("Kênh %s: không có tin nào của người dân từ %s; hãy kiểm tra kênh.", h.ChannelName(id), clockAndDay(last)), now)
}

// goneQuiet reports whether quietAfter of the day has passed since the last words.
func goneQuiet(last, now time.Time) bool {
	now = now.In(zone)
	if now.Hour() < quietFrom || now.Hour() >= quietTo {
		return false
	}
	morning := time.Date(now.Year(), now.Month(), now.Day(), quietFrom, 0, 0, 0, zone)
	return now.Sub(latest(last, morning)) >= quietAfter
}

// busyChannel reports whether people usually write on a channel.
func busyChannel(tx Reader, id connectors.ChannelID, now time.Time) (bool, error) {
	found, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfChannel(id)}, Limit: quietUsual})
	if err != nil || len(found) < quietUsual {
		return false, err
	}
	return now.Sub(found[len(found)-1].LastAt) < 7*24*time.Hour, nil
}
