package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

func (r *rig) merged(first, second inbox.ContactID) inbox.Kept[inbox.Merge] {
	r.Helper()
	m := must[inbox.Kept[inbox.Merge]](r)(r.hub.MergeContacts(r.ctx(), lan, first, second))
	r.settle()
	return m
}

func (r *rig) person(id inbox.ContactID) inbox.Person {
	r.Helper()
	return must[inbox.Person](r)(r.hub.Person(r.ctx(), lan, id, "", 100))
}

func TestTwoContactsBecomeOneAndTwoAgain(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		one := r.handed("u1")
		two := r.say(web, "w1", "người thật")
		r.write(func(tx inbox.Writer) error {
			c, err := tx.Contact(two.Contact)
			c.Name, c.Phone = "Bà Hai", "0912345678"
			if err != nil {
				return err
			}
			return tx.PutContact(c)
		})
		preview := must[inbox.MergePreview](r)(r.hub.PreviewMerge(r.ctx(), lan, one.Contact, two.Contact))
		if preview.Matters != 1 || fmt.Sprint(preview.Identities) != "[{web w1}]" || preview.Newest[0].Code != two.Code {
			r.Errorf("the preview tells %+v", preview)
		}

		m := r.merged(one.Contact, two.Contact)
		if m.Value.State != inbox.MergeDone || fmt.Sprint(m.Value.Conversations) != fmt.Sprint([]inbox.ConversationID{two.ID}) {
			r.Errorf("the merge is %+v", m.Value)
		}
		if moved := r.again(two.ID); moved.Contact != one.Contact || moved.ContactName != one.ContactName {
			r.Errorf("the matter is %s's, called %q", moved.Contact, moved.ContactName)
		}
		if p := r.person(two.Contact); p.Contact.ID != one.Contact || p.Contact.Phone != "0912345678" || len(p.Matters) != 2 || len(p.Merges) != 1 {
			r.Errorf("the old id opens %+v", p)
		}
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, two.ID))
		later := r.say(web, "w1", "người lần nữa")
		if later.Contact != one.Contact {
			r.Error("what the second writes is not the first's")
		}

		m = must[inbox.Kept[inbox.Merge]](r)(r.hub.UndoMerge(r.ctx(), lan, m.ID))
		if m.Value.State != inbox.MergeOff {
			r.Errorf("the merge is %s", m.Value.State)
		}
		for _, id := range []inbox.ConversationID{two.ID, later.ID} {
			if back := r.again(id); back.Contact != two.Contact || back.ContactName != "Bà Hai" {
				r.Errorf("%s is %s's, called %q", id, back.Contact, back.ContactName)
			}
		}
		if r.again(one.ID).Contact != one.Contact || r.person(one.Contact).Contact.Phone != "" {
			r.Error("the first did not keep its own, and only that")
		}
		if p := r.person(two.Contact); p.Contact.ID != two.Contact || len(p.Matters) != 2 {
			r.Errorf("the second is %+v", p)
		}
		r.merged(one.Contact, two.Contact) // and once more
	})
}

func TestAPersonOfManyMattersIsMovedInPieces(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		const many = 230
		first := r.handed("u1")
		var second inbox.ContactID
		for range many {
			c := r.say(zalo, "u2", "người thật")
			second = c.Contact
			must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, c.ID))
		}
		m := r.merged(first.Contact, second)
		if n := len(r.list(inbox.OfContact(first.Contact))); n != many+1 || len(r.list(inbox.OfContact(second))) != 0 {
			r.Errorf("the first has %d matters, want %d", n, many+1)
		}
		if m = r.person(first.Contact).Merges[0]; m.Value.State != inbox.MergeDone || len(m.Value.Conversations) != many {
			r.Errorf("the merge is %s with %d matters", m.Value.State, len(m.Value.Conversations))
		}
		must[inbox.Kept[inbox.Merge]](r)(r.hub.UndoMerge(r.ctx(), lan, m.ID))
		r.settle()
		if n := len(r.list(inbox.OfContact(second))); n != many || len(r.list(inbox.OfContact(first.Contact))) != 1 {
			r.Errorf("the second has %d matters back, want %d", n, many)
		}
	})
}

func TestWhoIsMergedIntoOneThatIsMergedStaysWhole(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		a, b, c := r.handed("u1"), r.handed("u2"), r.handed("u3")
		r.merged(b.Contact, c.Contact)
		outer := r.merged(a.Contact, b.Contact)
		if n := len(r.list(inbox.OfContact(a.Contact))); n != 3 {
			r.Errorf("the first has %d matters, want all 3", n)
		}
		must[inbox.Kept[inbox.Merge]](r)(r.hub.UndoMerge(r.ctx(), lan, outer.ID))
		if r.again(c.ID).Contact != b.Contact || r.again(b.ID).Contact != b.Contact || r.again(a.ID).Contact != a.Contact {
			r.Error("the inner merge did not survive the undoing of the outer one")
		}
	})
}

func TestAMergeIsRefused(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		a, b, c := r.handed("u1"), r.handedTo("u2", "so-y-te"), r.handed("u3")
		for _, tt := range []struct {
			name          string
			by            inbox.Actor
			first, second inbox.ContactID
			want          error
		}{
			{"for staff, who see only their part", doctor, a.Contact, b.Contact, inbox.ErrForbidden},
			{"with a person who is not there", lan, a.Contact, "none", inbox.ErrNotFound},
		} {
			_, err := r.hub.MergeContacts(r.ctx(), tt.by, tt.first, tt.second)
			wantError(r, tt.name, err, tt.want)
			_, err = r.hub.PreviewMerge(r.ctx(), tt.by, tt.first, tt.second)
			wantError(r, "the preview "+tt.name, err, tt.want)
		}
		_, err := r.hub.MergeContacts(r.ctx(), lan, a.Contact, a.Contact)
		wantInvalid(r, "with the same", err, "contact")
		m := r.merged(a.Contact, b.Contact)
		_, err = r.hub.MergeContacts(r.ctx(), lan, c.Contact, b.Contact)
		wantError(r, "with one that is merged", err, inbox.ErrConflict)
		_, err = r.hub.UndoMerge(r.ctx(), doctor, m.ID)
		wantError(r, "undone by staff", err, inbox.ErrForbidden)
		r.pass(30 * 24 * time.Hour)
		_, err = r.hub.UndoMerge(r.ctx(), lan, m.ID)
		wantError(r, "undone after a month", err, inbox.ErrConflict)
		if p := r.person(a.Contact); len(p.Merges) != 0 {
			r.Error("it is offered to be undone all the same")
		}
	})
}

func TestStaffSeeOfAPersonWhatIsTheirs(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handedTo("u1", "so-y-te")
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, c.ID))
		r.handed(connectors.RemoteID("u1"))
		if p := must[inbox.Person](r)(r.hub.Person(r.ctx(), doctor, c.Contact, "", 10)); len(p.Matters) != 1 || p.Matters[0].Code != c.Code {
			r.Errorf("staff see %+v", p.Matters)
		}
		_, err := r.hub.Person(r.ctx(), roads, c.Contact, "", 10)
		wantError(r, "a person of another department", err, inbox.ErrNotFound)
		_, err = r.hub.Alike(r.ctx(), doctor, c.Contact)
		wantError(r, "who else it may be", err, inbox.ErrForbidden)
	})
}
