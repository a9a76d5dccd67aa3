package api

import (
	"context"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// ListSavedViews lists the saved views of the caller.
func (s *Server) ListSavedViews(ctx context.Context, _ gen.ListSavedViewsRequestObject) (gen.ListSavedViewsResponseObject, error) {
	actor := actorOf(ctx)
	all, err := s.Hub.SavedViews(ctx, actor)
	out := make(gen.ListSavedViews200JSONResponse, len(all))
	for i, k := range all {
		out[i] = toSavedView(actor, k)
	}
	return out, err
}

// AddSavedView keeps a view under a name.
func (s *Server) AddSavedView(ctx context.Context, req gen.AddSavedViewRequestObject) (gen.AddSavedViewResponseObject, error) {
	actor := actorOf(ctx)
	k, err := s.Hub.SaveView(ctx, actor, "", savedViewOf(*req.Body))
	return gen.AddSavedView200JSONResponse(toSavedView(actor, k)), err
}

// PutSavedView changes a saved view.
func (s *Server) PutSavedView(ctx context.Context, req gen.PutSavedViewRequestObject) (gen.PutSavedViewResponseObject, error) {
	actor := actorOf(ctx)
	k, err := s.Hub.SaveView(ctx, actor, req.Id, savedViewOf(*req.Body))
	return gen.PutSavedView200JSONResponse(toSavedView(actor, k)), err
}

// DeleteSavedView removes a saved view.
func (s *Server) DeleteSavedView(ctx context.Context, req gen.DeleteSavedViewRequestObject) (gen.DeleteSavedViewResponseObject, error) {
	return gen.DeleteSavedView204Response{}, s.Hub.DropView(ctx, actorOf(ctx), req.Id)
}

func savedViewOf(b gen.NewSavedView) inbox.SavedView {
	return inbox.SavedView{Name: b.Name, Shared: b.Shared, View: inbox.View{
		Name: inbox.ListID(b.View), Department: kb.DepartmentID(b.Department), Channel: connectors.ChannelID(b.Channel),
		Category: kb.CategoryID(b.Category), Label: b.Label, Urgent: b.Urgent,
	}}
}

func toSavedView(actor inbox.Actor, k inbox.Kept[inbox.SavedView]) gen.SavedView {
	v := k.Value.View
	return gen.SavedView{
		Id: k.ID, Name: k.Value.Name, Shared: k.Value.Shared, Owner: string(k.Value.Owner), Editable: actor.MayKeepView(k.Value),
		View: gen.View(v.Name), Department: string(v.Department), Channel: string(v.Channel),
		Category: string(v.Category), Label: v.Label, Urgent: v.Urgent,
	}
}
