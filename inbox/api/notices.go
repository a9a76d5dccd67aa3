package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// ListNotices lists the caller's newest notices.
func (s *Server) ListNotices(ctx context.Context, _ gen.ListNoticesRequestObject) (gen.ListNoticesResponseObject, error) {
	all, err := s.Hub.Notices(ctx, actorOf(ctx))
	out := make(gen.ListNotices200JSONResponse, len(all))
	for i, k := range all {
		n := k.Value
		out[i] = gen.Notice{
			Id: k.ID, Kind: gen.NoticeKind(n.Kind), At: n.At, Text: n.Text, Read: !n.ReadAt.IsZero(),
			Conversation: string(n.Conversation), Code: n.Code, From: string(n.From), Entry: string(n.Entry),
		}
	}
	return out, err
}

// PutNotices marks the caller's notices as read.
func (s *Server) PutNotices(ctx context.Context, req gen.PutNoticesRequestObject) (gen.PutNoticesResponseObject, error) {
	return gen.PutNotices204Response{}, s.Hub.ReadNotices(ctx, actorOf(ctx), req.Body.Read)
}

// ListReaders lists who may see a conversation.
func (s *Server) ListReaders(ctx context.Context, req gen.ListReadersRequestObject) (gen.ListReadersResponseObject, error) {
	members, err := s.Hub.Readers(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	out := make(gen.ListReaders200JSONResponse, len(members))
	for i, m := range members {
		out[i] = gen.MemberRef{Id: string(m.ID), Name: m.Name, Role: gen.Role(m.Role)}
	}
	return out, err
}

func memberIDs(ids []string) []inbox.MemberID {
	out := make([]inbox.MemberID, len(ids))
	for i, id := range ids {
		out[i] = inbox.MemberID(id)
	}
	return out
}
