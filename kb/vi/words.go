package vi

import (
	"iter"
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
// Words may share memory with text.
func Words(text string) []Word {
	const usual = 4 // bytes of text a word takes
	words := make([]Word, 0, min(len(text)/usual+2, MaxWords))
	var n normalizer
	for at := 0; len(words) < MaxWords; {
		start, end, s := nextWord(text, at)
		if start == end {
			break
		}
		words = append(words, Word{Text: n.word(cut(text[start:end]), s), Start: start, End: end})
		at = end
	}
	if len(words) == 0 {
		return nil
	}
	return words
}

// All gives the words of text one by one, as Words does, but without end: for
// texts of any length, and where a slice is not needed.
func All(text string) iter.Seq[Word] {
	return func(yield func(Word) bool) {
		var n normalizer
		for at := 0; ; {
			start, end, s := nextWord(text, at)
			if start == end || !yield(Word{Text: n.word(cut(text[start:end]), s), Start: start, End: end}) {
				return
			}
			at = end
		}
	}
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
	var n normalizer
	for at := 0; ; {
		start, end, s := nextWord(text, at)
		b.WriteString(text[at:start])
		if start == end {
			b.WriteString(text[end:])
			return b.String()
		}
		b.WriteString(n.word(text[start:end], s))
		at = end
	}
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

// shape is what has to be done to a word, found while it is cut out.
type shape uint8

const (
	hasCapital shape = 1 << iota // some letter becomes another: small, or đ for ð
	hasTone                      // it carries a tone, which may have to move
	foreign                      // letters other than Vietnamese ones, or marks apart from them
)

// kind is a character as nextWord needs to know it.
type kind struct {
	small uint16 // its small letter; 0 where it belongs to no word
	shape shape
}

// kinds covers every letter of Vietnamese; what is beyond goes the slow way.
var kinds = func() (table [tableSize]kind) {
	for r := rune(0); r < tableSize; r++ {
		if !isWordRune(r) {
			continue
		}
		small := unicode.ToLower(r)
		if strings.ContainsRune(strokes, r) {
			small = 'đ'
		}
		k := kind{small: uint16(small)}
		switch l := letterOf(small); {
		case l.plain == 0 && r >= utf8.RuneSelf:
			k.shape = foreign
		case l.tone != level:
			k.shape = hasTone
		}
		if small != r {
			k.shape |= hasCapital
		}
		table[r] = k
	}
	return table
}()

// strokes are letters of other alphabets that look like Đ and đ, and stand for them
// in texts that passed through old fonts: U+00D0, U+0189, U+00F0, U+0256.
const strokes = "ÐƉðɖ"

// nextWord finds the first word from at on; start equals end when there is none.
func nextWord(text string, at int) (start, end int, s shape) {
	for at < len(text) {
		if c := text[at]; c < utf8.RuneSelf {
			if kinds[c].small != 0 {
				break
			}
			at++
			continue
		}
		k, size := kindAt(text, at)
		if k.small != 0 {
			break
		}
		at += size
	}
	start = at
	for at < len(text) {
		if c := text[at]; c < utf8.RuneSelf {
			k := kinds[c]
			if k.small == 0 {
				break
			}
			s |= k.shape
			at++
			continue
		}
		k, size := kindAt(text, at)
		if k.small == 0 {
			break
		}
		s |= k.shape
		at += size
	}
	return start, at, s
}

func kindAt(text string, at int) (k kind, size int) {
	r, size := decode(text, at)
	switch {
	case r < tableSize:
		return kinds[r], size
	case isWordRune(r):
		return kind{small: 1, shape: foreign}, size
	}
	return kind{}, size
}

// decode is utf8.DecodeRuneInString, faster for the letters of Vietnamese: two
// bytes, or three that begin with 0xE1.
func decode(text string, at int) (r rune, size int) {
	rest := text[at:]
	switch {
	case len(rest) > 1 && 0xC2 <= rest[0] && rest[0] < 0xE0 && rest[1]&0xC0 == 0x80:
		return rune(rest[0]&0x1F)<<6 | rune(rest[1]&0x3F), 2
	case len(rest) > 2 && rest[0] == 0xE1 && rest[1]&0xC0 == 0x80 && rest[2]&0xC0 == 0x80:
		return 0x1000 | rune(rest[1]&0x3F)<<6 | rune(rest[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(rest)
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

// normalizer normalises words. Nearly all are what they should be, and are given
// back as they are; those that only lose their capitals share one piece of memory.
type normalizer struct{ made strings.Builder }

func (n *normalizer) word(w string, s shape) string {
	if s&foreign != 0 {
		return normalizeForeign(w)
	}
	if s&hasCapital != 0 {
		w = n.small(w)
	}
	if s&hasTone != 0 && !toneInPlace(w) {
		return placeTone(w)
	}
	return w
}

func (n *normalizer) small(w string) string {
	from := n.made.Len()
	if n.made.Cap()-from < len(w)+1 {
		n.made = strings.Builder{} // what it gave out stays
		n.made.Grow(max(256, len(w)+1))
		from = 0
	}
	for _, r := range w {
		if r = rune(kinds[r].small); r < utf8.RuneSelf {
			n.made.WriteByte(byte(r))
		} else {
			n.made.WriteRune(r)
		}
	}
	return n.made.String()[from:]
}

func normalizeForeign(w string) string {
	var small [2 * MaxWordBytes]byte
	if composed, ok := appendComposed(small[:0], w); ok {
		return placeTone(string(composed))
	}
	w = norm.NFC.String(strings.ToLower(norm.NFC.String(w)))
	if strings.ContainsAny(w, strokes) {
		w = strings.Map(func(r rune) rune {
			if strings.ContainsRune(strokes, r) {
				return 'đ'
			}
			return r
		}, w)
	}
	return placeTone(w)
}

func normalizeWord(w string) string {
	var s shape
	for at := 0; at < len(w); {
		k, size := kindAt(w, at)
		if k.small == 0 {
			return normalizeForeign(w)
		}
		s |= k.shape
		at += size
	}
	var n normalizer
	return n.word(w, s)
}
