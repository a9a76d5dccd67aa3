package search

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"
)

// spaced splits at single spaces. Bleve's own tokenizers ask of each rune what
// it is, and took a thirteenth of all memory that a busy hub asked for.
type spaced struct{}

const spacedName = "spaced"

func init() {
	err := registry.RegisterTokenizer(spacedName, func(map[string]any, *registry.Cache) (analysis.Tokenizer, error) {
		return spaced{}, nil
	})
	if err != nil {
		panic(fmt.Sprintf("search: %v", err)) // the name is taken
	}
}

// Tokenize implements analysis.Tokenizer.
func (spaced) Tokenize(text []byte) analysis.TokenStream {
	tokens := make([]analysis.Token, 0, bytes.Count(text, []byte{' '})+1)
	for start := 0; start < len(text); {
		end := len(text)
		if n := bytes.IndexByte(text[start:], ' '); n >= 0 {
			end = start + n
		}
		if end > start {
			tokens = append(tokens, analysis.Token{Term: text[start:end:end], Start: start, End: end, Position: len(tokens) + 1})
		}
		start = end + 1
	}
	stream := make(analysis.TokenStream, len(tokens))
	for i := range tokens {
		stream[i] = &tokens[i]
	}
	return stream
}

// sortable is a time as a text that sorts as times do, in milliseconds since
// 1970; what is older sorts as that.
func sortable(at time.Time) string { return fmt.Sprintf("%012x", max(at.UnixMilli(), 0)) }

// sorted is the inverse of sortable.
func sorted(text string) (time.Time, error) {
	at, err := strconv.ParseInt(text, 16, 64)
	return time.UnixMilli(at).UTC(), err
}
