package vi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Encoding is a way in which Vietnamese was written before Unicode was everywhere,
// as it shows in a text that was since read as windows-1252 or Latin-1.
type Encoding uint8

const (
	// Unicode is composed (NFC), as nearly all text is today; also what is not Vietnamese.
	Unicode Encoding = iota
	// NFD is Unicode whose letters are taken apart or half apart: "e" + "̂" + "́", "ê" + "́".
	// macOS file names and some converters make it.
	NFD
	// VNIWindows is that of the fonts named VNI-…: a letter and its mark are two
	// characters. "đăng ký" shows as "ñaêng kyù".
	VNIWindows
	// TCVN3 is the set VN3 of TCVN 5712:1993, used by the fonts named .Vn… (ABC).
	// "đăng ký" shows as "®¨ng ký". It has no capitals with tones: capital fonts show them.
	TCVN3
	// Windows1258 is Microsoft's code page: tones are characters of their own.
	// "tiếng Việt" shows as "tiêìng Viêòt".
	Windows1258
	// VIQR is the readable ASCII of RFC 1456: "dda(ng ky'".
	VIQR
	// Mojibake is UTF-8 that was read as windows-1252: "Ä‘Äƒng kÃ½".
	Mojibake
)

var encodingNames = [...]string{"Unicode", "Unicode (NFD)", "VNI", "TCVN3 (ABC)", "windows-1258", "VIQR", "UTF-8 read as windows-1252"}

// String names the encoding as people know it.
func (e Encoding) String() string {
	if int(e) < len(encodingNames) {
		return encodingNames[e]
	}
	return "unknown encoding"
}

// Legacy gives text in composed Unicode, whatever it was written in. from is
// Unicode when nothing was changed, which is so for all text that is in Unicode
// already, for other languages, and wherever there is doubt; see [Guess].
// What Legacy has given, it does not change again.
//
// The longer a text is, the surer the guess: where a sheet or a mail has many short
// pieces, Guess over all of them and let that Encoding decode each.
func Legacy(text string) (fixed string, from Encoding) {
	from, _ = Guess(text)
	if from == Unicode {
		return text, Unicode
	}
	fixed = from.Decode(text)
	if again, _ := Guess(fixed); again == Unicode {
		return fixed, from
	}
	// What would have to be read twice was not understood.
	if from != NFD {
		return text, Unicode
	}
	twice, next := Legacy(fixed)
	if next == Unicode {
		return fixed, NFD
	}
	return twice, next
}

// surely is the least certainty with which a text is taken for a legacy encoding.
const surely = 0.6

// Guess tells which encoding text is in, and how sure that is: 0 to 1, from the
// share of its words that are Vietnamese syllables once decoded, less for few words
// and for words that are rare. Text with letters that only Vietnamese Unicode has
// is Unicode, also where something else is mixed in. For Unicode sure is 1 less
// the best chance that any other encoding had.
func Guess(text string) (from Encoding, sure float64) {
	if isASCII(text) {
		if sure := sureOfVIQR(text); sure > 0 {
			return VIQR, sure
		}
		return Unicode, 1
	}
	seen := lookAt(text)
	switch {
	case seen.combining && norm.NFC.String(text) != text:
		return NFD, 1
	case seen.vietnamese:
		return Unicode, 1
	case !seen.latin1:
		return Unicode, 1
	}
	before := judge(text)
	best := 0.0
	for _, e := range [...]Encoding{Mojibake, TCVN3, VNIWindows, Windows1258} {
		after, ok := e.attempt(text)
		if !ok {
			continue
		}
		was := before
		if e == Mojibake {
			was = impression{} // what is valid UTF-8 by chance means nothing: "quá»¹" is not "quá"
		}
		if sure := judge(after).sureAfter(was); sure > best {
			from, best = e, sure
		}
	}
	if best < surely {
		return Unicode, 1 - best
	}
	return from, best
}

// sights are what a look at a text finds in it.
type sights struct {
	vietnamese bool // letters that no Western text has: ă, ơ, ế
	combining  bool // marks apart from their letters
	latin1     bool // characters that may be anything
}

func lookAt(text string) (s sights) {
	for _, r := range text {
		switch {
		case r < 0x80:
		case r <= 0xFF:
			s.latin1 = true
		case 0x300 <= r && r <= 0x36F:
			s.combining = true
		case r >= 0x1EA0 && r <= 0x1EF9, r == 'ă', r == 'Ă', r == 'đ', r == 'Đ', r == 'ĩ', r == 'Ĩ',
			r == 'ũ', r == 'Ũ', r == 'ơ', r == 'Ơ', r == 'ư', r == 'Ư':
			s.vietnamese = true
		}
	}
	return s
}

// attempt decodes for judging: letters that the encoding does not have become
// U+FFFD, so that the words around them count as no words. ok is false when text
// cannot be in the encoding at all.
func (e Encoding) attempt(text string) (decoded string, ok bool) {
	switch e {
	case TCVN3:
		return decodeTCVN3(text, true), true
	case VNIWindows:
		return decodeVNI(text, true), true
	case Windows1258:
		return decode1258(text, true), true
	case Mojibake:
		return decodeMojibake(text)
	}
	return text, true
}

// Decode gives text, which is in encoding e, in composed Unicode. It does not doubt
// that text is in e, except that letters of Vietnamese Unicode show it is not:
// then, and with an unknown e, text comes back unchanged. Characters that e does
// not have stay.
//
// VNI, TCVN3 and windows-1258 are expected with each byte of theirs as its character
// in windows-1252 or Latin-1. Capitals that TCVN3 does not have are restored in
// words that are in capitals otherwise ("HéI" → "HỘI").
func (e Encoding) Decode(text string) string {
	if e == Unicode || e > Mojibake {
		return text
	}
	if e == NFD {
		return norm.NFC.String(text)
	}
	if lookAt(text).vietnamese {
		return text
	}
	switch e {
	case VNIWindows:
		return decodeVNI(text, false)
	case TCVN3:
		return raiseCapitals(text, decodeTCVN3(text, false))
	case Windows1258:
		return decode1258(text, false)
	case VIQR:
		return decodeVIQR(text)
	}
	if decoded, ok := decodeMojibake(text); ok {
		return decoded
	}
	return text
}

// impression is what the words of a text look like.
type impression struct {
	touched map[string]int // words with letters beyond ASCII, and how often
	plain   int            // words in ASCII letters
	spelled int            // of those, syllables
}

func judge(text string) impression {
	seen := impression{touched: map[string]int{}}
	for word := range strings.FieldsFuncSeq(text, betweenLegacyWords) {
		if utf8.RuneCountInString(word) < 2 || strings.ContainsAny(word, "0123456789") {
			continue // "à" may be a micro sign, "x²" has its reasons
		}
		switch w := normalizeWord(cut(word)); {
		case isASCII(w):
			seen.plain++
			if Syllable(w) {
				seen.spelled++
			}
		case hasVowel(w): // "QĐ-UBND": an abbreviation proves nothing
			seen.touched[w]++
		}
	}
	return seen
}

func betweenLegacyWords(r rune) bool { return !isWordRune(r) && r != utf8.RuneError }

// hasVowel is true of U+FFFD too: what was not understood must count.
func hasVowel(word string) bool {
	for _, r := range word {
		if isVowelLetter(letterOf(r).plain) || r == utf8.RuneError {
			return true
		}
	}
	return false
}

const (
	possible = 0.6  // the worth of a syllable that is spelled rightly but not seen in use
	better   = 0.35 // the least share of words that decoding must have brought
	few      = 4    // words prove little if they are fewer
	little   = 0.4  // share of a few words that may mean something as they stand
)

// worth is 1 for a syllable in use and less for one that could be. With lax, tones
// may be missing as well: "môt", "tôt".
func worth(word string, lax bool) float64 {
	if Common(word) {
		return 1
	}
	base, _ := bare(word)
	if Syllable(word) || lax && syllables[base] {
		return possible
	}
	return 0
}

// sureAfter rates a decoded text against what it was before. Words that are the
// same in both encodings ("ký" in TCVN3) speak for neither.
func (after impression) sureAfter(before impression) float64 {
	words, distinct := 0.0, 0.0
	reads, read := 0.0, 0.0
	for w, n := range after.touched {
		if before.touched[w] == 0 {
			words += float64(n)
			distinct++
			reads += float64(n) * worth(w, false)
		}
	}
	if distinct == 0 {
		return 0
	}
	for w, n := range before.touched {
		if after.touched[w] == 0 {
			read += float64(n) * worth(w, true)
		}
	}
	share, was := reads/words, read/words
	if share-was < better {
		return 0
	}
	// A few must not mean anything as they stand ("soá" is "số" in VNI, and perhaps
	// "sóa"), and the words without marks must speak for Vietnamese too.
	if distinct < few && (was > little || float64(after.spelled)+reads < possible*(float64(after.plain)+words)) {
		return 0
	}
	return share * distinct / (distinct + 0.5)
}

// raiseCapitals gives words of decoded their capitals where the letters that were
// capitals in text show that all were. Both have the same words in the same order.
func raiseCapitals(text, decoded string) string {
	was, is := []rune(text), []rune(decoded) // one to one in TCVN3
	spans := capitalSpans(was)
	for i, s := range spans {
		if s.capital == perhaps && !between(spans, i) || s.capital == no {
			continue
		}
		for j := s.from; j < s.to; j++ {
			is[j] = unicode.ToUpper(is[j])
		}
	}
	return string(is)
}

type certainty uint8

const (
	no certainty = iota
	perhaps
	yes
)

// span is a word that has TCVN3's characters in it.
type span struct {
	from, to int
	capital  certainty
}

func capitalSpans(text []rune) (spans []span) {
	for i := 0; i < len(text); {
		j := i
		touched, upper, lower := false, 0, 0
		for ; j < len(text) && (tcvn3.runeOf(text[j]) != 0 || isASCIILetter(text[j])); j++ {
			switch {
			case text[j] >= 0x80:
				touched = true
			case text[j] <= 'Z':
				upper++
			default:
				lower++
			}
		}
		if touched {
			s := span{from: i, to: j, capital: perhaps} // "Hµ" is "Hà" or "HÀ"
			switch {
			case lower > 0:
				s.capital = no
			case upper > 1:
				s.capital = yes
			}
			spans = append(spans, s)
		}
		i = max(j, i+1)
	}
	return spans
}

// between reports whether the nearest words of certain case, of which there is one,
// are in capitals.
func between(spans []span, i int) bool {
	before, after := i-1, i+1
	for before >= 0 && spans[before].capital == perhaps {
		before--
	}
	for after < len(spans) && spans[after].capital == perhaps {
		after++
	}
	if before < 0 && after == len(spans) {
		return false
	}
	return (before < 0 || spans[before].capital == yes) && (after == len(spans) || spans[after].capital == yes)
}

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80 }
