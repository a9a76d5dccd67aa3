package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// What is asked about who is in charge of a matter, what is owed in it, and
// whom its alarm has reached.

// ReturnConversation gives the matter back to the desk.
func (s *Server) ReturnConversation(ctx context.Context, req gen.ReturnConversationRequestObject) (gen.ReturnConversationResponseObject, error) {
	c, err := s.Hub.Return(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Reason)
	return gen.ReturnConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// PutContributing asks departments to contribute.
func (s *Server) PutContributing(ctx context.Context, req gen.PutContributingRequestObject) (gen.PutContributingResponseObject, error) {
	c, err := s.Hub.Contribute(ctx, actorOf(ctx), inbox.ConversationID(req.Id), fromStrings[kb.DepartmentID](req.Body.Departments), req.Body.Note)
	return gen.PutContributing200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// PutLocality notes the place.
func (s *Server) PutLocality(ctx context.Context, req gen.PutLocalityRequestObject) (gen.PutLocalityResponseObject, error) {
	c, err := s.Hub.Place(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.LocalityID(req.Body.Locality))
	return gen.PutLocality200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// GetCharge tells who would be in charge.
func (s *Server) GetCharge(ctx context.Context, req gen.GetChargeRequestObject) (gen.GetChargeResponseObject, error) {
	charge, due, err := s.Hub.ChargeOf(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.GetCharge200JSONResponse{
		Lead: toStrings(charge.Lead), Contributing: toStrings(charge.Contributing),
		NeedsPlace: charge.NeedsPlace, ProposedDue: due,
	}, err
}

// ListPromises lists what was and is owed.
func (s *Server) ListPromises(ctx context.Context, req gen.ListPromisesRequestObject) (gen.ListPromisesResponseObject, error) {
	all, err := s.Hub.PromisesOf(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	out := make(gen.ListPromises200JSONResponse, len(all))
	for i, k := range all {
		p := k.Value
		out[i] = gen.Promise{
			Id: k.ID, Clock: gen.PromiseClock(p.Clock), Department: string(p.Department), By: string(p.By), Told: p.Told,
			Note: p.Note, MadeAt: p.MadeAt, Due: p.Due, State: gen.PromiseState(p.State), SettledAt: p.SettledAt,
		}
	}
	return out, err
}

// MakePromise promises the citizen an answer.
func (s *Server) MakePromise(ctx context.Context, req gen.MakePromiseRequestObject) (gen.MakePromiseResponseObject, error) {
	b := req.Body
	c, err := s.Hub.Promise(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.NewPromise{Due: b.Due, Text: b.Text, Note: b.Note, Key: b.Key})
	return gen.MakePromise200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// WithdrawPromise takes a promise back.
func (s *Server) WithdrawPromise(ctx context.Context, req gen.WithdrawPromiseRequestObject) (gen.WithdrawPromiseResponseObject, error) {
	c, err := s.Hub.WithdrawPromise(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Reason)
	return gen.WithdrawPromise200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// GetAlarm shows whom an alarm has reached.
func (s *Server) GetAlarm(ctx context.Context, req gen.GetAlarmRequestObject) (gen.GetAlarmResponseObject, error) {
	a, err := s.Hub.AlarmOf(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	out := gen.Alarm{
		RangAt: a.RangAt, Round: a.Round, ConfirmedAt: a.ConfirmedAt, ConfirmedBy: a.ConfirmedBy,
		Steps: make([]gen.AlarmStep, len(a.Steps)),
	}
	for i, step := range a.Steps {
		out.Steps[i] = gen.AlarmStep{At: step.At, To: step.To, Way: step.Way, Point: step.Point, Trouble: step.Trouble}
	}
	return gen.GetAlarm200JSONResponse(out), err
}

// ConfirmAlarm says that the report is seen to.
func (s *Server) ConfirmAlarm(ctx context.Context, req gen.ConfirmAlarmRequestObject) (gen.ConfirmAlarmResponseObject, error) {
	c, err := s.Hub.ConfirmAlarm(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.ConfirmAlarm200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

func toStrings[T ~string](ids []T) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

func fromStrings[T ~string](ids []string) []T {
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = T(id)
	}
	return out
}
