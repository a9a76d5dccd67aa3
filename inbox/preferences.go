package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Preferences are what a member chose for every screen he works at. What
// depends on the machine, such as sounds, is kept by its browser.
type Preferences struct {
	// Keys are the single keys of the desk by what they do. The desk names its
	// actions; one without a key here has the desk's own.
	Keys map[string]string `json:"keys,omitempty"`
}

// PreferencesOf keeps a member's preferences under the member's id.
const PreferencesOf Shelf[Preferences] = "preferences"

// keysAllowed is how many keys a member may choose.
const keysAllowed = 60

var (
	actionShape = regexp.MustCompile(`^[a-zA-Z]{1,40}$`)
	keyShape    = regexp.MustCompile(`^[a-z0-9/.,;'?=-]$`)
)

// Preferences returns what the member who asks chose.
func (h *Hub) Preferences(ctx context.Context, actor Actor) (p Preferences, err error) {
	if !actor.May(KeepAccount) {
		return p, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		k, err := PreferencesOf.Get(tx, string(actor.Member.ID))
		p = k.Value
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	return p, err
}

// Prefer keeps what a member chose, in place of what he chose before.
func (h *Hub) Prefer(ctx context.Context, actor Actor, p Preferences) error {
	if !actor.May(KeepAccount) {
		return ErrForbidden
	}
	if err := p.check(); err != nil {
		return err
	}
	return h.store.Update(ctx, func(tx Writer) error {
		k, err := PreferencesOf.Get(tx, string(actor.Member.ID))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		k.ID, k.Value = string(actor.Member.ID), p
		_, err = PreferencesOf.Put(tx, k)
		return err
	})
}

// check refuses a key that would do two things, and what is no single key.
func (p Preferences) check() error {
	if len(p.Keys) > keysAllowed {
		return Invalid{{"keys", fmt.Sprintf("Chỉ đặt được tối đa %d phím.", keysAllowed)}}
	}
	var problems Invalid
	used := map[string]bool{}
	for _, action := range slices.Sorted(maps.Keys(p.Keys)) {
		key := p.Keys[action]
		switch {
		case !actionShape.MatchString(action):
			return Invalid{{"keys", "Có việc không rõ tên; hãy tải lại trang."}}
		case !keyShape.MatchString(key):
			problems = append(problems, Problem{"keys." + action, "Chọn một phím chữ không dấu, chữ số hoặc dấu câu."})
		case used[key]:
			problems = append(problems, Problem{"keys." + action, fmt.Sprintf("Phím %s đã dùng cho việc khác; hãy chọn phím khác.", key)})
		}
		used[key] = true
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}
