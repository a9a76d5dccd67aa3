package vi

import "unicode/utf8"

// The marks of Vietnamese as characters of their own, as NFD has them.
const (
	markGrave      = '\u0300'
	markAcute      = '\u0301'
	markCircumflex = '\u0302'
	markTilde      = '\u0303'
	markBreve      = '\u0306'
	markHook       = '\u0309'
	markHorn       = '\u031B'
	markDot        = '\u0323'
)

// isMark reports whether r is a mark of Vietnamese. Any letter folds to itself
// under any of them.
func isMark(r rune) bool {
	switch r {
	case markGrave, markAcute, markCircumflex, markTilde, markBreve, markHook, markHorn, markDot:
		return true
	}
	return false
}

func toneMark(r rune) uint8 {
	switch r {
	case markGrave:
		return falling
	case markAcute:
		return rising
	case markTilde:
		return tilde
	case markHook:
		return hook
	case markDot:
		return heavy
	}
	return level
}

// marked is the letter that a mark other than a tone makes of a plain one.
func marked(plain, mark rune) (rune, bool) {
	switch {
	case mark == markBreve && plain == 'a':
		return 'ă', true
	case mark == markCircumflex && plain == 'a':
		return 'â', true
	case mark == markCircumflex && plain == 'e':
		return 'ê', true
	case mark == markCircumflex && plain == 'o':
		return 'ô', true
	case mark == markHorn && plain == 'o':
		return 'ơ', true
	case mark == markHorn && plain == 'u':
		return 'ư', true
	}
	return 0, false
}

// appendComposed appends w, small and composed, to dst, as the slow way would with
// norm.NFC. ok is false when w is more than Vietnamese letters, digits and marks.
func appendComposed(dst []byte, w string) (_ []byte, ok bool) {
	last := -1 // where the letter before begins
	for at := 0; at < len(w); {
		r, size := decode(w, at)
		at += size
		if isMark(r) {
			if last < 0 {
				return nil, false
			}
			before, _ := utf8.DecodeRune(dst[last:])
			with, ok := compose(before, r)
			if !ok {
				return nil, false
			}
			dst = utf8.AppendRune(dst[:last], with)
			continue
		}
		if r >= tableSize || kinds[r].small == 0 || kinds[r].shape&foreign != 0 {
			return nil, false
		}
		last = len(dst)
		dst = utf8.AppendRune(dst, rune(kinds[r].small))
	}
	return dst, true
}

// compose puts one mark onto a small letter of Vietnamese.
func compose(letter, mark rune) (rune, bool) {
	l := letterOf(letter)
	if !isVowelLetter(l.plain) {
		return 0, false
	}
	if tone := toneMark(mark); tone != level {
		return toned[l.base][tone], l.tone == level
	}
	base, ok := marked(l.base, mark)
	if !ok || l.tone != level && l.tone != heavy && mark != markHorn {
		return 0, false // "á" with a hat is not "ấ"
	}
	return toned[base][l.tone], true
}
