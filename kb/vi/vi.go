// Package vi turns Vietnamese as people type it into words that can be compared.
//
// Two texts that a reader takes for the same must give the same words: composed
// and decomposed Unicode, capitals, "hoà" and "hòa". That much is [Words], and it
// loses nothing. Beyond that come forms that lose something and are therefore kept
// apart from the word itself: [Fold] drops the marks, [Sound] drops what regional
// accents mix up, and [Telex], [VNI], [Chat] and [Split] guess what was meant by
// keystrokes left raw, chat abbreviations and words run together. They only guess:
// the caller decides with its own vocabulary whether a guess is wanted.
//
// The same words are available to Bleve as the analysers named [Analyzer],
// [FoldAnalyzer] and [PairsAnalyzer].
//
// Nothing here fails. Any bytes give some words, in time proportional to their
// number; texts are cut after [MaxWords] words, words after [MaxWordBytes].
package vi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds on the work one text can cause. The longest answers of real knowledge
// bases have about 1,500 syllables; the longest Vietnamese syllable ("nghiêng")
// has 8 bytes, the longest names and loan words far fewer than 64.
const (
	MaxWords     = 4096
	MaxWordBytes = 64
)

// Word is one syllable, foreign word or number of a text.
type Word struct {
	Text       string // normalised: NFC, lower case, one placement of the tone mark
	Start, End int    // bytes of the original text
}

// Words cuts text into its words: the longest runs of letters, digits and
// combining marks, normalised one by one. At most MaxWords are returned.
func Words(text string) []Word {
	var words []Word
	start := -1
	for i, r := range text {
		if isWordRune(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			words = appendWord(words, text, start, i)
			start = -1
			if len(words) >= MaxWords {
				return words
			}
		}
	}
	if start >= 0 {
		words = appendWord(words, text, start, len(text))
	}
	return words
}

func isWordRune(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	case r < utf8.RuneSelf || r == utf8.RuneError:
		return false
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

func appendWord(words []Word, text string, start, end int) []Word {
	if w := normalizeWord(cut(text[start:end])); w != "" {
		words = append(words, Word{Text: w, Start: start, End: end})
	}
	return words
}

// cut shortens a word to MaxWordBytes without breaking a rune.
func cut(w string) string {
	if len(w) <= MaxWordBytes {
		return w
	}
	n := MaxWordBytes
	for n > 0 && !utf8.RuneStart(w[n]) {
		n--
	}
	return w[:n]
}

// Texts is the text of Words, for callers that need no places.
func Texts(text string) []string {
	words := Words(text)
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Text
	}
	return out
}

// Normalize gives text in NFC and lower case with every tone mark in one place
// ("HOÀ" and "hòa" both become "hòa"). What stands between words stays.
func Normalize(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	var b strings.Builder
	b.Grow(len(text))
	start := -1
	flush := func(end int) {
		if start >= 0 {
			b.WriteString(normalizeWord(text[start:end]))
			start = -1
		}
	}
	for i, r := range text {
		if isWordRune(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		flush(i)
		b.WriteRune(r)
	}
	flush(len(text))
	return b.String()
}

func normalizeWord(w string) string {
	switch ascii, vietnamese := spelling(w); {
	case ascii:
		return strings.ToLower(w)
	case vietnamese:
		return placeTone(w)
	}
	return placeTone(norm.NFC.String(strings.ToLower(norm.NFC.String(w))))
}

// spelling spares nearly all words the slow way: those in ASCII, and those that
// are Vietnamese in lower case and composed already.
func spelling(w string) (ascii, vietnamese bool) {
	ascii, vietnamese = true, true
	for _, r := range w {
		ascii = ascii && r < utf8.RuneSelf
		vietnamese = vietnamese && (letterOf(r).plain != 0 || '0' <= r && r <= '9')
	}
	return ascii, vietnamese
}

// Fold drops every mark and turns đ into d: what is left is what people type
// without a Vietnamese keyboard. Folding twice changes nothing more.
func Fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	text = strings.ToLower(norm.NFC.String(strings.ToValidUTF8(text, "\uFFFD")))
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch l := letterOf(r); {
		case l.plain != 0:
			b.WriteByte(l.plain)
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		default:
			foldForeign(&b, r)
		}
	}
	return b.String()
}

// foldForeign strips marks from letters that are not Vietnamese ("ñ", "ü").
func foldForeign(b *strings.Builder, r rune) {
	for _, d := range norm.NFD.String(string(r)) {
		if unicode.Is(unicode.Mn, d) {
			continue
		}
		if l := letterOf(d); l.plain != 0 {
			b.WriteByte(l.plain)
			continue
		}
		b.WriteRune(d)
	}
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
	for _, r := range word {
		if l := letterOf(r); l.plain != 0 && r != rune(l.plain) {
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
	a, toneA := bare(typed)
	b, toneB := bare(full)
	if toneA != 0 && toneA != toneB {
		return false
	}
	return agree([]rune(a), []rune(b))
}

func agree(typed, full []rune) bool {
	if len(typed) != len(full) {
		return false
	}
	for i, r := range typed {
		if r != full[i] && r != rune(letterOf(full[i]).plain) {
			return false
		}
	}
	return true
}

// CollapseRepeats shortens what was stretched for emphasis: three or more of the
// same letter, marks apart, become the first of them ("quáaaa" → "quá"). Digits stay.
func CollapseRepeats(word string) string { return collapse(word, 3) }

// Undouble shortens every letter typed twice or more ("nàào" → "nào"). Right words
// hardly ever have double letters, but try it only on words that mean nothing.
func Undouble(word string) string { return collapse(word, 2) }

func collapse(word string, least int) string {
	runes := []rune(word)
	out := runes[:0:0]
	for i := 0; i < len(runes); {
		j := i + 1
		for j < len(runes) && unicode.IsLetter(runes[i]) && plainOf(runes[j]) == plainOf(runes[i]) {
			j++
		}
		if j-i >= least {
			out = append(out, runes[i])
		} else {
			out = append(out, runes[i:j]...)
		}
		i = j
	}
	if len(out) == len(runes) {
		return word
	}
	return string(out)
}

func plainOf(r rune) rune {
	if l := letterOf(r); l.plain != 0 {
		return rune(l.plain)
	}
	return r
}
