package mattermostsim

import (
	"maps"
	"net/http"
	"slices"
)

func (s *Sim) postPost(r *request) (answer, error) {
	var p Post
	if err := r.read("post", &p); err != nil {
		return answer{}, err
	}
	r.call.Channel, r.call.Root, r.call.Text = p.ChannelID, p.RootID, p.Message
	made, repeat, err := s.create(r.user, p)
	if err != nil {
		return answer{}, err
	}
	r.call.Post, r.call.Repeat = made.ID, repeat
	return created(s.answered(made, p.PendingPostID))
}

// answered is a post as the one who made it gets it.
func (s *Sim) answered(p *Post, pendingID string) Post {
	full := s.whole(p).shown()
	full.PendingPostID = pendingID
	return full
}

// Ephemeral is a post that one user alone sees, until the page is loaded anew.
type Ephemeral struct {
	User string `json:"user"` // who sees it
	Post Post   `json:"post"`
}

// Ephemerals are those that a user, by name or id, was shown, the earliest first.
func (s *Sim) Ephemerals(user string) (all []Post) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.user(user)
	if err != nil {
		return nil
	}
	for _, e := range s.ephemeral {
		if e.User == u.ID {
			all = append(all, e.Post.clone())
		}
	}
	return all
}

func (s *Sim) postEphemeral(r *request) (answer, error) {
	var body struct {
		User string `json:"user_id"`
		Post Post   `json:"post"`
	}
	if err := r.read("body", &body); err != nil {
		return answer{}, err
	}
	r.call.Channel, r.call.Root, r.call.Text = body.Post.ChannelID, body.Post.RootID, body.Post.Message
	c := s.channels[body.Post.ChannelID]
	switch {
	case body.User == "" || c == nil:
		return answer{}, badParam("user_id")
	case !s.cfg.Administrator:
		return answer{}, forbidden()
	case !slices.Contains(c.Members, body.User):
		return answer{}, bad("api.context.invalid_body_param.app_error", "Invalid or missing user_id in request body.")
	}
	body.Post.UserID = r.user.ID
	return created(s.whisper(body.User, body.Post).shown())
}

// whisper shows a post to one user. s.mu is held.
func (s *Sim) whisper(user string, p Post) Post {
	p = p.clone()
	p.ID, p.Type = newID(), "system_ephemeral"
	p.CreateAt = s.millis()
	p.UpdateAt = p.CreateAt
	s.ephemeral = append(s.ephemeral, Ephemeral{User: user, Post: p})
	told := s.about("ephemeral_message", &p)
	told.Broadcast = broadcast{UserID: user}
	s.publish(told)
	s.watchers.Wake()
	return p
}

// readable is the post of the path, if the caller may see it.
func (s *Sim) readable(r *request) (*Post, error) {
	p, err := s.standing(r.PathValue("post"))
	if err != nil {
		return nil, err
	}
	r.call.Post, r.call.Channel = p.ID, p.ChannelID
	_, err = s.mayRead(r.user, p.ChannelID)
	return p, err
}

func (s *Sim) getPost(r *request) (answer, error) {
	p, err := s.readable(r)
	if err != nil {
		return answer{}, err
	}
	return ok(s.whole(p).shown())
}

func (s *Sim) patchPost(r *request) (answer, error) {
	var patch struct {
		Pinned  *bool           `json:"is_pinned"`
		Message *string         `json:"message"`
		Props   *map[string]any `json:"props"`
	}
	if err := r.read("post", &patch); err != nil {
		return answer{}, err
	}
	p, err := s.readable(r)
	if err != nil || p.UserID != r.user.ID {
		return answer{}, forbidden() // for a post that is not there too
	}
	if patch.Message != nil {
		r.call.Text = *patch.Message
	}
	err = s.revise(p, func(p *Post) {
		if patch.Pinned != nil {
			p.IsPinned = *patch.Pinned
		}
		if patch.Message != nil {
			p.Message = *patch.Message
		}
		if patch.Props != nil {
			p.Props = maps.Clone(*patch.Props)
		}
	})
	if err != nil {
		return answer{}, err
	}
	return ok(s.whole(p).shown())
}

func (s *Sim) deletePost(r *request) (answer, error) {
	p, err := s.readable(r)
	if err != nil || p.UserID != r.user.ID && !s.cfg.Administrator {
		return answer{}, forbidden() // for a post that is not there too
	}
	if err := s.remove(p, r.user.ID); err != nil {
		return answer{}, err
	}
	return done()
}

func (s *Sim) postReaction(r *request) (answer, error) {
	var made Reaction
	if err := r.read("reaction", &made); err != nil {
		return answer{}, err
	}
	p, err := s.standing(made.PostID)
	switch {
	case !isID(made.UserID) || !isID(made.PostID) || made.EmojiName == "":
		return answer{}, bad("api.reaction.save_reaction.invalid.app_error", "Reaction is not valid.")
	case made.UserID != r.user.ID:
		return answer{}, refuse(http.StatusForbidden, "api.reaction.save_reaction.user_id.app_error", "You cannot save reaction for the other user.")
	case s.byID[made.PostID] == nil:
		return answer{}, forbidden()
	}
	if _, err := s.mayRead(r.user, s.byID[made.PostID].ChannelID); err != nil {
		return answer{}, err
	}
	if err != nil { // it was deleted
		return answer{}, err
	}
	r.call.Post, r.call.Channel, r.call.Text = p.ID, p.ChannelID, made.EmojiName
	return ok(s.react(p, r.user, made.EmojiName))
}

// react puts an emoji on a post, once for each user.
func (s *Sim) react(p *Post, u *User, emoji string) Reaction {
	for _, there := range p.Metadata.Reactions {
		if there.UserID == u.ID && there.EmojiName == emoji {
			return there
		}
	}
	made := Reaction{UserID: u.ID, PostID: p.ID, EmojiName: emoji, CreateAt: s.millis()}
	p.Metadata.Reactions = append(p.Metadata.Reactions, made)
	p.HasReactions, p.UpdateAt = true, made.CreateAt
	s.reacted("reaction_added", p, made)
	return made
}

// unreact takes an emoji back.
func (s *Sim) unreact(p *Post, u *User, emoji string) {
	p.Metadata.Reactions = slices.DeleteFunc(p.Metadata.Reactions, func(r Reaction) bool {
		gone := r.UserID == u.ID && r.EmojiName == emoji
		if gone {
			s.reacted("reaction_removed", p, r)
		}
		return gone
	})
	p.HasReactions, p.UpdateAt = len(p.Metadata.Reactions) > 0, s.millis()
}

func (s *Sim) reacted(name string, p *Post, r Reaction) {
	s.publish(event{Event: name, Data: map[string]any{"reaction": text(r)}, Broadcast: broadcast{ChannelID: p.ChannelID}})
	s.watchers.Wake()
}

// React has a person put an emoji on a post, or take it back.
func (s *Sim) React(user, post, emoji string, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.user(user)
	if err != nil {
		return err
	}
	p, err := s.standing(post)
	if err != nil {
		return err
	}
	if _, err := s.mayRead(u, p.ChannelID); err != nil {
		return err
	}
	if on {
		s.react(p, u, emoji)
	} else {
		s.unreact(p, u, emoji)
	}
	return nil
}

// getReactions lists those of a deleted post as well.
func (s *Sim) getReactions(r *request) (answer, error) {
	p := s.byID[r.PathValue("post")]
	if p == nil {
		return answer{}, forbidden()
	}
	r.call.Post, r.call.Channel = p.ID, p.ChannelID
	if _, err := s.mayRead(r.user, p.ChannelID); err != nil {
		return answer{}, err
	}
	return ok(append([]Reaction{}, p.Metadata.Reactions...))
}

func (s *Sim) deleteReaction(r *request) (answer, error) {
	p, err := s.readable(r)
	if err != nil {
		return answer{}, err
	}
	if s.meant(r) != r.user.ID {
		return answer{}, forbidden()
	}
	s.unreact(p, r.user, r.PathValue("emoji"))
	return done()
}
