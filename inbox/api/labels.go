package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// ListLabels lists the labels in use.
func (s *Server) ListLabels(ctx context.Context, _ gen.ListLabelsRequestObject) (gen.ListLabelsResponseObject, error) {
	labels, err := s.Hub.Labels(ctx, actorOf(ctx))
	out := make(gen.ListLabels200JSONResponse, len(labels))
	for i, l := range labels {
		out[i] = gen.Label{Name: l.Name, Count: l.Count}
	}
	return out, err
}

// PutLabels gives a matter its labels.
func (s *Server) PutLabels(ctx context.Context, req gen.PutLabelsRequestObject) (gen.PutLabelsResponseObject, error) {
	c, err := s.Hub.SetLabels(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Labels)
	return gen.PutLabels200JSONResponse{ConversationJSONResponse: answer(c)}, err
}
