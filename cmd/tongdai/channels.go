package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/webchat"
	"tongdai/connectors/zalo"
	"tongdai/inbox"
)

// openVault makes the vault in which connectors keep their tokens.
func (a *app) openVault() error {
	key, err := a.derived("vault", inbox.VaultKeySize)
	if err != nil {
		return err
	}
	a.vault, err = inbox.NewVault(a.store, inbox.VaultKey{Number: 1, Key: key})
	return err
}

// connectors makes one for each configured channel by which citizens write, in their
// order, and the bridges by which departments work elsewhere.
func (a *app) connectors(log webchat.Log) (all []connectors.Connector, bridges []connectors.Bridge, err error) {
	a.shared = map[connectors.ChannelID]connectors.Webhook{}
	accounts, err := a.zaloAccounts()
	if err != nil {
		return nil, nil, err
	}
	pages, err := a.messengerPages()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range a.cfg.Channels {
		var conn connectors.Connector
		switch c.Kind {
		case configs.KindWebchat:
			conn, err = a.webchat(c, log)
		case configs.KindPortal:
			conn, err = a.webform(c)
		case configs.KindZalo:
			conn = accounts[c.ID]
		case configs.KindMessenger:
			conn = pages[c.ID]
		case configs.KindTelegram:
			conn, err = a.telegram(c)
		case configs.KindEmail:
			conn, err = a.email(c)
		case configs.KindMattermost: // no citizen writes there
			b, err := a.mattermost(c)
			if err != nil {
				return nil, nil, err
			}
			bridges = append(bridges, b)
			continue
		default:
			err = fmt.Errorf("kênh %s: loại %s chưa dùng được ở bản này", c.ID, c.Kind)
		}
		if err != nil {
			return nil, nil, err
		}
		all = append(all, conn)
		if b, ok := conn.(connectors.Bridge); ok && c.Departments {
			bridges = append(bridges, b)
		}
	}
	return all, bridges, nil
}

// reviewed names the bridges by which departments' answers wait for the desk.
func reviewed(channels []configs.Channel) map[connectors.ChannelID]bool {
	all := map[connectors.ChannelID]bool{}
	for _, c := range channels {
		if c.DepartmentsReview {
			all[connectors.ChannelID(c.ID)] = true
		}
	}
	return all
}

// zaloAccounts makes the Official Accounts, by channel. Those of one app share
// what Zalo counts and calls by app: limiter, address, webhook.
func (a *app) zaloAccounts() (map[string]*zalo.Connector, error) {
	accounts, byApp := map[string]*zalo.Connector{}, map[string][]*zalo.Connector{}
	first := map[string]string{} // channel by app
	limiters := map[string]*rate.Limiter{}
	for _, c := range a.cfg.Channels {
		if c.Kind != configs.KindZalo {
			continue
		}
		if _, known := first[c.AppID]; !known {
			first[c.AppID], limiters[c.AppID] = c.ID, zalo.NewLimiter(c.PerMinute)
		}
		conn, err := zalo.New(a.zalo(c, first[c.AppID]), zalo.Deps{
			Vault: a.vault, Files: a.media, Limiter: limiters[c.AppID], Logger: a.log,
		})
		if err != nil {
			return nil, err
		}
		accounts[c.ID] = conn
		byApp[c.AppID] = append(byApp[c.AppID], conn)
	}
	for _, of := range byApp {
		app, err := zalo.NewApp(of...)
		if err != nil {
			return nil, err
		}
		for _, conn := range of {
			a.shared[conn.Channel().ID] = app
		}
	}
	return accounts, nil
}

// zalo is the connector's view of a channel. The app's webhook is that of its
// first channel: the developer console has room for one. Only a simulator on
// this machine needs no public address.
func (a *app) zalo(c configs.Channel, first string) zalo.Config {
	return zalo.Config{
		Channel: connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind), Name: c.Name},
		AppID:   c.AppID, AppSecret: string(c.AppSecret), OAID: c.OaID,
		WebhookSecret: string(c.WebhookSecret), OldWebhookSecret: string(c.OldWebhookSecret),
		HookURL:      a.hookAddress(connectors.Channel{ID: connectors.ChannelID(first), Kind: string(c.Kind)}),
		CodeVerifier: string(c.CodeVerifier), Proof: c.Proof,
		ReplyWindow: c.ReplyWindow, FreeWindow: c.FreeWindow, FreeReplies: c.FreeReplies,
		PerMinute: c.PerMinute, Buttons: c.Buttons, Lists: c.Lists,
		OAuthURL: c.OauthURL, OpenAPIURL: c.OpenapiURL, MediaHosts: c.MediaHosts,
	}
}

// doors says under which path the channels of a kind are reached, where that is
// another one than "hook".
var doors = map[string]string{string(configs.KindWebchat): "chat"}

func hookPath(c connectors.Channel) string {
	return "/" + cmp.Or(doors[c.Kind], "hook") + "/" + string(c.ID)
}

// hookTime is how long a platform that pushes waits for our word. What is not
// on disk by then is answered with 503, so that it is sent again.
const hookTime = 2 * time.Second

// hooks mounts the doors of the channels that are called.
func (a *app) hooks(e *echo.Echo) {
	for _, s := range a.hub.Speakers() {
		hook, ok := s.(connectors.Webhook)
		if door := a.shared[s.Channel().ID]; door != nil {
			hook, ok = door, true
		}
		if !ok {
			continue
		}
		path := hookPath(s.Channel())
		handler := hook.Handler(a.hub)
		if s.Channel().Kind != string(configs.KindWebchat) {
			handler = inTime(handler)
		}
		door := echo.WrapHandler(under(path, handler))
		e.Any(path, door)
		e.Any(path+"/*", door)
	}
}

// under strips the path of a door; the door itself is "/".
func under(path string, next http.Handler) http.Handler {
	return http.StripPrefix(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" {
			r.URL.Path = "/"
		}
		next.ServeHTTP(w, r)
	}))
}

// inTime ends what keeping an event needs when the platform waits no longer.
func inTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			ctx, cancel := context.WithTimeout(r.Context(), hookTime)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// channelNames lists the channels, for people who typed another.
func channelNames(all []configs.Channel) string {
	var names []string
	for _, c := range all {
		names = append(names, c.ID)
	}
	return strings.Join(names, ", ")
}
