package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
)

const (
	// sinceMost is how many posts the server gives of those since a time; which ones,
	// when there are more, it does not promise.
	sinceMost = 1000
	// markEvery is how far a bookmark may lie behind where nothing was read.
	markEvery = 10 * time.Minute
)

// reader reads the channels of a bridge and hands what people did to the hub. One at
// a time does.
type reader struct {
	*Bridge
	receiver connectors.Receiver
	self     string
	channels map[string]*position // by the server's id
}

// position is how far a channel is read.
type position struct {
	mark *bookmark
	kept int64 // At of the bookmark that the hub has
}

// hubError is a failure of ours, not of the server.
type hubError struct{ err error }

func (e *hubError) Error() string { return "the hub did not take it: " + e.err.Error() }
func (e *hubError) Unwrap() error { return e.err }

// find looks up the channels of all places. One that is not found leaves the others
// alone; it is looked for again at the next round, and Check tells of it.
func (r *reader) find(ctx context.Context) error {
	self, err := r.me(ctx)
	if err != nil {
		return err
	}
	r.self = self
	for _, place := range r.cfg.places() {
		id, err := r.channelOf(ctx, connectors.RemoteID(place))
		if err != nil {
			if connectors.KindOf(err) != connectors.Permanent {
				return err
			}
			r.log.WarnContext(ctx, "a place cannot be read", "place", place, "err", err)
			continue
		}
		if r.channels[id] == nil {
			mark, err := r.bookmarkOf(ctx, id)
			if err != nil {
				return &hubError{err}
			}
			r.channels[id] = &position{mark, mark.At}
		}
	}
	return nil
}

// catchUp reads what happened in all channels since their bookmarks.
func (r *reader) catchUp(ctx context.Context) error {
	if err := r.find(ctx); err != nil {
		return err
	}
	for channel := range r.channels {
		if err := r.catchUpWith(ctx, channel); err != nil {
			if connectors.KindOf(err) != connectors.Permanent {
				return err
			}
			r.log.WarnContext(ctx, "a channel cannot be read", "id", channel, "err", err)
		}
	}
	return nil
}

func (r *reader) catchUpWith(ctx context.Context, channel string) error {
	at := r.channels[channel]
	list, err := r.api.since(ctx, channel, at.mark.from())
	if err != nil {
		return err
	}
	if len(list.Posts) >= sinceMost {
		if err := r.morePages(ctx, channel, at.mark.from(), list); err != nil {
			return err
		}
	}
	for _, post := range list.Posts {
		if post != nil && post.RootId == "" {
			r.known.foundRoot(post.Id, cardOf(post, r.self))
		}
	}
	all, last, err := r.since(list, at.mark)
	if err != nil {
		return err
	}
	for _, h := range all {
		// At stays: what is handed over next may be older than this.
		if err := r.take(ctx, channel, h, at.mark.At); err != nil {
			return err
		}
	}
	at.mark = at.mark.with(last)
	if at.mark.At-at.kept > markEvery.Milliseconds() {
		return r.keepMark(ctx, channel)
	}
	return nil
}

// morePages adds what the list of a long absence may lack: page by page, the latest
// first. Posts that were changed or deleted are in the list alone.
func (r *reader) morePages(ctx context.Context, channel string, after int64, list *model.PostList) error {
	for page := 0; ; page++ {
		got, err := r.api.page(ctx, channel, page, pageSize)
		if err != nil {
			return err
		}
		for _, id := range got.Order {
			post := got.Posts[id]
			if post == nil {
				continue
			}
			if post.CreateAt <= after {
				return nil
			}
			list.Posts[id] = post
		}
		for id, post := range got.Posts {
			if post != nil && post.RootId == "" {
				list.Posts[id] = post
			}
		}
		if len(got.Order) < pageSize {
			return nil
		}
	}
}

// since makes happenings of a list of posts as they are now, the earliest first, and
// tells up to when it reaches. What was written and taken back meanwhile has not been
// said; what was written and changed was said as it reads now.
func (r *reader) since(list *model.PostList, mark *bookmark) (all []*happening, last int64, err error) {
	add := func(event string, post *model.Post) error {
		h, err := happened(event, post)
		if err == nil && h.spoken(r.self) {
			all = append(all, h)
		}
		return err
	}
	for _, post := range list.Posts {
		if post == nil {
			continue
		}
		if post.UpdateAt > mark.from() {
			last = max(last, post.UpdateAt)
		}
		_, seen := mark.Seen[post.Id]
		fresh := !seen && post.CreateAt > mark.from()
		switch {
		case fresh && post.DeleteAt == 0:
			err = add(postedEvent, post)
		case !fresh && post.DeleteAt > mark.from():
			err = add(deletedEvent, post)
		case !fresh && post.DeleteAt == 0 && post.EditAt > mark.from():
			err = add(editedEvent, post)
		}
		if err != nil && !errors.Is(err, errNoPost) {
			return nil, 0, err
		}
	}
	turn := map[string]int{} // the server puts the latest first, also within a millisecond
	for n, id := range list.Order {
		turn[id] = -n
	}
	slices.SortFunc(all, func(a, b *happening) int {
		return cmp.Or(cmp.Compare(a.at(), b.at()), cmp.Compare(turn[a.post.Id], turn[b.post.Id]), cmp.Compare(a.key(), b.key()))
	})
	return all, last, nil
}

// take hands one happening to the hub, with the bookmark behind it, unless it is
// known. at is how far the channel is read with it.
func (r *reader) take(ctx context.Context, channel string, h *happening, at int64) error {
	position := r.channels[channel]
	if _, seen := position.mark.Seen[h.key()]; seen {
		return nil
	}
	in, err := r.understood(ctx, h)
	if err != nil {
		return err
	}
	next := position.mark.with(at)
	if in == nil {
		position.mark = next
		return nil
	}
	next.Seen[h.key()] = max(h.at(), next.At)
	if h.Event == deletedEvent && h.post.DeleteAt == 0 {
		next.Seen[h.key()] = max(r.now().UnixMilli(), next.At)
	}
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := r.receive(ctx, channel, next, body, "", *in); err != nil {
		return err
	}
	position.mark, position.kept = next, next.At
	return nil
}

// odd keeps what the server told and we do not understand, for people to see.
func (r *reader) odd(ctx context.Context, body []byte, trouble string) error {
	raw := connectors.Raw{Channel: r.cfg.Channel.ID, ReceivedAt: r.now(), Type: "application/json", Body: body, Trouble: trouble}
	if err := r.receiver.Receive(ctx, raw, nil); err != nil {
		return &hubError{err}
	}
	return nil
}

// keepMark keeps a bookmark where nothing was read.
func (r *reader) keepMark(ctx context.Context, channel string) error {
	at := r.channels[channel]
	value := at.mark.encoded(channel).Value
	if err := r.receive(ctx, channel, at.mark, value, ""); err != nil {
		return err
	}
	at.kept = at.mark.At
	return nil
}

func (r *reader) receive(ctx context.Context, channel string, mark *bookmark, body []byte, trouble string, in ...connectors.Inbound) error {
	raw := connectors.Raw{
		Channel: r.cfg.Channel.ID, ReceivedAt: r.now(), Type: "application/json", Body: body, Trouble: trouble,
		Bookmark: mark.encoded(channel),
	}
	if err := r.receiver.Receive(ctx, raw, in); err != nil {
		return &hubError{fmt.Errorf("keep what was read of Mattermost: %w", err)}
	}
	return nil
}
