package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/inbox/store/transfer"
)

// Held is a backup as a new store is made of it: with the order to hold what
// would go out, so that nothing that left after the backup leaves again, and
// without the sessions of that time, which may have been ended since.
type Held struct {
	*File
	Hold inbox.Hold
}

var _ transfer.Source = Held{}

// Items are those of the backup, with the order in its place.
func (h Held) Items(ctx context.Context, kind transfer.Kind, after []byte) iter.Seq2[transfer.Item, error] {
	switch kind {
	case transfer.Sessions:
		return func(func(transfer.Item, error) bool) {}
	case transfer.Papers:
		return h.papers(ctx, after)
	}
	return h.File.Items(ctx, kind, after)
}

func (h Held) papers(ctx context.Context, after []byte) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		order, err := h.order()
		if err != nil {
			yield(order, err)
			return
		}
		given := bytes.Compare(order.Key, after) <= 0
		for it, err := range h.File.Items(ctx, transfer.Papers, after) {
			if err == nil && bytes.Equal(it.Key, order.Key) {
				continue // of an earlier return
			}
			if err == nil && !given && bytes.Compare(order.Key, it.Key) < 0 {
				given = true
				if !yield(order, nil) {
					return
				}
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
		if !given {
			yield(order, nil)
		}
	}
}

// order is the item of the order to hold.
func (h Held) order() (transfer.Item, error) {
	body, err := json.Marshal(h.Hold)
	if err != nil {
		return transfer.Item{}, err
	}
	p := inbox.Paper{Shelf: string(inbox.HoldShelf), ID: inbox.HoldID, Version: 1, Body: body}
	value, err := record.Papers.Encode(p)
	return transfer.Item{Key: []byte(record.PaperKey(p.Shelf, p.ID)), Value: value}, err
}
