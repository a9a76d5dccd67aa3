package vi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plains gives every letter of Vietnamese, small or capital, without its marks, and
// ASCII in lower case; 0 for what needs a closer look.
var plains = func() (table [tableSize]byte) {
	for r := rune(1); r < tableSize; r++ {
		small := unicode.ToLower(r)
		switch {
		case r < utf8.RuneSelf:
			table[r] = byte(small)
		case strings.ContainsRune(strokes, r):
			table[r] = 'd'
		default:
			table[r] = letterOf(small).plain
		}
	}
	return table
}()

// Fold drops every mark and turns đ into d: what is left is what people type
// without a Vietnamese keyboard. Folding twice changes nothing more.
func Fold(text string) string {
	if at := notFolded(text); at == len(text) {
		return text
	}
	var small [MaxWordBytes]byte
	out := small[:0]
	if len(text) > len(small) {
		out = make([]byte, 0, len(text))
	}
	out = AppendFold(out, text)
	if known, ok := foldedSyllables[string(out)]; ok {
		return known // one copy of each syllable is enough
	}
	return string(out)
}

// notFolded is where text begins to be other than its folded form can be.
func notFolded(text string) int {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return i
		}
	}
	return len(text)
}

// AppendFold appends the folded text to dst.
func AppendFold(dst []byte, text string) []byte {
	last := len(dst) // where the character before stands in dst,
	before := 0      // and in text
	for at := 0; at < len(text); {
		if c := text[at]; c < utf8.RuneSelf {
			last, before = len(dst), at
			dst = append(dst, asciiFold(c))
			at++
			continue
		}
		r, size := decode(text, at)
		switch {
		case r < tableSize && plains[r] != 0:
			last, before = len(dst), at
			dst = append(dst, plains[r])
		case isPunctuation(r):
			last, before = len(dst), at
			dst = append(dst, text[at:at+size]...)
		case isMark(r):
		default:
			// A mark may belong to the letter before; ASCII never belongs to what it follows.
			end := at + size
			for end < len(text) && text[end] >= utf8.RuneSelf {
				end++
			}
			dst = appendForeign(dst[:last], text[before:end])
			last, before, at = len(dst), end, end
			continue
		}
		at += size
	}
	return dst
}

func asciiFold(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// isPunctuation is true of the dashes, quotes and dots of Unicode's General
// Punctuation, none of which joins with a neighbour or has a folded form.
func isPunctuation(r rune) bool { return 0x2010 <= r && r <= 0x2027 || 0x2030 <= r && r <= 0x205E }

// appendForeign folds what is not written in composed Vietnamese letters.
func appendForeign(dst []byte, text string) []byte {
	for _, r := range strings.ToLower(norm.NFC.String(strings.ToValidUTF8(text, "\uFFFD"))) {
		switch {
		case r < tableSize && plains[r] != 0:
			dst = append(dst, plains[r])
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		default:
			dst = appendWithoutMarks(dst, r)
		}
	}
	return dst
}

// appendWithoutMarks strips marks from letters that are not Vietnamese ("ñ", "ü").
func appendWithoutMarks(dst []byte, r rune) []byte {
	for _, d := range norm.NFD.String(string(r)) {
		switch {
		case unicode.Is(unicode.Mn, d):
		case d < tableSize && plains[d] != 0:
			dst = append(dst, plains[d])
		default:
			dst = utf8.AppendRune(dst, d)
		}
	}
	return dst
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Marked reports whether the normalised word carries a tone or a letter that only
// Vietnamese has; words without were perhaps typed without a Vietnamese keyboard.
func Marked(word string) bool {
	for i, r := range word {
		if word[i] < utf8.RuneSelf {
			continue
		}
		if letterOf(r).plain != 0 {
			return true
		}
	}
	return false
}

// Agrees reports whether typed can be full with some marks left out: "tiem",
// "tiêm" and "tiềm" agree with "tiềm", "tiếm" does not. Both are normalised words.
func Agrees(typed, full string) bool {
	if typed == full {
		return true
	}
	var toneTyped, toneFull uint8
	for typed != "" && full != "" {
		a, sizeA := utf8.DecodeRuneInString(typed)
		b, sizeB := utf8.DecodeRuneInString(full)
		typed, full = typed[sizeA:], full[sizeB:]
		a, toneTyped = untoned(a, toneTyped)
		plain := rune(letterOf(b).plain)
		b, toneFull = untoned(b, toneFull)
		if a != b && a != plain {
			return false
		}
	}
	return typed == full && (toneTyped == level || toneTyped == toneFull)
}

// untoned takes the tone off a letter; tone is that of the letters before it.
func untoned(r rune, tone uint8) (rune, uint8) {
	l := letterOf(r)
	switch {
	case l.plain == 0:
		return r, tone
	case l.tone == level:
		return l.base, tone
	}
	return l.base, l.tone
}
