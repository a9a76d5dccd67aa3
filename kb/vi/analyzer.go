package vi

import (
	"fmt"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"
)

// Names of the analysers, for Bleve mappings. Import the package for its effect.
const (
	Analyzer      = "vi"       // normalised words, with their marks
	FoldAnalyzer  = "vi_fold"  // words without marks
	PairsAnalyzer = "vi_pairs" // pairs of neighbouring words without marks: "tiem_chung"
)

type analyzer struct {
	fold, pairs bool
}

func init() {
	for name, a := range map[string]analyzer{
		Analyzer:      {},
		FoldAnalyzer:  {fold: true},
		PairsAnalyzer: {fold: true, pairs: true},
	} {
		err := registry.RegisterAnalyzer(name, func(map[string]any, *registry.Cache) (analysis.Analyzer, error) {
			return a, nil
		})
		if err != nil {
			panic(fmt.Sprintf("vi: register analyser %s: %v", name, err)) // two packages claim the name
		}
	}
}

// Analyze implements analysis.Analyzer.
func (a analyzer) Analyze(input []byte) analysis.TokenStream {
	words := Words(string(input))
	if a.fold {
		for i := range words {
			words[i].Text = Fold(words[i].Text)
		}
	}
	if a.pairs {
		words = pairs(words)
	}
	stream := make(analysis.TokenStream, len(words))
	for i, w := range words {
		stream[i] = &analysis.Token{
			Term: []byte(w.Text), Start: w.Start, End: w.End, Position: i + 1, Type: analysis.AlphaNumeric,
		}
	}
	return stream
}

func pairs(words []Word) []Word {
	if len(words) < 2 {
		return nil
	}
	out := make([]Word, len(words)-1)
	for i := range out {
		out[i] = Word{Pair(words[i].Text, words[i+1].Text), words[i].Start, words[i+1].End}
	}
	return out
}

// Pair is the term of PairsAnalyzer for two neighbouring folded words.
func Pair(first, second string) string { return first + "_" + second }
