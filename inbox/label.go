package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/kb/vi"
)

// Labels are words that members put on matters to find them together again:
// "chờ hồ sơ", "báo chí hỏi". Whoever types one is offered those in use, and one
// typed with other marks or capitals is the one in use.

// Bounds of labels.
const (
	labelLength  = 40 // characters
	labelsOfOne  = 10
	labelsOfHall = 200 // of the whole house: more are no help to anybody
)

// labelNames keeps how a label is written, under its letters without marks.
const labelNames Shelf[string] = "label"

// Label is a label in use.
type Label struct {
	Name   string
	Count  int // matters with it that the member may see, up to CountLimit
	Colour LabelColour
}

// LabelView is the view of what carries View.Label.
const LabelView ListID = "label"

// SetLabels gives a matter these labels and no others.
func (h *Hub) SetLabels(ctx context.Context, actor Actor, id ConversationID, labels []string) (Conversation, error) {
	wanted, err := readLabels(labels)
	if err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, Labelled, func(a *acting) (string, error) {
		names, err := settleNames(a.tx, wanted)
		if err != nil {
			return "", err
		}
		if slices.Equal(names, a.c.Labels) {
			return "", errUnchanged
		}
		for _, gone := range a.c.Labels {
			if slices.Contains(names, gone) {
				continue
			}
			if err := forgetUnused(a.tx, gone); err != nil {
				return "", err
			}
		}
		a.c.Labels = names
		return strings.Join(names, ", "), nil
	})
}

// readLabels checks what was typed and drops what was typed twice.
func readLabels(labels []string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, typed := range labels {
		name := norm.NFC.String(nameOf(typed))
		key := labelKey(name)
		switch {
		case key == "":
			return nil, Invalid{{Field: "labels", Message: "Nhãn cần có ít nhất một chữ cái hoặc chữ số."}}
		case utf8.RuneCountInString(name) > labelLength:
			return nil, Invalid{{Field: "labels", Message: fmt.Sprintf("Nhãn dài quá %d ký tự; hãy đặt ngắn hơn.", labelLength)}}
		}
		if !seen[key] {
			out = append(out, name)
		}
		seen[key] = true
	}
	if len(out) > labelsOfOne {
		return nil, Invalid{{Field: "labels", Message: fmt.Sprintf("Mỗi phiếu có nhiều nhất %d nhãn; hãy bỏ bớt.", labelsOfOne)}}
	}
	return out, nil
}

// labelKey is the same for all spellings of a label.
func labelKey(name string) string {
	words := vi.Texts(name)
	for i, w := range words {
		words[i] = vi.Fold(w)
	}
	return strings.Join(words, " ")
}

// settleNames writes labels as they are written already, and keeps the new ones.
func settleNames(tx Writer, wanted []string) ([]string, error) {
	names := make([]string, 0, len(wanted))
	for _, name := range wanted {
		kept, err := labelNames.Get(tx, labelKey(name))
		if errors.Is(err, ErrNotFound) {
			kept, err = keepLabel(tx, name)
		}
		if err != nil {
			return nil, err
		}
		names = append(names, kept.Value)
	}
	slices.Sort(names)
	return names, nil
}

func keepLabel(tx Writer, name string) (Kept[string], error) {
	all, err := labelNames.List(tx, PaperQuery{Limit: labelsOfHall})
	if err != nil {
		return Kept[string]{}, err
	}
	if len(all) == labelsOfHall {
		return Kept[string]{}, Invalid{{Field: "labels", Message: fmt.Sprintf("Đã có %d nhãn đang dùng; hãy chọn một nhãn sẵn có.", labelsOfHall)}}
	}
	return labelNames.Put(tx, Kept[string]{ID: labelKey(name), Value: name})
}

// forgetUnused drops a label that leaves the last matter that carried it.
func forgetUnused(tx Writer, name string) error {
	carrying, err := tx.CountConversations([]ListID{OfLabel(name)}, 2)
	if err != nil || carrying > 1 {
		return err
	}
	return forgetLabel(tx, name, "")
}

// Labels lists the labels in use that stand on any matter the member may see, the most used first.
func (h *Hub) Labels(ctx context.Context, actor Actor) ([]Label, error) {
	if !actor.May(SeeConversation) {
		return nil, ErrForbidden
	}
	var out []Label
	err := h.store.View(ctx, func(tx Reader) error {
		out = nil
		all, err := labelNames.List(tx, PaperQuery{Limit: labelsOfHall})
		if err != nil {
			return err
		}
		looks, err := labelColours.List(tx, PaperQuery{})
		if err != nil {
			return err
		}
		colours := map[string]LabelColour{}
		for _, k := range looks {
			colours[k.ID] = k.Value
		}
		for _, kept := range all {
			n, err := tx.CountConversations(actor.labelLists(kept.Value), CountLimit)
			if err != nil {
				return err
			}
			if n > 0 {
				out = append(out, Label{Name: kept.Value, Count: n, Colour: colours[kept.ID]})
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Label) int { return cmp.Compare(b.Count, a.Count) })
	return out, err
}

// labelLists are the lists of what carries a label, as far as a may read them.
func (a Actor) labelLists(label string) []ListID {
	if a.MayEverywhere(SeeConversation) {
		return []ListID{OfLabel(label)}
	}
	var own []ListID
	for _, d := range a.Member.Departments {
		own = append(own, OfDepartment(OfLabel(label), d))
	}
	return own
}
