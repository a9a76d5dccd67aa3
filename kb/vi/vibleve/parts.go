package vibleve

import (
	"fmt"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"

	"tongdai/kb/vi"
)

// tokenizer cuts texts into normalised words. The terms of a text share one piece
// of memory, and so do its tokens.
type tokenizer struct {
	folded bool // as FoldFilter behind it would do, at less cost
}

// Tokenize implements analysis.Tokenizer. It takes texts of any length.
func (t tokenizer) Tokenize(input []byte) analysis.TokenStream {
	const usual = 4 // bytes of text a word takes
	tokens := make([]analysis.Token, 0, len(input)/usual+1)
	terms := make([]byte, 0, len(input)+len(input)/8)
	for w := range vi.All(string(input)) {
		from := len(terms)
		if t.folded {
			terms = vi.AppendFold(terms, w.Text)
		} else {
			terms = append(terms, w.Text...)
		}
		if len(terms) == from {
			continue // nothing but marks
		}
		tokens = append(tokens, analysis.Token{
			Term: terms[from:len(terms):len(terms)], Start: w.Start, End: w.End, Position: len(tokens) + 1, Type: kindOf(w.Text),
		})
	}
	stream := make(analysis.TokenStream, len(tokens))
	for i := range tokens {
		stream[i] = &tokens[i]
	}
	return stream
}

// kindOf is what Bleve's own tokenizers tell of numbers and words.
func kindOf(word string) analysis.TokenType {
	for i := 0; i < len(word); i++ {
		if word[i] < '0' || word[i] > '9' {
			return analysis.AlphaNumeric
		}
	}
	return analysis.Numeric
}

// charFilter changes the whole text.
type charFilter func(string) string

// Filter implements analysis.CharFilter.
func (f charFilter) Filter(input []byte) []byte { return []byte(f(string(input))) }

var (
	normalize = charFilter(vi.Normalize)
	legacy    = charFilter(func(text string) string {
		fixed, _ := vi.Legacy(text)
		return fixed
	})
)

// termFilter changes each term by itself; terms of which nothing is left go.
type termFilter func(term []byte) []byte

// Filter implements analysis.TokenFilter.
func (f termFilter) Filter(input analysis.TokenStream) analysis.TokenStream {
	output := input[:0]
	for _, token := range input {
		if token.Term = f(token.Term); len(token.Term) > 0 {
			output = append(output, token)
		}
	}
	return output
}

var (
	tone     = termFilter(func(term []byte) []byte { return []byte(vi.Normalize(string(term))) })
	fold     = termFilter(foldTerm)
	phonetic = termFilter(func(term []byte) []byte { return []byte(vi.Sound(vi.Fold(string(term)))) })
)

// foldTerm spares the memory for terms that have nothing to lose.
func foldTerm(term []byte) []byte {
	for _, c := range term {
		if c >= 0x80 || 'A' <= c && c <= 'Z' {
			return vi.AppendFold(make([]byte, 0, len(term)), string(term))
		}
	}
	return term
}

// pairs makes terms of neighbours, which vi.Pair spells.
type pairs struct {
	words bool // the words stay beside their pairs
}

func newPairs(config map[string]any, _ *registry.Cache) (analysis.TokenFilter, error) {
	var p pairs
	if value, ok := config["words"]; ok {
		if p.words, ok = value.(bool); !ok {
			return nil, fmt.Errorf("token filter %s: words must be true or false, not %v", PairsFilter, value)
		}
	}
	return p, nil
}

// Filter implements analysis.TokenFilter. Words at one position are pairs with
// each word at the next.
func (p pairs) Filter(input analysis.TokenStream) analysis.TokenStream {
	var output analysis.TokenStream
	if p.words {
		output = make(analysis.TokenStream, 0, 2*len(input))
	}
	next := 0 // the first token of the next position
	for i, first := range input {
		if p.words {
			output = append(output, first)
		}
		next = max(next, i+1)
		for next < len(input) && input[next].Position <= first.Position {
			next++
		}
		for j := next; j < len(input) && input[j].Position == input[next].Position; j++ {
			second := input[j]
			output = append(output, &analysis.Token{
				Term: []byte(vi.Pair(string(first.Term), string(second.Term))), Start: first.Start, End: second.End,
				Position: first.Position, Type: analysis.Shingle,
			})
		}
	}
	return output
}
