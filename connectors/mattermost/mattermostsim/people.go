package mattermostsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// AddUser makes a person known, who becomes a member of nothing, and returns the id.
// One that is known is changed.
func (s *Sim) AddUser(u User) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.ID = cmp.Or(u.ID, idOf("user", u.Username))
	u.Locale = cmp.Or(u.Locale, "vi")
	u.Roles = cmp.Or(u.Roles, "system_user")
	if u.IsBot {
		u.Email = cmp.Or(u.Email, u.Username+"@localhost")
	}
	if s.users[u.ID] == nil {
		s.order = append(s.order, u.ID)
	}
	s.users[u.ID] = &u
	s.watchers.Wake()
	return u.ID
}

// AddChannel makes a channel and returns its id.
func (s *Sim) AddChannel(c Channel) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.ID = cmp.Or(c.ID, idOf("channel", c.Name))
	c.TeamID, c.Type = s.team.ID, cmp.Or(c.Type, Open)
	c.DisplayName = cmp.Or(c.DisplayName, c.Name)
	c.CreateAt = s.cfg.Now().UnixMilli()
	c.UpdateAt = c.CreateAt
	if len(c.Members) == 0 {
		c.Members = slices.Clone(s.order)
	}
	for i, member := range c.Members {
		u, err := s.user(member)
		if err != nil {
			return "", err
		}
		c.Members[i] = u.ID
	}
	if s.channels[c.ID] == nil {
		s.rooms = append(s.rooms, c.ID)
	}
	s.channels[c.ID] = &c
	s.watchers.Wake()
	return c.ID, nil
}

// AddMember lets a user into a channel; the channel is told.
func (s *Sim) AddMember(channel, user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, u, err := s.both(channel, user)
	if err != nil || slices.Contains(c.Members, u.ID) {
		return err
	}
	c.Members = append(c.Members, u.ID)
	s.publish(event{Event: "user_added", Data: map[string]any{"user_id": u.ID, "team_id": c.TeamID}, Broadcast: broadcast{ChannelID: c.ID}})
	s.system(c, u, "system_add_to_channel", u.Username+" đã được thêm vào kênh.")
	return nil
}

// RemoveMember puts a user out of a channel; both are told.
func (s *Sim) RemoveMember(channel, user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, u, err := s.both(channel, user)
	if err != nil || !slices.Contains(c.Members, u.ID) {
		return err
	}
	c.Members = slices.DeleteFunc(c.Members, func(id string) bool { return id == u.ID })
	s.system(c, u, "system_remove_from_channel", u.Username+" đã bị đưa ra khỏi kênh.")
	s.publish(event{Event: "user_removed", Data: map[string]any{"user_id": u.ID, "remover_id": ""}, Broadcast: broadcast{ChannelID: c.ID}})
	s.publish(event{Event: "user_removed", Data: map[string]any{"channel_id": c.ID, "remover_id": ""}, Broadcast: broadcast{UserID: u.ID}})
	return nil
}

// Archive closes a channel: it is read, and nobody writes there any more.
func (s *Sim) Archive(channel string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channel(channel)
	if err != nil {
		return err
	}
	c.DeleteAt = s.millis()
	s.publish(event{Event: "channel_deleted", Data: map[string]any{"channel_id": c.ID, "delete_at": c.DeleteAt}, Broadcast: broadcast{TeamID: c.TeamID}})
	return nil
}

// Users are all, the bot too, as they came.
func (s *Sim) Users() (all []User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.order {
		all = append(all, *s.users[id])
	}
	return all
}

// UserID is that of a user's name; empty: there is none.
func (s *Sim) UserID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.user(name)
	if err != nil {
		return ""
	}
	return u.ID
}

// ChannelID is that of a channel's name; empty: there is none.
func (s *Sim) ChannelID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channel(name)
	if err != nil {
		return ""
	}
	return c.ID
}

// user is the one of that name or id. s.mu is held.
func (s *Sim) user(nameOrID string) (*User, error) {
	if u := s.users[nameOrID]; u != nil {
		return u, nil
	}
	for _, u := range s.users {
		if u.Username == strings.TrimPrefix(nameOrID, "@") {
			return u, nil
		}
	}
	return nil, fmt.Errorf("mattermostsim: không có người dùng %q", nameOrID)
}

// channel is the one of that name or id. s.mu is held.
func (s *Sim) channel(nameOrID string) (*Channel, error) {
	if c := s.channels[nameOrID]; c != nil {
		return c, nil
	}
	for _, c := range s.channels {
		if c.Name == strings.TrimPrefix(nameOrID, "~") {
			return c, nil
		}
	}
	return nil, fmt.Errorf("mattermostsim: không có kênh %q", nameOrID)
}

func (s *Sim) both(channel, user string) (*Channel, *User, error) {
	c, err := s.channel(channel)
	if err != nil {
		return nil, nil, err
	}
	u, err := s.user(user)
	return c, u, err
}

// direct is the channel of two people, made when they have none. s.mu is held.
func (s *Sim) direct(a, b string) *Channel {
	pair := []string{a, b}
	slices.Sort(pair)
	name := pair[0] + "__" + pair[1]
	id := idOf("channel", name)
	if c := s.channels[id]; c != nil {
		return c
	}
	c := &Channel{ID: id, Type: Direct, Name: name, Members: pair, CreateAt: s.cfg.Now().UnixMilli()}
	c.UpdateAt = c.CreateAt
	s.channels[id] = c
	s.rooms = append(s.rooms, id)
	for _, member := range pair {
		s.publish(event{Event: "direct_added", Data: map[string]any{"creator_id": a, "teammate_id": b}, Broadcast: broadcast{ChannelID: id, UserID: member}})
	}
	return c
}
