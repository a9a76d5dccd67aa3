package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// GetPublication tells what is shown to everybody of a matter, or might be.
func (s *Server) GetPublication(ctx context.Context, req gen.GetPublicationRequestObject) (gen.GetPublicationResponseObject, error) {
	p, err := s.Hub.PublishingOf(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	if err != nil {
		return nil, err
	}
	shown := gen.Publishing{Wished: p.Wished, Question: p.Question, Answer: p.Answer}
	if p.Published != nil {
		shown.Published, shown.At = true, p.Published.PublishedAt
		shown.Question, shown.Answer = p.Published.Question, p.Published.Answer
	}
	return gen.GetPublication200JSONResponse(shown), nil
}

// PutPublication shows question and answer of a matter to everybody.
func (s *Server) PutPublication(ctx context.Context, req gen.PutPublicationRequestObject) (gen.PutPublicationResponseObject, error) {
	c, err := s.Hub.Publish(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Question, req.Body.Answer)
	return gen.PutPublication200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// DeletePublication shows it no longer.
func (s *Server) DeletePublication(ctx context.Context, req gen.DeletePublicationRequestObject) (gen.DeletePublicationResponseObject, error) {
	c, err := s.Hub.Unpublish(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.DeletePublication200JSONResponse{ConversationJSONResponse: answer(c)}, err
}
