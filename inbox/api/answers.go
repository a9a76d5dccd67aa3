package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// ListAnswers lists the ready answers that the caller may insert.
func (s *Server) ListAnswers(ctx context.Context, _ gen.ListAnswersRequestObject) (gen.ListAnswersResponseObject, error) {
	actor := actorOf(ctx)
	all, err := s.Hub.Answers(ctx, actor)
	out := make(gen.ListAnswers200JSONResponse, len(all))
	for i, k := range all {
		out[i] = toReadyAnswer(actor, k)
	}
	return out, err
}

// AddAnswer keeps a new ready answer.
func (s *Server) AddAnswer(ctx context.Context, req gen.AddAnswerRequestObject) (gen.AddAnswerResponseObject, error) {
	actor := actorOf(ctx)
	k, err := s.Hub.KeepAnswer(ctx, actor, "", 0, readyAnswerOf(*req.Body))
	return gen.AddAnswer200JSONResponse(toReadyAnswer(actor, k)), err
}

// PutAnswer changes a ready answer.
func (s *Server) PutAnswer(ctx context.Context, req gen.PutAnswerRequestObject) (gen.PutAnswerResponseObject, error) {
	actor := actorOf(ctx)
	k, err := s.Hub.KeepAnswer(ctx, actor, req.Id, uint64(max(req.Body.Version, 0)), readyAnswerOf(*req.Body))
	return gen.PutAnswer200JSONResponse(toReadyAnswer(actor, k)), err
}

// DeleteAnswer removes a ready answer.
func (s *Server) DeleteAnswer(ctx context.Context, req gen.DeleteAnswerRequestObject) (gen.DeleteAnswerResponseObject, error) {
	return gen.DeleteAnswer204Response{}, s.Hub.DropAnswer(ctx, actorOf(ctx), req.Id)
}

func readyAnswerOf(b gen.NewReadyAnswer) inbox.ReadyAnswer {
	return inbox.ReadyAnswer{
		Title: b.Title, Shortcut: b.Shortcut, Text: b.Text,
		Scope: inbox.AnswerScope(b.Scope), Department: kb.DepartmentID(b.Department),
	}
}

func toReadyAnswer(actor inbox.Actor, k inbox.Kept[inbox.ReadyAnswer]) gen.ReadyAnswer {
	r := k.Value
	places := r.Places()
	if places == nil {
		places = []string{}
	}
	return gen.ReadyAnswer{
		Id: k.ID, Version: int64(k.Version), Title: r.Title, Shortcut: r.Shortcut, Text: r.Text,
		Scope: gen.ReadyAnswerScope(r.Scope), Department: string(r.Department), Places: places,
		Editable: actor.MayKeep(r), ChangedAt: r.ChangedAt, ChangedBy: string(r.ChangedBy),
	}
}
