package main

import (
	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/webform"
	"tongdai/inbox/directory"
	"tongdai/kb"
)

// webform makes the connector of the portal's own form.
func (a *app) webform(c configs.Channel) (*webform.Connector, error) {
	secret, err := a.derived("webform "+c.ID, 32)
	if err != nil {
		return nil, err
	}
	files := c.FilesPerForm
	if files == 0 {
		files = -1 // where webform has its own default
	}
	return webform.New(webform.Config{
		Channel: connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind), Name: c.Name},
		Secret:  secret,
		Field: func(id string) (string, bool) {
			name := a.house.CategoryName(kb.CategoryID(id))
			return name, name != ""
		},
		PerAddressPerHour: c.FormsPerHour,
		Attachments:       files,
		AttachmentSize:    int64(c.FileSize),
		ClientAddr:        addressOf(a.cfg.HTTP.TrustedProxies),
		Now:               a.store.Now, // which all nodes share, whatever their own clocks say
		Urgent: func(text string) bool {
			_, danger := a.bot.Danger(text)
			return danger
		},
	}, webform.Deps{Files: a.media, Logger: a.log})
}

// form is the connector behind "Gửi phản ánh", nil where no channel is one.
func (a *app) form() *webform.Connector {
	for _, conn := range a.hub.Channels() {
		if form, ok := conn.(*webform.Connector); ok {
			return form
		}
	}
	return nil
}

func (d publicDirectory) Locality(id directory.LocalityID) (directory.Locality, bool) {
	return d.current().Locality(id)
}
