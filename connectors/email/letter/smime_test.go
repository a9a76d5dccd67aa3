package letter

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	pool *x509.CertPool
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, cert := certificate(t, nil, nil, &x509.Certificate{Subject: pkix.Name{CommonName: "Cơ yếu thử nghiệm"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return authority{cert, key, pool}
}

func certificate(t *testing.T, parent *x509.Certificate, by crypto.Signer, template *x509.Certificate) (crypto.Signer, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

// sign makes the CMS of content, with the content in it or without.
func (a authority) sign(t *testing.T, content, address string, detached bool) string {
	t.Helper()
	key, cert := certificate(t, a.cert, a.key, &x509.Certificate{Subject: pkix.Name{CommonName: "Nguyễn Thị Bình"}, EmailAddresses: []string{address}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}})
	data, err := pkcs7.NewSignedData([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSigner(cert, key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	if detached {
		data.Detach()
	}
	out, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return inBase64(string(out))
}

// clearSigned is a letter whose text everybody can read, and its signature.
func (a authority) clearSigned(t *testing.T, signed, sent, from string) string {
	return eml(parted("S", sent, "Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"+a.sign(t, signed, "binh@thanhhoa.gov.vn", true)),
		"From: "+from, "Subject: x", `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=S`)
}

func TestSignedLettersTellByWhom(t *testing.T) {
	a := newAuthority(t)
	body := "Content-Type: text/plain; charset=utf-8\r\n\r\nĐã xử lý xong.\r\n\r\nTrân trọng"
	nested := "Content-Type: multipart/mixed; boundary=I\r\n\r\n" + parted("I", body, "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF")
	from := "Binh <binh@thanhhoa.gov.vn>"
	clear := a.clearSigned(t, body, body, from)
	for _, c := range []struct {
		name, raw                       string
		roots                           *x509.CertPool
		intact, whole, trusted, matches bool
		text                            string
	}{
		{"by a known authority", clear, a.pool, true, true, true, true, "Đã xử lý xong.\n\nTrân trọng"},
		{"by an authority nobody knows", clear, newAuthority(t).pool, true, true, false, true, "Đã xử lý xong.\n\nTrân trọng"},
		{"without any authorities", clear, nil, true, true, false, true, "Đã xử lý xong.\n\nTrân trọng"},
		{"of somebody else than the sender", a.clearSigned(t, body, body, "Giám đốc <gd@thanhhoa.gov.vn>"), a.pool, true, true, true, false, "Đã xử lý xong.\n\nTrân trọng"},
		{"changed on the way", a.clearSigned(t, body, strings.Replace(body, "xong", "xoong", 1), from), a.pool, false, true, false, true, "Đã xử lý xoong.\n\nTrân trọng"},
		{"with bare LF on the way", strings.ReplaceAll(clear, "\r\n", "\n"), a.pool, true, true, true, true, "Đã xử lý xong.\n\nTrân trọng"},
		{"with a file in it", a.clearSigned(t, strings.TrimSuffix(nested, "\r\n"), strings.TrimSuffix(nested, "\r\n"), from), a.pool, true, true, true, true, "Đã xử lý xong.\n\nTrân trọng"},
		{"with a footer of a list", eml(parted("F", strings.SplitN(clear[strings.Index(clear, "Content-Type"):], "\r\n\r\n", 2)[0]+"\r\n\r\n"+strings.SplitN(clear, "\r\n\r\n", 2)[1], part("Content-Type: text/plain", "Danh sách")), "From: "+from, "Content-Type: multipart/mixed; boundary=F"), a.pool, true, false, true, true, "Đã xử lý xong.\n\nTrân trọng\n\nDanh sách"},
		{"with a part put in between", strings.Replace(clear, "--S\r\nContent-Type: application/pkcs7", "--S\r\n\r\nChuyển tiền đi\r\n--S\r\nContent-Type: application/pkcs7", 1), a.pool, true, false, true, true, "Đã xử lý xong.\n\nTrân trọng\n\nChuyển tiền đi"},
		{"in one piece", eml(a.sign(t, body, "binh@thanhhoa.gov.vn", false), "From: "+from, "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "Content-Transfer-Encoding: base64"), a.pool, true, true, true, true, "Đã xử lý xong.\n\nTrân trọng"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := Reader{Keep: keepHash, Roots: c.roots}.Read(t.Context(), strings.NewReader(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			if l.Text != c.text {
				t.Errorf("the text is %q, want %q", l.Text, c.text)
			}
			s := l.Signed
			if s == nil {
				t.Fatal("no signature was found")
			}
			if s.Intact != c.intact || s.Whole != c.whole || s.Trusted != c.trusted || s.Matches != c.matches {
				t.Errorf("the signature is %+v", s)
			}
			if s.Name != "Nguyễn Thị Bình" || s.Issuer != "Cơ yếu thử nghiệm" || s.Address != "binh@thanhhoa.gov.vn" || s.At.IsZero() {
				t.Errorf("the signer is %q <%s> of %q at %v", s.Name, s.Address, s.Issuer, s.At)
			}
			for _, f := range l.Attachments {
				if strings.HasPrefix(f.Name, "smime") {
					t.Errorf("the signature is shown as a file: %s", f.Name)
				}
			}
		})
	}
}

func TestASignatureIsWorthNothingAfterItsCertificate(t *testing.T) {
	a := newAuthority(t)
	body := "Content-Type: text/plain\r\n\r\nx"
	r := Reader{Roots: a.pool, Now: func() time.Time { return time.Now().AddDate(1, 0, 0) }}
	l, err := r.Read(t.Context(), strings.NewReader(a.clearSigned(t, body, body, "binh@thanhhoa.gov.vn")))
	if err != nil || l.Signed == nil || !l.Signed.Intact || l.Signed.Trusted {
		t.Errorf("a year later the signature is %+v, %v", l.Signed, err)
	}
}

func TestCMSIsLookedAtBeforeItIsParsed(t *testing.T) {
	for _, c := range []struct {
		name string
		ber  string
		want bool
	}{
		{"nothing", "", false},
		{"a number", "\x02\x01\x05", true},
		{"indefinite", "\x30\x80\x02\x01\x05\x00\x00", true},
		{"indefinite without end", "\x30\x80\x02\x01\x05", false},
		{"longer than there is", "\x30\x05\x02\x01\x05", false},
		{"a child longer than its parent", "\x30\x03\x02\x05\x05\x05\x05\x05\x05", false},
		{"primitive and indefinite", "\x02\x80\x00\x00", false},
		{"sixty deep", strings.Repeat("\x30\x80", 60) + "\x02\x01\x05" + strings.Repeat("\x00\x00", 60), true},
		{"a million deep", strings.Repeat("\x30\x80", 1000000), false},
		{"a long tag", "\x3f\x81\x01\x03\x02\x01\x05", true},
		{"a length of five bytes", "\x30\x85\x00\x00\x00\x00\x01\x00", false},
	} {
		if got := isShallow([]byte(c.ber)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		_, _ = parseCMS([]byte(c.ber)) // must not panic
	}
}
