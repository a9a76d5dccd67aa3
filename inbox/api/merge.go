package api

import (
	"context"
	"regexp"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// GetContact shows a person with a page of the matters.
func (s *Server) GetContact(ctx context.Context, req gen.GetContactRequestObject) (gen.GetContactResponseObject, error) {
	p, err := s.Hub.Person(ctx, actorOf(ctx), inbox.ContactID(req.Id), inbox.Cursor(req.Params.Cursor), limited(req.Params.Limit, defaultConversations))
	out := gen.GetContact200JSONResponse{
		Contact: toContact(p.Contact), Matters: toConversations(p.Matters), Next: string(p.Next),
		Merges: make([]gen.Merge, len(p.Merges)), CanMerge: actorOf(ctx).MayEverywhere(inbox.MergeContacts),
	}
	for i, m := range p.Merges {
		out.Merges[i] = toMerge(m)
	}
	return out, err
}

// ListAlike lists who may be the same person.
func (s *Server) ListAlike(ctx context.Context, req gen.ListAlikeRequestObject) (gen.ListAlikeResponseObject, error) {
	found, err := s.Hub.Alike(ctx, actorOf(ctx), inbox.ContactID(req.Id))
	out := make(gen.ListAlike200JSONResponse, len(found))
	for i, c := range found {
		out[i] = toContact(c)
	}
	return out, err
}

// PreviewMerge shows what a merge would do.
func (s *Server) PreviewMerge(ctx context.Context, req gen.PreviewMergeRequestObject) (gen.PreviewMergeResponseObject, error) {
	p, err := s.Hub.PreviewMerge(ctx, actorOf(ctx), inbox.ContactID(req.Id), inbox.ContactID(req.Params.Contact))
	out := gen.PreviewMerge200JSONResponse{
		First: toContact(p.First), Second: toContact(p.Second), Matters: p.Matters,
		Identities: make([]gen.MergedIdentity, len(p.Identities)), Newest: toConversations(p.Newest),
	}
	for i, id := range p.Identities {
		out.Identities[i] = gen.MergedIdentity{Channel: string(id.Channel), Address: addressOf(id.Remote)}
	}
	return out, err
}

// MergeContacts makes two contacts one.
func (s *Server) MergeContacts(ctx context.Context, req gen.MergeContactsRequestObject) (gen.MergeContactsResponseObject, error) {
	m, err := s.Hub.MergeContacts(ctx, actorOf(ctx), inbox.ContactID(req.Id), inbox.ContactID(req.Body.Contact))
	return gen.MergeContacts200JSONResponse(toMerge(m)), err
}

// UndoMerge makes them two again.
func (s *Server) UndoMerge(ctx context.Context, req gen.UndoMergeRequestObject) (gen.UndoMergeResponseObject, error) {
	m, err := s.Hub.UndoMerge(ctx, actorOf(ctx), req.Id)
	return gen.UndoMerge200JSONResponse(toMerge(m)), err
}

// address is a way to reach somebody that people know by sight. What else a
// platform or a browser calls a person tells them nothing, and may be a secret.
var address = regexp.MustCompile(`^(?:[^@\s]+@[^@\s]+|\+?\d{8,13})$`)

func addressOf(remote connectors.RemoteID) string {
	return address.FindString(string(remote))
}

func toMerge(k inbox.Kept[inbox.Merge]) gen.Merge {
	m := k.Value
	return gen.Merge{
		Id: k.ID, First: string(m.First), Second: string(m.Second), Name: m.Name, By: string(m.By), At: m.At,
		State: gen.MergeState(m.State), Matters: len(m.Conversations),
	}
}
