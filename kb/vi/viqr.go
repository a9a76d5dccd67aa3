package vi

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// VIQR (RFC 1456) writes marks after their vowel: ( for ă, ^ for â ê ô, + for ơ ư,
// then ' ` ? ~ . for the tones; dd is đ; a backslash keeps a mark what it is in
// English. In practice nobody typed the backslash, so a . or ? that ends a sentence
// must be told from a tone.

var viqrHats = map[string]rune{"a(": 'ă', "a^": 'â', "e^": 'ê', "o^": 'ô', "o+": 'ơ', "u+": 'ư', "o*": 'ơ', "u*": 'ư'}

var viqrTones = map[byte]uint8{'\'': rising, '`': falling, '?': hook, '~': tilde, '.': heavy}

// sureOfVIQR is above 0 only when the text is unmistakable: several words with ( ^ +
// behind their vowels become syllables in use.
func sureOfVIQR(text string) float64 {
	if !strings.ContainsAny(text, "(^+") {
		return 0
	}
	words, good := 0, 0
	distinct := map[string]bool{}
	for field := range strings.FieldsSeq(text) {
		if !hasHat(field) {
			continue
		}
		words++
		if read := Texts(decodeVIQR(field)); len(read) == 1 && Common(read[0]) {
			good++
			distinct[read[0]] = true
		}
	}
	const least, share = 2, 0.8
	if len(distinct) < least || float64(good) < share*float64(words) {
		return 0
	}
	return float64(good) / float64(words)
}

func hasHat(field string) bool {
	lower := strings.ToLower(field)
	for i := 0; i+1 < len(lower); i++ {
		if viqrHats[lower[i:i+2]] != 0 {
			return true
		}
	}
	return false
}

func decodeVIQR(text string) string {
	d := viqrReader{text: text, out: make([]byte, 0, len(text))}
	for d.at < len(text) {
		if d.at == 0 || text[d.at-1] <= ' ' {
			n := address(text[d.at:])
			d.out = append(d.out, text[d.at:d.at+n]...)
			d.at += n
			if n > 0 {
				d.word, d.toned = len(d.out), false
				continue
			}
		}
		d.next()
	}
	return string(d.out)
}

// address is the length of the e-mail or web address at the beginning of text,
// whose dots are no tones; 0 when there is none.
func address(text string) int {
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		end = len(text)
	}
	field := text[:end]
	for _, sign := range []string{"@", "://", ".vn", ".com"} {
		if strings.Contains(field, sign) {
			return end
		}
	}
	return 0
}

type viqrReader struct {
	text  string
	at    int
	out   []byte
	word  int  // where the word begins in out
	toned bool // it has its tone: more marks are punctuation
}

func (d *viqrReader) next() {
	rest := d.text[d.at:]
	if len(rest) > 1 {
		switch pair := strings.ToLower(rest[:2]); {
		case pair == "dd":
			d.emit(sameCase('đ', rest[0]), 2)
			return
		case rest[0] == '\\' && strings.IndexByte(`(^+*'`+"`?~.dD\\", rest[1]) >= 0:
			d.emit(rune(rest[1]), 2)
			return
		}
	}
	r, size := utf8.DecodeRuneInString(rest)
	if !isVowelLetter(letterOf(unicode.ToLower(r)).plain) || r >= utf8.RuneSelf {
		d.emit(r, size)
		if !isASCIILetter(r) {
			d.word, d.toned = len(d.out), false
		}
		return
	}
	vowel, used := unicode.ToLower(r), 1
	if len(rest) > 1 {
		if hat := viqrHats[strings.ToLower(rest[:2])]; hat != 0 {
			vowel, used = hat, 2
		}
	}
	if used < len(rest) && !d.toned {
		if tone := viqrTones[rest[used]]; tone != level && !d.endsSentence(vowel, rest[used:]) {
			vowel, used = toned[vowel][tone], used+1
			d.toned = true
		}
	}
	d.emit(sameCase(vowel, rest[0]), used)
}

func (d *viqrReader) emit(r rune, used int) {
	d.out = utf8.AppendRune(d.out, r)
	d.at += used
}

func sameCase(r rune, as byte) rune {
	if as < 'a' {
		return unicode.ToUpper(r)
	}
	return r
}

// endsSentence tells a . or ? that is punctuation from a tone, given what begins
// with it. Only before a capital, a new line, nothing, or more of its like can it be;
// there the likelier word decides.
func (d *viqrReader) endsSentence(vowel rune, rest string) bool {
	mark := rest[0]
	if mark != '.' && mark != '?' {
		return false
	}
	run := len(rest) - len(strings.TrimLeft(rest, string(mark)))
	if run > 2 {
		return true // "la`m sao..."
	}
	rest = rest[1:]
	trimmed := strings.TrimLeft(rest, " \t")
	goesOn := trimmed != "" && trimmed[0] != '\n' && trimmed[0] != '\r'
	if goesOn && (len(trimmed) == len(rest) || trimmed[0] < 'A' || trimmed[0] > 'Z') {
		return false
	}
	word, known := strings.ToLower(string(d.out[d.word:])), inTexts().syllables
	return known[word+string(toned[vowel][viqrTones[mark]])] <= known[word+string(vowel)]
}
