package letter

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
)

// SignatureKind is how a letter was signed.
type SignatureKind string

// The kinds of signatures.
const (
	SMIMESignature SignatureKind = "smime"
	PGPSignature   SignatureKind = "pgp" // told, never verified
)

// Signature is what is known of the signature within a letter. Only one that is
// Intact, Trusted and of the sender (Matches) proves who wrote.
type Signature struct {
	Kind    SignatureKind
	Name    string    // of the certificate's holder
	Address string    // of the holder, where the certificate has one
	Issuer  string    // who made the certificate
	At      time.Time // when it was signed, as the signer says; zero: not told
	Intact  bool      // what was signed is what we read
	Whole   bool      // it was the whole letter
	Trusted bool      // the certificate leads to one of Reader.Roots, and is valid now
	Matches bool      // Address is the letter's From
	Problem string    // why it is not Intact, in Vietnamese
}

// Words say it for members, in one line.
func (s *Signature) Words() string {
	switch {
	case s.Kind == PGPSignature:
		return "Thư có chữ ký PGP; hệ thống không kiểm tra loại chữ ký này."
	case !s.Intact:
		return "Thư có chữ ký số nhưng không xác nhận được: " + s.Problem + "."
	}
	by := cmp.Or(s.Name, s.Address, "không rõ tên")
	if s.Address != "" && s.Address != by {
		by += " <" + s.Address + ">"
	}
	words := fmt.Sprintf("Thư được ký số bởi %s, nội dung không bị thay đổi", by)
	if !s.Whole {
		words = fmt.Sprintf("Một phần của thư được ký số bởi %s", by)
	}
	if s.Issuer != "" {
		words += "; chứng thư do " + s.Issuer + " cấp"
	}
	if !s.Trusted {
		words += ", chưa kiểm tra được nguồn gốc chứng thư"
	}
	if !s.Matches {
		words += "; chứng thư không mang địa chỉ người gửi thư này"
	}
	return words + "."
}

func (w *walk) signedBy(kind SignatureKind) {
	if w.letter.Signed == nil {
		w.letter.Signed = &Signature{Kind: kind}
	}
}

// listen begins to hear the signed part of a multipart/signed.
func (w *walk) listen(p partHead, depth int) {
	protocol := p.params["protocol"]
	if w.split.tap != nil || strings.Contains(protocol, "pgp") {
		return
	}
	w.split.tap = &tap{level: len(w.split.bounds) - 1, most: mostWhole, all: depth == 0}
}

// unheard notes that a multipart/signed had more than what was signed and its
// signature: what else stands in it, anybody may have put there.
func (w *walk) unheard(parts int) {
	if s := w.letter.Signed; s != nil && parts != 2 {
		s.Whole = false
	}
}

// signature verifies what the tap heard.
func (w *walk) signature(r io.Reader) {
	t := w.split.tap
	raw, rest := whole(r, mostSmall)
	if w.letter.Signed != nil {
		return
	}
	sign := &Signature{Kind: SMIMESignature}
	w.letter.Signed = sign
	switch {
	case rest != nil:
		sign.Problem = "chữ ký quá dài"
		return
	case t == nil || !t.ended:
		sign.Problem = "chữ ký không đi cùng nội dung"
		return
	}
	p7, err := parseCMS(raw)
	if err != nil {
		sign.Problem = "chữ ký bị hỏng"
		return
	}
	sign.Whole = t.all
	if t.overflow {
		sign.of(p7)
		sign.Problem = "thư quá lớn để kiểm tra chữ ký"
		return
	}
	p7.Content = t.heard.Bytes()
	w.verify(sign, p7)
	t.heard = bytes.Buffer{}
}

// verify fills in what the signature proves.
func (w *walk) verify(sign *Signature, p7 *pkcs7.PKCS7) {
	sign.of(p7)
	if err := p7.Verify(); err != nil {
		sign.Problem = "nội dung không khớp với chữ ký, hoặc chữ ký dùng cách mã hóa không được hỗ trợ"
		if errors.Is(err, pkcs7.ErrUnsupportedAlgorithm) {
			sign.Problem = "chữ ký dùng thuật toán không được hỗ trợ"
		}
		return
	}
	sign.Intact = true
	if w.reader.Roots != nil {
		sign.Trusted = p7.VerifyWithChainAtTime(w.reader.Roots, w.reader.Now()) == nil
	}
}

// of reads the certificate of the only signer.
func (s *Signature) of(p7 *pkcs7.PKCS7) {
	var at time.Time
	if p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &at) == nil {
		s.At = at
	}
	cert := p7.GetOnlySigner()
	if cert == nil {
		return
	}
	s.Name = clean(cert.Subject.CommonName)
	s.Issuer = clean(cmp.Or(cert.Issuer.CommonName, strings.Join(cert.Issuer.Organization, ", ")))
	s.Address = certAddress(cert)
}

func certAddress(cert *x509.Certificate) string {
	for _, a := range cert.EmailAddresses {
		if m := mailbox(a); m != "" {
			return m
		}
	}
	for _, n := range cert.Subject.Names {
		if text, ok := n.Value.(string); ok && n.Type.String() == "1.2.840.113549.1.9.1" {
			return mailbox(text)
		}
	}
	return ""
}

// opaque opens a letter that lies within its signature. One that is encrypted
// stays a file.
func (w *walk) opaque(p partHead, r io.Reader, depth int) []piece {
	raw, rest := whole(r, mostWhole)
	if rest != nil {
		w.file(p, rest)
		return nil
	}
	p7, err := parseCMS(raw)
	sealed := strings.Contains(p.params["smime-type"], "enveloped")
	if sealed || err != nil || len(p7.Signers) == 0 || depth >= mostDepth {
		if sealed || err == nil && len(p7.Certificates) == 0 {
			w.letter.Encrypted = SMIMESeal
		} else if err != nil {
			w.note("Không mở được phần ký số của thư; phần đó được giữ thành tệp.")
		}
		w.file(p, bytes.NewReader(raw))
		return nil
	}
	if w.letter.Signed == nil {
		sign := &Signature{Kind: SMIMESignature, Whole: depth == 0}
		w.letter.Signed = sign
		w.verify(sign, p7)
	}
	return w.within(p7.Content, depth)
}

// within reads an entity that was wrapped into another.
func (w *walk) within(entity []byte, depth int) []piece {
	around := w.split
	defer func() { w.split = around }()
	w.split = newSplitter(bytes.NewReader(entity))
	return w.entity(w.split.header(false), "text/plain", depth+1)
}

var errDeep = errors.New("nested too deeply")

// parseCMS parses what a stranger sent. The library recurses: what is nested
// deeper than any signature is, it never sees.
func parseCMS(raw []byte) (p7 *pkcs7.PKCS7, err error) {
	if !isShallow(raw) {
		return nil, errDeep
	}
	defer func() {
		if r := recover(); r != nil {
			p7, err = nil, fmt.Errorf("CMS: %v", r)
		}
	}()
	return pkcs7.Parse(raw)
}

// isShallow walks through BER without recursion and reports whether it is well
// formed and nested at most 64 deep.
func isShallow(ber []byte) bool {
	const deep, open = 64, -1
	var ends []int
	for at := 0; ; {
		for len(ends) > 0 && ends[len(ends)-1] == at {
			ends = ends[:len(ends)-1]
		}
		if len(ends) == 0 && at > 0 {
			return true
		}
		if len(ends) > 0 && ends[len(ends)-1] == open && len(ber)-at >= 2 && ber[at] == 0 && ber[at+1] == 0 {
			ends = ends[:len(ends)-1]
			at += 2
			continue
		}
		body, length, constructed, ok := berHead(ber, at)
		if !ok || len(ends) >= deep {
			return false
		}
		end := body + length
		if length == open {
			end = open
		} else if end > len(ber) || len(ends) > 0 && ends[len(ends)-1] != open && end > ends[len(ends)-1] {
			return false
		}
		if at = body; constructed {
			ends = append(ends, end)
		} else {
			if end == open {
				return false
			}
			at = end
		}
	}
}

// berHead reads tag and length; a length of -1 is indefinite.
func berHead(ber []byte, at int) (body, length int, constructed, ok bool) {
	if at >= len(ber) {
		return 0, 0, false, false
	}
	constructed = ber[at]&0x20 != 0
	long := ber[at]&0x1F == 0x1F
	at++
	for ; long && at < len(ber) && ber[at] >= 0x80; at++ {
	}
	if long {
		at++
	}
	if at >= len(ber) {
		return 0, 0, false, false
	}
	l := int(ber[at])
	at++
	switch {
	case l == 0x80:
		return at, -1, constructed, true
	case l < 0x80:
		return at, l, constructed, true
	}
	n := l & 0x7F
	if n > 4 || at+n > len(ber) {
		return 0, 0, false, false
	}
	for _, c := range ber[at : at+n] {
		length = length<<8 | int(c)
	}
	return at + n, length, constructed, true
}
