package search

import (
	"context"
	"fmt"
	"slices"

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

// described is the query for q: every group, and one of the departments. Groups with
// beginnings of words come last, within what the others leave.
func described(q inbox.IndexQuery) query.Query {
	var whole []query.Query
	var begun [][]inbox.Term
	for _, group := range q.Groups {
		if slices.ContainsFunc(group, func(t inbox.Term) bool { return t.Prefix }) {
			begun = append(begun, group)
			continue
		}
		var any []query.Query
		for _, t := range group {
			any = append(any, termQuery(fieldTerms, t.Text))
		}
		whole = append(whole, oneOf(any))
	}
	if !q.Everywhere {
		var any []query.Query
		for _, d := range q.Departments {
			any = append(any, termQuery(fieldDepartment, string(d)))
		}
		whole = append(whole, oneOf(any))
	}
	var all query.Query
	switch len(whole) {
	case 0:
		all = bleve.NewMatchAllQuery()
	case 1:
		all = whole[0]
	default:
		all = bleve.NewConjunctionQuery(whole...)
	}
	for _, group := range begun {
		all = within{all, group}
	}
	return all
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
