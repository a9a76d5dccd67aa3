package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Labels are kept in order by those who lead the desk: given a colour, written
// otherwise, joined with another, taken off. The matters that carry one keep up.

// LabelColour is one of the few colours that a label may have. Screens give each a
// shade of its own for light and dark; red and amber are not among them, which say
// that something is urgent or soon due.
type LabelColour string

// LabelColours are those there are; the empty one is that of every new label.
var LabelColours = []LabelColour{"", "blue", "violet", "pink", "green", "brown"}

// labelColours keeps the colour of a label under its letters without marks.
const labelColours Shelf[LabelColour] = "labelcolour"

// LabelChange is what becomes of a label.
type LabelChange struct {
	Name    string      // the label, in any spelling
	NewName string      // empty: as it is
	Colour  LabelColour // from now on
	Merge   bool        // NewName may be another label in use, which the matters get in its place, as it is
}

// relabelled is how many matters are changed in one transaction.
const relabelled = 100

// ChangeLabel gives a label another colour or name, or joins it with another one.
// Matters and saved views with it follow. Where it is broken off, some have the new
// name and some the old one, and doing it again finishes it.
func (h *Hub) ChangeLabel(ctx context.Context, actor Actor, change LabelChange) error {
	if !actor.MayEverywhere(ManageLabels) {
		return ErrForbidden
	}
	if !slices.Contains(LabelColours, change.Colour) {
		return Invalid{{Field: "colour", Message: "Hãy chọn một màu trong bảng màu."}}
	}
	typed := ""
	if change.NewName != "" {
		names, err := readLabels([]string{change.NewName})
		if problems, ok := errors.AsType[Invalid](err); ok {
			return Invalid{{Field: "new_name", Message: problems[0].Message}}
		}
		typed = names[0]
	}
	old, to := "", ""
	err := h.store.Update(ctx, func(tx Writer) error {
		kept, err := labelNames.Get(tx, labelKey(change.Name))
		if err != nil {
			return err
		}
		old = kept.Value
		to = cmp.Or(typed, old)
		into := false
		if to, into, err = nameAnew(tx, kept, to, change.Merge); err != nil {
			return err
		}
		if !into {
			if err := colourLabel(tx, labelKey(to), change.Colour); err != nil {
				return err
			}
		}
		return tx.AppendAudit(Audit{At: h.store.Now(), Member: actor.Member.ID, Action: LabelKept, Target: old, Detail: to, Address: actor.Address})
	})
	if err != nil || to == old {
		return err
	}
	return h.relabel(ctx, old, to)
}

// nameAnew sees to it that a label is written as to from now on. Where that is
// another label in use, it tells how that one is written.
func nameAnew(tx Writer, kept Kept[string], to string, merge bool) (name string, into bool, err error) {
	newKey := labelKey(to)
	if newKey == kept.ID {
		if kept.Value == to {
			return to, false, nil
		}
		kept.Value = to
		_, err := labelNames.Put(tx, kept)
		return to, false, err
	}
	other, err := labelNames.Get(tx, newKey)
	switch {
	case errors.Is(err, ErrNotFound):
		_, err := labelNames.Put(tx, Kept[string]{ID: newKey, Value: to})
		return to, false, err
	case err != nil:
		return "", false, err
	case !merge:
		return "", false, Invalid{{Field: "new_name", Message: fmt.Sprintf("Đã có nhãn “%s”; muốn dồn hai nhãn làm một thì chọn Gộp.", other.Value)}}
	}
	return other.Value, true, nil
}

func colourLabel(tx Writer, key string, colour LabelColour) error {
	kept, err := labelColours.Get(tx, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if colour == "" {
		return labelColours.Delete(tx, key)
	}
	_, err = labelColours.Put(tx, Kept[LabelColour]{ID: key, Version: kept.Version, Value: colour})
	return err
}

// DropLabel takes a label off every matter that carries it.
func (h *Hub) DropLabel(ctx context.Context, actor Actor, name string) error {
	if !actor.MayEverywhere(ManageLabels) {
		return ErrForbidden
	}
	var kept Kept[string]
	err := h.store.Update(ctx, func(tx Writer) (err error) {
		if kept, err = labelNames.Get(tx, labelKey(name)); err != nil {
			return err
		}
		return tx.AppendAudit(Audit{At: h.store.Now(), Member: actor.Member.ID, Action: LabelDropped, Target: kept.Value, Address: actor.Address})
	})
	if err != nil {
		return err
	}
	return h.relabel(ctx, kept.Value, "")
}

// relabel puts to in the place of a label wherever it stands, or nothing; the last
// transaction, which finds it nowhere, forgets it.
func (h *Hub) relabel(ctx context.Context, from, to string) error {
	for gone := false; !gone; {
		err := h.store.Update(ctx, func(tx Writer) error {
			page, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfLabel(from)}, Limit: relabelled})
			if err != nil {
				return err
			}
			for _, c := range page {
				c.Labels = slices.DeleteFunc(slices.Clone(c.Labels), func(l string) bool { return l == from || l == to })
				if to != "" {
					c.Labels = append(c.Labels, to)
					slices.Sort(c.Labels)
				}
				if c, err = tx.PutConversation(c); err != nil {
					return err
				}
				if err := tx.AppendEvent(conversationEvent(c, h.store.Now())); err != nil {
					return err
				}
			}
			if gone = len(page) == 0; !gone {
				return nil
			}
			return errors.Join(moveViews(tx, from, to), forgetLabel(tx, from, to))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetLabel drops a name that no matter carries any more, unless only its
// spelling has changed.
func forgetLabel(tx Writer, name, to string) error {
	key := labelKey(name)
	if to != "" && labelKey(to) == key {
		return nil
	}
	return errors.Join(labelNames.Delete(tx, key), labelColours.Delete(tx, key))
}

// moveViews lets saved views of a label follow it. One of nothing but a label that
// is gone stays, and shows nothing.
func moveViews(tx Writer, from, to string) error {
	if to == "" {
		return nil
	}
	all, err := SavedViews.List(tx, PaperQuery{})
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.Value.View.Label != from {
			continue
		}
		k.Value.View.Label = to
		if _, err := SavedViews.Put(tx, k); err != nil {
			return err
		}
	}
	return nil
}
