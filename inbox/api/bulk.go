package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// ActOnConversations does one act on many conversations.
func (s *Server) ActOnConversations(ctx context.Context, req gen.ActOnConversationsRequestObject) (gen.ActOnConversationsResponseObject, error) {
	b := req.Body
	order := inbox.BulkOrder{
		Act: inbox.BulkAct(b.Act), Member: inbox.MemberID(b.Member), Department: kb.DepartmentID(b.Department),
		Category: kb.CategoryID(b.Category), Note: b.Note,
	}
	for _, id := range b.Conversations {
		order.Conversations = append(order.Conversations, inbox.ConversationID(id))
	}
	results, err := s.Hub.Bulk(ctx, actorOf(ctx), order)
	out := make(gen.ActOnConversations200JSONResponse, len(results))
	for i, r := range results {
		out[i] = gen.BulkResult{Id: string(r.ID)}
		if r.Err != nil {
			_, out[i].Problem = describe(r.Err)
			continue
		}
		out[i].Conversation = toConversation(r.Conversation)
	}
	return out, err
}
