package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Post is a member who has taken over and has not handed over yet.
type Post struct {
	Member MemberID  `json:"mem"`
	Since  time.Time `json:"since"`
	Shift  string    `json:"shift,omitempty"` // of the roster; empty: the member is in none
	Until  time.Time `json:"until"`           // when it ends by itself
}

// Posts are under the ids of members.
const Posts Shelf[Post] = "post"

// takenEarly is how long before its beginning a shift may be taken over, and how
// much may lie between two shifts of a member who stays.
const takenEarly = time.Hour

// longestPost is how long a post outside of the roster lasts, or one may stay on.
const longestPost = 12 * time.Hour

// OnDuty tells who is at the desk at that time, leads first: those in the roster
// who have not handed over, and those who have taken over besides. A member who is
// away or whose account is closed is not; reserves are when they have taken over.
func (h *Hub) OnDuty(ctx context.Context, at time.Time) ([]MemberID, error) {
	var out []MemberID
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out, err = h.onDuty(tx, at)
		return err
	})
	return out, err
}

func (h *Hub) onDuty(tx Reader, at time.Time) ([]MemberID, error) {
	now, err := h.present(tx, at)
	out := make([]MemberID, len(now))
	for i, p := range now {
		out[i] = p.Member.ID
	}
	return out, err
}

// Present is a member at the desk.
type Present struct {
	Member Member
	Shift  *Kept[Shift] // of the roster; nil: the member is in none
	Post   *Post        // nil: the member has not taken over yet
}

// Until is when p leaves, as far as is known.
func (p Present) Until() time.Time {
	var until time.Time
	if p.Shift != nil {
		until = p.Shift.Value.Until
	}
	if p.Post != nil && p.Post.Until.After(until) {
		until = p.Post.Until
	}
	return until
}

func (h *Hub) present(tx Reader, at time.Time) ([]Present, error) {
	people, err := h.peopleOf(tx, at)
	if err != nil {
		return nil, err
	}
	shifts, err := shiftsTouching(tx, at, at.Add(time.Minute))
	if err != nil {
		return nil, err
	}
	posts, err := Posts.List(tx, PaperQuery{})
	if err != nil {
		return nil, err
	}
	var out []Present
	of := func(m MemberID) *Present {
		i := slices.IndexFunc(out, func(p Present) bool { return p.Member.ID == m })
		if i < 0 {
			i = len(out)
			out = append(out, Present{Member: people.members[m]})
		}
		return &out[i]
	}
	for _, k := range shifts {
		if s := k.Value; s.covers(at) && s.Role != ReserveShift && people.against(s) == "" {
			of(s.Member).Shift = &k
		}
	}
	for _, k := range posts {
		post := k.Value
		if m := people.members[post.Member]; !at.Before(post.Since) && at.Before(post.Until) && (Actor{Member: m}).MayEverywhere(KeepDuty) {
			of(post.Member).Post = &post
		}
	}
	slices.SortStableFunc(out, func(a, b Present) int {
		return cmp.Or(cmp.Compare(a.leads(), b.leads()), cmp.Compare(a.Member.Name, b.Member.Name))
	})
	return out, nil
}

// leads orders leads before the others.
func (p Present) leads() int {
	if p.Shift != nil && p.Shift.Value.Role == LeadShift {
		return 0
	}
	return 1
}

// shiftOf is the shift of a member that is now, or begins within takenEarly; one
// that the member has left only when there is no other.
func (h *Hub) shiftOf(tx Reader, m MemberID, now time.Time) (*Kept[Shift], error) {
	near, err := shiftsTouching(tx, now, now.Add(takenEarly+time.Minute))
	if err != nil {
		return nil, err
	}
	var left *Kept[Shift]
	for _, k := range near {
		switch {
		case k.Value.Member != m || !k.Value.Until.After(now):
		case k.Value.LeftAt.IsZero():
			return &k, nil
		default:
			left = &k
		}
	}
	return left, nil
}

// TakeDuty puts the member who acts at the desk ("Nhận ca"), and takes note of
// hand-over notes that he has read. Taking over again changes nothing.
func (h *Hub) TakeDuty(ctx context.Context, actor Actor, read []string) error {
	if !actor.MayEverywhere(KeepDuty) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		now, me := h.store.Now(), actor.Member.ID
		for _, id := range read {
			if err := h.readHandover(tx, actor, id); err != nil {
				return err
			}
		}
		if err := Leavings.Delete(tx, string(me)); err != nil {
			return err
		}
		shift, err := h.shiftOf(tx, me, now)
		if err != nil {
			return err
		}
		post, err := postOf(tx, me)
		if err != nil {
			return err
		}
		if post.Version > 0 && post.Value.Until.After(now) {
			return nil
		}
		post.Value = Post{Member: me, Since: now, Until: now.Add(longestPost)}
		if shift != nil {
			post.Value.Shift, post.Value.Until = shift.ID, shift.Value.Until
			if !shift.Value.LeftAt.IsZero() { // back again
				shift.Value.LeftAt = time.Time{}
				if _, err := Shifts.Put(tx, *shift); err != nil {
					return err
				}
			}
		}
		if _, err := Posts.Put(tx, post); err != nil {
			return err
		}
		return h.dutyAct(tx, actor, DutyTaken, post.Value.Shift, "")
	})
}

// postOf is the post of a member; of version 0 when there is none.
func postOf(tx Reader, m MemberID) (Kept[Post], error) {
	post, err := Posts.Get(tx, string(m))
	if errors.Is(err, ErrNotFound) {
		return Kept[Post]{ID: string(m)}, nil
	}
	return post, err
}

// dutyAct puts an act of a member on record and tells everybody.
func (h *Hub) dutyAct(tx Writer, actor Actor, action Action, target, detail string) error {
	now := h.store.Now()
	return errors.Join(
		tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: action, Target: target, Address: actor.Address, Detail: detail}),
		tx.AppendEvent(Event{At: now, Kind: DutyChanged}),
	)
}

// StayOnDuty keeps the member at the desk beyond the end of the shift ("Ở lại").
func (h *Hub) StayOnDuty(ctx context.Context, actor Actor, until time.Time) error {
	if !actor.MayEverywhere(KeepDuty) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		now, me := h.store.Now(), actor.Member.ID
		if !until.After(now) || until.After(now.Add(longestPost)) {
			return Invalid{{Field: "until", Message: "Hãy chọn giờ từ lúc này đến 12 giờ tới."}}
		}
		post, err := postOf(tx, me)
		if err != nil {
			return err
		}
		shift, err := h.shiftOf(tx, me, now)
		if err != nil {
			return err
		}
		if post.Version == 0 || !post.Value.Until.After(now) {
			post.Value = Post{Member: me, Since: now}
			if shift != nil {
				post.Value.Shift = shift.ID
			}
		}
		post.Value.Until = until
		if shift != nil && shift.Value.Until.After(until) {
			return Invalid{{Field: "until", Message: "Ca của anh/chị còn dài hơn giờ này; muốn nghỉ sớm, hãy bàn giao ca."}}
		}
		if _, err := Posts.Put(tx, post); err != nil {
			return err
		}
		if err := Leavings.Delete(tx, string(me)); err != nil {
			return err
		}
		return h.dutyAct(tx, actor, DutyProlonged, until.UTC().Format(time.RFC3339), "")
	})
}
