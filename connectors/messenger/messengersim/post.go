package messengersim

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Post is something that a page has published.
type Post struct {
	ID   string    `json:"id"`
	Page string    `json:"page"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Comment is what somebody wrote under a post.
type Comment struct {
	ID      string    `json:"id"`
	Post    string    `json:"post"`
	Parent  string    `json:"parent,omitempty"` // the comment that it answers
	User    string    `json:"user"`
	Name    string    `json:"name"`
	Text    string    `json:"text"`
	Photo   string    `json:"photo,omitempty"`
	Unnamed bool      `json:"unnamed,omitempty"` // the page is not told who it is
	ByPage  bool      `json:"byPage,omitempty"`
	Hidden  bool      `json:"hidden,omitempty"`
	Removed bool      `json:"removed,omitempty"`
	Private bool      `json:"private,omitempty"` // answered in private
	Edited  bool      `json:"edited,omitempty"`
	At      time.Time `json:"at"`

	order uint64
}

// Publish puts a post on the page and returns its id.
func (s *Sim) Publish(page, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &Post{ID: fmt.Sprintf("%s_%d", page, 700+s.next()), Page: page, Text: text, At: s.cfg.Now()}
	s.posts = append(s.posts, p)
	return p.ID
}

// Posts of a page, the latest first.
func (s *Sim) Posts(page string) (all []Post) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range slices.Backward(s.posts) {
		if p.Page == page {
			all = append(all, *p)
		}
	}
	return all
}

// Comments below a post, oldest first.
func (s *Sim) Comments(post string) (all []Comment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.comments {
		if c.Post == post {
			all = append(all, *c)
		}
	}
	slices.SortFunc(all, func(a, b Comment) int { return cmp.Compare(a.order, b.order) })
	return all
}

// Comment puts a comment under c.Post, below c.Parent where it answers one, and
// returns its id. ID and At are filled in, User from Name.
func (s *Sim) Comment(c Comment) string {
	s.mu.Lock()
	added, event := s.addComment(c)
	s.mu.Unlock()
	if added == nil {
		return ""
	}
	s.emit(event)
	return added.ID
}

// addComment adds one and tells it. s.mu is held.
func (s *Sim) addComment(c Comment) (*Comment, *Event) {
	post := s.postOf(&c)
	if post == nil {
		return nil, nil
	}
	c.At, c.order = s.cfg.Now(), s.next()
	c.ID = fmt.Sprintf("%s_%d", c.Post, 100_000+c.order)
	if parent := s.comments[c.Parent]; parent != nil && parent.Parent != "" {
		c.Parent = parent.Parent // no deeper levels
	}
	if c.User == "" {
		c.User = person(post.Page, c.Name)
		s.chat(post.Page, c.User).name = c.Name
	}
	s.comments[c.ID] = &c
	s.pages[post.Page].wall.Wake()
	return &c, s.feedEvent(&c, "add", c.At)
}

// postOf finds the post of a comment; nil when there is none. s.mu is held.
func (s *Sim) postOf(c *Comment) *Post {
	for _, p := range s.posts {
		if p.ID == c.Post {
			return p
		}
	}
	return nil
}

// EditComment changes the words of a comment.
func (s *Sim) EditComment(id, text string) {
	s.change(id, "edited", func(c *Comment) { c.Text, c.Edited = text, true })
}

// RemoveComment takes a comment away.
func (s *Sim) RemoveComment(id string) { s.change(id, "remove", func(c *Comment) { c.Removed = true }) }

// HideComment hides a comment from the public, or shows it again, as somebody at
// the page does.
func (s *Sim) HideComment(id string, hidden bool) {
	verb := "unhide"
	if hidden {
		verb = "hide"
	}
	s.change(id, verb, func(c *Comment) { c.Hidden = hidden })
}

func (s *Sim) change(id, verb string, do func(*Comment)) {
	s.mu.Lock()
	c := s.comments[id]
	var e *Event
	if c != nil {
		do(c)
		s.pages[s.postOf(c).Page].wall.Wake()
		e = s.feedEvent(c, verb, s.cfg.Now())
	}
	s.mu.Unlock()
	s.emit(e)
}
