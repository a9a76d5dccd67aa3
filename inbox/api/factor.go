package api

import (
	"cmp"
	"context"
	"errors"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// What members do about how they log in: where they are logged in, and the second
// factor. And what holds up a session until its member has given the password
// again, or set up the second factor that is demanded.

var (
	errProve     = errors.New("api: the password has to be given again")
	errAddFactor = errors.New("api: a second factor has to be set up first")
)

// proved are the operations that change rights, tokens, channels or how one logs
// in: an open browser is not enough for them.
var proved = map[string]bool{
	"POST /api/v1/members":                 true,
	"PUT /api/v1/members/:id":              true,
	"POST /api/v1/members/:id/invitation":  true,
	"DELETE /api/v1/members/:id/factor":    true,
	"POST /api/v1/members/imports":         true,
	"POST /api/v1/tokens":                  true,
	"DELETE /api/v1/tokens/:id":            true,
	"POST /api/v1/channels/:id/connect":    true,
	"POST /api/v1/session/factor":          true,
	"DELETE /api/v1/session/factor":        true,
	"POST /api/v1/session/factor/recovery": true,
}

// beforeFactor are the operations open to a member who has to set up a second
// factor first.
var beforeFactor = map[string]bool{
	"GET /api/v1/session":          true,
	"DELETE /api/v1/session":       true,
	"PUT /api/v1/session/password": true,
	"POST /api/v1/session/proof":   true,
	"POST /api/v1/session/factor":  true,
	"PUT /api/v1/session/factor":   true,
}

// heldUp tells what a session has to do before the operation. A program's token
// stands for what its member proved when it was made.
func (s *Server) heldUp(ctx context.Context, who caller, operation string) error {
	if who.token == "" || who.actor.Member.ID == "" || open[operation] {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, briefly)
	defer cancel()
	if s.Hub.DemandsFactor(who.actor.Member) && !beforeFactor[operation] {
		if _, owed, err := s.Hub.HasFactor(ctx, who.actor.Member); err != nil || owed {
			return cmp.Or(err, errAddFactor)
		}
	}
	if !proved[operation] {
		return nil
	}
	lately, err := s.Hub.ProvedLately(ctx, who.token)
	if err == nil && !lately {
		err = errProve
	}
	return err
}

// ProveSession takes the password again.
func (s *Server) ProveSession(ctx context.Context, req gen.ProveSessionRequestObject) (gen.ProveSessionResponseObject, error) {
	who := callerOf(ctx)
	if !who.actor.May(inbox.KeepAccount) {
		return nil, inbox.ErrForbidden
	}
	if !s.logins.allow(who.actor.Address) {
		return nil, errTooManyLogins
	}
	return gen.ProveSession204Response{}, s.Hub.Prove(ctx, who.actor, who.token, req.Body.Password)
}

// BeginFactor makes the seed of a second factor.
func (s *Server) BeginFactor(ctx context.Context, _ gen.BeginFactorRequestObject) (gen.BeginFactorResponseObject, error) {
	made, err := s.Hub.BeginFactor(ctx, actorOf(ctx))
	return gen.BeginFactor200JSONResponse{Seed: made.Seed, Url: made.URL, Qr: made.QR}, err
}

// ConfirmFactor turns it on.
func (s *Server) ConfirmFactor(ctx context.Context, req gen.ConfirmFactorRequestObject) (gen.ConfirmFactorResponseObject, error) {
	who := callerOf(ctx)
	if !s.logins.allow(who.actor.Address) {
		return nil, errTooManyLogins
	}
	codes, err := s.Hub.ConfirmFactor(ctx, who.actor, who.token, req.Body.Code)
	return gen.ConfirmFactor200JSONResponse{Codes: codes}, err
}

// DropFactor turns one's own off.
func (s *Server) DropFactor(ctx context.Context, _ gen.DropFactorRequestObject) (gen.DropFactorResponseObject, error) {
	return gen.DropFactor204Response{}, s.Hub.DropFactor(ctx, actorOf(ctx), actorOf(ctx).Member.ID)
}

// RenewRecovery makes new recovery codes.
func (s *Server) RenewRecovery(ctx context.Context, _ gen.RenewRecoveryRequestObject) (gen.RenewRecoveryResponseObject, error) {
	codes, err := s.Hub.RenewRecovery(ctx, actorOf(ctx))
	return gen.RenewRecovery200JSONResponse{Codes: codes}, err
}

// ResetFactor takes another's away.
func (s *Server) ResetFactor(ctx context.Context, req gen.ResetFactorRequestObject) (gen.ResetFactorResponseObject, error) {
	actor := actorOf(ctx)
	if !actor.May(inbox.ManageMembers) { // one's own as well goes by this right here
		return nil, inbox.ErrForbidden
	}
	return gen.ResetFactor204Response{}, s.Hub.DropFactor(ctx, actor, inbox.MemberID(req.Id))
}

// ListSessions lists where a member is logged in.
func (s *Server) ListSessions(ctx context.Context, req gen.ListSessionsRequestObject) (gen.ListSessionsResponseObject, error) {
	who := callerOf(ctx)
	all, err := s.Hub.Sessions(ctx, who.actor, memberOr(req.Params.Member, who), who.token)
	out := make(gen.ListSessions200JSONResponse, len(all))
	for i, one := range all {
		out[i] = gen.SessionSeen{
			Id: one.ID, CreatedAt: one.CreatedAt, ActedAt: one.ActedAt, Address: one.Address, Agent: one.Agent, Current: one.Current,
		}
	}
	return out, err
}

// EndSession ends one session.
func (s *Server) EndSession(ctx context.Context, req gen.EndSessionRequestObject) (gen.EndSessionResponseObject, error) {
	who := callerOf(ctx)
	return gen.EndSession204Response{}, s.Hub.EndSession(ctx, who.actor, memberOr(req.Params.Member, who), req.Id)
}

// EndSessions ends all but the one that asks.
func (s *Server) EndSessions(ctx context.Context, req gen.EndSessionsRequestObject) (gen.EndSessionsResponseObject, error) {
	who := callerOf(ctx)
	return gen.EndSessions204Response{}, s.Hub.EndSessions(ctx, who.actor, memberOr(req.Params.Member, who), who.token)
}

// memberOr is the member of that id, or whoever calls.
func memberOr(id string, who caller) inbox.MemberID {
	return cmp.Or(inbox.MemberID(id), who.actor.Member.ID)
}
