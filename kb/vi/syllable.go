package vi

import (
	"strings"
	"unicode/utf8"
)

// A syllable is written as onset, rime and tone. The tables below are those of
// the school spelling; they tell "tiêm" from "tieem" and "ởđâu".

type letter struct {
	base  rune  // without tone: ấ → â
	plain byte  // without any mark: ấ → a; 0 where the rune is not a Latin letter of Vietnamese
	tone  uint8 // 0 ngang, 1 huyền, 2 hỏi, 3 ngã, 4 sắc, 5 nặng
}

const (
	level uint8 = iota
	falling
	hook
	tilde
	rising
	heavy
)

var vowelRows = []string{
	"aàảãáạ", "ăằẳẵắặ", "âầẩẫấậ", "eèẻẽéẹ", "êềểễếệ", "iìỉĩíị",
	"oòỏõóọ", "ôồổỗốộ", "ơờởỡớợ", "uùủũúụ", "ưừửữứự", "yỳỷỹýỵ",
}

var plainVowels = map[rune]byte{'ă': 'a', 'â': 'a', 'ê': 'e', 'ô': 'o', 'ơ': 'o', 'ư': 'u'}

// letters covers every lower-case letter of Vietnamese; ự (U+1EF1) … ỹ (U+1EF9) are
// the last. toned gives a vowel with each tone: toned['â'][rising] is 'ấ'.
var letters, toned = letterTables()

type letterTable [0x1F00]letter

func letterTables() (*letterTable, map[rune][6]rune) {
	letters, toned := &letterTable{}, map[rune][6]rune{}
	for r := 'a'; r <= 'z'; r++ {
		letters[r] = letter{base: r, plain: byte(r)}
	}
	letters['đ'] = letter{base: 'đ', plain: 'd'}
	for _, row := range vowelRows {
		tones := [6]rune([]rune(row))
		base := tones[0]
		plain, ok := plainVowels[base]
		if !ok {
			plain = byte(base)
		}
		for tone, r := range tones {
			letters[r] = letter{base: base, plain: plain, tone: uint8(tone)}
		}
		toned[base] = tones
	}
	return letters, toned
}

func letterOf(r rune) letter {
	if r < rune(len(letters)) && r >= 0 {
		return letters[r]
	}
	return letter{}
}

// bare takes the tone off a word. Where a word carries two tones the last counts.
func bare(word string) (base string, tone uint8) {
	if isASCII(word) {
		return word, level
	}
	var b strings.Builder
	b.Grow(len(word))
	for _, r := range word {
		l := letterOf(r)
		if l.plain == 0 {
			b.WriteRune(r)
			continue
		}
		if l.tone != level {
			tone = l.tone
		}
		b.WriteRune(l.base)
	}
	return b.String(), tone
}

const rimeTable = `a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oem oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uên uênh uêu ui um un ung uôc uôi uôm uôn uông uôt uơ up ut uy uya uych uyên uyêt uyn uynh uyp uyt uyu
ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu
y yêm yên yêng yêt yêu`

const onsetTable = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q qu r s t th tr v x"

// syllables are all that spelling allows, without tone; foldedSyllables without marks.
var syllables, foldedSyllables = buildSyllables()

func buildSyllables() (bare, folded map[string]bool) {
	bare, folded = map[string]bool{}, map[string]bool{}
	add := func(s string) {
		bare[s] = true
		folded[Fold(s)] = true
	}
	for _, rime := range strings.Fields(rimeTable) {
		add(rime)
		for _, onset := range strings.Fields(onsetTable) {
			if spelled(onset, rime) {
				add(onset + rime)
			}
		}
	}
	return bare, folded
}

// spelled reports whether spelling lets rime follow onset: c/k, g/gh and ng/ngh
// share the work between them.
func spelled(onset, rime string) bool {
	first, _ := utf8.DecodeRuneInString(rime)
	front := strings.ContainsRune("eêiy", first)
	switch onset {
	case "c", "ng":
		return !front
	case "g": // "gì", "gìn", "giếng" are written g + i…
		return !front || first == 'i'
	case "k", "gh", "ngh":
		return front
	case "gi":
		return first != 'i' && first != 'y'
	case "q": // quê, quốc, quýt: the u is the rime's
		return first == 'u' && rime != "u"
	case "qu": // quan, quạt, quơ: it is not
		return !strings.ContainsRune("uưoô", first)
	}
	return first != 'y' || rime == "y"
}

// Syllable reports whether the normalised word is spelled as a Vietnamese syllable
// with its marks. It knows spelling, not meaning: "tịm" is a syllable.
func Syllable(word string) bool {
	base, tone := bare(word)
	if !syllables[base] {
		return false
	}
	return !stopped(base) || tone == rising || tone == heavy
}

// FoldedSyllable reports whether the folded word is some syllable without its marks.
func FoldedSyllable(folded string) bool { return foldedSyllables[folded] }

// stopped: rimes closed by p, t, c, ch only carry sắc or nặng.
func stopped(base string) bool {
	switch base[len(base)-1] {
	case 'p', 't', 'c':
		return true
	}
	return strings.HasSuffix(base, "ch")
}

// placeTone moves the tone mark of a syllable to where the older school puts it:
// "hoà" → "hòa", "thuỷ" → "thủy", "qúy" → "quý". Other words stay as they are.
func placeTone(word string) string {
	if toneStandsAlone(word) {
		return word
	}
	base, tone := bare(word)
	if tone == level || !syllables[base] {
		return word
	}
	return withTone(base, tone)
}

// toneStandsAlone reports whether the mark can only be where it is: on a vowel that
// has no vowel beside it, or on one that always carries it. Or there is no mark.
func toneStandsAlone(word string) bool {
	var before letter
	alone := true
	for _, r := range word {
		l := letterOf(r)
		switch {
		case l.tone != level:
			alone = alone && (rune(l.plain) != l.base || !isVowelLetter(before.plain))
		case before.tone != level && isVowelLetter(l.plain):
			alone = alone && rune(before.plain) != before.base && rune(l.plain) == l.base
		}
		before = l
	}
	return alone
}

func isVowelLetter(plain byte) bool {
	switch plain {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
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
		if strings.ContainsRune("ăâêôơư", runes[i]) {
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

func isVowel(r rune) bool {
	_, ok := toned[r]
	return ok
}
