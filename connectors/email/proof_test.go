package email_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/email"
	"tongdai/connectors/email/letter"
)

// names is a domain name system of the test.
type names struct {
	mu    sync.Mutex
	keys  map[string]ed25519.PublicKey // by domain, of the selector "s1"
	fails error
	slow  time.Duration
	asked int
}

func (n *names) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, nil }

func (n *names) LookupTXT(ctx context.Context, name string) ([]string, error) {
	n.mu.Lock()
	n.asked++
	fails, slow := n.fails, n.slow
	key, ok := n.keys[strings.TrimPrefix(name, "s1._domainkey.")]
	n.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return nil, &net.DNSError{Err: "timeout", Name: name, IsTimeout: true}
		}
	}
	switch {
	case fails != nil:
		return nil, fails
	case !ok:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key)}, nil
}

func (n *names) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

// signs gives a domain a key that is published.
func (n *names) signs(t *testing.T, domain string) *letter.DKIMKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.keys == nil {
		n.keys = map[string]ed25519.PublicKey{}
	}
	n.keys[domain] = public
	return &letter.DKIMKey{Domain: domain, Selector: "s1", Signer: private}
}

// unitWrites is a letter of the unit to that address, signed by key; nil: not signed.
func unitWrites(t *testing.T, to string, key *letter.DKIMKey) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, letter.Compose(t.Context(), &b, letter.Draft{
		From: letter.Address{Name: "Sở Y tế", Address: unit}, To: []letter.Address{{Address: to}}, Date: at,
		MessageID: "tra-loi@so.example", Subject: "Trả lời", Text: "Dạ, tiêm ở Trạm Y tế.", Key: key,
	}))
	return b.Bytes()
}

func (r *rig) asking(n *names) *email.Connector {
	r.t.Helper()
	c, err := email.New(r.cfg, email.Deps{Files: r.files, Bookmarks: r.hub, Resolver: n})
	must(r.t, err)
	return c
}

// proving is a mailbox whose server is mx.1022.example.
func proving(t *testing.T) *rig {
	t.Helper()
	return newRig(t, "imap.example:143", "smtp.example:25")
}

const (
	ourEntry = "Received: from mail.so.example (mail.so.example [203.0.113.9]) by mx.1022.example with ESMTPS id 1; Sat, 21 Nov 2026 07:59:00 +0700\r\n"
	ourWords = "Authentication-Results: mx.1022.example; "
)

// EML-13.
func TestASenderIsProvenOnlyByWhomWeBelieve(t *testing.T) {
	t.Parallel()
	dns := &names{}
	key, stranger, below := dns.signs(t, "so.example"), dns.signs(t, "ke-xau.example"), dns.signs(t, "phong.so.example")
	lost := &letter.DKIMKey{Domain: "so.example", Selector: "khong-co", Signer: key.Signer}
	forged := &letter.DKIMKey{Domain: "so.example", Selector: "s1", Signer: stranger.Signer}
	plain, signed := unitWrites(t, ours, nil), unitWrites(t, ours, key)
	under := func(lines string, raw []byte) []byte { return append([]byte(lines), raw...) }
	for _, c := range []struct {
		name   string
		border bool // our server names itself
		raw    []byte
		want   bool
		note   string // that members are told; "-": none on this
	}{
		{"no proof at all, nobody checks", false, plain, false, "-"},
		{"no proof at all", true, under(ourEntry, plain), false, "chưa được xác thực"},
		{"SPF alone", true, under(ourWords+"spf=pass smtp.mailfrom=so.example\r\n"+ourEntry, plain), false, "SPF đạt (so.example). Địa chỉ người gửi chưa được xác thực"},
		{"DMARC", true, under(ourWords+"dmarc=pass header.from=so.example\r\n"+ourEntry, plain), true, "DMARC đạt (so.example). Địa chỉ người gửi đã được xác thực."},
		{"DMARC that failed", true, under(ourWords+"spf=fail smtp.mailfrom=so.example; dmarc=fail header.from=so.example\r\n"+ourEntry, plain), false, "DMARC không đạt"},
		{"DKIM, as our server says", true, under(ourWords+"dkim=pass header.d=so.example\r\n"+ourEntry, plain), true, "DKIM đạt (so.example)"},
		{"DKIM of another, as our server says", true, under(ourWords+"dkim=pass header.d=ke-xau.example\r\n"+ourEntry, plain), false, "chưa được xác thực"},
		{"words in our server's name below its entry", true, under(ourEntry+ourWords+"dkim=pass header.d=so.example\r\n", plain), false, "chưa được xác thực"},
		{"words of another server", true, under("Authentication-Results: mx.ke-xau.example; dmarc=pass header.from=so.example\r\n"+ourEntry, plain), false, "chưa được xác thực"},
		{"our server says that DKIM failed, whatever we would find", true, under(ourWords+"dkim=fail header.d=so.example\r\n"+ourEntry, signed), false, "DKIM không đạt"},
		{"signed, and our server says nothing of DKIM", true, under(ourWords+"spf=pass smtp.mailfrom=so.example\r\n"+ourEntry, signed), true, "SPF đạt (so.example); DKIM đạt (so.example). Địa chỉ người gửi đã được xác thực."},
		{"signed, and our server knows of no policy", true, under(ourWords+"dmarc=none header.from=so.example\r\n"+ourEntry, signed), true, "DMARC không có (so.example); DKIM đạt (so.example)."},
		{"signed, and our server says nothing", false, signed, true, "DKIM đạt (so.example). Địa chỉ người gửi đã được xác thực."},
		{"signed by another", false, unitWrites(t, ours, stranger), false, "-"},
		{"signed by a domain below", false, unitWrites(t, ours, below), false, "-"},
		{"signed with another's key", false, unitWrites(t, ours, forged), false, "DKIM không đạt (so.example)"},
		{"signed with a key that is not published", false, unitWrites(t, ours, lost), false, "DKIM không đạt"},
		{"changed after it was signed", false, bytes.Replace(signed, []byte("Y t=E1=BA=BF."), []byte("Y t=E1=BA=BF!"), 1), false, "DKIM không đạt"},
		{"a second author added", false, append([]byte("From: gd@so.example\r\n"), signed...), false, "-"},
		{"a second author in the field", false, bytes.Replace(signed, []byte("<"+unit+">"), []byte("<"+unit+">, x@ke-xau.example"), 1), false, "-"},
	} {
		r := proving(t)
		if c.border {
			r.cfg.Border = letter.Border{IDs: []string{"mx.1022.example"}}
		}
		in := r.arrives(r.asking(dns), c.raw)
		if in.Letter.Proven != c.want {
			t.Errorf("%s: Proven = %v", c.name, in.Letter.Proven)
		}
		told := ""
		for _, note := range in.Letter.Notes {
			if strings.Contains(note, "xác thực") || strings.Contains(note, "nguồn gốc") {
				told += note
			}
		}
		if c.note == "-" && told != "" || !strings.Contains(told, strings.TrimPrefix(c.note, "-")) || strings.Count(told, "nguồn gốc thư") > 1 {
			t.Errorf("%s: members are told %q", c.name, told)
		}
	}
}

// EML-12.
func TestOnlyAReplyAddressOfOursThatIsStillGoodLeadsToAThread(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	dns := &names{}
	key := dns.signs(t, "so.example")
	c := r.asking(dns)
	address := func(p connectors.Post) string {
		posting(t, c, p)
		all := sim.Sent()
		return reading(t, all[len(all)-1].Raw).ReplyTo[0].Address
	}
	mine := address(post("p1"))
	other := post("p2")
	other.Thread = "018f2c3a77aa7c319d510000000000bb"
	theirs := address(other)
	r.cfg.Secret = []byte("another secret, of another hub..")
	foreign, err := email.New(r.cfg, email.Deps{Files: r.files, Bookmarks: r.hub})
	must(t, err)
	posting(t, foreign, post("p3"))
	unknown := reading(t, sim.Sent()[2].Raw).ReplyTo[0].Address
	mixed := mine[:strings.LastIndexByte(mine, '-')] + theirs[strings.LastIndexByte(theirs, '-'):]
	root := reading(t, sim.Sent()[0].Raw).MessageID
	for _, w := range []struct {
		name, to, header, want string
		after                  time.Duration
	}{
		{"the address of the thread", mine, "", thread, 0},
		{"in other letters", strings.ToUpper(mine), "", thread, 0},
		{"on its last day", mine, "", thread, 60 * 24 * time.Hour},
		{"when it is over", mine, "", "", 62 * 24 * time.Hour},
		{"the address of another thread", theirs, "", other.Thread, 0},
		{"both", mine + ", " + theirs, "", "", 0},
		{"one put together of both", mixed, "", "", 0},
		{"of another installation", unknown, "", "", 0},
		{"our plain address, in answer to the post", ours, "In-Reply-To: <" + root + ">\r\nReferences: <" + root + ">\r\n", "", 0},
		{"our plain address, with the code in the subject", ours, "", "", 0},
		{"invented", "1022+" + strings.Repeat("a", 27) + "-2s9-" + strings.Repeat("b", 16) + "@thanhhoa.example", "", "", 0},
	} {
		at := time.Now().Add(w.after)
		later, err := email.New(r.config(secret), email.Deps{Files: r.files, Bookmarks: r.hub, Resolver: dns, Now: func() time.Time { return at }})
		must(t, err)
		raw := unitWrites(t, "x@thanhhoa.example", key)
		raw = bytes.Replace(raw, []byte("To: <x@thanhhoa.example>\r\n"), []byte("To: "+w.to+"\r\n"+w.header), 1)
		in := r.arrives(later, raw)
		if in.Letter.Matter != w.want {
			t.Errorf("%s: the letter leads to %q, want %q", w.name, in.Letter.Matter, w.want)
		}
		if in.Kind != connectors.Said || in.From != unit {
			t.Errorf("%s: Inbound = %+v", w.name, in)
		}
	}
}

// config is that of the rig with another secret.
func (r *rig) config(secret []byte) email.Config {
	cfg := r.cfg
	cfg.Secret = secret
	return cfg
}

func TestAKeyIsAskedForOnceAndAFailingNameSystemHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dns := &names{}
		key := dns.signs(t, "so.example")
		r := proving(t)
		c := r.asking(dns)
		signed := unitWrites(t, ours, key)
		for range 20 {
			if !r.arrives(c, signed).Letter.Proven {
				t.Fatal("the letter is not proven")
			}
		}
		if dns.count() != 1 {
			t.Errorf("the key was asked for %d times", dns.count())
		}
		time.Sleep(2 * time.Hour) // of the bubble's clock
		dns.fails = &net.DNSError{Err: "server misbehaving", IsTemporary: true}
		in := r.arrives(c, signed)
		if in.Letter.Proven || !strings.Contains(strings.Join(in.Letter.Notes, " "), "DKIM chưa kiểm tra được") {
			t.Errorf("without an answer the letter is %+v", in.Letter)
		}
		dns.fails = nil
		if r.arrives(c, signed).Letter.Proven {
			t.Error("a server that fails is asked again at once")
		}
		time.Sleep(time.Minute)
		if !r.arrives(c, signed).Letter.Proven {
			t.Error("it is not asked again")
		}

		// Strangers sign with domains that never answer.
		dns.slow = time.Hour
		begun := time.Now()
		for n := range 50 {
			raw := bytes.ReplaceAll(signed, []byte("so.example"), fmt.Appendf(nil, "n%d.example", n))
			if r.arrives(c, raw).Letter.Proven {
				t.Fatal("a letter is proven that cannot be")
			}
		}
		if waited := time.Since(begun); waited > 21*time.Second {
			t.Errorf("fifty letters waited %s in vain", waited)
		}
	})
}
