package vi

import "strings"

// Telex reads raw Telex keystrokes ("tieem", "dduwowngf") as a syllable. ok is
// false when the keys change nothing or the outcome is not a syllable, so that
// English words and names stay what they are.
//
// The keys are those of TCVN 5712:1993 and of every keyboard program since: aa, ee, oo
// for the hat, aw for ă, ow, uw or w for ơ and ư, dd for đ; s f r x j for sắc, huyền,
// hỏi, ngã, nặng, the last one typed counting. They may come late ("tieme").
func Telex(word string) (syllable string, ok bool) {
	return pressKeys(word, (*typing).telex)
}

// VNI reads raw VNI keystrokes ("tie6m", "d9u7o7ng2") as a syllable, under the
// same conditions as Telex. "f0" and "19" are not syllables and stay.
//
// The keys are those of VNI's own keyboard: 1 to 5 for sắc, huyền, hỏi, ngã, nặng,
// 6 for the hat, 7 for the horn, 8 for the breve, 9 for đ.
func VNI(word string) (syllable string, ok bool) {
	if !strings.ContainsAny(word, "123456789") {
		return "", false
	}
	return pressKeys(word, (*typing).vni)
}

// typing is a word being typed: letters without tone, and the tone apart.
type typing struct {
	letters []rune
	tone    uint8
	pressed bool // some key acted on an earlier letter
}

// longest is more keystrokes than any syllable takes in either method.
const longest = 14

func pressKeys(word string, press func(*typing, rune)) (string, bool) {
	if len(word) > 3*longest {
		return "", false
	}
	base, tone := bare(word)
	t := typing{tone: tone}
	for _, r := range base {
		press(&t, r)
	}
	if !t.pressed || len(t.letters) > longest {
		return "", false
	}
	t.spreadHorn()
	s := string(t.letters)
	if !syllables[s] || stopped(s) && t.tone != rising && t.tone != heavy {
		return "", false
	}
	return withTone(s, t.tone), true
}

func (t *typing) telex(key rune) {
	switch key {
	case 's', 'f', 'r', 'x', 'j':
		if t.hasVowel() {
			t.setTone(map[rune]uint8{'s': rising, 'f': falling, 'r': hook, 'x': tilde, 'j': heavy}[key])
			return
		}
	case 'w':
		if !t.mark("uoa", "ươă") {
			t.letters = append(t.letters, 'ư')
		}
		t.pressed = true
		return
	case 'a', 'e', 'o':
		if t.mark(string(key), map[rune]string{'a': "â", 'e': "ê", 'o': "ô"}[key]) {
			return
		}
	case 'd':
		if t.mark("d", "đ") {
			return
		}
	}
	t.letters = append(t.letters, key)
}

func (t *typing) vni(key rune) {
	switch {
	case key >= '1' && key <= '5' && t.hasVowel():
		t.setTone([]uint8{rising, falling, hook, tilde, heavy}[key-'1'])
	case key == '6' && t.mark("aeo", "âêô"),
		key == '7' && t.mark("uo", "ươ"),
		key == '8' && t.mark("a", "ă"),
		key == '9' && t.mark("d", "đ"):
	default:
		t.letters = append(t.letters, key)
	}
}

// mark changes the last letter found in from into its counterpart in to.
func (t *typing) mark(from, to string) bool {
	marks := []rune(to)
	for i := len(t.letters) - 1; i >= 0; i-- {
		if at := strings.IndexRune(from, t.letters[i]); at >= 0 {
			t.letters[i] = marks[at] // from is ASCII: bytes are letters
			t.pressed = true
			return true
		}
	}
	return false
}

func (t *typing) setTone(tone uint8) {
	t.tone = tone
	t.pressed = true
}

func (t *typing) hasVowel() bool {
	for _, r := range t.letters {
		if isVowel(r) {
			return true
		}
	}
	return false
}

// spreadHorn completes "ươ", whose one horn key may have reached only one letter.
func (t *typing) spreadHorn() {
	for i := 0; i+1 < len(t.letters); i++ {
		a, b := t.letters[i], t.letters[i+1]
		closed := i+2 < len(t.letters)
		if closed && (a == 'u' && b == 'ơ' || a == 'ư' && b == 'o') && (i == 0 || t.letters[i-1] != 'q') {
			t.letters[i], t.letters[i+1] = 'ư', 'ơ'
		}
	}
}
