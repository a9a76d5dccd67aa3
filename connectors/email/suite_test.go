package email_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/email"
	"tongdai/connectors/email/emailsim"
	"tongdai/connectors/email/letter"
)

func TestSuite(t *testing.T) { connectortest.Run(t, harness) }

// simulated is a mailbox on a simulated server.
func simulated(t *testing.T) (*rig, *emailsim.Sim) {
	t.Helper()
	sim, err := emailsim.Start(emailsim.Config{Address: ours})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() }) // it may be down already
	r := newRig(t, sim.IMAP(), sim.SMTP())
	r.cfg.In.Secret, r.cfg.Out.Secret = password(sim.Config().Password), password(sim.Config().Password)
	return r, sim
}

// marking is a connector whose bookmarks are kept as the hub does.
type marking struct {
	*email.Connector
	hub    *hub
	offers *atomic.Int32
}

func (m marking) Run(ctx context.Context, receiver connectors.Receiver) error {
	return m.Connector.Run(ctx, noting{receiver, m.hub})
}

// noting keeps the bookmark of what the suite's receiver took.
type noting struct {
	connectors.Receiver
	hub *hub
}

func (n noting) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	if err := n.Receiver.Receive(ctx, raw, in); err != nil {
		return err
	}
	return n.hub.Receive(ctx, raw, in)
}

func harness(t *testing.T) *connectortest.Harness {
	r, sim := simulated(t)
	conn := marking{r.connector(), r.hub, new(atomic.Int32)}
	return &connectortest.Harness{
		Connector: conn,
		Poll: &connectortest.Poll{
			Offer: func(things ...connectortest.Thing) {
				for _, thing := range things {
					raw := fmt.Appendf(nil, "From: <%s@nguoidan.example>\r\nTo: %s\r\nSubject: x\r\nMessage-ID: <%s@nguoidan.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", thing.From, ours, thing.ID, thing.Text)
					must(t, sim.Deliver(raw, time.Now()))
					conn.offers.Add(1)
				}
			},
			Left: func() int { return int(conn.offers.Load()) - len(r.hub.inbounds()) },
		},
		Wire:    wireOf(t, r, sim),
		Spoil:   func() { sim.SetPassword("doi-roi") },
		Secrets: []string{sim.Config().Password},
	}
}

func wireOf(t *testing.T, r *rig, sim *emailsim.Sim) *connectortest.Wire {
	no := func(code int, enhanced smtp.EnhancedCode, words string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
	}
	rcpt := func(err error) emailsim.Faults { return emailsim.Faults{Rcpt: func(string) error { return err }} }
	refusals := []struct {
		name   string
		faults emailsim.Faults
		kind   connectors.Kind
		after  time.Duration
	}{
		{"421 at MAIL", emailsim.Faults{Mail: no(421, smtp.EnhancedCode{4, 3, 2}, "Closing")}, connectors.Retryable, 0},
		{"450 busy", rcpt(no(450, smtp.EnhancedCode{4, 2, 1}, "Mailbox busy")), connectors.Retryable, 0},
		{"452 full", rcpt(no(452, smtp.EnhancedCode{4, 2, 2}, "Insufficient storage")), connectors.Retryable, 0},
		{"451 greylisted", rcpt(no(451, smtp.EnhancedCode{4, 7, 1}, "Greylisted, try again in 300 seconds")), connectors.RateLimited, 5 * time.Minute},
		{"450 too fast", rcpt(no(450, smtp.EnhancedCode{4, 7, 1}, "Rate limit exceeded")), connectors.RateLimited, time.Minute},
		{"530 at MAIL", emailsim.Faults{Mail: no(530, smtp.EnhancedCode{5, 7, 0}, "Authentication required")}, connectors.Unauthorized, 0},
		{"535 at login", emailsim.Faults{Login: no(535, smtp.EnhancedCode{5, 7, 8}, "Bad credentials")}, connectors.Unauthorized, 0},
		{"550 5.1.1 no such user", rcpt(no(550, smtp.EnhancedCode{5, 1, 1}, "No such user")), connectors.Permanent, 0},
		{"550 5.1.2 no such host", rcpt(no(550, smtp.EnhancedCode{5, 1, 2}, "Bad host")), connectors.Permanent, 0},
		{"552 too large", emailsim.Faults{Data: no(552, smtp.EnhancedCode{5, 3, 4}, "Too big")}, connectors.Permanent, 0},
		{"553", rcpt(no(553, smtp.NoEnhancedCode, "Bad mailbox")), connectors.Permanent, 0},
		{"554 spam", emailsim.Faults{Data: no(554, smtp.EnhancedCode{5, 7, 1}, "Spam")}, connectors.Permanent, 0},
	}
	var all []connectortest.Refusal
	for _, f := range refusals {
		all = append(all, connectortest.Refusal{Name: f.name, Kind: f.kind, After: f.after, Set: func() { sim.SetFaults(f.faults) }})
	}
	return &connectortest.Wire{
		To:       citizen,
		Shown:    func() []connectortest.Shown { return shown(t, sim) },
		Fault:    func(f connectortest.Fault) { sim.SetFaults(faultsOf(f)) },
		Down:     func() { must(t, sim.Down()) },
		Refusals: all, Lacks: []connectors.Kind{connectors.WindowClosed},
		Keep: r.files.Add,
		File: connectortest.FileSample{Name: "mau-don.pdf", Data: []byte("%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n")},
	}
}

// faultsOf says a fault of the suite, which speaks HTTP, in SMTP.
func faultsOf(f connectortest.Fault) emailsim.Faults {
	no := func(code int, enhanced smtp.EnhancedCode, words string) emailsim.Faults {
		return emailsim.Faults{Mail: &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}, Slow: f.Slow}
	}
	switch {
	case f.Stall:
		return emailsim.Faults{Stall: true, Taken: f.Accepted}
	case f.Reset, f.Cut:
		return emailsim.Faults{Drop: true, Taken: f.Accepted}
	case f.Status == 0:
		return emailsim.Faults{Slow: f.Slow}
	case f.Status == 429 && f.After > 0:
		return no(451, smtp.EnhancedCode{4, 7, 1}, fmt.Sprintf("Too many letters, try again in %d seconds", int(f.After/time.Second)))
	case f.Status == 429:
		return no(450, smtp.EnhancedCode{4, 7, 1}, "Too many letters")
	case f.Status == 401:
		return no(530, smtp.EnhancedCode{5, 7, 0}, "Authentication required")
	case f.Status == 413:
		return no(552, smtp.EnhancedCode{5, 3, 4}, "Too big")
	case f.Status/100 == 3:
		return no(551, smtp.EnhancedCode{5, 1, 6}, "User not local; please try "+f.To)
	case f.Status/100 == 4 && f.Status != 408:
		return no(550, smtp.EnhancedCode{5, 7, 1}, "No")
	case f.Status/100 != 2:
		return no(451, smtp.EnhancedCode{4, 3, 0}, "Later")
	case f.Body == "":
		return emailsim.Faults{Drop: true, Taken: true}
	}
	return emailsim.Faults{Reply: f.Body, Taken: f.Accepted}
}

// shown is what the citizen's program shows of our letters.
func shown(t *testing.T, sim *emailsim.Sim) (all []connectortest.Shown) {
	for _, sent := range sim.Sent() {
		l, err := letter.Read(t.Context(), bytes.NewReader(sent.Raw), nil)
		if err != nil {
			t.Error(err)
			continue
		}
		s := connectortest.Shown{ID: connectors.RemoteID(l.MessageID)}
		s.Content.Text = plainOf(t, sent.Raw)
		for _, a := range l.Attachments {
			s.Content.Attachments = append(s.Content.Attachments, content.Attachment{Name: a.Name})
		}
		all = append(all, s)
	}
	return all
}

// plainOf is the text of a letter as text, whole.
func plainOf(t *testing.T, raw []byte) string {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Error(err)
		return ""
	}
	for {
		part, err := r.NextPart()
		if err != nil {
			t.Error(err)
			return ""
		}
		if kind, _, _ := part.Header.(*mail.InlineHeader).ContentType(); kind == "text/plain" {
			var b bytes.Buffer
			if _, err := b.ReadFrom(part.Body); err != nil {
				t.Error(err)
			}
			return strings.TrimSpace(strings.ReplaceAll(b.String(), "\r\n", "\n"))
		}
	}
}
