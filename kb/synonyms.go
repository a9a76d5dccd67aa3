package kb

import (
	_ "embed"
	"strings"

	"tongdai/kb/vi"
)

//go:embed data/synonyms.txt
var synonymsFile string

// synonyms finds the phrases that may stand for each other; a group is a concept.
var synonyms, concepts = readSynonyms(synonymsFile)

// span is a run of words that stands for a concept.
type span struct{ concept, from, to int }

func readSynonyms(file string) (*vi.Phrases, int) {
	p, group := &vi.Phrases{}, 0
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for phrase := range strings.SplitSeq(line, "|") {
			p.Add(phrase, group)
		}
		group++
	}
	return p, group
}

func conceptsIn(words []vi.Form) []span {
	var spans []span
	synonyms.Each(words, func(group, from, to int) { spans = append(spans, span{group, from, to}) })
	return spans
}
