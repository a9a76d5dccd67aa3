package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// PutPresence says what the caller does with a conversation on the screen.
func (s *Server) PutPresence(ctx context.Context, req gen.PutPresenceRequestObject) (gen.PutPresenceResponseObject, error) {
	others, err := s.Hub.Attend(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.Doing(req.Body.Doing))
	out := make(gen.PutPresence200JSONResponse, len(others))
	for i, p := range others {
		out[i] = gen.Present{Member: string(p.Member), Doing: gen.Doing(p.Doing)}
	}
	return out, err
}
