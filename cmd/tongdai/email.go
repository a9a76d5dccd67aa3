package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/email"
	"tongdai/connectors/email/emailsim"
	"tongdai/connectors/email/letter"
	"tongdai/inbox"
	"tongdai/inbox/directory"
)

// email makes a mailbox. Its Message-IDs and reply addresses are signed with a key
// of its own: another address is another key.
func (a *app) email(c configs.Channel) (connectors.Connector, error) {
	secret, err := a.derived("email "+c.ID, 32)
	if err != nil {
		return nil, err
	}
	since, err := c.Mail.From()
	if err != nil {
		return nil, fmt.Errorf("kênh %s: since: %w", c.ID, err)
	}
	key, err := dkimKey(c.Mail)
	if err != nil {
		return nil, fmt.Errorf("kênh %s: %w", c.ID, err)
	}
	in := email.Server{
		Address: c.ImapServer, Security: email.Security(c.ImapSecurity), User: c.MailUser, Auth: email.Auth(c.MailAuth), Secret: mailSecret(c.Mail),
	}
	out := in
	out.Address, out.Security = c.SmtpServer, email.Security(c.SmtpSecurity)
	if c.SmtpUser != "" {
		out.User = c.SmtpUser
	}
	if c.SmtpPassword != "" {
		out.Auth, out.Secret = email.Password, func() (string, error) { return string(c.SmtpPassword), nil }
	}
	return email.New(email.Config{
		Channel: connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind), Name: c.Name},
		Address: c.Address, Name: c.SenderName, Own: c.OtherAddresses,
		In: in, Folder: c.Folder, Since: since, Poll: c.PollEvery, MaxLetter: int64(c.MaxLetter),
		Border: letter.Border{IDs: c.TrustedServers, Microsoft: c.TrustMicrosoft},
		Out:    out, PerMinute: c.LettersPerMinute, MaxSend: int64(c.MaxSend), DKIM: key,
		Secret: secret, Separator: c.SubAddress, Departments: c.Departments, DepartmentsFor: c.DepartmentsReplyFor,
	}, email.Deps{Files: a.media, Bookmarks: bookmarks{a}, Logger: a.log})
}

// bookmarks are the hub's, which is made after the channels.
type bookmarks struct{ a *app }

func (b bookmarks) Bookmark(ctx context.Context, channel connectors.ChannelID, name string) ([]byte, error) {
	return b.a.hub.Bookmark(ctx, channel, name)
}

// mailSecret gives the password, or the token that stands in a file now.
func mailSecret(m configs.Mail) func() (string, error) {
	return func() (string, error) {
		if m.TokenFile == "" {
			return string(m.MailPassword), nil
		}
		token, err := os.ReadFile(m.TokenFile)
		return strings.TrimSpace(string(token)), err
	}
}

// dkimKey is what our letters are signed with; nil: they are not.
func dkimKey(m configs.Mail) (*letter.DKIMKey, error) {
	signer, err := m.Signer()
	if signer == nil || err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(m.Address, "@")
	return &letter.DKIMKey{Domain: domain, Selector: m.DkimSelector, Signer: signer}, nil
}

// lettersRoom is how large a file may be so that a letter as long as that can be
// kept: a letter carries its files in an encoding that makes them longer.
func lettersRoom(m configs.Mail) int64 { return int64(m.MaxLetter) * 5 / 7 }

// simulatedMail is the id of the mailbox of demonstrations and tests.
const simulatedMail = "mail-1022"

// mailChannel is a channel for the mailbox of a simulated mail server.
func mailChannel(sim *emailsim.Sim) configs.Channel {
	return configs.Channel{
		ID: simulatedMail, Kind: configs.KindEmail, Name: "Thư điện tử 1022",
		Mail: configs.Mail{
			Address: sim.Config().Address, SenderName: sim.Config().Name, MailPassword: configs.Secret(sim.Config().Password),
			ImapServer: sim.IMAP(), ImapSecurity: "none", SmtpServer: sim.SMTP(), SmtpSecurity: "none", MailAuth: "password",
			Folder: "INBOX", PollEvery: time.Minute, MaxLetter: 35 * configs.MB, MaxSend: 15 * configs.MB, SubAddress: "+",
			TrustedServers: []string{sim.Config().Server}, Departments: true, DepartmentsReplyFor: 60 * 24 * time.Hour,
		},
	}
}

// mailYAML is the same channel as an item of a configuration file.
func mailYAML(sim *emailsim.Sim) string {
	c := mailChannel(sim)
	return fmt.Sprintf(`  - id: %s
    kind: %s
    name: %q
    address: %q
    sender_name: %q
    imap_server: %q
    imap_security: none
    smtp_server: %q
    smtp_security: none
    mail_password: %q
    sub_address: "+"
    departments: true
    trusted_servers: [%q]
`, c.ID, c.Kind, c.Name, c.Address, c.SenderName, c.ImapServer, c.SmtpServer, string(c.MailPassword), c.TrustedServers[0])
}

// The department that works by mail in demonstrations, and its address.
const (
	mailDepartment     = "so-y-te"
	mailDepartmentMail = "soyte@thanhhoa.example"
)

// worksByMail gives that department its address, unless it has one.
func (a *app) worksByMail(ctx context.Context) error {
	_, err := a.directory.Edit(ctx, inbox.Console, a.directory.Current().Revision, func(data *directory.Data) error {
		for i, d := range data.Departments {
			if d.ID == mailDepartment && d.Email == "" {
				data.Departments[i].Email = mailDepartmentMail
			}
		}
		return nil
	})
	return err
}

// mailAddress is where the webmail of a demonstration is, unless something else is
// there already.
const mailAddress = "127.0.0.1:8094"

// startDemoMail starts the mail server of a demonstration.
func startDemoMail() (*emailsim.Sim, error) {
	return atOrElsewhere(mailAddress, func(listen string) (*emailsim.Sim, error) {
		return emailsim.Start(emailsim.Config{Listen: listen, Name: "Tổng đài 1022 Thanh Hóa"})
	})
}

// mailbox tells what a mailbox finds of its servers and of the domain name system.
func (c *channelCheck) mailbox(ctx context.Context, box *email.Connector) {
	for _, f := range box.Inspect(ctx) {
		if f.OK {
			c.good("%s", f.Words)
		} else {
			c.wrong("%s", f.Words)
		}
	}
}
