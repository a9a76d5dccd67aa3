package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// SnoozeConversation puts a matter to sleep.
func (s *Server) SnoozeConversation(ctx context.Context, req gen.SnoozeConversationRequestObject) (gen.SnoozeConversationResponseObject, error) {
	c, err := s.Hub.Snooze(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Until)
	return gen.SnoozeConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// WakeConversation ends its sleep.
func (s *Server) WakeConversation(ctx context.Context, req gen.WakeConversationRequestObject) (gen.WakeConversationResponseObject, error) {
	c, err := s.Hub.Wake(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.WakeConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}
