package main

import (
	"cmp"
	"context"
	"strings"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/mattermost"
	"tongdai/inbox"
)

// mattermost makes a bot at a team chat. What its buttons carry is signed with a key of
// its own.
func (a *app) mattermost(c configs.Channel) (*mattermost.Bridge, error) {
	secret, err := a.derived("mattermost "+c.ID, 32)
	if err != nil {
		return nil, err
	}
	channel := connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind), Name: c.Name}
	return mattermost.New(mattermost.Config{
		Channel: channel, URL: c.MattermostURL, Token: string(c.MattermostToken), Team: c.Team, Places: c.ChannelOf(), Leaders: c.Leaders,
		Prefix: c.AnswerPrefix, Hook: a.callback(c, channel), CommandToken: string(c.CommandToken), Secret: secret,
		MailUnproven: !c.TrustMail, MaxFile: int64(c.ChatFile),
	}, mattermost.Deps{Files: a.media, Bookmarks: bookmarks{a}, Informer: informer{a}, Logger: a.log})
}

// callback is where a Mattermost server reaches us; "": nowhere that we know of. One
// that is spoken to in the clear stands beside us and needs no public address.
func (a *app) callback(c configs.Channel, channel connectors.Channel) string {
	if base := cmp.Or(c.CallbackURL, a.cfg.Organisation.URL); base != "" {
		return base + hookPath(channel)
	}
	if strings.HasPrefix(c.MattermostURL, "http:") {
		return a.hookAddress(channel)
	}
	return ""
}

// informer is the hub, which is made after the channels, as people at a bridge ask it.
type informer struct{ a *app }

var _ connectors.Informer = informer{}

func (i informer) hub() inbox.Asked { return inbox.Asked{Hub: i.a.hub} }

func (i informer) Search(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague, question string) ([]connectors.Found, error) {
	return i.hub().Search(ctx, bridge, by, question)
}

func (i informer) Show(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague, code string) (connectors.Matter, []connectors.Item, error) {
	return i.hub().Show(ctx, bridge, by, code)
}

func (i informer) OnDuty(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague) ([]string, error) {
	return i.hub().OnDuty(ctx, bridge, by)
}

func (i informer) Link(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague, code string) (string, error) {
	return i.hub().Link(ctx, bridge, by, code)
}

// mattermost looks whether the server is reached and, where it calls us, whether its
// calls lead to the hub.
func (c *channelCheck) mattermost(ctx context.Context, channel configs.Channel, callback string) {
	c.server(ctx, channel.MattermostURL)
	if callback == "" {
		c.good("không có nút bấm và lệnh /1022: chưa đặt callback_url hoặc organisation.url")
		return
	}
	c.hook(ctx, callback)
}
