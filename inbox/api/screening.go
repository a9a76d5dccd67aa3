package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// ScreenConversation puts a matter aside.
func (s *Server) ScreenConversation(ctx context.Context, req gen.ScreenConversationRequestObject) (gen.ScreenConversationResponseObject, error) {
	b := req.Body
	c, err := s.Hub.Screen(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.Screening{
		Ending: inbox.Ending(b.Ending), Of: b.Of, Text: b.Text, Key: b.Key,
	})
	return gen.ScreenConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// ListReferrals lists whom the citizen may be sent to.
func (s *Server) ListReferrals(ctx context.Context, req gen.ListReferralsRequestObject) (gen.ListReferralsResponseObject, error) {
	all, err := s.Hub.ReferralChoices(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	out := make(gen.ListReferrals200JSONResponse, len(all))
	for i, c := range all {
		out[i] = gen.ReferralChoice{
			Department: string(c.Department), Part: gen.ReferralChoicePart(c.Part),
			Name: c.Name, Title: c.Title, Phone: c.Phone, Email: c.Email,
		}
	}
	return out, err
}

// ReferConversation gives the citizen a number to call.
func (s *Server) ReferConversation(ctx context.Context, req gen.ReferConversationRequestObject) (gen.ReferConversationResponseObject, error) {
	b := req.Body
	c, err := s.Hub.Refer(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.Referral{
		Department: kb.DepartmentID(b.Department), Text: b.Text, Key: b.Key,
	})
	return gen.ReferConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// CountEndings counts how matters ended other than by an answer.
func (s *Server) CountEndings(ctx context.Context, req gen.CountEndingsRequestObject) (gen.CountEndingsResponseObject, error) {
	counts, err := s.Hub.Endings(ctx, actorOf(ctx), req.Params.From, req.Params.To)
	return gen.CountEndings200JSONResponse(counts), err
}
