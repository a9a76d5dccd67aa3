package emailsim

import (
	"bytes"
	"cmp"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "github.com/emersion/go-message/charset" // letters in any character set
	"github.com/emersion/go-message/mail"

	"tongdai/connectors/simulator"
)

// MailPath is where the page is that looks like a citizen's webmail.
const MailPath = "/mail"

const (
	defaultAddress = "tran.thi.mau@nguoidan.example"
	formMost       = 30 << 20
)

//go:embed pages/mail.html
var mailHTML string

var mailPage = template.Must(template.New("mail").Funcs(simulator.PageFuncs()).Parse(mailHTML))

func (s *Sim) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, MailPath, http.StatusFound) })
	mux.HandleFunc("GET "+MailPath, s.getMail)
	mux.HandleFunc("POST "+MailPath, s.postMail)
	mux.HandleFunc("GET "+MailPath+"/file/{letter}/{n}", s.getFile)
	return mux
}

// Received is a letter as the webmail shows it.
type Received struct {
	N       int
	From    string
	Subject string
	Text    string
	At      time.Time
	ID      string // its Message-ID
	Thread  string // of References
	ReplyTo string
	Files   []string
	files   [][]byte
}

type view struct {
	Name, Address, To  string
	Subject, Reply, By string
	Written            bool
	Letters            []Received
}

func (s *Sim) getMail(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v := view{
		Name: cmp.Or(q.Get("name"), simulator.DefaultName), Address: cmp.Or(q.Get("from"), defaultAddress),
		To: s.cfg.Address, Written: q.Get("written") != "",
	}
	v.Letters = s.Inbox(v.Address)
	slices.Reverse(v.Letters)
	for _, l := range v.Letters {
		if strconv.Itoa(l.N) == q.Get("reply") {
			v.Reply, v.By = q.Get("reply"), l.From
			v.To, v.Subject = cmp.Or(l.ReplyTo, s.cfg.Address), "Re: "+strings.TrimPrefix(l.Subject, "Re: ")
		}
	}
	var page bytes.Buffer
	if err := mailPage.Execute(&page, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w) // whoever left need not see it
}

// Inbox is what the citizen or department with that address has been sent.
func (s *Sim) Inbox(address string) (all []Received) {
	for n, sent := range s.Sent() {
		if !slices.ContainsFunc(sent.To, func(to string) bool { return strings.EqualFold(to, address) }) {
			continue
		}
		if l, err := read(sent.Raw); err == nil {
			l.N, l.At = n, sent.At
			all = append(all, l)
		}
	}
	return all
}

// read understands a letter as an ordinary program does.
func read(raw []byte) (l Received, err error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return l, err
	}
	if from, err := r.Header.AddressList("From"); err == nil && len(from) > 0 {
		l.From = cmp.Or(from[0].Name, from[0].Address)
	}
	if reply, err := r.Header.AddressList("Reply-To"); err == nil && len(reply) > 0 {
		l.ReplyTo = reply[0].Address
	}
	l.Subject, _ = r.Header.Subject() // what cannot be decoded is shown as it is
	l.ID, _ = r.Header.MessageID()
	l.Thread = r.Header.Get("References")
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return l, err
		}
		switch h := part.Header.(type) {
		case *mail.AttachmentHeader:
			name, _ := h.Filename()
			l.Files, l.files = append(l.Files, name), append(l.files, body)
		case *mail.InlineHeader:
			if kind, _, _ := h.ContentType(); kind == "text/plain" {
				l.Text += strings.ReplaceAll(string(body), "\r\n", "\n")
			}
		}
	}
}

func (s *Sim) getFile(w http.ResponseWriter, r *http.Request) {
	n, err1 := strconv.Atoi(r.PathValue("letter"))
	i, err2 := strconv.Atoi(r.PathValue("n"))
	sent := s.Sent()
	if err1 != nil || err2 != nil || n < 0 || n >= len(sent) {
		http.NotFound(w, r)
		return
	}
	l, err := read(sent[n].Raw)
	if err != nil || i < 0 || i >= len(l.files) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": l.Files[i]}))
	_, _ = w.Write(l.files[i]) // whoever left need not have it
}

func (s *Sim) postMail(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formMost)
	if err := r.ParseMultipartForm(formMost); err != nil {
		http.Error(w, "Thư quá lớn hoặc gửi dở.", http.StatusBadRequest)
		return
	}
	l := Written{Name: r.FormValue("name"), From: r.FormValue("from"), To: r.FormValue("to"), Subject: r.FormValue("subject"), Text: r.FormValue("text")}
	if n, err := strconv.Atoi(r.FormValue("reply")); err == nil {
		for _, received := range s.Inbox(l.From) {
			if received.N == n {
				l.Answers, l.Thread = received.ID, received.Thread
			}
		}
	}
	if file, header, err := r.FormFile("file"); err == nil {
		l.File = header.Filename
		l.Data, err = io.ReadAll(file)
		_ = file.Close() // it was read
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	if _, err := s.Write(l); err != nil {
		http.Error(w, "Thư chưa gửi được: "+err.Error(), http.StatusBadRequest)
		return
	}
	back := url.Values{"name": {l.Name}, "from": {l.From}, "written": {"1"}}
	http.Redirect(w, r, MailPath+"?"+back.Encode(), http.StatusSeeOther)
}

// Written is a letter of a citizen.
type Written struct {
	Name, From, To string // To: the mailbox's own address when empty
	Subject, Text  string
	Answers        string // the Message-ID of the letter answered
	Thread         string // its References
	File           string
	Data           []byte
	// Forged: the sender is not who From says, and the server notices.
	Forged bool
}

// Write composes a letter as an ordinary program does, and delivers it. It returns
// the letter's Message-ID.
func (s *Sim) Write(l Written) (id string, err error) {
	s.mu.Lock()
	s.written++
	id = fmt.Sprintf("thu-%d.%s@nguoidan.example", s.written, strings.ToLower(rand.Text()[:10]))
	s.mu.Unlock()
	l.From = strings.NewReplacer("\r", "", "\n", "").Replace(l.From)
	var h mail.Header
	h.SetDate(time.Now().In(simulator.Hanoi))
	h.SetAddressList("From", []*mail.Address{{Name: l.Name, Address: l.From}})
	h.SetAddressList("To", []*mail.Address{{Name: s.cfg.Name, Address: cmp.Or(l.To, s.cfg.Address)}})
	h.SetSubject(l.Subject)
	h.SetMessageID(id)
	if l.Answers != "" {
		h.SetMsgIDList("In-Reply-To", []string{l.Answers})
		h.Set("References", strings.TrimSpace(l.Thread+" <"+l.Answers+">"))
	}
	var b bytes.Buffer
	b.WriteString("Delivered-To: " + strings.NewReplacer("\r", "", "\n", "").Replace(cmp.Or(l.To, s.cfg.Address)) + "\r\n")
	b.WriteString(s.found(l))
	if err := compose(&b, h, l); err != nil {
		return "", err
	}
	return id, s.Deliver(b.Bytes(), time.Now())
}

// found is what the server says of the letter's sender (RFC 8601).
func (s *Sim) found(l Written) string {
	_, domain, _ := strings.Cut(l.From, "@")
	if l.Forged {
		return fmt.Sprintf("Authentication-Results: %s; spf=fail smtp.mailfrom=%s; dkim=none; dmarc=fail header.from=%s\r\n", s.cfg.Server, l.From, domain)
	}
	return fmt.Sprintf("Authentication-Results: %s; spf=pass smtp.mailfrom=%s; dkim=pass header.d=%s; dmarc=pass header.from=%s\r\n", s.cfg.Server, l.From, domain, domain)
}

func compose(w io.Writer, h mail.Header, l Written) error {
	m, err := mail.CreateWriter(w, h)
	if err != nil {
		return err
	}
	var inline mail.InlineHeader
	inline.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	text, err := m.CreateSingleInline(inline)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(text, l.Text); err != nil {
		return err
	}
	if err := text.Close(); err != nil {
		return err
	}
	if len(l.Data) > 0 {
		var attached mail.AttachmentHeader
		attached.SetFilename(l.File)
		attached.SetContentType(http.DetectContentType(l.Data), nil)
		file, err := m.CreateAttachment(attached)
		if err != nil {
			return err
		}
		if _, err := file.Write(l.Data); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return m.Close()
}
