package email_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email/emailsim"
	"tongdai/connectors/email/letter"
)

func answer(key string) connectors.Outbound {
	return connectors.Outbound{
		Key: key, To: citizen, Automatic: true,
		Content: content.Content{Text: "Dạ, hồ sơ nộp ở Bộ phận Một cửa."},
		Letter: &connectors.Letter{
			Matter: "018f2c3a77aa7c319d51000000000001", Subject: "Hỏi về hồ sơ [TH-261121-0042]",
			Answers: []connectors.RemoteID{"hai@x", "mot@x"}, Signature: []string{"Sở Tư pháp"},
		},
	}
}

// reading is a letter that the server took, as the other side reads it.
func reading(t *testing.T, raw []byte) letter.Letter {
	t.Helper()
	l, err := letter.Read(t.Context(), bytes.NewReader(raw), nil)
	must(t, err)
	return l
}

func TestAnAnswerStandsInItsThreadAndLeadsBackToItsMatter(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	c := r.connector()
	receipt, err := c.Send(t.Context(), answer("k1"))
	must(t, err)
	sent := sim.Sent()[0]
	l := reading(t, sent.Raw)
	if string(receipt.Message) != l.MessageID || !slices.Equal(l.Answers, []string{"hai@x", "mot@x"}) || l.Root != "mot@x" {
		t.Errorf("id %s, receipt %s, answers %q, root %s", l.MessageID, receipt.Message, l.Answers, l.Root)
	}
	if l.Subject != "Re: Hỏi về hồ sơ [TH-261121-0042]" || l.From.Address != ours || l.From.Name != "Tổng đài 1022" || sent.From != ours {
		t.Errorf("subject %q from %+v, envelope %s", l.Subject, l.From, sent.From)
	}
	if l.Header.Get("Auto-Submitted") != "auto-replied" || !strings.Contains(plainOf(t, sent.Raw), "Sở Tư pháp") {
		t.Errorf("the letter is\n%s", sent.Raw)
	}
	if len(l.ReplyTo) != 1 || !strings.HasPrefix(l.ReplyTo[0].Address, "1022+") {
		t.Fatalf("Reply-To %+v", l.ReplyTo)
	}
	// What is written to that address comes back as part of the matter.
	must(t, sim.Deliver(fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: khac\r\n\r\nDa nop roi.\r\n", citizen, l.ReplyTo[0].Address), time.Now()))
	r.fetching(c)
	until(t, "the reply", func() bool { return len(r.hub.inbounds()) == 1 })
	if got := r.hub.inbounds()[0].Letter.Matter; got != answer("").Letter.Matter {
		t.Errorf("Matter = %q", got)
	}
}

func TestALetterOfAPersonCarriesNoMarksOfAMachine(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	out := answer("k1")
	out.Automatic = false
	_, err := r.connector().Send(t.Context(), out)
	must(t, err)
	l := reading(t, sim.Sent()[0].Raw)
	if l.Header.Has("Auto-Submitted") || l.Header.Has("Precedence") {
		t.Errorf("the header is %+v", l.Header)
	}
}

// OUT-08.
func TestALetterThatIsSentAgainIsTheSameLetter(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	c := r.connector()
	sim.SetFaults(emailsim.Faults{Taken: true, Drop: true})
	_, err := c.Send(t.Context(), answer("k1"))
	if connectors.KindOf(err) != connectors.Uncertain {
		t.Fatalf("Send = %v", err)
	}
	sim.SetFaults(emailsim.Faults{})
	_, err = c.Send(t.Context(), answer("k1"))
	must(t, err)
	all := sim.Sent()
	if len(all) != 2 {
		t.Fatalf("the server has %d copies", len(all))
	}
	if a, b := reading(t, all[0].Raw), reading(t, all[1].Raw); a.MessageID != b.MessageID || a.MessageID == "" {
		t.Errorf("their ids are %q and %q", a.MessageID, b.MessageID)
	}
}

// OUT-09.
func TestOfFiveRecipientsOneMayBeRefused(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	c := r.connector()
	bad := "sai@khong-co.example"
	sim.SetFaults(emailsim.Faults{Rcpt: func(to string) error {
		if to == bad {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
		}
		return nil
	}})
	out := answer("k1")
	for _, address := range []string{"a@so.example", bad, "b@so.example", "c@so.example"} {
		out.Letter.Cc = append(out.Letter.Cc, connectors.Address{Mail: address})
	}
	receipt, err := c.Send(t.Context(), out)
	must(t, err)
	if !strings.Contains(receipt.Note, bad) || !strings.Contains(receipt.Note, "không có hộp thư này") {
		t.Errorf("of the refused copy members are told %q", receipt.Note)
	}
	if got := sim.Sent(); len(got) != 1 || !slices.Equal(got[0].To, []string{citizen, "a@so.example", "b@so.example", "c@so.example"}) {
		t.Errorf("the server took %+v", got)
	}
	// The citizen refused: nobody gets it.
	out = answer("k2")
	out.To, out.Letter.Cc = connectors.RemoteID(bad), []connectors.Address{{Mail: "a@so.example"}}
	_, err = c.Send(t.Context(), out)
	if connectors.KindOf(err) != connectors.Permanent || !strings.Contains(connectors.ReasonOf(err), "không có hộp thư này") || len(sim.Sent()) != 1 {
		t.Errorf("Send = %v (%s), the server took %d", err, connectors.ReasonOf(err), len(sim.Sent()))
	}
	// A bounce later is tied to what was sent; one of another's letter is a letter.
	for _, about := range []string{string(receipt.Message), "cua-nguoi-khac@x"} {
		must(t, sim.Deliver(bounce(about), time.Now()))
	}
	r.fetching(c)
	until(t, "both bounces", func() bool { return len(r.hub.inbounds()) == 2 })
	i := slices.IndexFunc(r.hub.inbounds(), func(in connectors.Inbound) bool { return in.Kind == connectors.Bounced })
	if i < 0 {
		t.Fatal("no bounce arrived as one")
	}
	if in := r.hub.inbounds()[i]; in.Message != receipt.Message || !strings.Contains(in.Reason, "không có hộp thư này") {
		t.Errorf("Inbound = %+v", in)
	}
	if in := r.hub.inbounds()[1-i]; in.Kind != connectors.Said || in.Letter.Machine == "" {
		t.Errorf("the other bounce is %+v", in)
	}
}

func bounce(about string) []byte {
	return fmt.Appendf(nil, "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: %s\r\nAuto-Submitted: auto-replied\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nDelivery failed.\r\n"+
		"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"+
		"--B\r\nContent-Type: message/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\n\r\n--B--\r\n", ours, citizen, about)
}

// EML-11.
func TestNothingCanBeSmuggledIntoALetter(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	r.cfg.Name = "Tổng đài\r\nBcc: ke-xau@x.example"
	c := r.connector()
	evil := "a\r\nBcc: ke-xau@x.example\r\n\r\n.\r\nMAIL FROM:<x@x>\u2028\u0085\x00"
	out := answer("k1")
	out.Content.Text = "Dòng một\n.\n..\n.\r\nMAIL FROM:<x@x>\r\n" + evil
	out.Letter.Subject, out.Letter.Signature = evil, []string{evil}
	out.Letter.Answers = []connectors.RemoteID{connectors.RemoteID("x@y>\r\nBcc: ke-xau@x.example")}
	file := r.files.Add("a\r\nX-Evil: 1.pdf", []byte("%PDF-1.7\n%%EOF\n"))
	out.Content.Attachments = []content.Attachment{file}
	out.Letter.Cc = []connectors.Address{{Name: evil, Mail: "a@so.example"}}
	_, err := c.Send(t.Context(), out)
	must(t, err)
	all := sim.Sent()
	if len(all) != 1 || len(all[0].To) != 2 {
		t.Fatalf("the server took %d letters to %q", len(all), all[0].To)
	}
	l := reading(t, all[0].Raw)
	allowed := []string{"From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "Auto-Submitted", "Precedence",
		"X-Auto-Response-Suppress", "X-Loop", "Content-Type", "Received"}
	for _, f := range l.Header {
		if !slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, f.Name) }) {
			t.Errorf("the header has %q", f.Name)
		}
	}
	if text := plainOf(t, all[0].Raw); !strings.Contains(text, "Dòng một\n.\n..\n.\nMAIL FROM") {
		t.Errorf("the text is %q", text)
	}
	// An address that is none is refused, and nothing is sent.
	for _, address := range []string{"a@b\r\nRCPT TO:<ke-xau@x.example>", "a b@x.example", "<a@b>", ""} {
		out := answer("k2")
		out.To = connectors.RemoteID(address)
		if _, err := c.Send(t.Context(), out); connectors.KindOf(err) != connectors.Permanent || len(sim.Sent()) != 1 {
			t.Errorf("%q: Send = %v", address, err)
		}
	}
}

func TestConnectionsAreUsedAgainAndReplacedWhenTheServerHasClosedThem(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	c := r.connector()
	for i := range 5 {
		_, err := c.Send(t.Context(), answer(fmt.Sprint("k", i)))
		must(t, err)
	}
	if sim.Logins() != 1 {
		t.Errorf("five letters needed %d logins", sim.Logins())
	}
	sim.HangUp()
	_, err := c.Send(t.Context(), answer("k9"))
	must(t, err)
	if len(sim.Sent()) != 6 || sim.Logins() != 2 {
		t.Errorf("the server took %d letters after %d logins", len(sim.Sent()), sim.Logins())
	}
}

func TestAGreylistingServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	c := r.connector()
	sim.SetFaults(emailsim.Faults{Greylist: true})
	_, err := c.Send(t.Context(), answer("k1"))
	if connectors.KindOf(err) != connectors.RateLimited || connectors.RetryAfter(err) != 5*time.Second {
		t.Fatalf("Send = %v, wait %s", err, connectors.RetryAfter(err))
	}
	_, err = c.Send(t.Context(), answer("k1"))
	must(t, err)
}

// EML-14, of the way out.
func TestAWrongPasswordForSendingIsTriedOnce(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	r.cfg.Out.Secret = password("sai-mat-khau")
	c := r.connector()
	for range 5 {
		_, err := c.Send(context.Background(), answer("k1"))
		if connectors.KindOf(err) != connectors.Unauthorized || connectors.ReasonOf(err) == "" || strings.Contains(err.Error(), "sai-mat-khau") {
			t.Fatalf("Send = %v", err)
		}
	}
	if sim.Logins() != 1 {
		t.Errorf("%d logins were tried", sim.Logins())
	}
}
