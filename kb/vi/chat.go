package vi

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed data/chat.txt
var chatFile string

//go:embed data/greetings.txt
var greetingsFile string

//go:embed data/weak.txt
var weakFile string

var (
	chat             = readChat(chatFile)
	greetings        = readGreetings(greetingsFile)
	weak, weakFolded = readWeak(weakFile)
)

func readWeak(file string) (words, folded map[string]bool) {
	words, folded = map[string]bool{}, map[string]bool{}
	for _, line := range dataLines(file) {
		for _, w := range Texts(line) {
			words[w] = true
			folded[Fold(w)] = true
		}
	}
	return words, folded
}

func readChat(file string) map[string][][]string {
	table := map[string][][]string{}
	for _, line := range dataLines(file) {
		short, long, _ := strings.Cut(line, ":")
		for reading := range strings.SplitSeq(long, "|") {
			for key := range strings.FieldsSeq(short) {
				key = normalizeWord(key)
				words := Texts(reading)
				if !slices.ContainsFunc(table[key], func(r []string) bool { return slices.Equal(r, words) }) {
					table[key] = append(table[key], words)
				}
			}
		}
	}
	return table
}

func readGreetings(file string) *Phrases {
	p := &Phrases{}
	for _, line := range dataLines(file) {
		p.Add(line, 0)
	}
	return p
}

// Chat gives the readings of a chat abbreviation, the likeliest first ("bn" is
// "bao nhiêu" or "bạn"); nil for other words. The caller must not change them.
func Chat(word string) [][]string { return chat[word] }

// Weak reports whether a normalised word carries little meaning of its own
// ("của", "thì"). Such words still tell questions apart a little: weigh them
// less, do not drop them. A word without marks is weak if it may be a weak one.
func Weak(word string) bool {
	return weak[word] || !Marked(word) && weakFolded[word]
}

// Courtesies tells which of words belong to greetings, thanks and phrases of mere
// courtesy. It is nil when none does, or all: a text that is nothing but a
// greeting keeps its words.
func Courtesies(words []Form) []bool {
	var drop []bool
	left := len(words)
	greetings.Each(words, func(_, from, to int) {
		if drop == nil {
			drop = make([]bool, len(words))
		}
		for i := from; i < to; i++ {
			if !drop[i] {
				drop[i] = true
				left--
			}
		}
	})
	if left == 0 {
		return nil
	}
	return drop
}
