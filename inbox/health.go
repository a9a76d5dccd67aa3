package inbox

import (
	"context"
	"maps"
	"time"

	"tongdai/connectors"
)

const (
	// checkEvery is how often a channel is asked whether it works. Credentials
	// that end soon are renewed on that occasion.
	checkEvery = 5 * time.Minute
	// checkTime bounds one check, and is longer than a renewal of credentials takes.
	checkTime = 90 * time.Second
)

// Health is the state of the channels that this node has checked. One node
// checks a channel for all.
func (h *Hub) Health() map[connectors.ChannelID]connectors.Health {
	h.checked.Lock()
	defer h.checked.Unlock()
	return maps.Clone(h.health)
}

// watch asks a channel now and then whether it works, until ctx ends.
func (h *Hub) watch(ctx context.Context, id connectors.ChannelID, channel connectors.Checker) error {
	defer h.forget(id)
	problem := ""
	for {
		health := h.check(ctx, id, channel)
		if ctx.Err() != nil {
			return nil
		}
		if health.Problem != problem {
			h.tellHealth(ctx, id, health)
			h.announceHealth(ctx, id, health)
		}
		problem = health.Problem
		if !pause(ctx, nil, checkEvery) {
			return nil
		}
	}
}

// check asks once, and takes down what it is told.
func (h *Hub) check(ctx context.Context, id connectors.ChannelID, channel connectors.Checker) connectors.Health {
	health := h.ask(ctx, id, channel)
	h.checked.Lock()
	h.health[id] = health
	h.checked.Unlock()
	h.metrics.checked(id, health)
	return health
}

// ask asks once.
func (h *Hub) ask(ctx context.Context, id connectors.ChannelID, channel connectors.Checker) (health connectors.Health) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	if err := guarded(func() error {
		health = channel.Check(ctx)
		return nil
	}); err != nil {
		h.log.ErrorContext(ctx, "the check of a channel failed", "channel", id, "err", err)
		health = connectors.Health{Problem: "Không kiểm tra được kênh vì lỗi trong chương trình.", CheckedAt: time.Now()}
	}
	return health
}

// tellHealth puts a change into the log. Problem is for people and names no person.
func (h *Hub) tellHealth(ctx context.Context, id connectors.ChannelID, health connectors.Health) {
	switch {
	case !health.OK:
		h.log.ErrorContext(ctx, "a channel does not work and needs somebody", "channel", id, "problem", health.Problem)
	case health.Problem != "":
		h.log.WarnContext(ctx, "a channel works and needs somebody soon", "channel", id, "problem", health.Problem, "expires", health.Expires)
	default:
		h.log.InfoContext(ctx, "a channel works again", "channel", id)
	}
}

// forget leaves the word about a channel to the node that checks it now.
func (h *Hub) forget(id connectors.ChannelID) {
	h.checked.Lock()
	defer h.checked.Unlock()
	delete(h.health, id)
	h.metrics.unchecked(id)
}
