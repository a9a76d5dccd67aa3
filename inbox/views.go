package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/kb"
)

// A view is served by the list of its name (see Placements), so that a page
// costs the same at any size. What narrows it further - a channel, a field, a
// label, urgent ones - is looked for by walking that list in its order, a
// bounded way at a time: the page says where to go on.

// walked is how many rows of a list are looked at for one page of a narrowed view.
const walked = 500

// narrows reports whether only some of the rows of lists, which v is read from, belong to v.
func (v View) narrows(lists []ListID) bool {
	return v.Category != "" || v.Urgent || v.walksDepartment() ||
		v.Label != "" && !slices.Contains(lists, OfLabel(v.Label)) ||
		v.Channel != "" && !slices.Contains(lists, OfChannel(v.Channel))
}

// walksDepartment reports whether the list that v is read from holds other departments as well.
func (v View) walksDepartment() bool { return v.Department != "" && v.Name == MineView }

// holds reports whether c, a row of v's lists, belongs to v.
func (v View) holds(c Conversation) bool {
	return (v.Category == "" || c.Category == v.Category) &&
		(v.Label == "" || slices.Contains(c.Labels, v.Label)) &&
		(!v.Urgent || c.Urgent) &&
		(v.Channel == "" || c.Channel == v.Channel) &&
		(!v.walksDepartment() || c.Department == v.Department)
}

// walk reads one page of a narrowed view: limit rows, or the few that were
// found in the rows it looked at. There is no cursor after the last row.
func walk(tx Reader, v View, lists []ListID, after Cursor, limit int) (found []Conversation, next Cursor, err error) {
	for looked := 0; ; {
		rows, end, err := tx.Conversations(ListQuery{Lists: lists, After: after, Limit: max(limit, 50)})
		if err != nil {
			return nil, "", err
		}
		for i, c := range rows {
			if !v.holds(c) {
				continue
			}
			found = append(found, c)
			if len(found) < limit {
				continue
			}
			if i == len(rows)-1 {
				return found, end, nil
			}
			// The page is full within this one: the cursor that ends with it.
			_, end, err = tx.Conversations(ListQuery{Lists: lists, After: after, Limit: i + 1})
			return found, end, err
		}
		looked += len(rows)
		if after = end; end == "" || looked >= walked {
			return found, end, nil
		}
	}
}

// SavedView is a view under a name of somebody's own.
type SavedView struct {
	Name   string   `json:"name"`
	Owner  MemberID `json:"owner"`
	Shared bool     `json:"shared,omitempty"` // everybody sees it, each filled with what he may see
	View   View     `json:"view"`
}

// SavedViews are kept under ids that grow with time.
const SavedViews Shelf[SavedView] = "view"

// Limits of saved views.
const (
	viewNameLimit     = 60 // characters
	viewsAllowed      = 30 // of one member
	sharedViewAllowed = 50
)

// SavedViews lists the saved views of a member: his own, then the shared ones.
func (h *Hub) SavedViews(ctx context.Context, actor Actor) (found []Kept[SavedView], err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		found, err = savedViews(tx, actor)
		return err
	})
	return found, err
}

func savedViews(tx Reader, actor Actor) ([]Kept[SavedView], error) {
	if !actor.May(SeeConversation) {
		return nil, ErrForbidden
	}
	all, err := SavedViews.List(tx, PaperQuery{})
	all = slices.DeleteFunc(all, func(k Kept[SavedView]) bool { return !k.Value.Shared && k.Value.Owner != actor.Member.ID })
	slices.SortStableFunc(all, func(a, b Kept[SavedView]) int {
		if a.Value.Shared != b.Value.Shared {
			return map[bool]int{false: -1, true: 1}[a.Value.Shared]
		}
		return cmp.Compare(a.Value.Name, b.Value.Name)
	})
	return all, err
}

// SaveView keeps a view under a name: a new one when id is empty, else in the
// place of that one.
func (h *Hub) SaveView(ctx context.Context, actor Actor, id string, s SavedView) (Kept[SavedView], error) {
	s.Name, s.Owner = strings.TrimSpace(s.Name), actor.Member.ID
	if err := h.checkView(actor, s); err != nil {
		return Kept[SavedView]{}, err
	}
	var kept Kept[SavedView]
	err := h.store.Update(ctx, func(tx Writer) error {
		all, err := savedViews(tx, actor)
		if err != nil {
			return err
		}
		kept = Kept[SavedView]{ID: cmp.Or(id, newID()), Value: s}
		if id != "" {
			at := slices.IndexFunc(all, func(k Kept[SavedView]) bool { return k.ID == id })
			if at < 0 {
				return ErrNotFound
			}
			if !actor.MayKeepView(all[at].Value) {
				return ErrForbidden
			}
			kept.Version, kept.Value.Owner = all[at].Version, all[at].Value.Owner
		}
		if err := hasRoom(all, kept); err != nil {
			return err
		}
		if kept, err = SavedViews.Put(tx, kept); err != nil || !s.Shared {
			return err
		}
		return tx.AppendAudit(Audit{At: h.store.Now(), Member: actor.Member.ID, Action: ViewShared, Target: s.Name, Address: actor.Address})
	})
	return kept, err
}

// DropView removes a saved view; nothing in it is touched.
func (h *Hub) DropView(ctx context.Context, actor Actor, id string) error {
	if !actor.May(KeepAccount) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		k, err := SavedViews.Get(tx, id)
		switch {
		case err != nil:
			return err
		case actor.MayKeepView(k.Value):
			return SavedViews.Delete(tx, id)
		case k.Value.Shared:
			return ErrForbidden
		}
		return ErrNotFound
	})
}

// MayKeepView reports whether a may change and remove s.
func (a Actor) MayKeepView(s SavedView) bool {
	if s.Shared {
		return a.MayEverywhere(ShareViews)
	}
	return s.Owner == a.Member.ID && a.May(KeepAccount)
}

func (h *Hub) checkView(actor Actor, s SavedView) error {
	if !actor.May(SeeConversation) || !actor.May(KeepAccount) {
		return ErrForbidden
	}
	var p Invalid
	if n := utf8.RuneCountInString(s.Name); n == 0 || n > viewNameLimit {
		p = append(p, Problem{"name", fmt.Sprintf("Hãy đặt tên, tối đa %d ký tự.", viewNameLimit)})
	}
	if s.Shared && !actor.MayEverywhere(ShareViews) {
		p = append(p, Problem{"shared", "Chỉ giám sát và quản trị viên lưu danh sách dùng chung."})
	}
	if s.View.Category != "" && h.directory.CategoryName(s.View.Category) == "" {
		p = append(p, Problem{"category", "Không có lĩnh vực này trong danh mục."})
	}
	if s.View.Department != "" && h.directory.DepartmentName(s.View.Department) == "" {
		p = append(p, Problem{"department", "Không có đơn vị này trong danh mục."})
	}
	if _, err := actor.lists(s.View); err != nil {
		if problems, ok := errors.AsType[Invalid](err); ok {
			return append(p, problems...)
		}
		return err
	}
	if len(p) > 0 {
		return p
	}
	return nil
}

func hasRoom(all []Kept[SavedView], added Kept[SavedView]) error {
	n, most := 0, viewsAllowed
	if added.Value.Shared {
		most = sharedViewAllowed
	}
	for _, k := range all {
		if k.ID == added.ID || k.Value.Shared != added.Value.Shared {
			continue
		}
		if strings.EqualFold(k.Value.Name, added.Value.Name) {
			return Invalid{{"name", "Đã có danh sách tên này; hãy đặt tên khác."}}
		}
		n++
	}
	if n >= most {
		return conflict("Đã có %d danh sách; hãy bỏ bớt danh sách không dùng.", most)
	}
	return nil
}

// tally keeps what counts are made of, as of the last event: desks that count after
// the same event read it once.
type tally struct {
	mu   sync.Mutex
	at   Seq
	kept map[string]any
}

// tallied is what a tally knows as tx sees it.
type tallied struct {
	by *tally
	tx Reader
	at Seq // the last event that tx knows
}

func (t *tally) in(tx Reader) (tallied, error) {
	at, err := tx.LastEvent()
	return tallied{t, tx, at}, err
}

// first gives the first rows of lists, CountLimit and one more.
func (t tallied) first(lists []ListID) ([]Conversation, error) {
	if len(lists) == 0 {
		return nil, nil
	}
	return recalled(t, "rows", lists, func() ([]Conversation, error) {
		rows, _, err := t.tx.Conversations(ListQuery{Lists: lists, Limit: CountLimit + 1})
		return rows, err
	})
}

// count counts what is on lists, up to CountLimit.
func (t tallied) count(lists []ListID) (int, error) {
	return recalled(t, "count", lists, func() (int, error) { return t.tx.CountConversations(lists, CountLimit) })
}

// stuck counts what waits for somebody to decide, up to CountLimit.
func (t tallied) stuck() (int, error) {
	return recalled(t, "stuck", nil, func() (int, error) {
		all, err := t.tx.Stuck("", CountLimit)
		return len(all), err
	})
}

func recalled[T any](t tallied, what string, lists []ListID, read func() (T, error)) (T, error) {
	key := fmt.Sprintf("%s %q", what, lists)
	if known, ok := t.by.known(t.at, key).(T); ok {
		return known, nil
	}
	got, err := read()
	if err == nil {
		t.by.keep(t.at, key, got)
	}
	return got, err
}

// known is nil for what was not read at that event.
func (t *tally) known(at Seq, key string) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at != at {
		return nil
	}
	return t.kept[key]
}

func (t *tally) keep(at Seq, key string, read any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at != at || t.kept == nil {
		t.at, t.kept = at, map[string]any{}
	}
	t.kept[key] = read
}

// countedViews are the views on which saved ones are counted: what is being
// worked on. What else there is only grows, and a number says nothing.
var countedViews = []ListID{MineView, OpenList, UnassignedList, UrgentList, PromisedList, OverdueList, SnoozedList, ContributingList, BotList}

// countSaved counts the saved views of a member.
func countSaved(t tallied, actor Actor, counts *Counts) error {
	saved, err := savedViews(t.tx, actor)
	if err != nil {
		return err
	}
	for _, k := range saved {
		v := k.Value.View
		lists, err := actor.lists(v)
		if err != nil || !slices.Contains(countedViews, v.Name) {
			continue // a shared view that is not this member's to see
		}
		rows, err := t.first(lists)
		if err != nil {
			return err
		}
		n := 0
		for _, c := range rows {
			if v.holds(c) && actor.MayWith(SeeConversation, c) {
				n++
			}
		}
		counts.Saved[k.ID] = n
	}
	return nil
}

// countChannels counts what is open with people by channel.
func countChannels(t tallied, actor Actor, counts *Counts) error {
	lists, err := actor.lists(View{Name: OpenList})
	if err != nil {
		return err
	}
	rows, err := t.first(lists)
	if err != nil {
		return err
	}
	counts.Partial = len(rows) > CountLimit
	for _, c := range rows {
		counts.Channels[c.Channel]++
	}
	return nil
}

// seenViews are the views of the house that a member can have.
func (a Actor) seenViews() []ListID {
	views := append([]ListID{MineView}, houseViews...)
	if !a.MayEverywhere(SeeConversation) {
		views = append(views, ContributingList)
	}
	return views
}

// channelLists are the lists in which a member finds what came by a channel.
func (a Actor) channelLists(c connectors.ChannelID) []ListID {
	if a.MayEverywhere(SeeConversation) {
		return []ListID{OfChannel(c)}
	}
	return departmentLists(AllList, a.Member.Departments)
}

func departmentLists(l ListID, of []kb.DepartmentID) (own []ListID) {
	for _, d := range of {
		own = append(own, OfDepartment(l, d))
	}
	return own
}
