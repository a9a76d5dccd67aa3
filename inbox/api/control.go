package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// PutControl takes a citizen from another program of the channel's account, or
// leaves the citizen to the platform's own inbox.
func (s *Server) PutControl(ctx context.Context, req gen.PutControlRequestObject) (gen.PutControlResponseObject, error) {
	act := s.Hub.YieldControl
	if req.Body.Held {
		act = s.Hub.TakeControl
	}
	c, err := act(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.PutControl200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// PutHidden hides a comment from the public, or shows it again.
func (s *Server) PutHidden(ctx context.Context, req gen.PutHiddenRequestObject) (gen.PutHiddenResponseObject, error) {
	c, err := s.Hub.Conceal(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.MessageID(req.Message), req.Body.Hidden)
	return gen.PutHidden200JSONResponse{ConversationJSONResponse: answer(c)}, err
}
