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
		out[i] = gen.Label{Name: l.Name, Count: l.Count, Colour: gen.LabelColour(l.Colour)}
	}
	return out, err
}

// PutLabels gives a matter its labels.
func (s *Server) PutLabels(ctx context.Context, req gen.PutLabelsRequestObject) (gen.PutLabelsResponseObject, error) {
	c, err := s.Hub.SetLabels(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Labels)
	return gen.PutLabels200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// ChangeLabel gives a label another name or colour.
func (s *Server) ChangeLabel(ctx context.Context, req gen.ChangeLabelRequestObject) (gen.ChangeLabelResponseObject, error) {
	b := req.Body
	return gen.ChangeLabel204Response{}, s.Hub.ChangeLabel(ctx, actorOf(ctx), inbox.LabelChange{
		Name: b.Name, NewName: b.NewName, Merge: b.Merge, Colour: inbox.LabelColour(b.Colour),
	})
}

// DeleteLabel takes a label off every matter.
func (s *Server) DeleteLabel(ctx context.Context, req gen.DeleteLabelRequestObject) (gen.DeleteLabelResponseObject, error) {
	return gen.DeleteLabel204Response{}, s.Hub.DropLabel(ctx, actorOf(ctx), req.Params.Name)
}
