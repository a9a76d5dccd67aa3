package vi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// The tables of the legacy encodings, keyed by the character that a byte shows as
// in Latin-1. Between 0xA0 and 0xFF Latin-1 and windows-1252 are the same, and
// none of the encodings has letters below.

// latin1 maps the characters from U+0080 to U+00FF; 0 where there is no letter.
type latin1 [0x80]rune

func (t *latin1) runeOf(r rune) rune {
	if r < 0x80 || r > 0xFF {
		return 0
	}
	return t[r-0x80]
}

func (t *latin1) set(at string, letters string) {
	to := []rune(letters)
	for i, r := range []rune(at) {
		t[r-0x80] = to[i]
	}
}

// tcvn3 is the set VN3 of TCVN 5712:1993. Its capitals with tones do not exist.
var tcvn3 = func() (t latin1) {
	for first, row := range map[rune]string{
		0xA1: "ĂÂÊÔƠƯĐăâêôơưđ", 0xB5: "àảãáạ", 0xBB: "ằẳẵắ", 0xC6: "ặầẩẫấậè",
		0xCE: "ẻẽéẹềểễếệìỉ", 0xDC: "ĩíịò", 0xE1: "ỏõóọồổỗốộờởỡớợù", 0xF1: "ủũúụừửữứựỳỷỹýỵ",
	} {
		for i, r := range []rune(row) {
			t[first+rune(i)-0x80] = r
		}
	}
	return t
}()

// vniAlone are VNI's letters of one character; vniMarked are the letters that a
// vowel and the mark after it make, by mark.
var vniAlone, vniMarked = func() (alone latin1, marked [0x80][]vniPair) {
	alone.set("ñíìæóòôöîÑÍÌÆÓÒÔÖÎ", "đíìỉĩịơưỵĐÍÌỈĨỊƠƯỴ")
	add := func(base, letter, mark rune) {
		for _, m := range [...]rune{mark, unicode.ToUpper(mark)} { // the case of the mark is often wrong
			marked[m-0x80] = append(marked[m-0x80], vniPair{base, letter}, vniPair{unicode.ToUpper(base), unicode.ToUpper(letter)})
		}
	}
	for base, row := range map[rune]string{'a': "áàảãạ", 'e': "éèẻẽẹ", 'o': "óòỏõọ", 'u': "úùủũụ", 'y': "ýỳỷỹ", 'ơ': "ớờởỡợ", 'ư': "ứừửữự"} {
		marks := []rune("ùøûõï")
		for i, letter := range []rune(row) {
			add(base, letter, marks[i])
		}
	}
	for base, row := range map[rune]string{'a': "âấầẩẫậăắằẳẵặ", 'e': "êếềểễệ", 'o': "ôốồổỗộ"} {
		marks := []rune("âáàåãäêéèúüë")
		for i, letter := range []rune(row) {
			add(base, letter, marks[i])
		}
	}
	return alone, marked
}()

type vniPair struct{ base, letter rune }

// windows1258 maps what windows-1252 and windows-1258 do not share.
var windows1258 = func() (t latin1) {
	t.set("ÃãÐðÕõÝýþÌÒÞìò", "ĂăĐđƠơƯư₫\u0300\u0309\u0303\u0301\u0323")
	return t
}()

// kept1258 are the letters of Vietnamese that both code pages have.
const kept1258 = "ÀÁÂÈÉÊÍÓÔÙÚàáâèéêíóôùú"

// decodeTCVN3 and its like decode; strict makes letters that the encoding lacks U+FFFD.
func decodeTCVN3(text string, strict bool) string {
	return strings.Map(func(r rune) rune {
		if to := tcvn3.runeOf(r); to != 0 {
			return to
		}
		return unknown(r, strict)
	}, text)
}

func unknown(r rune, strict bool) rune {
	if strict && r >= 0x80 && unicode.IsLetter(r) {
		return utf8.RuneError
	}
	return r
}

func decodeVNI(text string, strict bool) string {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if r < 0x80 || r > 0xFF {
			out = append(out, unknown(r, strict))
			continue
		}
		if to := vniAlone.runeOf(r); to != 0 {
			out = append(out, to)
			continue
		}
		if !markLast(out, vniMarked[r-0x80]) {
			out = append(out, unknown(r, strict))
		}
	}
	return string(out)
}

// markLast puts a mark onto the letter before it.
func markLast(out []rune, pairs []vniPair) bool {
	if len(out) == 0 {
		return false
	}
	last := &out[len(out)-1]
	for _, p := range pairs {
		if *last == p.base {
			*last = p.letter
			return true
		}
	}
	return false
}

func decode1258(text string, strict bool) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if to := windows1258.runeOf(r); to != 0 {
			return to
		}
		if strings.ContainsRune(kept1258, r) {
			return r
		}
		return unknown(r, strict)
	}, text))
}

// decodeMojibake turns the characters back into the bytes they were read from.
func decodeMojibake(text string) (string, bool) {
	b := make([]byte, 0, len(text))
	beyond := false
	for _, r := range text {
		c, ok := charmap.Windows1252.EncodeRune(r)
		switch {
		case ok:
		case r >= 0x80 && r < 0xA0: // the five that windows-1252 leaves out, or Latin-1
			c = byte(r)
		default:
			return "", false
		}
		beyond = beyond || c >= 0x80
		b = append(b, c)
	}
	return norm.NFC.String(string(b)), beyond && utf8.Valid(b)
}
