package vibleve

import (
	"slices"

	"github.com/blevesearch/bleve/v2/analysis"

	"tongdai/kb/vi"
)

// expander puts beside a term what it may mean. A reading of several words takes
// several positions, and what follows moves on by as many, so that pairs and
// phrases fit the reading rather than the abbreviation.
type expander struct {
	readings func(term string) [][]string
}

// typed tries all that somebody's typing may be. Keystrokes go before
// abbreviations: what spells a syllable is rather that.
var typed = expander{func(term string) [][]string {
	readings := keyboardReadings(term)
	for _, r := range chatReadings(term) {
		if !slices.ContainsFunc(readings, func(have []string) bool { return slices.Equal(have, r) }) {
			readings = append(readings, r)
		}
	}
	if readings == nil {
		return joinedReadings(term)
	}
	return readings
}}

// Filter implements analysis.TokenFilter. Tokens of one position, if there were
// some already, stay at one.
func (e expander) Filter(input analysis.TokenStream) analysis.TokenStream {
	output := make(analysis.TokenStream, 0, len(input))
	moved, longest := 0, 1
	for i, token := range input {
		readings := e.readings(string(token.Term))
		token.Position += moved
		output = append(output, token)
		for _, r := range readings {
			longest = max(longest, len(r))
			for j, word := range r {
				if j == 0 && word == string(token.Term) {
					continue
				}
				output = append(output, &analysis.Token{
					Term: []byte(word), Start: token.Start, End: token.End, Position: token.Position + j, Type: analysis.AlphaNumeric,
				})
			}
		}
		if i+1 == len(input) || input[i+1].Position > token.Position-moved {
			moved += longest - 1
			longest = 1
		}
	}
	slices.SortStableFunc(output, func(a, b *analysis.Token) int { return a.Position - b.Position })
	return output
}

func chatReadings(term string) [][]string { return vi.Chat(term) }

// keyboardReadings leaves alone what is a syllable as it stands: "tim" may be meant.
// Other words may be English ("has", Telex for "há"), which is why they stay.
func keyboardReadings(term string) [][]string {
	if vi.FoldedSyllable(term) || vi.Syllable(term) {
		return nil
	}
	for _, read := range [...]func(string) (string, bool){vi.VNI, vi.Telex} {
		if s, ok := read(term); ok {
			return [][]string{{s}}
		}
	}
	return nil
}

// joinedReadings cuts only into words that stand in real texts.
func joinedReadings(term string) [][]string {
	if vi.FoldedSyllable(term) || vi.Syllable(term) {
		return nil
	}
	pieces := vi.Split(term, func(word string) bool { return vi.Common(word) || vi.Readings(word) != nil })
	if pieces == nil || slices.ContainsFunc(pieces, func(p string) bool { return !vi.Common(p) && vi.Readings(p) == nil }) {
		return nil
	}
	return [][]string{pieces}
}
