package api

import (
	"context"
	"strings"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
	"tongdai/kb/sheet"
	"tongdai/kb/vi"

	openapi "github.com/oapi-codegen/runtime/types"
)

// defaultHits is how many entries a search gives without a wish.
const defaultHits = 8

// SearchKnowledge finds published entries as one types.
func (s *Server) SearchKnowledge(ctx context.Context, req gen.SearchKnowledgeRequestObject) (gen.SearchKnowledgeResponseObject, error) {
	if !actorOf(ctx).May(inbox.SeeKnowledge) {
		return nil, inbox.ErrForbidden
	}
	hits, err := s.Knowledge.Suggest(ctx, req.Params.Q, limited(req.Params.Limit, defaultHits))
	return gen.SearchKnowledge200JSONResponse(toHits(hits)), err
}

// GetEntry returns one entry.
func (s *Server) GetEntry(ctx context.Context, req gen.GetEntryRequestObject) (gen.GetEntryResponseObject, error) {
	if !actorOf(ctx).May(inbox.SeeKnowledge) {
		return nil, inbox.ErrForbidden
	}
	var e kb.Entry
	err := s.Entries.ViewEntries(ctx, func(tx kb.Reader) (err error) {
		e, err = tx.Entry(kb.EntryID(req.Id))
		return err
	})
	return gen.GetEntry200JSONResponse(toEntry(e)), err
}

// ListEntries returns the knowledge base by id, narrowed.
func (s *Server) ListEntries(ctx context.Context, req gen.ListEntriesRequestObject) (gen.ListEntriesResponseObject, error) {
	p := req.Params
	wanted := s.narrowed(p)
	limit := limited(p.Limit, defaultMessages)
	out := gen.ListEntries200JSONResponse{Entries: []gen.Entry{}}
	err := s.Hub.EachEntry(ctx, actorOf(ctx), func(row inbox.EntryRow) bool {
		out.Total++
		switch {
		case string(row.ID) <= p.After || out.Next != "" || !wanted(row):
		case len(out.Entries) == limit:
			out.Next = out.Entries[limit-1].Id
		default:
			out.Entries = append(out.Entries, s.toRow(row))
		}
		return true
	})
	return out, err
}

func (s *Server) toRow(row inbox.EntryRow) gen.Entry {
	e := toEntry(row.Entry)
	e.Pending = gen.EntryPending(row.Pending)
	e.Unconfirmed, e.Ending = s.Hub.Unconfirmed(row.Entry), s.Hub.Ending(row.Entry)
	return e
}

func (s *Server) narrowed(p gen.ListEntriesParams) func(inbox.EntryRow) bool {
	words := strings.Fields(vi.Fold(p.Q))
	return func(e inbox.EntryRow) bool {
		if p.Department != "" && string(e.Department) != p.Department ||
			p.Category != "" && string(e.Category) != p.Category ||
			p.Status != "" && string(e.Status) != string(p.Status) && string(e.Pending) != string(p.Status) ||
			p.Due == gen.Unconfirmed && !s.Hub.Unconfirmed(e.Entry) || p.Due == gen.Ending && !s.Hub.Ending(e.Entry) {
			return false
		}
		if len(words) == 0 {
			return true
		}
		text := vi.Fold(string(e.ID) + " " + e.Question + " " + strings.Join(e.Variants, " ") + " " + e.Answer)
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false
			}
		}
		return true
	}
}

func toEntry(e kb.Entry) gen.Entry {
	variants := e.Variants
	if variants == nil {
		variants = []string{}
	}
	return gen.Entry{
		Id: string(e.ID), Question: e.Question, Variants: variants, Answer: e.Answer, Category: string(e.Category),
		Department: string(e.Department), Source: e.Source, Status: gen.EntryStatus(e.Status), Version: e.Version,
		ValidFrom: date(e.ValidFrom), ValidUntil: date(e.ValidUntil), ConfirmedOn: date(e.ConfirmedOn),
		UpdatedAt: e.UpdatedAt, UpdatedBy: e.UpdatedBy, Files: toEntryFiles(e.Files),
	}
}

// date is the day of t in Vietnam, where entries begin, end and are confirmed.
func date(t time.Time) openapi.Date {
	if t.IsZero() {
		return openapi.Date{}
	}
	return openapi.Date{Time: t.In(sheet.Zone)}
}
