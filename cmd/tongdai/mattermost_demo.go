package main

import (
	"context"
	"fmt"
	"strings"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/mattermost/mattermostsim"
	"tongdai/inbox"
)

// simulatedChat is the id of the team chat of demonstrations and tests.
const simulatedChat = "mattermost-1022"

// chatCommand proves calls of the slash command in demonstrations and tests.
const chatCommand = "demo-command-token-1022"

// chatAddress is where the team chat of a demonstration is, unless something else is
// there already.
const chatAddress = "127.0.0.1:8093"

// chatPeople are those of the demonstration who work in the team chat, by the login
// that they have at the desk; "" has none, and so may only note.
var chatPeople = []struct {
	login string
	user  mattermostsim.User
}{
	{"soyte", mattermostsim.User{Username: "ha.pt", FirstName: "Phạm Thu Hà", Email: "ha.pt@thanhhoa.example"}},
	{"lan", mattermostsim.User{Username: "lan.lt", FirstName: "Lê Thị Lan", Email: "lan.lt@thanhhoa.example"}},
	{"truongca", mattermostsim.User{Username: "hanh.tt", FirstName: "Trịnh Thị Hạnh", Email: "hanh.tt@thanhhoa.example"}},
	{"", mattermostsim.User{Username: "khach", FirstName: "Khách vãng lai", Email: "khach@example.com"}},
}

// chatConfig is a server with the places of the demonstration.
func chatConfig(listen string) mattermostsim.Config {
	cfg := mattermostsim.Config{Listen: listen, CommandRoot: true, Channels: []mattermostsim.Channel{
		{Name: "so-y-te", DisplayName: "Sở Y tế", Type: mattermostsim.Private, Header: "Việc người dân gửi tới ngành y tế"},
		{Name: "lanh-dao", DisplayName: "Lãnh đạo", Type: mattermostsim.Private, Header: "Tin khẩn, quá hạn, kênh trục trặc"},
		{Name: "chung", DisplayName: "Chung", Type: mattermostsim.Open},
	}}
	for _, p := range chatPeople {
		cfg.Users = append(cfg.Users, p.user)
	}
	return cfg
}

// startDemoChat starts the team chat of a demonstration.
func startDemoChat() (*mattermostsim.Sim, error) {
	return atOrElsewhere(chatAddress, func(listen string) (*mattermostsim.Sim, error) { return mattermostsim.Start(chatConfig(listen)) })
}

// chatChannel is a channel for the bot of a simulated server.
func chatChannel(sim *mattermostsim.Sim) configs.Channel {
	return configs.Channel{
		ID: simulatedChat, Kind: configs.KindMattermost, Name: "Mattermost",
		Mattermost: configs.Mattermost{
			MattermostURL: sim.URL(), MattermostToken: configs.Secret(sim.Config().Token), Team: sim.Config().Team.Name,
			Places: []configs.MattermostPlace{{Unit: "so-y-te", Channel: "so-y-te"}}, Leaders: "lanh-dao", AnswerPrefix: "!",
			CommandToken: chatCommand, TrustMail: true, ChatFile: 25 * configs.MB,
		},
	}
}

// chatYAML is the same channel as an item of a configuration file, for a hub that the
// server reaches at an address.
func chatYAML(sim *mattermostsim.Sim, hub string) string {
	c := chatChannel(sim)
	return fmt.Sprintf(`  - id: %s
    kind: %s
    name: %q
    mattermost_url: %q
    mattermost_token: %q
    team: %q
    places: [{unit: so-y-te, channel: so-y-te}]
    leaders: %s
    callback_url: %q
    command_token: %q
`, c.ID, c.Kind, c.Name, c.MattermostURL, string(c.MattermostToken), c.Team, c.Leaders, hub, string(c.CommandToken))
}

// worksInChat lets the people of the demonstration be known in the team chat by their
// addresses, and the chat know the slash command of a hub at an address.
func (a *app) worksInChat(ctx context.Context, sim *mattermostsim.Sim, hub string) error {
	boss := inbox.Actor{Member: inbox.Member{ID: "demo", Role: inbox.Admin}, Address: "console"}
	for _, p := range chatPeople {
		if p.login == "" {
			continue
		}
		var m inbox.Member
		err := a.store.View(ctx, func(tx inbox.Reader) (err error) {
			m, err = tx.MemberByLogin(p.login)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", p.login, err)
		}
		if strings.EqualFold(m.Email, p.user.Email) {
			continue
		}
		change := inbox.MemberChange{Name: m.Name, Phone: m.Phone, Email: p.user.Email, Role: m.Role, Departments: m.Departments}
		if _, err := a.hub.ChangeMember(ctx, boss, m.ID, change); err != nil {
			return err
		}
	}
	hook := hub + hookPath(connectors.Channel{ID: simulatedChat, Kind: string(configs.KindMattermost)})
	sim.SetCommand(mattermostsim.Command{Trigger: "1022", URL: hook + "/command", Token: chatCommand})
	return nil
}
