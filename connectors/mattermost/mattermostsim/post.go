package mattermostsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// pending is a post that was made with a pending_post_id.
type pending struct {
	post string
	at   time.Time
}

// create makes a post of a user after all the checks of the server. The second value
// tells that it was there already, by its pending_post_id. s.mu is held.
func (s *Sim) create(u *User, p Post) (*Post, bool, error) {
	c, err := s.mayRead(u, p.ChannelID)
	if err != nil {
		return nil, false, err
	}
	switch {
	case strings.HasPrefix(p.Type, "system_"):
		return nil, false, bad("api.context.invalid_param.app_error", "Invalid post.type parameter.")
	case c.DeleteAt > 0:
		return nil, false, bad("api.post.create_post.can_not_post_to_deleted.error", "Can not post to deleted channel.")
	}
	if known := s.known(u, p.PendingPostID); known != nil {
		return known, true, nil
	}
	if err := s.mayPost(c, p); err != nil {
		return nil, false, err
	}
	p.UserID = u.ID
	s.put(c, &p)
	if p.PendingPostID != "" {
		s.pending[u.ID+p.PendingPostID] = pending{p.ID, s.cfg.Now()}
	}
	return &p, false, nil
}

// known is the post that was made with this pending_post_id a short while ago.
func (s *Sim) known(u *User, id string) *Post {
	before, ok := s.pending[u.ID+id]
	if id == "" || !ok || s.unruly.NoDedup || s.cfg.Now().Sub(before.at) > s.cfg.PendingLife {
		return nil
	}
	return s.byID[before.post]
}

// mayPost is what the server looks at before it takes a new post.
func (s *Sim) mayPost(c *Channel, p Post) error {
	if p.RootID != "" {
		root := s.byID[p.RootID]
		switch {
		case root == nil || root.DeleteAt > 0 || root.RootID != "" || root.OriginalID != "":
			return bad("api.post.create_post.root_id.app_error", "Invalid RootId parameter.")
		case root.ChannelID != c.ID:
			return bad("api.post.create_post.channel_root_id.app_error", "Invalid ChannelId for RootId parameter.")
		}
	}
	if known := p.Type == "" || p.Type == "me" || p.Type == "slack_attachment"; !known && !strings.HasPrefix(p.Type, "custom_") {
		return bad("model.post.is_valid.type.app_error", "Invalid type.")
	}
	return s.fits(p)
}

// fits is what the server looks at in every post.
func (s *Sim) fits(p Post) error {
	if n := utf8.RuneCountInString(p.Message); n > s.cfg.Limits.Message {
		return bad("model.post.is_valid.msg.app_error", "Post Message property is longer than the maximum permitted length.")
	}
	if runes(p.Props) > s.cfg.Limits.Props {
		return bad("model.post.is_valid.props.app_error", "Invalid props.")
	}
	if runes(p.FileIDs) > s.cfg.Limits.FileIDs {
		return bad("model.post.is_valid.file_ids.app_error", "Invalid file ids. Note that uploads are limited to 10 files maximum. Please use additional posts for more files.")
	}
	return nil
}

// runes counts the characters of v as JSON.
func runes(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return utf8.RuneCount(data)
}

// put files the post, whoever says it, and tells the channel. s.mu is held.
func (s *Sim) put(c *Channel, p *Post) {
	now := s.millis()
	p.ID, p.ChannelID = newID(), c.ID
	p.CreateAt, p.UpdateAt, p.EditAt, p.DeleteAt, p.OriginalID = now, now, 0, 0, ""
	p.ReplyCount, p.HasReactions, p.Metadata = 0, false, Metadata{}
	p.Props = cloned(p.Props)
	if u := s.users[p.UserID]; u != nil && u.IsBot {
		p.Props["from_bot"] = "true"
	}
	s.complete(p)
	p.FileIDs = s.attach(p)
	s.posts = append(s.posts, p)
	s.byID[p.ID] = p
	if root := s.byID[p.RootID]; root != nil {
		root.UpdateAt, root.LastReplyAt = now, now
		root.ReplyCount++
	}
	delete(s.typing, c.ID)
	s.posted(c, p)
	s.watchers.Wake()
}

// complete gives actions without an id one, and warns of what would not work.
func (s *Sim) complete(p *Post) {
	if shown, is := p.Props["attachments"]; is {
		if _, list := shown.([]any); !list {
			s.warn("props.attachments is no list")
		}
	}
	eachAction(p.Props, func(action map[string]any) {
		id, _ := action["id"].(string)
		if id == "" {
			action["id"] = newID()
		} else if strings.ContainsFunc(id, isNeitherLetterNorDigit) {
			s.warn(fmt.Sprintf("the action id %q has more than letters and digits, and so the button does nothing", id))
		}
		if name, _ := action["name"].(string); name == "" {
			s.warn(fmt.Sprintf("the action %q has no name", id))
		}
		if target, _ := action["integration"].(map[string]any); target["url"] == nil || target["url"] == "" {
			s.warn(fmt.Sprintf("the action %q leads nowhere", id))
		}
	})
}

func isNeitherLetterNorDigit(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
}

// revise changes a post, keeping the old version, and tells the channel.
func (s *Sim) revise(p *Post, change func(*Post)) error {
	switch {
	case strings.HasPrefix(p.Type, "system_"):
		return bad("api.post.update_post.system_message.app_error", "Unable to update system message.")
	case s.channels[p.ChannelID].DeleteAt > 0:
		return bad("api.post.update_post.can_not_update_post_in_deleted.error", "Can not update a post in a deleted channel.")
	}
	next := p.clone()
	change(&next)
	next.Props = cloned(next.Props)
	if err := s.fits(next); err != nil {
		return err
	}
	old := p.clone()
	now := s.millis()
	old.ID, old.OriginalID = newID(), p.ID
	old.DeleteAt, old.UpdateAt = now, now
	s.posts = append(s.posts, &old)
	s.byID[old.ID] = &old
	s.complete(&next)
	if next.Message != p.Message || !slices.Equal(next.FileIDs, p.FileIDs) || text(next.Props["attachments"]) != text(p.Props["attachments"]) {
		next.EditAt = now
	}
	next.UpdateAt = now
	*p = next
	if root := s.byID[p.RootID]; root != nil {
		root.UpdateAt = now
	}
	s.publish(s.about("post_edited", p))
	s.watchers.Wake()
	return nil
}

// remove deletes a post, its answers with it, and tells the channel of it alone, as
// it was.
func (s *Sim) remove(p *Post, by string) error {
	if s.channels[p.ChannelID].DeleteAt > 0 {
		return bad("api.post.delete_post.can_not_delete_post_in_deleted.error", "Can not delete a post in a deleted channel.")
	}
	told := s.about("post_deleted", p)
	now := s.millis()
	for _, one := range s.posts {
		if (one.ID == p.ID || one.RootID == p.ID) && one.DeleteAt == 0 {
			one.DeleteAt, one.UpdateAt = now, now
			one.Props["deleteBy"] = by
		}
	}
	if root := s.byID[p.RootID]; root != nil {
		root.ReplyCount--
	}
	s.publish(told)
	s.watchers.Wake()
	return nil
}

// whole is a copy of the post with its files and reactions.
func (s *Sim) whole(p *Post) Post {
	full := p.clone()
	full.PendingPostID = ""
	for _, id := range p.FileIDs {
		if f := s.files[id]; f != nil && p.DeleteAt == 0 {
			full.Metadata.Files = append(full.Metadata.Files, f.info)
		}
	}
	return full
}

// mentioned are the users whom a message calls by name.
func (s *Sim) mentioned(c *Channel, message string) (ids []string) {
	words := strings.FieldsFunc(message, func(r rune) bool { return r == ' ' || r == '\n' || r == ',' || r == ':' })
	for _, id := range c.Members {
		if slices.Contains(words, "@"+s.users[id].Username) {
			ids = append(ids, id)
		}
	}
	return ids
}

// system is what the server itself says in a channel about a user.
func (s *Sim) system(c *Channel, u *User, kind, words string) {
	s.put(c, &Post{UserID: u.ID, Type: kind, Message: words, Props: map[string]any{"username": u.Username}})
}

// File is one that is sent with a post.
type File struct {
	Name string
	Data []byte
}

// Say has a person write in a channel, both by name or id, in the thread of root
// unless that is empty, and returns the post's id. What the server would refuse is an
// error.
func (s *Sim) Say(channel, user, root, text string, files ...File) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.say(channel, user, root, text, nil, files)
}

// SayAs is Say with props: of a webhook or plugin, "from_webhook" or "from_plugin".
func (s *Sim) SayAs(channel, user, root, text string, props map[string]any) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.say(channel, user, root, text, props, nil)
}

func (s *Sim) say(channel, user, root, text string, props map[string]any, files []File) (string, error) {
	c, u, err := s.both(channel, user)
	if err != nil {
		return "", err
	}
	p := Post{ChannelID: c.ID, RootID: root, Message: text, Props: props}
	for _, f := range files {
		kept, err := s.keep(u, c, f)
		if err != nil {
			return "", err
		}
		p.FileIDs = append(p.FileIDs, kept.info.ID)
	}
	made, _, err := s.create(u, p)
	if err != nil {
		return "", err
	}
	return made.ID, nil
}

// Edit changes what was said; who said it does.
func (s *Sim) Edit(post, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.standing(post)
	if err != nil {
		return err
	}
	return s.revise(p, func(p *Post) { p.Message = text })
}

// Delete takes back what was said, and what was answered to it.
func (s *Sim) Delete(post string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.standing(post)
	if err != nil {
		return err
	}
	return s.remove(p, p.UserID)
}

// standing is the post of that id, if it still stands there. s.mu is held.
func (s *Sim) standing(id string) (*Post, error) {
	p := s.byID[id]
	if p == nil || p.DeleteAt > 0 {
		return nil, missing("app.post.get.app_error", "post")
	}
	return p, nil
}
