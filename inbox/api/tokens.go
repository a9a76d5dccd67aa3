package api

import (
	"context"
	"time"

	openapi "github.com/oapi-codegen/runtime/types"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// ListTokens lists all API tokens and what they can be given.
func (s *Server) ListTokens(ctx context.Context, _ gen.ListTokensRequestObject) (gen.ListTokensResponseObject, error) {
	all, err := s.Hub.TokenList(ctx, actorOf(ctx))
	out := gen.ListTokens200JSONResponse{Tokens: make([]gen.Token, len(all)), Operations: []gen.Grantable{}}
	for i, t := range all {
		out.Tokens[i] = toToken(t, time.Now())
	}
	for _, g := range inbox.GrantableOperations() {
		out.Operations = append(out.Operations, gen.Grantable{Operation: string(g.Operation), Title: g.Title})
	}
	return out, err
}

func toToken(k inbox.Kept[inbox.Token], now time.Time) gen.Token {
	t := k.Value
	out := gen.Token{
		Id: k.ID, Name: t.Name, Scope: make([]string, len(t.Scope)), Departments: departmentIDs(t.Departments), By: string(t.By),
		MadeAt: t.MadeAt, Ends: t.Ends, State: gen.TokenStateActive,
	}
	for i, op := range t.Scope {
		out.Scope[i] = string(op)
	}
	if used, err := time.Parse(time.DateOnly, t.UsedOn); err == nil {
		out.UsedOn = openapi.Date{Time: used}
	}
	switch {
	case !t.RevokedAt.IsZero():
		out.State = gen.TokenStateRevoked
	case !now.Before(t.Ends):
		out.State = gen.TokenStateEnded
	}
	return out
}

// MakeToken makes an API token.
func (s *Server) MakeToken(ctx context.Context, req gen.MakeTokenRequestObject) (gen.MakeTokenResponseObject, error) {
	b := req.Body
	n := inbox.NewToken{Name: b.Name, Departments: toDepartments(b.Departments), Ends: b.Ends}
	for _, op := range b.Scope {
		n.Scope = append(n.Scope, inbox.Operation(op))
	}
	made, secret, err := s.Hub.MakeToken(ctx, actorOf(ctx), n)
	if err != nil {
		return nil, err
	}
	return gen.MakeToken200JSONResponse{Token: toToken(made, time.Now()), Secret: secret}, nil
}

// RevokeToken ends an API token.
func (s *Server) RevokeToken(ctx context.Context, req gen.RevokeTokenRequestObject) (gen.RevokeTokenResponseObject, error) {
	return gen.RevokeToken204Response{}, s.Hub.RevokeToken(ctx, actorOf(ctx), req.Id)
}
