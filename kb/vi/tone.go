package vi

import "unicode/utf8"

// Where a tone mark stands is a matter of schools: "hòa" or "hoà", "thủy" or
// "thuỷ". The older one, of the dictionaries before 1984 and of most keyboards, puts
// it near the middle of the word; it is the one placement that words get here.

// longestSyllable has more letters than any syllable ("nghiêng" has 7).
const longestSyllable = 10

// toneInPlace reports whether the one tone mark of the normalised word is where it
// belongs; a word too long for a syllable is left alone.
func toneInPlace(word string) bool {
	return toneStandsAlone(word) || toneOnItsVowel(word)
}

// toneStandsAlone spares most words the search for the right vowel: the mark can be
// nowhere else when its vowel has no vowel beside it, or is ê, ơ and their like.
func toneStandsAlone(word string) bool {
	var before letter
	tones := 0
	for at := 0; at < len(word); {
		if c := word[at]; c < utf8.RuneSelf { // ASCII has no tones
			l := letters[c]
			if before.tone != level && isVowelLetter(l.plain) && rune(before.plain) == before.base {
				return false
			}
			before = l
			at++
			continue
		}
		r, size := decode(word, at)
		l := letterOf(r)
		vowel := isVowelLetter(l.plain)
		if l.tone != level {
			tones++
			if rune(l.plain) == l.base && isVowelLetter(before.plain) {
				return false
			}
		}
		if before.tone != level && vowel {
			return false
		}
		before = l
		at += size
	}
	return tones < 2
}

func toneOnItsVowel(word string) bool {
	var bare [longestSyllable]rune
	n, at := 0, -1
	for _, r := range word {
		if n == len(bare) {
			return true
		}
		l := letterOf(r)
		if l.plain == 0 {
			return true
		}
		if l.tone != level {
			if at >= 0 {
				return false
			}
			at = n
		}
		bare[n] = l.base
		n++
	}
	return at < 0 || at == tonePlace(bare[:n])
}

// placeTone moves the tone mark of a syllable to its place: "hoà" → "hòa",
// "thuỷ" → "thủy", "qúy" → "quý". Other words stay as they are.
func placeTone(word string) string {
	if toneInPlace(word) {
		return word
	}
	base, tone := bare(word)
	if tone == level || !syllables[base] {
		return word
	}
	return withTone(base, tone)
}

// withTone writes the tone onto the vowel of the syllable base that carries it.
func withTone(base string, tone uint8) string {
	if tone == level {
		return base
	}
	runes := []rune(base)
	if at := tonePlace(runes); at >= 0 {
		runes[at] = toned[runes[at]][tone]
	}
	return string(runes)
}

func tonePlace(runes []rune) int {
	from, to := vowels(runes)
	if from == to {
		return -1
	}
	for i := to - 1; i >= from; i-- { // ê in "tiế", ơ in "ướ": a marked vowel carries the tone
		if runes[i] >= utf8.RuneSelf {
			return i
		}
	}
	switch n := to - from; {
	case to < len(runes): // closed: the vowel before the final consonant
		return to - 1
	case n >= 3:
		return from + 1
	default:
		return from
	}
}

// vowels finds the vowels that may carry the tone; the u of "qu" and the i of
// "gi" belong to the onset when another vowel follows.
func vowels(runes []rune) (from, to int) {
	for from < len(runes) && !isVowel(runes[from]) {
		from++
	}
	to = from
	for to < len(runes) && isVowel(runes[to]) {
		to++
	}
	if to-from >= 2 && from == 1 {
		if runes[0] == 'q' && runes[1] == 'u' || runes[0] == 'g' && runes[1] == 'i' {
			from++
		}
	}
	return from, to
}

func isVowel(bare rune) bool { return isVowelLetter(letterOf(bare).plain) }

func isVowelLetter(plain byte) bool {
	switch plain {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}
