package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// ListThreads tells where departments were told of a conversation.
func (s *Server) ListThreads(ctx context.Context, req gen.ListThreadsRequestObject) (gen.ListThreadsResponseObject, error) {
	threads, err := s.Hub.ThreadsOf(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	out := make(gen.ListThreads200JSONResponse, len(threads))
	for i, t := range threads {
		out[i] = gen.Thread{
			Bridge: string(t.Bridge), Name: s.Hub.ChannelName(t.Bridge), Department: string(t.Unit), Place: t.PlaceName, At: t.At, Problem: t.Problem,
		}
	}
	return out, err
}

// MakeLinkCode gives the member who asks a code to be known by at a bridge.
func (s *Server) MakeLinkCode(ctx context.Context, _ gen.MakeLinkCodeRequestObject) (gen.MakeLinkCodeResponseObject, error) {
	code, until, err := s.Hub.LinkCode(ctx, actorOf(ctx))
	return gen.MakeLinkCode200JSONResponse{Code: code, Until: until}, err
}
