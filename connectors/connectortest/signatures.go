package connectortest

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// at is when the first thing of a test happened, on the platform's clock.
var at = time.Date(2026, 1, 1, 0, 0, 0, 123_000_000, time.UTC)

// hello is something a citizen says.
func hello() Thing {
	return Thing{ID: "9007199254740993", From: "9007199254740993", Text: "Đèn đường hỏng", SentAt: at}
}

// setBody gives r another body.
func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.GetBody = nil
}

var signatures = []promise{
	{"a genuine report is taken", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		if p.one(hello()).Content.Text != hello().Text {
			t.Error("its words are others")
		}
	}},
	{"a signature that is not genuine is refused", func(t *testing.T, factory Factory) {
		for name, change := range wrongHeaders {
			t.Run(name, func(t *testing.T) {
				p := platform(t, factory)
				r := p.hook.Report(hello())
				genuine := r.Header.Get(p.hook.Header)
				if genuine == "" {
					t.Fatalf("the harness signs without a header %q", p.hook.Header)
				}
				r.Header[http.CanonicalHeaderKey(p.hook.Header)] = change(genuine)
				p.refused(r)
			})
		}
	}},
	{"a signature belongs to its body", func(t *testing.T, factory Factory) {
		for name, change := range otherBodies {
			t.Run(name, func(t *testing.T) {
				p := platform(t, factory)
				if p.hook.Loose {
					t.Skip("what proves where a request comes from does not depend on its body")
				}
				r := p.hook.Report(hello())
				other := hello()
				other.Text = "Tôi xin rút lại phản ánh"
				setBody(r, change(p.body(r), p.body(p.hook.Report(other))))
				p.refused(r)
			})
		}
	}},
	{"what the platform's scheme invites is refused", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		forged := p.hook.Forged(hello())
		if len(forged) == 0 {
			t.Error("the harness forges nothing: not even with another channel's key")
		}
		for name, r := range forged {
			t.Run(name, func(t *testing.T) {
				p.within(t).refused(r)
			})
		}
	}},
	{"a genuine report sent again is acknowledged and has the same key", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		first := p.one(hello())
		for range 2 {
			if again := p.one(hello()); again.Key != first.Key || again.Kind != first.Kind {
				t.Errorf("sent again it is %s %q, was %s %q", again.Kind, again.Key, first.Kind, first.Key)
			}
		}
		if first.Key == "" {
			t.Error("the key is empty")
		}
	}},
	{"a body over the limit is answered 413", func(t *testing.T, factory Factory) {
		for _, chunked := range []bool{false, true} {
			p := platform(t, factory)
			big := hello()
			big.Text = strings.Repeat("a", int(p.hook.MaxBody)+1)
			r := p.hook.Report(big)
			if chunked { // its length is not told beforehand
				r.ContentLength = -1
			}
			status, _ := p.send(r)
			if status != http.StatusRequestEntityTooLarge {
				t.Errorf("answered %d (length untold: %v), want 413", status, chunked)
			}
			if n := len(p.receiver.tried()); n != 0 {
				t.Errorf("it was kept %d times", n)
			}
		}
	}},
}

// refused wants a request answered 401 and nothing of it kept.
func (p *post) refused(r *http.Request) {
	p.t.Helper()
	if status, body := p.send(r); status != http.StatusUnauthorized {
		p.t.Errorf("answered %d %s, want 401", status, short(body))
	}
	if got := p.receiver.tried(); len(got) != 0 {
		p.t.Errorf("%d were kept", len(got))
	}
}

// wrongHeaders make other values of the header from the genuine one. The first
// bytes of a value may be a fixed word ("sha256="), the last ones of some
// encodings may stand for nothing, so both are left alone where a byte changes.
var wrongHeaders = map[string]func(genuine string) []string{
	"none":                   func(string) []string { return nil },
	"empty":                  func(string) []string { return []string{""} },
	"nonsense":               func(string) []string { return []string{"x"} },
	"one byte changed":       func(g string) []string { return []string{changed(g, len(g)-3)} },
	"cut short":              func(g string) []string { return []string{g[:len(g)-2]} },
	"longer":                 func(g string) []string { return []string{g + "00"} },
	"in capitals":            func(g string) []string { return []string{opposite(g)} },
	"a blank inside":         func(g string) []string { return []string{g[:len(g)-6] + " " + g[len(g)-6:]} },
	"twice, one wrong":       func(g string) []string { return []string{g, changed(g, len(g)-3)} },
	"twice, wrong one first": func(g string) []string { return []string{changed(g, len(g)-3), g} },
	"of nothing but zeros":   func(g string) []string { return []string{g[:len(g)-16] + strings.Repeat("0", 16)} },
}

// changed replaces one letter or digit by another of the same alphabet.
func changed(text string, i int) string {
	b := []byte(text)
	if b[i] == 'a' {
		b[i] = 'b'
	} else {
		b[i] = 'a'
	}
	return string(b)
}

// opposite turns small letters into capitals, in the last 32 bytes only: what
// stands before may be the name of a scheme.
func opposite(text string) string {
	from := max(len(text)-32, 0)
	return text[:from] + strings.ToUpper(text[from:])
}

// otherBodies make bodies that the signature of the genuine one must not fit.
var otherBodies = map[string]func(genuine, other []byte) []byte{
	"of another message":     func(_, other []byte) []byte { return other },
	"empty":                  func([]byte, []byte) []byte { return nil },
	"one byte of it changed": func(g, _ []byte) []byte { return flip(g, len(g)/2) },
	"its last byte changed":  func(g, _ []byte) []byte { return flip(g, len(g)-1) },
	"a blank at its end":     func(g, _ []byte) []byte { return append(slices.Clone(g), ' ') },
	"a blank at its start":   func(g, _ []byte) []byte { return append([]byte{' '}, g...) },
	"cut short":              func(g, _ []byte) []byte { return g[:len(g)-1] },
}

func flip(body []byte, i int) []byte {
	body = slices.Clone(body)
	body[i] ^= 1
	return body
}
