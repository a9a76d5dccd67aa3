package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"tongdai/connectors"
)

// A person who writes on Zalo and by e-mail is two Contacts to us until a member
// says that they are one. The second then points at the first: what its
// identities write is the first's from then on, and its matters are moved there,
// some in the transaction of the merge and the rest, of somebody who wrote very
// often, by a worker soon after. The identities stay with the second, so that
// taking the merge back finds what is whose, also of what was written since.
// Nobody is ever merged by a machine.

const (
	// mergedAtOnce of a person's matters are moved in one transaction.
	mergedAtOnce = 100
	// mergeUndo is how long a merge can be taken back.
	mergeUndo = 30 * 24 * time.Hour
)

// MergeState is how far a merge has come.
type MergeState string

// The states of a merge.
const (
	Merging   MergeState = "merging"   // matters are being moved to the first
	MergeDone MergeState = "merged"    // all are the first's
	Unmerging MergeState = "unmerging" // they are being moved back
	MergeOff  MergeState = "undone"    // both are as they were
)

// Merge is that Second was found to be First. It is kept on record.
type Merge struct {
	First  ContactID `json:"first"`
	Second ContactID `json:"second"`
	Name   string    `json:"name"` // of the second
	By     MemberID  `json:"by"`
	At     time.Time `json:"at"`
	// Phone and Email are what the first had not and got from the second.
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
	// Identities and Conversations are what moved.
	Identities    []MergedIdentity `json:"ids,omitempty"`
	Conversations []ConversationID `json:"convs,omitempty"`
	State         MergeState       `json:"state"`
	UndoneAt      time.Time        `json:"undone,omitzero"`
	UndoneBy      MemberID         `json:"undoer,omitempty"`
}

// MergedIdentity is by what a person was reached.
type MergedIdentity struct {
	Channel connectors.ChannelID `json:"chan"`
	Remote  connectors.RemoteID  `json:"remote"`
}

// Merges are kept under ids that grow with time; MergesOf lists those of a
// first contact.
const (
	Merges   Shelf[Merge]    = "merge"
	MergesOf Shelf[[]string] = "merges-of"
)

// personOf is whom a contact is known to be: itself, or the one it was merged into.
func personOf(tx Reader, c Contact) (Contact, error) {
	for c.Merged != "" {
		next, err := tx.Contact(c.Merged)
		if err != nil {
			return c, err
		}
		c = next
	}
	return c, nil
}

// MergePreview is what a merge would do.
type MergePreview struct {
	First, Second Contact
	Matters       int // of the second, up to CountLimit
	Identities    []MergedIdentity
	Newest        []Conversation // of the second, by which a member knows the person
}

// previewShown matters of the second are shown before a merge.
const previewShown = 5

// PreviewMerge shows what would move from second to first.
func (h *Hub) PreviewMerge(ctx context.Context, actor Actor, first, second ContactID) (MergePreview, error) {
	var p MergePreview
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if p.First, p.Second, err = mergeable(tx, actor, first, second); err != nil {
			return err
		}
		of := []ListID{OfContact(p.Second.ID)}
		if p.Matters, err = tx.CountConversations(of, CountLimit); err != nil {
			return err
		}
		matters, _, err := tx.Conversations(ListQuery{Lists: of, Limit: mergedAtOnce})
		p.Identities = nil
		for _, c := range matters {
			p.Identities = withIdentity(p.Identities, c)
		}
		p.Newest = matters[:min(len(matters), previewShown)]
		return err
	})
	return p, err
}

// mergeable reads both, for a member who sees all of both.
func mergeable(tx Reader, actor Actor, first, second ContactID) (a, b Contact, err error) {
	if !actor.MayEverywhere(MergeContacts) {
		return a, b, ErrForbidden
	}
	if a, err = tx.Contact(first); err != nil {
		return a, b, err
	}
	if b, err = tx.Contact(second); err != nil {
		return a, b, err
	}
	switch {
	case first == second:
		return a, b, Invalid{{Field: "contact", Message: "Đây là cùng một người; hãy chọn người khác để gộp."}}
	case a.Merged != "" || b.Merged != "":
		return a, b, conflict("Một trong hai người đã được gộp vào người khác; hãy tải lại trang.")
	}
	return a, b, nil
}

func withIdentity(known []MergedIdentity, c Conversation) []MergedIdentity {
	i := MergedIdentity{c.Channel, c.Remote}
	if slices.Contains(known, i) {
		return known
	}
	return append(known, i)
}

// MergeContacts makes the second contact the first.
func (h *Hub) MergeContacts(ctx context.Context, actor Actor, first, second ContactID) (Kept[Merge], error) {
	var out Kept[Merge]
	err := h.store.Update(ctx, func(tx Writer) error {
		a, b, err := mergeable(tx, actor, first, second)
		if err != nil {
			return err
		}
		now := h.store.Now()
		m := Kept[Merge]{ID: newID(), Value: Merge{
			First: a.ID, Second: b.ID, Name: b.Name, By: actor.Member.ID, At: now, State: Merging,
		}}
		m.Value.Phone, m.Value.Email = fillGap(&a.Phone, b.Phone), fillGap(&a.Email, b.Email)
		b.Merged = a.ID
		if err := errors.Join(tx.PutContact(a), tx.PutContact(b), listMerge(tx, m)); err != nil {
			return err
		}
		if err := tx.AppendAudit(Audit{
			At: now, Member: actor.Member.ID, Action: Merged, Target: m.ID, Address: actor.Address,
			Detail: string(b.ID) + " → " + string(a.ID),
		}); err != nil {
			return err
		}
		out, err = h.moveOn(tx, m, now)
		return err
	})
	return out, err
}

// fillGap fills a gap and returns what it was filled with.
func fillGap(gap *string, with string) string {
	if *gap != "" || with == "" {
		return ""
	}
	*gap = with
	return with
}

// listMerge lists a merge with those of its first contact.
func listMerge(tx Writer, m Kept[Merge]) error {
	of, err := MergesOf.Get(tx, string(m.Value.First))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	of.ID, of.Value = string(m.Value.First), append(of.Value, m.ID)
	_, err = MergesOf.Put(tx, of)
	return err
}

// UndoMerge makes two of them again. What either wrote since goes to whose
// identity wrote it.
func (h *Hub) UndoMerge(ctx context.Context, actor Actor, id string) (Kept[Merge], error) {
	var out Kept[Merge]
	err := h.store.Update(ctx, func(tx Writer) error {
		if !actor.MayEverywhere(MergeContacts) {
			return ErrForbidden
		}
		m, err := Merges.Get(tx, id)
		if err != nil {
			return err
		}
		now := h.store.Now()
		if out = m; m.Value.State == Unmerging || m.Value.State == MergeOff {
			return nil
		}
		if now.Sub(m.Value.At) >= mergeUndo {
			return conflict("Việc gộp đã quá 30 ngày nên không hoàn tác được nữa.")
		}
		if err := partAgain(tx, m.Value); err != nil {
			return err
		}
		m.Value.State, m.Value.UndoneAt, m.Value.UndoneBy = Unmerging, now, actor.Member.ID
		if err := tx.AppendAudit(Audit{
			At: now, Member: actor.Member.ID, Action: Unmerged, Target: m.ID, Address: actor.Address,
			Detail: string(m.Value.Second) + " ⇸ " + string(m.Value.First),
		}); err != nil {
			return err
		}
		out, err = h.moveOn(tx, m, now)
		return err
	})
	return out, err
}

// partAgain gives both contacts back what is theirs.
func partAgain(tx Writer, m Merge) error {
	a, err := tx.Contact(m.First)
	if err != nil {
		return err
	}
	b, err := tx.Contact(m.Second)
	if err != nil {
		return err
	}
	if a.Merged != "" {
		return conflict("Người này đã được gộp tiếp vào người khác; hãy hoàn tác lần gộp sau trước.")
	}
	if m.Phone != "" && a.Phone == m.Phone {
		a.Phone = ""
	}
	if m.Email != "" && a.Email == m.Email {
		a.Email = ""
	}
	b.Merged = ""
	return errors.Join(tx.PutContact(a), tx.PutContact(b))
}

// moveOn moves some matters of a merge that is under way, and has the rest moved by a worker.
func (h *Hub) moveOn(tx Writer, m Kept[Merge], now time.Time) (Kept[Merge], error) {
	var rest bool
	var err error
	if m.Value.State == Merging {
		rest, err = moveThere(tx, &m.Value, now)
	} else {
		rest, err = moveBack(tx, &m.Value, now)
	}
	if err != nil {
		return m, err
	}
	switch {
	case rest:
		if err := tx.Enqueue(Task{ID: newID(), Kind: Mergings, Group: m.ID, Ref: m.ID, Due: now}); err != nil {
			return m, err
		}
	case m.Value.State == Merging:
		m.Value.State = MergeDone
	default:
		m.Value.State = MergeOff
	}
	return Merges.Put(tx, m)
}

// merge goes on with a merge that was too long for one transaction.
func (h *Hub) merge(ctx context.Context, claim Claim) error {
	return h.store.Update(ctx, func(tx Writer) error {
		if err := tx.Finish(claim); err != nil {
			return err
		}
		m, err := Merges.Get(tx, claim.Task.Ref)
		if err != nil || m.Value.State == MergeDone || m.Value.State == MergeOff {
			return err
		}
		_, err = h.moveOn(tx, m, h.store.Now())
		return err
	})
}

// moveThere gives the newest matters of the second to the first. What has moved
// has left the list it reads.
func moveThere(tx Writer, m *Merge, now time.Time) (rest bool, err error) {
	first, err := tx.Contact(m.First)
	if err != nil {
		return false, err
	}
	matters, next, err := tx.Conversations(ListQuery{Lists: []ListID{OfContact(m.Second)}, Limit: mergedAtOnce})
	if err != nil {
		return false, err
	}
	for _, c := range matters {
		m.Identities = withIdentity(m.Identities, c)
		m.Conversations = append(m.Conversations, c.ID)
		if err := giveTo(tx, c, first, now); err != nil {
			return false, err
		}
	}
	return next != "", nil
}

// moveBack gives the second what moved, and what it wrote since.
func moveBack(tx Writer, m *Merge, now time.Time) (rest bool, err error) {
	second, err := tx.Contact(m.Second)
	if err != nil {
		return false, err
	}
	moved := 0
	q := ListQuery{Lists: []ListID{OfContact(m.First)}, Limit: mergedAtOnce}
	for {
		page, next, err := tx.Conversations(q)
		if err != nil {
			return false, err
		}
		for _, c := range page {
			theirs, err := writtenBy(tx, c, second)
			if err != nil {
				return false, err
			}
			if !theirs {
				continue
			}
			if err := giveTo(tx, c, second, now); err != nil {
				return false, err
			}
			if moved++; moved == mergedAtOnce {
				return true, nil
			}
		}
		if q.After = next; next == "" {
			return false, nil
		}
	}
}

// writtenBy reports whether a matter came from an identity of person, or of one merged into person.
func writtenBy(tx Reader, c Conversation, person Contact) (bool, error) {
	owner, err := tx.ContactOf(c.Channel, c.Remote)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	owner, err = personOf(tx, owner)
	return owner.ID == person.ID, err
}

func giveTo(tx Writer, c Conversation, person Contact, now time.Time) error {
	c.Contact, c.ContactName = person.ID, person.Name
	c, err := tx.PutConversation(c)
	if err != nil {
		return err
	}
	return tx.AppendEvent(conversationEvent(c, now))
}
