package kb

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"

	"tongdai/kb/vi"
)

//go:embed data/synonyms.txt
var synonymsFile string

//go:embed data/thesaurus.csv
var thesaurusFile string

// synonyms finds the phrases that may stand for each other; a group is a concept.
// Those below general are of the synonyms, the rest of the thesaurus.
var synonyms, general, concepts = readConcepts(synonymsFile, thesaurusFile)

// readConcepts joins the two tables. The synonyms come first: where both have a
// phrase, the thesaurus adds to it.
func readConcepts(synonyms, thesaurus string) (p *vi.Phrases, general, all int) {
	p, general = readSynonyms(synonyms)
	return p, general, readThesaurus(p, general, thesaurus)
}

// Columns of data/thesaurus.csv.
const (
	thesaurusField = iota
	thesaurusOfficial
	thesaurusEveryday
	thesaurusSource
	thesaurusReview
	thesaurusColumns
)

// readThesaurus adds a group of phrases for each row of the table that a reader has
// let pass, numbered from group on, and returns the number after the last.
func readThesaurus(p *vi.Phrases, group int, table string) int {
	rows := csv.NewReader(strings.NewReader(table))
	rows.FieldsPerRecord = thesaurusColumns
	records, err := rows.ReadAll()
	if err != nil {
		panic(fmt.Sprintf("kb: data/thesaurus.csv: %v", err)) // embedded: a mistake of the build
	}
	for _, r := range records[1:] {
		if r[thesaurusReview] == "rejected" {
			continue
		}
		p.Add(r[thesaurusOfficial], group)
		for phrase := range strings.SplitSeq(r[thesaurusEveryday], "|") {
			p.Add(phrase, group)
		}
		group++
	}
	return group
}

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
	synonyms.Each(words, func(group, from, to int) {
		if !without(phrases) && !(group >= general && without(thesaurus)) {
			spans = append(spans, span{group, from, to})
		}
	})
	return spans
}
