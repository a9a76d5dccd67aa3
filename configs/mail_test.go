package configs

import (
	"strings"
	"testing"
	"time"
)

const mailbox = `
channels:
  - id: mail-1022
    kind: email
    name: Thư 1022
    address: 1022@thanhhoa.example
    imap_server: imap.thanhhoa.example:993
    smtp_server: smtp.thanhhoa.example:465
    mail_password: bi-mat-cua-hop-thu
`

func TestAMailboxNeedsItsAddressServersAndPassword(t *testing.T) {
	cfg, err := Load(writeFile(t, "c.yaml", mailbox), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	m := cfg.Channels[0].Mail
	if m.ImapSecurity != "tls" || m.SmtpSecurity != "tls" || m.Folder != "INBOX" || m.MaxLetter != 35*MB || m.SubAddress != "" || m.Departments || m.DepartmentsReplyFor != 60*24*time.Hour {
		t.Errorf("the defaults are %+v", m)
	}
}

func TestAWrongMailboxIsToldKeyByKey(t *testing.T) {
	for _, wrong := range []struct{ line, key string }{
		{"address: khong-phai-dia-chi", "channels[0].address"},
		{"imap_server: imap.thanhhoa.example", "channels[0].imap_server"},
		{"smtp_security: ssl", "channels[0].smtp_security"},
		{"mail_auth: oauth", "channels[0].mail_auth"},
		{"mail_password: \"\"", "channels[0].mail_password"},
		{"token_file: /run/token", "channels[0].token_file"},
		{"since: hôm qua", "channels[0].since"},
		{"sub_address: \"=\"", "channels[0].sub_address"},
		{"max_letter: 1GB", "channels[0].max_letter"},
		{"departments: true", "channels[0].departments"},
		{"departments: true\n    sub_address: \"+\"\n    departments_reply_for: 1h", "channels[0].departments_reply_for"},
		{"address: hop-thu-tong-dai-1022@thanhhoa.example\n    departments: true\n    sub_address: \"+\"", "channels[0].departments"},
		{"dkim_selector: s1", "channels[0].dkim_selector"},
		{"dkim_key: khong-phai-khoa", "channels[0].dkim_key"},
		{"bot_token: x", "channels[0].bot_token"},
	} {
		name, _, _ := strings.Cut(wrong.line, ":")
		var lines []string
		for _, line := range strings.Split(strings.TrimSpace(mailbox), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), name+":") {
				lines = append(lines, line)
			}
		}
		text := strings.Join(append(lines, "    "+wrong.line), "\n") + "\n"
		_, err := Load(writeFile(t, "c.yaml", text), func(string) string { return "" })
		if err == nil || !strings.Contains(err.Error(), wrong.key) || strings.Contains(err.Error(), "bi-mat") {
			t.Errorf("%s: Load = %v, want a word on %s", wrong.line, err, wrong.key)
		}
	}
}
