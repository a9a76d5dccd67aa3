package letter

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
)

const (
	entry    = "Received: from mail.so.example (mail.so.example [203.0.113.9]) by mx.1022.example.vn (Postfix) with ESMTPS id 1; Mon, 23 Nov 2026 08:30:00 +0700"
	internal = "Received: from mx.1022.example.vn (mx.1022.example.vn [10.0.0.4]) by store.1022.example.vn with LMTP id 2; Mon, 23 Nov 2026 08:30:01 +0700"
	handover = "Received: from mx.1022.example.vn by mx.1022.example.vn with LMTP id 3"
	abroad   = "Received: from pc (unknown [192.168.1.7]) by mail.so.example with ESMTPSA id 4; Mon, 23 Nov 2026 08:29:59 +0700"
	// A stranger's server may greet with our name.
	greeting = "Received: from mx.1022.example.vn (unknown [203.0.113.66]) by mx.1022.example.vn (Postfix) with ESMTP id 5"
	passes   = "Authentication-Results: mx.1022.example.vn; dkim=pass header.d=so.example.gov.vn; spf=pass smtp.mailfrom=so.example.gov.vn; dmarc=pass header.from=so.example.gov.vn"
)

func headerOf(lines ...string) Header {
	return readHeader([]byte(wire(strings.Join(lines, "\n")) + "\r\n\r\n"))
}

func TestOnlyTheBordersWordsCount(t *testing.T) {
	border := Border{IDs: []string{"mx.1022.example.vn"}, Hosts: []string{"1022.example.vn"}}
	below := border
	below.Below = true
	microsoft := Border{Microsoft: true}
	const ms = "Authentication-Results: spf=pass (sender IP is 203.0.113.9) smtp.mailfrom=so.example.gov.vn; dkim=pass (signature was verified) header.d=so.example.gov.vn;dmarc=pass action=none header.from=so.example.gov.vn;compauth=pass reason=100"
	for _, c := range []struct {
		name   string
		border Border
		header Header
		want   bool // aligned with so.example.gov.vn
	}{
		{"above the field of its entry", border, headerOf(passes, entry, abroad), true},
		{"above it, behind steps between our servers", border, headerOf(internal, handover, passes, entry, abroad), true},
		{"below it", border, headerOf(entry, passes, abroad), false},
		{"below it, from a border that takes away others'", below, headerOf(internal, entry, passes, abroad), true},
		{"below a stranger's field too", below, headerOf(entry, abroad, passes), false},
		{"below it, where a stranger greeted with our name", border, headerOf(greeting, passes), false},
		{"below it, where a stranger invents a step of ours", border, headerOf(entry, internal, passes), false},
		{"below a stranger's field and one in our name", below, headerOf(abroad, entry, passes), false},
		{"of another server", border, headerOf(strings.Replace(passes, "mx.1022", "mx.1023", 1), entry), false},
		{"of no server, as Microsoft writes", border, headerOf(ms, entry), false},
		{"Microsoft's, where it is the border", microsoft, headerOf(ms, abroad), true},
		{"a second one of Microsoft's", microsoft, headerOf(strings.ReplaceAll(ms, "pass", "fail"), ms), false},
		{"with a comment that has a semicolon", border, headerOf(strings.Replace(passes, "dkim=pass", "dkim=pass (2048-bit key; unprotected)", 1), entry), true},
		{"with a version", border, headerOf(strings.Replace(passes, "example.vn;", "example.vn 1;", 1), entry), true},
		{"with a result that cannot be read before it", border, headerOf(strings.Replace(passes, "dkim=", "x; y=; dkim=", 1), entry), true},
		{"no border known", Border{}, headerOf(passes, entry), false},
		{"no fields at all", border, nil, false},
		{"no Received", border, headerOf(passes), true},
	} {
		if got := c.border.Read(c.header).Aligned("so.example.gov.vn"); got != c.want {
			t.Errorf("%s: %v, want %v (%+v)", c.name, got, c.want, c.border.Read(c.header))
		}
	}
	known := Border{IDs: border.IDs, Hosts: border.Hosts, Networks: []netip.Prefix{netip.MustParsePrefix("203.0.113.64/28")}}
	if !known.Read(headerOf(greeting, passes, entry)).Aligned("so.example.gov.vn") {
		t.Error("a step from a network of our own counted as a stranger's")
	}
}

func TestAlignmentNeedsTheDomainOrItsOrganisation(t *testing.T) {
	for _, c := range []struct {
		name, domain string
		proof        Proof
		want         bool
	}{
		{"DMARC for the domain", "so.thanhhoa.gov.vn", Proof{Method: "dmarc", Result: "pass", Domain: "so.thanhhoa.gov.vn"}, true},
		{"DMARC for another", "so.thanhhoa.gov.vn", Proof{Method: "dmarc", Result: "pass", Domain: "so2.thanhhoa.gov.vn"}, false},
		{"DMARC that failed", "so.thanhhoa.gov.vn", Proof{Method: "dmarc", Result: "fail", Domain: "so.thanhhoa.gov.vn"}, false},
		{"DKIM of the domain", "so.thanhhoa.gov.vn", Proof{Method: "dkim", Result: "pass", Domain: "so.thanhhoa.gov.vn"}, true},
		{"DKIM of the organisation", "so.thanhhoa.gov.vn", Proof{Method: "dkim", Result: "pass", Domain: "thanhhoa.gov.vn"}, true},
		{"DKIM of a public suffix", "thanhhoa.gov.vn", Proof{Method: "dkim", Result: "pass", Domain: "gov.vn"}, false},
		{"DKIM of a domain below", "thanhhoa.gov.vn", Proof{Method: "dkim", Result: "pass", Domain: "so.thanhhoa.gov.vn"}, false},
		{"DKIM of a neighbour", "thanhhoa.gov.vn", Proof{Method: "dkim", Result: "pass", Domain: "nghean.gov.vn"}, false},
		{"DKIM of a domain that ends alike", "thanhhoa.gov.vn", Proof{Method: "dkim", Result: "pass", Domain: "xthanhhoa.gov.vn"}, false},
		{"SPF alone", "thanhhoa.gov.vn", Proof{Method: "spf", Result: "pass", Domain: "thanhhoa.gov.vn"}, false},
		{"a letter from a public suffix", "gov.vn", Proof{Method: "dmarc", Result: "pass", Domain: "gov.vn"}, false},
		{"no domain", "", Proof{Method: "dmarc", Result: "pass"}, false},
	} {
		if got := (Proofs{c.proof}).Aligned(c.domain); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestALetterWithTwoAuthorsIsFromNobody(t *testing.T) {
	proofs := Proofs{{Method: "dmarc", Result: "pass", Domain: "example.vn"}}
	for raw, want := range map[string]bool{
		eml("x"): true,
		eml("x", "From: an@example.vn, b@evil.vn"):                  false,
		"From: gd@example.vn\r\n" + eml("x", "From: an@example.vn"): false,
		eml("x", "From: An"):                                        false,
	} {
		l, err := Read(t.Context(), strings.NewReader(raw), Leave)
		if err != nil || proofs.From(l) != want {
			t.Errorf("From = %v, want %v for %q (%v)", proofs.From(l), want, raw, err)
		}
	}
}

// signedDraft is a letter of ours with its key in a zone of the test.
func signedDraft(t *testing.T) (string, Lookup) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := draft()
	d.Key = &DKIMKey{Domain: "thanhhoa.gov.vn", Selector: "s1", Signer: private}
	var b bytes.Buffer
	if err := Compose(t.Context(), &b, d); err != nil {
		t.Fatal(err)
	}
	return b.String(), func(_ context.Context, name string) ([]string, error) {
		if name != "s1._domainkey.thanhhoa.gov.vn" {
			return nil, errors.New("no such name")
		}
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
}

func TestOurOwnSignatureIsVerified(t *testing.T) {
	raw, lookup := signedDraft(t)
	for _, c := range []struct {
		name, raw string
		aligned   bool
	}{
		{"as it was sent", raw, true},
		{"with another text", strings.Replace(raw, "Ch=C3=A0o", "Cho", 1), false},
		{"with another subject", strings.Replace(raw, "Subject:", "Subject: x", 1), false},
		{"with a second subject", "Subject: x\r\n" + raw, false},
		{"with a second From", "From: gd@thanhhoa.gov.vn\r\n" + raw, false},
		{"without its signature", raw[strings.Index(raw, "From:"):], false},
		{"without an end of its header", "From: x", false},
		{"with a header of a megabyte", "X: " + strings.Repeat("a\r\n ", 300000) + raw, false},
	} {
		proofs, _ := VerifyDKIM(t.Context(), strings.NewReader(c.raw), lookup)
		if got := proofs.Aligned("1022.thanhhoa.gov.vn"); got != c.aligned {
			t.Errorf("%s: %v, want %v (%+v)", c.name, got, c.aligned, proofs)
		}
	}
	many := strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=x.vn; s=s; h=from; b=x; bh=x\r\n", 50) + raw
	if proofs, err := VerifyDKIM(t.Context(), strings.NewReader(many), lookup); err != nil || len(proofs) > 5 {
		t.Errorf("of 50 signatures %d were checked (%v)", len(proofs), err)
	}
	broken := &breaking{raw: raw[:len(raw)/2]}
	if _, err := VerifyDKIM(t.Context(), broken, lookup); !errors.Is(err, errPlug) {
		t.Errorf("a source that breaks off: %v", err)
	}
	if _, err := VerifyDKIM(t.Context(), iotest.ErrReader(errPlug), lookup); !errors.Is(err, errPlug) {
		t.Errorf("a source that never begins: %v", err)
	}
}

func TestASignatureByAKeyThatIsOnlyTriedOutIsNone(t *testing.T) {
	raw, lookup := signedDraft(t)
	for _, c := range []struct {
		flags string
		want  int
	}{{"", 1}, {" t=s;", 1}, {" t=y;", 0}, {" t = s : y ;", 0}, {" n=t=y;", 1}} {
		proofs, err := VerifyDKIM(t.Context(), strings.NewReader(raw), func(ctx context.Context, name string) ([]string, error) {
			texts, err := lookup(ctx, name)
			for i := range texts {
				texts[i] = strings.Replace(texts[i], " k=", c.flags+" k=", 1)
			}
			return texts, err
		})
		if err != nil || len(proofs) != c.want || c.want == 1 && !proofs[0].Passed() {
			t.Errorf("a key with %q: %+v (%v)", c.flags, proofs, err)
		}
	}
}

// breaking gives what it has and then fails.
type breaking struct{ raw string }

func (b *breaking) Read(p []byte) (int, error) {
	if b.raw == "" {
		return 0, errPlug
	}
	n := copy(p, b.raw)
	b.raw = b.raw[n:]
	return n, nil
}

func TestProofsAreToldInVietnamese(t *testing.T) {
	got := Proofs{{Method: "spf", Result: "pass", Domain: "a.vn"}, {Method: "dkim", Result: "fail", Domain: "a.vn"}, {Method: "dmarc", Result: "none"}}.Words()
	if want := "Kiểm tra nguồn gốc thư: SPF đạt (a.vn); DKIM không đạt (a.vn); DMARC không có."; got != want {
		t.Errorf("Words = %q, want %q", got, want)
	}
}
