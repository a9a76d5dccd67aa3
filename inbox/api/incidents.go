package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// PutConversationIncident gathers a matter in a new incident, or in one that is there.
func (s *Server) PutConversationIncident(ctx context.Context, req gen.PutConversationIncidentRequestObject) (gen.PutConversationIncidentResponseObject, error) {
	id, incident := inbox.ConversationID(req.Id), inbox.IncidentID(req.Body.Incident)
	gather := func() (inbox.Conversation, error) { return s.Hub.JoinIncident(ctx, actorOf(ctx), id, incident) }
	if incident == "" {
		gather = func() (inbox.Conversation, error) { return s.Hub.OpenIncident(ctx, actorOf(ctx), id, req.Body.Title) }
	}
	c, err := gather()
	return gen.PutConversationIncident200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// DeleteConversationIncident takes a matter out of its incident.
func (s *Server) DeleteConversationIncident(ctx context.Context, req gen.DeleteConversationIncidentRequestObject) (gen.DeleteConversationIncidentResponseObject, error) {
	c, err := s.Hub.LeaveIncident(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.DeleteConversationIncident200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// ListIncidents lists incidents.
func (s *Server) ListIncidents(ctx context.Context, req gen.ListIncidentsRequestObject) (gen.ListIncidentsResponseObject, error) {
	rows, err := s.Hub.ListIncidents(ctx, actorOf(ctx), req.Params.Closed)
	out := make(gen.ListIncidents200JSONResponse, len(rows))
	for i, row := range rows {
		out[i] = toIncident(row.Kept)
		out[i].Reports, out[i].Open = row.Reports, row.Open
	}
	return out, err
}

// GetIncident shows an incident with its reports.
func (s *Server) GetIncident(ctx context.Context, req gen.GetIncidentRequestObject) (gen.GetIncidentResponseObject, error) {
	g, err := s.Hub.Incident(ctx, actorOf(ctx), inbox.IncidentID(req.Id))
	return gen.GetIncident200JSONResponse{
		Incident: toIncident(g.Kept), Reports: toConversations(g.Reports), Hidden: g.Hidden,
		TextLimit: s.Hub.TextLimitOf(g.Reports), CanChange: g.CanChange,
	}, err
}

// PutIncident renames, closes or opens an incident.
func (s *Server) PutIncident(ctx context.Context, req gen.PutIncidentRequestObject) (gen.PutIncidentResponseObject, error) {
	kept, err := s.Hub.PutIncident(ctx, actorOf(ctx), inbox.IncidentID(req.Id), inbox.IncidentChange{
		Title: req.Body.Title, Closed: req.Body.Closed,
	})
	return gen.PutIncident200JSONResponse(toIncident(kept)), err
}

// AddReport adds the matter with a code.
func (s *Server) AddReport(ctx context.Context, req gen.AddReportRequestObject) (gen.AddReportResponseObject, error) {
	c, err := s.Hub.JoinIncidentByCode(ctx, actorOf(ctx), inbox.IncidentID(req.Id), req.Body.Code)
	return gen.AddReport200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// ListSimilar offers matters that may report the same.
func (s *Server) ListSimilar(ctx context.Context, req gen.ListSimilarRequestObject) (gen.ListSimilarResponseObject, error) {
	found, err := s.Hub.SimilarTo(ctx, actorOf(ctx), inbox.IncidentID(req.Id))
	return gen.ListSimilar200JSONResponse(toConversations(found)), err
}

// AnswerIncident answers all reports.
func (s *Server) AnswerIncident(ctx context.Context, req gen.AnswerIncidentRequestObject) (gen.AnswerIncidentResponseObject, error) {
	b := req.Body
	reached, err := s.Hub.AnswerIncident(ctx, actorOf(ctx), inbox.IncidentID(req.Id), inbox.GatheredAnswer{
		Text: b.Text, Key: b.Key, Resolve: b.Resolve,
	})
	out := make(gen.AnswerIncident200JSONResponse, len(reached))
	for i, r := range reached {
		out[i] = gen.Reached{
			Conversation: string(r.Conversation), Code: r.Code, ContactName: r.ContactName,
			State: gen.ReachedState(r.State), Trouble: r.Trouble,
		}
	}
	return out, err
}

func toIncident(k inbox.Kept[inbox.Incident]) gen.Incident {
	v := k.Value
	return gen.Incident{
		Id: k.ID, Title: v.Title, By: string(v.By), At: v.At, Category: string(v.Category), Locality: string(v.Locality),
		ClosedAt: v.ClosedAt, Version: int64(k.Version),
	}
}
