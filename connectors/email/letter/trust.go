package letter

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/publicsuffix"
)

// Border is the server through which strangers' letters reach us, and what of its
// words is to be believed (RFC 8601): a stranger may write such words too, so only
// those count that stand above the Received field by which the letter came in.
type Border struct {
	// IDs are the authserv-ids that it writes Authentication-Results with, as
	// "mx.1022.example.vn". None: nothing in a header is believed, except Microsoft's.
	IDs []string
	// Hosts are the names of our own servers in Received fields; a name stands for
	// what is below it too. None: the IDs.
	Hosts []string
	// Networks are our own beside the private ones (RFC 1918, RFC 4193): a letter
	// that comes from them to one of Hosts has come in before. Names prove nothing
	// here, a stranger's server greets as it likes.
	Networks []netip.Prefix
	// Below: it writes its results below its own Received field, and takes away those
	// that strangers wrote in its name. Where it does not, results there may be forged.
	Below bool
	// Microsoft: it is Microsoft 365, which names no authserv-id and always writes
	// one field of its own on top of what came in; only the first one counts.
	Microsoft bool
}

// Proof is one thing that was checked about a letter's origin.
type Proof struct {
	Method string // "spf", "dkim", "dmarc"
	Result string // "pass", "fail", "none", …
	Domain string // that it speaks for, in small letters
	Own    bool   // we checked it ourselves, it is not the border's word
	Why    string // of a failure, for members and logs; may be empty
}

// Passed reports whether the check succeeded.
func (p Proof) Passed() bool { return p.Result == authres.ResultPass }

// Proofs are all that is known about a letter's origin.
type Proofs []Proof

// Read returns what the border says about the letter with that header.
func (b Border) Read(h Header) (all Proofs) {
	entered := false
	for _, f := range h {
		switch {
		case strings.EqualFold(f.Name, "Received"):
			inside := b.inside(f.Value)
			if entered || !inside && !(b.Below && b.isEntry(f.Value)) {
				return all
			}
			entered = !inside
		case strings.EqualFold(f.Name, "Authentication-Results"):
			if b.Microsoft {
				return b.parse(f.Value)
			}
			all = append(all, b.parse(f.Value)...)
		}
	}
	return all
}

// inside reports whether a Received field tells of a step between our own servers:
// to one of them, from our own networks. Fields without any IP address are written
// only where programs of one machine hand on, and go by the name.
func (b Border) inside(received string) bool {
	from, by := receivedHosts(received)
	if !b.isOurs(by) {
		return false
	}
	addresses := receivedIPs(received)
	if len(addresses) == 0 {
		return from == "" || from == "localhost" || b.isOurs(from)
	}
	return !slices.ContainsFunc(addresses, func(ip netip.Addr) bool { return !b.isInternal(ip) })
}

// isEntry reports whether it tells of a stranger's step to us.
func (b Border) isEntry(received string) bool {
	_, by := receivedHosts(received)
	return b.isOurs(by) && !b.inside(received)
}

func (b Border) isInternal(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() ||
		slices.ContainsFunc(b.Networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

var ipInText = regexp.MustCompile(`(?i)(?:ipv6:)?[0-9a-f]*[.:][0-9a-f.:]+`)

// receivedIPs are all IP addresses that a Received field names: our server always
// writes the stranger's true one somewhere, and a stranger can only add others.
func receivedIPs(received string) (all []netip.Addr) {
	const most = 50
	for _, text := range ipInText.FindAllString(received, most) {
		text = strings.TrimPrefix(strings.ToLower(text), "ipv6:")
		if ip, err := netip.ParseAddr(text); err == nil {
			all = append(all, ip.Unmap())
		}
	}
	return all
}

func (b Border) isOurs(host string) bool {
	hosts := b.Hosts
	if len(hosts) == 0 {
		hosts = b.IDs
	}
	return host != "" && slices.ContainsFunc(hosts, func(own string) bool {
		own = strings.ToLower(strings.TrimSuffix(own, "."))
		return own != "" && (host == own || strings.HasSuffix(host, "."+own))
	})
}

// receivedHosts reads "from <host> … by <host> …".
func receivedHosts(received string) (from, by string) {
	fields := strings.Fields(withoutComments(received))
	for i, f := range fields {
		if f == ";" || strings.HasSuffix(f, ";") && by != "" {
			break
		}
		if i+1 < len(fields) {
			next := strings.ToLower(strings.Trim(fields[i+1], "[];."))
			switch {
			case strings.EqualFold(f, "from") && from == "":
				from = next
			case strings.EqualFold(f, "by") && by == "":
				by = next
			}
		}
	}
	return from, by
}

// parse reads one field, when it is the border's.
func (b Border) parse(value string) (all Proofs) {
	const most = 8 << 10
	if len(value) > most {
		return nil
	}
	value = clean(withoutComments(value))
	first, _, _ := strings.Cut(value, ";")
	if strings.Contains(first, "=") { // no authserv-id at all
		if !b.Microsoft {
			return nil
		}
		value = "microsoft;" + value
	} else {
		id, _, _ := strings.Cut(strings.TrimSpace(first), " ")
		if !slices.ContainsFunc(b.IDs, func(own string) bool { return strings.EqualFold(own, id) }) {
			return nil
		}
	}
	for _, one := range resultsOf(value) {
		switch r := one.(type) {
		case *authres.SPFResult:
			all = append(all, Proof{Method: "spf", Result: string(r.Value), Domain: bareDomain(cmp.Or(r.From, r.Helo))})
		case *authres.DKIMResult:
			all = append(all, Proof{Method: "dkim", Result: string(r.Value), Domain: bareDomain(cmp.Or(r.Domain, r.Identifier))})
		case *authres.DMARCResult:
			all = append(all, Proof{Method: "dmarc", Result: string(r.Value), Domain: bareDomain(r.From)})
		}
	}
	return all
}

// resultsOf reads the results one by one: the library drops all behind one that it
// cannot read.
func resultsOf(value string) (all []authres.Result) {
	parts := strings.Split(value, ";")
	const most = 30
	for _, part := range parts[1:min(len(parts), most)] {
		if _, results, err := authres.Parse("x;" + part); err == nil {
			all = append(all, results...)
		}
	}
	return all
}

// bareDomain is the domain of "an@example.vn", "@example.vn" or "example.vn".
func bareDomain(text string) string {
	text = strings.ToLower(strings.Trim(text, `"<> .`))
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = text[at+1:]
	}
	return text
}

// withoutComments takes comments out, nested ones too; quoted ones are none.
func withoutComments(text string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			if depth == 0 {
				b.WriteByte(text[i])
			}
		case c == '"' && depth == 0:
			quoted = !quoted
			b.WriteByte(c)
		case c == '(' && !quoted:
			depth++
		case c == ')' && !quoted && depth > 0:
			if depth--; depth == 0 {
				b.WriteByte(' ')
			}
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Lookup returns the TXT records of a name, as net.Resolver.LookupTXT does.
type Lookup func(ctx context.Context, name string) ([]string, error)

// VerifyDKIM checks the signatures (RFC 6376) of the letter that raw gives from its
// beginning, five at most. That a signature is wrong is a Proof, and one by a key that
// its domain only tries out is none; an error is that of raw, or that the letter cannot
// be checked at all.
func VerifyDKIM(ctx context.Context, raw io.Reader, lookup Lookup) (Proofs, error) {
	src := &source{ctx: ctx, r: raw, left: mostBytes}
	lines := bufio.NewReaderSize(src, lineBuffer)
	head, ok := headerBytes(lines)
	if src.failed != nil {
		return nil, src.failed
	}
	if !ok {
		return nil, errHeader
	}
	if !bytes.Contains(bytes.ToLower(head), []byte("dkim-signature:")) {
		return nil, nil
	}
	const most = 5
	tried := map[string]bool{} // domains with such keys
	found, err := dkim.VerifyWithOptions(io.MultiReader(bytes.NewReader(head), lines), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) {
			texts, err := lookup(ctx, name)
			if err == nil && slices.ContainsFunc(texts, triesOut) {
				_, signer, _ := strings.Cut(name, "._domainkey.")
				tried[bareDomain(signer)], err = true, errTriedOut
			}
			return texts, err
		},
		MaxVerifications: most,
	})
	if src.failed != nil {
		return nil, src.failed
	}
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil, fmt.Errorf("verify DKIM: %w", err)
	}
	var all Proofs
	for _, v := range found {
		p := Proof{Method: "dkim", Result: authres.ResultPass, Domain: bareDomain(v.Domain), Own: true}
		if v.Err != nil {
			if tried[p.Domain] {
				continue
			}
			p.Why = clean(v.Err.Error())
			if p.Result = authres.ResultFail; dkim.IsTempFail(v.Err) {
				p.Result = authres.ResultTempError
			}
		}
		all = append(all, p)
	}
	return all, nil
}

var errTriedOut = errors.New("the key is tried out only")

// triesOut reports whether a key's record says that its domain tests DKIM. Letters
// that it signs are to be taken as if they were not signed (RFC 6376, 3.6.1, "t=y").
func triesOut(record string) bool {
	for tag := range strings.SplitSeq(record, ";") {
		name, value, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(name) == "t" {
			return slices.ContainsFunc(strings.Split(value, ":"), func(flag string) bool { return strings.TrimSpace(flag) == "y" })
		}
	}
	return false
}

// VerifyFrom is VerifyDKIM of those signatures only that would prove l's From address.
// Nothing is looked up or read where the letter has none.
func VerifyFrom(ctx context.Context, l Letter, raw io.Reader, lookup Lookup) (Proofs, error) {
	speaks := func(signer string) bool {
		return Proofs{{Method: "dkim", Result: authres.ResultPass, Domain: signer}}.From(l)
	}
	if !slices.ContainsFunc(l.Header.Values("DKIM-Signature"), func(v string) bool { return speaks(signerOf(v)) }) {
		return nil, nil
	}
	all, err := VerifyDKIM(ctx, raw, func(ctx context.Context, name string) ([]string, error) {
		if _, signer, _ := strings.Cut(name, "._domainkey."); !speaks(bareDomain(signer)) {
			return nil, errOther
		}
		return lookup(ctx, name)
	})
	return slices.DeleteFunc(all, func(p Proof) bool { return !speaks(p.Domain) }), err
}

var errOther = errors.New("the signature is somebody else's")

// signerOf is the domain that a DKIM-Signature field says to be of (RFC 6376, 3.5).
func signerOf(field string) string {
	const most = 20 // tags
	for i, tag := range strings.SplitN(field, ";", most) {
		name, value, _ := strings.Cut(tag, "=")
		if i < most-1 && strings.TrimSpace(name) == "d" {
			return bareDomain(strings.Join(strings.Fields(value), ""))
		}
	}
	return ""
}

var errHeader = errors.New("the header is too long, or has no end")

// headerBytes reads the header as it came, with its empty line. The library adds
// its lines up one by one, so a very long one is not for it.
func headerBytes(lines *bufio.Reader) ([]byte, bool) {
	const most = 5000 // lines
	var head bytes.Buffer
	for n := 0; head.Len() <= mostHeader && n < most; n++ {
		line, err := lines.ReadSlice('\n')
		head.Write(line)
		if err != nil {
			return nil, false
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return head.Bytes(), true
		}
	}
	return nil, false
}

// Aligned reports whether the letter is proven to be from that domain: DMARC passed
// for it, or a DKIM signature of it or of its organisation's domain. SPF alone is
// no proof: forwarding breaks it, and shared hosts pass it for each other. A public
// suffix, such as gov.vn, proves nothing for what is below it.
func (all Proofs) Aligned(domain string) bool {
	domain = bareDomain(domain)
	if domain == "" {
		return false
	}
	suffix, _ := publicsuffix.PublicSuffix(domain)
	if suffix == domain {
		return false
	}
	organisation, _ := publicsuffix.EffectiveTLDPlusOne(domain)
	return slices.ContainsFunc(all, func(p Proof) bool {
		if !p.Passed() || p.Domain == "" {
			return false
		}
		switch p.Method {
		case "dmarc":
			return p.Domain == domain
		case "dkim":
			return p.Domain == domain || p.Domain == organisation
		}
		return false
	})
}

// From reports whether the letter is proven to be from its From address: one
// address, and Aligned with its domain. A letter with several From is proven to be
// from nobody: which one was signed, readers cannot see.
func (all Proofs) From(l Letter) bool {
	return l.Authors == 1 && len(l.Header.Values("From")) == 1 && all.Aligned(l.From.Domain())
}

// Words tell members what was checked, in one line of Vietnamese.
func (all Proofs) Words() string {
	if len(all) == 0 {
		return "Chưa có kết quả kiểm tra nguồn gốc thư (SPF, DKIM, DMARC)."
	}
	var words []string
	for _, p := range all {
		how := "không đạt"
		switch p.Result {
		case authres.ResultPass:
			how = "đạt"
		case "none":
			how = "không có"
		case authres.ResultTempError:
			how = "chưa kiểm tra được"
		case authres.ResultNeutral:
			how = "không kết luận"
		}
		word := strings.ToUpper(p.Method) + " " + how
		if p.Domain != "" {
			word += " (" + p.Domain + ")"
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return "Kiểm tra nguồn gốc thư: " + strings.Join(words, "; ") + "."
}
