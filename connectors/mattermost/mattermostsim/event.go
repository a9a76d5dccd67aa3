package mattermostsim

import (
	"encoding/json"
	"slices"
	"time"
)

// event is what sockets are told.
type event struct {
	Event     string         `json:"event"`
	Data      map[string]any `json:"data"`
	Broadcast broadcast      `json:"broadcast"`
	Seq       int64          `json:"seq"`
}

// broadcast is to whom an event goes.
type broadcast struct {
	Omit      map[string]bool `json:"omit_users"`
	UserID    string          `json:"user_id"`
	ChannelID string          `json:"channel_id"`
	TeamID    string          `json:"team_id"`
}

// text is v as JSON, as it lies inside of events.
func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic("mattermostsim: what came as JSON is none: " + err.Error())
	}
	return string(data)
}

// posted tells the channel of a new post.
func (s *Sim) posted(c *Channel, p *Post) {
	full := s.whole(p).shown()
	full.PendingPostID = p.PendingPostID
	data := map[string]any{
		"channel_display_name": c.DisplayName, "channel_name": c.Name, "channel_type": string(c.Type),
		"post": text(full), "sender_name": "@" + s.users[p.UserID].Username, "team_id": c.TeamID, "set_online": true,
	}
	if ids := s.mentioned(c, p.Message); len(ids) > 0 {
		data["mentions"] = text(ids)
	}
	if len(p.FileIDs) > 0 {
		data["otherFile"] = "true"
	}
	s.publish(event{Event: "posted", Data: data, Broadcast: broadcast{ChannelID: c.ID}})
}

// about is an event that brings a post as it is now.
func (s *Sim) about(name string, p *Post) event {
	return event{Event: name, Data: map[string]any{"post": text(s.whole(p).shown())}, Broadcast: broadcast{ChannelID: p.ChannelID}}
}

// publish brings an event to all sockets that may have it, in the manner that the
// server has just now. s.mu is held.
func (s *Sim) publish(e event) {
	times := 1
	if s.unruly.Double {
		times = 2
	}
	for range times {
		if s.unruly.Shuffle > 0 {
			s.hold(e)
		} else {
			s.fan(e)
		}
	}
}

// hold keeps an event until the time is over, and then brings the last first.
func (s *Sim) hold(e event) {
	s.held = append(s.held, func() { s.fan(e) })
	if len(s.held) > 1 {
		return
	}
	time.AfterFunc(s.unruly.Shuffle, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		held := s.held
		s.held = nil
		for _, bring := range slices.Backward(held) {
			bring()
		}
	})
}

func (s *Sim) fan(e event) {
	for _, k := range s.sockets {
		if s.mayHear(k.user, e.Broadcast) {
			s.push(k, &e)
		}
	}
}

// mayHear tells whether an event is for a user. A revoked token hears nothing.
func (s *Sim) mayHear(user string, to broadcast) bool {
	switch {
	case s.revoked || to.Omit[user]:
		return false
	case to.UserID != "":
		return to.UserID == user
	case to.ChannelID != "":
		c := s.channels[to.ChannelID]
		return c != nil && slices.Contains(c.Members, user)
	}
	return true
}
