package mattermostsim

import (
	"net/http"
	"slices"
	"strings"
)

// visible is a user as others see one.
func (s *Sim) visible(u *User) User {
	shown := *u
	if s.cfg.HideEmail && u.ID != s.bot {
		shown.Email = ""
	}
	return shown
}

func (s *Sim) getMe(r *request) (answer, error) { return ok(s.visible(r.user)) }

func (s *Sim) getUser(r *request) (answer, error) {
	u := s.users[s.meant(r)]
	if u == nil {
		return answer{}, missing("app.user.missing_account.const", "user")
	}
	return ok(s.visible(u))
}

// meant is the user that the path names, who may be "me".
func (s *Sim) meant(r *request) string {
	if id := r.PathValue("user"); id != "me" {
		return id
	}
	return r.user.ID
}

func (s *Sim) postUserIDs(r *request) (answer, error) {
	return s.chosen(r, "user_ids", func(u *User) string { return u.ID })
}

func (s *Sim) postUsernames(r *request) (answer, error) {
	return s.chosen(r, "usernames", func(u *User) string { return u.Username })
}

// chosen are the users whose key is in the body. Those that are not there are left
// out.
func (s *Sim) chosen(r *request, name string, key func(*User) string) (answer, error) {
	var keys []string
	if err := r.read(name, &keys); err != nil || len(keys) == 0 {
		return answer{}, badParam(name)
	}
	all := []User{}
	for _, id := range s.order {
		if u := s.users[id]; slices.Contains(keys, key(u)) {
			all = append(all, s.visible(u))
		}
	}
	return ok(all)
}

func (s *Sim) getUserByEmail(r *request) (answer, error) {
	if s.cfg.HideEmail && !s.cfg.Administrator {
		return answer{}, refuse(http.StatusForbidden, "api.user.get_user_by_email.permissions.app_error", "Unable to get user by email.")
	}
	for _, u := range s.users {
		if strings.EqualFold(u.Email, r.PathValue("email")) {
			return ok(s.visible(u))
		}
	}
	return answer{}, missing("app.user.missing_account.const", "user")
}

func (s *Sim) getUserByName(r *request) (answer, error) {
	for _, u := range s.users {
		if u.Username == strings.ToLower(r.PathValue("name")) {
			return ok(s.visible(u))
		}
	}
	return answer{}, missing("app.user.get_by_username.app_error", "user")
}

func (s *Sim) postTyping(r *request) (answer, error) {
	var body struct {
		Channel string `json:"channel_id"`
		Parent  string `json:"parent_id"`
	}
	if err := r.read("typing", &body); err != nil {
		return answer{}, err
	}
	c, err := s.mayRead(r.user, body.Channel)
	if err != nil || s.meant(r) != r.user.ID {
		return answer{}, forbidden()
	}
	s.typing[c.ID] = s.cfg.Now()
	s.publish(event{Event: "typing", Data: map[string]any{"parent_id": body.Parent, "user_id": r.user.ID}, Broadcast: broadcast{ChannelID: c.ID, Omit: map[string]bool{r.user.ID: true}}})
	s.watchers.Wake()
	return done()
}

func (s *Sim) getTeam(r *request) (answer, error) {
	if r.PathValue("team") != s.team.ID {
		return answer{}, missing("app.team.get.find.app_error", "team")
	}
	return ok(s.shownTeam())
}

func (s *Sim) getTeamByName(r *request) (answer, error) {
	if !strings.EqualFold(r.PathValue("name"), s.team.Name) {
		return answer{}, missing("app.team.get_by_name.missing.app_error", "team")
	}
	return ok(s.shownTeam())
}

func (s *Sim) shownTeam() Team {
	team := s.team
	team.Type = "I" // by invitation
	return team
}

func (s *Sim) getChannelByName(r *request) (answer, error) {
	if team := r.PathValue("team"); team != s.team.ID && !strings.EqualFold(team, s.team.Name) {
		return answer{}, missing("app.team.get_by_name.missing.app_error", "team")
	}
	for _, c := range s.channels {
		if c.Name != strings.ToLower(r.PathValue("channel")) || c.TeamID == "" || c.DeleteAt > 0 {
			continue
		}
		if c.Type == Open || slices.Contains(c.Members, r.user.ID) {
			return ok(c)
		}
	}
	return answer{}, missing("app.channel.get_by_name.missing.app_error", "channel")
}

func (s *Sim) getChannel(r *request) (answer, error) {
	c := s.channels[r.PathValue("channel")]
	switch {
	case c == nil:
		return answer{}, missing("app.channel.get.existing.app_error", "channel")
	case c.Type != Open && !slices.Contains(c.Members, r.user.ID):
		return answer{}, forbidden()
	}
	return ok(c)
}

func (s *Sim) getMember(r *request) (answer, error) {
	c, err := s.mayRead(r.user, r.PathValue("channel"))
	if err != nil {
		return answer{}, err
	}
	if !slices.Contains(c.Members, s.meant(r)) {
		return answer{}, missing("app.channel.get_member.missing.app_error", "channel member")
	}
	return ok(map[string]any{"channel_id": c.ID, "user_id": s.meant(r), "roles": "channel_user"})
}

func (s *Sim) postDirect(r *request) (answer, error) {
	var pair []string
	if err := r.read("user_ids", &pair); err != nil || len(pair) != 2 {
		return answer{}, badParam("user_ids")
	}
	if s.users[pair[0]] == nil || s.users[pair[1]] == nil {
		return answer{}, badParam("user_ids")
	}
	if !slices.Contains(pair, r.user.ID) {
		return answer{}, forbidden()
	}
	return created(s.direct(pair[0], pair[1]))
}

// mayRead is the channel, when the user is a member of it.
func (s *Sim) mayRead(u *User, channel string) (*Channel, error) {
	c := s.channels[channel]
	if c == nil || !slices.Contains(c.Members, u.ID) {
		return nil, forbidden()
	}
	return c, nil
}

func (s *Sim) getPing(r *request) (answer, error) {
	return ok(map[string]string{"AndroidLatestVersion": "", "AndroidMinVersion": "", "IosLatestVersion": "", "IosMinVersion": "", "status": "OK"})
}

func (s *Sim) getConfig(r *request) (answer, error) {
	if r.URL.Query().Get("format") != "old" {
		return answer{}, bad("api.config.client.old_format.app_error", "New format for the client configuration is not supported yet. Please specify format=old in the query string.")
	}
	return ok(map[string]string{
		"Version": s.cfg.Version, "SiteName": "Mattermost", "SiteURL": s.url, "EnableFileAttachments": "true",
		"EnableReliableWebSockets": "true", "DefaultClientLocale": "vi",
	})
}
