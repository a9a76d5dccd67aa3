package search

import (
	"context"
	"errors"

	"github.com/blevesearch/bleve/v2/mapping"
	blevesearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"tongdai/inbox"
)

// within finds what rest finds and has one of some terms, of which beginnings
// stand for every term that begins so. Bleve's own query unites the documents of
// all those terms, a quarter of all that were ever said for a few letters, before
// it looks at the rest; here each is cut down to the rest first, which
// is a span of time and little.
type within struct {
	rest  query.Query
	terms []inbox.Term
}

// Searcher implements query.Query.
func (w within) Searcher(ctx context.Context, i index.IndexReader, m mapping.IndexMapping, options blevesearch.SearcherOptions) (blevesearch.Searcher, error) {
	terms, err := w.begun(i)
	if err != nil {
		return nil, err
	}
	rest, err := w.rest.Searcher(ctx, i, m, options)
	if err != nil {
		return nil, err
	}
	var parts []blevesearch.Searcher
	for _, t := range terms {
		one, err := searcher.NewTermSearcher(ctx, i, t, fieldTerms, 1, options)
		if err != nil {
			return nil, err
		}
		both, err := searcher.NewConjunctionSearcher(ctx, i, []blevesearch.Searcher{rest, one}, options)
		if err != nil {
			return nil, err
		}
		if _, counted := both.(*searcher.TermSearcher); !counted {
			// It would read on in rest itself, which the next term needs from its beginning.
			return w.plain().Searcher(ctx, i, m, options)
		}
		parts = append(parts, both)
	}
	switch len(parts) {
	case 0:
		return searcher.NewMatchNoneSearcher(i)
	case 1:
		return parts[0], nil
	}
	return searcher.NewDisjunctionSearcher(ctx, i, parts, 1, options)
}

// begun are the terms that there are for w.terms, each once.
func (w within) begun(i index.IndexReader) (all []string, err error) {
	seen := map[string]bool{}
	add := func(t string) {
		if !seen[t] {
			seen[t] = true
			all = append(all, t)
		}
	}
	for _, t := range w.terms {
		if !t.Prefix {
			add(t.Text)
			continue
		}
		words, err := i.FieldDictPrefix(fieldTerms, []byte(t.Text))
		if err != nil {
			return nil, err
		}
		var word *index.DictEntry
		for word, err = words.Next(); err == nil && word != nil; word, err = words.Next() {
			add(word.Term)
		}
		if err = errors.Join(err, words.Close()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// plain is the same in Bleve's words.
func (w within) plain() query.Query {
	var any []query.Query
	for _, t := range w.terms {
		if t.Prefix {
			p := query.NewPrefixQuery(t.Text)
			p.SetField(fieldTerms)
			any = append(any, p)
		} else {
			any = append(any, termQuery(fieldTerms, t.Text))
		}
	}
	return query.NewConjunctionQuery([]query.Query{w.rest, oneOf(any)})
}
