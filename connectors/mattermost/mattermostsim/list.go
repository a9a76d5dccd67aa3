package mattermostsim

import (
	"cmp"
	"slices"
	"strconv"
)

// postList is how the server lists posts.
type postList struct {
	Order []string        `json:"order"` // the newest first
	Posts map[string]Post `json:"posts"` // the roots of those in Order too
	Next  string          `json:"next_post_id"`
	Prev  string          `json:"prev_post_id"`
}

// listOf makes a list of posts, which come newest first.
func (s *Sim) listOf(posts []*Post) postList {
	l := postList{Order: []string{}, Posts: map[string]Post{}}
	for _, p := range posts {
		l.Order = append(l.Order, p.ID)
		l.Posts[p.ID] = s.whole(p).shown()
		if root := s.byID[p.RootID]; root != nil {
			l.Posts[root.ID] = s.whole(root).shown()
		}
	}
	return l
}

func (s *Sim) getThread(r *request) (answer, error) {
	p, err := s.readable(r)
	if err != nil {
		return answer{}, err
	}
	root := cmp.Or(p.RootID, p.ID)
	var thread []*Post
	for _, one := range s.posts {
		if (one.ID == root || one.RootID == root) && one.DeleteAt == 0 {
			thread = append(thread, one)
		}
	}
	slices.Reverse(thread)
	return ok(s.listOf(thread))
}

func (s *Sim) getChannelPosts(r *request) (answer, error) {
	c, err := s.mayRead(r.user, r.PathValue("channel"))
	if err != nil {
		return answer{}, err
	}
	r.call.Channel = c.ID
	query := r.URL.Query()
	if text := query.Get("since"); text != "" {
		since, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return answer{}, bad("api.context.invalid_url_param.app_error", "Invalid or missing since parameter in request URL.")
		}
		if since > 0 {
			return ok(s.changedSince(c, since))
		}
	}
	for _, name := range []string{"before", "after"} {
		if id := query.Get(name); id != "" && !isID(id) {
			return answer{}, bad("api.context.invalid_url_param.app_error", "Invalid or missing %s parameter in request URL.", name)
		}
	}
	return ok(s.page(r, c))
}

// changedSince are the posts that were made, changed or deleted after that time, the
// old versions of what was edited too. Beyond the limit there are more, and the
// server does not say so.
func (s *Sim) changedSince(c *Channel, since int64) postList {
	var all []*Post
	for _, p := range slices.Backward(s.posts) {
		if p.ChannelID == c.ID && p.UpdateAt > since {
			all = append(all, p)
		}
	}
	if most := s.cfg.Limits.Changed; len(all) > most {
		slices.SortStableFunc(all, func(a, b *Post) int { return cmp.Compare(a.UpdateAt, b.UpdateAt) })
		all = all[:most]
	}
	slices.SortStableFunc(all, func(a, b *Post) int { return cmp.Compare(b.CreateAt, a.CreateAt) })
	return s.listOf(all)
}

// page is a part of the channel's posts that stand there, newest first. What is
// asked for after or before another is told apart by the time alone.
func (s *Sim) page(r *request, c *Channel) postList {
	query := r.URL.Query()
	after, before := query.Get("after"), query.Get("before")
	var all []*Post
	for _, p := range slices.Backward(s.posts) {
		if p.ChannelID == c.ID && p.DeleteAt == 0 && s.later(p.ID, after) && s.later(before, p.ID) {
			all = append(all, p)
		}
	}
	size := min(max(r.number("per_page", 60), 1), 200)
	start := min(r.number("page", 0)*size, len(all))
	end := min(start+size, len(all))
	if after != "" {
		start, end = len(all)-end, len(all)-start // those that follow it directly
	}
	l := s.listOf(all[start:end])
	if start > 0 {
		l.Next = all[start-1].ID
	} else {
		l.Next = before
	}
	if end < len(all) {
		l.Prev = all[end].ID
	} else {
		l.Prev = after
	}
	return l
}

// later tells whether a was made after b; where one is not asked for, it was.
func (s *Sim) later(a, b string) bool {
	if a == "" || b == "" {
		return true
	}
	first, second := s.byID[a], s.byID[b]
	return first != nil && second != nil && first.CreateAt > second.CreateAt
}
