package vi

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// What people without a Vietnamese keyboard leave out can mostly be guessed: "dang
// ky" is "đăng ký", because of all syllables that fold to these, those two stand
// side by side in real texts. The counts are of this project's own texts about public
// services (see gen); they know little of other matters.

//go:embed data/syllables.txt
var syllablesFile string

//go:embed data/pairs.txt
var pairsFile string

// counts is what is known of real texts.
type counts struct {
	syllables map[string]int
	total     int
	pairs     map[[2]string]int
	readings  map[string][]string // by folded form, the commonest first
}

// inTexts is read when it is first needed: who only folds does without.
var inTexts = sync.OnceValue(func() *counts {
	c := &counts{syllables: map[string]int{}, pairs: map[[2]string]int{}, readings: map[string][]string{}}
	for _, line := range dataLines(syllablesFile) {
		word, n := readCount(line)
		c.syllables[word] = n
		c.total += n
		folded := Fold(word)
		c.readings[folded] = append(c.readings[folded], word)
	}
	for _, line := range dataLines(pairsFile) {
		pair, n := readCount(line)
		first, second, _ := strings.Cut(pair, " ")
		c.pairs[[2]string{first, second}] = n
	}
	for _, words := range c.readings {
		slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(c.syllables[b], c.syllables[a]) })
	}
	return c
})

func readCount(line string) (words string, n int) {
	at := strings.LastIndexByte(line, ' ')
	n, err := strconv.Atoi(line[at+1:])
	if err != nil {
		panic("vi: broken count: " + line) // the file is ours and made by a program
	}
	return line[:at], n
}

// Common reports whether the normalised word is a syllable that stands in real
// texts, not just one that spelling allows: "tiêm" is, "tịm" is not.
func Common(word string) bool { return inTexts().syllables[word] > 0 }

// Readings gives the syllables of real texts that a folded word may stand for, the
// commonest first; nil when there is none. The caller must not change them.
func Readings(folded string) []string { return inTexts().readings[folded] }

// mostReadings of one word are weighed in Restore; "a" has the most, nine.
const mostReadings = 12

// Restore gives words, typed without marks or with some left out, with the marks
// that were probably meant, judging each by its neighbours. Words that have all their
// marks, foreign words and numbers stay. words are normalised, as from Texts, and
// one sentence at a time is best.
func Restore(words []string) []string {
	choices := make([][]string, len(words))
	for i, w := range words {
		choices[i] = choicesFor(w)
	}
	return likeliest(choices)
}

func choicesFor(typed string) []string {
	var meant []string
	for _, r := range Readings(Fold(typed)) {
		if len(meant) < mostReadings && Agrees(typed, r) {
			meant = append(meant, r)
		}
	}
	if len(meant) == 0 {
		return []string{typed}
	}
	return meant
}

// likeliest picks one of each choices so that the row is the likeliest (Viterbi).
func likeliest(choices [][]string) []string {
	type step struct {
		score float64
		from  int
	}
	c := inTexts()
	steps := make([][]step, len(choices))
	for i, here := range choices {
		steps[i] = make([]step, len(here))
		for j, word := range here {
			if i == 0 {
				steps[i][j] = step{score: math.Log(c.alone(word))}
				continue
			}
			best := step{score: math.Inf(-1)}
			for k, before := range choices[i-1] {
				if s := steps[i-1][k].score + math.Log(c.after(before, word)); s > best.score {
					best = step{s, k}
				}
			}
			steps[i][j] = best
		}
	}
	out := make([]string, len(choices))
	at := 0
	for i := len(choices) - 1; i >= 0; i-- {
		if i == len(choices)-1 {
			for j := range steps[i] {
				if steps[i][j].score > steps[i][at].score {
					at = j
				}
			}
		}
		out[i] = choices[i][at]
		at = steps[i][at].from
	}
	return out
}

// alone is how probable a word is by itself; none is impossible. Official texts
// have few of the words that talk is held together by ("thì", "mà"), so these count
// as if they had been seen more often.
func (c *counts) alone(word string) float64 {
	const talked = 120
	n := float64(c.syllables[word]) + 0.1
	if weak[word] {
		n += talked
	}
	return n / float64(c.total)
}

// after is how probable a word is behind another: mostly what was seen, and a part
// for pairs that the texts happen not to have.
func (c *counts) after(before, word string) float64 {
	const together = 0.7
	p := (1 - together) * c.alone(word)
	if n := c.syllables[before]; n > 0 {
		p += together * float64(c.pairs[[2]string{before, word}]) / float64(n)
	}
	return p
}
