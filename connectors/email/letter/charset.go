package letter

import (
	"bytes"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"tongdai/kb/vi"
)

// guessFrom is how much of a text is looked at to tell its encoding.
const guessFrom = 16 << 10

// toText gives bytes of that charset in composed Unicode. guessed is the encoding
// that they were in although the label said otherwise. What cannot be understood
// becomes U+FFFD; control characters go.
func toText(raw []byte, label string) (text string, guessed vi.Encoding) {
	text, told := byLabel(raw, charsetName(label))
	if !told {
		text = withoutLabel(raw)
	}
	if isPlain(text) {
		return tidy(text), vi.Unicode
	}
	head := text
	if len(head) > guessFrom {
		head = strings.ToValidUTF8(head[:guessFrom], "")
	}
	_, from := vi.Legacy(head)
	if from == vi.Unicode || from == vi.NFD {
		return norm.NFC.String(tidy(text)), vi.Unicode
	}
	return norm.NFC.String(tidy(from.Decode(text))), from
}

// isPlain: nothing in it can be of another encoding; VIQR has such characters.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= 0x80 || c == '(' || c == '^' || c == '+' {
			return false
		}
	}
	return true
}

var charsetJunk = strings.NewReplacer(" ", "", "\t", "", "\"", "", "'", "", "_", "-")

func charsetName(label string) string {
	name := charsetJunk.Replace(strings.ToLower(clean(label)))
	name, _, _ = strings.Cut(name, "*") // RFC 2231 puts a language behind it
	name, _, _ = strings.Cut(name, ";")
	return name
}

// byLabel decodes as told; false when the label says nothing, or cannot be true.
func byLabel(raw []byte, name string) (string, bool) {
	switch name {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi-x3.4-1968", "unknown-8bit", "x-unknown", "default", "binary", "8bit":
		return "", false
	case "tcvn", "tcvn3", "tcvn-5712", "tcvn5712-1", "tcvn5712-1:1993", "x-viet-tcvn5712", "x-viet-tcvn", "abc":
		return vi.TCVN3.Decode(western(raw)), true
	case "x-viet-vni", "vni", "x-vni":
		return vi.VNIWindows.Decode(western(raw)), true
	case "viqr", "x-viet-viqr":
		return vi.VIQR.Decode(western(raw)), true
	case "utf-7", "utf7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7":
		return fromUTF7(raw), true
	}
	if utf8.Valid(raw) && (strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32")) && bytes.IndexByte(raw, 0) < 0 {
		return "", false // a false label would make Chinese of it
	}
	if oneByte(name) && hasMultibyte(raw) {
		return "", false
	}
	r, err := charset.Reader(name, bytes.NewReader(raw))
	if err != nil {
		return "", false
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return "", false
	}
	return string(text), true
}

// oneByte: the charsets that programs name when they know nothing better.
func oneByte(name string) bool {
	return strings.HasPrefix(name, "iso-8859-") || strings.HasPrefix(name, "windows-125") || strings.HasPrefix(name, "cp125") || name == "latin1"
}

// hasMultibyte reports whether raw is UTF-8 and says something that ASCII cannot.
func hasMultibyte(raw []byte) bool {
	return utf8.Valid(raw) && utf8.RuneCount(raw) < len(raw)
}

// withoutLabel takes raw for UTF-8 where it is, be it with a few bytes broken, and
// for windows-1252 otherwise: what that means in Vietnamese is guessed from there.
func withoutLabel(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	good, bad := 0, 0
	for rest := raw; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		rest = rest[size:]
	}
	if good > 3*bad {
		return string(raw) // tidy marks what is broken
	}
	return western(raw)
}

// western reads bytes as windows-1252, and those that it does not have as Latin-1.
func western(raw []byte) string {
	var b strings.Builder
	b.Grow(len(raw) + len(raw)/4)
	for _, c := range raw {
		r := charmap.Windows1252.DecodeByte(c)
		if r == utf8.RuneError {
			r = rune(c)
		}
		b.WriteRune(r)
	}
	return b.String()
}

var utf7Run = regexp.MustCompile(`\+[A-Za-z0-9+/]*-?`)

// fromUTF7 decodes RFC 2152.
func fromUTF7(raw []byte) string {
	return utf7Run.ReplaceAllStringFunc(western(raw), func(run string) string {
		digits := strings.TrimSuffix(run[1:], "-")
		if digits == "" {
			return "+"
		}
		b, err := base64.RawStdEncoding.DecodeString(digits)
		if err != nil && len(b) == 0 {
			return run
		}
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
		return string(utf16.Decode(units))
	})
}

// tidy makes valid UTF-8 with "\n" as line ends and without control characters.
func tidy(text string) string {
	if isTidy(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i, r := range text {
		switch {
		case r == '\r':
			if i+1 == len(text) || text[i+1] != '\n' {
				b.WriteByte('\n')
			}
		case r == '\n', r == '\t':
			b.WriteRune(r)
		case isLineEnd(r):
			b.WriteByte('\n')
		case !isControl(r):
			b.WriteRune(r) // U+FFFD for what is no UTF-8
		}
	}
	return b.String()
}

func isTidy(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || r != '\n' && r != '\t' && (isControl(r) || isLineEnd(r)) {
			return false
		}
	}
	return true
}

// isControl: characters that are nothing to be seen, and those that turn the order
// of what stands around them, which only serve to deceive here.
func isControl(r rune) bool {
	return r < 0x20 || 0x7F <= r && r < 0xA0 || r == 0xFEFF || 0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069
}

// isLineEnd: the line ends that Unicode has beside CR and LF.
func isLineEnd(r rune) bool {
	return r == 0x0B || r == 0x0C || r == 0x85 || r == 0x2028 || r == 0x2029
}

// clean makes one line of text that a header or a person will have: every line
// end and tab a space, control characters gone, and no blanks around it.
func clean(text string) string {
	text = tidy(text)
	if strings.ContainsAny(text, "\n\t") {
		text = strings.NewReplacer("\n", " ", "\t", " ").Replace(text)
	}
	return strings.TrimSpace(text)
}

// shorten cuts text to so many characters.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i]
		}
	}
	return text
}
