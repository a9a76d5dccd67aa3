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

// tableSize is beyond ự (U+1EF1) … ỹ (U+1EF9), the last letters of Vietnamese.
const tableSize = 0x1F00

// letters covers every lower-case letter of Vietnamese. toned gives a vowel with
// each tone: toned['â'][rising] is 'ấ'.
var letters, toned = letterTables()

type letterTable [tableSize]letter

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
	if r < tableSize && r >= 0 {
		return letters[r]
	}
	return letter{}
}

// bare takes the tone off a word. Where a word carries two tones the last counts.
func bare(word string) (base string, tone uint8) {
	if isASCII(word) {
		return word, level
	}
	var small [MaxWordBytes]byte
	b, tone := appendBare(small[:0], word)
	return string(b), tone
}

func appendBare(dst []byte, word string) (_ []byte, tone uint8) {
	for _, r := range word {
		r, tone = untoned(r, tone)
		dst = utf8.AppendRune(dst, r)
	}
	return dst, tone
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

// syllables are all that spelling allows, without tone; foldedSyllables without
// marks, each by itself.
var syllables, foldedSyllables = buildSyllables()

func buildSyllables() (bare map[string]bool, folded map[string]string) {
	bare, folded = map[string]bool{}, map[string]string{}
	add := func(s string) {
		bare[s] = true
		f := string(AppendFold(nil, s))
		folded[f] = f
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
	var small [MaxWordBytes]byte
	base, tone := appendBare(small[:0], word)
	if !syllables[string(base)] {
		return false
	}
	return !stopped(string(base)) || tone == rising || tone == heavy
}

// FoldedSyllable reports whether the folded word is some syllable without its marks.
func FoldedSyllable(folded string) bool {
	_, ok := foldedSyllables[folded]
	return ok
}

// stopped: rimes closed by p, t, c, ch only carry sắc or nặng.
func stopped(base string) bool {
	switch base[len(base)-1] {
	case 'p', 't', 'c':
		return true
	}
	return strings.HasSuffix(base, "ch")
}
