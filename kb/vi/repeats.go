package vi

import "unicode"

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
