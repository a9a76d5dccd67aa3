package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"tongdai/connectors"
)

const (
	// overlap is how much is asked for again: a server dates a post before it is
	// written down, so that an older one may appear after a younger.
	overlap = time.Minute
	// firstLook is how far back a channel is read that has no bookmark: a card may be
	// answered before Run has seen its channel.
	firstLook = 24 * time.Hour
)

// bookmark is where we stand in a channel, by the server's clock.
type bookmark struct {
	At int64 `json:"at"` // milliseconds
	// Seen are the keys of what was read since At without the overlap, each with its
	// time. A key is read once.
	Seen map[string]int64 `json:"seen,omitempty"`
}

func bookmarkName(channel string) string { return "posts/" + channel }

// from is the time after which the channel is to be read.
func (m *bookmark) from() int64 { return m.At - overlap.Milliseconds() }

// with is m after keys were read at a time of the server's.
func (m *bookmark) with(at int64, keys ...string) *bookmark {
	next := &bookmark{At: max(m.At, at), Seen: maps.Clone(m.Seen)}
	if next.Seen == nil {
		next.Seen = map[string]int64{}
	}
	for _, key := range keys {
		next.Seen[key] = max(at, next.Seen[key])
	}
	maps.DeleteFunc(next.Seen, func(_ string, at int64) bool { return at < next.from() })
	return next
}

func (m *bookmark) encoded(channel string) *connectors.Bookmark {
	value, err := json.Marshal(m)
	if err != nil {
		panic(err) // of words and numbers
	}
	return &connectors.Bookmark{Name: bookmarkName(channel), Value: value}
}

// bookmarkOf is where we stand in a channel of the server.
func (b *Bridge) bookmarkOf(ctx context.Context, channel string) (*bookmark, error) {
	value, err := b.bookmarks.Bookmark(ctx, b.cfg.Channel.ID, bookmarkName(channel))
	if errors.Is(err, connectors.ErrNoBookmark) {
		return &bookmark{At: b.now().Add(-firstLook).UnixMilli()}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the bookmark of a Mattermost channel: %w", err)
	}
	m := &bookmark{}
	if err := json.Unmarshal(value, m); err != nil {
		return nil, fmt.Errorf("read the bookmark of a Mattermost channel: %w", err)
	}
	return m, nil
}
