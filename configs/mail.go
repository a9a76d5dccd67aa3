package configs

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/mail"
	"path/filepath"
	"strings"
	"time"
)

// Mail is what channels of KindEmail have; docs/channels/email.md tells where the
// values come from. The fields are spelled so that their keys are imap_server,
// smtp_server and dkim_key.
type Mail struct {
	Address        string   // 1022@thanhhoa.gov.vn
	SenderName     string   // whom people see; empty: the channel's name
	OtherAddresses []string // of the same mailbox: what comes from them is our own

	ImapServer   string // host:port
	ImapSecurity string // tls, starttls, none
	SmtpServer   string
	SmtpSecurity string
	MailAuth     string // password, xoauth2
	MailUser     string // empty: the address
	MailPassword Secret
	TokenFile    string // the access token, read anew at each login; of xoauth2
	SmtpUser     string // empty: as for the mailbox
	SmtpPassword Secret

	Folder    string
	Since     string        // day from which letters are taken at the first connect: 2026-11-01; empty: from now on
	PollEvery time.Duration // between looks, and until a dead connection is noticed
	MaxLetter Bytes         // longer ones are noted, and not fetched
	MaxSend   Bytes         // of the files of one letter

	LettersPerMinute int    // that the server takes; 0: not known
	SubAddress       string // "+" or "-", where the server takes 1022+abc@…; empty: it does not
	// Departments: units are told of their matters by letters of this mailbox and answer
	// by letter, to an address that is good for DepartmentsReplyFor. It needs SubAddress.
	// With DepartmentsReview the desk sees an answer before the citizen does.
	Departments         bool
	DepartmentsReplyFor time.Duration
	DepartmentsReview   bool

	TrustedServers []string // authserv-ids of our own server, whose word on SPF, DKIM, DMARC is believed
	TrustMicrosoft bool     // the mailbox is at Microsoft 365, which names none
	DkimSelector   string
	DkimKey        Secret // PEM; empty: our server signs, or nobody
}

func (m *Mail) setDefaults() {
	m.ImapSecurity, m.SmtpSecurity, m.MailAuth = "tls", "tls", "password"
	m.Folder, m.PollEvery, m.MaxLetter, m.MaxSend = "INBOX", time.Minute, 35*MB, 15*MB
	m.DepartmentsReplyFor = 60 * 24 * time.Hour
}

func (m Mail) check(key string, ps *Problems) {
	for _, address := range append([]string{m.Address}, m.OtherAddresses...) {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
			ps.add(key+".address", "%q không phải địa chỉ thư; viết như 1022@thanhhoa.gov.vn", address)
		}
	}
	checkMailServer(ps, key+".imap_server", m.ImapServer, "imap.thanhhoa.gov.vn:993")
	checkMailServer(ps, key+".smtp_server", m.SmtpServer, "smtp.thanhhoa.gov.vn:465")
	oneOf(ps, key+".imap_security", m.ImapSecurity, "tls", "starttls", "none")
	oneOf(ps, key+".smtp_security", m.SmtpSecurity, "tls", "starttls", "none")
	oneOf(ps, key+".mail_auth", m.MailAuth, "password", "xoauth2")
	switch {
	case m.MailPassword == "" && m.TokenFile == "":
		ps.add(key+".mail_password", "thiếu; để trong biến môi trường (với xoauth2 thì đặt token_file)")
	case m.TokenFile != "" && m.MailAuth != "xoauth2":
		ps.add(key+".token_file", "chỉ dùng với mail_auth: xoauth2")
	case m.TokenFile != "" && !filepath.IsAbs(m.TokenFile):
		ps.add(key+".token_file", "phải là đường dẫn đầy đủ, ví dụ /run/tongdai/mail-token")
	}
	if _, err := m.From(); err != nil {
		ps.add(key+".since", "%q không phải ngày; viết như 2026-11-01, hoặc để trống để chỉ nhận thư từ nay", m.Since)
	}
	if strings.TrimSpace(m.Folder) == "" {
		ps.add(key+".folder", "không được để trống; thường là INBOX")
	}
	atLeast(ps, key+".poll_every", m.PollEvery, 10*time.Second)
	if m.MaxLetter < MB || m.MaxLetter > 60*MB {
		ps.add(key+".max_letter", "%s nằm ngoài khoảng cho phép 1MB đến 60MB", m.MaxLetter)
	}
	if m.MaxSend < MB || m.MaxSend > 60*MB {
		ps.add(key+".max_send", "%s nằm ngoài khoảng cho phép 1MB đến 60MB", m.MaxSend)
	}
	between(ps, key+".letters_per_minute", m.LettersPerMinute, 0, 1_000_000)
	if m.SubAddress != "" {
		oneOf(ps, key+".sub_address", m.SubAddress, "+", "-")
	}
	m.checkDepartments(key, ps)
	m.checkDKIM(key, ps)
}

func (m Mail) checkDepartments(key string, ps *Problems) {
	if !m.Departments && m.DepartmentsReview {
		ps.add(key+".departments_review", "chỉ dùng với departments: true")
	}
	if !m.Departments {
		return
	}
	if m.SubAddress == "" {
		ps.add(key+".departments", "cần sub_address: thư trả lời của đơn vị về địa chỉ phụ có chữ ký (1022+…@…); hỏi người quản trị thư xem máy chủ có nhận địa chỉ phụ không")
	}
	const day, year = 24 * time.Hour, 366 * 24 * time.Hour
	if m.DepartmentsReplyFor < day || m.DepartmentsReplyFor > year {
		ps.add(key+".departments_reply_for", "%s nằm ngoài khoảng cho phép 24h đến 8784h", m.DepartmentsReplyFor)
	}
	if local, _, _ := strings.Cut(m.Address, "@"); len(local) > mostLocal {
		ps.add(key+".departments", "phần trước @ của address dài quá %d ký tự nên không còn chỗ cho địa chỉ trả lời có chữ ký; dùng hộp thư có tên ngắn hơn", mostLocal)
	}
}

// mostLocal characters before the @ leave room for a signed sub-address in the 64 that
// mail allows (RFC 5321, 4.5.3.1.1).
const mostLocal = 15

func (m Mail) checkDKIM(key string, ps *Problems) {
	if m.DkimKey == "" {
		if m.DkimSelector != "" {
			ps.add(key+".dkim_selector", "có selector nhưng thiếu dkim_key")
		}
		return
	}
	if m.DkimSelector == "" {
		ps.add(key+".dkim_selector", "thiếu; là tên trước ._domainkey của bản ghi DKIM")
	}
	if _, err := m.Signer(); err != nil { // the value is a secret and is not told
		ps.add(key+".dkim_key", "không phải khóa riêng RSA hoặc Ed25519 dạng PEM")
	}
}

// From is the beginning of the day Since in Viet Nam; zero without one.
func (m Mail) From() (time.Time, error) {
	if m.Since == "" {
		return time.Time{}, nil
	}
	return time.ParseInLocation(time.DateOnly, m.Since, Zone)
}

// Signer is the key of DkimKey; nil without one.
func (m Mail) Signer() (crypto.Signer, error) {
	if m.DkimKey == "" {
		return nil, nil
	}
	block, _ := pem.Decode([]byte(strings.ReplaceAll(string(m.DkimKey), `\n`, "\n")))
	if block == nil {
		return nil, errors.New("dkim_key: no PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("dkim_key: neither PKCS #1 nor PKCS #8")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("dkim_key: this kind of key does not sign")
	}
	return signer, nil
}

func checkMailServer(ps *Problems, key, address, example string) {
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
		ps.add(key, "%q không hợp lệ; viết tên-máy:cổng, ví dụ %s", address, example)
	}
}
