package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

// simulatedZalo is the id of the Official Account of demonstrations and load tests.
const simulatedZalo = "zalo-1022"

// zaloChannel is a channel for the first account of a simulated Zalo.
func zaloChannel(sim *zalosim.Sim) configs.Channel {
	platform := sim.Config()
	return configs.Channel{
		ID: simulatedZalo, Kind: configs.KindZalo, Name: platform.OAs[0].Name,
		App: configs.App{
			AppID: platform.AppID, AppSecret: configs.Secret(platform.AppSecret),
			MediaHosts: []string{strings.TrimPrefix(sim.URL(), "http://")},
		},
		Hooked: configs.Hooked{WebhookSecret: configs.Secret(platform.OASecret)},
		Zalo: configs.Zalo{
			OaID:        platform.OAs[0].ID,
			ReplyWindow: platform.Window, FreeWindow: platform.FreeWindow, PerMinute: platform.PerMinute, Buttons: 4,
			OauthURL: sim.URL(), OpenapiURL: sim.URL(),
		},
	}
}

// zaloYAML is the same channel as an item of a configuration file.
func zaloYAML(sim *zalosim.Sim) string {
	c := zaloChannel(sim)
	return fmt.Sprintf(`  - id: %s
    kind: %s
    name: %q
    app_id: %q
    app_secret: %q
    oa_id: %q
    webhook_secret: %q
    per_minute: %d
    oauth_url: %q
    openapi_url: %q
    media_hosts: [%q]
`, c.ID, c.Kind, c.Name, c.AppID, string(c.AppSecret), c.OaID, string(c.WebhookSecret), c.PerMinute, c.OauthURL, c.OpenapiURL, c.MediaHosts[0])
}

// withZalo adds the channel to unlimited, for a hub at some address.
func withZalo(sim *zalosim.Sim, address string) string {
	return "organisation: {url: " + address + "}\n" + strings.Replace(unlimited, "\nbot:", "\n"+zaloYAML(sim)+"bot:", 1)
}

// hookOf is where a simulated Zalo sends the events of the channel.
func hookOf(hub string) string {
	return hub + hookPath(connectors.Channel{ID: simulatedZalo, Kind: string(configs.KindZalo)})
}

// consent has the administrator of the simulated account allow the hub to speak
// for it, the whole way but for the browser.
func (a *app) consent(ctx context.Context, sim *zalosim.Sim) error {
	for _, conn := range a.hub.Channels() {
		account, ok := conn.(*zalo.Connector)
		if !ok || conn.Channel().ID != simulatedZalo {
			continue
		}
		link, err := account.Authorize(ctx)
		if err != nil {
			return err
		}
		back, err := sim.Consent(sim.Config().OAs[0].ID, link)
		if err != nil {
			return err
		}
		u, err := url.Parse(back)
		if err != nil {
			return err
		}
		return account.Consent(ctx, u.Query())
	}
	return errors.New("the simulated Official Account is not among the channels")
}
