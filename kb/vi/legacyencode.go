package vi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Encode writes composed Vietnamese text in encoding e, as it shows when read as
// windows-1252 (for Mojibake and the code pages) or in ASCII (for VIQR). It is what
// tests and simulators of old systems need. TCVN3 turns its missing capitals into
// small letters; other characters that e does not have stay.
func (e Encoding) Encode(text string) string {
	text = norm.NFC.String(text)
	switch e {
	case NFD:
		return norm.NFD.String(text)
	case Mojibake:
		return mojibake(text)
	case VIQR:
		return encodeVIQR(text)
	case VNIWindows, TCVN3, Windows1258:
		var b strings.Builder
		for _, r := range text {
			b.WriteString(e.encodeRune(r))
		}
		return b.String()
	}
	return text
}

func mojibake(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		r := charmap.Windows1252.DecodeByte(c)
		if r == utf8.RuneError {
			r = rune(c)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (e Encoding) encodeRune(r rune) string {
	switch e {
	case VNIWindows:
		return encodeVNI(r)
	case TCVN3:
		for _, want := range [...]rune{r, unicode.ToLower(r)} {
			if at, ok := tcvn3.find(want); ok {
				return string(at)
			}
		}
	case Windows1258:
		if strings.ContainsRune(kept1258, r) {
			return string(r)
		}
		var b strings.Builder
		base, tone := splitTone(r)
		for _, part := range []rune{base, tone} {
			if at, ok := windows1258.find(part); ok {
				part = at
			}
			if part != 0 {
				b.WriteRune(part)
			}
		}
		return b.String()
	}
	return string(r)
}

// find gives the character that shows for a letter.
func (t *latin1) find(letter rune) (at rune, ok bool) {
	for i, r := range t {
		if r == letter && r != 0 {
			return rune(i) + 0x80, true
		}
	}
	return 0, false
}

func encodeVNI(r rune) string {
	if at, ok := vniAlone.find(r); ok {
		return string(at)
	}
	for i, pairs := range vniMarked {
		for _, p := range pairs {
			if p.letter != r {
				continue
			}
			mark := rune(i) + 0x80
			if unicode.IsUpper(p.base) != unicode.IsUpper(mark) {
				continue
			}
			if at, ok := vniAlone.find(p.base); ok { // ơ and ư are characters of VNI's own
				p.base = at
			}
			return string([]rune{p.base, mark})
		}
	}
	return string(r)
}

// splitTone parts a letter from its tone's combining mark; tone is 0 without one.
func splitTone(r rune) (base, tone rune) {
	decomposed := []rune(norm.NFD.String(string(r)))
	for i, d := range decomposed {
		if i > 0 && strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", d) {
			rest := append(append([]rune{}, decomposed[:i]...), decomposed[i+1:]...)
			base, _ = utf8.DecodeRuneInString(norm.NFC.String(string(rest)))
			return base, d
		}
	}
	return r, 0
}

func encodeVIQR(text string) string {
	var b strings.Builder
	for _, r := range text {
		lower := unicode.ToLower(r)
		l := letterOf(lower)
		switch {
		case lower == 'đ':
			b.WriteString(strings.Repeat(string(sameCase('d', caseOf(r))), 2))
			continue
		case l.plain == 0 || r < 0x80:
			b.WriteRune(r)
			continue
		}
		b.WriteRune(sameCase(rune(l.plain), caseOf(r)))
		for pair, hatted := range viqrHats {
			if hatted == l.base && pair[1] != '*' {
				b.WriteByte(pair[1])
			}
		}
		for mark, tone := range viqrTones {
			if tone == l.tone {
				b.WriteByte(mark)
			}
		}
	}
	return b.String()
}

func caseOf(r rune) byte {
	if unicode.IsUpper(r) {
		return 'A'
	}
	return 'a'
}
