package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// GetPreferences tells what the caller chose.
func (s *Server) GetPreferences(ctx context.Context, _ gen.GetPreferencesRequestObject) (gen.GetPreferencesResponseObject, error) {
	p, err := s.Hub.Preferences(ctx, actorOf(ctx))
	return gen.GetPreferences200JSONResponse{Keys: p.Keys}, err
}

// PutPreferences keeps what the caller chose.
func (s *Server) PutPreferences(ctx context.Context, req gen.PutPreferencesRequestObject) (gen.PutPreferencesResponseObject, error) {
	return gen.PutPreferences204Response{}, s.Hub.Prefer(ctx, actorOf(ctx), inbox.Preferences{Keys: req.Body.Keys})
}
