package inbox_test

import (
	"fmt"
	"slices"
	"testing"

	"tongdai/connectors"
	"tongdai/inbox"
)

// filed has people hand over n matters, every third one filed under y-te.
func (r *rig) filed(n int) (all []inbox.Conversation) {
	r.Helper()
	for i := range n {
		c := r.handed(connectors.RemoteID(fmt.Sprint("u", i)))
		if i%3 == 0 {
			c = must[inbox.Conversation](r)(r.hub.File(r.ctx(), lan, c.ID, "y-te"))
		}
		all = append(all, c)
	}
	return all
}

// pages reads a view to its end.
func (r *rig) pages(who inbox.Actor, v inbox.View, limit int) (found []inbox.Conversation, pages int) {
	r.Helper()
	var after inbox.Cursor
	for {
		p := must[inbox.Page](r)(r.hub.List(r.ctx(), who, v, after, limit))
		found = append(found, p.Conversations...)
		pages++
		if len(p.Conversations) > limit {
			r.Errorf("a page has %d rows, want %d at most", len(p.Conversations), limit)
		}
		if after = p.Next; after == "" {
			return found, pages
		}
	}
}

func TestANarrowedViewIsItsListInOrderWithoutTheRest(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		all := r.filed(40)
		must[inbox.Conversation](r)(r.hub.SetUrgent(r.ctx(), lan, all[30].ID, true))
		view := inbox.View{Name: inbox.OpenList, Category: "y-te"}
		for _, limit := range []int{1, 5, 14, 50} {
			found, _ := r.pages(boss, view, limit)
			if len(found) != 14 || found[0].ID != all[30].ID {
				r.Fatalf("by pages of %d there are %d, the first %s; want 14 and the urgent one first", limit, len(found), found[0].Code)
			}
			var want []inbox.ConversationID
			for _, c := range r.list(inbox.OpenList) {
				if c.Category == "y-te" {
					want = append(want, c.ID)
				}
			}
			for i, c := range found {
				if c.ID != want[i] {
					r.Fatalf("by pages of %d row %d is %s", limit, i, c.Code)
				}
			}
		}
		view.Urgent = true
		if found, _ := r.pages(boss, view, 50); len(found) != 1 {
			r.Errorf("urgent ones of the field are %d, want 1", len(found))
		}
		view.Channel = web
		if found, _ := r.pages(boss, view, 50); len(found) != 0 {
			r.Errorf("of the other channel are %d, want none", len(found))
		}
	})
}

func TestStaffFindWhatCameByAChannelWithinTheirDepartment(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handedTo("u1", "so-y-te")
		r.handed("u2")
		if found, _ := r.pages(doctor, inbox.View{Name: inbox.ChannelView, Channel: zalo}, 50); len(found) != 1 || found[0].ID != c.ID {
			r.Errorf("found is %v, want %s alone", found, c.Code)
		}
		if found, _ := r.pages(doctor, inbox.View{Name: inbox.ChannelView, Channel: web}, 50); len(found) != 0 {
			r.Errorf("found is %v, want nothing", found)
		}
	})
}

func TestSavedViewsAreOnesOwnOrShared(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		r.filed(6)
		save := must[inbox.Kept[inbox.SavedView]](r)
		view := inbox.View{Name: inbox.UnassignedList, Category: "y-te"}
		own := save(r.hub.SaveView(r.ctx(), lan, "", inbox.SavedView{Name: " Y tế chờ nhận ", View: view}))
		shared := save(r.hub.SaveView(r.ctx(), boss, "", inbox.SavedView{Name: "Cả phòng", Shared: true, View: inbox.View{Name: inbox.AllList, Channel: zalo}}))
		names := func(who inbox.Actor) (names []string) {
			for _, k := range must[[]inbox.Kept[inbox.SavedView]](r)(r.hub.SavedViews(r.ctx(), who)) {
				names = append(names, k.Value.Name)
			}
			return names
		}
		if got := names(lan); !slices.Equal(got, []string{"Y tế chờ nhận", "Cả phòng"}) {
			r.Errorf("Lan has %q", got)
		}
		if got := names(minh); !slices.Equal(got, []string{"Cả phòng"}) {
			r.Errorf("Minh has %q", got)
		}
		counts := must[inbox.Counts](r)(r.hub.Count(r.ctx(), lan, nil))
		if n, counted := counts.Saved[own.ID]; n != 2 || !counted || counts.Channels[zalo] != 6 || counts.Partial {
			r.Errorf("counted is %+v", counts)
		}
		if _, counted := counts.Saved[shared.ID]; counted {
			r.Error("a list that only grows is counted")
		}
		_, err := r.hub.SaveView(r.ctx(), lan, "", inbox.SavedView{Name: "Của mọi người", Shared: true, View: view})
		wantInvalid(t, "sharing by an operator", err, "shared")
		_, err = r.hub.SaveView(r.ctx(), lan, "", inbox.SavedView{Name: "y TẾ chờ nhận", View: view})
		wantInvalid(t, "a name that one has", err, "name")
		_, err = r.hub.SaveView(r.ctx(), lan, "", inbox.SavedView{Name: "x", View: inbox.View{Name: "nothing"}})
		wantInvalid(t, "a list that is none", err, "view")
		_, err = r.hub.SaveView(r.ctx(), lan, shared.ID, inbox.SavedView{Name: "x", View: view})
		wantError(t, "changing a shared one", err, inbox.ErrForbidden)
		wantError(t, "removing another's", r.hub.DropView(r.ctx(), minh, own.ID), inbox.ErrNotFound)
		save(r.hub.SaveView(r.ctx(), lan, own.ID, inbox.SavedView{Name: "Y tế", View: view}))
		if err := r.hub.DropView(r.ctx(), boss, shared.ID); err != nil {
			r.Fatal(err)
		}
		if got := names(lan); !slices.Equal(got, []string{"Y tế"}) {
			r.Errorf("in the end Lan has %q", got)
		}
	})
}

// A shared view is filled with what its reader may see.
func TestASharedViewShowsStaffTheirsAlone(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		r.handedTo("u1", "so-y-te")
		r.handedTo("u2", "so-xay-dung")
		r.handed("u3")
		k := must[inbox.Kept[inbox.SavedView]](r)(r.hub.SaveView(r.ctx(), boss, "", inbox.SavedView{Name: "Zalo", Shared: true, View: inbox.View{Name: inbox.OpenList, Channel: zalo}}))
		for who, want := range map[string]int{"boss": 3, "doctor": 1} {
			actor := map[string]inbox.Actor{"boss": boss, "doctor": doctor}[who]
			if n := must[inbox.Counts](r)(r.hub.Count(r.ctx(), actor, nil)).Saved[k.ID]; n != want {
				r.Errorf("%s is told %d, want %d", who, n, want)
			}
			if found, _ := r.pages(actor, k.Value.View, 50); len(found) != want {
				r.Errorf("%s finds %d, want %d", who, len(found), want)
			}
		}
	})
}
