package vi

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/syllables.txt
var syllablesFile string

// seen counts the syllables of real texts.
var seen = sync.OnceValue(func() map[string]int { return readCounts(syllablesFile) })

func readCounts(file string) map[string]int {
	counts := map[string]int{}
	for _, line := range dataLines(file) {
		at := strings.LastIndexByte(line, ' ')
		n, err := strconv.Atoi(line[at+1:])
		if err != nil {
			panic("vi: broken count: " + line) // the file is ours and made by a program
		}
		counts[line[:at]] = n
	}
	return counts
}

// inUse reports whether the normalised word is a syllable of real texts, not just
// one that spelling allows.
func inUse(word string) bool { return seen()[word] > 0 }
