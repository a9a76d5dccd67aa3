package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Person is a contact with what is known of it.
type Person struct {
	Contact Contact
	Matters []Conversation // a page, newest first; those that the member may see
	Next    Cursor
	Merges  []Kept[Merge] // that can still be taken back, newest first
}

// Person shows a contact, or whom it was merged into, with a page of its matters.
func (h *Hub) Person(ctx context.Context, actor Actor, id ContactID, after Cursor, limit int) (Person, error) {
	var p Person
	err := h.store.View(ctx, func(tx Reader) error {
		c, err := tx.Contact(id)
		if err != nil {
			return err
		}
		if p.Contact, err = personOf(tx, c); err != nil {
			return err
		}
		of := []ListID{OfContact(p.Contact.ID)}
		if p.Matters, p.Next, err = tx.Conversations(ListQuery{Lists: of, After: after, Limit: limit}); err != nil {
			return err
		}
		p.Matters = slices.DeleteFunc(p.Matters, func(c Conversation) bool { return !actor.MayWith(SeeConversation, c) })
		if actor.MayEverywhere(MergeContacts) {
			p.Merges, err = undoable(tx, p.Contact.ID, h.store.Now())
		}
		return err
	})
	if err != nil {
		return Person{}, err
	}
	if len(p.Matters) == 0 && !actor.MayEverywhere(SeeConversation) && after == "" && p.Next == "" {
		return Person{}, ErrNotFound
	}
	p.Contact = actor.shownPerson(p)
	actor.shownRows(p.Matters)
	return p, nil
}

// shownPerson is the person as a may see him, known by a matter that a sees.
func (a Actor) shownPerson(p Person) Contact {
	var known Conversation
	if len(p.Matters) > 0 {
		known = p.Matters[0]
	}
	return a.shownContact(p.Contact, known)
}

func undoable(tx Reader, first ContactID, now time.Time) (out []Kept[Merge], err error) {
	of, err := MergesOf.Get(tx, string(first))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	for _, id := range slices.Backward(of.Value) {
		m, err := Merges.Get(tx, id)
		if err != nil {
			return nil, err
		}
		if m.Value.UndoneAt.IsZero() && now.Sub(m.Value.At) < mergeUndo {
			out = append(out, m)
		}
	}
	return out, nil
}

// alikeShown are offered as perhaps the same person.
const alikeShown = 5

// Alike offers contacts with the same telephone number or e-mail address. A
// claim of a number is no proof: whoever looks at both decides.
func (h *Hub) Alike(ctx context.Context, actor Actor, id ContactID) ([]Contact, error) {
	if !actor.MayEverywhere(MergeContacts) {
		return nil, ErrForbidden
	}
	var person Contact
	err := h.store.View(ctx, func(tx Reader) error {
		c, err := tx.Contact(id)
		if err != nil {
			return err
		}
		person, err = personOf(tx, c)
		return err
	})
	if err != nil || h.index == nil {
		return nil, err
	}
	found, err := h.findHeads(ctx, actor, person.Phone, person.Email)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var out []Contact
	err = h.store.View(ctx, func(tx Reader) error {
		out = nil
		for _, id := range found {
			c, err := tx.Conversation(id)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			other, err := tx.Contact(c.Contact)
			if err != nil {
				return err
			}
			if other.ID != person.ID && alike(person, other) && !slices.Contains(out, other) && len(out) < alikeShown {
				out = append(out, other)
			}
		}
		return nil
	})
	return out, err
}

// findHeads finds matters of people who gave one of these.
func (h *Hub) findHeads(ctx context.Context, actor Actor, given ...string) (out []ConversationID, err error) {
	for _, text := range given {
		q := parseSearch(text)
		if len(q.words) == 0 {
			continue
		}
		q.prefix = false
		best, err := h.weigh(ctx, actor.searchScope(), q)
		if err != nil {
			return nil, err
		}
		for _, c := range best[:min(len(best), mergedAtOnce)] {
			if c.Message == "" {
				out = append(out, c.Conversation)
			}
		}
	}
	return out, nil
}

func alike(a, b Contact) bool {
	phone, mail := phoneDigits(a.Phone), strings.ToLower(a.Email)
	return b.Merged == "" && cmp.Or(
		phone != "" && phone == phoneDigits(b.Phone),
		mail != "" && mail == strings.ToLower(b.Email))
}
