package mattermostsim

import (
	"slices"
	"time"
)

// Call is one call of the bot and what it was answered.
type Call struct {
	At      time.Time `json:"at"`
	Name    string    `json:"name"` // "POST /posts"
	Path    string    `json:"path"` // with the query
	Post    string    `json:"post,omitempty"`
	Channel string    `json:"channel,omitempty"`
	Root    string    `json:"root,omitempty"`
	Text    string    `json:"text,omitempty"`
	Status  int       `json:"status,omitempty"`
	ErrorID string    `json:"errorId,omitempty"` // of a refusal
	Repeat  bool      `json:"repeat,omitempty"`  // the post was there already, by its pending_post_id
	Cut     bool      `json:"cut,omitempty"`     // the caller did not get the whole answer
	Made    bool      `json:"made,omitempty"`    // a fault made the answer up; nothing was done
}

// Outward is a call of the server to the hub, for a button, a dialog or a command.
type Outward struct {
	At     time.Time     `json:"at"`
	Kind   string        `json:"kind"` // action, dialog, command
	URL    string        `json:"url"`
	User   string        `json:"user"`
	Status int           `json:"status"` // zero: none came
	Error  string        `json:"error,omitempty"`
	Took   time.Duration `json:"took"`
}

// Ledger is everything that was said and called, in order.
type Ledger struct {
	Posts   []Post    `json:"posts"` // as they are now, with where buttons lead; the old versions too
	Calls   []Call    `json:"calls"`
	Outward []Outward `json:"outward"`
	// Warnings are what a real server takes and real clients then show wrongly.
	Warnings []string `json:"warnings"`
}

// Ledger returns a copy of what happened so far.
func (s *Sim) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Ledger{Calls: slices.Clone(s.calls), Outward: slices.Clone(s.outward), Warnings: slices.Clone(s.warnings)}
	for _, p := range s.posts {
		l.Posts = append(l.Posts, s.whole(p))
	}
	return l
}

// CallsOf are the calls of that name, in order.
func (l Ledger) CallsOf(name string) (all []Call) {
	for _, c := range l.Calls {
		if c.Name == name {
			all = append(all, c)
		}
	}
	return all
}

// Thread is a root and its answers as they stand there now, the earliest first, with
// where buttons lead. It is empty when there is none.
func (s *Sim) Thread(root string) (all []Post) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.posts {
		if (p.ID == root || p.RootID == root) && p.DeleteAt == 0 {
			all = append(all, s.whole(p))
		}
	}
	return all
}

// Channel are the posts of a channel, by name or id, as Thread tells them.
func (s *Sim) Channel(channel string) (all []Post) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channel(channel)
	if err != nil {
		return nil
	}
	for _, p := range s.posts {
		if p.ChannelID == c.ID && p.DeleteAt == 0 {
			all = append(all, s.whole(p))
		}
	}
	return all
}

// Post is the one of that id, as it is now; false: there is none.
func (s *Sim) Post(id string) (Post, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byID[id]
	if p == nil {
		return Post{}, false
	}
	return s.whole(p), true
}

func (s *Sim) warn(words string) {
	s.warnings = append(s.warnings, words)
}
