package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tongdai/connectors"
)

// What concerns the whole house is told to those who lead it where they work: urgent
// reports, what is overdue, channels in trouble. It carries no words of a citizen.

// announced is one such thing on its way to one bridge.
type announced struct {
	Bridge connectors.ChannelID `json:"bridge"`
	Text   string               `json:"text"`
	At     time.Time            `json:"at"`
	Tries  int                  `json:"tries,omitempty"`
}

const (
	announcements Shelf[announced] = "announcements"
	// announcePrefix begins the Ref of a task of Tellings that tells one.
	announcePrefix = "announce/"
	// announceLasts is how long it is news: what could not be told by then is no more.
	announceLasts = 24 * time.Hour
)

var leaders = connectors.Unit{ID: connectors.Leaders, Name: "Lãnh đạo"}

// announce has those who lead the house told, by every bridge that has a place for them.
func (h *Hub) announce(tx Writer, text string, now time.Time) error {
	for _, id := range h.bridgeIDs {
		if _, _, ok := h.bridges[id].Place(leaders); !ok {
			continue
		}
		kept, err := announcements.Put(tx, Kept[announced]{ID: newID(), Value: announced{Bridge: id, Text: text, At: now}})
		if err != nil {
			return err
		}
		ref := announcePrefix + kept.ID
		if err := tx.Enqueue(Task{ID: newID(), Kind: Tellings, Group: announcePrefix + string(id), Ref: ref, Urgent: true, Due: now}); err != nil {
			return err
		}
	}
	return nil
}

// announcement tells one.
func (h *Hub) announcement(ctx context.Context, claim Claim, id string) error {
	var kept Kept[announced]
	err := h.store.View(ctx, func(tx Reader) (err error) {
		kept, err = announcements.Get(tx, id)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	a := kept.Value
	var place connectors.RemoteID
	bridge, ok := h.bridges[a.Bridge]
	if ok {
		place, _, ok = bridge.Place(leaders)
	}
	over := !ok || h.store.Now().Sub(a.At) > announceLasts
	if !over {
		limited, cancel := context.WithTimeout(ctx, postTime)
		defer cancel()
		err = guarded(func() error {
			_, err := bridge.Post(limited, connectors.Post{
				Key: "announce-" + id, Place: place,
				Items: []connectors.Item{{Kind: connectors.ItemAnnounce, At: a.At, Text: a.Text}},
			})
			return err
		})
		h.metrics.posted(a.Bridge, err)
		over = err == nil || connectors.KindOf(err) == connectors.Permanent
		if err != nil {
			level := slog.LevelDebug
			if a.Tries < postTries {
				level = slog.LevelWarn
			}
			h.log.Log(ctx, level, "an announcement could not be made", "bridge", a.Bridge, "kind", connectors.KindOf(err).String(), "err", err)
		}
	}
	return h.store.Update(ctx, func(tx Writer) error {
		if over {
			return errors.Join(announcements.Delete(tx, id), tx.Finish(claim))
		}
		kept, err := announcements.Get(tx, id)
		if err != nil {
			return err
		}
		kept.Value.Tries++
		if _, err := announcements.Put(tx, kept); err != nil {
			return err
		}
		return tx.Postpone(claim, h.store.Now().Add(min(backoff(kept.Value.Tries), postPatience)))
	})
}

// announceHealth tells of a channel that does not work, or works again.
func (h *Hub) announceHealth(ctx context.Context, id connectors.ChannelID, health connectors.Health) {
	if len(h.bridges) == 0 {
		return
	}
	text := fmt.Sprintf("Kênh %s: hoạt động trở lại.", h.ChannelName(id))
	if health.Problem != "" {
		text = fmt.Sprintf("Kênh %s: %s", h.ChannelName(id), health.Problem)
	}
	err := h.store.Update(ctx, func(tx Writer) error { return h.announce(tx, text, h.store.Now()) })
	if err != nil {
		h.log.WarnContext(ctx, "the state of a channel could not be announced", "channel", id, "err", err)
	}
}
