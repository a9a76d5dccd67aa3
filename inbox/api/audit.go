package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// ListAudit lists acts on record.
func (s *Server) ListAudit(ctx context.Context, req gen.ListAuditRequestObject) (gen.ListAuditResponseObject, error) {
	p := req.Params
	rows, err := s.Hub.Audits(ctx, actorOf(ctx), inbox.AuditQuery{
		Conversation: inbox.ConversationID(p.Conversation), Member: inbox.MemberID(p.Member),
		Before: uint64(max(p.Before, 0)), Limit: limited(p.Limit, defaultMessages),
	})
	if err != nil {
		return nil, err
	}
	out, err := s.toAudits(ctx, rows)
	return gen.ListAudit200JSONResponse(out), err
}

// defaultAudits is how long a page of the record is without a wish.
const defaultAudits = 50

// SearchAudit searches the record.
func (s *Server) SearchAudit(ctx context.Context, req gen.SearchAuditRequestObject) (gen.SearchAuditResponseObject, error) {
	p := req.Params
	page, err := s.Hub.SearchAudits(ctx, actorOf(ctx), inbox.AuditSearch{
		Member: inbox.MemberID(p.Member), Code: p.Code, Group: p.Group, From: p.From, To: p.To,
		Before: uint64(max(p.Before, 0)), Limit: limited(p.Limit, defaultAudits),
	})
	if err != nil {
		return nil, err
	}
	rows, err := s.toAudits(ctx, page.Rows)
	return gen.SearchAudit200JSONResponse{Rows: rows, Next: int64(page.Next), Partial: page.Partial}, err
}

func (s *Server) toAudits(ctx context.Context, rows []inbox.Audit) ([]gen.AuditRow, error) {
	members, err := s.Hub.Members(ctx)
	names := map[inbox.MemberID]string{}
	for _, m := range members {
		names[m.ID] = m.Name
	}
	out := make([]gen.AuditRow, len(rows))
	for i, a := range rows {
		out[i] = gen.AuditRow{
			Seq: int64(a.Seq), At: a.At, Member: string(a.Member), MemberName: names[a.Member], Action: string(a.Action),
			Conversation: string(a.Conversation), Target: a.Target, Detail: a.Detail, Address: a.Address,
		}
	}
	return out, err
}
