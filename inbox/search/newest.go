package search

import (
	"context"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	blevesearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"tongdai/inbox"
)

// Newest implements inbox.MessageIndex.
func (ix *Index) Newest(ctx context.Context, q inbox.IndexQuery) (hits []inbox.IndexHit, err error) {
	if len(q.Groups) == 0 || !q.Everywhere && len(q.Departments) == 0 {
		return nil, nil
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	defer func() {
		if p := recover(); p != nil { // Bleve trusts its files
			err = fmt.Errorf("search: the index is damaged: %v", p)
		}
	}()
	request := bleve.NewSearchRequestOptions(described(q), q.Limit, 0, false)
	request.Score = bleve.ScoreNone
	request.SortByCustom(blevesearch.SortOrder{
		&blevesearch.SortField{Field: fieldAt, Type: blevesearch.SortFieldAsString, Desc: true},
		&blevesearch.SortDocID{Desc: true},
	})
	result, err := ix.bleve.SearchInContext(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	for _, doc := range result.Hits {
		at, err := sorted(doc.DecodedSort[0])
		if err != nil {
			return nil, fmt.Errorf("search: time of document: %w", err)
		}
		hits = append(hits, hitOf(doc.ID, at))
	}
	return hits, nil
}

// described is the query for q: every group, and one of the departments.
func described(q inbox.IndexQuery) query.Query {
	var all []query.Query
	for _, group := range q.Groups {
		var any []query.Query
		for _, t := range group {
			if t.Prefix {
				p := bleve.NewPrefixQuery(t.Text)
				p.SetField(fieldTerms)
				any = append(any, p)
			} else {
				any = append(any, termQuery(fieldTerms, t.Text))
			}
		}
		all = append(all, oneOf(any))
	}
	if !q.Everywhere {
		var any []query.Query
		for _, d := range q.Departments {
			any = append(any, termQuery(fieldDepartment, string(d)))
		}
		all = append(all, oneOf(any))
	}
	return bleve.NewConjunctionQuery(all...)
}

func oneOf(queries []query.Query) query.Query {
	if len(queries) == 1 {
		return queries[0]
	}
	return bleve.NewDisjunctionQuery(queries...)
}

func termQuery(field, term string) query.Query {
	t := bleve.NewTermQuery(term)
	t.SetField(field)
	return t
}
